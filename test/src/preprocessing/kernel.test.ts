/** The same tests on both kernels, and one against the other. */
import test from 'ava';
import { fp, P, type Vec } from '../../../src/field/index.js';
import type { OtKernel } from '../../../src/preprocessing/kernel/kernel.js';
import { plainKernel } from '../../../src/preprocessing/kernel/plain.js';
import { wasmKernel } from '../../../src/preprocessing/kernel/wasm.js';
import { edges, sample } from '../field/vectors.js';
import { seeded } from './talks.js';

const kernels: [string, OtKernel][] = [
  ['plain', plainKernel],
  ['wasm', wasmKernel],
];

const random = (name: string, bytes: number) => seeded(name).bytes(bytes).slice();
const many = (name: string, count: number, bytes: number) =>
  Array.from({ length: count }, (_, i) => random(`${name}${i}`, bytes));
const same = (a: ArrayLike<unknown>, b: ArrayLike<unknown>) =>
  a.length === b.length && Array.prototype.every.call(a, (x, i) => x === b[i]);
const bit = (bytes: Uint8Array, j: number) => (bytes[j >> 3] >> (j & 7)) & 1;

/** Both kernels' answers to one question. */
function answers<T>(ask: (kernel: OtKernel) => T): [T, T] {
  return [ask(plainKernel), ask(wasmKernel)];
}

for (const [name, kernel] of kernels) {
  test(`${name}: column b of a fold is the sum of the leaves that have bit b, and the sum is that of all`, t => {
    const leaves = many('leaf', 8, 48);
    const columns = many('junk', 3, 48);
    const sum = random('junk', 48);
    kernel.fold(leaves, columns, sum);
    for (let at = 0; at < 48; at++) {
      const of = (b: number) => leaves.reduce((total, leaf, x) => total ^ (((x >> b) & 1) * leaf[at]), 0);
      t.deepEqual([columns[0][at], columns[1][at], columns[2][at]], [of(0), of(1), of(2)]);
      t.is(
        sum[at],
        leaves.reduce((total, leaf) => total ^ leaf[at], 0),
      );
    }
    t.deepEqual(leaves, many('leaf', 8, 48), 'the leaves are kept');
  });

  test(`${name}: bit c of row j of the transpose is bit j of column c`, t => {
    const columns = many('column', 128, 16);
    const rows = random('junk', 16 * 128);
    kernel.transpose(rows, columns);
    for (let j = 0; j < 128; j++) {
      t.true(columns.every((column, c) => bit(rows.subarray(16 * j, 16 * j + 16), c) === bit(column, j)));
    }
  });

  test(`${name}: edge values are corrected, chosen and turned as elements`, t => {
    const [z, o] = [edges.flatMap(x => edges.map(() => x)), edges.flatMap(() => edges)].map(v =>
      BigUint64Array.from(v),
    );
    const m = z.toReversed();
    const choices = Uint8Array.from(z, (_, i) => i & 1);
    for (const bits of [0, 1, 31, 60]) {
      const power = (1n << BigInt(bits)) % P;
      const [negative, correction, chosen] = [o.slice(), z.slice(), o.slice()];
      kernel.correct(negative, correction, o, m, bits);
      t.true(
        same(
          negative,
          z.map((x, i) => fp.sub(o[i], fp.mul(power, x))),
        ),
      );
      t.true(
        same(
          correction,
          z.map((x, i) => fp.add(fp.sub(x, o[i]), m[i])),
        ),
      );
      t.true(kernel.choose(chosen, z, m, choices, bits));
      const due = z.map((x, i) => fp.add(o[i], fp.mul(power, fp.add(x, choices[i] === 1 ? m[i] : 0n))));
      t.true(same(chosen, due));
    }
  });

  test(`${name}: blocks are masked to elements, p read as 0`, t => {
    const words = BigUint64Array.from([P, P + 1n, (1n << 64n) - 1n, 1n << 61n, 0n, P - 1n]);
    const [even, odd] = [new BigUint64Array(3), new BigUint64Array(3)];
    kernel.elements(even, odd, new Uint8Array(words.buffer), new Uint8Array(48));
    t.deepEqual([...even, ...odd], [0n, 0n, 0n, 0n, 0n, P - 1n]);
  });

  for (const size of [1, 2, 4095, 4097]) {
    test(`${name}: one of ${size} corrections that is p or more is noticed, wherever it stands and chosen or not`, t => {
      const d = sample(size, 1);
      const choices = new Uint8Array(size);
      const chosen = () => kernel.choose(sample(size, 2), sample(size, 3), d, choices, 7);
      t.true(chosen());
      for (const at of [0, size - 1]) {
        for (const bad of [P, P + 1n, 1n << 63n, (1n << 64n) - 1n]) {
          const kept = d[at];
          d[at] = bad;
          t.false(chosen());
          d[at] = kept;
        }
      }
      t.true(chosen());
    });
  }
}

for (const [k, bytes] of [
  [1, 16],
  [2, 4096 + 16],
  [4, 2 * 4096 + 48],
  [8, 4096 + 16],
]) {
  test(`a fold of 2^${k} leaves of ${bytes} bytes is its twin's`, t => {
    const leaves = many('leaf', 1 << k, bytes);
    const [plain, wasm] = answers(kernel => {
      const [columns, sum] = [many('junk', k, bytes), random('junk', bytes)];
      kernel.fold(leaves, columns, sum);
      return [...columns, sum];
    });
    t.true(plain.every((column, c) => same(column, wasm[c])));
  });
}

for (const bytes of [16, 48, 1024 + 16]) {
  test(`a transpose of ${bytes} bytes a column is its twin's`, t => {
    const columns = many('column', 128, bytes);
    const [plain, wasm] = answers(kernel => {
      const rows = random('junk', 128 * bytes);
      kernel.transpose(rows, columns);
      return rows;
    });
    t.true(same(plain, wasm));
  });
}

for (const groups of [0, 1, 2, 7, 433, 512, 513]) {
  test(`the combination of ${groups} groups of rows, and of their bits, is its twin's`, t => {
    const [matrix, rows, x] = [random('R', 128 * groups), random('rows', 128 * groups), random('x', groups)];
    const [plain, wasm] = answers(kernel => [kernel.combineRows(matrix, rows), kernel.combineBits(matrix, x)]);
    t.true(same(plain[0], wasm[0]) && same(plain[1], wasm[1]));
    t.is(
      plain[0].some(byte => byte !== 0),
      groups > 0,
    );
  });
}

for (const count of [0, 1, 7, 4096, 4097]) {
  test(`what stands around the permutation is its twin's for ${count} blocks`, t => {
    const [blocks, others, one] = [random('blocks', 16 * count), random('others', 16 * count), random('one', 16)];
    const first = 2 ** 32 - 3; // the low half overflows on the way
    const [plain, wasm] = answers(kernel => {
      const tweaked = new Uint8Array(16 * count);
      kernel.tweak(tweaked, blocks, first, 0x1122_3344_5566_7788n);
      const [sum, all] = [blocks.slice(), blocks.slice()];
      kernel.xor(sum, others);
      kernel.addToAll(all, one);
      const [even, odd]: Vec[] = [new BigUint64Array(count), new BigUint64Array(count)];
      kernel.elements(even, odd, blocks, others);
      return [tweaked, sum, all, even, odd];
    });
    for (const [i, array] of plain.entries()) t.true(same(array, wasm[i]), `result ${i}`);
  });
}

for (const size of [0, 1, 7, 433, 4096, 9001]) {
  test(`corrections, choices and bits of ${size} elements are their twin's`, t => {
    const choices = random('choices', size).map(byte => byte & 1);
    for (const shift of [0, 32, 60]) {
      const [plain, wasm] = answers(kernel => {
        const [negative, z, sum, bits] = [sample(size, 1), sample(size, 2), sample(size, 5), new Uint8Array(size)];
        kernel.correct(negative, z, sample(size, 3), sample(size, 4), shift);
        const valid = kernel.choose(sum, sample(size, 6), sample(size, 7), choices, shift);
        kernel.bits(bits, sample(size, 8), shift);
        return [negative, z, sum, bits, [valid]];
      });
      for (const [i, array] of plain.entries()) t.true(same(array, wasm[i]), `result ${i}`);
    }
  });
}

for (const count of [0, 16, 432, 65_536 + 16]) {
  test(`${count} packed bits are their twin's`, t => {
    const bits = random('bits', count).map(byte => byte & 1);
    const [plain, wasm] = answers(kernel => {
      const packed = random('junk', count / 8);
      kernel.pack(packed, bits);
      return packed;
    });
    t.true(same(plain, wasm));
    t.true(bits.every((value, j) => value === bit(plain, j)));
  });
}

test('parts of longer arrays are read and written as themselves', t => {
  const whole = random('whole', 160);
  const before = whole.slice();
  wasmKernel.xor(whole.subarray(16, 64), whole.subarray(80, 128));
  t.true(same(whole.subarray(0, 16), before.subarray(0, 16)) && same(whole.subarray(64), before.subarray(64)));
  t.true(
    same(
      whole.subarray(16, 64),
      before.slice(16, 64).map((byte, i) => byte ^ before[80 + i]),
    ),
  );
});

test('the comparison these tests stand on tells arrays apart', t => {
  t.false(same([1, 2], [1, 3]));
  t.false(same([1], [1, 1]));
});
