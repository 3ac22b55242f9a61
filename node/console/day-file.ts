/**
 * The console's day on the disk, so that a restart does not forget it: one small file, replaced as a whole every few minutes.
 *
 *     file      label, network id 32, list of minutes | hash of all before
 *     minute    at u64 | blocks, settled, lookups, opened, rekeyed, rejected by reason: u32 each | p50, p95 u32, where known |
 *               queue u32 (0; 1: few; the number) | connected u8 | stock seconds f64, where known | memory u64 |
 *               data, free u64, where known | able f64
 *
 * A convenience, and never a reason for a bank not to start: a file that cannot be read, is damaged, of another version or of
 * another network is put aside, and the day begins anew. A disk that takes nothing is said once.
 *
 * Not here: which minutes are of the day (`history.ts`).
 */
import { open, rename } from 'node:fs/promises';
import { decodeAll, type Reader, Writer } from '../../src/codec/index.js';
import { concatBytes, equalBytes, hash } from '../../src/crypto/index.js';
import { CovaultError } from '../../src/errors.js';
import { rejectReasons } from '../../src/ledger/log.js';
import { consoleDayBytesMax, consoleMinutesMax } from '../../src/limits.js';
import type { Log } from '../../src/ports.js';
import { hasCode } from '../files.js';
import { replaceFile } from '../replace-file.js';
import { type RoughCount, rough } from './discretion.js';
import { type Counts, minuteMs, type PastMinute, shownCounts } from './history.js';

const label = 'covault console day 1';
const hashBytes = 32;

export class DayFile {
  readonly #file: string;
  readonly #networkId: Uint8Array;
  readonly #log: Log;
  #saving = Promise.resolve();
  #hasFailed = false;

  constructor(file: string, networkId: Uint8Array, log: Log) {
    this.#file = file;
    this.#networkId = networkId;
    this.#log = log;
  }

  /** Oldest first; none where there is no such file, or none that can be used. Never rejects. */
  async load(): Promise<readonly PastMinute[]> {
    try {
      return decodeDayFile(await readBounded(this.#file), this.#networkId);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) await this.#putAside(error);
      return [];
    }
  }

  /** One writing after another. Never rejects. */
  save(past: readonly PastMinute[]): Promise<void> {
    const day = [...past];
    this.#saving = this.#saving.then(() => this.#write(day));
    return this.#saving;
  }

  async #write(past: readonly PastMinute[]): Promise<void> {
    try {
      await replaceFile(this.#file, encodeDayFile(past, this.#networkId));
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) this.#log.warn('the day of the console cannot be written', { why: whyOf(error) });
      this.#hasFailed = true;
    }
  }

  async #putAside(error: unknown): Promise<void> {
    const aside = `${this.#file}.unread`;
    const isThere = await rename(this.#file, aside).then(
      () => true,
      () => false,
    );
    const facts = { why: whyOf(error), ...(isThere && { file: aside }) };
    this.#log.warn('the day of the console cannot be read: put aside, a new one begins', facts);
  }
}

const whyOf = (error: unknown) => (error instanceof Error ? error.message : 'unknown');

/** The bound is checked by what is read: a file may grow meanwhile. Throws OVERSIZED. */
async function readBounded(file: string): Promise<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    const bytes = new Uint8Array(consoleDayBytesMax + 1);
    let count = 0;
    for (let read = 1; read > 0 && count < bytes.length; count += read) {
      read = (await handle.read(bytes, count, bytes.length - count)).bytesRead;
    }
    if (count > consoleDayBytesMax) throw new CovaultError('OVERSIZED', 'it is too large');
    return bytes.slice(0, count);
  } finally {
    await handle.close();
  }
}

/** The whole file. */
export function encodeDayFile(past: readonly PastMinute[], networkId: Uint8Array): Uint8Array {
  const body = new Writer(1024).text(label).fixed(networkId).bytes(encodeDay(past)).done();
  return concatBytes(body, hash('covault/console-day', body));
}

/** Throws MALFORMED: cut off, damaged, of another version or network; OVERSIZED. */
export function decodeDayFile(bytes: Uint8Array, networkId: Uint8Array): readonly PastMinute[] {
  const malformed = (why: string) => new CovaultError('MALFORMED', why);
  if (bytes.length < hashBytes) throw malformed('it is cut off');
  const [body, sum] = [bytes.subarray(0, -hashBytes), bytes.subarray(-hashBytes)];
  if (!equalBytes(sum, hash('covault/console-day', body))) throw malformed('it is damaged, or no day of a console');
  const day = decodeAll(body, 'day of a console', r => {
    if (r.text(label.length) !== label) throw r.malformed('it is of another version');
    if (!equalBytes(r.fixed(networkId.length), networkId)) throw r.malformed('it is of another network');
    return r.bytes(consoleDayBytesMax);
  });
  return decodeDay(day);
}

/** What is in it. */
export function encodeDay(past: readonly PastMinute[]): Uint8Array {
  return new Writer(1024).list(past, writeMinute).done();
}

/** Throws MALFORMED, OVERSIZED. */
export function decodeDay(bytes: Uint8Array): readonly PastMinute[] {
  return decodeAll(bytes, 'day of a console', r => {
    let before = -1;
    return r.list(consoleMinutesMax, from => {
      const minute = readMinute(from);
      const { at } = minute.sample;
      if (at <= before || at % minuteMs !== 0) throw r.malformed('its minutes are out of order');
      before = at;
      return minute;
    });
  });
}

function writeMinute(w: Writer, { sample, counts }: PastMinute): void {
  const { at, p50Ms, p95Ms, queue, connected, stockSeconds, memoryBytes, dataBytes, diskFreeBytes, able } = sample;
  w.u64(at);
  for (const count of [counts.blocks, counts.settled, counts.lookups, counts.opened, counts.rekeyed]) w.u32(count);
  for (const reason of rejectReasons) w.u32(counts.rejected[reason]);
  const latencies = p50Ms === null || p95Ms === null ? null : { p50Ms, p95Ms };
  writeIfKnown(w, latencies, both => w.u32(both.p50Ms).u32(both.p95Ms));
  w.u32(queue === 'few' ? 1 : queue).u8(connected);
  writeIfKnown(w, stockSeconds, seconds => writeNumber(w, seconds));
  w.u64(memoryBytes);
  for (const bytes of [dataBytes, diskFreeBytes]) writeIfKnown(w, bytes, known => w.u64(known));
  writeNumber(w, able);
}

function readMinute(r: Reader): PastMinute {
  const at = r.u64();
  const [blocks, settled, lookups, opened, rekeyed] = Array.from({ length: 5 }, () => r.u32());
  const rejected = Object.fromEntries(rejectReasons.map(reason => [reason, r.u32()])) as Counts['rejected'];
  const counts = { blocks, settled, lookups, opened, rekeyed, rejected };
  const latencies = readIfKnown(r, () => ({ p50Ms: r.u32(), p95Ms: r.u32() })) ?? { p50Ms: null, p95Ms: null };
  const rest = {
    queue: readRough(r),
    connected: r.u8(),
    stockSeconds: readIfKnown(r, () => readNumber(r)),
    memoryBytes: r.u64(),
    dataBytes: readIfKnown(r, () => r.u64()),
    diskFreeBytes: readIfKnown(r, () => r.u64()),
    able: readNumber(r),
  };
  if (rest.able > 1) throw r.malformed('more than the whole of a minute');
  return { sample: { at, ...shownCounts(counts), ...latencies, ...rest }, counts };
}

function readRough(r: Reader): RoughCount {
  const count = r.u32();
  const shown = count === 1 ? 'few' : count;
  if (shown !== 'few' && rough(shown) === 'few') throw r.malformed('one to four are not told apart');
  return shown;
}

function writeIfKnown<T>(w: Writer, value: T | null, write: (value: T) => void): void {
  w.u8(value === null ? 0 : 1);
  if (value !== null) write(value);
}

const readIfKnown = <T>(r: Reader, read: () => T): T | null => (r.bool() ? read() : null);

/** IEEE 754, 64 bits: 0 or more. */
function writeNumber(w: Writer, value: number): void {
  w.big64(new BigUint64Array(new Float64Array([value]).buffer)[0]);
}

function readNumber(r: Reader): number {
  const [value] = new Float64Array(new BigUint64Array([r.big64()]).buffer);
  if (!Number.isFinite(value) || value < 0 || Object.is(value, -0)) throw r.malformed('a number is none');
  return value;
}
