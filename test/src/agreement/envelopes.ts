/** Announced envelopes without contents: what planning and pool look at. */
import { type Announcement, announceGroup } from '../../../src/agreement/announcement.js';
import type { Planning } from '../../../src/agreement/plan.js';
import { ed25519 } from '../../../src/crypto/index.js';
import { type Banks, idOf } from '../ledger/records.js';

const nothing = { debits: undefined, opens: undefined, rekeys: undefined, signedBy: undefined } as const;

export const transferOf = (page: number, expiry = 100): Planning => ({
  ...nothing,
  kind: 'transfer',
  debits: page,
  expiry,
  stock: { vole: 10, triples: 0, selections: 0 },
});

export const openOf = (account: number, expiry = 100): Planning => ({
  ...nothing,
  kind: 'open',
  opens: account,
  expiry,
  stock: { vole: 3, triples: 0, selections: 0 },
});

export const otherOf = (kind: 'reveal' | 'audit', expiry = 100): Planning => ({
  ...nothing,
  kind,
  expiry,
  stock: { vole: 1, triples: 1, selections: 1 },
});

export const rekeyOf = (page: number, expiry = 100): Planning => ({
  ...nothing,
  kind: 'rekey',
  rekeys: page,
  expiry,
  stock: { vole: 9, triples: 1, selections: 1 },
});

type Sign = (statement: Uint8Array) => Uint8Array;

/** Properly signed by its sponsor, with the numbers from `first` on. */
export function announceAll(
  { network, seeds }: Banks,
  sponsor: number,
  first: number,
  ids: readonly (string | Uint8Array)[],
  sign: Sign = statement => ed25519.sign(seeds[sponsor], statement),
): Announcement[] {
  const all = ids.map(id => (typeof id === 'string' ? idOf(id) : id));
  return announceGroup(network.id, sponsor, first, all, sign);
}

/** In a group of its own. */
export function announce(
  banks: Banks,
  sponsor: number,
  sequence: number,
  id: string | Uint8Array,
  sign?: Sign,
): Announcement {
  return announceAll(banks, sponsor, sequence, [id], sign)[0];
}
