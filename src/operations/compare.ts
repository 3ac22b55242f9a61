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
 * Here: the layout and what the holder fills in; the banks' side is `comparison.ts`.
 *
 * Source: protocol.md, section 7, Compare; the tree is that of Catrina and de Hoogh (2010) / Damgard et al. (TCC 2006).
 */
import { fp, mulVec, single, type Vec } from '../field/index.js';
import type { Randomness } from '../ports.js';
import type { CircuitBuilder, Field, Form } from '../proof/index.js';
import { bitsOf, randomElements } from './shape.js';

export const maskBits = 61;
export const leafPairs = 30;
/** 30 leaves of two bits and the top bit alone. */
export const leaves = leafPairs + 1;

/** Masks of one level: fields of one element a merge; gamma and alphaGamma for the merges 1, 2, ... */
export interface LevelLayout {
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
  const product = (one: number, other: number) => single.mul(x[one], x[other]);
  x[root.alphaBeta] = product(root.alpha, root.beta);
  x[root.alphaSigma] = product(root.alpha, sigma);
  x[root.betaSigma] = product(root.beta, sigma);
  x[root.alphaBetaSigma] = product(root.alphaBeta, sigma);
  x[root.gammaSigma] = product(root.gamma, sigma);
  return x[mask.at] ^ x[sigma];
}
