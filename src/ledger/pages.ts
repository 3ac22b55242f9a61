/**
 * One page of the accounts as one bank holds it, away from the ledger in memory: what genesis makes it, what a block
 * changes in it, and its one encoding on the disk.
 *
 *     page    balances; for K > 1 spending and viewing keys; K open flags; for K = 1 the public keys once it is open
 *
 * Not here: under which keys pages are stored (`ledger-store.ts`), when they are folded (`folding.ts`).
 */
import { Reader, Writer } from '../codec/index.js';
import { assert, CovaultError } from '../errors.js';
import { zeros } from '../field/index.js';
import type { Network } from '../network/index.js';
import {
  addSharesAt,
  type Party,
  publicShares,
  type Shares,
  setSharesInto,
  sliceShares,
  zeroShares,
} from '../sharing/index.js';
import { type Opened, type Rekeyed, readShares, writeShares } from './prepared.js';
import type { LedgerState, PublicKeys } from './state.js';

export interface Page {
  /** Balances; K > 1: spending keys, viewing keys. K elements each. */
  readonly columns: readonly Shares[];
  /** K flags. */
  readonly open: Uint8Array;
  /** K = 1, once open. */
  publicKeys: PublicKeys | undefined;
}

/** Bytes of a page on the disk, at most: the unit in which folding counts its work. */
export function pageBytes({ banks, pageSize }: Network): number {
  const rows = 2 * banks.length - 1;
  return pageSize * (8 * rows * (pageSize > 1 ? 3 : 1) + 1) + (pageSize > 1 ? 0 : 64);
}

export function genesisPage(network: Network, party: Party, page: number): Page {
  const { pageSize } = network;
  const start = zeros(pageSize);
  for (let slot = 0; slot < pageSize; slot++) start[slot] = startingBalance(network, page * pageSize + slot);
  const keys = pageSize > 1 ? [zeroShares(party, pageSize), zeroShares(party, pageSize)] : [];
  return { columns: [publicShares(party, start), ...keys], open: new Uint8Array(pageSize), publicKeys: undefined };
}

/** Funded slots ascend: a ledger may have a million of them. */
function startingBalance({ funded }: Network, account: number): bigint {
  let [low, high] = [0, funded.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (funded[middle].account < account) low = middle + 1;
    else high = middle;
  }
  return funded[low]?.account === account ? funded[low].balance : 0n;
}

/** What a record adds to the balances. */
export function addToPage({ columns: [balances] }: Page, change: Shares): void {
  addSharesAt(balances, [0], [change]);
}

/** False: the slot was open before. */
export function openInPage(page: Page, slot: number, { shared, publicKeys }: Opened): boolean {
  if (page.open[slot] === 1) return false;
  page.open[slot] = 1;
  page.publicKeys = publicKeys ?? page.publicKeys;
  if (shared) {
    const [, spending, viewing] = page.columns;
    setSharesInto(spending, slot, sliceShares(shared, 0, 1));
    setSharesInto(viewing, slot, sliceShares(shared, 1, 2));
  }
  return true;
}

/** False: the slot is not open, so it has no keys to replace (told for K = 1 alone, where it is public). */
export function rekeyInPage(page: Page, { shared, publicKeys }: Rekeyed): boolean {
  if (publicKeys) {
    if (page.open[0] !== 1) return false;
    page.publicKeys = publicKeys;
  }
  if (shared) {
    const [, spending, viewing] = page.columns;
    addSharesAt(spending, [0], [sliceShares(shared, 0, spending.length)]);
    addSharesAt(viewing, [0], [sliceShares(shared, spending.length, 2 * spending.length)]);
  }
  return true;
}

export function encodePage({ columns, open, publicKeys }: Page): Uint8Array {
  const w = new Writer(pageCapacity(columns, open));
  for (const column of columns) writeShares(w, column);
  w.fixed(open);
  if (publicKeys) w.fixed(publicKeys.spending).fixed(publicKeys.viewing);
  return w.done();
}

const pageCapacity = (columns: readonly Shares[], open: Uint8Array): number =>
  open.length * (8 * columns.length * (2 * columns[0].tags.length - 1) + 1) + 64;

/** Throws MALFORMED. */
export function decodePage(network: Network, party: Party, bytes: Uint8Array): Page {
  const { pageSize } = network;
  const r = new Reader(bytes, 'stored page');
  const columns = Array.from({ length: pageSize > 1 ? 3 : 1 }, () => readShares(r, party, pageSize));
  const open = r.fixed(pageSize);
  if (open.some(flag => flag > 1)) throw r.malformed('a flag is neither 0 nor 1');
  const publicKeys = pageSize === 1 && open[0] ? { spending: r.fixed(32), viewing: r.fixed(32) } : undefined;
  r.end();
  return { columns, open, publicKeys };
}

const columnsOf = ({ balances, keys }: LedgerState): Shares[] =>
  keys ? [balances, keys.spending, keys.viewing] : [balances];

/** Views, not copies. */
export function pageOf(state: LedgerState, page: number): Page {
  const { pageSize } = state.network;
  return {
    columns: columnsOf(state).map(column => state.page(column, page)),
    open: state.open.subarray(page * pageSize, (page + 1) * pageSize),
    publicKeys: pageSize === 1 ? state.publicKeys.get(page) : undefined,
  };
}

export function setPage(state: LedgerState, page: number, { columns, open, publicKeys }: Page): void {
  const { pageSize } = state.network;
  columnsOf(state).forEach((column, k) => {
    setSharesInto(column, page * pageSize, columns[k]);
  });
  state.open.set(open, page * pageSize);
  if (publicKeys) state.publicKeys.set(page, publicKeys);
}

/** Of a page number that was read from the disk. Throws MALFORMED. */
export function checkPageNumber({ accounts, pageSize }: Network, page: number): void {
  assert(accounts % pageSize === 0, 'whole pages');
  if (page * pageSize >= accounts) {
    throw new CovaultError('MALFORMED', 'malformed stored page: no such page', { what: 'stored page', page });
  }
}
