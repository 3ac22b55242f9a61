/**
 * The loops bit by bit and element by element: obviously right, and a thousand times slower than `wasm.ts`.
 * Nothing but the tests uses it.
 */
import { fp, P } from '../../field/index.js';
import type { OtKernel } from './kernel.js';

const groupBytes = 128;

export const plainKernel: OtKernel = {
  fold(leaves, columns, sum) {
    columns.forEach((column, b) => {
      xorAll(
        column,
        leaves.filter((_, x) => (x >> b) & 1),
      );
    });
    xorAll(sum, leaves);
  },

  transpose(rows, columns) {
    rows.fill(0);
    for (let j = 0; j < rows.length / 16; j++) {
      for (const [c, column] of columns.entries()) rows[16 * j + (c >> 3)] |= bitAt(column, j) << (c & 7);
    }
  },

  pack(to, bits) {
    to.fill(0);
    for (const [j, bit] of bits.entries()) to[j >> 3] |= bit << (j & 7);
  },

  combineRows(matrix, rows) {
    const sums = new Uint8Array(16 * groupBytes);
    for (let j = 0; j < rows.length / 16; j++) {
      for (let r = 0; r < groupBytes; r++) {
        const coefficient = (matrix[(j >> 3) * groupBytes + r] >> (j & 7)) & 1;
        for (let w = 0; w < 16; w++) sums[16 * r + w] ^= coefficient * rows[16 * j + w];
      }
    }
    return sums;
  },

  combineBits(matrix, x) {
    const sums = new Uint8Array(groupBytes);
    for (const [at, byte] of matrix.entries()) sums[at % groupBytes] ^= byte & x[Math.floor(at / groupBytes)];
    return sums;
  },

  tweak(to, from, first, way) {
    const [source, target] = [viewOf(from), viewOf(to)];
    for (let at = 0; at < from.length; at += 16) {
      const position = BigInt(first) + BigInt(at / 16);
      target.setBigUint64(at, source.getBigUint64(at, true) ^ position, true);
      target.setBigUint64(at + 8, source.getBigUint64(at + 8, true) ^ way, true);
    }
  },

  addToAll(blocks, block) {
    for (let i = 0; i < blocks.length; i++) blocks[i] ^= block[i % 16];
  },

  xor: (target, source) => xorAll(target, [target.slice(), source]),

  elements(even, odd, output, input) {
    const [a, b] = [viewOf(output), viewOf(input)];
    const element = (at: number) => fp.mod(BigInt.asUintN(61, a.getBigUint64(at, true) ^ b.getBigUint64(at, true)));
    for (let i = 0; i < even.length; i++) {
      even[i] = element(16 * i);
      odd[i] = element(16 * i + 8);
    }
  },

  correct(sum, z, o, m, t) {
    for (let i = 0; i < z.length; i++) {
      sum[i] = fp.sub(sum[i], fp.mul(z[i], (1n << BigInt(t)) % P));
      z[i] = fp.add(fp.sub(z[i], o[i]), m[i]);
    }
  },

  choose(sum, v, d, choices, t) {
    for (let i = 0; i < v.length; i++) {
      const x = fp.add(v[i], fp.mul(d[i], BigInt(choices[i])));
      sum[i] = fp.add(sum[i], fp.mul(x, (1n << BigInt(t)) % P));
    }
    return d.every(element => element < P);
  },

  bits(to, v, t) {
    for (let i = 0; i < v.length; i++) to[i] = Number((v[i] >> BigInt(t)) & 1n);
  },
};

function xorAll(target: Uint8Array, sources: readonly Uint8Array[]): void {
  target.fill(0);
  for (const source of sources) for (let i = 0; i < target.length; i++) target[i] ^= source[i];
}

function bitAt(column: Uint8Array, j: number): number {
  return (column[j >> 3] >> (j & 7)) & 1;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
