/**
 * Where envelopes stand, and those who wait to hear it.
 *
 *     pending     the pool holds it: no record holds what is undecided
 *     recorded    in a committed record
 *     final       all banks have committed that record
 *
 * Not here: the verdict of a transfer, which is its holder's.
 */
import { toHex } from '../crypto/index.js';
import { finalGraceMs } from '../limits.js';
import type { Clock, Store } from '../ports.js';
import type { EnvelopeState } from './api.js';
import { Outcomes } from './outcomes.js';
import { heightOf } from './public-log.js';
import { Watchers } from './watchers.js';

export interface EnvelopeNewsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly isPending: (id: Uint8Array) => boolean;
  readonly finalHeight: () => number;
}

export class EnvelopeNews {
  readonly #o: EnvelopeNewsOptions;
  readonly #watchers: Watchers;
  readonly #outcomes = new Outcomes();
  #stopped = false;

  constructor(options: EnvelopeNewsOptions) {
    this.#o = options;
    this.#watchers = new Watchers(options.clock);
  }

  /** `ids`: hex, of the record. `swept`: hex, of what expired with it or can stand in no block any more. */
  recorded(height: number, ids: readonly string[], swept: readonly string[]): void {
    this.#outcomes.recorded(height, ids);
    for (const id of new Set([...ids, ...swept])) this.#watchers.wake(id);
  }

  final(height: number): void {
    const ids = this.#outcomes.final(height);
    if (ids) for (const id of ids) this.#watchers.wake(id);
    else this.#watchers.wakeAll();
  }

  /** Everybody who waits is answered with what is known. */
  stop(): void {
    this.#stopped = true;
    this.#watchers.wakeAll();
  }

  async state(id: Uint8Array): Promise<EnvelopeState> {
    if (this.#o.isPending(id)) return { state: 'pending' };
    const height = this.#outcomes.heightOf(toHex(id)) ?? (await heightOf(this.#o.store, id));
    if (height === undefined) return { state: 'unknown' };
    return { state: height <= this.#o.finalHeight() ? 'final' : 'recorded', height };
  }

  /** Resolves when the state differs from `known`, or after `ms`, or when aborted. */
  async change(id: Uint8Array, known: EnvelopeState['state'], ms: number, signal: AbortSignal): Promise<EnvelopeState> {
    const { clock } = this.#o;
    let until = clock.now() + ms;
    let from = known;
    for (;;) {
      const left = until - clock.now();
      const woken = left > 0 ? this.#watchers.wait(toHex(id), left, signal) : undefined;
      const now = await this.state(id);
      if (now.state === 'recorded' && from === 'pending') {
        // final in a moment, if all banks are there: one answer instead of two
        until = Math.min(until, clock.now() + finalGraceMs);
        from = 'recorded';
        woken?.cancel();
        continue;
      }
      if (now.state !== from || left <= 0 || signal.aborted || this.#stopped) {
        woken?.cancel();
        return now;
      }
      await woken?.done;
    }
  }
}
