/**
 * The vector loops over bigint, element by element: obviously right, and a hundred times slower than `wasm.ts`.
 * Nothing but the tests uses it.
 */
import { fp, P } from '../fp.js';
import type { Kernel, Vec } from './kernel.js';

export const plainKernel: Kernel = {
  add: (a, b, to = a.slice()) =>
    placed(
      a.map((x, i) => fp.add(x, b[i])),
      to,
    ),
  sub: (a, b, to = a.slice()) =>
    placed(
      a.map((x, i) => fp.sub(x, b[i])),
      to,
    ),
  neg: a => a.map(x => fp.neg(x)),
  scale: (a, c) => a.map(x => fp.mul(x, c)),
  mul: (a, b) => a.map((x, i) => fp.mul(x, b[i])),
  addScaledInto(acc, a, c) {
    for (let i = 0; i < acc.length; i++) acc[i] = fp.add(acc[i], fp.mul(a[i], c));
  },
  addScaledTo: (to, a, b, c) => to.set(a.map((x, i) => fp.add(x, fp.mul(b[i], c)))),
  mulAddInto(acc, a, b) {
    for (let i = 0; i < acc.length; i++) acc[i] = fp.add(acc[i], fp.mul(a[i], b[i]));
  },
  inner,
  innerSegments(rows, { starts, columns, shared, own }) {
    return rows.map(row =>
      BigUint64Array.from(
        [...starts].flatMap((start, k) => {
          const x = row.subarray(start, start + columns);
          const weights = [...vectorsOf(own.subarray(k * columns, (k + 1) * columns)), ...vectorsOf(shared)];
          return weights.map(weight => inner(weight, x));
        }),
      ),
    );
    function vectorsOf(all: Vec): Vec[] {
      return Array.from({ length: all.length / columns }, (_, w) => all.subarray(w * columns, (w + 1) * columns));
    }
  },
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
  maskInto: words => words.set(words.map(word => fp.mod(BigInt.asUintN(61, word)))),
  allBelowP: words => words.every(word => word < P),
};

function inner(a: Vec, b: Vec): bigint {
  return a.reduce((total, x, i) => fp.add(total, fp.mul(x, b[i])), 0n);
}

function placed(result: Vec, to: Vec): Vec {
  to.set(result);
  return to;
}
