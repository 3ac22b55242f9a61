/** The same tests on both kernels, against one element at a time. */
import test from 'ava';
import fc from 'fast-check';
import { fp, P, type Vec } from '../../../src/field/index.js';
import type { Kernel } from '../../../src/field/kernel/kernel.js';
import { plainKernel } from '../../../src/field/kernel/plain.js';
import { wasmKernel } from '../../../src/field/kernel/wasm.js';
import { edges, elements, sample, sizes, vectors } from './vectors.js';

const kernels: [string, Kernel][] = [
  ['plain', plainKernel],
  ['wasm', wasmKernel],
];

const total = (values: Iterable<bigint>) => [...values].reduce(fp.add, 0n);
const products = (a: Vec, b: Vec) => a.map((x, i) => fp.mul(x, b[i]));

for (const [name, kernel] of kernels) {
  /** Every operation on two vectors and a scalar; deepEqual of ava is too slow for the long ones. */
  const check = (a: Vec, b: Vec, c: bigint): string | undefined => {
    const before = [a.slice(), b.slice()];
    const acc = a.slice();
    kernel.addScaledInto(acc, b, c);
    const sums = a.slice();
    kernel.mulAddInto(sums, a, b);
    const scaled = [a.slice(), b.slice(), a.slice()];
    kernel.addScaledTo(scaled[0], scaled[0], b, c);
    kernel.addScaledTo(scaled[1], a, scaled[1], c);
    kernel.addScaledTo(scaled[2], a, b, c);
    const claims: [string, Vec, Vec][] = [
      ['addScaledTo, in place of a', scaled[0], acc],
      ['addScaledTo, in place of b', scaled[1], acc],
      ['addScaledTo', scaled[2], acc],
      ['mulAddInto', sums, a.map((x, i) => fp.add(x, fp.mul(x, b[i])))],
      ['add', kernel.add(a, b), a.map((x, i) => fp.add(x, b[i]))],
      ['sub', kernel.sub(a, b), a.map((x, i) => fp.sub(x, b[i]))],
      ['neg', kernel.neg(a), a.map(fp.neg)],
      ['scale', kernel.scale(a, c), a.map(x => fp.mul(x, c))],
      ['mul', kernel.mul(a, b), products(a, b)],
      ['addScaledInto', acc, a.map((x, i) => fp.add(x, fp.mul(b[i], c)))],
      ['inner', BigUint64Array.of(kernel.inner(a, b)), BigUint64Array.of(total(products(a, b)))],
      ['sum', BigUint64Array.of(kernel.sum(a)), BigUint64Array.of(total(a))],
      ['its first argument, kept', a, before[0]],
      ['its second argument, kept', b, before[1]],
    ];
    return claims.find(([, got, wanted]) => !same(got, wanted))?.[0];
  };

  for (const size of sizes) {
    test(`${name}: every operation on ${size} elements is the operation on each`, t => {
      t.is(check(sample(size, 1), sample(size, 2), 0x1234_5678_9abc_def0n), undefined);
      t.is(check(sample(size, 3), sample(size, 4), P - 1n), undefined);
    });

    test(`${name}: ${size} inverses are inverses`, t => {
      const a = sample(size, 5).map(x => (x === 0n ? 3n : x));
      const inverses = kernel.invert(a);
      t.true(inverses !== undefined && products(a, inverses).every(x => x === 1n) && inverses.every(x => x < P));
    });

    test(`${name}: ${size} powers begin at one and each is x times the one before`, t => {
      for (const x of [0n, 1n, P - 1n, 0x1234_5678_9abc_def0n]) {
        const powers = kernel.powers(x, size);
        t.is(powers.length, size);
        t.true(powers.every((power, i) => power === (i === 0 ? 1n : fp.mul(powers[i - 1], x))));
      }
    });
  }

  test(`${name}: every pair of edge values`, t => {
    const a = BigUint64Array.from(edges.flatMap(x => edges.map(() => x)));
    const b = BigUint64Array.from(edges.flatMap(() => edges));
    for (const c of edges) t.is(check(a, b, c), undefined);
  });

  test(`${name}: the largest elements overflow no lazy sum`, t => {
    for (const size of [4, 5, 16_383, 16_384, 16_385, 32_768]) {
      const largest = new BigUint64Array(size).fill(P - 1n);
      t.is(check(largest, largest, P - 1n), undefined);
    }
  });

  test(`${name}: vectors of any elements and small lengths`, t => {
    const pairs = fc.integer({ min: 0, max: 17 }).chain(n => fc.tuple(vectors(n), vectors(n), elements));
    fc.assert(fc.property(pairs, ([a, b, c]) => t.is(check(a, b, c), undefined)));
  });

  test(`${name}: a zero anywhere has no inverse`, t => {
    for (const [size, at] of [
      [1, 0],
      [7, 6],
      [40_000, 0],
      [40_000, 39_999],
    ]) {
      const a = sample(size, 6).map(x => x || 1n);
      a[at] = 0n;
      t.is(kernel.invert(a), undefined);
    }
  });

  for (const [rowCount, columns] of [
    [0, 3],
    [1, 1],
    [7, 433],
    [433, 7],
    [5003, 10],
    [3, 20_001],
  ]) {
    test(`${name}: a matrix of ${rowCount} by ${columns} times a vector is an inner product a row`, t => {
      const rows = sample(rowCount * columns, 7);
      const x = sample(columns, 8);
      const wanted = Array.from({ length: rowCount }, (_, r) =>
        total(products(rows.slice(r * columns, (r + 1) * columns), x)),
      );
      t.true(same(kernel.matVec(rows, columns, x), BigUint64Array.from(wanted)));
    });
  }

  for (const [columns, sharedCount, hasOwn, starts] of [
    [1, 1, false, [3, 0]],
    [7, 2, true, [0, 7, 5]],
    [480, 7, true, [480, 3, 961]],
    [1023, 1, false, [0]],
    [1025, 31, true, [4, 0]],
    [4099, 2, true, [1]],
    [9, 0, true, Array.from({ length: 2000 }, (_, k) => k)],
    [5, 3, true, []],
  ] as const) {
    test(`${name}: ${starts.length} pieces of ${columns}, ${sharedCount} shared weights: inner products of each`, t => {
      const rows = [11, 12].map(seed => sample(columns + Math.max(0, ...starts), seed));
      const shared = sample(columns * sharedCount, 13);
      const own = sample(hasOwn ? columns * starts.length : 0, 14);
      const wanted = (row: Vec) =>
        starts.flatMap((start, k) => {
          const weights = Array.from({ length: sharedCount }, (_, w) => shared.slice(w * columns, (w + 1) * columns));
          if (hasOwn) weights.unshift(own.slice(k * columns, (k + 1) * columns));
          return weights.map(weight => total(products(weight, row.slice(start, start + columns))));
        });
      const got = kernel.innerSegments(rows, { starts: Uint32Array.from(starts), columns, shared, own });
      t.true(rows.every((row, r) => same(got[r], BigUint64Array.from(wanted(row)))));
    });
  }

  test(`${name}: the largest elements overflow no sum of limbs`, t => {
    for (const columns of [8, 9, 1024, 5000]) {
      for (const element of [P - 1n, (1n << 31n) - 1n, P - (1n << 31n)]) {
        const x = new BigUint64Array(columns).fill(element);
        const [got] = kernel.innerSegments([x], { starts: Uint32Array.of(0), columns, shared: x, own: x });
        const wanted = fp.mul(BigInt(columns), fp.mul(element, element));
        t.deepEqual([...got], [wanted, wanted]);
      }
    }
  });

  test(`${name}: any words are masked to elements, and only those below p are elements`, t => {
    const words = BigUint64Array.from([...edges, P, P + 1n, 1n << 61n, 1n << 63n, (1n << 64n) - 2n, (1n << 64n) - 1n]);
    const masked = words.slice();
    kernel.maskInto(masked);
    t.deepEqual(
      [...masked],
      [...words].map(word => (word & P) % P),
    );
    for (const word of words) t.is(kernel.allBelowP(BigUint64Array.of(0n, word, 0n)), word < P);
    for (const at of [0, 16_383, 16_384, 39_999]) {
      const long = sample(40_000, 10);
      t.true(kernel.allBelowP(long));
      long[at] = P;
      t.false(kernel.allBelowP(long));
      kernel.maskInto(long);
      t.is(long[at], 0n);
    }
  });

  test(`${name}: a part of a longer buffer is read and written as itself`, t => {
    const whole = sample(100, 9);
    const [a, b] = [whole.subarray(10, 30), whole.subarray(30, 50)];
    const around = [whole.slice(0, 10), whole.slice(30)];
    t.is(check(a, b, 5n), undefined);
    kernel.addScaledInto(a, b, 5n);
    t.true(same(whole.subarray(0, 10), around[0]) && same(whole.subarray(30), around[1]));
  });
}

test('the comparison these tests stand on tells vectors apart', t => {
  t.false(same(BigUint64Array.of(1n, 2n), BigUint64Array.of(1n, 3n)));
  t.false(same(BigUint64Array.of(1n), BigUint64Array.of(1n, 1n)));
});

function same(a: Vec, b: Vec): boolean {
  return a.length === b.length && a.every((x, i) => x === b[i]);
}
