/** Money is conserved: at every height all balances together are the supply. */

import type { Vec } from '../../../src/field/index.js';
import { fp } from '../../../src/field/index.js';
import type { Observer, Report } from '../observer.js';

export class Conservation implements Observer {
  readonly #supply: bigint;
  readonly #report: Report;

  constructor(supply: bigint, report: Report) {
    this.#supply = supply;
    this.#report = report;
  }

  opened(height: number, balances: Vec): void {
    const sum = [...balances].reduce(fp.add, 0n);
    if (sum !== this.#supply)
      this.#report(`height ${height}: the balances come to ${sum}, the supply is ${this.#supply}`);
  }
}
