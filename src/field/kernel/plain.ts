/**
 * The vector loops over bigint, element by element: obviously right, and a hundred times slower than `wasm.ts`.
 * Nothing but the tests uses it.
 */
import { fp, P } from '../fp.js';
import type { Kernel, Vec } from './kernel.js';

export const plainKernel: Kernel = {
  add: (a, b) => a.map((x, i) => fp.add(x, b[i])),
  sub: (a, b) => a.map((x, i) => fp.sub(x, b[i])),
  neg: a => a.map(x => fp.neg(x)),
  scale: (a, c) => a.map(x => fp.mul(x, c)),
  mul: (a, b) => a.map((x, i) => fp.mul(x, b[i])),
  addScaledInto(acc, a, c) {
    for (let i = 0; i < acc.length; i++) acc[i] = fp.add(acc[i], fp.mul(a[i], c));
  },
  inner,
  sum: a => a.reduce((total, x) => fp.add(total, x), 0n),
  powers(x, count) {
    const result = new BigUint64Array(count);
    for (let i = 0, power = 1n; i < count; i++, power = fp.mul(power, x)) result[i] = power;
    return result;
  },
  invert: a => (a.includes(0n) ? undefined : a.map(x => fp.inv(x))),
  matVec(rows, columns, x) {
    const result = new BigUint64Array(rows.length / columns);
    return result.map((_, i) => inner(rows.subarray(i * columns, (i + 1) * columns), x));
  },
  mask: words => words.map(word => fp.mod(BigInt.asUintN(61, word))),
  allBelowP: words => words.every(word => word < P),
};

function inner(a: Vec, b: Vec): bigint {
  return a.reduce((total, x, i) => fp.add(total, fp.mul(x, b[i])), 0n);
}
