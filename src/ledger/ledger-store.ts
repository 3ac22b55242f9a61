/**
 * The ledger state on the disk.
 *
 *     ledger/head         height, supply, state hash
 *     ledger/page/p       one page: balances, for K > 1 both key columns, open flags, for K = 1 public keys
 *     ledger/log/h        what the block at h changed (`Prepared`): this bank's shares of the records above the base
 *     ledger/base         the base: height c, supply, state hash at c, digest of the pages of the base
 *     ledger/base-page/p  one page as the records up to c made it
 *     ledger/prepared/k   prepared state of attempt k at the next height
 *
 * The log would grow for ever, so its lower end folds into the base (`folding.ts`). At every instant
 *
 *     genesis + records 1..c  = base pages          and          base pages + records c+1..h = pages
 *
 * so a start reads the pages twice and the records above c: it gets no slower with the ledger's age. Loading *is* the
 * check of protocol.md, section 10: the state is made from base and records, and must come out, byte for byte, as the
 * pages say. What no record above c touches stands there twice; the digest of the base finds what is lost from both.
 *
 * Pages that no block has touched are not stored: they follow from genesis and D. Numbers in keys are big endian. A
 * folder from before there was a base has all its records: its base is genesis.
 */
import { numberedKey, numberIn, Reader, under, Writer } from '../codec/index.js';
import { equalBytes, hash, utf8 } from '../crypto/index.js';
import { asDamage, storeDamaged } from '../errors.js';
import type { Network } from '../network/index.js';
import type { Store, StoreOp } from '../ports.js';
import type { Party } from '../sharing/index.js';
import { checkPageNumber, decodePage, encodePage, type Page, pageOf, setPage } from './pages.js';
import { decodePrepared, encodePrepared, type Prepared } from './prepared.js';
import { touchedPages } from './recovery-sweep.js';
import { genesisHash, LedgerState } from './state.js';

/** Where the log begins: all records up to `height` have gone into the pages of the base. */
export interface Base {
  readonly height: number;
  readonly supply: bigint;
  readonly stateHash: Uint8Array;
  /** XOR of the digests of all its pages: one page changes it in constant time. */
  readonly digest: Uint8Array;
}

/** A record above the base. */
export interface Unfolded {
  /** Pages it touches, at most. */
  readonly pageCount: number;
  /** Of the ledger after it. */
  readonly stateHash: Uint8Array;
}

export interface LoadedLedger {
  readonly state: LedgerState;
  readonly base: Base;
  /** Ascending, without gaps. */
  readonly unfolded: readonly Unfolded[];
  /** Pages that differ from genesis. */
  readonly touched: ReadonlySet<number>;
}

const headKey = utf8('ledger/head');
const baseKey = utf8('ledger/base');
const pagePrefix = utf8('ledger/page/');
const basePagePrefix = utf8('ledger/base-page/');
const logPrefix = utf8('ledger/log/');
const preparedPrefix = utf8('ledger/prepared/');

const put = (at: Uint8Array, value: Uint8Array): StoreOp => ({ type: 'put', key: at, value });

export const recordSharesKey = (height: number): Uint8Array => numberedKey(logPrefix, height);
export const basePageKey = (page: number): Uint8Array => numberedKey(basePagePrefix, page);

export function putPrepared(prepared: Prepared): StoreOp {
  return put(numberedKey(preparedPrefix, prepared.attempt), encodePrepared(prepared));
}

/** By attempt, for the next height. */
export async function loadPrepared(store: Store, network: Network, party: Party): Promise<Map<number, Prepared>> {
  const found = new Map<number, Prepared>();
  for await (const [at, value] of store.range(...under(preparedPrefix))) {
    found.set(numberIn(at), decodePrepared(network, party, value));
  }
  return found;
}

/** What committing a block writes, once `state` has applied it; `attempts` are forgotten. */
export function commitOps(state: LedgerState, prepared: Prepared, attempts: Iterable<number>): StoreOp[] {
  const { newMacs } = prepared;
  if (newMacs) {
    const { height, supply, stateHash } = state;
    return [
      ...newMacs.ops,
      putBase({ height, supply, stateHash, digest: newMacs.digest }),
      putHead(height, supply, stateHash),
      ...[...attempts].map((attempt): StoreOp => ({ type: 'del', key: numberedKey(preparedPrefix, attempt) })),
    ];
  }
  return [
    putHead(state.height, state.supply, state.stateHash),
    put(recordSharesKey(prepared.height), encodePrepared(prepared)),
    ...touchedPages(state.network, prepared).map(page =>
      put(numberedKey(pagePrefix, page), encodePage(pageOf(state, page))),
    ),
    ...[...attempts].map((attempt): StoreOp => ({ type: 'del', key: numberedKey(preparedPrefix, attempt) })),
  ];
}

export function unfoldedOf({ changes, opens, rekeys }: Prepared, stateHash: Uint8Array): Unfolded {
  return { pageCount: changes.length + opens.length + rekeys.length, stateHash };
}

export function putBase({ height, supply, stateHash, digest }: Base): StoreOp {
  return put(baseKey, new Writer(128).u64(height).big64(supply).fixed(stateHash).fixed(digest).done());
}

function decodeBase(bytes: Uint8Array): Base {
  const r = new Reader(bytes, 'stored base');
  const base = { height: r.u64(), supply: r.big64(), stateHash: r.fixed(32), digest: r.fixed(32) };
  r.end();
  return base;
}

const genesisBase = (network: Network): Base => ({
  height: 0,
  supply: network.supply,
  stateHash: genesisHash(network),
  digest: new Uint8Array(32),
});

/** `digest` with one page more, or, a second time, without it. */
export function toggled(digest: Uint8Array, page: number, bytes: Uint8Array): Uint8Array {
  const one = hash('covault/base-page', new Writer(8).u64(page).done(), bytes);
  for (let i = 0; i < one.length; i++) one[i] ^= digest[i];
  return one;
}

/** The whole of a ledger in an empty store: all its records have gone into the base. Only pages that differ from genesis. */
export function ledgerOps(
  { height, supply, stateHash }: Omit<Base, 'digest'>,
  pages: Iterable<readonly [number, Page]>,
): StoreOp[] {
  const { digest, ops } = pagesOps(pages);
  return [...ops, putBase({ height, supply, stateHash, digest }), putHead(height, supply, stateHash)];
}

/** Pages that are the base and the running state alike; `digest`: of that base. */
export function pagesOps(pages: Iterable<readonly [number, Page]>): {
  readonly digest: Uint8Array;
  readonly ops: StoreOp[];
} {
  let digest: Uint8Array = new Uint8Array(32);
  const ops: StoreOp[] = [];
  for (const [page, content] of pages) {
    const value = encodePage(content);
    digest = toggled(digest, page, value);
    ops.push(put(numberedKey(pagePrefix, page), value), put(basePageKey(page), value));
  }
  return { digest, ops };
}

/** Numbers, ascending. */
export async function storedPages(store: Store): Promise<number[]> {
  const pages: number[] = [];
  for await (const [at] of store.range(...under(pagePrefix))) pages.push(numberIn(at));
  return pages;
}

/** Keys of the records above the base. */
export async function storedLog(store: Store): Promise<Uint8Array[]> {
  const keys: Uint8Array[] = [];
  for await (const [at] of store.range(...under(logPrefix))) keys.push(at);
  return keys;
}

const putHead = (height: number, supply: bigint, stateHash: Uint8Array): StoreOp =>
  put(headKey, new Writer(64).u64(height).big64(supply).fixed(stateHash).done());

/** The state as it was last committed. Throws as `loadLedger`. */
export async function loadState(store: Store, network: Network, party: Party): Promise<LedgerState> {
  return (await loadLedger(store, network, party)).state;
}

/** Throws: STORE_DAMAGED when it cannot be read, or when base and records do not make the running balances. */
export async function loadLedger(store: Store, network: Network, party: Party): Promise<LoadedLedger> {
  try {
    const state = new LedgerState(network, party);
    const touched = new Set<number>();
    const base = await loadBase(store, state, touched);
    const unfolded = await replay(store, state, touched);
    await checkHead(store, state);
    await checkPages(store, state, touched);
    return { state, base, unfolded, touched };
  } catch (error) {
    throw asDamage(error);
  }
}

/** Into `state`. */
async function loadBase(store: Store, state: LedgerState, touched: Set<number>): Promise<Base> {
  const { network, party } = state;
  const stored = await store.get(baseKey);
  const base = stored ? decodeBase(stored) : genesisBase(network);
  let digest: Uint8Array = new Uint8Array(32);
  for await (const [at, value] of store.range(...under(basePagePrefix))) {
    const page = numberIn(at);
    checkPageNumber(network, page);
    setPage(state, page, decodePage(network, party, value));
    digest = toggled(digest, page, value);
    touched.add(page);
  }
  if (!equalBytes(digest, base.digest)) throw storeDamaged('the pages of the base are not those it was made with');
  state.height = base.height;
  state.supply = base.supply;
  state.stateHash = base.stateHash;
  return base;
}

/** The records above the base, into `state`. */
async function replay(store: Store, state: LedgerState, touched: Set<number>): Promise<Unfolded[]> {
  const unfolded: Unfolded[] = [];
  for await (const [at, value] of store.range(...under(logPrefix))) {
    const prepared = decodePrepared(state.network, state.party, value);
    const height = numberIn(at);
    if (height !== state.height + 1 || prepared.height !== height) throw storeDamaged('the log has a gap');
    const pages = touchedPages(state.network, prepared);
    for (const page of pages) checkPageNumber(state.network, page);
    const opened = new Set(prepared.opens.map(({ account }) => account));
    if (opened.size < prepared.opens.length || [...opened].some(account => state.open[account] === 1)) {
      throw storeDamaged('a record opens a slot that is open');
    }
    checkRekeys(state, prepared, opened);
    state.apply(prepared);
    for (const page of pages) touched.add(page);
    unfolded.push(unfoldedOf(prepared, state.stateHash));
  }
  return unfolded;
}

function checkRekeys({ network, open }: LedgerState, { rekeys }: Prepared, opened: ReadonlySet<number>): void {
  const pages = new Set(rekeys.map(({ page }) => page));
  if (pages.size < rekeys.length) throw storeDamaged('a record gives new keys to a page twice');
  const isClosed = (page: number) => network.pageSize === 1 && open[page] !== 1 && !opened.has(page);
  if ([...pages].some(isClosed)) throw storeDamaged('a record gives new keys to a slot that is closed');
}

async function checkHead(store: Store, { height, supply, stateHash }: LedgerState): Promise<void> {
  const stored = await store.get(headKey);
  if (!stored) {
    if (height > 0) throw storeDamaged('the head is missing');
    return;
  }
  const r = new Reader(stored, 'stored head');
  const head = { height: r.u64(), supply: r.big64(), stateHash: r.fixed(32) };
  r.end();
  if (head.height !== height || !equalBytes(head.stateHash, stateHash) || head.supply !== supply) {
    throw storeDamaged('the log does not lead to the stored head');
  }
}

/** The stored pages are those that were `touched`, and each is what base and records make it. */
async function checkPages(store: Store, state: LedgerState, touched: ReadonlySet<number>): Promise<void> {
  let count = 0;
  for await (const [at, value] of store.range(...under(pagePrefix))) {
    const page = numberIn(at);
    if (!touched.has(page)) throw storeDamaged('a page is stored that no record touches');
    if (!equalBytes(value, encodePage(pageOf(state, page)))) {
      throw storeDamaged('the shares of the records do not sum to the balances');
    }
    count++;
  }
  if (count !== touched.size) throw storeDamaged('a page is missing');
}
