/** One parameter set against every attack: bits, and the least of the published ones and of those that use sparse rows. */
import {
  algebraic,
  hybrid,
  pooledGauss,
  regularPrange,
  statisticalDecoding,
  statisticalDecoding2,
  sternDumer,
} from './published.js';
import {
  denseLeeBrickell,
  fewestColumns,
  guessCore,
  peel,
  randomCode,
  randomColumns,
  type SparseLpn,
  sparseSolve,
} from './sparse.js';

/** `sparse`: counts on rows with few entries, or on our own analysis, and no published estimator has it. */
export const attacks = [
  { key: 'pooledGauss', sparse: false, title: 'Pooled Gauss' },
  { key: 'sternDumer', sparse: false, title: 'ISD, Stern-Dumer over F_q (2022/712)' },
  { key: 'statisticalDecoding', sparse: false, title: 'statistical decoding (2022/712)' },
  { key: 'statisticalDecoding2', sparse: false, title: 'statistical decoding 2.0 (2022/712)' },
  { key: 'regularPrange', sparse: false, title: 'regular ISD, by permutation (2023/1568)' },
  { key: 'algebraic', sparse: false, title: 'algebraic, with guessed positions (2023/176)' },
  { key: 'hybrid', sparse: false, title: 'hybrid with quadratic equations (2025/1284)' },
  { key: 'denseLeeBrickell', sparse: true, title: 'Lee-Brickell, values solved for (dense rows)' },
  { key: 'sparseRandom', sparse: true, title: 'sparse rows: columns at random (arXiv 2407.19215)' },
  { key: 'sparsePeeled', sparse: true, title: 'sparse rows: columns by peeling' },
  { key: 'sparseFloor', sparse: true, title: 'sparse rows: fewest columns that can exist' },
] as const;

export type Attack = (typeof attacks)[number]['key'];

export interface Estimate {
  readonly bits: Readonly<Record<Attack, number>>;
  /** Columns that carry more rows than they are. */
  readonly columns: Readonly<Record<'random' | 'peeled' | 'floor', number>>;
  readonly least: Readonly<Record<'published' | 'sparse', number>>;
}

/** Larger codes are peeled in a smaller copy: what is left is the same share to a percent. */
const peeledRowsMax = 700_000;

export function estimate(set: SparseLpn): Estimate {
  const scale = Math.max(1, set.n / peeledRowsMax);
  const copy = { ...set, n: Math.round(set.n / scale), k: Math.round(set.k / scale) };
  const columns = {
    random: randomColumns(set),
    peeled: Math.round(peel(copy, randomCode(copy, 1)).columns * scale),
    floor: fewestColumns(set),
  };
  const sparse = (c: number) => guessCore(set, c, sparseSolve(c, set.d));
  const bits = {
    pooledGauss: pooledGauss(set),
    sternDumer: sternDumer(set),
    statisticalDecoding: statisticalDecoding(set),
    statisticalDecoding2: statisticalDecoding2(set),
    regularPrange: regularPrange(set),
    algebraic: algebraic(set),
    hybrid: hybrid(set),
    denseLeeBrickell: denseLeeBrickell(set),
    sparseRandom: sparse(columns.random),
    sparsePeeled: sparse(columns.peeled),
    sparseFloor: sparse(columns.floor),
  };
  const least = (wanted: boolean) =>
    Math.min(...attacks.filter(({ sparse }) => sparse === wanted).map(({ key }) => bits[key]));
  return { bits, columns, least: { published: least(false), sparse: least(true) } };
}
