/**
 * Inner products, reduced once in four terms.
 *
 * An element is split at 31 bits: x = x1*2^31 + x0 with x0 < 2^31 and x1 < 2^30. Then
 *
 *   <x,y> = low + 2^31*middle + 2^62*high      low = sum x0*y0, middle = sum x0*y1 + x1*y0, high = sum x1*y1
 *
 * and four terms fit a word each: low < 4*2^62, middle < 4*2*2^61, high < 4*2^60.
 */
import { fold, mulLoose, reduce } from './element';

const low31: u64 = 0x7fff_ffff;
const low30: u64 = 0x3fff_ffff;

// @ts-ignore: decorator
@inline
function lowOf(x: u64, y: u64): u64 {
  return (x & low31) * (y & low31);
}

/** (x0 + x1)*(y0 + y1) = low + middle + high, in one multiplication instead of two. It may wrap, and its sum too. */
// @ts-ignore: decorator
@inline
function allOf(x: u64, y: u64): u64 {
  return ((x & low31) + (x >> 31)) * ((y & low31) + (y >> 31));
}

// @ts-ignore: decorator
@inline
function highOf(x: u64, y: u64): u64 {
  return (x >> 31) * (y >> 31);
}

/**
 * total + <a, b> of `count` elements, canonical.
 * Between steps total < 2^61 + 8; the sum that is folded is below 2^61 + 2^61 + 2^61 + 2^63 + 2^35 < 2^64.
 */
export function innerAt(total: u64, a: usize, b: usize, count: i32): u64 {
  const wholeEnd = a + (<usize>(count & ~3) << 3);
  while (a < wholeEnd) {
    const x0 = load<u64>(a);
    const y0 = load<u64>(b);
    const x1 = load<u64>(a, 8);
    const y1 = load<u64>(b, 8);
    const x2 = load<u64>(a, 16);
    const y2 = load<u64>(b, 16);
    const x3 = load<u64>(a, 24);
    const y3 = load<u64>(b, 24);
    const low = lowOf(x0, y0) + lowOf(x1, y1) + lowOf(x2, y2) + lowOf(x3, y3);
    const high = highOf(x0, y0) + highOf(x1, y1) + highOf(x2, y2) + highOf(x3, y3);
    const middle = allOf(x0, y0) + allOf(x1, y1) + allOf(x2, y2) + allOf(x3, y3) - low - high;
    total = fold(total + fold(low) + ((middle & low30) << 31) + (middle >> 30) + (high << 1));
    a += 32;
    b += 32;
  }
  const end = wholeEnd + (<usize>(count & 3) << 3);
  while (a < end) {
    total = fold(total + mulLoose(load<u64>(a), load<u64>(b)));
    a += 8;
    b += 8;
  }
  return reduce(total);
}
