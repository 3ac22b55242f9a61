/**
 * In which order a comparison's elements are picked from the input vectors, so that every step works on runs.
 *
 *     order    nodes of a level stand as [even ones | odd ones]: low and high halves of the merges, each in the order in
 *              which the next level wants what they give. 31 leaves leave one over, the last even one: it is carried.
 *
 * Made once for a layout, from the root down. Not here: the arithmetic (`comparison.ts`).
 */
import type { Field } from '../proof/index.js';
import { type CompareLayout, leafPairs } from './compare.js';

/** Where fields stand among the columns a wave picks, and how nodes are ordered: depends on the layout alone. */
export interface Columns {
  /** Elements of the input vector, in the order in which they are picked. */
  readonly picked: Uint32Array;
  readonly leafOrder: Uint32Array;
  readonly lo: number;
  readonly hi: number;
  readonly both: number;
  readonly sigma: number;
  readonly root: number;
  readonly levels: readonly LevelColumns[];
}

export interface LevelColumns {
  readonly merges: number;
  /** The merges as they stand; of `second` all but the first, counted from it. */
  readonly first: Uint32Array;
  readonly second: Uint32Array;
  /** Whether the level has a node that is carried. */
  readonly carries: boolean;
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  readonly alphaBeta: number;
  readonly alphaGamma: number;
}

const known = new WeakMap<CompareLayout, Columns>();

export function columnsOf(layout: CompareLayout): Columns {
  let columns = known.get(layout);
  if (!columns) {
    columns = layColumns(layout);
    known.set(layout, columns);
  }
  return columns;
}

function layColumns({ mask, leaf, sigma, levels, root }: CompareLayout): Columns {
  const picked: number[] = [];
  const pick = (elements: Iterable<number>): number => {
    const at = picked.length;
    picked.push(...elements);
    return at;
  };
  // from the root down: what gives node m stands where m stands
  let order = [0, 1];
  const levelColumns: LevelColumns[] = [];
  const field = ({ at }: Field, merges: Uint32Array) => pick(merges.map(i => at + i));
  for (const level of [...levels].reverse()) {
    const merges = level.alpha.length;
    const first = Uint32Array.from(order.filter(m => m < merges));
    const second = first.subarray(1).map(m => m - 1);
    levelColumns.unshift({
      merges,
      first,
      second,
      carries: order.length > merges,
      alpha: field(level.alpha, first),
      beta: field(level.beta, first),
      gamma: field(level.gamma, second),
      alphaBeta: field(level.alphaBeta, first),
      alphaGamma: field(level.alphaGamma, second),
    });
    order = [...order.map(m => 2 * m), ...Array.from(first, m => 2 * m + 1)];
  }
  return {
    leafOrder: Uint32Array.from(order),
    lo: pick(order.map(j => mask.at + 2 * j)),
    // the top leaf has no high bit: its coefficients for hi and lo*hi are 0
    hi: pick(order.map(j => (j < leafPairs ? mask.at + 2 * j + 1 : mask.at))),
    both: pick(order.map(j => leaf.at + Math.min(j, leafPairs - 1))),
    sigma: pick([sigma]),
    root: pick(Array.from({ length: 8 }, (_, k) => root.alpha + k)),
    levels: levelColumns,
    picked: Uint32Array.from(picked),
  };
}
