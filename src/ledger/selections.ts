/**
 * The reads at secret slots of one block, for K > 1: every transfer and reveal reads a key and a balance of one page, with a
 * selection tuple of its own.
 *
 *     opened with `commit`     E = e - u, key column - M of all
 *     opened before a wave     balance column - M; of reveals before the first
 *     then                     [key at e], [balance at e]: linear (`operations/select.ts`)
 *
 * E depends on inputs made in the same message, so what is opened is given row by row: shares, one bank's tags, or one
 * bank's keys. For K = 1 there is nothing here. Source: protocol.md, section 7.
 */
import type { Header } from '../envelope/index.js';
import { assert } from '../errors.js';
import { concatVec, subVec, type Vec } from '../field/index.js';
import { type Selection, type SelectionColumn, select, selectionOf } from '../operations/index.js';
import type { Reserved } from '../preprocessing/index.js';
import { type Shares, sliceShares, subShares } from '../sharing/index.js';
import type { LedgerState } from './state.js';

/** A selection in use: whose, and its place among the block's tuples. */
export interface Selecting extends Selection {
  readonly envelope: number;
  readonly tuple: number;
}

/** The page's balances as the waves so far have left them. */
export type PageBalance = (page: number) => Shares;

export class Selections {
  /** In block order. */
  readonly all: readonly Selecting[];
  readonly #state: LedgerState;
  readonly #pageSize: number;
  /** Start of each envelope's input in the block's. */
  readonly #starts: readonly number[];
  #stock: Reserved['selections'] | undefined;
  /** E and key column - M of every selection. */
  #E: readonly Vec[] = [];
  #keyDifferences: readonly Vec[] = [];
  /** Balance column - M, by tuple. */
  readonly #balanceDifferences = new Map<number, Vec>();
  readonly #byEnvelope: ReadonlyMap<number, Selecting>;

  constructor(state: LedgerState, headers: readonly Header[], starts: readonly number[]) {
    this.#state = state;
    this.#pageSize = state.network.pageSize;
    this.#starts = starts;
    const all: Selecting[] = [];
    headers.forEach((header, envelope) => {
      const selection = selectionOf(state.network, header.arguments);
      if (selection) all.push({ ...selection, envelope, tuple: all.length });
    });
    this.all = all;
    this.#byEnvelope = new Map(all.map(selecting => [selecting.envelope, selecting]));
  }

  take(stock: Reserved['selections']): void {
    this.#stock = stock;
  }

  /** Those of these envelopes. */
  of(envelopes: readonly number[]): readonly Selecting[] {
    const wanted = new Set(envelopes);
    return this.all.filter(({ envelope }) => wanted.has(envelope));
  }

  /** E and key column - M, in one row of the block's input. */
  maskedRow(input: Vec, row: (s: Shares) => Vec): Vec {
    const pieces: Vec[] = [];
    const minus = (a: Vec, s: Shares) => pieces.push(subVec(a, row(s)));
    for (const s of this.all) {
      const at = this.#starts[s.envelope] + s.unit.at;
      minus(input.subarray(at, at + this.#pageSize), this.#tuple(s, 'key').u);
    }
    for (const s of this.all) minus(row(this.#keyColumn(s)), this.#tuple(s, 'key').mask);
    return concatVec(...pieces);
  }

  /** What was opened of `maskedRow`. */
  keep(opened: Vec): void {
    const count = this.all.length;
    this.#E = this.all.map((_, k) => this.#piece(opened, k));
    this.#keyDifferences = this.all.map((_, k) => this.#piece(opened, count + k));
  }

  /** Balance column - M of these, one behind the other. */
  maskedBalances(selecting: readonly Selecting[], balance: PageBalance): Shares[] {
    return selecting.map(s => subShares(balance(s.page), this.#tuple(s, 'balance').mask));
  }

  /** What was opened of them. */
  keepBalances(opened: Vec, selecting: readonly Selecting[]): void {
    selecting.forEach(({ tuple }, k) => {
      this.#balanceDifferences.set(tuple, this.#piece(opened, k));
    });
  }

  /** [key column at e] */
  key(s: Selecting): Shares {
    return select(this.#state.party, this.#E[s.tuple], this.#keyDifferences[s.tuple], this.#tuple(s, 'key'));
  }

  /** [balance column at e] of the account an envelope reads; nothing where K = 1. */
  balance(envelope: number): Shares | undefined {
    const s = this.#byEnvelope.get(envelope);
    if (!s) return undefined;
    const difference = this.#balanceDifferences.get(s.tuple);
    assert(difference !== undefined, 'the masked balances were opened');
    return select(this.#state.party, this.#E[s.tuple], difference, this.#tuple(s, 'balance'));
  }

  #piece(opened: Vec, k: number): Vec {
    return opened.subarray(k * this.#pageSize, (k + 1) * this.#pageSize);
  }

  #tuple({ tuple }: Selecting, column: 'balance' | 'key'): SelectionColumn {
    assert(this.#stock !== undefined, 'the stock was taken');
    const { u, masks, products } = this.#stock;
    const which = column === 'balance' ? 0 : 1;
    const slots = (s: Shares) => sliceShares(s, tuple * this.#pageSize, (tuple + 1) * this.#pageSize);
    return { u: slots(u), mask: slots(masks[which]), product: sliceShares(products[which], tuple, tuple + 1) };
  }

  #keyColumn({ page, keyColumn }: Selecting): Shares {
    const { keys } = this.#state;
    assert(keys !== undefined, 'pages of more than one slot have key columns');
    return this.#state.page(keys[keyColumn], page);
  }
}
