/**
 * The loops of VOLE at scale in WebAssembly (`assembly/`), on vectors of the ordinary heap, copied in and out by chunks.
 *
 *   memory     base, up to 2^16 elements of 16 bytes | four work areas | words and indices of the rows at hand
 *
 * What a call leaves in the work areas stays until the next one overwrites it, or `wipe`, which the end of a session calls;
 * except the base, which is wiped at once: it is what a whole round rests on.
 */
import { assert } from '../../errors.js';
import { loadKernel } from '../../field/kernel/load.js';
import { kernelBase64 } from './kernel.generated.js';
import { type Code, type Level, type LpnKernel, rowWeight } from './kernel.js';

interface Loops {
  readonly memory: { grow(pages: number): number; readonly buffer: ArrayBuffer };
  scratch(): number;
  children(to: number, sums: number, nodes: number, zeros: number, ones: number, trees: number, inTree: number): void;
  patch(nodes: number, deltas: number, places: number, trees: number, inTree: number): void;
  leaves(to: number, nodes: number, count: number): void;
  points(to: number, places: number, values: number, blockBits: number, first: number, count: number): void;
  indices(to: number, words: number, baseCount: number, count: number): void;
  rows(to: number, base: number, index: number, count: number): void;
  rowPairs(first: number, second: number, base: number, index: number, count: number): void;
  interleave(to: number, first: number, second: number, count: number): void;
}

type ChunkRun = (from: number, size: number) => void;

const blockBytes = 16;
const pageBytes = 65_536;
/** Of one work area: 32 trees of 512 leaves of 16 bytes. */
export const areaBytes = 262_144;
/** Rows at once: their vectors and indices stay in the second cache beside the base. */
const rowsAtOnce = 4_096;
/** Elements of a base: indices have two bytes. */
export const baseMax = 65_536;

export function wasmLpnKernel(): LpnKernel {
  const { exports: loops } = loadKernel<Loops>(kernelBase64);
  const base0 = Math.ceil(loops.scratch() / blockBytes) * blockBytes;
  const [a0, b0, c0, d0] = [0, 1, 2, 3].map(part => base0 + blockBytes * baseMax + part * areaBytes);
  const words0 = d0 + areaBytes;
  const index0 = words0 + 4 * rowWeight * (rowsAtOnce + 1); // and the row before, where the first is odd
  const end = index0 + 2 * rowWeight * rowsAtOnce;
  loops.memory.grow(Math.max(0, Math.ceil((end - loops.memory.buffer.byteLength) / pageBytes)));
  const bytes = new Uint8Array(loops.memory.buffer);
  const elements = (at: number, count: number) => new BigUint64Array(loops.memory.buffer, at, count);
  const put = (at: number, source: ArrayBufferView) => {
    bytes.set(new Uint8Array(source.buffer, source.byteOffset, source.byteLength), at);
  };
  /** For every chunk of rows, with their indices in place; then wipes the base. */
  const eachChunk = (code: Code, baseCount: number, first: number, count: number, run: ChunkRun) => {
    for (let from = 0; from < count; from += rowsAtOnce) {
      const size = Math.min(rowsAtOnce, count - from);
      const odd = (first + from) % 2;
      code(new Uint32Array(loops.memory.buffer, words0, rowWeight * (odd + size)), first + from - odd);
      loops.indices(index0, words0 + 4 * rowWeight * odd, baseCount, rowWeight * size);
      run(from, size);
    }
    bytes.fill(0, base0, base0 + blockBytes * baseCount);
  };

  return {
    children(to: Level, nodes, treeCount, pi) {
      assert(2 * nodes.length <= areaBytes, 'a level and its children fit their areas');
      assert(2 * blockBytes * treeCount <= areaBytes / 2, 'sums fit behind the nodes');
      put(a0, nodes);
      pi[0](nodes, bytes.subarray(b0, b0 + nodes.length));
      pi[1](nodes, bytes.subarray(c0, c0 + nodes.length));
      const sums0 = a0 + areaBytes / 2; // behind the nodes
      const sumBytes = 2 * blockBytes * treeCount;
      loops.children(d0, sums0, a0, b0, c0, treeCount, nodes.length / blockBytes / treeCount);
      to.nodes.set(bytes.subarray(d0, d0 + 2 * nodes.length));
      to.sums.set(bytes.subarray(sums0, sums0 + sumBytes));
    },

    patch(nodes, deltas, places) {
      put(a0, nodes);
      put(b0, deltas);
      put(c0, places);
      loops.patch(a0, b0, c0, places.length, nodes.length / blockBytes / places.length);
      nodes.set(bytes.subarray(a0, a0 + nodes.length));
    },

    leaves(to, nodes) {
      put(a0, nodes);
      loops.leaves(b0, a0, to.length);
      to.set(elements(b0, to.length));
    },

    points(to, places, values, blockBits, first) {
      assert(8 * places.length <= areaBytes, 'the points fit their area');
      put(b0, places);
      put(c0, values);
      for (let from = 0; from < to.length; from += rowsAtOnce) {
        const size = Math.min(rowsAtOnce, to.length - from);
        loops.points(a0, b0, c0, blockBits, first + from, size);
        to.set(elements(a0, size), from);
      }
    },

    addRows(to, code, base, first) {
      assert(base.length <= baseMax, 'an index has two bytes');
      put(base0, base);
      eachChunk(code, base.length, first, to.length, (from, size) => {
        put(a0, to.subarray(from, from + size));
        loops.rows(a0, base0, index0, size);
        to.set(elements(a0, size), from);
      });
    },

    addRowPairs(to, code, bases, first) {
      const baseCount = bases[0].length;
      assert(baseCount <= baseMax, 'an index has two bytes');
      for (let from = 0; from < baseCount; from += areaBytes / 8) {
        bases.forEach((base, k) => {
          put([a0, b0][k], base.subarray(from, from + areaBytes / 8));
        });
        loops.interleave(base0 + blockBytes * from, a0, b0, Math.min(areaBytes / 8, baseCount - from));
        bytes.fill(0, a0, b0 + areaBytes);
      }
      eachChunk(code, baseCount, first, to[0].length, (from, size) => {
        to.forEach((rows, k) => {
          put([a0, b0][k], rows.subarray(from, from + size));
        });
        loops.rowPairs(a0, b0, base0, index0, size);
        to[0].set(elements(a0, size), from);
        to[1].set(elements(b0, size), from);
      });
    },

    wipe() {
      bytes.fill(0, base0, end);
    },
  };
}
