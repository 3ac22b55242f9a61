/**
 * The ledger under new MAC keys: every page that is stored, with its tags and keys exchanged, as one set of store ops.
 *
 *     before    base pages, records above the base, running pages
 *     after     base pages = running pages, no records: all has gone into the base at the height of the switch
 *
 * Pages that no block has touched are not stored: they follow from genesis and the new keys. All others go into one recovery
 * entry, which bounds them.
 *
 * Source: protocol.md, section 11.
 */

import type { Vec } from '../field/index.js';
import { recoveryEntryBytesMax } from '../limits.js';
import type { Network } from '../network/index.js';
import type { Store, StoreOp } from '../ports.js';
import { concatShares, type Shares, sliceShares } from '../sharing/index.js';
import { pagesOps, storedLog, storedPages } from './ledger-store.js';
import { type Page, pageBytes, pageOf } from './pages.js';
import type { LedgerState } from './state.js';

/** Everything under tags, one after the other: page by page, column by column. */
export interface Stored {
  readonly pages: readonly number[];
  readonly shares: Shares;
}

/** So many stored pages can be brought under new keys; half an entry is left for all else that is in it. */
export function fitsRekeying(network: Network, pageCount: number): boolean {
  return pageCount * pageBytes(network) <= recoveryEntryBytesMax / 2;
}

export async function sharesToRekey(store: Store, state: LedgerState): Promise<Stored> {
  const pages = await storedPages(store);
  const columns = pages.flatMap(page => pageOf(state, page).columns);
  return { pages, shares: concatShares(state.party, columns) };
}

/** `tags`, `keys`: by bank, under the new keys. */
export function pagesUnderNewMacs(
  state: LedgerState,
  { pages, shares }: Stored,
  tags: readonly Vec[],
  keys: readonly Vec[],
): (readonly [number, Page])[] {
  const all: Shares = { length: shares.length, value: shares.value, tags, keys };
  const K = state.network.pageSize;
  let at = 0;
  return pages.map(number => {
    const { columns, open, publicKeys } = pageOf(state, number);
    const after = columns.map(() => {
      at += K;
      return sliceShares(all, at - K, at);
    });
    return [number, { columns: after, open, publicKeys }];
  });
}

/** All but head and base, which hold the state hash that this leads to. */
export async function newMacsOps(
  store: Store,
  pages: readonly (readonly [number, Page])[],
): Promise<{ readonly digest: Uint8Array; readonly ops: readonly StoreOp[] }> {
  const { digest, ops } = pagesOps(pages);
  const folded = (await storedLog(store)).map((key): StoreOp => ({ type: 'del', key }));
  return { digest, ops: [...ops, ...folded] };
}
