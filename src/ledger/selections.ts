/**
 * The reads at secret slots of one block, for K > 1: every transfer and reveal reads a key and a balance of one page, with a
 * selection tuple of its own.
 *
 *     opened with `commit`     E = e - u, key column - M of all
 *     opened before a wave     balance column - M; of reveals before the first
 *     then                     [key at e], [balance at e]: linear (`operations/select.ts`)
 *
 * Tuples stand in block order, K elements each, and all that is here is flat. E depends on inputs made in the same message, so
 * what is opened is given row by row: shares, one bank's tags, or one bank's keys. For K = 1 there is nothing here.
 * Source: protocol.md, section 7.
 */
import type { Header } from '../envelope/index.js';
import { assert } from '../errors.js';
import { concatVec, runsAt, subVec, type Vec, zeros } from '../field/index.js';
import { type Selection, type SelectionColumn, select, selectionOf } from '../operations/index.js';
import type { Reserved } from '../preprocessing/index.js';
import { runShares, type Shares, subShares } from '../sharing/index.js';
import type { LedgerState } from './state.js';

/** A selection in use: whose. Its tuple is the one at its place in the list. */
interface Selecting extends Selection {
  readonly envelope: number;
}

const columns = { balance: 0, key: 1 } as const;

export class Selections {
  /** Of each selection: its envelope; where its presented key stands in the block's input. */
  readonly envelopes: readonly number[];
  readonly presentedKeys: Uint32Array;
  readonly #all: readonly Selecting[];
  readonly #state: LedgerState;
  readonly #pageSize: number;
  /** Where each unit vector stands in the block's input. */
  readonly #units: Uint32Array;
  readonly #tuples: ReadonlyMap<number, number>;
  #stock: Reserved['selections'] | undefined;
  /** E and key column - M of every selection. */
  #E: Vec = zeros(0);
  #keyDifferences: Vec = zeros(0);

  /** `starts`: of each envelope's input in the block's. */
  constructor(state: LedgerState, headers: readonly Header[], starts: readonly number[]) {
    this.#state = state;
    this.#pageSize = state.network.pageSize;
    this.#all = headers.flatMap((header, envelope) => {
      const selection = selectionOf(state.network, header.arguments);
      return selection ? [{ ...selection, envelope }] : [];
    });
    this.envelopes = this.#all.map(({ envelope }) => envelope);
    this.#tuples = new Map(this.envelopes.map((envelope, tuple) => [envelope, tuple]));
    this.#units = Uint32Array.from(this.#all, ({ envelope, unit }) => starts[envelope] + unit.at);
    this.presentedKeys = Uint32Array.from(this.#all, s => starts[s.envelope] + s.presentedKey);
  }

  take(stock: Reserved['selections']): void {
    this.#stock = stock;
  }

  /** E and key column - M, in one row of the block's input. */
  maskedRow(input: Vec, row: (s: Shares) => Vec): Vec {
    const { u, mask } = this.#column('key');
    const E = subVec(runsAt(input, this.#units, this.#pageSize), row(u));
    return concatVec(E, subVec(this.#keyColumns(row), row(mask)));
  }

  /** What was opened of `maskedRow`. */
  keep(opened: Vec): void {
    const length = this.#all.length * this.#pageSize;
    this.#E = opened.subarray(0, length);
    this.#keyDifferences = opened.subarray(length);
  }

  /** [key column at e] of all. */
  keys(): Shares {
    const tuples = Uint32Array.from(this.#all.keys());
    return select(this.#state.party, tuples, this.#E, this.#keyDifferences, this.#column('key'));
  }

  /** [balance column - M] of what these envelopes read. `balances`: K elements each. */
  maskedBalances(envelopes: readonly number[], balances: Shares): Shares {
    return subShares(balances, runShares(this.#column('balance').mask, this.#starts(envelopes), this.#pageSize));
  }

  /** [balance column at e] of what these envelopes read. `opened`: of `maskedBalances`. */
  balances(envelopes: readonly number[], opened: Vec): Shares {
    const E = runsAt(this.#E, this.#starts(envelopes), this.#pageSize);
    return select(this.#state.party, this.#tuplesOf(envelopes), E, opened, this.#column('balance'));
  }

  #tuplesOf(envelopes: readonly number[]): Uint32Array {
    return Uint32Array.from(envelopes, envelope => {
      const tuple = this.#tuples.get(envelope);
      assert(tuple !== undefined, 'only what has a tuple is selected');
      return tuple;
    });
  }

  #starts(envelopes: readonly number[]): Uint32Array {
    return this.#tuplesOf(envelopes).map(tuple => tuple * this.#pageSize);
  }

  #column(which: keyof typeof columns): SelectionColumn {
    assert(this.#stock !== undefined, 'the stock was taken');
    const { u, masks, products } = this.#stock;
    return { u, mask: masks[columns[which]], product: products[columns[which]] };
  }

  /** The page's key column that each presented key must match, in one row. */
  #keyColumns(row: (s: Shares) => Vec): Vec {
    const { keys } = this.#state;
    assert(keys !== undefined || this.#all.length === 0, 'pages of more than one slot have key columns');
    const all = zeros(this.#all.length * this.#pageSize);
    this.#all.forEach(({ page, keyColumn }, tuple) => {
      const column = row(keys![keyColumn]);
      all.set(column.subarray(page * this.#pageSize, (page + 1) * this.#pageSize), tuple * this.#pageSize);
    });
    return all;
  }
}
