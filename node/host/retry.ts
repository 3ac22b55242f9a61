/**
 * Something tried again and again while it is wanted: with back-off, so that a bank that is away costs little, and with
 * jitter, so that banks that lost each other at once do not meet head-on for ever.
 *
 *     delay of attempt k = grace + min(base * 2^k, most) * (1/2 .. 1)          k = 0: grace + 0 .. base/2
 */
import type { Clock, Log } from '../../src/ports.js';

export interface RetryOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** For the log. */
  readonly what: string;
  /** Before every attempt: what the other side has to be first in. */
  readonly graceMs: number;
  wanted(): boolean;
  /** One attempt; it may throw. `count` attempts have failed since the last success. */
  attempt(count: number): Promise<void>;
}

const baseMs = 100;
const mostMs = 5_000;

export class Retry {
  readonly #options: RetryOptions;
  #failed = 0;
  #running = false;
  #stopped = false;
  #cancel: (() => void) | undefined;

  constructor(options: RetryOptions) {
    this.#options = options;
  }

  /** There is news: tries soon, from the shortest delay on. */
  soon(): void {
    this.#failed = 0;
    this.#cancel?.();
    this.#cancel = undefined;
    this.again();
  }

  /** Tries after the delay that is due, unless it is trying already. */
  again(): void {
    if (this.#stopped || this.#running || this.#cancel || !this.#options.wanted()) return;
    this.#cancel = this.#options.clock.after(this.#delay(), () => {
      this.#cancel = undefined;
      void this.#run();
    });
  }

  succeeded(): void {
    this.#failed = 0;
  }

  /** As if it had failed that often: for a peer that is better left alone for a while. */
  penalise(failures: number): void {
    this.#failed = Math.max(this.#failed, failures);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #delay(): number {
    const { graceMs } = this.#options;
    if (this.#failed === 0) return graceMs + (Math.random() * baseMs) / 2;
    return graceMs + Math.min(baseMs * 2 ** this.#failed, mostMs) * (0.5 + Math.random() / 2);
  }

  async #run(): Promise<void> {
    const { wanted, attempt, log, what } = this.#options;
    if (this.#stopped || !wanted()) return;
    this.#running = true;
    try {
      await attempt.call(this.#options, this.#failed);
    } catch (error) {
      log.info('dial-failed', { what, why: error instanceof Error ? error.message.slice(0, 200) : String(error) });
    }
    this.#failed++;
    this.#running = false;
    this.again();
  }
}
