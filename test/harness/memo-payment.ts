/** A payment with a memo, as the payer's wallet makes it. */
import { ed25519, hash, x25519 } from '../../src/crypto/index.js';
import { blankMemo, type Core, type Envelope, receiptMask, sealEnvelope, sealMemo } from '../../src/envelope/index.js';
import { locate } from '../../src/network/index.js';
import { buildTransfer } from '../../src/operations/index.js';
import { accountKeys } from './banks.js';
import type { NetworkWorld } from './network.js';

/** The payee's. */
export const memoSecret = hash('test/memo-key');

export function paymentWithMemo(world: NetworkWorld, from: number, to: number, amount: bigint, text: string): Envelope {
  const { network, random } = world;
  const [payer, payee] = [locate(network, from), locate(network, to)];
  const keys = accountKeys(from);
  const seed = random.bytes(16);
  const slots = { payerSlot: payer.slot, payeeSlot: payee.slot, spendingKey: keys.spending };
  const { x, theta } = buildTransfer(network, { amount, ...slots, receiptMask: receiptMask({ seed, text }) }, random);
  const memo = (core: Core) => sealMemo(core, x25519.publicKey(memoSecret), { seed, theta, amount, text }, random);
  const pages = { payerPage: payer.page, payeePage: payee.page };
  const args = { kind: 'transfer', ...pages, memo: blankMemo(random) } as const;
  const sign = network.pageSize === 1 ? (id: Uint8Array) => ed25519.sign(keys.spendingSeed, id) : undefined;
  return sealEnvelope(network, { arguments: args, memo, expiry: world.height + 100, x, ...(sign && { sign }) }, random);
}
