/**
 * For how long something has been so: an alert is worth a word only when it lasts. And how much a counter has grown lately.
 */
import { consoleGrowthsMax } from '../../src/limits.js';
import type { Clock } from '../../src/ports.js';

export class Waits {
  readonly #clock: Clock;
  readonly #since = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Seconds for which `holds` has been true at every look; 0 while it is not. */
  seconds(what: string, holds: boolean): number {
    if (!holds) {
      this.#since.delete(what);
      return 0;
    }
    const now = this.#clock.now();
    const since = this.#since.get(what) ?? now;
    this.#since.set(what, since);
    return (now - since) / 1000;
  }
}

/** How much a counter of this process has grown within a time, looked at often; bounded. */
export class Growth {
  readonly #clock: Clock;
  readonly #ms: number;
  /** Changes only. */
  readonly #seen: { readonly at: number; readonly by: number }[] = [];
  #last: number | undefined;

  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  /** `value`: the counter now. What it had before the first look does not count. */
  look(value: number): number {
    const now = this.#clock.now();
    const by = value - (this.#last ?? value);
    this.#last = value;
    if (by > 0) this.#seen.push({ at: now, by });
    while (
      this.#seen.length > consoleGrowthsMax ||
      (this.#seen[0] !== undefined && now - this.#seen[0].at >= this.#ms)
    ) {
      this.#seen.shift();
    }
    return this.#seen.reduce((sum, each) => sum + each.by, 0);
  }
}
