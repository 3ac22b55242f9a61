/**
 * Is x = b - a negative? With randomness the holder made, and without anybody but the holder learning the answer.
 *
 *     x in (-2^m, 2^60), so x < 0 iff the least significant bit of 2x mod p is 1
 *     c = 2x + r                  opened; r uniform in [0, p], known to the holder by its bits r_0 .. r_60
 *     x < 0  =  c_0 ^ r_0 ^ u     with u = [c < r]
 *     w = u ^ sigma               opened; sigma the holder's random bit, theta = r_0 ^ sigma
 *
 * u: leaves of two bits of c (public) and r (secret), linear in (r_lo, r_hi, r_lo*r_hi), give lt = [c < r] and
 * eq = [c = r] there; a balanced tree merges high and low halves:
 *
 *     lt = lt_H + eq_H*lt_L       eq = eq_H*eq_L
 *
 * each product with one-time masks alpha (for eq_H), beta (for lt_L), gamma (for eq_L) and their products, made by the
 * holder: A = eq_H - alpha, B = lt_L - beta, C = eq_L - gamma are opened, uniform for all but the holder. Node 0 of a
 * level is never a high half, so it has no eq. At the root gamma masks lt_H, and the products carry sigma, so that w is
 * linear after the last masked opening. Rounds: 1 (c) + 5 (levels) + 1 (w).
 *
 * Source: protocol.md, section 7, Compare; the tree is that of Catrina and de Hoogh (2010) / Damgard et al. (TCC 2006).
 */
import { CovaultError } from '../errors.js';
import { fp, mulVec, type Vec } from '../field/index.js';
import type { Randomness } from '../ports.js';
import type { CircuitBuilder, Field, Form } from '../proof/index.js';
import {
  addPublic,
  addShares,
  concatShares,
  gatherShares,
  mulPublic,
  type Party,
  type Shares,
  scaleShares,
  subShares,
} from '../sharing/index.js';
import { bitsOf, randomElements } from './shape.js';

const maskBits = 61;
const leafPairs = 30;
/** 30 leaves of two bits and the top bit alone. */
const leaves = leafPairs + 1;

/** Masks of one level: fields of one element a merge; gamma and alphaGamma for the merges 1, 2, ... */
interface LevelLayout {
  readonly nodes: number;
  readonly alpha: Field;
  readonly beta: Field;
  readonly gamma: Field;
  readonly alphaBeta: Field;
  readonly alphaGamma: Field;
}

interface RootLayout {
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  readonly alphaBeta: number;
  readonly alphaSigma: number;
  readonly betaSigma: number;
  readonly alphaBetaSigma: number;
  readonly gammaSigma: number;
}

export interface CompareLayout {
  /** r_0 .. r_60 */
  readonly mask: Field;
  /** r_2j * r_2j+1 */
  readonly leaf: Field;
  readonly sigma: number;
  /** r_0 * sigma */
  readonly omega: number;
  readonly levels: readonly LevelLayout[];
  readonly root: RootLayout;
}

/** Declares fields and gates. */
export function declareCompare(builder: CircuitBuilder): CompareLayout {
  const mask = builder.field(maskBits);
  const leaf = builder.field(leafPairs);
  const sigma = builder.field(1).at;
  const omega = builder.field(1).at;
  const product = (x: number, y: number, z: number) =>
    builder.gate(builder.element(x), builder.element(y), builder.element(z));
  builder.bits(mask);
  for (let j = 0; j < leafPairs; j++) product(mask.at + 2 * j, mask.at + 2 * j + 1, leaf.at + j);
  builder.bits({ at: sigma, length: 1 });
  product(mask.at, sigma, omega);

  const levels: LevelLayout[] = [];
  let nodes = leaves;
  for (; nodes > 2; nodes = Math.ceil(nodes / 2)) {
    const merges = Math.floor(nodes / 2);
    const level = {
      nodes,
      alpha: builder.field(merges),
      beta: builder.field(merges),
      gamma: builder.field(merges - 1),
      alphaBeta: builder.field(merges),
      alphaGamma: builder.field(merges - 1),
    };
    for (let i = 0; i < merges; i++) product(level.alpha.at + i, level.beta.at + i, level.alphaBeta.at + i);
    for (let i = 1; i < merges; i++) product(level.alpha.at + i, level.gamma.at + i - 1, level.alphaGamma.at + i - 1);
    levels.push(level);
  }
  const at = builder.field(8).at;
  const root: RootLayout = {
    alpha: at,
    beta: at + 1,
    gamma: at + 2,
    alphaBeta: at + 3,
    alphaSigma: at + 4,
    betaSigma: at + 5,
    alphaBetaSigma: at + 6,
    gammaSigma: at + 7,
  };
  product(root.alpha, root.beta, root.alphaBeta);
  product(root.alpha, sigma, root.alphaSigma);
  product(root.beta, sigma, root.betaSigma);
  product(root.alphaBeta, sigma, root.alphaBetaSigma);
  product(root.gamma, sigma, root.gammaSigma);
  return { mask, leaf, sigma, omega, levels, root };
}

/** theta = r_0 ^ sigma as a form. */
export const thetaForm = ({ mask, sigma, omega }: CompareLayout): Form => [
  { index: mask.at, coefficient: 1n },
  { index: sigma, coefficient: 1n },
  { index: omega, coefficient: fp.neg(2n) },
];

/** Fills the comparison's part of the holder's input vector. Returns theta. */
export function fillCompare(layout: CompareLayout, x: Vec, random: Randomness): bigint {
  const { mask, leaf, sigma, omega, levels, root } = layout;
  const bits = random.bytes(9);
  const r = bits.subarray(0, 8).reduce((sum, byte, i) => sum | (BigInt(byte) << BigInt(8 * i)), 0n);
  x.set(bitsOf(r, maskBits), mask.at);
  for (let j = 0; j < leafPairs; j++) x[leaf.at + j] = x[mask.at + 2 * j] & x[mask.at + 2 * j + 1];
  x[sigma] = BigInt(bits[8] & 1);
  x[omega] = x[mask.at] & x[sigma];
  for (const level of levels) {
    for (const field of [level.alpha, level.beta, level.gamma]) x.set(randomElements(random, field.length), field.at);
    const of = (field: Field, from = 0) => x.subarray(field.at + from, field.at + field.length);
    x.set(mulVec(of(level.alpha), of(level.beta)), level.alphaBeta.at);
    x.set(mulVec(of(level.alpha, 1), of(level.gamma)), level.alphaGamma.at);
  }
  x.set(randomElements(random, 3), root.alpha);
  x[root.alphaBeta] = fp.mul(x[root.alpha], x[root.beta]);
  const bySigma = (value: bigint) => (x[sigma] === 1n ? value : 0n);
  x[root.alphaSigma] = bySigma(x[root.alpha]);
  x[root.betaSigma] = bySigma(x[root.beta]);
  x[root.alphaBetaSigma] = bySigma(x[root.alphaBeta]);
  x[root.gammaSigma] = bySigma(x[root.gamma]);
  return x[mask.at] ^ x[sigma];
}

/** Opens one message of the comparison: all transfers of the wave together. */
export type Open = (label: string, shares: Shares) => Promise<Vec>;

/**
 * pi = 1 ^ c_0 ^ w for W transfers at once; the verdict is pi ^ theta.
 *
 * Shapes: x W input vectors of length L one behind the other; difference W elements [b - a].
 * Opens: c, A, B, C, w: uniform for everybody but the holder, given that the proof of x has passed.
 * Throws: IMPOSSIBLE_VERDICT when w is not a bit, which no honest run gives: the bank must halt.
 */
export async function compare(
  party: Party,
  layout: CompareLayout,
  x: Shares,
  L: number,
  difference: Shares,
  open: Open,
): Promise<Uint8Array> {
  const wave = new Wave(party, layout, x, L, difference.length);
  const c = await open('c', addShares(scaleShares(difference, 2n), wave.maskValue()));
  let nodes = wave.leaves(c);
  for (const [depth, level] of layout.levels.entries()) {
    const masked = wave.maskedMerge(level, nodes);
    nodes = wave.merge(level, nodes, await open(`tree ${depth}`, masked));
  }
  const w = await open('w', wave.root(nodes, await open('root', wave.maskedRoot(nodes))));
  return Uint8Array.from(w, (bit, t) => {
    if (bit > 1n) throw new CovaultError('IMPOSSIBLE_VERDICT', 'a comparison gave neither 0 nor 1');
    return Number(1n ^ (c[t] & 1n) ^ bit);
  });
}

/** [lt] of nodes 0 .. N-1 and [eq] of nodes 1 .. N-1, transfer by transfer. */
interface Nodes {
  readonly count: number;
  readonly lt: Shares;
  readonly eq: Shares;
}

class Wave {
  readonly #party: Party;
  readonly #layout: CompareLayout;
  readonly #x: Shares;
  readonly #length: number;
  readonly #count: number;

  constructor(party: Party, layout: CompareLayout, x: Shares, length: number, count: number) {
    this.#party = party;
    this.#layout = layout;
    this.#x = x;
    this.#length = length;
    this.#count = count;
  }

  /** For each transfer t the elements t*stride + offset(k), k < size. */
  #indices(stride: number, size: number, offset: (k: number) => number): Uint32Array {
    const indices = new Uint32Array(this.#count * size);
    for (let t = 0; t < this.#count; t++) {
      for (let k = 0; k < size; k++) indices[t * size + k] = t * stride + offset(k);
    }
    return indices;
  }

  #pick(size: number, offset: (k: number) => number): Shares {
    return gatherShares(this.#x, this.#indices(this.#length, size, offset));
  }

  #field(field: Field, from = 0): Shares {
    return this.#pick(field.length - from, k => field.at + from + k);
  }

  /** Splits what was opened for `sizes` elements a transfer, sharing behind sharing. */
  #split(opened: Vec, ...sizes: number[]): Vec[] {
    let at = 0;
    return sizes.map(size => {
      const from = at;
      at += size * this.#count;
      return opened.subarray(from, at);
    });
  }

  /** [r] */
  maskValue(): Shares {
    const { mask } = this.#layout;
    const bits = this.#field(mask);
    const weights = BigUint64Array.from({ length: maskBits * this.#count }, (_, k) => 1n << BigInt(k % maskBits));
    return this.#sumGroups(mulPublic(bits, weights), maskBits);
  }

  #sumGroups(s: Shares, size: number): Shares {
    const parts = Array.from({ length: size }, (_, k) =>
      gatherShares(
        s,
        this.#indices(size, 1, () => k),
      ),
    );
    return parts.reduce(addShares);
  }

  /** lt and eq of every leaf, linear in (lo, hi, lo*hi) with coefficients given by two bits of c. */
  leaves(c: Vec): Nodes {
    const { mask, leaf } = this.#layout;
    const lo = this.#pick(leaves, j => mask.at + 2 * j);
    // the top leaf has no high bit: its coefficients for hi and lo*hi are 0
    const hi = this.#pick(leaves, j => (j < leafPairs ? mask.at + 2 * j + 1 : mask.at));
    const both = this.#pick(leaves, j => leaf.at + Math.min(j, leafPairs - 1));
    const linear = (of: 'lt' | 'eq') => {
      const coefficient = (k: number) =>
        BigUint64Array.from({ length: leaves * this.#count }, (_, i) => {
          const j = i % leaves;
          const digit = Number((c[(i - j) / leaves] >> BigInt(2 * j)) & 3n);
          return (j < leafPairs ? pairTable : topTable)[of][digit][k];
        });
      const shared = [lo, hi, both].map((bits, k) => mulPublic(bits, coefficient(k + 1))).reduce(addShares);
      return addPublic(this.#party, shared, coefficient(0));
    };
    const eq = linear('eq');
    return {
      count: leaves,
      lt: linear('lt'),
      eq: gatherShares(
        eq,
        this.#indices(leaves, leaves - 1, j => j + 1),
      ),
    };
  }

  /** What a level merges: high halves are odd nodes, low halves even ones. */
  #halves({ count, lt, eq }: Nodes) {
    const merges = Math.floor(count / 2);
    const of = (s: Shares, stride: number, size: number, offset: (i: number) => number) =>
      gatherShares(s, this.#indices(stride, size, offset));
    return {
      merges,
      ltHigh: of(lt, count, merges, i => 2 * i + 1),
      ltLow: of(lt, count, merges, i => 2 * i),
      eqHigh: of(eq, count - 1, merges, i => 2 * i),
      eqLow: of(eq, count - 1, merges - 1, i => 2 * i + 1),
    };
  }

  /** A, B, C */
  maskedMerge(level: LevelLayout, nodes: Nodes): Shares {
    const { ltLow, eqHigh, eqLow } = this.#halves(nodes);
    return concatShares(this.#party, [
      subShares(eqHigh, this.#field(level.alpha)),
      subShares(ltLow, this.#field(level.beta)),
      subShares(eqLow, this.#field(level.gamma)),
    ]);
  }

  merge(level: LevelLayout, nodes: Nodes, opened: Vec): Nodes {
    const { merges, ltHigh } = this.#halves(nodes);
    const [A, B, C] = this.#split(opened, merges, merges, merges - 1);
    const Afrom1 = BigUint64Array.from(
      this.#indices(merges, merges - 1, i => i + 1),
      i => A[i],
    );
    const product = (a: Vec, b: Vec, x: Shares, y: Shares, xy: Shares) =>
      addPublic(this.#party, addShares(addShares(mulPublic(y, a), mulPublic(x, b)), xy), mulVec(a, b));
    const alpha = this.#field(level.alpha);
    const lt = addShares(ltHigh, product(A, B, alpha, this.#field(level.beta), this.#field(level.alphaBeta)));
    const alphaFrom1 = this.#field(level.alpha, 1);
    const eq = product(Afrom1, C, alphaFrom1, this.#field(level.gamma), this.#field(level.alphaGamma));
    const count = Math.ceil(nodes.count / 2);
    return {
      count,
      lt: this.#carry(lt, merges, nodes.lt, nodes.count, count),
      eq: this.#carry(eq, merges - 1, nodes.eq, nodes.count - 1, count - 1),
    };
  }

  /** Where a level has an odd number of nodes, the last one is passed up as it is. */
  #carry(merged: Shares, size: number, before: Shares, beforeSize: number, after: number): Shares {
    if (size === after) return merged;
    const last = gatherShares(
      before,
      this.#indices(beforeSize, 1, () => beforeSize - 1),
    );
    const order = new Uint32Array(this.#count * after);
    for (let t = 0; t < this.#count; t++) {
      for (let k = 0; k < after; k++) order[t * after + k] = k < size ? t * size + k : this.#count * size + t;
    }
    return gatherShares(concatShares(this.#party, [merged, last]), order);
  }

  maskedRoot({ lt, eq }: Nodes): Shares {
    const { root } = this.#layout;
    const one = (index: number) => this.#pick(1, () => index);
    const [ltLow, ltHigh] = [0, 1].map(k =>
      gatherShares(
        lt,
        this.#indices(2, 1, () => k),
      ),
    );
    return concatShares(this.#party, [
      subShares(eq, one(root.alpha)),
      subShares(ltLow, one(root.beta)),
      subShares(ltHigh, one(root.gamma)),
    ]);
  }

  /** [w] = [u] + [sigma] - 2*[u*sigma] */
  root({ lt }: Nodes, opened: Vec): Shares {
    const { root, sigma } = this.#layout;
    const [A, B, C] = this.#split(opened, 1, 1, 1);
    const AB = mulVec(A, B);
    const one = (index: number) => this.#pick(1, () => index);
    const ltHigh = gatherShares(
      lt,
      this.#indices(2, 1, () => 1),
    );
    const sum = (...terms: Shares[]) => terms.reduce(addShares);
    const sigmaShares = one(sigma);
    // u = lt_H + (A + alpha)(B + beta)
    const u = addPublic(
      this.#party,
      sum(ltHigh, mulPublic(one(root.beta), A), mulPublic(one(root.alpha), B), one(root.alphaBeta)),
      AB,
    );
    // u*sigma = (C + gamma)*sigma + (A + alpha)(B + beta)*sigma
    const uSigma = sum(
      mulPublic(sigmaShares, C),
      one(root.gammaSigma),
      mulPublic(sigmaShares, AB),
      mulPublic(one(root.betaSigma), A),
      mulPublic(one(root.alphaSigma), B),
      one(root.alphaBetaSigma),
    );
    return addShares(addShares(u, sigmaShares), scaleShares(uSigma, fp.neg(2n)));
  }
}

type Table = Record<'lt' | 'eq', readonly (readonly bigint[])[]>;
const minus = fp.neg(1n);

/** By two bits of c: coefficients of 1, lo, hi, lo*hi. */
const pairTable: Table = {
  lt: [
    [0n, 1n, 1n, minus],
    [0n, 0n, 1n, 0n],
    [0n, 0n, 0n, 1n],
    [0n, 0n, 0n, 0n],
  ],
  eq: [
    [1n, minus, minus, 1n],
    [0n, 1n, 0n, minus],
    [0n, 0n, 1n, minus],
    [0n, 0n, 0n, 1n],
  ],
};

/** The top bit alone; c < 2^61, so its digit is 0 or 1. */
const topTable: Table = {
  lt: [[0n, 1n, 0n, 0n], [0n, 0n, 0n, 0n], [], []],
  eq: [[1n, minus, 0n, 0n], [0n, 1n, 0n, 0n], [], []],
};
