/**
 * A record with its certificate, as one byte string: an entry of the log, what a bank ahead shows, part of an adoption.
 *
 * Source: protocol.md, sections 9 and 10.
 */
import { decodeAll, Writer } from '../codec/index.js';
import {
  type Certificate,
  decodeRecord,
  encodeRecord,
  type LedgerRecord,
  readCertificate,
  writeCertificate,
} from '../ledger/log.js';

export interface Certified {
  readonly record: LedgerRecord;
  readonly certificate: Certificate;
}

export function encodeCertified({ record, certificate }: Certified): Uint8Array {
  return writeCertificate(new Writer(1024).bytes(encodeRecord(record)), certificate).done();
}

/** Whether the certificate holds is the caller's question, but for this bank's own disk. Throws MALFORMED. */
export function decodeCertified(bytes: Uint8Array): Certified {
  return decodeAll(bytes, 'log entry', r => ({
    record: decodeRecord(r.bytes(bytes.length)),
    certificate: readCertificate(r),
  }));
}
