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
}

export function encodePrepared({ height, attempt, changes, opens, rekeys, receipts }: Prepared): Uint8Array {
  const w = new Writer(4096).u64(height).u32(attempt);
  w.list(changes, (to, { page, change }) => writeShares(to.u32(page), change));
  w.list(opens, writeOpened).list(rekeys, writeRekeyed);
  return writeReceipts(w, receipts).done();
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
  r.end();
  return prepared;
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
