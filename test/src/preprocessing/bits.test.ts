/** Packed bits, and choices without branches. */
import test from 'ava';
import { fixedKeyAes } from '../../../src/crypto/index.js';
import { keepIf, packBits, rowBits, swapIf, unpackBits, xorIfInto } from '../../../src/preprocessing/bits.js';
import { otHashInto } from '../../../src/preprocessing/ot-hash.js';
import { challengeMatrix, combineBits, combineRows, expected } from '../../../src/preprocessing/subspace-check.js';
import { seeded } from './talks.js';

const bit = (bytes: Uint8Array, j: number) => (bytes[j >> 3] >> (j & 7)) & 1;

test('bits are packed eight to a byte, the first lowest', t => {
  t.deepEqual([...packBits(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 1, 0, 1))], [0x81, 0x02]);
  t.deepEqual([...unpackBits(Uint8Array.of(0x81, 0x02))], [1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
});

test('elements are kept for bit 1 and become zeros for bit 0', t => {
  const v = BigUint64Array.of(5n, (1n << 61n) - 2n, 1n << 32n);
  const kept = v.slice();
  keepIf(kept.subarray(1), 1);
  t.deepEqual(kept, v);
  keepIf(kept.subarray(1), 0);
  t.deepEqual([...kept], [5n, 0n, 0n]);
});

test('a swap happens for bit 1 and not for bit 0', t => {
  const [a, b] = [Uint8Array.of(1, 2, 255), Uint8Array.of(9, 0, 77)];
  t.deepEqual(swapIf(0, a, b), [a, b]);
  t.deepEqual(swapIf(1, a, b), [b, a]);
});

test('an exclusive or happens for bit 1 and not for bit 0', t => {
  const [a, b] = [Uint8Array.of(1, 2, 255, 0), Uint8Array.of(9, 0, 77, 1)];
  const [without, having] = [a.slice(), a.slice()];
  xorIfInto(without, b, 0);
  xorIfInto(having, b, 1);
  t.deepEqual([...without, ...having], [1, 2, 255, 0, 8, 2, 178, 1]);
});

test('the OT hash is pi(pi(x) + t) + pi(x), block by block', t => {
  const blocks = seeded('blocks').bytes(3 * 16);
  const first = 2 ** 32 - 2; // the last position needs the upper half
  const hashed = new Uint8Array(blocks.length);
  otHashInto(hashed, blocks, { sender: 3, receiver: 5 }, first);
  for (let k = 0; k < 3; k++) {
    const tweak = new Uint8Array(16);
    new DataView(tweak.buffer).setBigUint64(0, BigInt(first + k), true);
    tweak[8] = 5;
    tweak[9] = 3;
    const inner = fixedKeyAes(blocks.slice(16 * k, 16 * k + 16));
    const outer = fixedKeyAes(inner.map((byte, i) => byte ^ tweak[i]));
    t.deepEqual(
      hashed.slice(16 * k, 16 * k + 16),
      outer.map((byte, i) => byte ^ inner[i]),
    );
  }
});

test('the OT hash of many blocks is that of each, position by position', t => {
  const count = 2 * 2048 + 7;
  const blocks = seeded('many').bytes(16 * count);
  const [direction, first] = [{ sender: 0, receiver: 1 }, 3];
  const [all, one] = [new Uint8Array(blocks.length), new Uint8Array(16)];
  otHashInto(all, blocks, direction, first);
  for (const k of [0, 2047, 2048, 4096, count - 1]) {
    otHashInto(one, blocks.subarray(16 * k, 16 * k + 16), direction, first + k);
    t.deepEqual(all.slice(16 * k, 16 * k + 16), one);
  }
});

test('rows and bits are combined by the matrix that the challenge names, the mask rows added', t => {
  const rowCount = 256 + 128;
  const random = seeded('rows');
  const rows = random.bytes(16 * rowCount);
  const x = random.bytes(rowCount / 8);
  const matrix = challengeMatrix(random.bytes(16), rowCount);
  const coefficient = (r: number, j: number) =>
    j < 256 ? (matrix[(j >> 3) * rowBits + r] >> (j & 7)) & 1 : Number(j - 256 === r);
  const [combined, bits] = [combineRows(matrix, rows), combineBits(matrix, x)];
  for (let r = 0; r < rowBits; r++) {
    const sum = new Uint8Array(16);
    let parity = 0;
    for (let j = 0; j < rowCount; j++) {
      const c = coefficient(r, j);
      for (let w = 0; w < 16; w++) sum[w] ^= -c & rows[16 * j + w];
      parity ^= c & bit(x, j);
    }
    t.deepEqual(combined.slice(16 * r, 16 * r + 16), sum);
    t.is(bit(bits, r), parity);
  }
});

test('R*(V + x*Delta) is what is expected of R*V and R*x', t => {
  const rowCount = 256 + 128;
  const random = seeded('relation');
  const [rows, x, delta] = [random.bytes(16 * rowCount), random.bytes(rowCount / 8), random.bytes(16)];
  const matrix = challengeMatrix(random.bytes(16), rowCount);
  const due = expected(combineRows(matrix, rows), combineBits(matrix, x), delta);
  for (let j = 0; j < rowCount; j++) xorIfInto(rows.subarray(16 * j, 16 * j + 16), delta, bit(x, j));
  t.deepEqual(combineRows(matrix, rows), due);
});
