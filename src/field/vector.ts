/**
 * Vectors over F_p, p = 2^61 - 1: the only size there is; a single value is a vector of one.
 *
 * A `Vec` is a BigUint64Array on the ordinary heap with every element canonical, in [0, p). Functions return new
 * vectors, except those named `...Into`. Scalars may be any integers. Lengths that do not fit are our own mistake: an
 * assertion. Nothing here branches on an element or uses one as an address; vectors' lengths, indices and the fact that
 * a vector to invert has a zero are public.
 *
 * Not here: bytes from outside (`codec.ts`), and the loops themselves (`kernel/`).
 */
import { assert } from '../errors.js';
import { mod } from './fp.js';
import { type Segments, sharedWeightsMax, type Vec } from './kernel/kernel.js';
import { wasmKernel as kernel } from './kernel/wasm.js';

export type { Segments, Vec } from './kernel/kernel.js';

/** A vector of `count` zeros. */
export const zeros = (count: number): Vec => new BigUint64Array(count);

/** Integers, reduced modulo p: -1 is p - 1. */
export function vec(values: readonly (bigint | number)[]): Vec {
  return BigUint64Array.from(values, value => mod(BigInt(value)));
}

/** a + b */
export function addVec(a: Vec, b: Vec): Vec {
  checkSameLength(a, b);
  return kernel.add(a, b);
}

/** acc += a, in place. */
export function addInto(acc: Vec, a: Vec): void {
  checkSameLength(acc, a);
  kernel.add(acc, a, acc);
}

/** a - b */
export function subVec(a: Vec, b: Vec): Vec {
  checkSameLength(a, b);
  return kernel.sub(a, b);
}

/** to = a - b, in place; `to` may be a or b. */
export function subInto(to: Vec, a: Vec, b: Vec): void {
  checkSameLength(a, b);
  checkSameLength(a, to);
  kernel.sub(a, b, to);
}

/** -a */
export function negVec(a: Vec): Vec {
  return kernel.neg(a);
}

/** One secret element at a time, by the kernel: `fp` takes other ways for other values. Arguments are elements. */
export const single = {
  add: (a: bigint, b: bigint): bigint => kernel.add(BigUint64Array.of(a), BigUint64Array.of(b))[0],
  sub: (a: bigint, b: bigint): bigint => kernel.sub(BigUint64Array.of(a), BigUint64Array.of(b))[0],
  mul: (a: bigint, b: bigint): bigint => kernel.mul(BigUint64Array.of(a), BigUint64Array.of(b))[0],
} as const;

/** c*a */
export function scaleVec(a: Vec, c: bigint): Vec {
  return kernel.scale(a, mod(c));
}

/** a_i * b_i */
export function mulVec(a: Vec, b: Vec): Vec {
  checkSameLength(a, b);
  return kernel.mul(a, b);
}

/** acc += c*a, in place. */
export function addScaledInto(acc: Vec, a: Vec, c: bigint): void {
  checkSameLength(acc, a);
  kernel.addScaledInto(acc, a, mod(c));
}

/** a + c*b; into `to` where it is given, which may be a or b. */
export function addScaled(a: Vec, b: Vec, c: bigint, to: Vec = zeros(a.length)): Vec {
  checkSameLength(a, b);
  checkSameLength(a, to);
  kernel.addScaledTo(to, a, b, mod(c));
  return to;
}

/** acc_i += a_i * b_i, in place. */
export function mulAddInto(acc: Vec, a: Vec, b: Vec): void {
  checkSameLength(acc, a);
  checkSameLength(acc, b);
  kernel.mulAddInto(acc, a, b);
}

/** <a, b> */
export function inner(a: Vec, b: Vec): bigint {
  checkSameLength(a, b);
  return kernel.inner(a, b);
}

/** The sum of all elements. */
export function sumVec(a: Vec): bigint {
  return kernel.sum(a);
}

/** [1, x, x^2, .., x^(count-1)] */
export function powersVec(x: bigint, count: number): Vec {
  return kernel.powers(mod(x), count);
}

/** 1/a_i: three multiplications an element and one exponentiation a few thousand. Throws when some a_i is zero. */
export function invVec(a: Vec): Vec {
  const inverses = kernel.invert(a);
  assert(inverses !== undefined, 'zero has no inverse');
  return inverses;
}

/** M*x for M = `rows`, row by row, `columns` elements each. Shapes: rows.length = r*columns, x columns, result r. */
export function matVec(rows: Vec, columns: number, x: Vec): Vec {
  assert(columns > 0 && x.length === columns && rows.length % columns === 0, 'a matrix has whole rows as long as x');
  return kernel.matVec(rows, columns, x);
}

/**
 * Inner products of the same weights with many pieces of many rows: for every row and start s, with
 * x = row[s .. s + columns), first <own, x> where there are weights of its own, then <w, x> for each shared weight.
 * Shapes: own starts.length*columns or none; shared a multiple of columns; one vector a row, start after start.
 * Cost: about half of what `inner` takes a term, since weights and pieces are prepared once.
 */
export function innerSegments(rows: readonly Vec[], segments: Segments): Vec[] {
  const { starts, columns, shared, own } = segments;
  const length = starts.reduce((last, start) => Math.max(last, start + columns), 0);
  assert(columns > 0 && rows.length > 0 && rows.every(row => row.length >= length), 'the pieces are inside the rows');
  assert(own.length === 0 || own.length === starts.length * columns, 'weights for every piece');
  assert(shared.length % columns === 0 && shared.length <= sharedWeightsMax * columns, 'whole weights, not too many');
  assert(own.length + shared.length > 0 || starts.length === 0, 'some weights');
  return kernel.innerSegments(rows, segments);
}

/** One after the other. */
export function concatVec(...parts: readonly Vec[]): Vec {
  const result = zeros(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** a[indices[0]], a[indices[1]], ...; indices are public. Copied as 32-bit halves: no bigint is made. */
export function gather(a: Vec, indices: Uint32Array): Vec {
  const result = zeros(indices.length);
  const from = halves(a);
  const to = halves(result);
  let past = 0;
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (index >= a.length) past++;
    to[i << 1] = from[index << 1];
    to[(i << 1) | 1] = from[(index << 1) | 1];
  }
  assert(past === 0, 'an index is inside the vector');
  return result;
}

/** a[s .. s + length) for every start s, one behind the other; starts are public. Copied as 32-bit halves. */
export function runsAt(a: Vec, starts: Uint32Array, length: number): Vec {
  assert(
    starts.every(start => start + length <= a.length),
    'a run is inside the vector',
  );
  const result = zeros(starts.length * length);
  const from = halves(a);
  const to = halves(result);
  let target = 0;
  for (let k = 0; k < starts.length; k++) {
    const source = starts[k] << 1;
    for (let i = 0; i < length << 1; i++) to[target++] = from[source + i];
  }
  return result;
}

/**
 * The elements a[s + columns[k]] for every start s: column by column, those of one column side by side. Copied as 32-bit
 * halves, eight rows at a time: what is written then fills whole cache lines. Starts and columns are public.
 */
export function columnsAt(a: Vec, starts: Uint32Array, columns: Uint32Array): Vec {
  const result = zeros(starts.length * columns.length);
  columnsInto(a, starts, columns, result);
  return result;
}

/** The same, into a vector that is there already. */
export function columnsInto(a: Vec, starts: Uint32Array, columns: Uint32Array, result: Vec): void {
  const count = starts.length;
  assert(result.length === count * columns.length, 'whole columns');
  const from = halves(a);
  const to = halves(result);
  const end =
    starts.reduce((largest, start) => Math.max(largest, start), 0) + columns.reduce((m, k) => Math.max(m, k), 0);
  assert(result.length === 0 || end < a.length, 'an index is inside the vector');
  for (let first = 0; first < count; first += 8) {
    const last = Math.min(first + 8, count);
    for (let k = 0; k < columns.length; k++) {
      const column = columns[k];
      const target = k * count;
      for (let r = first; r < last; r++) {
        const index = (starts[r] + column) << 1;
        const place = (target + r) << 1;
        to[place] = from[index];
        to[place + 1] = from[index + 1];
      }
    }
  }
}

/** The way back: a holds columns of `count` elements; row r of the result has column k at the place columns[k]. */
export function rowsOfColumns(a: Vec, count: number, columns: Uint32Array, result: Vec): void {
  assert(a.length === count * columns.length && result.length === a.length, 'whole columns');
  const from = halves(a);
  const to = halves(result);
  const stride = columns.length;
  for (let k = 0; k < stride; k++) {
    assert(columns[k] < stride, 'a column of the row');
    for (let r = 0; r < count; r++) {
      const source = (k * count + r) << 1;
      const target = (r * stride + columns[k]) << 1;
      to[target] = from[source];
      to[target + 1] = from[source + 1];
    }
  }
}

/** a[indices[0]], a[indices[1]], ... = values, in place; indices are public. */
export function scatterInto(a: Vec, indices: Uint32Array, values: Vec): void {
  assert(indices.length === values.length, 'an index for every value');
  assert(
    indices.every(index => index < a.length),
    'an index is inside the vector',
  );
  const from = halves(values);
  const to = halves(a);
  for (let i = 0; i < indices.length; i++) {
    to[indices[i] << 1] = from[i << 1];
    to[(indices[i] << 1) + 1] = from[(i << 1) + 1];
  }
}

/** Equal in length and in every element, in time that depends on the lengths only. */
export function equalVec(a: Vec, b: Vec): boolean {
  if (a.length !== b.length) return false;
  const left = halves(a);
  const right = halves(b);
  let difference = 0;
  for (let i = 0; i < left.length; i++) difference |= left[i] ^ right[i];
  return difference === 0;
}

function halves(a: Vec): Uint32Array {
  return new Uint32Array(a.buffer, a.byteOffset, 2 * a.length);
}

function checkSameLength(a: Vec, b: Vec): void {
  assert(a.length === b.length, 'two vectors have the same length');
}
