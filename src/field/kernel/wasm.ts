/**
 * The vector loops in WebAssembly (`assembly/`), on vectors of the ordinary heap: each is copied into the kernel's
 * memory, a chunk at a time, and the result copied out. A copy costs a tenth of a multiplication, and spares everyone
 * else from owning memory that nobody collects.
 *
 *   scratch area    A | B | C, `chunk` elements each; results overwrite A. Fits a core's second cache.
 *   split area      behind it: vectors split into limbs, for inner products of which one side stands in many
 *
 * A call on a short vector costs well under a microsecond besides its elements. What a call leaves in the scratch area
 * stays there until the next call overwrites it.
 */

import { assert } from '../../errors.js';
import { kernelBase64 } from './kernel.generated.js';
import { type Kernel, type Segments, sharedWeightsMax, type Vec } from './kernel.js';
import { loadKernel } from './load.js';

interface Loops {
  scratch(): number;
  add(to: number, a: number, b: number, count: number): void;
  sub(to: number, a: number, b: number, count: number): void;
  neg(to: number, a: number, count: number): void;
  scale(to: number, a: number, c: bigint, count: number): void;
  mul(to: number, a: number, b: number, count: number): void;
  addScaled(acc: number, a: number, c: bigint, count: number): void;
  mulAdd(acc: number, a: number, b: number, count: number): void;
  split(to: number, a: number, columns: number, vectors: number): void;
  innerPieces(
    to: number,
    weights: number,
    width: number,
    own: number,
    a: number,
    rows: number,
    pieces: number,
    columns: number,
    spare: number,
  ): void;
  inner(total: bigint, a: number, b: number, count: number): bigint;
  sum(total: bigint, a: number, count: number): bigint;
  powers(to: number, x: bigint, first: bigint, count: number): bigint;
  invert(a: number, spare: number, count: number): number;
  matVec(to: number, rows: number, columns: number, x: number, rowCount: number): void;
  mask(to: number, a: number, count: number): void;
  excess(a: number, count: number): bigint;
}

/** Elements of each part of the scratch area: 128 KiB. */
const chunk = 16_384;
/** Columns of which weights and a vector are split at once, behind the three parts: 12 bytes an element. */
const splitColumns = 1024;

const { memory, exports: loops } = loadKernel<Loops>(kernelBase64);
const [a0, b0, c0] = [0, 1, 2].map(part => Math.ceil(loops.scratch() / 8) * 8 + part * chunk * 8);
const split0 = c0 + chunk * 8;
const [viewA, viewB, viewC] = [a0, b0, c0].map(at => new BigUint64Array(memory.buffer, at, chunk));

assert(split0 + 12 * splitColumns * (sharedWeightsMax + 2) <= memory.buffer.byteLength, 'the split weights fit');

export const wasmKernel: Kernel = {
  add: (a, b, to) => mapTwo(a, b, loops.add, to),
  sub: (a, b, to) => mapTwo(a, b, loops.sub, to),
  mul: (a, b) => mapTwo(a, b, loops.mul),
  neg: a => mapOne(a, count => loops.neg(a0, a0, count)),
  scale: (a, c) => mapOne(a, count => loops.scale(a0, a0, c, count)),

  addScaledInto(acc, a, c) {
    for (let at = 0; at < acc.length; at += chunk) {
      const count = Math.min(chunk, acc.length - at);
      viewA.set(part(acc, at, count));
      viewB.set(part(a, at, count));
      loops.addScaled(a0, b0, c, count);
      acc.set(viewA.subarray(0, count), at);
    }
  },

  addScaledTo(to, a, b, c) {
    inChunks(to, (at, count) => {
      viewA.set(part(a, at, count));
      viewB.set(part(b, at, count));
      loops.addScaled(a0, b0, c, count);
    });
  },

  mulAddInto(acc, a, b) {
    for (let at = 0; at < acc.length; at += chunk) {
      const count = Math.min(chunk, acc.length - at);
      viewA.set(part(acc, at, count));
      viewB.set(part(a, at, count));
      viewC.set(part(b, at, count));
      loops.mulAdd(a0, b0, c0, count);
      acc.set(viewA.subarray(0, count), at);
    }
  },

  inner,

  innerSegments(rows, segments) {
    const { columns } = segments;
    let totals = innerColumns(rows, segments, 0, Math.min(columns, splitColumns));
    for (let from = splitColumns; from < columns; from += splitColumns) {
      const more = innerColumns(rows, segments, from, Math.min(columns - from, splitColumns));
      totals = totals.map((total, r) => wasmKernel.add(total, more[r]));
    }
    return totals;
  },

  sum(a) {
    let total = 0n;
    for (let at = 0; at < a.length; at += chunk) {
      const count = Math.min(chunk, a.length - at);
      viewA.set(part(a, at, count));
      total = loops.sum(total, a0, count);
    }
    return total;
  },

  powers(x, count) {
    let first = 1n;
    return inChunks(new BigUint64Array(count), (_, size) => {
      first = loops.powers(a0, x, first, size);
    });
  },

  invert(a) {
    let allInvertible = 1;
    const inverses = mapOne(a, count => {
      allInvertible &= loops.invert(a0, b0, count);
    });
    return allInvertible === 1 ? inverses : undefined;
  },

  matVec(rows, columns, x) {
    if (columns > chunk) return longRows(rows, columns, x);
    const rowsAtOnce = Math.floor(chunk / columns);
    viewC.set(x);
    const result = new BigUint64Array(rows.length / columns);
    for (let at = 0; at < result.length; at += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, result.length - at);
      viewB.set(part(rows, at * columns, count * columns));
      loops.matVec(a0, b0, columns, c0, count);
      result.set(viewA.subarray(0, count), at);
    }
    return result;
  },

  maskInto(words) {
    for (let at = 0; at < words.length; at += chunk) {
      const count = Math.min(chunk, words.length - at);
      viewA.set(part(words, at, count));
      loops.mask(a0, a0, count);
      words.set(viewA.subarray(0, count), at);
    }
  },

  allBelowP(words) {
    let excess = 0n;
    for (let at = 0; at < words.length; at += chunk) {
      const count = Math.min(chunk, words.length - at);
      viewA.set(part(words, at, count));
      excess |= loops.excess(a0, count);
    }
    return excess === 0n;
  },
};

/** `innerSegments` of the columns from .. from + count alone. */
function innerColumns(
  rows: readonly Vec[],
  { starts, columns, shared, own }: Segments,
  from: number,
  count: number,
): Vec[] {
  const sharedCount = shared.length / columns;
  const ownCount = own.length > 0 ? 1 : 0;
  const width = sharedCount + ownCount;
  assert(rows.length * Math.max(count, width) <= chunk, 'one piece of every row fits');
  const limbs = 12 * ((count + 7) & ~7);
  // x | own weights | shared weights, split
  const weights = split0 + limbs;
  for (let w = 0; w < sharedCount; w++) {
    viewC.set(shared.subarray(w * columns + from, w * columns + from + count));
    loops.split(weights + (ownCount + w) * limbs, c0, count, 1);
  }
  const results = rows.map(() => new BigUint64Array(width * starts.length));
  const atOnce = Math.max(1, Math.floor(chunk / (rows.length * Math.max(count, width))));
  for (let first = 0; first < starts.length; first += atOnce) {
    const pieces = Math.min(atOnce, starts.length - first);
    const last = first + pieces - 1;
    const together =
      count === columns && starts[last] - starts[first] === (pieces - 1) * columns && ascends(starts, first, last);
    for (let r = 0; r < rows.length; r++) {
      const at = r * pieces * count;
      if (together) viewA.set(rows[r].subarray(starts[first], starts[last] + columns), at);
      else
        for (let k = 0; k < pieces; k++) {
          const start = starts[first + k] + from;
          viewA.set(rows[r].subarray(start, start + count), at + k * count);
        }
    }
    for (let k = 0; k < pieces * ownCount; k++) {
      const at = (first + k) * columns + from;
      viewC.set(own.subarray(at, at + count), k * count);
    }
    loops.innerPieces(b0, weights, width, ownCount * c0, a0, rows.length, pieces, count, split0);
    const size = pieces * width;
    for (let r = 0; r < rows.length; r++) results[r].set(viewB.subarray(r * size, (r + 1) * size), first * width);
  }
  return results;
}

/** Whether each start is as far behind the one before as the first step is: with the distance of the ends, one run. */
function ascends(starts: Uint32Array, first: number, last: number): boolean {
  const step = last > first ? starts[first + 1] - starts[first] : 0;
  for (let k = first + 1; k <= last; k++) if (starts[k] - starts[k - 1] !== step) return false;
  return true;
}

function inner(a: Vec, b: Vec): bigint {
  let total = 0n;
  for (let at = 0; at < a.length; at += chunk) {
    const count = Math.min(chunk, a.length - at);
    viewA.set(part(a, at, count));
    viewB.set(part(b, at, count));
    total = loops.inner(total, a0, b0, count);
  }
  return total;
}

function longRows(rows: Vec, columns: number, x: Vec): Vec {
  const result = new BigUint64Array(rows.length / columns);
  for (let row = 0; row < result.length; row++) result[row] = inner(part(rows, row * columns, columns), x);
  return result;
}

function mapOne(a: Vec, loop: (count: number) => void): Vec {
  return inChunks(new BigUint64Array(a.length), (at, count) => {
    viewA.set(part(a, at, count));
    loop(count);
  });
}

function mapTwo(
  a: Vec,
  b: Vec,
  loop: (to: number, a: number, b: number, count: number) => void,
  to: Vec = new BigUint64Array(a.length),
): Vec {
  return inChunks(to, (at, count) => {
    viewA.set(part(a, at, count));
    viewB.set(part(b, at, count));
    loop(a0, a0, b0, count);
  });
}

/** Fills `result` with what `fill` leaves in A for the `count` elements from `at`. */
function inChunks(result: Vec, fill: (at: number, count: number) => void): Vec {
  for (let at = 0; at < result.length; at += chunk) {
    const count = Math.min(chunk, result.length - at);
    fill(at, count);
    result.set(viewA.subarray(0, count), at);
  }
  return result;
}

/** The vector itself when it is asked for whole: a view costs more than a short vector's additions. */
function part(a: Vec, at: number, count: number): Vec {
  return count === a.length ? a : a.subarray(at, at + count);
}
