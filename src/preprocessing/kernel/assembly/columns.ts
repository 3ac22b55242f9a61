/**
 * Columns of bits: the fold of a tree's streams, and the transpose that turns columns into rows.
 */

/**
 * 2^k streams, stream x at leaves + x*stride: column b = XOR of the streams whose x has bit b; the first stream becomes the
 * XOR of all. From the lowest bit: the odd streams are those with it, and pairs merge into one stream of the next level.
 * Cost: 2^(k+1) exclusive ors for 16 bytes, where stream by stream it were (1 + k/2)*2^k. `stride` keeps streams off each
 * other's cache lines. Destroys the streams.
 */
export function fold(leaves: usize, stride: usize, k: i32, columns: usize, bytes: i32): void {
  for (let at: usize = 0; at < <usize>bytes; at += 16) {
    let pairs = 1 << (k - 1);
    let column = columns + at;
    for (let b = 0; b < k; b++, pairs >>= 1, column += stride) {
      let odd = i64x2.splat(0);
      let from = leaves + at;
      let to = from;
      for (let y = 0; y < pairs; y++) {
        const second = v128.load(from + stride);
        odd = v128.xor(odd, second);
        v128.store(to, v128.xor(v128.load(from), second));
        from += stride << 1;
        to += stride;
      }
      v128.store(column, odd);
    }
  }
}

/** One step of the transpose: blocks of `size` bits change places across the diagonal, in four squares at once. */
// @ts-ignore: decorator
@inline
function swapBlocks(squares: usize, size: i32, mask: v128): void {
  for (let k = 0; k < 32; k = (k + size + 1) & ~size) {
    const low = squares + (<usize>k << 4);
    const high = low + (<usize>size << 4);
    const a = v128.load(low);
    const b = v128.load(high);
    const swap = v128.and(v128.xor(i32x4.shr_u(a, size), b), mask);
    v128.store(low, v128.xor(a, i32x4.shl(swap, size)));
    v128.store(high, v128.xor(b, swap));
  }
}

/**
 * 128 columns of 8*bytes bits to rows of 128: bit c of row j is bit j of column c. Sixteen bytes of a column are four words:
 * lane l of 32 columns is a square of 32 by 32 bits.
 * Source: Warren, Hacker's Delight, 7-3.
 */
export function transpose(rows: usize, columns: usize, stride: usize, bytes: i32, squares: usize): void {
  for (let at: usize = 0; at < <usize>bytes; at += 16) {
    for (let q: usize = 0; q < 4; q++) {
      let column = columns + (q << 5) * stride + at;
      for (let k: usize = 0; k < 32; k++, column += stride) v128.store(squares + (k << 4), v128.load(column));
      swapBlocks(squares, 16, i32x4.splat(0x0000ffff));
      swapBlocks(squares, 8, i32x4.splat(0x00ff00ff));
      swapBlocks(squares, 4, i32x4.splat(0x0f0f0f0f));
      swapBlocks(squares, 2, i32x4.splat(0x33333333));
      swapBlocks(squares, 1, i32x4.splat(0x55555555));
      let row = rows + (at << 7) + (q << 2);
      for (let k: usize = 0; k < 32; k++, row += 16) {
        const square = v128.load(squares + (k << 4));
        v128.store_lane<u32>(row, square, 0);
        v128.store_lane<u32>(row, square, 1, 512);
        v128.store_lane<u32>(row, square, 2, 1024);
        v128.store_lane<u32>(row, square, 3, 1536);
      }
    }
  }
}

/** One byte, 0 or 1, a bit; eight to a byte. `count` a multiple of 16. */
export function pack(to: usize, bits: usize, count: i32): void {
  const end = bits + <usize>count;
  for (; bits < end; bits += 16, to += 2) store<u16>(to, <u16>i8x16.bitmask(i8x16.shl(v128.load(bits), 7)));
}
