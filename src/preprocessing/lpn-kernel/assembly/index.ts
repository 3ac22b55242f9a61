/**
 * The loops of VOLE at scale in WebAssembly with SIMD: GGM trees, leaves to field elements, rows of the local linear code.
 * Pointers are byte addresses, counts are elements; `wasm.ts` is the host and lays the memory out. Field arithmetic is that
 * of the field's own kernel.
 *
 * No branch and no address depends on a secret: a place in a tree is compared with every place, under a mask. The indices
 * of the code are public.
 */
import { fold, P, reduce, reduceOnce } from '../../../field/kernel/assembly/element';

/** Where the host's areas begin. */
export function scratch(): usize {
  return __heap_base;
}

/**
 * One level of `treeCount` trees: node s has the children pi_0(s) XOR s and pi_1(s) XOR s; `zeros`, `ones` hold pi_0 and
 * pi_1 of all nodes. sums: of every tree the XOR of its left children, then of its right ones.
 */
export function children(
  to: usize,
  sums: usize,
  nodes: usize,
  zeros: usize,
  ones: usize,
  treeCount: i32,
  nodesInTree: i32,
): void {
  for (let tree = 0; tree < treeCount; tree++) {
    let left = i64x2.splat(0);
    let right = i64x2.splat(0);
    for (let node = 0; node < nodesInTree; node++) {
      const s = v128.load(nodes);
      const l = v128.xor(v128.load(zeros), s);
      const r = v128.xor(v128.load(ones), s);
      v128.store(to, l);
      v128.store(to, r, 16);
      left = v128.xor(left, l);
      right = v128.xor(right, r);
      to += 32;
      nodes += 16;
      zeros += 16;
      ones += 16;
    }
    v128.store(sums, left);
    v128.store(sums, right, 16);
    sums += 32;
  }
}

/** Of every tree: node `places[tree]` ^= `deltas[tree]`. Every node is read and written. */
export function patch(nodes: usize, deltas: usize, places: usize, treeCount: i32, nodesInTree: i32): void {
  for (let tree = 0; tree < treeCount; tree++) {
    const delta = v128.load(deltas);
    const place = load<u32>(places);
    for (let node = 0; node < nodesInTree; node++) {
      const mask = i32x4.splat(-<i32>(<u32>node == place));
      v128.store(nodes, v128.xor(v128.load(nodes), v128.and(delta, mask)));
      nodes += 16;
    }
    deltas += 16;
    places += 4;
  }
}

/** The first 8 bytes of every node, masked to 61 bits, p read as 0. */
export function leaves(to: usize, nodes: usize, count: i32): void {
  const end = to + (<usize>count << 3);
  for (; to < end; to += 8, nodes += 16) store<u64>(to, reduceOnce(load<u64>(nodes) & P));
}

/** to: 0 everywhere, but in block b of 2^blockBits rows `values[b]` at row `places[b]`. `first`: the row of to[0]. */
export function points(to: usize, places: usize, values: usize, blockBits: i32, first: i32, count: i32): void {
  const low = (1 << blockBits) - 1;
  for (let row = first; row < first + count; row++) {
    const block = <usize>(row >> blockBits);
    const mask = -(<u64>(<u32>(row & low) == load<u32>(places + (block << 2))));
    store<u64>(to, load<u64>(values + (block << 3)) & mask);
    to += 8;
  }
}

/** index = floor(word * baseCount / 2^32), as u16, of every word of 32 bits. */
export function indices(to: usize, words: usize, baseCount: i32, count: i32): void {
  for (let i = 0; i < count; i++, to += 2, words += 4) {
    store<u16>(to, <u16>((<u64>load<u32>(words) * <u64>baseCount) >> 32));
  }
}

/** to_i += sum of base[index] over the ten indices of row i. Seven terms fit a word; then it is folded. */
export function rows(to: usize, base: usize, index: usize, count: i32): void {
  const end = to + (<usize>count << 3);
  for (; to < end; to += 8, index += 20) {
    let sum = load<u64>(to) + at(base, index, 0) + at(base, index, 2) + at(base, index, 4);
    sum += at(base, index, 6) + at(base, index, 8);
    sum = fold(sum) + at(base, index, 10) + at(base, index, 12);
    sum += at(base, index, 14) + at(base, index, 16) + at(base, index, 18);
    store<u64>(to, reduce(sum));
  }
}

// @ts-ignore: decorator
@inline
function at(base: usize, index: usize, offset: usize): u64 {
  return load<u64>(base + (<usize>load<u16>(index + offset) << 3));
}

/** The same for two vectors with one look-up: `base` holds pairs (first, second). */
export function rowPairs(first: usize, second: usize, base: usize, index: usize, count: i32): void {
  const end = first + (<usize>count << 3);
  for (; first < end; first += 8, second += 8, index += 20) {
    let sum = i64x2.add(pairAt(base, index, 0), pairAt(base, index, 2));
    sum = i64x2.add(sum, i64x2.add(pairAt(base, index, 4), pairAt(base, index, 6)));
    sum = i64x2.add(sum, i64x2.add(pairAt(base, index, 8), pairAt(base, index, 10)));
    sum = i64x2.add(v128.and(sum, i64x2.splat(P)), i64x2.shr_u(sum, 61));
    sum = i64x2.add(sum, i64x2.add(pairAt(base, index, 12), pairAt(base, index, 14)));
    sum = i64x2.add(sum, i64x2.add(pairAt(base, index, 16), pairAt(base, index, 18)));
    store<u64>(first, reduce(load<u64>(first) + <u64>i64x2.extract_lane(sum, 0)));
    store<u64>(second, reduce(load<u64>(second) + <u64>i64x2.extract_lane(sum, 1)));
  }
}

// @ts-ignore: decorator
@inline
function pairAt(base: usize, index: usize, offset: usize): v128 {
  return v128.load(base + (<usize>load<u16>(index + offset) << 4));
}

/** (first_0, second_0, first_1, ...): pairs from two vectors. */
export function interleave(to: usize, first: usize, second: usize, count: i32): void {
  const end = to + (<usize>count << 4);
  for (; to < end; to += 16, first += 8, second += 8) {
    store<u64>(to, load<u64>(first));
    store<u64>(to, load<u64>(second), 8);
  }
}
