/**
 * Those who wait for news of an envelope: long polls, bounded in time, ended by their caller at will.
 */
import type { Clock } from '../ports.js';

export class Watchers {
  readonly #clock: Clock;
  /** By hex id. */
  readonly #waiting = new Map<string, Set<() => void>>();

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
    let go = () => {};
    const done = new Promise<void>(resolve => {
      const set = this.#waiting.get(id) ?? new Set();
      this.#waiting.set(id, set);
      const stop = this.#clock.after(ms, () => go());
      go = () => {
        stop();
        set.delete(go);
        if (set.size === 0) this.#waiting.delete(id);
        signal.removeEventListener('abort', go);
        resolve();
      };
      set.add(go);
      signal.addEventListener('abort', go);
    });
    return { done, cancel: () => go() };
  }
}
