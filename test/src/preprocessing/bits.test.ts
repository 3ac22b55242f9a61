import test from 'ava';
import { fixedKeyAes } from '../../../src/crypto/index.js';
import { packBits, rowBits, swapIf, transpose, wordsOf } from '../../../src/preprocessing/bits.js';
import { otHash } from '../../../src/preprocessing/ot-hash.js';
import { challengeMatrix, combineBits, combineRows } from '../../../src/preprocessing/subspace-check.js';
import { seeded } from './talks.js';

const bit = (words: Int32Array, j: number) => (words[j >> 5] >> (j & 31)) & 1;

test('bit c of row j of the transpose is bit j of column c', t => {
  const count = 96;
  const random = seeded('columns');
  const columns = Array.from({ length: rowBits }, () => wordsOf(random.bytes(count / 8)));
  const rows = transpose(columns);
  for (let j = 0; j < count; j++) {
    for (let c = 0; c < rowBits; c++) {
      if (bit(rows, j * rowBits + c) !== bit(columns[c], j)) t.fail(`row ${j}, column ${c}`);
    }
  }
  t.is(rows.length, (count * rowBits) / 32);
});

test('bits are packed eight to a byte, the first lowest', t => {
  t.deepEqual([...packBits(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 1, 0, 1))], [0x81, 0x02]);
});

test('a swap happens for bit 1 and not for bit 0', t => {
  const [a, b] = [Uint8Array.of(1, 2, 255), Uint8Array.of(9, 0, 77)];
  t.deepEqual(swapIf(0, a, b), [a, b]);
  t.deepEqual(swapIf(1, a, b), [b, a]);
});

test('the OT hash is pi(pi(x) + t) + pi(x), block by block', t => {
  const blocks = seeded('blocks').bytes(3 * 16);
  const first = 2 ** 32 - 2; // the last position needs the upper half
  const hashed = otHash(wordsOf(blocks), { sender: 3, receiver: 5 }, first);
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

test('rows and bits are combined by the matrix that the challenge names, the mask rows added', t => {
  const rowCount = 256 + 128;
  const random = seeded('rows');
  const rows = wordsOf(random.bytes(16 * rowCount));
  const x = random.bytes(rowCount / 8);
  const matrix = challengeMatrix(random.bytes(16), rowCount);
  const coefficient = (r: number, j: number) =>
    j < 256 ? (matrix[(j >> 3) * rowBits + r] >> (j & 7)) & 1 : Number(j - 256 === r);
  const [combined, bits] = [combineRows(matrix, rows), combineBits(matrix, x)];
  for (let r = 0; r < rowBits; r++) {
    const sum = new Int32Array(4);
    let parity = 0;
    for (let j = 0; j < rowCount; j++) {
      const c = coefficient(r, j);
      for (let w = 0; w < 4; w++) sum[w] ^= -c & rows[4 * j + w];
      parity ^= c & (x[j >> 3] >> (j & 7));
    }
    t.deepEqual(combined.slice(4 * r, 4 * r + 4), sum);
    t.is(bit(bits, r), parity & 1);
  }
});
