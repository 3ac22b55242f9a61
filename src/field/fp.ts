/**
 * One element of F_p, p = 2^61 - 1, as a bigint: slow and obviously right. The twin that every vector loop is tested
 * against, and good enough wherever there is one element and not many.
 *
 * Arguments may be any integers; results are canonical, in [0, p).
 *
 * Not here: speed, and constant time (bigint arithmetic has neither). Secrets go through `vector.ts`, single ones too.
 */
import { assert } from '../errors.js';

/** The Mersenne prime 2^61 - 1: 2^61 = 1 (mod p), so a product is reduced by shifts and additions. */
export const P = (1n << 61n) - 1n;

/** The representative of x in [0, p). */
export function mod(x: bigint): bigint {
  if (x >= 0n && x < P) return x;
  const remainder = x % P;
  return remainder < 0n ? remainder + P : remainder;
}

const add = (a: bigint, b: bigint): bigint => mod(a + b);
const sub = (a: bigint, b: bigint): bigint => mod(a - b);
const mul = (a: bigint, b: bigint): bigint => mod(a * b);
const neg = (a: bigint): bigint => mod(-a);

/** base^exponent; 0^0 = 1. */
function pow(base: bigint, exponent: bigint): bigint {
  assert(exponent >= 0n, 'an exponent is not negative');
  let square = mod(base);
  let result = 1n;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = mul(result, square);
    square = mul(square, square);
  }
  return result;
}

/** 1/a = a^(p-2). Throws on zero. */
function inv(a: bigint): bigint {
  assert(mod(a) !== 0n, 'zero has no inverse');
  return pow(a, P - 2n);
}

export const fp = { mod, add, sub, mul, neg, pow, inv } as const;
