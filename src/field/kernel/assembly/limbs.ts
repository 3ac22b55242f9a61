/**
 * Inner products of vectors that stand in several: each is split into 31-bit limbs once, and four terms are multiplied at a
 * time (WebAssembly SIMD).
 *
 *   x = x1*2^31 + x0          x0 < 2^31, x1 < 2^30, x2 = x0 + x1 < 2^32
 *   <x,y> = low + 2^31*middle + 2^62*high
 *           low = sum x0*y0, high = sum x1*y1, middle = sum x2*y2 - low - high
 *
 * A split vector is three runs of u32, x0 | x1 | x2, each padded with zeros to a multiple of 8. In one step of 8 terms a
 * 64-bit lane takes four of them: low < 4*2^62, high < 4*2^60, middle < 4*2*2^61 fit; the sum of x2*y2 may wrap. Their
 * halves of 32 bits are then summed apart, for up to 2^28 terms.
 */
import { mulLoose, reduce } from './element';

const low31: i64 = 0x7fff_ffff;
const low32: i64 = 0xffff_ffff;

/** Elements of a run: what one split vector of `count` takes is 12 bytes each. */
// @ts-ignore: decorator
@inline
export function padded(count: i32): i32 {
  return (count + 7) & ~7;
}

/** to = the limbs of `count` elements at a. */
export function split(to: usize, a: usize, count: i32): void {
  const run = <usize>padded(count) << 2;
  const mask = i64x2.splat(low31);
  const whole = count & ~3;
  const end = to + (<usize>whole << 2);
  while (to < end) {
    const first = v128.load(a);
    const second = v128.load(a, 16);
    const x0 = v128.shuffle<i32>(v128.and(first, mask), v128.and(second, mask), 0, 2, 4, 6);
    const x1 = v128.shuffle<i32>(i64x2.shr_u(first, 31), i64x2.shr_u(second, 31), 0, 2, 4, 6);
    v128.store(to, x0);
    v128.store(to + run, x1);
    v128.store(to + run + run, i32x4.add(x0, x1));
    to += 16;
    a += 32;
  }
  for (let i = whole; i < padded(count); i++) {
    const x = i < count ? load<u64>(a) : 0;
    const x0 = <u32>(x & <u64>low31);
    const x1 = <u32>(x >> 31);
    store<u32>(to, x0);
    store<u32>(to + run, x1);
    store<u32>(to + run + run, x0 + x1);
    to += 4;
    a += 8;
  }
}

// @ts-ignore: decorator
@inline
function lanes(v: v128): u64 {
  return i64x2.extract_lane(v, 0) + i64x2.extract_lane(v, 1);
}

/** total + <x, y> of two split vectors of `count` elements, canonical; total is. */
export function innerSplit(total: u64, x: usize, y: usize, count: i32): u64 {
  const run = <usize>padded(count) << 2;
  const mask = i64x2.splat(low32);
  let lowA = i64x2.splat(0);
  let lowB = lowA;
  let middleA = lowA;
  let middleB = lowA;
  let highA = lowA;
  let highB = lowA;
  const end = x + run;
  while (x < end) {
    let s = v128.load(x);
    let t = v128.load(y);
    let low = i64x2.add(i64x2.extmul_low_i32x4_u(s, t), i64x2.extmul_high_i32x4_u(s, t));
    s = v128.load(x, 16);
    t = v128.load(y, 16);
    low = i64x2.add(low, i64x2.add(i64x2.extmul_low_i32x4_u(s, t), i64x2.extmul_high_i32x4_u(s, t)));

    s = v128.load(x + run);
    t = v128.load(y + run);
    let high = i64x2.add(i64x2.extmul_low_i32x4_u(s, t), i64x2.extmul_high_i32x4_u(s, t));
    s = v128.load(x + run, 16);
    t = v128.load(y + run, 16);
    high = i64x2.add(high, i64x2.add(i64x2.extmul_low_i32x4_u(s, t), i64x2.extmul_high_i32x4_u(s, t)));

    s = v128.load(x + run + run);
    t = v128.load(y + run + run);
    let middle = i64x2.add(i64x2.extmul_low_i32x4_u(s, t), i64x2.extmul_high_i32x4_u(s, t));
    s = v128.load(x + run + run, 16);
    t = v128.load(y + run + run, 16);
    middle = i64x2.add(middle, i64x2.add(i64x2.extmul_low_i32x4_u(s, t), i64x2.extmul_high_i32x4_u(s, t)));
    middle = i64x2.sub(middle, i64x2.add(low, high));

    lowA = i64x2.add(lowA, v128.and(low, mask));
    lowB = i64x2.add(lowB, i64x2.shr_u(low, 32));
    middleA = i64x2.add(middleA, v128.and(middle, mask));
    middleB = i64x2.add(middleB, i64x2.shr_u(middle, 32));
    highA = i64x2.add(highA, v128.and(high, mask));
    highB = i64x2.add(highB, i64x2.shr_u(high, 32));
    x += 32;
    y += 32;
  }
  // 2^61 = 1: the halves count 1 and 2^32, 2^31 and 2^63 = 4, 2^62 = 2 and 2^94 = 2^33; each is below 2^60
  const shifted =
    mulLoose(lanes(lowB), <u64>1 << 32) + mulLoose(lanes(middleA), <u64>1 << 31) + mulLoose(lanes(highB), <u64>1 << 33);
  return reduce(reduce(shifted) + reduce(total + lanes(lowA)) + reduce(lanes(middleB) << 2) + reduce(lanes(highA) << 1));
}
