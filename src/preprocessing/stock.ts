/**
 * What a block takes from preprocessing, and how: correlations of one session, by kind, at positions all banks share.
 *
 *     vole         inputs of blocks: T = Q + D*u, for every ordered pair
 *     triples      [alpha], [beta], [alpha*beta]
 *     selections   [u] in F^K, [M_c] in F^K and [<u, M_c>] for the columns c = 0 (balance), 1 (key)
 *
 * Positions are assigned in block order, a fixed count per kind, before any rejection; what stands below a reserved
 * position is destroyed, and nothing is ever handed out twice. Source: protocol.md, section 4.
 */
import type { InputVole, Shares } from '../sharing/index.js';

/** Elements of each kind. */
export interface StockCounts {
  readonly vole: number;
  readonly triples: number;
  readonly selections: number;
}

/** Stream positions: all start at 0 in a session. */
export type Positions = StockCounts;

export interface Reserved extends InputVole {
  /** counts.triples elements each. */
  readonly triples: { readonly alpha: Shares; readonly beta: Shares; readonly product: Shares };
  /** u and masks: counts.selections * K elements; products: counts.selections. Columns: 0 balance, 1 key. */
  readonly selections: {
    readonly u: Shares;
    readonly masks: readonly [Shares, Shares];
    readonly products: readonly [Shares, Shares];
  };
}

export interface Stock {
  /**
   * Waits until it is made: a stock that runs dry slows the block down, it never fails it. `at` is the same at all
   * banks; elements below it are destroyed, positions move to at + counts.
   * Throws: SESSION_ENDED; STOCK_CHECK_FAILED and DEVIATION of the production.
   */
  reserve(at: Positions, counts: StockCounts): Promise<Reserved>;
  positions(): Positions;
}
