/**
 * The ledger state on the disk.
 *
 *     ledger/head         height, supply, state hash
 *     ledger/page/p       one page: balances, for K > 1 both key columns, open flags, for K = 1 public keys
 *     ledger/log/h        what the block at h changed (`Prepared`): this bank's shares of the records
 *     ledger/prepared/k   prepared state of attempt k at the next height, with the opening of its commitment
 *
 * Pages that no block has touched are not stored: they follow from genesis and D. Numbers in keys are big endian.
 */
import { Reader, under, Writer } from '../codec/index.js';
import { concatBytes, equalBytes, utf8 } from '../crypto/index.js';
import { CovaultError } from '../errors.js';
import type { Network } from '../network/index.js';
import type { Store, StoreOp } from '../ports.js';
import { type Party, rowsOf, type Shares, setSharesInto } from '../sharing/index.js';
import { decodePrepared, encodePrepared, type Prepared, readShares, writeShares } from './prepared.js';
import { LedgerState } from './state.js';

/** Prepared state with what opens this bank's commitment to it. */
export interface PreparedAttempt {
  readonly prepared: Prepared;
  readonly opening: Uint8Array;
}

const headKey = utf8('ledger/head');
const pagePrefix = utf8('ledger/page/');
const logPrefix = utf8('ledger/log/');
const preparedPrefix = utf8('ledger/prepared/');

function key(prefix: Uint8Array, number: number): Uint8Array {
  const bytes = concatBytes(prefix, new Uint8Array(8));
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(prefix.length, BigInt(number));
  return bytes;
}

const numberOf = (bytes: Uint8Array, prefix: Uint8Array): number =>
  Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(prefix.length));

const put = (at: Uint8Array, value: Uint8Array): StoreOp => ({ type: 'put', key: at, value });

export function putPrepared({ prepared, opening }: PreparedAttempt): StoreOp {
  const value = new Writer(4096).fixed(opening).fixed(encodePrepared(prepared)).done();
  return put(key(preparedPrefix, prepared.attempt), value);
}

/** By attempt, for the next height. */
export async function loadPrepared(
  store: Store,
  network: Network,
  party: Party,
): Promise<Map<number, PreparedAttempt>> {
  const found = new Map<number, PreparedAttempt>();
  for await (const [at, value] of store.range(...under(preparedPrefix))) {
    const prepared = decodePrepared(network, party, value.slice(32));
    found.set(numberOf(at, preparedPrefix), { prepared, opening: value.slice(0, 32) });
  }
  return found;
}

/** What committing a block writes, once `state` has applied it; `attempts` are forgotten. */
export function commitOps(state: LedgerState, prepared: Prepared, attempts: Iterable<number>): StoreOp[] {
  const { pageSize } = state.network;
  const touched = new Set<number>(prepared.changes.map(({ page }) => page));
  for (const { account } of prepared.opens) touched.add(Math.floor(account / pageSize));
  return [
    put(headKey, new Writer(64).u64(state.height).big64(state.supply).fixed(state.stateHash).done()),
    put(key(logPrefix, prepared.height), encodePrepared(prepared)),
    ...[...touched].map(page => put(key(pagePrefix, page), encodePage(state, page))),
    ...[...attempts].map((attempt): StoreOp => ({ type: 'del', key: key(preparedPrefix, attempt) })),
  ];
}

function columns(state: LedgerState): Shares[] {
  return state.keys ? [state.balances, state.keys.spending, state.keys.viewing] : [state.balances];
}

function encodePage(state: LedgerState, page: number): Uint8Array {
  const { pageSize } = state.network;
  const w = new Writer(4096);
  for (const column of columns(state)) writeShares(w, state.page(column, page));
  const open = state.open.subarray(page * pageSize, (page + 1) * pageSize);
  w.fixed(open);
  const keys = state.publicKeys.get(page);
  if (keys && pageSize === 1) w.fixed(keys.spending).fixed(keys.viewing);
  return w.done();
}

function decodePage(state: LedgerState, page: number, bytes: Uint8Array): void {
  const { pageSize } = state.network;
  const r = new Reader(bytes, 'stored page');
  for (const column of columns(state)) {
    setSharesInto(column, page * pageSize, readShares(r, state.party, pageSize));
  }
  state.open.set(r.fixed(pageSize), page * pageSize);
  if (pageSize === 1 && state.open[page]) {
    state.publicKeys.set(page, { spending: r.fixed(32), viewing: r.fixed(32) });
  }
  r.end();
}

/**
 * The state as it was last committed.
 * Throws: STORE_DAMAGED when it cannot be read, or when the shares of all records do not sum to the running balances.
 */
export async function loadState(store: Store, network: Network, party: Party): Promise<LedgerState> {
  try {
    const state = new LedgerState(network, party);
    for await (const [at, value] of store.range(...under(pagePrefix))) {
      decodePage(state, numberOf(at, pagePrefix), value);
    }
    const head = await store.get(headKey);
    if (head) {
      const r = new Reader(head, 'stored head');
      state.height = r.u64();
      state.supply = r.big64();
      state.stateHash = r.fixed(32);
      r.end();
    }
    await checkAgainstLog(store, state);
    return state;
  } catch (error) {
    if (!(error instanceof CovaultError) || error.code === 'STORE_DAMAGED') throw error;
    throw damaged(`an entry cannot be read: ${error.message}`);
  }
}

/** Replays this bank's log from genesis: every row of every column must come out as it is stored. */
async function checkAgainstLog(store: Store, state: LedgerState): Promise<void> {
  const replay = new LedgerState(state.network, state.party);
  for await (const [at, value] of store.range(...under(logPrefix))) {
    if (numberOf(at, logPrefix) !== replay.height + 1) throw damaged('the log has a gap');
    replay.apply(decodePrepared(state.network, state.party, value));
  }
  if (replay.height !== state.height || !equalBytes(replay.stateHash, state.stateHash)) {
    throw damaged('the log does not lead to the stored head');
  }
  const keysOf = ({ publicKeys }: LedgerState) =>
    [...publicKeys].map(([account, { spending, viewing }]) => `${account}:${spending}:${viewing}`).sort();
  if (
    replay.supply !== state.supply ||
    !equalBytes(replay.open, state.open) ||
    keysOf(replay).join() !== keysOf(state).join()
  ) {
    throw damaged('the open accounts are not those of the log');
  }
  const stored = columns(state).flatMap(rowsOf);
  const replayed = columns(replay).flatMap(rowsOf);
  if (stored.some((row, k) => row.some((element, i) => element !== replayed[k][i]))) {
    throw damaged('the shares of the records do not sum to the balances');
  }
}

const damaged = (why: string) =>
  new CovaultError('STORE_DAMAGED', `the data folder is damaged: ${why}. Do not start this bank from it`);
