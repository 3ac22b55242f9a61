/**
 * What one bank knows of an attempt at the next height and of another bank's part in it: for a bank that is rebuilt, and must
 * contradict nothing that it has said.
 *
 * Source: protocol.md, section 10.
 */
import type { Reader, Writer } from '../codec/index.js';
import { decodeRecord, encodeRecord, type LedgerRecord } from '../ledger/log.js';
import { recoveryEntryBytesMax } from '../limits.js';
import { recordBytesMax } from './messages.js';
import { type RootVoid, readBank, readSigned, type Signed, writeSigned } from './statements.js';

export interface OpenAttempt {
  readonly attempt: number;
  /** As the bank that tells has signed it. */
  readonly record: LedgerRecord | undefined;
  /** It was voided: by this root. */
  readonly root: RootVoid | undefined;
  /** What the other bank has signed, and the entry that goes with it. */
  readonly signed: { readonly signed: Signed; readonly entry: Uint8Array } | undefined;
}

export function writeOpenAttempt(w: Writer, { attempt, record, root, signed }: OpenAttempt): Writer {
  w.u32(attempt).u8(record ? 1 : 0);
  if (record) w.bytes(encodeRecord(record));
  w.u8(root ? 1 : 0);
  if (root) w.u8(root.bank).fixed(root.signature);
  w.u8(signed ? 1 : 0);
  return signed ? writeSigned(w, signed.signed).bytes(signed.entry) : w;
}

/** Throws MALFORMED, OVERSIZED. */
export function readOpenAttempt(r: Reader, banks: number): OpenAttempt {
  return {
    attempt: r.u32(),
    record: r.bool() ? decodeRecord(r.bytes(recordBytesMax)) : undefined,
    root: r.bool() ? { bank: readBank(r, banks), signature: r.fixed(64) } : undefined,
    signed: r.bool() ? { signed: readSigned(r, banks), entry: r.bytes(recoveryEntryBytesMax) } : undefined,
  };
}
