/**
 * `covault log verify`: walks the whole chain of records, from genesis to the last, and checks all of it. Needs the
 * network file and no secret; believes no bank.
 *
 *     source    a gateway, or the data folder of a bank that does not run
 *     checked   hashes, order, all signatures, one fate for every id, the supply (`src/ledger/verify-log.ts`)
 *
 * A source can hide the end of the chain, not change it: compare the head with another bank's.
 */
import { readLog } from '../../src/agreement/index.js';
import { CovaultError, isCode } from '../../src/errors.js';
import { decodeLogEntry, type LogEntry } from '../../src/ledger/log.js';
import type { Store } from '../../src/ports.js';
import { askGateway } from './gateway-client.js';

const recordsAtOnce = 100;

/** Throws UNREACHABLE, and BAD_CERTIFICATE for a record that does not decode or a chain that ends too early. */
export async function* gatewayLog(gateway: string): AsyncGenerator<LogEntry> {
  for (let from = 1; ; ) {
    const answer = await askGateway(gateway, `/v1/records?from=${from}&count=${recordsAtOnce}`);
    const { records, height } = answer;
    if (!Array.isArray(records) || typeof height !== 'number') throw broken(from, 'the answer is no list of records');
    for (const record of records) yield decodeLogEntry(record, from++);
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

function broken(height: number, why: string): CovaultError {
  return new CovaultError('BAD_CERTIFICATE', `height ${height}: ${why}`, { height });
}
