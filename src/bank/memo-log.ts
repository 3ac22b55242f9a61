/**
 * Headers of settled transfers, which carry the memos, with the receipts of their blocks: kept beside the log, so that payees find
 * what was told to them, until newer ones need the room.
 *
 *     memos/log/h    total (u64) | receipts of height h | headers in the record's order      written with the record
 *     memos/total    bytes ever written                                                      in the same transaction
 *     memos/since    all from this height on is kept; 1 where it is absent
 *
 * `total` counts this entry and all before it, so what lies between two entries is known without reading it. A payee that comes
 * after its memo was dropped still has the money: it sees its balance alone. A bank that was rebuilt has none of before: another
 * may have them.
 *
 * Whoever asks names a page, or none: banks learn no more than a look-up of a balance tells them.
 */
import { decodeAll, numberedKey, numberIn, type Reader, under, Writer } from '../codec/index.js';
import { utf8 } from '../crypto/index.js';
import { payeePageOf } from '../envelope/index.js';
import { asDamage } from '../errors.js';
import { type Receipts, readReceipts, writeReceipts } from '../ledger/log.js';
import { blockEnvelopesMax, headerBytesMax, memoLogBytesMax, memoScanBytesMax, memoTrimMax } from '../limits.js';
import type { Store, StoreOp } from '../ports.js';

const logPrefix = utf8('memos/log/');
const totalKey = utf8('memos/total');
const sinceKey = utf8('memos/since');

const keyOf = (height: number): Uint8Array => numberedKey(logPrefix, height);

/** What a block told. */
export interface BlockMemos {
  readonly height: number;
  readonly receipts: Receipts;
  /** As they were hashed into ids. */
  readonly headers: readonly Uint8Array[];
}

/** Blocks with memos, ascending, and the height from which to ask on. */
export interface FoundMemos {
  /** Of lower heights this bank keeps nothing, or not all. */
  readonly since: number;
  /** Ascending; blocks with nothing for the page are left out. */
  readonly blocks: readonly BlockMemos[];
  /** All heights below it that this bank has were looked through. */
  readonly next: number;
}

interface Stored extends Omit<BlockMemos, 'height'> {
  readonly total: number;
}

export class MemoLog {
  readonly #store: Store;
  readonly #bytesMax: number;
  #total: number;
  /** Bytes of what was dropped. */
  #dropped: number;
  #since: number;

  private constructor(store: Store, bytesMax: number, total: number, dropped: number, since: number) {
    this.#store = store;
    this.#bytesMax = bytesMax;
    this.#total = total;
    this.#dropped = dropped;
    this.#since = since;
  }

  /** `bytesMax`: what is kept, before the oldest are dropped. Throws STORE_DAMAGED, as all that reads. */
  static async open(store: Store, bytesMax = memoLogBytesMax): Promise<MemoLog> {
    const number = async (key: Uint8Array, otherwise: number) => {
      const stored = await store.get(key);
      return stored ? own(stored, 'stored number', r => r.u64()) : otherwise;
    };
    const [total, since] = [await number(totalKey, 0), await number(sinceKey, 1)];
    for await (const [, value] of store.range(...under(logPrefix), 1)) {
      return new MemoLog(store, bytesMax, total, decodeStored(value).total - value.length, since);
    }
    return new MemoLog(store, bytesMax, total, total, since);
  }

  /** For the transaction that commits the block. */
  keep({ height, receipts, headers }: BlockMemos): StoreOp[] {
    if (headers.length === 0) return [];
    const content = writeReceipts(new Writer(4096), receipts)
      .list(headers, (to, header) => to.bytes(header))
      .done();
    this.#total += 8 + content.length;
    return [
      { type: 'put', key: keyOf(height), value: new Writer(8 + content.length).u64(this.#total).fixed(content).done() },
      { type: 'put', key: totalKey, value: new Writer(8).u64(this.#total).done() },
    ];
  }

  /** What drops the oldest, if there is more than may be; a step at a time. */
  async next(): Promise<{ readonly ops: readonly StoreOp[]; done(): void } | undefined> {
    const ops: StoreOp[] = [];
    let [dropped, since] = [this.#dropped, this.#since];
    if (this.#total - dropped <= this.#bytesMax) return undefined;
    for await (const [key, value] of this.#store.range(...under(logPrefix), memoTrimMax)) {
      if (this.#total - dropped <= this.#bytesMax) break;
      dropped = decodeStored(value).total;
      since = numberIn(key) + 1;
      ops.push({ type: 'del', key });
    }
    ops.push(putMemosSince(since));
    const done = () => {
      this.#dropped = dropped;
      this.#since = since;
    };
    return { ops, done };
  }

  /** From a height on, up to a bound of work and below `below`; of transfers to that page, or of all. */
  async find(from: number, below: number, page: number | undefined): Promise<FoundMemos> {
    const since = this.#since;
    const blocks: BlockMemos[] = [];
    let bytes = 0;
    for await (const [key, value] of this.#store.range(keyOf(from), keyOf(below))) {
      const height = numberIn(key);
      if (bytes > memoScanBytesMax) return { since, blocks, next: height };
      bytes += value.length;
      const { receipts, headers } = decodeStored(value);
      const found = headers.filter(header => page === undefined || payeePageOf(header) === page);
      if (found.length > 0) blocks.push({ height, receipts, headers: found });
    }
    return { since, blocks, next: below };
  }
}

/** For a store that begins with this height: it is another bank's that has what was told before. */
export function putMemosSince(height: number): StoreOp {
  return { type: 'put', key: sinceKey, value: new Writer(8).u64(height).done() };
}

const decodeStored = (bytes: Uint8Array): Stored =>
  own(bytes, 'stored memos', r => ({
    total: r.u64(),
    receipts: readReceipts(r),
    headers: r.list(blockEnvelopesMax, each => each.bytes(headerBytesMax)),
  }));

function own<T>(bytes: Uint8Array, what: string, read: (r: Reader) => T): T {
  try {
    return decodeAll(bytes, what, read);
  } catch (error) {
    throw asDamage(error);
  }
}
