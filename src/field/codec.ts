/**
 * Vectors as bytes: 8 bytes an element, little endian, nothing before or after.
 *
 *   decodeVec     bytes of others: an element >= p is malformed, so every vector has one encoding
 *   maskToField   bytes of a PRG: each 8 bytes masked to 61 bits, p read as 0; the distance from uniform is 2^-61
 *
 * Works on 32-bit halves, (low, high) of an element: no bigint is made, and nothing branches on an element.
 * Not here: how long a vector has to be; whoever reads a message knows.
 *
 * Source: protocol, section 2.
 */
import { assert, CovaultError } from '../errors.js';
import type { Vec } from './kernel/kernel.js';

const elementBytes = 8;
/** The high half of p, and the mask of the high half's bits that an element has. */
const highOfP = 0x1fff_ffff;

// The arrays' bytes are taken as they lie in memory.
assert(new Uint8Array(new BigUint64Array([1n]).buffer)[0] === 1, 'this machine is little endian');

/** Shapes: 8 bytes an element. */
export function encodeVec(v: Vec): Uint8Array {
  return new Uint8Array(v.buffer, v.byteOffset, v.byteLength).slice();
}

/** Throws MALFORMED: not whole elements, or an element >= p. */
export function decodeVec(bytes: Uint8Array): Vec {
  if (bytes.length % elementBytes !== 0) {
    throw new CovaultError('MALFORMED', 'a vector is not whole elements', { byteCount: bytes.length });
  }
  const halves = halvesOfCopy(bytes);
  let excess = 0;
  for (let i = 0; i < halves.length; i += 2) excess |= (halves[i + 1] >>> 29) | isP(halves[i], halves[i + 1]);
  if (excess !== 0) throw new CovaultError('MALFORMED', 'an element is not below p');
  return new BigUint64Array(halves.buffer);
}

/** Uniform bytes to uniform elements. Shapes: 8 bytes an element. */
export function maskToField(bytes: Uint8Array): Vec {
  assert(bytes.length % elementBytes === 0, 'whole elements are masked');
  const halves = halvesOfCopy(bytes);
  for (let i = 0; i < halves.length; i += 2) {
    const high = halves[i + 1] & highOfP;
    const keep = isP(halves[i], high) - 1;
    halves[i] &= keep;
    halves[i + 1] = high & keep;
  }
  return new BigUint64Array(halves.buffer);
}

/** 1 where (low, high) is p, else 0: a number or its negative has the top bit, unless it is zero. */
function isP(low: number, high: number): number {
  const difference = ~low | (high ^ highOfP);
  return ((difference | -difference) >>> 31) ^ 1;
}

/** A copy: aligned, and never a view of the caller's buffer. */
function halvesOfCopy(bytes: Uint8Array): Uint32Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return new Uint32Array(copy.buffer);
}
