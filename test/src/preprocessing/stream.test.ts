/** A stream of lots: taken once, then overwritten. */
import test from 'ava';
import type { Vec } from '../../../src/field/index.js';
import { Stream } from '../../../src/preprocessing/stream.js';

/** Rows of one and of three elements a position, and one of none; each element tells its position. */
const widths = [1, 3, 0];
function rows(from: number, count: number): Vec[] {
  return widths.map(width =>
    BigUint64Array.from({ length: width * count }, (_, k) => BigInt(1 + from + Math.floor(k / width))),
  );
}
function filled(...counts: number[]) {
  const stream = new Stream(widths);
  const lots: Vec[][] = [];
  for (const count of counts) {
    lots.push(rows(stream.made, count));
    stream.append(count, lots[lots.length - 1]);
  }
  return { stream, lots };
}

test('what is taken is what was made at these positions, across lots', t => {
  const { stream } = filled(7, 1, 7);
  t.is(stream.made, 15);
  t.deepEqual(stream.take(2, 13), rows(2, 11));
  t.deepEqual(stream.take(13, 13), rows(13, 0));
  t.deepEqual(stream.take(14, 15), rows(14, 1));
});

test('what is below a taken position is overwritten, what is above is not', t => {
  const { stream, lots } = filled(7, 7);
  stream.take(3, 9);
  t.true(lots[0].every(row => row.every(element => element === 0n)));
  t.deepEqual([...lots[1][0]], [0n, 0n, 10n, 11n, 12n, 13n, 14n]);
});

test('nothing is taken twice, nor before it is made', t => {
  const { stream } = filled(7);
  stream.take(2, 4);
  t.throws(() => stream.take(3, 5));
  t.throws(() => stream.take(0, 1));
  t.throws(() => stream.take(6, 8));
});

test('positions that are skipped are never made, nor handed out', t => {
  const { stream } = filled(4);
  stream.skip(10);
  stream.skip(6);
  stream.append(3, rows(10, 3));
  t.is(stream.made, 13);
  t.throws(() => stream.take(9, 11));
  t.deepEqual(stream.take(10, 12), rows(10, 2));
});

test('what is made below a position already used is destroyed as it arrives', t => {
  const stream = new Stream(widths);
  stream.take(5, 5);
  const lot = rows(0, 7);
  stream.append(7, lot);
  t.deepEqual([...lot[0]], [0n, 0n, 0n, 0n, 0n, 6n, 7n]);
});

test('a stream that is cleared holds nothing, and has overwritten it', t => {
  const { stream, lots } = filled(7);
  stream.clear();
  t.true(lots[0].every(row => row.every(element => element === 0n)));
  t.throws(() => stream.take(0, 1));
});

test('a lot with rows of another shape is refused', t => {
  t.throws(() => new Stream(widths).append(2, rows(0, 3)));
});
