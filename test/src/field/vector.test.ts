/** Vectors of the field, against single elements. */
import test from 'ava';
import fc from 'fast-check';
import {
  addScaled,
  addScaledInto,
  addVec,
  borrowed,
  columnsAt,
  concatVec,
  equalVec,
  fp,
  gather,
  giveBack,
  inner,
  innerSegments,
  invVec,
  matVec,
  mulAddInto,
  mulVec,
  negVec,
  P,
  powersVec,
  rowsOfColumns,
  runsAt,
  scaleVec,
  scatterInto,
  single,
  subVec,
  sumVec,
  vec,
  zeros,
} from '../../../src/field/index.js';
import { sample, vectors } from './vectors.js';

test('the operations by hand', t => {
  const [a, b] = [vec([1, 2, 3]), vec([10, P - 1n, 0])];
  t.deepEqual(addVec(a, b), vec([11, 1, 3]));
  t.deepEqual(subVec(a, b), vec([-9, 3, 3]));
  t.deepEqual(negVec(b), vec([-10, 1, 0]));
  t.deepEqual(scaleVec(a, 5n), vec([5, 10, 15]));
  t.deepEqual(mulVec(a, b), vec([10, -2, 0]));
  t.deepEqual(invVec(vec([1, 2])), vec([1, 1n << 60n]));
  t.deepEqual(powersVec(3n, 4), vec([1, 3, 9, 27]));
  t.deepEqual(matVec(vec([1, 2, 3, 4, 5, 6]), 3, vec([1, 0, -1])), vec([-2, -2]));
  t.is(inner(a, b), 8n);
  t.is(sumVec(vec([P - 1n, 3])), 2n);
  addScaledInto(a, b, 2n);
  t.deepEqual(a, vec([21, 0, 3]));
});

test('one element at a time comes to what its slow twin gives', t => {
  const one = vectors(1).map(([a]) => a);
  fc.assert(
    fc.property(one, one, (a, b) => {
      for (const of of ['add', 'sub', 'mul'] as const) t.is(single[of](a, b), fp[of](a, b));
    }),
  );
});

test('a scalar may be any integer', t => {
  const a = vec([1, 2]);
  t.deepEqual(scaleVec(a, -1n), negVec(a));
  t.deepEqual(scaleVec(a, P), zeros(2));
  t.deepEqual(powersVec(-1n, 3), vec([1, -1, 1]));
  addScaledInto(a, vec([1, 1]), -1n);
  t.deepEqual(a, vec([0, 1]));
});

test('vec reduces what it is given', t => {
  t.deepEqual([...vec([0, -1, P, P + 5n, -P])], [0n, P - 1n, 0n, 5n, 0n]);
});

test('the laws of a vector space and of inner products', t => {
  const three = fc.integer({ min: 0, max: 9 }).chain(n => fc.tuple(vectors(n), vectors(n), vectors(n)));
  fc.assert(
    fc.property(three, ([a, b, c]) => {
      t.true(equalVec(mulVec(a, addVec(b, c)), addVec(mulVec(a, b), mulVec(a, c))));
      t.true(equalVec(subVec(addVec(a, b), b), a));
      t.is(inner(a, addVec(b, c)), fp.add(inner(a, b), inner(a, c)));
      t.is(inner(a, b), sumVec(mulVec(a, b)));
    }),
  );
});

test('lengths that differ are refused by every operation on two vectors', t => {
  const [a, b] = [zeros(2), zeros(3)];
  for (const operation of [addVec, subVec, mulVec, inner]) t.throws(() => operation(a, b), { message: /same length/ });
  t.throws(() => addScaledInto(a, b, 1n), { message: /same length/ });
});

test('a matrix with a broken row, without columns, or beside a vector of another length is refused', t => {
  t.throws(() => matVec(zeros(7), 3, zeros(3)), { message: /matrix/ });
  t.throws(() => matVec(zeros(0), 0, zeros(0)), { message: /matrix/ });
  t.throws(() => matVec(zeros(6), 3, zeros(2)), { message: /matrix/ });
});

test('a zero among the elements has no inverse', t => {
  t.throws(() => invVec(vec([1, 0, 2])), { message: /inverse/ });
});

test('concatenation keeps order and length', t => {
  t.deepEqual(concatVec(), zeros(0));
  t.deepEqual(concatVec(vec([1]), zeros(0), vec([2, 3])), vec([1, 2, 3]));
});

test('gather picks by index, again where an index comes again', t => {
  const a = sample(50, 1);
  t.deepEqual([...gather(a, Uint32Array.of(49, 0, 0, 7))], [a[49], a[0], a[0], a[7]]);
  t.deepEqual([...gather(a.subarray(10), Uint32Array.of(3))], [a[13]]);
  t.deepEqual(gather(a, new Uint32Array(0)), zeros(0));
});

test('runs are what stands from each start on, one behind the other', t => {
  const a = sample(50, 1);
  t.deepEqual(
    [...runsAt(a.subarray(1), Uint32Array.of(9, 0, 9), 3)],
    [10, 1, 10].flatMap(at => [...a.slice(at, at + 3)]),
  );
  t.deepEqual(runsAt(a, new Uint32Array(0), 7), zeros(0));
  t.deepEqual(runsAt(a, Uint32Array.of(47), 3), a.slice(47));
  t.throws(() => runsAt(a, Uint32Array.of(0, 48), 3), { message: /run/ });
});

test('gather refuses an index past the end', t => {
  t.throws(() => gather(zeros(3), Uint32Array.of(0, 3)), { message: /index/ });
});

test('vectors are equal in every element and in length, or not at all', t => {
  const a = sample(433, 2);
  t.true(equalVec(a, a.slice()));
  t.true(equalVec(zeros(0), zeros(0)));
  t.false(equalVec(a, a.slice(1)));
  for (const [at, bit] of [
    [0, 0n],
    [432, 60n],
    [200, 32n],
    [200, 31n],
  ] as const) {
    const other = a.slice();
    other[at] ^= 1n << bit;
    t.false(equalVec(a, other));
  }
});

test('columns picked from pieces of a vector go back into rows', t => {
  const a = sample(40, 21);
  for (const count of [1, 3, 8, 13]) {
    const starts = Uint32Array.from({ length: count }, (_, r) => 2 * r);
    const columns = Uint32Array.of(2, 0, 3, 1);
    const picked = columnsAt(a, starts, columns);
    t.deepEqual(picked, vec([...columns].flatMap(k => [...starts].map(start => a[start + k]))));
    const rows = zeros(picked.length);
    rowsOfColumns(picked, count, columns, rows);
    t.deepEqual(rows, vec([...starts].flatMap(start => [...a.subarray(start, start + 4)])));
  }
  t.deepEqual(columnsAt(a, new Uint32Array(0), Uint32Array.of(5)), zeros(0));
  t.throws(() => columnsAt(a, Uint32Array.of(39), Uint32Array.of(0, 1)));
  t.throws(() => columnsAt(a, Uint32Array.of(0, 40), Uint32Array.of(0)));
  t.throws(() => rowsOfColumns(a, 20, Uint32Array.of(0, 2), zeros(40)));
  t.throws(() => rowsOfColumns(a, 20, Uint32Array.of(0, 1), zeros(39)));
});

test('values are scattered where they were gathered', t => {
  const a = sample(9, 26);
  const indices = Uint32Array.of(8, 0, 3);
  const b = zeros(9);
  scatterInto(b, indices, gather(a, indices));
  t.deepEqual(b, vec([a[0], 0, 0, a[3], 0, 0, 0, 0, a[8]]));
  t.throws(() => scatterInto(b, Uint32Array.of(9), zeros(1)));
  t.throws(() => scatterInto(b, indices, zeros(2)));
});

test('pieces outside a row, and weights of another length, are refused', t => {
  const [row, weight] = [sample(10, 22), sample(4, 23)];
  const segments = { starts: Uint32Array.of(6), columns: 4, shared: weight, own: zeros(0) };
  t.deepEqual(innerSegments([row], segments), [vec([inner(row.subarray(6), weight)])]);
  t.throws(() => innerSegments([row], { ...segments, starts: Uint32Array.of(7) }));
  t.throws(() => innerSegments([row, row.subarray(1)], segments));
  t.throws(() => innerSegments([row], { ...segments, shared: zeros(5) }));
  t.throws(() => innerSegments([row], { ...segments, shared: zeros(4 * 32) }));
  t.throws(() => innerSegments([row], { ...segments, own: zeros(8) }));
  t.throws(() => innerSegments([row], { ...segments, shared: zeros(0) }));
});

test('a + c*b goes into a vector of its own, or into one that is given', t => {
  const [a, b] = [sample(7, 24), sample(7, 25)];
  const wanted = addVec(a, scaleVec(b, 9n));
  t.deepEqual(addScaled(a, b, 9n), wanted);
  t.is(addScaled(a, b, 9n, b), b);
  t.deepEqual(b, wanted);
  t.throws(() => addScaled(a, b, 1n, zeros(6)));
  mulAddInto(b, a, a);
  t.deepEqual(b, addVec(wanted, mulVec(a, a)));
});

test('a vector that was given back is lent again, wiped', t => {
  const vector = borrowed(70_003).fill(7n);
  giveBack(vector);
  const again = borrowed(60_001);
  t.is(again.buffer, vector.buffer);
  t.true(again.every(element => element === 0n));
  t.not(borrowed(5).buffer, again.buffer);
});

test('what was not lent, or is not any more, is not taken back', t => {
  t.throws(() => giveBack(zeros(3)), { message: /what was lent is given back, once/ });
  const vector = borrowed(3);
  giveBack(vector);
  t.throws(() => giveBack(vector), { message: /what was lent is given back, once/ });
});

test('a long vector waits for somebody who needs it, and two that are lent never share memory', t => {
  const [long, short] = [borrowed(90_001), borrowed(11)];
  t.not(long.buffer, short.buffer);
  giveBack(long);
  giveBack(short);
  t.is(borrowed(10).buffer, short.buffer);
  t.is(borrowed(90_001).buffer, long.buffer);
});
