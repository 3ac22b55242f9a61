/**
 * Records as this device sees them: fetched from the bank, believed in nothing, checked here with the library's own verifier,
 * the one of `covault log verify`. Who the banks are, the network file says; it comes from this bank, unless the operator gives
 * another copy of it.
 */
import { type CheckedEntry, checkEntries, decodeLogEntry, type LogEntry, type Verified, verifyLog } from 'covault/log';
import { decodeNetworkFile, type Network } from 'covault/network';
import { get } from './api.js';

export type { CheckedEntry, Network, Verified };

interface RecordsAnswer {
  readonly records: readonly unknown[];
  readonly height: number;
}

const recordsAtOnce = 100;
/** Some milliseconds of signatures, after which the page may answer its reader. */
const recordsBetweenPauses = 8;

export async function networkOfBank(): Promise<Network> {
  return decodeNetworkFile(JSON.stringify(await get('/v1/network'))).network;
}

/** Throws what `decodeNetworkFile` throws. */
export const networkOfText = (text: string): Network => decodeNetworkFile(text).network;

/** `count` records from `from` on, as far as there are so many; newest last. */
export async function checkedRecords(network: Network, from: number, count: number): Promise<CheckedEntry[]> {
  // one more before them: what the first of them follows is checked too
  const start = Math.max(1, from - 1);
  const { records } = await get<RecordsAnswer>(`/v1/records?from=${start}&count=${count + from - start}`);
  return checkEntries(network, start, records)
    .filter(({ height }) => height >= from)
    .map(entry => (entry.fault === undefined ? entry : { ...entry, fault: named(network, entry.fault) }));
}

/** The library counts banks; people call them. */
export const named = (network: Network, fault: string) =>
  fault.replace(/\bbank (\d+)\b/g, (said, index) => network.banks[Number(index)]?.name ?? said);

/** From genesis to the last record. Throws BAD_CERTIFICATE at the first that does not hold. */
export function verifyAll(
  network: Network,
  progress: (done: number, of: number) => void,
  signal: AbortSignal,
): Promise<Verified> {
  return verifyLog(network, entries(progress, signal));
}

async function* entries(progress: (done: number, of: number) => void, signal: AbortSignal): AsyncGenerator<LogEntry> {
  let [next, height] = [1, 0];
  do {
    const answer = await get<RecordsAnswer>(`/v1/records?from=${next}&count=${recordsAtOnce}`);
    height = answer.height;
    if (answer.records.length === 0) break;
    for (const entry of answer.records) {
      yield decodeLogEntry(entry, next++);
      if (next % recordsBetweenPauses === 0) await pause();
      signal.throwIfAborted();
    }
    progress(next - 1, Math.max(height, next - 1));
  } while (next <= height);
  // a record that the bank says it has, and does not show
  if (next <= height) decodeLogEntry(undefined, next);
}

const pause = () => new Promise(resolve => window.setTimeout(resolve, 0));
