/**
 * What every bank says of itself, once a second: /v1/status and /metrics, the same as operators read.
 *
 * CPU is user and system time of the whole process, all threads; memory is its resident set.
 */
import type { BankStatus } from '../../src/bank/index.js';
import type { Gateways } from './submitter.js';

export interface BankFigures {
  readonly height: number;
  readonly counters: BankStatus['counters'];
  readonly stock: BankStatus['stock'];
  readonly pool: BankStatus['pool'];
  readonly sentBytes: { readonly envelopes: number; readonly agreement: number; readonly preprocessing: number };
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

export interface Sample {
  /** performance.now() */
  readonly at: number;
  readonly banks: readonly BankFigures[];
}

const everyMs = 1_000;

export async function sample(gateways: Gateways): Promise<Sample> {
  const banks = await Promise.all(Array.from({ length: gateways.count }, (_, bank) => figuresOf(gateways, bank)));
  return { at: performance.now(), banks };
}

async function figuresOf(gateways: Gateways, bank: number): Promise<BankFigures> {
  const [text, metrics] = await Promise.all([gateways.get(bank, '/v1/status'), gateways.get(bank, '/metrics')]);
  const status = JSON.parse(text) as BankStatus & { links: { sentBytes: BankFigures['sentBytes'] } };
  if (status.phase === 'halted') throw new Error(`${status.name} has halted: ${status.halted}`);
  const { height, counters, stock, pool, links } = status;
  const cpuSeconds = metric(metrics, 'process_cpu_seconds_total');
  return {
    height,
    counters,
    stock,
    pool,
    sentBytes: links.sentBytes,
    cpuSeconds,
    rssBytes: metric(metrics, 'process_resident_memory_bytes'),
  };
}

function metric(text: string, name: string): number {
  const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`a bank's metrics have no ${name}`);
  return Number(value);
}

/** Takes samples until it is stopped. */
export class Sampler {
  readonly samples: Sample[] = [];
  #stopped = false;
  readonly #running: Promise<void>;

  constructor(gateways: Gateways, failed: (error: unknown) => void) {
    this.#running = (async () => {
      while (!this.#stopped) {
        this.samples.push(await sample(gateways));
        await new Promise(next => setTimeout(next, everyMs));
      }
    })().catch(error => {
      if (!this.#stopped) failed(error);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }
}
