/**
 * Bits in small numbers: packing, exclusive or, swaps. What is done by the million is in `kernel/`.
 *
 *     bit j of a row of bytes is bit (j mod 8) of byte floor(j/8)
 *
 * Words are 32 bits, little endian, like the bytes they lie over; exclusive or does not care for their sign. Nothing here
 * branches on a bit or uses one as an address.
 */
import { assert } from '../errors.js';

/** Columns of the extension, bits of a row, bits of an AES block. */
export const rowBits = 128;
export const rowBytes = 16;

/** The same bytes as words: in place where they lie aligned, else copied. */
function wordsOf(bytes: Uint8Array): Int32Array {
  assert(bytes.length % 4 === 0, 'whole words');
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Int32Array(aligned.buffer, aligned.byteOffset, bytes.length / 4);
}

/** One byte, 0 or 1, a bit; eight to a byte. The rest of the last byte is 0. */
export function packBits(bits: Uint8Array): Uint8Array {
  const packed = new Uint8Array(Math.ceil(bits.length / 8));
  for (let j = 0; j < bits.length; j++) packed[j >> 3] |= (bits[j] & 1) << (j & 7);
  return packed;
}

export function unpackBits(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: 8 * bytes.length }, (_, j) => (bytes[j >> 3] >> (j & 7)) & 1);
}

/** target ^= source: whole words, aligned in the target. */
export function xorInto(target: Uint8Array, source: Uint8Array): void {
  xorIfInto(target, source, 1);
}

/** target ^= source where the bit is 1, without a branch. */
export function xorIfInto(target: Uint8Array, source: Uint8Array, bit: number): void {
  assert(target.byteOffset % 4 === 0 && target.length === source.length, 'words of equal length');
  const [to, from] = [wordsOf(target), wordsOf(source)];
  const mask = -(bit & 1);
  for (let i = 0; i < to.length; i++) to[i] ^= from[i] & mask;
}

/** v for bit 1, zeros for bit 0, in place and without a branch. */
export function keepIf(v: BigUint64Array, bit: number): void {
  const words = new Int32Array(v.buffer, v.byteOffset, 2 * v.length);
  const mask = -(bit & 1);
  for (let i = 0; i < words.length; i++) words[i] &= mask;
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
