/** Encodings of vectors. */
import test from 'ava';
import fc from 'fast-check';
import { decodeVec, encodeVec, maskToField, P, type Vec, vec } from '../../../src/field/index.js';
import { sample, sizes, vectors } from './vectors.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
/** The bytes of any 64-bit words, elements or not. */
const words = (...values: bigint[]) => new Uint8Array(BigUint64Array.from(values).buffer);

const encodings: [Vec, string][] = [
  [vec([]), ''],
  [vec([0]), '0000000000000000'],
  [vec([1, 256]), '01000000000000000001000000000000'],
  [vec([0x0123_4567_89ab_cdefn]), 'efcdab8967452301'],
  [vec([P - 1n]), 'feffffffffffff1f'],
  [vec([1n << 60n, (1n << 32n) - 1n]), '0000000000000010ffffffff00000000'],
];

test('encodings are the fixed ones', t => {
  for (const [value, text] of encodings) {
    t.is(hex(encodeVec(value)), text);
    t.deepEqual(decodeVec(bytesOf(text)), value);
  }
});

test('what is encoded is decoded to itself, from any offset', t => {
  for (const size of sizes) {
    const value = sample(size, 1);
    const bytes = encodeVec(value);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    t.true(Buffer.from(decodeVec(shifted.subarray(3)).buffer).equals(Buffer.from(value.buffer)));
  }
  fc.assert(fc.property(vectors(5), value => t.deepEqual(decodeVec(encodeVec(value)), value)));
});

test('encoding and decoding copy', t => {
  const value = vec([1, 2]);
  const bytes = encodeVec(value.subarray(1));
  value[1] = 9n;
  t.is(bytes[0], 2);
  const buffer = Buffer.from('0500000000000000', 'hex');
  const decoded = decodeVec(buffer);
  buffer[0] = 6;
  t.is(decoded[0], 5n);
});

test('a length that is not whole elements is malformed', t => {
  for (const length of [1, 7, 9, 15]) t.throws(() => decodeVec(new Uint8Array(length)), { code: 'MALFORMED' });
});

test('an element that is not below p is malformed, wherever it stands', t => {
  for (const bad of [P, P + 1n, P + 2n, 1n << 61n, 1n << 62n, 1n << 63n, (1n << 64n) - 1n]) {
    t.throws(() => decodeVec(words(bad)), { code: 'MALFORMED' });
    t.throws(() => decodeVec(words(bad, 0n, 0n)), { code: 'MALFORMED' });
    t.throws(() => decodeVec(words(0n, P - 1n, bad)), { code: 'MALFORMED' });
  }
});

test('elements beside p are read', t => {
  const beside = [P - 1n, P - 2n, P ^ 1n, P ^ (1n << 31n), P ^ (1n << 32n), P ^ (1n << 60n), (1n << 32n) - 1n];
  t.deepEqual([...decodeVec(words(...beside))], beside);
});

test('masking drops the top three bits and reads p as zero', t => {
  const top = (1n << 64n) - (1n << 61n);
  const inputs = [0n, 5n, P, P - 1n, top, top | P, top | (P - 1n), top | 7n, (1n << 32n) - 1n, P - (1n << 31n)];
  const wanted = [0n, 5n, 0n, P - 1n, 0n, 0n, P - 1n, 7n, (1n << 32n) - 1n, P - (1n << 31n)];
  t.deepEqual([...maskToField(words(...inputs))], wanted);
});

test('masking is reduction of 61 bits modulo p, for any words, and leaves its argument alone', t => {
  const any = fc.array(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), { maxLength: 20 });
  fc.assert(
    fc.property(any, values => {
      const bytes = words(...values);
      t.deepEqual(
        [...maskToField(bytes)],
        values.map(value => (value & P) % P),
      );
      t.deepEqual(bytes, words(...values));
    }),
  );
});

test('masking a broken element is refused', t => {
  t.throws(() => maskToField(new Uint8Array(9)), { message: /whole elements/ });
});
