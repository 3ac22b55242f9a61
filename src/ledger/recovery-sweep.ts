/**
 * The sweep that keeps recovery entries few: beside what a block changes, its entry carries some more pages in full, one
 * after the other, until all that had been touched when the sweep began were in one.
 *
 *     sweep      begins at entry s: the pages touched by then, in the order of their first touch
 *     complete   with entry h: whatever was touched before s is in s..h in full, whatever was touched since is in s..h anyway.
 *                From here on entries of heights below s are of no more use, and the next sweep begins
 *
 * A block sweeps half of the bytes that it changes, at least `sweptBytesMin`, so a sweep of S pages is over when about 2 S
 * pages have been changed, and what is kept, two sweeps at most, is within 6 times the state. It costs half as much as the
 * changes themselves.
 *
 * An attempt may be void, so a step counts only once its block is committed. A restart begins a sweep.
 */
import { sweptBytesMax, sweptBytesMin } from '../limits.js';
import { locate, type Network } from '../network/index.js';
import { pageBytes } from './pages.js';
import type { Prepared } from './prepared.js';
import { changedPages } from './recovery-entry.js';

export interface SweepStep {
  readonly keepFrom: number;
  readonly pages: readonly number[];
  /** Pages ever touched, after the block. */
  readonly touchedCount: number;
  /** Of the sweep. */
  readonly isFirst: boolean;
}

interface Sweep {
  /** Height of its first entry. */
  readonly from: number;
  /** Pages that had been touched then. */
  readonly end: number;
  next: number;
}

export class RecoverySweep {
  readonly #network: Network;
  /** In the order in which they were first touched. */
  readonly #order: number[];
  readonly #touched: Set<number>;
  #keepFrom: number;
  #sweep: Sweep | undefined;

  /** `touched`: pages that differ from genesis. `keepFrom`: as the last entry said; 1 before the first. */
  constructor(network: Network, touched: Iterable<number>, keepFrom: number) {
    this.#network = network;
    this.#order = [...touched];
    this.#touched = new Set(this.#order);
    this.#keepFrom = keepFrom;
  }

  /** What the entry of this block sweeps. Changes nothing: `committed` does. */
  step(prepared: Prepared): SweepStep {
    const { height } = prepared;
    const bytes = pageBytes(this.#network);
    const { from, end, next } = this.#sweep ?? { from: height, end: this.#order.length, next: 0 };
    const half = ((changedPages(prepared).length + prepared.rekeys.length) * bytes) / 2;
    const count = Math.ceil(Math.min(Math.max(half, sweptBytesMin), sweptBytesMax) / bytes);
    const pages = this.#order.slice(next, Math.min(end, next + count));
    const isComplete = next + pages.length === end;
    return {
      keepFrom: isComplete ? from : this.#keepFrom,
      pages,
      touchedCount: this.#order.length + this.#fresh(prepared).length,
      isFirst: this.#sweep === undefined,
    };
  }

  /** The block stands. `step`: what its entry swept; none where that is not known any more. */
  committed(prepared: Prepared, step: SweepStep | undefined): void {
    const { height } = prepared;
    if (step) {
      const { from, end, next } = this.#sweep ?? { from: height, end: this.#order.length, next: 0 };
      this.#sweep = next + step.pages.length === end ? undefined : { from, end, next: next + step.pages.length };
      this.#keepFrom = step.keepFrom;
    } else this.#sweep = undefined;
    for (const page of this.#fresh(prepared)) {
      this.#order.push(page);
      this.#touched.add(page);
    }
  }

  #fresh(prepared: Prepared): number[] {
    return touchedPages(this.#network, prepared).filter(page => !this.#touched.has(page));
  }
}

/** Each once. */
export function touchedPages(network: Network, { changes, opens, rekeys }: Prepared): number[] {
  const opened = opens.map(({ account }) => locate(network, account).page);
  return [...new Set([...changes.map(({ page }) => page), ...opened, ...rekeys.map(({ page }) => page)])];
}
