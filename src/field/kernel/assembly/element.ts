/**
 * One element of F_p, p = 2^61 - 1, in a 64-bit word, canonical in [0, p): multiplication and reduction.
 *
 * No branch and no address depends on an element: a conditional subtraction is a mask. WebAssembly itself promises no
 * timing, but on today's machines integer multiplication, addition and shifts take the same time on all words.
 */

export const P: u64 = 0x1fff_ffff_ffff_ffff;
const low32: u64 = 0xffff_ffff;
const low29: u64 = 0x1fff_ffff;

/** x mod p for x < 2p. */
// @ts-ignore: decorator
@inline
export function reduceOnce(x: u64): u64 {
  const difference = x - P;
  return difference + (P & (<u64>(<i64>difference >> 63)));
}

/** x mod p for any word: 2^61 = 1, so the top three bits are added to the rest; the sum is below 2p. */
// @ts-ignore: decorator
@inline
export function reduce(x: u64): u64 {
  return reduceOnce((x & P) + (x >> 61));
}

// @ts-ignore: decorator
@inline
export function add(a: u64, b: u64): u64 {
  return reduceOnce(a + b);
}

// @ts-ignore: decorator
@inline
export function sub(a: u64, b: u64): u64 {
  const difference = a - b;
  return difference + (P & (<u64>(<i64>difference >> 63)));
}

/** -a; p - 0 is p, which is brought to 0. */
// @ts-ignore: decorator
@inline
export function neg(a: u64): u64 {
  return reduceOnce(P - a);
}

/**
 * A word congruent to a*b, below 2^63. With a = a1*2^32 + a0 and b alike, a1 and b1 < 2^29,
 *
 *   a*b = low + 2^32*middle + 2^64*high      low < 2^64, middle < 2^62, high < 2^58
 *
 * and 2^61 = 1: 2^64*high = 8*high; 2^32*middle = 2^32*(middle mod 2^29) + floor(middle / 2^29).
 */
// @ts-ignore: decorator
@inline
export function mulLoose(a: u64, b: u64): u64 {
  const a0 = a & low32;
  const a1 = a >> 32;
  const b0 = b & low32;
  const b1 = b >> 32;
  const low = a0 * b0;
  const middle = a0 * b1 + a1 * b0;
  return (low & P) + (low >> 61) + ((middle & low29) << 32) + (middle >> 29) + ((a1 * b1) << 3);
}

// @ts-ignore: decorator
@inline
export function mul(a: u64, b: u64): u64 {
  return reduce(mulLoose(a, b));
}

/** 1/a = a^(p-2), and 0 for 0. The exponent 2^61 - 3 is 59 ones, a zero and a one. */
export function inv(a: u64): u64 {
  let power = a;
  for (let i = 0; i < 58; i++) power = mul(mul(power, power), a);
  power = mul(power, power);
  return mul(mul(power, power), a);
}
