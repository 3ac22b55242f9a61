/**
 * The public log on the disk: its newest records one by one, all others packed.
 *
 *     log/h              record and certificate, as they were committed          (`durable.ts`)
 *     log-id/id          the height whose record has that id as an entry         (`durable.ts`)
 *     log-segment/last   records of heights first..last, packed (`segment.ts`); last is big endian
 *     log-at/id8 h       a record of height h, packed, has an entry whose id starts with these 8 bytes; no value
 *
 * Nothing is ever forgotten: every record is handed out as it was committed, byte for byte, and every id is found. What
 * goes is what follows from the rest. An index of whole ids takes more than the records of full blocks do, so that of
 * packed records keeps 8 bytes of each and asks the record itself, which answers for all 32: whoever grinds ids that share
 * 8 bytes makes one look-up read a segment more, and never makes an id be found that is not there, or missed that is.
 *
 * Sealing a segment is one atomic batch: after a crash its records are where they were, or in the segment. It is decoded
 * again before anything is deleted for it. Readers look for a height in both places, and once more where they found it in
 * neither: it may have moved in between.
 */
import { numberedKey, numberIn, under } from '../codec/index.js';
import { concatBytes, equalBytes, utf8 } from '../crypto/index.js';
import { asDamage, assert, storeDamaged } from '../errors.js';
import { segmentBytesMax, segmentHeightsMax, unsealedHeights } from '../limits.js';
import type { Store, StoreOp } from '../ports.js';
import { type Certified, decodeCertified, encodeCertified } from './certified.js';
import { logIdKey, logKey } from './durable.js';
import { chained, decodeSegment, encodeSegment } from './segment.js';

const segmentPrefix = utf8('log-segment/');
const atPrefix = utf8('log-at/');
const shortIdBytes = 8;

const segmentKey = (last: number): Uint8Array => numberedKey(segmentPrefix, last);
const idPrefix = (id: Uint8Array): Uint8Array => concatBytes(atPrefix, id.subarray(0, shortIdBytes));

/** The certified records of `from <= height < below`, ascending. Throws STORE_DAMAGED where one is missing. */
export async function* readLog(store: Store, from: number, below: number): AsyncGenerator<Certified> {
  let next = Math.max(from, 1);
  for (let misses = 0; next < below && misses < 2; ) {
    const before = next;
    const packed = await segmentAt(store, next);
    for (const certified of packed.filter(({ record: { height } }) => height >= before && height < below)) {
      yield certified;
      next++;
    }
    if (next > before) continue;
    let later = false;
    for await (const [at, value] of store.range(logKey(next), logKey(below))) {
      later = numberIn(at) !== next;
      if (later) break;
      yield entry(() => decodeCertified(value));
      next++;
    }
    misses = next === before ? misses + 1 : 0;
    if (later && misses === 2) throw storeDamaged('the log has a gap');
  }
}

/** The packed records around a height; none where it is not packed. */
async function segmentAt(store: Store, height: number): Promise<readonly Certified[]> {
  for await (const [, value] of store.range(segmentKey(height), under(segmentPrefix)[1], 1)) {
    const records = entry(() => decodeSegment(value));
    if (records[0].record.height <= height) return records;
  }
  return [];
}

/** The height of the packed record that has this id as an entry. */
export async function sealedHeightOf(store: Store, id: Uint8Array): Promise<number | undefined> {
  for await (const [at] of store.range(...withPrefix(idPrefix(id)))) {
    const height = numberIn(at);
    const certified = (await segmentAt(store, height)).find(({ record }) => record.height === height);
    if (!certified) throw storeDamaged('the index of ids names a record that is not there');
    if (certified.record.entries.some(entry => equalBytes(entry.id, id))) return height;
  }
  return undefined;
}

/** As `under`, for a prefix that may end in 0xff: all keys that continue it by a height. */
function withPrefix(prefix: Uint8Array): [from: Uint8Array, below: Uint8Array] {
  return [prefix, concatBytes(prefix, new Uint8Array(9).fill(0xff))];
}

/** Packs the log behind its newest records, a segment at a time. */
export class Sealing {
  readonly #store: Store;
  /** The first record that is not packed. */
  #next: number;

  private constructor(store: Store, next: number) {
    this.#store = store;
    this.#next = next;
  }

  static async open(store: Store): Promise<Sealing> {
    for await (const [at] of store.range(logKey(1), logKey(Number.MAX_SAFE_INTEGER), 1)) {
      return new Sealing(store, numberIn(at));
    }
    return new Sealing(store, 1);
  }

  /** What packs the next segment, if one is due; `done` once it is on the disk. One at a time. Throws STORE_DAMAGED. */
  async next(height: number): Promise<{ readonly ops: readonly StoreOp[]; done(): void } | undefined> {
    if (height - this.#next + 1 < unsealedHeights + segmentHeightsMax) return undefined;
    const records: Certified[] = [];
    let bytes = 0;
    for await (const [at, value] of this.#store.range(logKey(this.#next), logKey(this.#next + segmentHeightsMax))) {
      const certified = entry(() => decodeCertified(value));
      const expected = this.#next + records.length;
      if (numberIn(at) !== expected || certified.record.height !== expected) throw storeDamaged('the log has a gap');
      records.push(certified);
      bytes += value.length;
      if (bytes >= segmentBytesMax) break;
    }
    if (records.length === 0 || !chained(records)) throw storeDamaged('the log has a gap');
    const done = () => {
      this.#next += records.length;
    };
    return { ops: sealOps(records), done };
  }
}

function sealOps(records: readonly Certified[]): StoreOp[] {
  const segment = encodeSegment(records);
  decodeSegment(segment).forEach((decoded, k) => {
    assert(equalBytes(encodeCertified(decoded), encodeCertified(records[k])), 'a segment holds what was committed');
  });
  const none = new Uint8Array();
  const ops: StoreOp[] = [];
  for (const { record } of records) {
    ops.push({ type: 'del', key: logKey(record.height) });
    for (const { id } of record.entries) {
      ops.push({ type: 'del', key: logIdKey(id) });
      ops.push({ type: 'put', key: numberedKey(idPrefix(id), record.height), value: none });
    }
  }
  const { record: last } = records[records.length - 1];
  return [...ops, { type: 'put', key: segmentKey(last.height), value: segment }];
}

function entry<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw asDamage(error);
  }
}
