/**
 * From what a holder wants to the envelope that asks the banks for it, with the secret that reads their answer.
 *
 *     transfer   signed by the spending key for K = 1     secret: theta, verdict = pi XOR theta
 *     reveal     signed by the viewing key for K = 1      secret: s, balance = y - s
 *     open       signed by the claim key, if genesis funds the slot
 */
import { ed25519 } from '../crypto/index.js';
import { type Arguments, encodeEnvelope, type SealPacket, sealEnvelope } from '../envelope/index.js';
import type { Vec } from '../field/index.js';
import type { ChainHead } from '../ledger/log.js';
import { locate, type Network } from '../network/index.js';
import { buildOpen, buildReveal, buildTransfer } from '../operations/index.js';
import type { Randomness } from '../ports.js';
import type { AccountKeys } from './keys.js';
import type { Intent, Sealed } from './state.js';

interface Draft {
  readonly arguments: Arguments;
  readonly x: Vec;
  readonly secret: bigint;
  /** Ed25519 seed that signs the id. */
  readonly signer: Uint8Array | undefined;
}

/** The account whose keys an intent needs. */
export const actingAccount = (intent: Intent): number => (intent.kind === 'transfer' ? intent.from : intent.account);

/** A fresh envelope: no randomness of it was used before. `keys` are the acting account's; `seal` a submission session's. */
export function sealIntent(
  network: Network,
  keys: AccountKeys,
  intent: Intent,
  base: ChainHead,
  expiryHeights: number,
  random: Randomness,
  seal?: SealPacket,
): Sealed {
  const { arguments: args, x, secret, signer } = draft(network, keys, intent, random);
  const expiry = base.height + expiryHeights;
  const sign = signer && { sign: (id: Uint8Array) => ed25519.sign(signer, id) };
  const envelope = sealEnvelope(network, { arguments: args, expiry, x, ...sign }, random, seal);
  return { id: envelope.id, bytes: encodeEnvelope(envelope), expiry, base, secret };
}

function draft(network: Network, keys: AccountKeys, intent: Intent, random: Randomness): Draft {
  const [shared, open] = keys.kind === 'shared' ? [keys, undefined] : [undefined, keys];
  if (intent.kind === 'transfer') {
    const [payer, payee] = [locate(network, intent.from), locate(network, intent.to)];
    const secrets = {
      amount: intent.amount,
      payerSlot: payer.slot,
      payeeSlot: payee.slot,
      spendingKey: shared?.spending,
    };
    const { x, theta } = buildTransfer(network, secrets, random);
    const args = { kind: 'transfer', payerPage: payer.page, payeePage: payee.page } as const;
    return { arguments: args, x, secret: theta, signer: open?.spendingSeed };
  }
  if (intent.kind === 'reveal') {
    const { page, slot } = locate(network, intent.account);
    const { x, outputMask } = buildReveal(network, { slot, viewingKey: shared?.viewing }, random);
    return { arguments: { kind: 'reveal', page }, x, secret: outputMask, signer: open?.viewingSeed };
  }
  const args = { kind: 'open', account: intent.account, publicKeys: open?.publicKeys } as const;
  return { arguments: args, x: buildOpen(network, shared, random), secret: 0n, signer: intent.claim };
}
