/** Time that passes when somebody says so: an hour of waiting costs nothing. */
import type { Clock } from '../../src/ports.js';

export class VirtualClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly call: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.#now + ms, call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** On to the next timer; false when there is none before `end`. */
  next(end: number): boolean {
    let first: { at: number; call: () => void } | undefined;
    for (const timer of this.#timers) if (!first || timer.at < first.at) first = timer;
    if (!first || first.at > end) return false;
    this.#timers.delete(first);
    this.#now = first.at;
    first.call();
    return true;
  }
}
