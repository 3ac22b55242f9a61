/** Benign faults accuse nobody: no bank halts, and none refuses its own disk. */
import type { Observer, Report } from '../observer.js';

export class NoBlame implements Observer {
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  halted(bank: number, why: string): void {
    this.#report(`bank ${bank} has halted: ${why}`);
  }
}
