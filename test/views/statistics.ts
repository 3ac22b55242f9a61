/**
 * Two samples of views, told apart or not. N views of each class, all independent; H0: both classes have one distribution.
 *
 *     marginals       F_0, F_1: the empirical distribution functions of one feature. Kolmogorov-Smirnov's D = sup |F_0 - F_1|.
 *                     Under H0, by reflection,  P(D >= k/N) <= 2 * C(2N, N+k) / C(2N, N)      for every distribution: exact
 *                     for a continuous one, less where values tie, and less when the supremum is taken at some thresholds only
 *                     (Gnedenko and Korolyuk 1951; a bit has one threshold). Bonferroni over all features.
 *                     Power: a feature whose D is d in truth is missed with probability at most exp(-N*(d - k/N)^2), by
 *                     Hoeffding's inequality, for d > k/N.
 *     distinguishers  trained on the first half of the runs, played on the second: under H0 each of its 2T guesses is right
 *                     with probability 1/2 in the mean, so P(right >= T + s) <= exp(-s^2/T) (Hoeffding, whatever depends on
 *                     what inside a view). It adds up many small differences, which no single feature shows.
 *
 * Not here: what is compared (`comparison.ts`).
 */
import { assert } from '../../src/errors.js';
import { P } from '../../src/field/index.js';
import { type Class, classes } from './stories.js';

/** Natural logarithm of the bound on P(D >= k/N) under H0, for one feature. */
export function logTail(N: number, k: number): number {
  let log = Math.log(2);
  for (let i = 1; i <= k; i++) log += Math.log(N - k + i) - Math.log(N + i);
  return log;
}

/** The least D that `features` features together exceed under H0 with probability at most alpha; above 1 where N is too small. */
export function criticalGap(N: number, features: number, alpha: number): number {
  let k = 0;
  while (k <= N && logTail(N, k) + Math.log(features) > Math.log(alpha)) k++;
  return k / N;
}

/** The least share of right guesses among 2T that is reached under H0 with probability at most alpha. */
export const criticalAccuracy = (T: number, alpha: number): number => 0.5 + Math.sqrt(Math.log(1 / alpha) / T) / 2;

/** What one kind of feature says. */
export interface Gap {
  readonly features: number;
  readonly largest: number;
  /** Which feature has it. */
  readonly at: number;
}

/** How often every bit of a view is 1. */
export class BitCounts {
  readonly bits: number;
  readonly runs: [number, number] = [0, 0];
  readonly #ones: readonly [Uint32Array, Uint32Array];

  constructor(bytes: number) {
    this.bits = 8 * bytes;
    this.#ones = [new Uint32Array(this.bits), new Uint32Array(this.bits)];
  }

  add(story: Class, view: Uint8Array): void {
    assert(8 * view.length === this.bits, 'views of one length');
    const ones = this.#ones[story];
    this.runs[story]++;
    for (let i = 0, at = 0; i < view.length; i++, at += 8) {
      const byte = view[i];
      ones[at] += byte & 1;
      ones[at + 1] += (byte >> 1) & 1;
      ones[at + 2] += (byte >> 2) & 1;
      ones[at + 3] += (byte >> 3) & 1;
      ones[at + 4] += (byte >> 4) & 1;
      ones[at + 5] += (byte >> 5) & 1;
      ones[at + 6] += (byte >> 6) & 1;
      ones[at + 7] += byte >> 7;
    }
  }

  /** As if those views had been added here. */
  addAll(more: BitCounts): void {
    for (const story of classes) {
      this.runs[story] += more.runs[story];
      const ones = this.#ones[story];
      more.#ones[story].forEach((count, bit) => {
        ones[bit] += count;
      });
    }
  }

  /** Relative frequency of a 1. */
  frequency(story: Class, bit: number): number {
    return this.#ones[story][bit] / this.runs[story];
  }

  gap(): Gap {
    let [largest, at] = [0, 0];
    for (let bit = 0; bit < this.bits; bit++) {
      const d = Math.abs(this.frequency(0, bit) - this.frequency(1, bit));
      if (d > largest) [largest, at] = [d, bit];
    }
    return { features: this.bits, largest, at };
  }
}

/** Thresholds for elements as numbers in [-p/2, p/2): 64 of equal distance, and every power of two of either sign. */
const thresholds = (() => {
  const half = Number(P / 2n);
  const powers = Array.from({ length: 60 }, (_, i) => 2 ** i);
  const even = Array.from({ length: 63 }, (_, i) => half * ((i + 1) / 32 - 1));
  return Float64Array.from(new Set([...powers, ...powers.map(x => 0.5 - x), ...even])).sort();
})();
const bins = thresholds.length + 1;

/** The number of thresholds at or below. */
function binOf(element: bigint): number {
  const value = Number(element > P / 2n ? element - P : element);
  let [low, high] = [0, thresholds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (thresholds[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Histograms of field elements: of one, or of the difference of two. */
export class ElementCounts {
  readonly features: number;
  readonly #counts: readonly [Uint16Array, Uint16Array];
  readonly #runs: [number, number] = [0, 0];

  constructor(features: number) {
    this.features = features;
    this.#counts = [new Uint16Array(features * bins), new Uint16Array(features * bins)];
  }

  add(story: Class, elements: Iterable<bigint>): void {
    assert(++this.#runs[story] < 1 << 16, 'counts of 16 bits');
    const counts = this.#counts[story];
    let at = 0;
    for (const element of elements) {
      counts[at + binOf(element)]++;
      at += bins;
    }
    assert(at === counts.length, 'as many elements as features');
  }

  gap(): Gap {
    const [zero, one] = this.#counts;
    let [largest, at] = [0, 0];
    for (let feature = 0; feature < this.features; feature++) {
      let [a, b] = [0, 0];
      for (let bin = feature * bins; bin < (feature + 1) * bins; bin++) {
        a += zero[bin];
        b += one[bin];
        const d = Math.abs(a / this.#runs[0] - b / this.#runs[1]);
        if (d > largest) [largest, at] = [d, feature];
      }
    }
    return { features: this.features, largest, at };
  }
}

/**
 * A linear function of a view's bits, learned from counts. `all`: the difference of the means, every bit. `best`: naive Bayes
 * on the bits that differ most (log-odds), for few bits that say much.
 */
export class Distinguisher {
  readonly #weights: Float64Array;
  readonly #bits: Uint32Array;
  #threshold = 0;
  right = 0;
  guesses = 0;

  constructor(trained: BitCounts, kind: 'all' | 'best', best = 64) {
    const gaps = Float64Array.from(
      { length: trained.bits },
      (_, bit) => trained.frequency(1, bit) - trained.frequency(0, bit),
    );
    const order = Uint32Array.from(gaps.keys());
    this.#bits = kind === 'all' ? order : order.sort((a, b) => Math.abs(gaps[b]) - Math.abs(gaps[a])).subarray(0, best);
    const odds = (story: Class, bit: number) => {
      const ones = trained.frequency(story, bit) * trained.runs[story];
      return Math.log((ones + 0.5) / (trained.runs[story] - ones + 0.5));
    };
    this.#weights = Float64Array.from(this.#bits, bit => (kind === 'all' ? gaps[bit] : odds(1, bit) - odds(0, bit)));
    this.#bits.forEach((bit, i) => {
      this.#threshold += (this.#weights[i] * (trained.frequency(0, bit) + trained.frequency(1, bit))) / 2;
    });
  }

  guess(view: Uint8Array): Class {
    let score = 0;
    for (let i = 0; i < this.#bits.length; i++) {
      const bit = this.#bits[i];
      if ((view[bit >> 3] >> (bit & 7)) & 1) score += this.#weights[i];
    }
    return score > this.#threshold ? 1 : 0;
  }

  play(story: Class, view: Uint8Array): void {
    this.guesses++;
    if (this.guess(view) === story) this.right++;
  }

  get features(): number {
    return this.#bits.length;
  }

  get accuracy(): number {
    return this.right / this.guesses;
  }
}
