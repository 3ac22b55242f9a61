/**
 * The whole log, or a part of it, as a gateway hands it out: read strictly, and checked by the one chain verifier. What
 * `covault log verify` and the console's page in a browser have in common; needs the network file and no secret.
 *
 * Not here: where entries come from. Source: protocol.md, section 9, messages 6 and 7.
 */
import { decodeAll } from '../codec/index.js';
import { equalBytes, fromHex, toHex } from '../crypto/index.js';
import { isCode } from '../errors.js';
import { banksMax } from '../limits.js';
import type { Network } from '../network/index.js';
import { type Certificate, readCertificate } from './certificate.js';
import { ChainVerifier } from './chain.js';
import { badCertificate, decodeRecord, type LedgerRecord, recordHash } from './record.js';

export interface LogEntry {
  readonly record: LedgerRecord;
  readonly certificate: Certificate;
  readonly committed: readonly Uint8Array[] | undefined;
}

/** The same as banks hand it out: to be decoded and checked. */
export interface LogEntryBytes {
  readonly record: Uint8Array;
  readonly certificate: Uint8Array;
  readonly committed: readonly Uint8Array[] | undefined;
}

export interface Verified {
  readonly networkId: string;
  readonly height: number;
  readonly finalHeight: number;
  readonly head: string;
  readonly envelopes: number;
  readonly burned: number;
}

/** One entry of `/v1/records`, which should be of `height`. Throws BAD_CERTIFICATE: it does not decode. */
export function decodeLogEntry(entry: unknown, height: number): LogEntry {
  const { record, certificate, committed } = (entry ?? {}) as Record<string, unknown>;
  const bytes = (value: unknown) => fromHex(typeof value === 'string' ? value : '?');
  return decodedAt(height, () => ({
    record: bytes(record),
    certificate: bytes(certificate),
    committed: Array.isArray(committed) ? committed.slice(0, banksMax + 1).map(bytes) : undefined,
  }));
}

/** The same of bytes. Throws BAD_CERTIFICATE. */
export function readLogEntry(entry: LogEntryBytes, height: number): LogEntry {
  return decodedAt(height, () => entry);
}

function decodedAt(height: number, bytes: () => LogEntryBytes): LogEntry {
  try {
    const { record, certificate, committed } = bytes();
    return {
      record: decodeRecord(record),
      certificate: decodeAll(certificate, 'certificate', readCertificate),
      committed,
    };
  } catch (error) {
    if (isCode(error, 'MALFORMED', 'OVERSIZED')) throw badCertificate(error.message, height);
    throw error;
  }
}

/** From genesis on. Throws BAD_CERTIFICATE at the first record that does not hold, whatever is wrong with it. */
export async function verifyLog(network: Network, entries: AsyncIterable<LogEntry>): Promise<Verified> {
  const chain = new ChainVerifier(network);
  let [envelopes, burned] = [0, 0];
  for await (const { record, certificate, committed } of entries) {
    chain.accept(record, certificate);
    if (committed) chain.acceptFinal({ kind: 'committed', signatures: committed });
    envelopes += record.entries.length;
    burned += record.burned.length;
  }
  const { height, hash } = chain.head;
  return {
    networkId: toHex(network.id),
    height,
    finalHeight: chain.finalHeight,
    head: toHex(hash),
    envelopes,
    burned,
  };
}

/** What a part of the log says of one of its records. */
export interface CheckedEntry {
  readonly height: number;
  /** Nothing where it did not decode. */
  readonly record: LedgerRecord | undefined;
  readonly hash: Uint8Array | undefined;
  /** Proved by the entry itself or by the next. */
  readonly isFinal: boolean;
  /** Why it does not hold; nothing where it does. */
  readonly fault: string | undefined;
}

/**
 * Entries of consecutive heights from `from` on, each checked by itself and against the one before: signatures of all banks,
 * order, hashes, supply. Every fault is found, not only the first. What stands before `from` is taken as it is, unless `from` is
 * 1; `verifyLog` leaves nothing out.
 */
export function checkEntries(network: Network, from: number, entries: readonly unknown[]): CheckedEntry[] {
  const checked: CheckedEntry[] = [];
  let before: Uint8Array | undefined = from === 1 ? network.id : undefined;
  for (const [i, entry] of entries.entries()) {
    const height = from + i;
    const next = checkEntry(network, height, before, entry);
    const previous = checked.at(-1);
    // a certified record proves the one before it final
    if (previous?.hash && next.record && next.fault === undefined && previous.fault === undefined) {
      checked[i - 1] = { ...previous, isFinal: true };
    }
    checked.push(next);
    before = next.hash;
  }
  return checked;
}

function checkEntry(network: Network, height: number, before: Uint8Array | undefined, entry: unknown): CheckedEntry {
  let record: LedgerRecord | undefined;
  try {
    const decoded = decodeLogEntry(entry, height);
    record = decoded.record;
    if (record.height !== height) throw badCertificate(`it says it is of height ${record.height}`, height);
    if (before && !equalBytes(record.previous, before)) {
      throw badCertificate('it does not follow the record before', height);
    }
    const chain = new ChainVerifier(network, { height: height - 1, hash: record.previous });
    const { hash } = chain.accept(record, decoded.certificate);
    if (decoded.committed) chain.acceptFinal({ kind: 'committed', signatures: decoded.committed });
    return { height, record, hash, isFinal: chain.finalHeight === height, fault: undefined };
  } catch (error) {
    if (!isCode(error, 'BAD_CERTIFICATE')) throw error;
    const { why = error.message } = error.facts;
    return { height, record, hash: record && recordHash(record), isFinal: false, fault: `${why}` };
  }
}
