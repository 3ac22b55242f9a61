/**
 * The balances while a block runs: those of the state, and what its waves so far have added. The state itself changes only
 * when the block is applied.
 *
 * Added up when they are asked for: at K = 1 most pages of a block are read once, or never.
 */
import { addScaledInto } from '../field/index.js';
import { addShares, gatherShares, rowsOf, runShares, type Shares, sliceShares, sumShares } from '../sharing/index.js';
import type { PageChange } from './prepared.js';
import type { LedgerState } from './state.js';

export class RunningBalances {
  /** In the order of the waves. */
  readonly changes: PageChange[] = [];
  readonly #state: LedgerState;
  readonly #byPage = new Map<number, Shares[]>();

  constructor(state: LedgerState) {
    this.#state = state;
  }

  /** `changes`: K elements a page, one behind the other. */
  add(pages: readonly number[], changes: Shares): void {
    const { pageSize } = this.#state.network;
    pages.forEach((page, k) => {
      const change = sliceShares(changes, k * pageSize, (k + 1) * pageSize);
      this.changes.push({ page, change });
      const before = this.#byPage.get(page);
      if (before) before.push(change);
      else this.#byPage.set(page, [change]);
    });
  }

  /** [b] of every slot of these pages, one behind the other. */
  of(pages: readonly number[]): Shares {
    const { balances, network } = this.#state;
    if (network.pageSize === 1 && !pages.some(page => this.#byPage.has(page))) {
      return gatherShares(balances, Uint32Array.from(pages));
    }
    const starts = Uint32Array.from(pages, page => page * network.pageSize);
    const sums = runShares(balances, starts, network.pageSize);
    pages.forEach((page, k) => {
      for (const change of this.#byPage.get(page) ?? []) addAt(sums, k * network.pageSize, change);
    });
    return sums;
  }

  /** [the sum of all balances] */
  total(): Shares {
    return this.changes.reduce((sum, { change }) => addShares(sum, sumShares(change)), sumShares(this.#state.balances));
  }
}

/** In place of a sharing nobody else holds. */
function addAt(sums: Shares, at: number, change: Shares): void {
  const rows = rowsOf(sums);
  rowsOf(change).forEach((row, r) => {
    if (row.length > 0) addScaledInto(rows[r].subarray(at, at + row.length), row, 1n);
  });
}
