/**
 * Benign faults accuse nobody: no bank halts, and none refuses its own disk. Where one is put back to an old copy, it refuses that; or,
 * before it has heard what it lacks, it numbers envelopes anew, which convicts it and nobody else.
 */
import type { Observer, Report } from '../observer.js';

export class NoBlame implements Observer {
  readonly #report: Report;
  /** The bank whose disk is an old copy. */
  #old: number | undefined;

  constructor(report: Report) {
    this.#report = report;
  }

  restored(bank: number): void {
    this.#old = bank;
  }

  halted(bank: number, why: string): void {
    const isRefused = bank === this.#old && why.includes('older copy');
    const isConvicted = this.#old !== undefined && why === `two-announcements (bank bank-${this.#old})`;
    if (isRefused || isConvicted) return;
    this.#report(`bank ${bank} has halted: ${why}`);
  }
}
