/**
 * What a bank must get back with its balances to be that bank again: sealed inside recovery entries (`recovery-entry.ts`).
 *
 *     identity seed | lift of the MAC keys | D_ji, by bank | reserved link elements
 *
 * Lift: how often the MAC keys were drawn anew. Link elements are opaque here (`preprocessing/link-stock.ts`).
 *
 * Not among them: the sealing key, because a rebuilt bank has forgotten which k_i it revealed and comes back under a new one;
 * link elements that are not reserved, which all count as spent.
 *
 * Source: protocol.md, section 10.
 */
import { decodeAll, Writer } from '../codec/index.js';
import { P } from '../field/index.js';
import { banksMax } from '../limits.js';

export interface RecoverySecrets {
  /** Ed25519, 32 bytes. */
  readonly identitySeed: Uint8Array;
  readonly lift: number;
  /** D_ji by bank, 0 at the own place. */
  readonly deltas: readonly bigint[];
  readonly links: Uint8Array;
}

export function encodeSecrets({ identitySeed, lift, deltas, links }: RecoverySecrets): Uint8Array {
  const w = new Writer(256 + links.length).fixed(identitySeed).u32(lift);
  return w
    .list(deltas, (to, delta) => to.big64(delta))
    .fixed(links)
    .done();
}

/** Throws MALFORMED. */
export function decodeSecrets(bytes: Uint8Array): RecoverySecrets {
  return decodeAll(bytes, 'secrets of a recovery entry', r => {
    const identitySeed = r.fixed(32);
    const lift = r.u32();
    const deltas = r.list(banksMax, from => from.big64());
    if (deltas.some(delta => delta >= P)) throw r.malformed('a MAC key is not below p');
    return { identitySeed, lift, deltas, links: r.fixed(r.remaining) };
  });
}
