/** What the tests of this folder share: sizes, edge values, and vectors from a seed. */
import fc from 'fast-check';
import { P, type Vec } from '../../../src/field/index.js';

/** Odd, and one that is more than a chunk of the kernel's memory. */
export const sizes = [0, 1, 7, 433, 70_001];

export const edges = [0n, 1n, 2n, P - 1n, P - 2n, (1n << 32n) - 1n, 1n << 32n, (1n << 31n) - 1n, 1n << 31n, 1n << 60n];

/** Elements, edges as often as any. */
export const elements: fc.Arbitrary<bigint> = fc.oneof(fc.constantFrom(...edges), fc.bigInt({ min: 0n, max: P - 1n }));

export const vectors = (length: number): fc.Arbitrary<Vec> =>
  fc.array(elements, { minLength: length, maxLength: length }).map(values => BigUint64Array.from(values));

/** Every third element an edge, the others from a linear congruence: any length, the same every time. */
export function sample(length: number, seed: number): Vec {
  let state = BigInt(seed) * 0x9e37_79b9_7f4a_7c15n + 1n;
  return new BigUint64Array(length).map((_, i) => {
    state = BigInt.asUintN(64, state * 0x5851_f42d_4c95_7f2dn + 0x1405_7b7e_f767_814fn);
    return i % 3 === 0 ? edges[Number(state >> 40n) % edges.length] : (state >> 3n) % P;
  });
}
