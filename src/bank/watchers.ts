/**
 * Those who wait for news of an envelope: long polls, bounded in time, ended by their caller at will.
 */
import type { Clock } from '../ports.js';

export class Watchers {
  readonly #clock: Clock;
  /** By hex id. */
  readonly #waiting = new Map<string, Set<() => void>>();
  /** One listener a signal: a session has one for hundreds of envelopes, and a signal finds a listener by looking at all. */
  readonly #aborted = new WeakMap<AbortSignal, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** There is news of this one. */
  wake(id: string): void {
    for (const go of [...(this.#waiting.get(id) ?? [])]) go();
  }

  wakeAll(): void {
    for (const id of [...this.#waiting.keys()]) this.wake(id);
  }

  /** `done` resolves with the next news, after `ms`, when aborted, or on `cancel`. */
  wait(id: string, ms: number, signal: AbortSignal): { readonly done: Promise<void>; readonly cancel: () => void } {
    const aborted = this.#whenAborted(signal);
    let go = () => {};
    const done = new Promise<void>(resolve => {
      const set = this.#waiting.get(id) ?? new Set();
      this.#waiting.set(id, set);
      const stop = this.#clock.after(ms, () => go());
      go = () => {
        stop();
        set.delete(go);
        if (set.size === 0) this.#waiting.delete(id);
        aborted.delete(go);
        resolve();
      };
      set.add(go);
      aborted.add(go);
    });
    return { done, cancel: () => go() };
  }

  #whenAborted(signal: AbortSignal): Set<() => void> {
    const known = this.#aborted.get(signal);
    if (known) return known;
    const calls = new Set<() => void>();
    this.#aborted.set(signal, calls);
    signal.addEventListener('abort', () => {
      for (const call of [...calls]) call();
    });
    return calls;
  }
}
