/**
 * What one block changes in one bank's state: its shares of the records, the accounts opened, and those with new keys.
 *
 * Stored before the bank signs (protocol.md section 10); kept in the log after it is applied, so that a bank can check
 * its own disk at any time: the shares of all records sum to the running balances.
 */
import { Reader, Writer } from '../codec/index.js';
import { bytesOf, decodeVec } from '../field/index.js';
import { blockEnvelopesMax } from '../limits.js';
import type { Network } from '../network/index.js';
import type { StoreOp } from '../ports.js';
import { type Party, rowsOf, type Shares, sharesFromRows } from '../sharing/index.js';
import { type Receipts, readReceipts, writeReceipts } from './receipts.js';
import type { PublicKeys } from './state.js';

/** One half of one record: what a transfer adds to one page. */
export interface PageChange {
  readonly page: number;
  /** K elements. */
  readonly change: Shares;
}

export interface Opened {
  readonly account: number;
  /** K > 1: [spending], [viewing]. */
  readonly shared: Shares | undefined;
  /** K = 1. */
  readonly publicKeys: PublicKeys | undefined;
}

/** New keys of one account of a page. */
export interface Rekeyed {
  readonly page: number;
  /** K > 1: what is added to the spending keys, K elements, and to the viewing keys. */
  readonly shared: Shares | undefined;
  /** K = 1. */
  readonly publicKeys: PublicKeys | undefined;
}

export interface Prepared {
  readonly height: number;
  readonly attempt: number;
  readonly changes: readonly PageChange[];
  readonly opens: readonly Opened[];
  /** A page stands here once at most. They come after the opens. */
  readonly rekeys: readonly Rekeyed[];
  /** Public; with the memos once the block is committed. */
  readonly receipts: Receipts;
  /** The whole ledger under new MAC keys (`new-macs.ts`), and nothing else. */
  readonly newMacs?: {
    /** Of the base that this makes. */
    readonly digest: Uint8Array;
    /** All that is written, but for head and base. */
    readonly ops: readonly StoreOp[];
  };
}

/** Hashed into the state, stored before the signature and kept in the log: one encoding for all three. */
const encodings = new WeakMap<Prepared, Uint8Array>();

/** Not to be written to. */
export function encodePrepared(prepared: Prepared): Uint8Array {
  const known = encodings.get(prepared);
  if (known) return known;
  const bytes = encoded(prepared);
  encodings.set(prepared, bytes);
  return bytes;
}

function encoded({ height, attempt, changes, opens, rekeys, receipts, newMacs }: Prepared): Uint8Array {
  const w = new Writer(4096).u64(height).u32(attempt);
  w.list(changes, (to, { page, change }) => writeShares(to.u32(page), change));
  w.list(opens, writeOpened).list(rekeys, writeRekeyed);
  writeReceipts(w, receipts);
  if (!newMacs) return w.done();
  w.fixed(newMacs.digest).list(newMacs.ops, (to, op) => {
    to.bytes(op.key).u8(op.type === 'put' ? 1 : 0);
    if (op.type === 'put') to.bytes(op.value);
  });
  return w.done();
}

export function decodePrepared(network: Network, party: Party, bytes: Uint8Array): Prepared {
  const r = new Reader(bytes, 'prepared state');
  const prepared: Prepared = {
    height: r.u64(),
    attempt: r.u32(),
    changes: r.list(2 * blockEnvelopesMax, () => ({ page: r.u32(), change: readShares(r, party, network.pageSize) })),
    opens: r.list(blockEnvelopesMax, from => readOpened(from, network, party)),
    rekeys: r.list(blockEnvelopesMax, from => readRekeyed(from, network, party)),
    receipts: readReceipts(r),
  };
  if (r.remaining === 0) return prepared;
  const { changes, opens, rekeys, receipts } = prepared;
  const count = changes.length + opens.length + rekeys.length + receipts.values.length;
  if (count > 0 || receipts.tau !== 0n) {
    throw r.malformed('a re-keying that changes something');
  }
  const newMacs = { digest: r.fixed(32), ops: r.list(bytes.length, from => readOp(from, bytes.length)) };
  r.end();
  return { ...prepared, newMacs };
}

function readOp(r: Reader, bytesMax: number): StoreOp {
  const key = r.bytes(bytesMax);
  return r.bool() ? { type: 'put', key, value: r.bytes(bytesMax) } : { type: 'del', key };
}

export function writeOpened(w: Writer, { account, ...keys }: Opened): void {
  writeKeys(w.u32(account), keys);
}

export function readOpened(r: Reader, network: Network, party: Party): Opened {
  return { account: r.u32(), ...readKeys(r, network, party, 2) };
}

export function writeRekeyed(w: Writer, { page, ...keys }: Rekeyed): void {
  writeKeys(w.u32(page), keys);
}

export function readRekeyed(r: Reader, network: Network, party: Party): Rekeyed {
  return { page: r.u32(), ...readKeys(r, network, party, 2 * network.pageSize) };
}

type Keys = Omit<Opened, 'account'>;

function writeKeys(w: Writer, { shared, publicKeys }: Keys): void {
  if (shared) writeShares(w, shared);
  if (publicKeys) w.fixed(publicKeys.spending).fixed(publicKeys.viewing);
}

/** `length`: elements, where keys are shared. */
function readKeys(r: Reader, { pageSize }: Network, party: Party, length: number): Keys {
  const hidden = pageSize > 1;
  return {
    shared: hidden ? readShares(r, party, length) : undefined,
    publicKeys: hidden ? undefined : { spending: r.fixed(32), viewing: r.fixed(32) },
  };
}

/** All rows but the empty ones, in a fixed order. */
export function writeShares(w: Writer, shares: Shares): void {
  for (const row of rowsOf(shares)) w.fixed(bytesOf(row));
}

export function readShares(r: Reader, party: Party, length: number): Shares {
  const rows = Array.from({ length: 1 + 2 * party.count }, (_, k) => {
    const bank = k === 0 ? undefined : (k - 1) % party.count;
    return decodeVec(r.fixed(bank === party.self ? 0 : 8 * length));
  });
  return sharesFromRows(rows);
}
