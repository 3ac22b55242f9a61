/**
 * Streams of pseudorandom bytes: the PRG of the protocol, randomness for hosts and for replays, and fixed-key AES.
 *
 *     PRG(seed)  AES-128-CTR, key = the first 16 bytes of the seed, counter from 0, big endian
 *
 * Source: protocol.md, section 2; AES-CTR: NIST SP 800-38A, section 6.5.
 */
import { assert } from '../errors.js';
import { bytesOf, maskInto, maskToField, type Vec } from '../field/index.js';
import type { Randomness } from '../ports.js';
import { hash } from './hash.js';
import { primitives } from './primitives-node.js';

const keyBytes = 16;
const blockBytes = 16;

/** The first `count` bytes of the stream of `seed` (at least 16 bytes; what comes after them is not used). */
export function prg(seed: Uint8Array, count: number): Uint8Array {
  assert(seed.length >= keyBytes, 'a PRG seed has at least 16 bytes');
  assert(Number.isSafeInteger(count) && count >= 0, 'a PRG makes a whole number of bytes');
  return primitives.aesCtr(seed.subarray(0, keyBytes), count, 0);
}

/** Fills `to` with the same stream from block `block` of 16 bytes on. */
export function prgInto(to: Uint8Array, seed: Uint8Array, block: number): void {
  assert(seed.length >= keyBytes && Number.isSafeInteger(block) && block >= 0, 'a place in the stream of a seed');
  primitives.aesCtr(seed.subarray(0, keyBytes), to.length, block, to);
}

/** `count` field elements: 8 bytes little endian each, masked to 61 bits, p read as 0. */
export function prgVec(seed: Uint8Array, count: number): Vec {
  return maskToField(prg(seed, 8 * count));
}

/** Fills `to` with the elements that `prgVec` would make. */
export function prgVecInto(to: Vec, seed: Uint8Array): void {
  prgInto(bytesOf(to), seed, 0);
  maskInto(to);
}

/** The operating system's randomness: what a host hands to the library. */
export const systemRandom: Randomness = { bytes: count => primitives.randomBytes(count) };

/**
 * The same bytes again for the same seed, in one stream however it is cut into calls: for tests and replays.
 * Trust: as secret as its seed.
 */
export function seededRandom(seed: Uint8Array): Randomness {
  const key = hash('covault/seeded-random', seed).slice(0, keyBytes);
  let block = 0;
  let rest = new Uint8Array(0);
  const refill = (wanted: number) => {
    const blocks = Math.ceil(Math.max(wanted, 1024) / blockBytes);
    rest = new Uint8Array(primitives.aesCtr(key, blocks * blockBytes, block));
    block += blocks;
  };
  return {
    bytes(count) {
      const bytes = new Uint8Array(count);
      const head = rest.subarray(0, count);
      bytes.set(head);
      rest = rest.subarray(head.length);
      if (head.length < count) {
        refill(count - head.length);
        bytes.set(rest.subarray(0, count - head.length), head.length);
        rest = rest.subarray(count - head.length);
      }
      return bytes;
    },
  };
}

/** Nothing up the sleeve: the first 128 bits of the fraction of pi. Public; the permutation needs no secret. */
const fixedKey = Uint8Array.of(
  ...[0x24, 0x3f, 0x6a, 0x88, 0x85, 0xa3, 0x08, 0xd3, 0x13, 0x19, 0x8a, 0x2e, 0x03, 0x70, 0x73, 0x44],
);
const permute = primitives.aesBlocks(fixedKey);

/**
 * The public permutation pi of the OT hash, on every 16-byte block by itself.
 * Cost: 2 ns a block in pieces of 16 KB to 256 KB, 9 ns in pieces of 4 KB, microseconds a call: batch.
 * Source: Guo et al., ePrint 2019/074.
 */
export function fixedKeyAes(blocks: Uint8Array): Uint8Array {
  assert(blocks.length % blockBytes === 0, 'fixed-key AES works on whole blocks');
  return blocks.length === 0 ? new Uint8Array(0) : permute(blocks);
}

/**
 * AES-128 on every 16-byte block by itself, under a public key: a permutation, not an encryption. Into `to`, as long as
 * `blocks`. Cost: as above.
 */
export function aesPermutation(key: Uint8Array): (blocks: Uint8Array, to: Uint8Array) => void {
  assert(key.length === keyBytes, 'a key of AES-128 has 16 bytes');
  return primitives.aesBlocks(key);
}
