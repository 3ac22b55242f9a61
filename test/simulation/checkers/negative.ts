/** No balance is negative: none is above what a balance may be, where the negative numbers of the field are. */
import type { Vec } from '../../../src/field/index.js';
import { balanceBits } from '../../../src/limits.js';
import type { Observer, Report } from '../observer.js';

export class NoNegative implements Observer {
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  opened(height: number, balances: Vec): void {
    const account = balances.findIndex(balance => balance >= 1n << BigInt(balanceBits));
    if (account >= 0) this.#report(`height ${height}: the balance of account ${account} is negative`);
  }
}
