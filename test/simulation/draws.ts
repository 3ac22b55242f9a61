/** Decisions drawn from a seed: who uses them shares no stream with anybody else, so that one more decision moves no other. */
import { hash, seededRandom, utf8 } from '../../src/crypto/index.js';
import { assert } from '../../src/errors.js';
import type { Randomness } from '../../src/ports.js';

export class Draws {
  readonly #seed: string;
  readonly #random: Randomness;

  constructor(seed: string) {
    this.#seed = seed;
    this.#random = seededRandom(hash('simulation/draws', utf8(seed)));
  }

  /** A stream of its own, of this seed and name. */
  of(name: string): Draws {
    return new Draws(`${this.#seed}/${name}`);
  }

  /** In [0, 1). */
  fraction(): number {
    return new DataView(this.#random.bytes(4).buffer).getUint32(0) / 2 ** 32;
  }

  between(min: number, max: number): number {
    return min + (max - min) * this.fraction();
  }

  /** 0 .. count - 1 */
  below(count: number): number {
    return Math.floor(count * this.fraction());
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(items: readonly T[]): T {
    assert(items.length > 0, 'there is something to pick');
    return items[this.below(items.length)];
  }
}
