/**
 * Bytes: text, hex, joining, and a comparison in constant time.
 */
import { concat } from 'uint8arrays/concat';
import { fromString } from 'uint8arrays/from-string';
import { CovaultError } from '../errors.js';

export function utf8(text: string): Uint8Array {
  return fromString(text, 'utf8');
}

/** Two digits of every byte: ids are keys of maps everywhere, and a table is five times as fast as a general codec. */
const digitsOf = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += digitsOf[bytes[i]];
  return text;
}

/** Lower case, two digits a byte: one value has one writing. Throws MALFORMED. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0) throw malformedHex();
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = 16 * digit(text, 2 * i) + digit(text, 2 * i + 1);
  return bytes;
}

function digit(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x61 && code <= 0x66) return code - 0x57;
  throw malformedHex();
}

const malformedHex = () => new CovaultError('MALFORMED', 'malformed hex', { what: 'hex' });

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
