/**
 * Vectors as bytes: 8 bytes an element, little endian, nothing before or after.
 *
 *   decodeVec     bytes of others: an element >= p is malformed, so every vector has one encoding
 *   maskToField   bytes of a PRG: each 8 bytes masked to 61 bits, p read as 0; the distance from uniform is 2^-61
 *
 * Not here: how long a vector has to be; whoever reads a message knows.
 *
 * Source: protocol, section 2.
 */
import { assert, CovaultError } from '../errors.js';
import type { Vec } from './kernel/kernel.js';
import { wasmKernel as kernel } from './kernel/wasm.js';
import { borrowed } from './lent.js';

const elementBytes = 8;

// The arrays' bytes are taken as they lie in memory.
assert(new Uint8Array(new BigUint64Array([1n]).buffer)[0] === 1, 'this machine is little endian');

/** Shapes: 8 bytes an element. */
export function encodeVec(v: Vec): Uint8Array {
  return bytesOf(v).slice();
}

/** The same as a view, for whoever copies or hashes it at once: it changes with the vector. */
export function bytesOf(v: Vec): Uint8Array {
  return new Uint8Array(v.buffer, v.byteOffset, v.byteLength);
}

/** A copy, into `to` where it is given. Throws MALFORMED: not whole elements, or an element >= p. */
export function decodeVec(bytes: Uint8Array, to?: Vec): Vec {
  if (bytes.length % elementBytes !== 0) {
    throw new CovaultError('MALFORMED', 'a vector is not whole elements', { byteCount: bytes.length });
  }
  const words = copiedWords(bytes, to);
  if (!kernel.allBelowP(words)) throw new CovaultError('MALFORMED', 'an element is not below p');
  return words;
}

/** Uniform bytes to uniform elements. Shapes: 8 bytes an element. */
export function maskToField(bytes: Uint8Array): Vec {
  assert(bytes.length % elementBytes === 0, 'whole elements are masked');
  const words = copiedWords(bytes);
  kernel.maskInto(words);
  return words;
}

/** The same in place: any words to elements. */
export function maskInto(words: BigUint64Array): void {
  kernel.maskInto(words);
}

/**
 * `count` runs of uniform bytes to as many runs of elements, one behind the other, in a borrowed vector.
 * Shapes: 8*length bytes a run.
 */
export function maskRuns(count: number, length: number, run: (k: number) => Uint8Array): Vec {
  const words = borrowed(count * length);
  const bytes = bytesOf(words);
  for (let k = 0; k < count; k++) {
    const uniform = run(k);
    assert(uniform.length === elementBytes * length, 'whole elements are masked');
    bytes.set(uniform, k * uniform.length);
  }
  kernel.maskInto(words);
  return words;
}

/** A copy: aligned, and never a view of the caller's buffer. */
function copiedWords(bytes: Uint8Array, words: Vec = new BigUint64Array(bytes.length / elementBytes)): BigUint64Array {
  assert(words.byteLength === bytes.length, 'a word for every 8 bytes');
  bytesOf(words).set(bytes);
  return words;
}
