/**
 * From raw selectors, of which a cheat may have bet on bits, to selectors nobody knows: privacy amplification, tuple by tuple.
 *
 *     raw       a tuple of K selectors has K + TAU - 1 raw ones:  heads v in F^K, tails w in F^(TAU-1);  <v, m> + <w, n> made
 *     R         K x (TAU-1), public, uniform, drawn when all of them are input
 *     out       u = v + R*w         M = m, the payload's heads
 *     opened    delta = R^T*m - n   uniform: n, the payload's tails, masks nothing else
 *     so that   <u, M> = <v, m> + <w, R^T*m> = (<v, m> + <w, n>) + <w, delta>
 *
 * (v, w) -> v + R*w is a universal hash: two inputs meet with probability p^-K if their tails differ, never if only the heads
 * do. Its output is TAU - 1 elements shorter than its input, whatever K is: with TAU = 3 a coalition that passed a bet on s
 * bits, which it does with 2^-s, sees u at a distance of at most 2^-((122 - s)/2) from uniform (leftover hash): 2^-61 in all.
 * Whatever a bank can still choose it has chosen before R is drawn. Never a second output from the same raw tuple.
 *
 *     layout    heads, tuple by tuple, then tail 0 of all tuples, tail 1, ..: of selectors, and of every payload column
 *
 * Source: Bennett, Brassard, Crepeau, Maurer: Generalized privacy amplification (1995); the random combination of MASCOT
 * (ePrint 2016/505), figure 7, over a whole tuple.
 */
import { concatVec, gather, matVec, mulAddInto, type Vec, zeros } from '../field/index.js';
import {
  addShares,
  combineRows,
  mulPublic,
  type Shares,
  segmentsPublic,
  sliceShares,
  subShares,
} from '../sharing/index.js';

/** Raw elements for a selector that stands alone: it and its tails. */
export const TAU = 3;
const tailCount = TAU - 1;

export interface TupleShape {
  readonly tuples: number;
  /** Selectors of a tuple, K. */
  readonly selectors: number;
}

/** Raw elements of a lot. */
export function rawLength({ tuples, selectors }: TupleShape): number {
  return tuples * (selectors + tailCount);
}

/** Elements of R for a lot: the columns of R one after the other, each as the heads are. */
export function matrixLength({ tuples, selectors }: TupleShape): number {
  return tailCount * tuples * selectors;
}

/** Elements of delta for one payload column of a lot. */
export function shiftLength({ tuples }: TupleShape): number {
  return tailCount * tuples;
}

/** The heads: of the payload, M. A view. */
export function headsOf(raw: Shares, shape: TupleShape): Shares {
  return sliceShares(raw, 0, headCount(shape));
}

/** [u] */
export function extracted(raw: Shares, shape: TupleShape, R: Vec): Shares {
  const heads = headCount(shape);
  const tupleOf = Uint32Array.from({ length: heads }, (_, k) => Math.floor(k / shape.selectors));
  return combineRows([raw], heads, ([row]) => {
    const u = row.slice(0, heads);
    for (let h = 0; h < tailCount; h++) mulAddInto(u, columnOf(R, h, heads), gather(tailOf(row, h, shape), tupleOf));
    return u;
  });
}

/** [delta] of one payload column. */
export function shiftOf(raw: Shares, shape: TupleShape, R: Vec): Shares {
  const heads = headsOf(raw, shape);
  const hashed = Array.from({ length: tailCount }, (_, h) => tupleSums(heads, columnOf(R, h, heads.length), shape));
  const all = combineRows(hashed, shiftLength(shape), rows => concatVec(...rows));
  return subShares(all, tailsOf(raw, shape));
}

/** [<u, M>] from [<v, m> + <w, n>]. */
export function shifted(product: Shares, selectors: Shares, delta: Vec, shape: TupleShape): Shares {
  const terms = mulPublic(tailsOf(selectors, shape), delta);
  return Array.from({ length: tailCount }, (_, h) => h * shape.tuples)
    .map(at => sliceShares(terms, at, at + shape.tuples))
    .reduce(addShares, product);
}

/** Tuple by tuple <weights, x>. Shapes: as the heads. */
export function tupleSums(x: Shares, weights: Vec, { tuples, selectors }: TupleShape): Shares {
  const starts = Uint32Array.from({ length: tuples }, (_, t) => t * selectors);
  return segmentsPublic(x, { starts, columns: selectors, shared: zeros(0), own: weights });
}

/** Tuple by tuple the sum of raw elements: in the clear, of one bank's own share. */
export function rawSums(raw: Vec, shape: TupleShape): Vec {
  const heads = headCount(shape);
  const sums = matVec(raw.subarray(0, heads), shape.selectors, zeros(shape.selectors).fill(1n));
  const ones = zeros(shape.tuples).fill(1n);
  for (let h = 0; h < tailCount; h++) mulAddInto(sums, tailOf(raw, h, shape), ones);
  return sums;
}

function headCount({ tuples, selectors }: TupleShape): number {
  return tuples * selectors;
}

function tailsOf(raw: Shares, shape: TupleShape): Shares {
  return sliceShares(raw, headCount(shape), raw.length);
}

function tailOf(row: Vec, h: number, shape: TupleShape): Vec {
  const from = headCount(shape) + h * shape.tuples;
  return row.subarray(from, from + shape.tuples);
}

function columnOf(R: Vec, h: number, length: number): Vec {
  return R.subarray(h * length, (h + 1) * length);
}
