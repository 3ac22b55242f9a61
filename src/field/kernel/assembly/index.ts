/**
 * The vector loops in WebAssembly. Pointers are byte addresses in linear memory, counts are elements of 8 bytes.
 * The host copies vectors into the scratch area and results out of it; `wasm.ts` is that host.
 *
 * No branch and no address depends on an element, `invert`'s zero flag aside, which is public.
 */
import {
  add as addOne,
  fold,
  inv,
  low32,
  mul as mulOne,
  mulLoose,
  mulSplit,
  neg as negOne,
  P,
  reduce,
  reduceOnce,
  sub as subOne,
} from './element';
import { innerAt } from './inner';
import { innerSplit, padded, split as splitLimbs } from './limbs';

/** Where the scratch area begins: nothing else lives in the memory of this module. */
export function scratch(): usize {
  return __heap_base;
}

/** to = a + b; `to` may be `a`, here and below. */
export function add(to: usize, a: usize, b: usize, count: i32): void {
  const end = to + (<usize>count << 3);
  for (; to < end; to += 8, a += 8, b += 8) store<u64>(to, addOne(load<u64>(a), load<u64>(b)));
}

/** to = a - b */
export function sub(to: usize, a: usize, b: usize, count: i32): void {
  const end = to + (<usize>count << 3);
  for (; to < end; to += 8, a += 8, b += 8) store<u64>(to, subOne(load<u64>(a), load<u64>(b)));
}

/** to = -a */
export function neg(to: usize, a: usize, count: i32): void {
  const end = to + (<usize>count << 3);
  for (; to < end; to += 8, a += 8) store<u64>(to, negOne(load<u64>(a)));
}

/** to = c*a */
export function scale(to: usize, a: usize, c: u64, count: i32): void {
  const c0 = c & low32;
  const c1 = c >> 32;
  const end = to + (<usize>count << 3);
  for (; to < end; to += 8, a += 8) {
    const x = load<u64>(a);
    store<u64>(to, reduceOnce(mulSplit(x & low32, x >> 32, c0, c1)));
  }
}

/** to_i = a_i * b_i */
export function mul(to: usize, a: usize, b: usize, count: i32): void {
  const end = to + (<usize>count << 3);
  for (; to < end; to += 8, a += 8, b += 8) store<u64>(to, mulOne(load<u64>(a), load<u64>(b)));
}

/** acc += c*a: the loose product is below 2p, so the sum fits a word and is reduced once. */
export function addScaled(acc: usize, a: usize, c: u64, count: i32): void {
  const c0 = c & low32;
  const c1 = c >> 32;
  const end = acc + (<usize>count << 3);
  for (; acc < end; acc += 8, a += 8) {
    const x = load<u64>(a);
    store<u64>(acc, reduce(load<u64>(acc) + mulSplit(x & low32, x >> 32, c0, c1)));
  }
}

/** acc_i += a_i * b_i */
export function mulAdd(acc: usize, a: usize, b: usize, count: i32): void {
  const end = acc + (<usize>count << 3);
  for (; acc < end; acc += 8, a += 8, b += 8) {
    store<u64>(acc, reduce(load<u64>(acc) + mulLoose(load<u64>(a), load<u64>(b))));
  }
}

/** total + <a, b> */
export function inner(total: u64, a: usize, b: usize, count: i32): u64 {
  return innerAt(total, a, b, count);
}

/** total + the sum of a: four elements and a folded total, below 2^61 + 8, fit a word. */
export function sum(total: u64, a: usize, count: i32): u64 {
  const wholeEnd = a + (<usize>(count & ~3) << 3);
  for (; a < wholeEnd; a += 32) {
    total += load<u64>(a) + load<u64>(a, 8) + load<u64>(a, 16) + load<u64>(a, 24);
    total = fold(total);
  }
  const end = wholeEnd + (<usize>(count & 3) << 3);
  for (; a < end; a += 8) total += load<u64>(a);
  return reduce(total);
}

/**
 * to = first*[1, x, x^2, ..]; returns first*x^count, where the next chunk begins.
 * Four chains side by side, each a step of x^4: a multiplication waits for the one four before it.
 */
export function powers(to: usize, x: u64, first: u64, count: i32): u64 {
  const x2 = mulOne(x, x);
  const x4 = mulOne(x2, x2);
  let p0 = first;
  let p1 = mulOne(first, x);
  let p2 = mulOne(first, x2);
  let p3 = mulOne(p1, x2);
  const wholeEnd = to + (<usize>(count & ~3) << 3);
  for (; to < wholeEnd; to += 32) {
    store<u64>(to, p0);
    store<u64>(to, p1, 8);
    store<u64>(to, p2, 16);
    store<u64>(to, p3, 24);
    p0 = mulOne(p0, x4);
    p1 = mulOne(p1, x4);
    p2 = mulOne(p2, x4);
    p3 = mulOne(p3, x4);
  }
  const end = wholeEnd + (<usize>(count & 3) << 3);
  for (; to < end; to += 8) {
    store<u64>(to, p0);
    p0 = mulOne(p0, x);
  }
  return p0;
}

/**
 * a_i = 1/a_i in place, by one inversion: `spare_i` = a_0*..*a_(i-1), then from the end
 * 1/a_i = spare_i / (a_0*..*a_i). Returns 0 when some a_i was zero, else 1; a is then no longer of use.
 * Source: Montgomery's trick.
 */
export function invert(a: usize, spare: usize, count: i32): i32 {
  const bytes = <usize>count << 3;
  let product: u64 = 1;
  for (let i: usize = 0; i < bytes; i += 8) {
    store<u64>(spare + i, product);
    product = mulOne(product, load<u64>(a + i));
  }
  if (product === 0) return 0;
  let inverse = inv(product);
  for (let i = bytes; i > 0; ) {
    i -= 8;
    const element = load<u64>(a + i);
    store<u64>(a + i, mulOne(inverse, load<u64>(spare + i)));
    inverse = mulOne(inverse, element);
  }
  return 1;
}

/** to_r = <row r, x>, rows one after the other, `columns` elements each. */
export function matVec(to: usize, rows: usize, columns: i32, x: usize, rowCount: i32): void {
  for (let r = 0; r < rowCount; r++) {
    store<u64>(to, innerAt(0, rows, x, columns));
    to += 8;
    rows += <usize>columns << 3;
  }
}

/** The limbs of `vectors` vectors one behind the other, `columns` elements each; 12 bytes an element, padded. */
export function split(to: usize, a: usize, columns: i32, vectors: i32): void {
  for (let v = 0; v < vectors; v++) {
    splitLimbs(to, a, columns);
    to += <usize>padded(columns) * 12;
    a += <usize>columns << 3;
  }
}

/**
 * Inner products of `width` split weights with pieces of `columns` elements: `rows` rows of `pieces` each at a, results in the
 * same order, `width` each. Where `own` is not 0, piece k has weights of its own there: split, they come first.
 */
export function innerPieces(
  to: usize,
  weights: usize,
  width: i32,
  own: usize,
  a: usize,
  rows: i32,
  pieces: i32,
  columns: i32,
  spare: usize,
): void {
  const piece = <usize>columns << 3;
  const limbs = <usize>padded(columns) * 12;
  for (let k = 0; k < pieces; k++) {
    if (own !== 0) splitLimbs(weights, own + <usize>k * piece, columns);
    for (let r = 0; r < rows; r++) {
      const at = <usize>(r * pieces + k);
      splitLimbs(spare, a + at * piece, columns);
      let result = to + ((at * <usize>width) << 3);
      let weight = weights;
      for (let w = 0; w < width; w++) {
        store<u64>(result, innerSplit(0, spare, weight, columns));
        result += 8;
        weight += limbs;
      }
    }
  }
}

/** to = a masked to 61 bits, for any words, p read as 0. */
export function mask(to: usize, a: usize, count: i32): void {
  const end = to + (<usize>count << 3);
  for (; to < end; to += 8, a += 8) store<u64>(to, reduceOnce(load<u64>(a) & P));
}

/** Not 0 when some word is p or more: it, or one more than it, has a bit above the 61 (2^64 - 1 wraps; it has itself). */
export function excess(a: usize, count: i32): u64 {
  let bits: u64 = 0;
  const end = a + (<usize>count << 3);
  for (; a < end; a += 8) {
    const word = load<u64>(a);
    bits |= (word | (word + 1)) >> 61;
  }
  return bits;
}
