/** One element of the field, against bigints. */
import test from 'ava';
import fc from 'fast-check';
import { fp, P } from '../../../src/field/index.js';
import { elements } from './vectors.js';

test('p is 2^61 - 1 and 3 generates a group of its order', t => {
  t.is(P, 2305843009213693951n);
  t.is(fp.pow(3n, P - 1n), 1n);
  t.is(fp.pow(3n, (P - 1n) / 2n), P - 1n);
});

test('mod brings any integer into [0, p)', t => {
  t.deepEqual([0n, P, 2n * P, -P, P + 1n, -1n, -P - 1n].map(fp.mod), [0n, 0n, 0n, 0n, 1n, P - 1n, P - 1n]);
});

test('the operations keep the laws of a field', t => {
  fc.assert(
    fc.property(elements, elements, elements, (a, b, c) => {
      t.is(fp.mul(a, fp.add(b, c)), fp.add(fp.mul(a, b), fp.mul(a, c)));
      t.is(fp.sub(fp.add(a, b), b), a);
      t.is(fp.add(a, fp.neg(a)), 0n);
      if (a !== 0n) t.is(fp.mul(a, fp.inv(a)), 1n);
    }),
  );
});

test('a power is a repeated product', t => {
  t.is(fp.pow(0n, 0n), 1n);
  t.is(fp.pow(7n, 5n), 16807n);
  t.is(fp.pow(2n, 61n), 1n);
});

test('zero has no inverse, and neither has p', t => {
  t.throws(() => fp.inv(0n));
  t.throws(() => fp.inv(P));
});

test('a negative exponent is refused', t => {
  t.throws(() => fp.pow(2n, -1n));
});
