/**
 * The leaves of a comparison: [lt] and [eq] of two bits of c (public) and two of r (secret), linear in (lo, hi, lo*hi) with
 * coefficients that c gives. Source: protocol.md, section 7, Compare.
 */
import { type Vec, zeros } from '../field/index.js';
import { leafPairs } from './compare.js';

type Table = readonly (readonly number[])[];

/** By two bits of c: coefficients of 1, lo, hi, lo*hi. */
const pairTable: Record<'lt' | 'eq', Table> = {
  lt: [
    [0, 1, 1, -1],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
    [0, 0, 0, 0],
  ],
  eq: [
    [1, -1, -1, 1],
    [0, 1, 0, -1],
    [0, 0, 1, -1],
    [0, 0, 0, 1],
  ],
};

/** The top bit alone; c < 2^61, so its digit is 0 or 1. */
const topTable: Record<'lt' | 'eq', Table> = {
  lt: [
    [0, 1, 0, 0],
    [0, 0, 0, 0],
  ],
  eq: [
    [1, -1, 0, 0],
    [0, 1, 0, 0],
  ],
};

/** p - 1 in halves of 32 bits. */
const minusOne = [0xffff_fffe, 0x1fff_ffff];

/** Coefficients of 1, lo, hi, lo*hi for these leaves, leaf by leaf; c is public. Written as halves: no bigint is made. */
export function leafCoefficients(of: 'lt' | 'eq', c: Vec, order: Uint32Array): Vec[] {
  const W = c.length;
  const vectors = Array.from({ length: 4 }, () => zeros(W * order.length));
  const words = vectors.map(v => new Uint32Array(v.buffer));
  const digits = new Uint32Array(c.buffer, c.byteOffset, 2 * W);
  for (let n = 0; n < order.length; n++) {
    const j = order[n];
    const table = (j < leafPairs ? pairTable : topTable)[of];
    const half = j >> 4;
    const shift = (2 * j) & 31;
    for (let t = 0; t < W; t++) {
      const coefficients = table[(digits[2 * t + half] >>> shift) & 3];
      for (let k = 0; k < 4; k++) {
        const coefficient = coefficients[k];
        if (coefficient === 0) continue;
        const at = 2 * (n * W + t);
        words[k][at] = coefficient < 0 ? minusOne[0] : 1;
        words[k][at + 1] = coefficient < 0 ? minusOne[1] : 0;
      }
    }
  }
  return vectors;
}
