/**
 * What published attacks on primal LPN over a large field cost: log2 of field operations, for a code taken as random.
 *
 *     b = A s + e      A: n x k public, s: k unknowns, e: t nonzero entries; regular: one in each of t blocks of beta = n/t
 *
 * The formulas are those of the papers and of their authors' program as published in the repository
 * 1234wangtr/Code_estimators (commit 41e013c), written anew from the equations; `lpn-estimate.md` beside the parameters
 * has that program's own output. Memory is free, a field operation costs 1: both in the attacker's favour.
 *
 * Not here: AGB 2.0 (ePrint 2025/1476), which falls back to the algebraic attack below on all our sets; and what is gained
 * from rows that have few nonzero entries: `sparse.ts`.
 */
import { log2Binomial, log2Miss, log2Sum } from './numbers.js';

export interface Lpn {
  /** Rows, all of which the attacker sees. */
  readonly n: number;
  /** Unknowns. */
  readonly k: number;
  /** Nonzero noise entries; for regular noise also the number of blocks. */
  readonly t: number;
  /** log2 of the field's size. */
  readonly fieldBits: number;
}

/** Exponent of matrix inversion in Liu et al. and in the hybrid attack: Strassen's, rounded. */
const omega = 2.8;

/** Pooled Gauss (Esser, Kuebler, May 2017), as in Liu et al. 2022/712: guess k rows without noise, invert, repeat. */
export function pooledGauss({ n, k, t }: Lpn): number {
  return omega * Math.log2(Math.min(k, n - k)) - log2Miss(n, k, t);
}

/**
 * Stern-Dumer over F_q, as in Liu et al. 2022/712: p errors in k + l rows, found as collisions of two lists of
 * L = C((k+l)/2, p/2) * (q-1)^(p/2); S = L^2 / q^l collide; one round N * (T_Gauss + 2L + 2S).
 * Never below Pooled Gauss, with which the authors' program takes the minimum: at 61 bits a list is too dear.
 */
export function sternDumer(lpn: Lpn): number {
  const { n, k, t, fieldBits } = lpn;
  let best = pooledGauss(lpn);
  for (let p = 0; p <= 8; p += 2) {
    for (let l = k % 2; l <= 64; l += 2) {
      const list = log2Binomial((k + l) / 2, p / 2) + (p / 2) * fieldBits;
      const collisions = 2 * list - l * fieldBits;
      const gauss = Math.log2((n - k - l) * n) - Math.log2(Math.log2(n - k - l));
      const round = Math.log2(n) + log2Sum(gauss, 1 + list, 1 + collisions);
      const success = log2Binomial(n - k - l, t - p) - log2Binomial(n, t) + 2 * log2Binomial((k + l) / 2, p / 2);
      if (success < 0) best = Math.min(best, round - success);
    }
  }
  return best;
}

/** Statistical decoding, as in Liu et al. 2022/712 for large fields: (k + 1) / epsilon^2, dual words of weight k + 1. */
export function statisticalDecoding({ n, k, t }: Lpn): number {
  return Math.log2(k + 1) - 2 * log2Miss(n, k + 1, t);
}

/** SD 2.0, as in Liu et al. 2022/712: s unknowns are paid for with a transform of q^s, s chosen to cost as much as Gauss. */
export function statisticalDecoding2(lpn: Lpn): number {
  return statisticalDecoding({ ...lpn, k: lpn.k - Math.floor(pooledGauss(lpn) / lpn.fieldBits) });
}

/** Regular noise cut to whole blocks: the rows left over go, and as many unknowns with them. */
function wholeBlocks({ n, k, t }: Lpn): { n: number; k: number; beta: number } {
  const beta = Math.floor(n / t);
  return { n: beta * t, k: beta * t - (n - k), beta };
}

/**
 * Permutation-based regular ISD (Esser, Santini 2023/1568): equally many rows guessed in each block, (1 - k/n)^t.
 * Over F_q with noise of any value the blocks bring no parity checks: k' = k.
 */
export function regularPrange(lpn: Lpn): number {
  const { n, k } = wholeBlocks(lpn);
  return Math.log2((n - k) ** 2 * n) - lpn.t * Math.log2(1 - k / n);
}

/** A product of power series, kept up to degree 4. */
type Series = readonly [number, number, number, number, number];

function times(a: Series, b: Series): Series {
  const at = (degree: number) => {
    let sum = 0;
    for (let i = 0; i <= degree; i++) sum += a[i] * b[degree - i];
    return sum;
  };
  return [at(0), at(1), at(2), at(3), at(4)];
}

/** (1 + x z)^m, also for m < 0. */
function power(x: number, m: number): Series {
  const c2 = (m * (m - 1)) / 2;
  const c3 = (c2 * (m - 2)) / 3;
  return [1, m * x, c2 * x ** 2, c3 * x ** 3, ((c3 * (m - 3)) / 4) * x ** 4];
}

/**
 * Algebraic attack (Briaud, Oygarden 2023/176), large field: in f blocks, mu positions each are guessed to be free of noise.
 * Hilbert series of what is left (their Section 5; e_i e_j = 0 within a block, n - k - t linear equations more):
 *
 *     H(z) = (1-z)^(n-k-t) * (1 + (beta-mu-1) z)^f * (1 + (beta-1) z)^(t-f)
 *
 * Solved at the first degree d whose coefficient is below 1, d <= 4, by Wiedemann on the M monomials up to degree d of
 * the same system without the linear equations, 3 (k + 1 - f mu) M^2, divided by the chance (1 - mu/beta)^f of the guess.
 * M as the authors' program counts it, with a further (1-z)^(1-t).
 */
export function algebraic(lpn: Lpn): number {
  const { t } = lpn;
  const { n, k } = lpn;
  const beta = Math.floor(n / t);
  const linear = power(-1, n - k - t);
  const homogenizing = power(-1, 1 - t);
  let best = Infinity;
  for (let f = 0; f < t; f++) {
    const rest = power(beta - 1, t - f);
    for (let mu = 0; mu < beta && f * mu < k + 1; mu++) {
      const blocks = times(power(beta - mu - 1, f), rest);
      const hilbert = times(blocks, linear);
      const d = hilbert.findIndex((coefficient, degree) => degree >= 2 && coefficient < 1);
      if (d === -1) continue;
      const monomials = times(blocks, homogenizing);
      let count = 0;
      for (let degree = 1; degree <= d; degree++) count += monomials[degree];
      const solve = 2 * Math.log2(count) + Math.log2(3 * (k + 1 - f * mu));
      best = Math.min(best, solve - f * Math.log2(1 - mu / beta));
    }
  }
  return best;
}

/**
 * Hybrid of guessing and quadratic equations (ePrint 2025/1284), large field. Of t blocks, g are searched through (beta^g
 * trials); in f of the others u + 1 positions are guessed free of noise, in the rest u. That leaves v0 unknowns, beta g of
 * them in the searched blocks and v = v0 - beta g others, and the products of two noise entries of one block, which vanish:
 *
 *     m = (t-f-g) C(beta-u, 2) + f C(beta-u-1, 2)       quadratic equations, linearised once for all trials
 *     r = v + 2g + g v + g(g-1)/2                       monomials that remain in a trial: needs m - v(v+1)/2 >= 2.5 r
 *
 * One guess costs G1 + G2 + beta^g G3: form the system, linearise (v0(v0+1)/2 + v0)^2.8, solve (2.5 r)^2.8 + substitution.
 */
export function hybrid(lpn: Lpn): number {
  let best = Infinity;
  for (let g = 0; g <= searchedBlocksMax; g++) {
    for (let u = 0; u < wholeBlocks(lpn).beta - 2; u++) best = Math.min(best, hybridWith(lpn, g, u));
  }
  return best;
}

/** Every block searched through costs log2(beta), at least 5, bits: past this none of our sets has its best. */
const searchedBlocksMax = 24;

function hybridWith(lpn: Lpn, g: number, u: number): number {
  const { n, k, beta } = wholeBlocks(lpn);
  const guessed = lpn.t - g;
  const left = n - k - Math.floor((n - k) / beta) * (beta - u - 1);
  const guess = (f: number) => -f * Math.log2(1 - (u + 1) / beta) - (guessed - f) * Math.log2(1 - u / beta);
  const unknowns = (f: number) => k - guessed * u - f;
  const solvable = (f: number) => {
    const v = unknowns(f) - beta * g;
    const m = ((guessed - f) * (beta - u) * (beta - u - 1)) / 2 + (f * (beta - u - 2) * (beta - u - 1)) / 2;
    return unknowns(f) <= 0 || (v >= 0 && m - (v * (v + 1)) / 2 >= 2.5 * (v + 2 * g + g * v + (g * (g - 1)) / 2));
  };
  let best = Infinity;
  for (let f = 0; f < guessed; f++) {
    if (!solvable(f)) continue;
    const v0 = unknowns(f);
    const form = Math.log2(Math.max(1, left * (n - k) * (left + Math.max(0, v0))));
    if (v0 <= 0) return Math.min(best, form + guess(f));
    const v = v0 - beta * g;
    const searched = beta * g;
    const r = v + 2 * g + g * v + (g * (g - 1)) / 2;
    const substitute =
      Math.log2(2.5 * r) + Math.log2(v + 2 * searched + searched * v + (searched * (searched - 1)) / 2);
    const trial = log2Sum(omega * Math.log2(2.5 * r), substitute);
    const linearise = omega * Math.log2((v0 * (v0 + 1)) / 2 + v0);
    best = Math.min(best, log2Sum(form, linearise, g * Math.log2(beta) + trial) + guess(f));
  }
  return best;
}
