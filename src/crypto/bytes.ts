/**
 * Bytes: text, hex, joining, and a comparison in constant time.
 */
import { concat } from 'uint8arrays/concat';
import { fromString } from 'uint8arrays/from-string';
import { toString as asString } from 'uint8arrays/to-string';
import { CovaultError } from '../errors.js';

export function utf8(text: string): Uint8Array {
  return fromString(text, 'utf8');
}

export function toHex(bytes: Uint8Array): string {
  return asString(bytes, 'base16');
}

/** Lower case, two digits a byte: one value has one writing. Throws MALFORMED. */
export function fromHex(text: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new CovaultError('MALFORMED', 'malformed hex', { what: 'hex' });
  return fromString(text, 'base16');
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  return concat([...parts]);
}

/** Takes the same time wherever the first difference is. Lengths are public. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i];
  return difference === 0;
}

/** Refuses bytes from outside that cannot be what they should be. Throws MALFORMED. */
export function checkLength(bytes: Uint8Array, expected: number, what: string): void {
  if (bytes.length === expected) return;
  throw new CovaultError('MALFORMED', `malformed ${what}: wrong length`, { what, expected, count: bytes.length });
}
