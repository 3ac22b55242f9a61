/** Runs a network in one process until nothing moves, then lets time pass to the next timer, until it is done. */
import { assert } from '../../src/errors.js';
import type { VirtualClock } from './virtual-clock.js';

/** Frames between two moments of rest: a network that says more than that never stops. */
const movesMax = 20_000;

export class Ticker {
  readonly #clock: VirtualClock;
  #moves = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Called for every frame: the network is not at rest. */
  moved(): void {
    this.#moves++;
  }

  /** Until `isDone`, looked at whenever the network is at rest, or `ms` have passed in it, or nothing will ever happen. */
  async run(ms: number, isDone: () => boolean | Promise<boolean>): Promise<boolean> {
    const end = this.#clock.now() + ms;
    for (;;) {
      await this.#rest();
      if (await isDone()) return true;
      if (!this.#clock.next(end)) return false;
    }
  }

  /** Everything the banks do is synchronous or a promise: after one turn of the event loop without a frame they wait. */
  async #rest(): Promise<void> {
    const limit = this.#moves + movesMax;
    for (let before = -1; before !== this.#moves; ) {
      before = this.#moves;
      assert(before < limit, 'a network without time comes to rest');
      await new Promise(resolve => setImmediate(resolve));
    }
  }
}
