/** A bank that says what a test tells it to. */
import type { BankService, BankStatus, EnvelopeState, FoundMemos, RecordBytes } from '../../../src/bank/index.js';
import { toHex } from '../../../src/crypto/index.js';
import type { Log } from '../../../src/ports.js';

export const status: BankStatus = {
  name: 'jp_norgan',
  networkId: '11'.repeat(32),
  height: 7,
  finalHeight: 6,
  attempt: 1,
  phase: 'idle',
  halted: undefined,
  waitingFor: [],
  peers: [{ name: 'ubz', connected: true, sinceMs: 1_000 }],
  pool: { known: 3, ready: 2 },
  stock: { vole: { made: 100, used: 40 }, triples: { made: 0, used: 0 }, selections: { made: 5, used: 5 } },
  counters: {
    blocks: 7,
    settled: 9,
    rejected: 1,
    voids: 0,
    failedChecks: 0,
    stalls: 0,
    messages: 300,
    bytesSent: 123_456,
  },
};

/** The same, with what is known where a thread makes the stock. */
export const statusWithThread: BankStatus = {
  ...status,
  stock: {
    ...status.stock,
    vole: {
      made: 1_900_000,
      used: 1_250_000,
      low: 393_216,
      high: 786_432,
      madePerSecond: 480_123,
      usedPerSecond: 470_001,
      secondsLeft: 1.4,
    },
    triples: { made: 64, used: 1, low: 32, high: 64, madePerSecond: 0, usedPerSecond: 0 },
  },
  preprocessing: {
    peers: [{ name: 'ubz', bytesSent: 12_345_678, bytesReceived: 2_000_000 }],
    busySeconds: 12.25,
    busy: 0.34,
    threadsLost: 1,
  },
};

export class FakeBank implements BankService {
  readonly submitted: Uint8Array[] = [];
  readonly states = new Map<string, EnvelopeState>();
  log: RecordBytes[] = [];
  now: BankStatus = status;
  failure: Error | undefined;
  /** Long polls that ended because the client or the gateway went away. */
  aborted = 0;
  waiting = 0;

  async submit(envelope: Uint8Array): Promise<Uint8Array> {
    if (this.failure) throw this.failure;
    this.submitted.push(envelope);
    return new Uint8Array(32).fill(envelope[0]);
  }

  async envelope(id: Uint8Array): Promise<EnvelopeState> {
    return this.states.get(toHex(id)) ?? { state: 'unknown' };
  }

  async envelopeChange(id: Uint8Array, _known: string, ms: number, signal: AbortSignal): Promise<EnvelopeState> {
    this.waiting++;
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        this.aborted++;
        resolve();
      });
    });
    return this.envelope(id);
  }

  async memos(from: number, page: number | undefined): Promise<FoundMemos> {
    const headers = [Uint8Array.of(1, 2, page ?? 0)];
    return { since: 2, blocks: [{ height: from, receipts: { tau: 5n, values: [6n] }, headers }], next: from + 1 };
  }

  async records(from: number, count: number): Promise<readonly RecordBytes[]> {
    return this.log.slice(from - 1, from - 1 + count);
  }

  openAccounts(from: number, count: number): readonly number[] {
    return [0, 3, 4, 9].filter(account => account >= from).slice(0, count);
  }

  async audit(): Promise<Uint8Array> {
    return new Uint8Array(32).fill(0xaa);
  }

  copyOf(name: string): AsyncIterable<Uint8Array> | undefined {
    if (name !== 'ubz') return undefined;
    return (async function* () {
      yield Uint8Array.of(1, 2);
      yield Uint8Array.of(3);
    })();
  }

  status(): BankStatus {
    return this.now;
  }
}

export interface LogLine {
  readonly event: string;
  readonly facts?: Readonly<Record<string, string | number | boolean>> | undefined;
}

export function memoryLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const add = (event: string, facts?: LogLine['facts']) => void lines.push({ event, facts });
  return { lines, info: add, warn: add };
}
