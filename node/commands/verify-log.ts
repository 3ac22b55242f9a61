/**
 * `covault log verify`: walks the whole chain of records, from genesis to the last, and checks all of it. Needs the
 * network file and no secret; believes no bank.
 *
 *     source    a gateway, or the data folder of a bank that does not run
 *     checked   hashes, order, all signatures, one fate for every id, the supply (`src/ledger/chain.ts`)
 *
 * A source can hide the end of the chain, not change it: compare the head with another bank's.
 */
import { readLog } from '../../src/agreement/index.js';
import { decodeAll } from '../../src/codec/index.js';
import { fromHex, toHex } from '../../src/crypto/index.js';
import { CovaultError, isCode } from '../../src/errors.js';
import {
  type Certificate,
  ChainVerifier,
  decodeRecord,
  type LedgerRecord,
  readCertificate,
} from '../../src/ledger/log.js';
import type { Network } from '../../src/network/index.js';
import type { Store } from '../../src/ports.js';
import { askGateway } from './gateway-client.js';

const recordsAtOnce = 100;

export interface LogEntry {
  readonly record: LedgerRecord;
  readonly certificate: Certificate;
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

/** Throws BAD_CERTIFICATE at the first record that does not hold, whatever is wrong with it. */
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

/** Throws UNREACHABLE, and BAD_CERTIFICATE for a record that does not decode or a chain that ends too early. */
export async function* gatewayLog(gateway: string): AsyncGenerator<LogEntry> {
  for (let from = 1; ; ) {
    const answer = await askGateway(gateway, `/v1/records?from=${from}&count=${recordsAtOnce}`);
    const { records, height } = answer;
    if (!Array.isArray(records) || typeof height !== 'number') throw broken(from, 'the answer is no list of records');
    for (const record of records) yield decoding(from++, () => readEntry(record));
    if (records.length > 0) continue;
    if (from <= height) throw broken(from, `the record is missing, though the bank says it is at ${height}`);
    return;
  }
}

/** The log in the store of a bank. Throws BAD_CERTIFICATE where a record is missing or cannot be read. */
export async function* storedLog(store: Store): AsyncGenerator<LogEntry> {
  let height = 1;
  try {
    for await (const certified of readLog(store, 1, Number.MAX_SAFE_INTEGER)) {
      yield { ...certified, committed: undefined };
      height++;
    }
  } catch (error) {
    if (isCode(error, 'STORE_DAMAGED')) throw broken(height, error.message);
    throw error;
  }
}

function readEntry(entry: unknown): LogEntry {
  const { record, certificate, committed } = (entry ?? {}) as Record<string, unknown>;
  const bytes = (value: unknown) => fromHex(typeof value === 'string' ? value : '?');
  return {
    record: decodeRecord(bytes(record)),
    certificate: decodeAll(bytes(certificate), 'certificate', readCertificate),
    committed: Array.isArray(committed) ? committed.map(bytes) : undefined,
  };
}

function decoding(height: number, read: () => LogEntry): LogEntry {
  try {
    return read();
  } catch (error) {
    if (isCode(error, 'MALFORMED', 'OVERSIZED')) throw broken(height, error.message);
    throw error;
  }
}

function broken(height: number, why: string): CovaultError {
  return new CovaultError('BAD_CERTIFICATE', `height ${height}: ${why}`, { height });
}
