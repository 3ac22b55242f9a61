/**
 * From what a holder wants to the envelope that asks the banks for it, with the secret that reads their answer.
 *
 *     transfer   signed by the spending key for K = 1     secret: theta, verdict = pi XOR theta
 *     reveal     signed by the viewing key for K = 1      secret: s, balance = y - s
 *     open       signed by the claim key, if genesis funds the slot
 *     rekey      signed by the old spending key for K = 1
 *
 * Every transfer carries a memo of one length; who has nothing to tell carries a blank one.
 * A reveal under somebody's viewing code takes its key from there.
 */
import { ed25519 } from '../crypto/index.js';
import {
  type Arguments,
  blankMemo,
  encodeEnvelope,
  memoSeedBytes,
  receiptMask,
  type SealPacket,
  sealEnvelope,
  sealMemo,
} from '../envelope/index.js';
import type { Vec } from '../field/index.js';
import type { ChainHead } from '../ledger/log.js';
import { locate, type Network } from '../network/index.js';
import { buildOpen, buildRekey, buildReveal, buildTransfer } from '../operations/index.js';
import type { Randomness } from '../ports.js';
import type { AccountKeys } from './keys.js';
import type { Intent, Sealed } from './state.js';
import type { ViewingKey } from './viewing-code.js';

interface Draft {
  readonly arguments: Arguments;
  readonly x: Vec;
  readonly secret: bigint;
  /** Ed25519 seed that signs the id. */
  readonly signer: Uint8Array | undefined;
}

/** Of one account: as they are now, or of a version. */
export type KeysOf = (version?: number) => AccountKeys;

/** The account whose keys an intent needs. */
export const actingAccount = (intent: Intent): number => (intent.kind === 'transfer' ? intent.from : intent.account);

/** A fresh envelope: no randomness of it was used before. `keysOf` gives the acting account's, of a version; `seal` is a session's. */
export function sealIntent(
  network: Network,
  keysOf: KeysOf,
  intent: Intent,
  base: ChainHead,
  expiryHeights: number,
  random: Randomness,
  seal?: SealPacket,
): Sealed {
  const { arguments: args, x, secret, signer } = draft(network, keysOf, intent, random);
  const expiry = base.height + expiryHeights;
  const sign = signer && { sign: (id: Uint8Array) => ed25519.sign(signer, id) };
  const envelope = sealEnvelope(network, { arguments: args, expiry, x, ...sign }, random, seal);
  return { id: envelope.id, bytes: encodeEnvelope(envelope), expiry, base, secret };
}

function draft(network: Network, keysOf: KeysOf, intent: Intent, random: Randomness): Draft {
  if (intent.kind === 'reveal' && intent.key !== undefined) {
    return draftReveal(network, intent.account, intent.key, random);
  }
  const keys = keysOf();
  const [shared, open] = keys.kind === 'shared' ? [keys, undefined] : [undefined, keys];
  if (intent.kind === 'transfer') {
    const [payer, payee] = [locate(network, intent.from), locate(network, intent.to)];
    const text = intent.memo?.text ?? '';
    const seed = random.bytes(memoSeedBytes);
    const secrets = {
      receiptMask: receiptMask({ seed, text }),
      amount: intent.amount,
      payerSlot: payer.slot,
      payeeSlot: payee.slot,
      spendingKey: shared?.spending,
    };
    const { x, theta } = buildTransfer(network, secrets, random);
    const memo = intent.memo?.key
      ? sealMemo(network.id, intent.memo.key, { seed, theta, amount: intent.amount, text }, random)
      : blankMemo(random);
    const args = { kind: 'transfer', payerPage: payer.page, payeePage: payee.page, memo } as const;
    return { arguments: args, x, secret: theta, signer: open?.spendingSeed };
  }
  if (intent.kind === 'reveal') {
    return draftReveal(network, intent.account, viewingKeyOf(keys), random);
  }
  if (intent.kind === 'rekey') {
    const { page, slot } = locate(network, intent.account);
    const after = keysOf(intent.version);
    const secrets = shared && after.kind === 'shared' ? { slot, before: shared, after } : undefined;
    const publicKeys = after.kind === 'public' ? after.publicKeys : undefined;
    const x = buildRekey(network, secrets, random);
    return { arguments: { kind: 'rekey', page, publicKeys }, x, secret: 0n, signer: open?.spendingSeed };
  }
  const args = { kind: 'open', account: intent.account, publicKeys: open?.publicKeys } as const;
  return { arguments: args, x: buildOpen(network, shared, random), secret: 0n, signer: intent.claim };
}

export const viewingKeyOf = (keys: AccountKeys): ViewingKey =>
  keys.kind === 'shared' ? keys.viewing : keys.viewingSeed;

function draftReveal(network: Network, account: number, key: ViewingKey, random: Randomness): Draft {
  const { page, slot } = locate(network, account);
  const [viewingKey, signer] = typeof key === 'bigint' ? [key, undefined] : [undefined, key];
  const { x, outputMask } = buildReveal(network, { slot, viewingKey }, random);
  return { arguments: { kind: 'reveal', page }, x, secret: outputMask, signer };
}
