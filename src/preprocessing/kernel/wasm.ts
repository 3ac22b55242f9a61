/**
 * The loops in WebAssembly (`assembly/`), on arrays of the ordinary heap: each is copied into the kernel's memory, a tile at a
 * time, and the result copied out. A tile fits a core's second cache; a copy costs about half a nanosecond for 16 bytes.
 *
 *     scratch area    tables and squares | what each loop needs, from `base`
 *
 * Streams that lie side by side stand `lineBytes` further apart than they are long, lest they share cache lines' places.
 * What a call leaves in the scratch area stays there until another overwrites it.
 */
import type { Vec } from '../../field/index.js';
import { loadKernel } from '../../field/kernel/load.js';
import { kernelBase64 } from './kernel.generated.js';
import type { OtKernel } from './kernel.js';

interface Loops {
  scratch(): number;
  fold(leaves: number, stride: number, k: number, columns: number, bytes: number): void;
  transpose(rows: number, columns: number, stride: number, bytes: number, squares: number): void;
  pack(to: number, bits: number, count: number): void;
  combineRows(sums: number, matrix: number, rows: number, groups: number, tables: number): void;
  combineBits(sums: number, matrix: number, x: number, groups: number): void;
  tweak(to: number, from: number, first: bigint, way: bigint, count: number): void;
  addToAll(blocks: number, block: number, count: number): void;
  xor(target: number, source: number, count: number): void;
  elements(even: number, odd: number, output: number, input: number, count: number): void;
  correct(sum: number, z: number, o: number, m: number, t: number, count: number): void;
  choose(sum: number, v: number, d: number, choices: number, t: number, count: number): bigint;
  bits(to: number, v: number, t: number, count: number): void;
}

const { memory, exports: loops } = loadKernel<Loops>(kernelBase64);
const bytes = new Uint8Array(memory.buffer);
const words = new BigUint64Array(memory.buffer);

const lineBytes = 64;
/** Bytes of a stream in a fold, of a column in a transpose; blocks, groups of 8 rows, and elements at once. */
const foldTile = 4096;
const transposeTile = 1024;
const blockTile = 4096;
const groupTile = 512;
const elementTile = 4096;

const tables = Math.ceil(loops.scratch() / lineBytes) * lineBytes;
const sums = tables + 1024;
const base = sums + 2048;
/** Parts of 64 KB and a line: 4096 blocks, or elements to spare. */
const part = (index: number) => base + index * (16 * blockTile + lineBytes);

export const wasmKernel: OtKernel = {
  fold(leaves, columns, sum) {
    const stride = foldTile + lineBytes;
    const out = base + leaves.length * stride;
    for (let at = 0; at < sum.length; at += foldTile) {
      const count = Math.min(foldTile, sum.length - at);
      for (const [x, leaf] of leaves.entries()) bytes.set(leaf.subarray(at, at + count), base + x * stride);
      loops.fold(base, stride, columns.length, out, count);
      for (const [b, column] of columns.entries()) take(column, at, out + b * stride, count);
      take(sum, at, base, count);
    }
  },

  transpose(rows, columns) {
    const stride = transposeTile + lineBytes;
    const out = base + columns.length * stride;
    const length = columns[0].length;
    for (let at = 0; at < length; at += transposeTile) {
      const count = Math.min(transposeTile, length - at);
      for (const [c, column] of columns.entries()) bytes.set(column.subarray(at, at + count), base + c * stride);
      loops.transpose(out, base, stride, count, tables);
      take(rows, 128 * at, out, 128 * count);
    }
  },

  pack(to, bits) {
    const tile = 16 * blockTile;
    for (let at = 0; at < bits.length; at += tile) {
      const count = Math.min(tile, bits.length - at);
      bytes.set(bits.subarray(at, at + count), base);
      loops.pack(part(1), base, count);
      take(to, at / 8, part(1), count / 8);
    }
  },

  combineRows(matrix, rows) {
    bytes.fill(0, sums, sums + 2048);
    inGroups(rows.length / 128, (at, count) => {
      bytes.set(matrix.subarray(128 * at, 128 * (at + count)), base);
      bytes.set(rows.subarray(128 * at, 128 * (at + count)), part(1));
      loops.combineRows(sums, base, part(1), count, tables);
    });
    return bytes.slice(sums, sums + 2048);
  },

  combineBits(matrix, x) {
    bytes.fill(0, sums, sums + 128);
    inGroups(x.length, (at, count) => {
      bytes.set(matrix.subarray(128 * at, 128 * (at + count)), base);
      bytes.set(x.subarray(at, at + count), part(1));
      loops.combineBits(sums, base, part(1), count);
    });
    return bytes.slice(sums, sums + 128);
  },

  tweak(to, from, first, way) {
    inBlocks(from.length, (at, count) => {
      bytes.set(from.subarray(at, at + 16 * count), base);
      loops.tweak(base, base, BigInt(first + at / 16), way, count);
      take(to, at, base, 16 * count);
    });
  },

  addToAll(blocks, block) {
    inBlocks(blocks.length, (at, count) => {
      bytes.set(blocks.subarray(at, at + 16 * count), base);
      bytes.set(block, part(1));
      loops.addToAll(base, part(1), count);
      take(blocks, at, base, 16 * count);
    });
  },

  xor(target, source) {
    inBlocks(target.length, (at, count) => {
      bytes.set(target.subarray(at, at + 16 * count), base);
      bytes.set(source.subarray(at, at + 16 * count), part(1));
      loops.xor(base, part(1), count);
      take(target, at, base, 16 * count);
    });
  },

  elements(even, odd, output, input) {
    inBlocks(output.length, (at, count) => {
      bytes.set(output.subarray(at, at + 16 * count), base);
      bytes.set(input.subarray(at, at + 16 * count), part(1));
      loops.elements(part(2), part(3), base, part(1), count);
      takeElements(even, at / 16, part(2), count);
      takeElements(odd, at / 16, part(3), count);
    });
  },

  correct(sum, z, o, m, t) {
    inElements(sum.length, (at, count) => {
      for (const [index, v] of [sum, z, o, m].entries()) putElements(v, at, part(index), count);
      loops.correct(part(0), part(1), part(2), part(3), t, even(count));
      takeElements(sum, at, part(0), count);
      takeElements(z, at, part(1), count);
    });
  },

  choose(sum, v, d, choices, t) {
    let excess = 0n;
    inElements(sum.length, (at, count) => {
      for (const [index, vector] of [sum, v, d].entries()) putElements(vector, at, part(index), count);
      bytes.set(choices.subarray(at, at + count), part(3));
      words[part(2) / 8 + count] = 0n; // an odd count has one more, which must not be what was there before
      excess |= loops.choose(part(0), part(1), part(2), part(3), t, even(count));
      takeElements(sum, at, part(0), count);
    });
    return excess === 0n;
  },

  bits(to, v, t) {
    inElements(v.length, (at, count) => {
      putElements(v, at, base, count);
      loops.bits(part(1), base, t, count);
      take(to, at, part(1), count);
    });
  },
};

/** Loops of two elements a step also do the one after the last: the scratch area has room for it. */
function even(count: number): number {
  return count + (count & 1);
}

function take(to: Uint8Array, at: number, from: number, count: number): void {
  to.set(bytes.subarray(from, from + count), at);
}

function putElements(v: Vec, at: number, to: number, count: number): void {
  words.set(count === v.length ? v : v.subarray(at, at + count), to / 8);
}

function takeElements(to: Vec, at: number, from: number, count: number): void {
  to.set(words.subarray(from / 8, from / 8 + count), at);
}

/** `at` in bytes, `count` in blocks. */
function inBlocks(length: number, work: (at: number, count: number) => void): void {
  for (let at = 0; at < length; at += 16 * blockTile) work(at, Math.min(blockTile, (length - at) / 16));
}

function inGroups(length: number, work: (at: number, count: number) => void): void {
  for (let at = 0; at < length; at += groupTile) work(at, Math.min(groupTile, length - at));
}

function inElements(length: number, work: (at: number, count: number) => void): void {
  for (let at = 0; at < length; at += elementTile) work(at, Math.min(elementTile, length - at));
}
