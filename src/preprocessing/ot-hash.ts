/**
 * The hash that breaks the correlation between OTs: TMMO, tweaked Matyas-Meyer-Oseas with a fixed-key permutation.
 *
 *     H(t, x) = pi(pi(x) XOR t) XOR pi(x)               pi = AES-128 under a public key
 *
 * Tweak-circular correlation robust in the ideal-cipher model: with q calls and a Delta of h bits of min-entropy the
 * advantage is about q^2/2^128 + q/2^h. The tweak is (position, direction) and does not repeat in a session; sessions have
 * fresh Deltas.
 *
 *     t = position (8 bytes) | receiver, sender (1 byte each) | 0        little endian
 *
 * Source: Guo, Katz, Wang, Yu: ePrint 2019/074, section 7.4.
 */
import { fixedKeyAes } from '../crypto/index.js';
import { assert } from '../errors.js';
import { bytesOf, rowWords, wordsOf } from './bits.js';

export interface Direction {
  /** Roster indices: who ends with two blocks, who ends with one. */
  readonly sender: number;
  readonly receiver: number;
}

/** Shapes: 4 words a block; `count` blocks of 16 bytes back. Block k is hashed under position `first + k`. */
export function otHash(blocks: Int32Array, direction: Direction, first: number): Uint8Array {
  const count = blocks.length / rowWords;
  assert(Number.isSafeInteger(first + count), 'positions are safe integers');
  const inner = wordsOf(fixedKeyAes(bytesOf(blocks)));
  const tweaked = new Int32Array(inner.length);
  const way = direction.receiver | (direction.sender << 8);
  for (let k = 0, at = 0; k < count; k++, at += rowWords) {
    const position = first + k;
    tweaked[at] = inner[at] ^ position;
    tweaked[at + 1] = inner[at + 1] ^ Math.floor(position / 0x1_0000_0000);
    tweaked[at + 2] = inner[at + 2] ^ way;
    tweaked[at + 3] = inner[at + 3];
  }
  const outer = wordsOf(fixedKeyAes(bytesOf(tweaked)));
  for (let i = 0; i < tweaked.length; i++) tweaked[i] = outer[i] ^ inner[i];
  return bytesOf(tweaked);
}
