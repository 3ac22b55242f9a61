/**
 * What a bank tells anybody of its ledger: records with their signatures, where an envelope stands, which accounts are
 * open. Read from the disk: what is told is there.
 */
import { type Certified, encodeCertified, logIdKey, readLog, sealedHeightOf } from '../agreement/index.js';
import { Reader, Writer } from '../codec/index.js';
import { equalBytes } from '../crypto/index.js';
import { encodeRecord, writeCertificate } from '../ledger/log.js';
import type { Store } from '../ports.js';
import type { RecordBytes } from './api.js';

/** All banks' `committed` signatures of one height. */
export interface CommittedSignatures {
  readonly height: number;
  readonly signatures: readonly Uint8Array[];
}

/** Ascending from `from`, at most `count`; `last` proves its height final, earlier ones are proved by what follows. */
export async function readRecords(
  store: Store,
  from: number,
  count: number,
  last: CommittedSignatures | undefined,
): Promise<RecordBytes[]> {
  const found: RecordBytes[] = [];
  for await (const { record, certificate } of readLog(store, from, from + count)) {
    found.push({
      height: record.height,
      record: encodeRecord(record),
      certificate: writeCertificate(new Writer(1024), certificate).done(),
      committed: last?.height === record.height ? last.signatures : undefined,
    });
  }
  return found;
}

/** Is this the last record of the log on the disk? */
export async function endsWith(store: Store, last: Certified): Promise<boolean> {
  const { height } = last.record;
  let end: Certified | undefined;
  for await (const certified of readLog(store, height, height + 2)) end = certified;
  return end !== undefined && equalBytes(encodeCertified(end), encodeCertified(last));
}

/** The height whose record holds this envelope. */
export async function heightOf(store: Store, id: Uint8Array): Promise<number | undefined> {
  // in this order: sealing moves an id from the first place to the second, never back
  return (await recentHeightOf(store, id)) ?? (await sealedHeightOf(store, id));
}

/** The same, among the newest records only: one look-up. */
export async function recentHeightOf(store: Store, id: Uint8Array): Promise<number | undefined> {
  const at = await store.get(logIdKey(id));
  return at && new Reader(at, 'stored height').u64();
}

/** Indices of the flags that are set, from `from`, at most `count`. */
export function flagged(flags: Uint8Array, from: number, count: number): number[] {
  const found: number[] = [];
  for (let i = from; i < flags.length && found.length < count; i++) if (flags[i]) found.push(i);
  return found;
}
