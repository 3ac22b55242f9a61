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
import { wasmKernel as kernel } from './kernel/wasm.js';
import { blockBytes } from './ot.js';

/** Bytes of one call of the permutation: it and what stands around it stay in a core's first caches. */
const pieceBytes = 32_768;

export interface Direction {
  /** Roster indices: who ends with two blocks, who ends with one. */
  readonly sender: number;
  readonly receiver: number;
}

/** Into `to`, as long as `blocks`. Block k is hashed under position `first + k`. */
export function otHashInto(to: Uint8Array, blocks: Uint8Array, direction: Direction, first: number): void {
  assert(Number.isSafeInteger(first + blocks.length / blockBytes), 'positions are safe integers');
  const way = BigInt(direction.receiver | (direction.sender << 8));
  const tweaked = new Uint8Array(Math.min(pieceBytes, blocks.length));
  for (let at = 0; at < blocks.length; at += pieceBytes) {
    const inner = fixedKeyAes(blocks.subarray(at, at + pieceBytes));
    const between = tweaked.subarray(0, inner.length);
    kernel.tweak(between, inner, first + at / blockBytes, way);
    const outer = fixedKeyAes(between);
    kernel.xor(outer, inner);
    to.set(outer, at);
  }
  tweaked.fill(0);
}
