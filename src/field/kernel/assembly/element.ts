/**
 * One element of F_p, p = 2^61 - 1, in a 64-bit word, canonical in [0, p): multiplication and reduction.
 *
 * No branch and no address depends on an element: a conditional subtraction is a mask. WebAssembly itself promises no
 * timing, but on today's machines integer multiplication, addition and shifts take the same time on all words.
 */

export const P: u64 = 0x1fff_ffff_ffff_ffff;
export const low32: u64 = 0xffff_ffff;

/** x mod p for x < 2p: one more than x carries into bit 61 exactly when x >= p, and x - p = x + 1 - 2^61. */
// @ts-ignore: decorator
@inline
export function reduceOnce(x: u64): u64 {
  return (x + ((x + 1) >> 61)) & P;
}

/** A word congruent to x, at most p + 7: 2^61 = 1, so the top three bits are added to the rest. */
// @ts-ignore: decorator
@inline
export function fold(x: u64): u64 {
  return (x & P) + (x >> 61);
}

/** x mod p for any word. */
// @ts-ignore: decorator
@inline
export function reduce(x: u64): u64 {
  return reduceOnce(fold(x));
}

// @ts-ignore: decorator
@inline
export function add(a: u64, b: u64): u64 {
  return reduceOnce(a + b);
}

/** a - b, and p more when that is negative. */
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
 * A word congruent to a*b, below 2p: quotient and remainder of a*b by 2^61, added.
 * With a = a1*2^32 + a0, b = b1*2^32 + b0, and a1, b1 < 2^29,
 *
 *   a*b = low + 2^32*middle + 2^64*high      low < 2^64, middle < 2^62, high < 2^58
 *
 *   remainder   the low 61 bits of low + 2^32*middle, which may wrap                    <= p
 *   quotient    8*high + floor((floor(low / 2^32) + middle) / 2^29), which is exact     <= p - 3
 */
// @ts-ignore: decorator
@inline
export function mulLoose(a: u64, b: u64): u64 {
  return mulSplit(a & low32, a >> 32, b & low32, b >> 32);
}

/** The same of halves: a loop over multiples of one element splits it once. */
// @ts-ignore: decorator
@inline
export function mulSplit(a0: u64, a1: u64, b0: u64, b1: u64): u64 {
  const low = a0 * b0;
  const middle = a0 * b1 + a1 * b0;
  return ((low + (middle << 32)) & P) + (((low >> 32) + middle) >> 29) + ((a1 * b1) << 3);
}

// @ts-ignore: decorator
@inline
export function mul(a: u64, b: u64): u64 {
  return reduceOnce(mulLoose(a, b));
}

/** 1/a = a^(p-2), and 0 for 0. The exponent 2^61 - 3 is 59 ones, a zero and a one. */
export function inv(a: u64): u64 {
  let power = a;
  for (let i = 0; i < 58; i++) power = mul(mul(power, power), a);
  power = mul(power, power);
  return mul(mul(power, power), a);
}
