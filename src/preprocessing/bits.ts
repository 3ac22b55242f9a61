/**
 * Bits in bulk: packing, and the transpose that turns 128 long columns into many 128-bit rows.
 *
 *     bit j of a row of bytes is bit (j mod 8) of byte floor(j/8)
 *
 * Words are 32 bits, little endian, like the bytes they lie over; exclusive or does not care for their sign. Nothing here
 * branches on a bit or uses one as an address.
 */
import { assert } from '../errors.js';

/** Columns of the extension, bits of a row, bits of an AES block. */
export const rowBits = 128;
export const rowWords = 4;
export const rowBytes = 16;

/** The same bytes as words: in place where they lie aligned, else copied. */
export function wordsOf(bytes: Uint8Array): Int32Array {
  assert(bytes.length % 4 === 0, 'whole words');
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Int32Array(aligned.buffer, aligned.byteOffset, bytes.length / 4);
}

export function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

/** One byte, 0 or 1, a bit; eight to a byte. The rest of the last byte is 0. */
export function packBits(bits: Uint8Array): Uint8Array {
  const packed = new Uint8Array(Math.ceil(bits.length / 8));
  for (let j = 0; j < bits.length; j++) packed[j >> 3] |= (bits[j] & 1) << (j & 7);
  return packed;
}

/** target ^= source, from the start of both, as long as the target is. */
export function xorInto(target: Int32Array, source: Int32Array): void {
  for (let i = 0; i < target.length; i++) target[i] ^= source[i];
}

/** target ^= source where the bit is 1, without a branch. */
export function xorIfInto(target: Int32Array, source: Int32Array, bit: number): void {
  const mask = -(bit & 1);
  for (let i = 0; i < target.length; i++) target[i] ^= source[i] & mask;
}

/** (a, b) for bit 0, (b, a) for bit 1, without a branch. Fresh arrays. */
export function swapIf(bit: number, a: Uint8Array, b: Uint8Array): [Uint8Array, Uint8Array] {
  const mask = -(bit & 1) & 0xff;
  const [first, second] = [a.slice(), b.slice()];
  for (let i = 0; i < a.length; i++) {
    const difference = mask & (a[i] ^ b[i]);
    first[i] ^= difference;
    second[i] ^= difference;
  }
  return [first, second];
}

/**
 * 128 columns of n bits to n rows of 128 bits: bit c of row j is bit j of column c.
 * Shapes: 128 columns of n/32 words; n a multiple of 32; the result has 4n words.
 */
export function transpose(columns: readonly Int32Array[]): Int32Array {
  assert(columns.length === rowBits, 'rows are as wide as a block');
  const count = columns[0].length;
  const rows = new Int32Array(count * 32 * rowWords);
  const square = new Int32Array(32);
  for (let word = 0; word < count; word++) {
    for (let q = 0; q < rowWords; q++) {
      for (let k = 0; k < 32; k++) square[k] = columns[32 * q + k][word];
      transposeSquare(square);
      for (let k = 0; k < 32; k++) rows[(32 * word + k) * rowWords + q] = square[k];
    }
  }
  return rows;
}

/** 32 by 32 bits in place, by swapping blocks of half the size each time. Source: Warren, Hacker's Delight, 7-3. */
function transposeSquare(a: Int32Array): void {
  let mask = 0x0000ffff;
  for (let size = 16; size !== 0; size >>= 1, mask ^= mask << size) {
    for (let k = 0; k < 32; k = (k + size + 1) & ~size) {
      const swap = ((a[k] >>> size) ^ a[k + size]) & mask;
      a[k] ^= swap << size;
      a[k + size] ^= swap;
    }
  }
}
