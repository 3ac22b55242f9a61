/**
 * The banks' side of a comparison, for W transfers at once: from [b - a] to pi, message by message (`compare.ts`).
 *
 * Sharings lie node by node, W elements each: [lt] and [eq] of a node for all transfers stand side by side, and a level is
 * a handful of vector operations. On the wire everything goes transfer by transfer.
 *
 *     lt    nodes of a level in the order of `comparison-columns.ts`: low halves, then high halves
 *     eq    node 0 is never a high half and has none: [eq] is that order without its first node
 */
import { CovaultError } from '../errors.js';
import {
  addScaledInto,
  addVec,
  borrowed,
  columnsAt,
  columnsInto,
  fp,
  giveBack,
  mulAddInto,
  mulVec,
  powersVec,
  rowsOfColumns,
  subVec,
  type Vec,
  zeros,
} from '../field/index.js';
import {
  addPublicInto,
  addShares,
  combineRows,
  type Party,
  type Shares,
  scaleShares,
  segmentsPublic,
  sliceShares,
} from '../sharing/index.js';
import { type CompareLayout, leaves, maskBits } from './compare.js';
import { type Columns, columnsOf } from './comparison-columns.js';
import { leafCoefficients } from './leaf-table.js';

/** Opens one message of the comparison: all transfers of the wave together. */
export type Open = (label: string, shares: Shares) => Promise<Vec>;

/**
 * pi = 1 ^ c_0 ^ w for W transfers at once; the verdict is pi ^ theta.
 *
 * Shapes: `starts` says where in `inputs` the W input vectors begin; difference W elements [b - a].
 * Opens: c, A, B, C, w: uniform for everybody but the holder, given that the proof of x has passed.
 * Throws: IMPOSSIBLE_VERDICT when w is not a bit, which no honest run gives: the bank must halt.
 */
export async function compare(
  party: Party,
  layout: CompareLayout,
  inputs: Shares,
  starts: Uint32Array,
  difference: Shares,
  open: Open,
): Promise<Uint8Array> {
  const wave = new Wave(party, layout, inputs, starts);
  const c = await open('c', addShares(scaleShares(difference, 2n), wave.maskValue()));
  let nodes = wave.leaves(c);
  for (const [depth, level] of layout.levels.entries()) {
    nodes = wave.merge(depth, nodes, await open(`tree ${depth}`, wave.masked(level.alpha.length, nodes, depth)));
  }
  const root = wave.root(nodes, await open('root', wave.maskedRoot(nodes)));
  wave.end();
  const w = await open('w', root);
  return Uint8Array.from(w, (bit, t) => {
    if (bit > 1n) throw new CovaultError('IMPOSSIBLE_VERDICT', 'a comparison gave neither 0 nor 1');
    return Number(1n ^ (c[t] & 1n) ^ bit);
  });
}

/** [lt] of all nodes and [eq] of all but the first, in the level's order. */
interface Nodes {
  readonly lt: Shares;
  readonly eq: Shares;
}

/** A value and its one-time mask, a column for each place in `order`. */
interface Masked {
  readonly of: Shares;
  readonly by: Shares;
  readonly order: Uint32Array;
}

const alone = Uint32Array.of(0);

class Wave {
  readonly #party: Party;
  readonly #layout: CompareLayout;
  readonly #columns: Columns;
  readonly #inputs: Shares;
  readonly #starts: Uint32Array;
  readonly #count: number;
  /** The picked elements, each for all transfers. */
  readonly #x: Shares;
  /** All rows of it. */
  readonly #lent: Vec;

  constructor(party: Party, layout: CompareLayout, inputs: Shares, starts: Uint32Array) {
    this.#party = party;
    this.#layout = layout;
    this.#columns = columnsOf(layout);
    this.#inputs = inputs;
    this.#starts = starts;
    this.#count = starts.length;
    const { picked } = this.#columns;
    const length = picked.length * starts.length;
    this.#lent = borrowed(length * (1 + 2 * (party.count - 1)));
    let at = 0;
    this.#x = combineRows([inputs], length, ([row]) => {
      const columns = this.#lent.subarray(at, at + length);
      columnsInto(row, starts, picked, columns);
      at += length;
      return columns;
    });
  }

  /** After the last use of what was picked. */
  end(): void {
    giveBack(this.#lent);
  }

  /** `size` columns from `at` of what was picked, or of nodes. */
  #slice(of: Shares, at: number, size: number): Shares {
    return sliceShares(of, at * this.#count, (at + size) * this.#count);
  }

  /** [r] */
  maskValue(): Shares {
    const { mask } = this.#layout;
    const starts = this.#starts.map(start => start + mask.at);
    const shared = powersVec(2n, maskBits);
    return segmentsPublic(this.#inputs, { starts, columns: maskBits, shared, own: zeros(0) });
  }

  /** lt and eq of every leaf, linear in (lo, hi, lo*hi) with coefficients given by two bits of c. */
  leaves(c: Vec): Nodes {
    const { leafOrder, lo, hi, both } = this.#columns;
    const x = [lo, hi, both].map(at => this.#slice(this.#x, at, leaves));
    const linear = (of: 'lt' | 'eq', from: number): Shares => {
      const [one, ...factors] = leafCoefficients(of, c, leafOrder.subarray(from));
      const bits = x.map(s => this.#slice(s, from, leaves - from));
      const sum = combineRows(bits, one.length, rows => {
        const acc = mulVec(rows[0], factors[0]);
        mulAddInto(acc, rows[1], factors[1]);
        mulAddInto(acc, rows[2], factors[2]);
        return acc;
      });
      addPublicInto(this.#party, sum, one);
      return sum;
    };
    return { lt: linear('lt', 0), eq: linear('eq', 1) };
  }

  /** What a level merges: low halves stand before high ones. */
  #halves(merges: number, { lt, eq }: Nodes) {
    const lows = lt.length / this.#count - merges;
    return {
      lows,
      ltLow: this.#slice(lt, 0, merges),
      ltHigh: this.#slice(lt, lows, merges),
      eqLow: this.#slice(eq, 0, merges - 1),
      eqHigh: this.#slice(eq, lows - 1, merges),
    };
  }

  /** Differences transfer by transfer and in the order of the nodes, one behind the other: what goes on the wire. */
  #wire(parts: readonly Masked[]): Shares {
    const length = parts.reduce((sum, { of }) => sum + of.length, 0);
    const rowsOfParts = parts.flatMap(({ of, by }) => [of, by]);
    return combineRows(rowsOfParts, length, rows => {
      const all = zeros(length);
      let at = 0;
      parts.forEach(({ of, order }, k) => {
        const difference = subVec(rows[2 * k], rows[2 * k + 1]);
        rowsOfColumns(difference, this.#count, order, all.subarray(at, at + of.length));
        at += of.length;
      });
      return all;
    });
  }

  /** What was opened of `order.length` elements a transfer from `at` on, column by column. */
  #columnsOfOpened(opened: Vec, at: number, order: Uint32Array): Vec {
    const starts = Uint32Array.from({ length: this.#count }, (_, t) => at * this.#count + t * order.length);
    return columnsAt(opened, starts, order);
  }

  /** A, B, C */
  masked(merges: number, nodes: Nodes, depth: number): Shares {
    const level = this.#columns.levels[depth];
    const { eqHigh, ltLow, eqLow } = this.#halves(merges, nodes);
    return this.#wire([
      { of: eqHigh, by: this.#slice(this.#x, level.alpha, merges), order: level.first },
      { of: ltLow, by: this.#slice(this.#x, level.beta, merges), order: level.first },
      { of: eqLow, by: this.#slice(this.#x, level.gamma, merges - 1), order: level.second },
    ]);
  }

  merge(depth: number, nodes: Nodes, opened: Vec): Nodes {
    const { merges, first, second, carries, ...at } = this.#columns.levels[depth];
    const W = this.#count;
    const A = this.#columnsOfOpened(opened, 0, first);
    const B = this.#columnsOfOpened(opened, merges, first);
    const C = this.#columnsOfOpened(opened, 2 * merges, second);
    const { lows, ltHigh } = this.#halves(merges, nodes);
    const field = (from: number, size: number) => this.#slice(this.#x, from, size);
    const [alpha, beta] = [field(at.alpha, merges), field(at.beta, merges)];
    const [alphaFrom1, gamma] = [field(at.alpha + 1, merges - 1), field(at.gamma, merges - 1)];
    // lt = lt_H + (A + alpha)(B + beta)
    let lt = combineRows([ltHigh, field(at.alphaBeta, merges), beta, alpha], ltHigh.length, ([high, ab, b, a]) =>
      product(addVec(high, ab), A, b, B, a),
    );
    addPublicInto(this.#party, lt, mulVec(A, B));
    // eq = (A + alpha)(C + gamma)
    let eq = combineRows([field(at.alphaGamma, merges - 1), gamma, alphaFrom1], gamma.length, ([ag, g, a]) =>
      product(ag.slice(), A.subarray(W), g, C, a),
    );
    addPublicInto(this.#party, eq, mulVec(A.subarray(W), C));
    if (carries) {
      lt = append(lt, this.#slice(nodes.lt, lows - 1, 1));
      eq = append(eq, this.#slice(nodes.eq, lows - 2, 1));
    }
    return { lt, eq };
  }

  maskedRoot({ lt, eq }: Nodes): Shares {
    const { root } = this.#columns;
    const one = (k: number) => this.#slice(this.#x, root + k, 1);
    return this.#wire([
      { of: eq, by: one(0), order: alone },
      { of: this.#slice(lt, 0, 1), by: one(1), order: alone },
      { of: this.#slice(lt, 1, 1), by: one(2), order: alone },
    ]);
  }

  /** [w] = [u] + [sigma] - 2*[u*sigma] */
  root({ lt }: Nodes, opened: Vec): Shares {
    const { root: layout } = this.#layout;
    const W = this.#count;
    const [A, B, C] = [0, 1, 2].map(k => opened.subarray(k * W, (k + 1) * W));
    const AB = mulVec(A, B);
    const CAB = addVec(C, AB);
    const { root, sigma } = this.#columns;
    const one = (index: number) => this.#slice(this.#x, root + index - layout.alpha, 1);
    const rows = [
      this.#slice(lt, 1, 1),
      this.#slice(this.#x, sigma, 1),
      ...[layout.alpha, layout.beta, layout.alphaBeta].map(one),
      ...[layout.alphaSigma, layout.betaSigma, layout.alphaBetaSigma, layout.gammaSigma].map(one),
    ];
    const w = combineRows(
      rows,
      W,
      ([ltHigh, s, alpha, beta, alphaBeta, alphaSigma, betaSigma, alphaBetaSigma, gammaSigma]) => {
        // u*sigma = (C + gamma)*sigma + (A + alpha)(B + beta)*sigma
        const uSigma = product(addVec(gammaSigma, alphaBetaSigma), A, betaSigma, B, alphaSigma);
        mulAddInto(uSigma, s, CAB);
        // u = lt_H + (A + alpha)(B + beta)
        const sum = product(addVec(ltHigh, alphaBeta), A, beta, B, alpha);
        addScaledInto(sum, s, 1n);
        addScaledInto(sum, uSigma, fp.neg(2n));
        return sum;
      },
    );
    addPublicInto(this.#party, w, AB);
    return w;
  }
}

/** start + a*x + b*y, in place of `start`. */
function product(start: Vec, a: Vec, x: Vec, b: Vec, y: Vec): Vec {
  mulAddInto(start, a, x);
  mulAddInto(start, b, y);
  return start;
}

function append(s: Shares, last: Shares): Shares {
  return combineRows([s, last], s.length + last.length, ([row, more]) => {
    const all = zeros(row.length + more.length);
    all.set(row);
    all.set(more, row.length);
    return all;
  });
}
