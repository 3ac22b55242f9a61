/**
 * What stands around the fixed-key permutation: blocks of 16 bytes before it, and what is made of its output.
 */
const P: i64 = 0x1fff_ffff_ffff_ffff;

/** to_i = from_i XOR (first + i, way): two words of 64 bits. */
export function tweak(to: usize, from: usize, first: u64, way: u64, count: i32): void {
  const one = i64x2(1, 0);
  let position = i64x2.replace_lane(i64x2.splat(way), 0, first);
  const end = from + (<usize>count << 4);
  for (; from < end; from += 16, to += 16) {
    v128.store(to, v128.xor(v128.load(from), position));
    position = i64x2.add(position, one);
  }
}

/** blocks_i ^= block */
export function addToAll(blocks: usize, block: usize, count: i32): void {
  const each = v128.load(block);
  const end = blocks + (<usize>count << 4);
  for (; blocks < end; blocks += 16) v128.store(blocks, v128.xor(v128.load(blocks), each));
}

/** target ^= source */
export function xor(target: usize, source: usize, count: i32): void {
  const end = target + (<usize>count << 4);
  for (; target < end; target += 16, source += 16) v128.store(target, v128.xor(v128.load(target), v128.load(source)));
}

/**
 * Blocks to field elements: out XOR in, each half masked to 61 bits, p read as 0. The first halves are one column, the second
 * halves another.
 */
export function elements(even: usize, odd: usize, output: usize, input: usize, count: i32): void {
  const p = i64x2.splat(P);
  const one = i64x2.splat(1);
  const end = output + (<usize>count << 4);
  for (; output < end; output += 16, input += 16, even += 8, odd += 8) {
    const x = v128.and(v128.xor(v128.load(output), v128.load(input)), p);
    const reduced = v128.and(i64x2.add(x, i64x2.shr_u(i64x2.add(x, one), 61)), p);
    v128.store_lane<u64>(even, reduced, 0);
    v128.store_lane<u64>(odd, reduced, 1);
  }
}
