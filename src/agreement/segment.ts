/**
 * Public records of consecutive heights with their certificates, in one packed value.
 *
 * Ids, digests, commitments and signatures are uniform bytes that no compressor makes smaller, so this leaves out what
 * follows from the rest, and keeps like with like, instead of running a general one over it:
 *
 *     left out    height, network id, and the previous record's hash of all but the first
 *     as runs     roster version, attempt, supply, counts, statuses: a value and how often it comes in a row
 *     as it is    ids, burned ids, digests, hashes of receipts, recovery hashes, commitments and signatures
 *
 * Lossless: what comes out encodes to the very bytes that went in. Of this bank's own disk, yet decoded strictly: a byte
 * that was changed is MALFORMED, or changes a record's hash and with it the chain.
 */
import { decodeAll, type Reader, Writer } from '../codec/index.js';
import { equalBytes } from '../crypto/index.js';
import { assert } from '../errors.js';
import { type LedgerRecord, readStatus, recordFault, recordHash, type Status, writeStatus } from '../ledger/log.js';
import { banksMax, blockEnvelopesMax, burnedListMax, segmentHeightsMax } from '../limits.js';
import type { Certified } from './durable.js';

const version = 1;
const runMax = 0xffff;

/** The records follow each other in one chain. */
export function encodeSegment(records: readonly Certified[]): Uint8Array {
  assert(records.length >= 1 && records.length <= segmentHeightsMax, 'a segment has its heights');
  assert(chained(records), 'the records of a segment are one chain');
  const all = records.map(({ record }) => record);
  const statuses = all.flatMap(({ entries }) => entries.map(({ status }) => status));
  const w = new Writer(65_536).u8(version).u64(all[0].height).u32(all.length);
  w.fixed(all[0].networkId).fixed(all[0].previous);
  writeRuns(w, column(all, 'rosterVersion'), (to, value) => to.u32(value));
  writeRuns(w, column(all, 'attempt'), (to, value) => to.u32(value));
  writeRuns(w, column(all, 'supply'), (to, value) => to.big64(value));
  for (const counts of countsOf(records)) writeRuns(w, counts, (to, value) => to.u32(value));
  writeRuns(w, statuses, writeStatus, sameStatus);
  for (const { record, certificate } of records) {
    for (const { id } of record.entries) w.fixed(id);
    for (const id of record.burned) w.fixed(id);
    for (const recoveryHash of record.recoveryHashes) w.fixed(recoveryHash);
    w.fixed(record.digest).fixed(record.receiptsHash);
    for (const { commitment, signature } of certificate) w.fixed(commitment).fixed(signature);
  }
  return w.done();
}

/** Throws MALFORMED. */
export function decodeSegment(bytes: Uint8Array): Certified[] {
  return decodeAll(bytes, 'segment of records', r => {
    if (r.u8() !== version) throw r.malformed('another version');
    const first = r.u64();
    const count = r.u32();
    if (count < 1 || count > segmentHeightsMax) throw r.malformed('too many heights');
    if (first > Number.MAX_SAFE_INTEGER - (count - 1)) throw r.malformed('a height is too large');
    const networkId = r.fixed(32);
    let previous = r.fixed(32);
    const rosterVersions = readRuns(r, count, () => r.u32());
    const attempts = readRuns(r, count, () => r.u32());
    const supplies = readRuns(r, count, () => r.big64());
    const counts = countsMax.map(max => readCounts(r, count, max));
    const [entryCounts, burnedCounts, recoveryCounts, signatureCounts] = counts;
    const statuses = readRuns(r, sum(entryCounts), () => readStatus(r));
    let next = 0;
    return Array.from({ length: count }, (_, k) => {
      const record: LedgerRecord = {
        networkId,
        rosterVersion: rosterVersions[k],
        height: first + k,
        attempt: attempts[k],
        previous,
        entries: times(entryCounts[k], () => ({ id: r.fixed(32), status: statuses[next++] })),
        burned: times(burnedCounts[k], () => r.fixed(32)),
        recoveryHashes: times(recoveryCounts[k], () => r.fixed(32)),
        digest: r.fixed(32),
        receiptsHash: r.fixed(32),
        supply: supplies[k],
      };
      const certificate = times(signatureCounts[k], () => ({ commitment: r.fixed(32), signature: r.fixed(64) }));
      const fault = recordFault(record);
      if (fault !== undefined) throw r.malformed(fault);
      previous = recordHash(record);
      return { record, certificate };
    });
  });
}

const countsMax = [blockEnvelopesMax, banksMax * burnedListMax, banksMax, banksMax] as const;

/** In the order of `countsMax`. */
const countsOf = (records: readonly Certified[]): number[][] => [
  records.map(({ record }) => record.entries.length),
  records.map(({ record }) => record.burned.length),
  records.map(({ record }) => record.recoveryHashes.length),
  records.map(({ certificate }) => certificate.length),
];

const column = <K extends keyof LedgerRecord>(records: readonly LedgerRecord[], name: K): LedgerRecord[K][] =>
  records.map(record => record[name]);

/** Heights follow each other, in one network, each on the hash of the one before. */
export function chained(records: readonly Certified[]): boolean {
  return records.every(({ record }, k) => {
    if (k === 0) return true;
    const before = records[k - 1].record;
    const inPlace = record.height === before.height + 1 && equalBytes(record.networkId, before.networkId);
    return inPlace && equalBytes(record.previous, recordHash(before));
  });
}

function sameStatus(a: Status, b: Status): boolean {
  return equalBytes(writeStatus(new Writer(16), a).done(), writeStatus(new Writer(16), b).done());
}

function writeRuns<T>(
  w: Writer,
  values: readonly T[],
  write: (to: Writer, value: T) => void,
  same: (a: T, b: T) => boolean = Object.is,
): void {
  for (let at = 0; at < values.length; ) {
    let length = 1;
    while (length < runMax && at + length < values.length && same(values[at], values[at + length])) length++;
    write(w.u16(length), values[at]);
    at += length;
  }
}

/** `count` values. Not whether the runs are the longest: who reads them compares values, never bytes. */
function readRuns<T>(r: Reader, count: number, read: () => T): T[] {
  const values: T[] = [];
  while (values.length < count) {
    const length = r.u16();
    if (length === 0 || length > count - values.length) throw r.malformed('a run of no such length');
    const value = read();
    for (let k = 0; k < length; k++) values.push(value);
  }
  return values;
}

function readCounts(r: Reader, count: number, max: number): number[] {
  return readRuns(r, count, () => {
    const value = r.u32();
    if (value > max) throw r.malformed('a list is too long');
    return value;
  });
}

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
