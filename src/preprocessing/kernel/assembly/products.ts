/**
 * Cross products, bit t of every selector at a time: elements of F_p, p = 2^61 - 1, canonical, in words of 64 bits.
 *
 * 2^t*x is x turned by t bits among its 61, since 2^61 = 1: canonical again, and not p unless x is.
 */
const P: i64 = 0x1fff_ffff_ffff_ffff;

/** x mod p for x < 2p. */
// @ts-ignore: decorator
@inline
function reduceOnce(x: v128): v128 {
  return v128.and(i64x2.add(x, i64x2.shr_u(i64x2.add(x, i64x2.splat(1)), 61)), i64x2.splat(P));
}

/** At most p + 7, congruent to x, any word. */
// @ts-ignore: decorator
@inline
function fold(x: v128): v128 {
  return i64x2.add(v128.and(x, i64x2.splat(P)), i64x2.shr_u(x, 61));
}

/** 2^t*x */
// @ts-ignore: decorator
@inline
function turn(x: v128, t: i32): v128 {
  return v128.or(v128.and(i64x2.shl(x, t), i64x2.splat(P)), i64x2.shr_u(x, 61 - t));
}

/** Payload side: z = z - o + m, the correction, and sum -= 2^t*z. `count` is even, here and below. */
export function correct(sum: usize, z: usize, o: usize, m: usize, t: i32, count: i32): void {
  const p = i64x2.splat(P);
  const end = sum + (<usize>count << 3);
  for (; sum < end; sum += 16, z += 16, o += 16, m += 16) {
    const x = v128.load(z);
    v128.store(sum, reduceOnce(i64x2.add(v128.load(sum), i64x2.sub(p, turn(x, t)))));
    const difference = i64x2.add(x, i64x2.sub(p, v128.load(o)));
    v128.store(z, reduceOnce(fold(i64x2.add(difference, v128.load(m)))));
  }
}

/**
 * Selector side: sum += 2^t*(v + choice*d), a byte of 0 or 1 a choice. Returns not 0 when some d is p or more: it, or one more
 * than it, has a bit above the 61.
 */
export function choose(sum: usize, v: usize, d: usize, choices: usize, t: i32, count: i32): u64 {
  const end = sum + (<usize>count << 3);
  let excess = i64x2.splat(0);
  for (; sum < end; sum += 16, v += 16, d += 16, choices += 2) {
    const bits = i64x2.replace_lane(i64x2.splat(load<u8>(choices)), 1, load<u8>(choices, 1));
    const correction = v128.load(d);
    excess = v128.or(excess, v128.or(correction, i64x2.add(correction, i64x2.splat(1))));
    const x = reduceOnce(i64x2.add(v128.load(v), v128.and(correction, i64x2.neg(bits))));
    v128.store(sum, reduceOnce(i64x2.add(v128.load(sum), turn(x, t))));
  }
  const above = i64x2.shr_u(excess, 61);
  return i64x2.extract_lane(above, 0) | i64x2.extract_lane(above, 1);
}

/** to_i = bit t of v_i, a byte each. */
export function bits(to: usize, v: usize, t: i32, count: i32): void {
  const end = to + <usize>count;
  for (; to < end; to++, v += 8) store<u8>(to, <u8>((load<u64>(v) >> t) & 1));
}
