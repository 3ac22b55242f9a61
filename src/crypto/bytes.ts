/**
 * Bytes: text, hex, joining, and a comparison in constant time.
 */
import { concat } from 'uint8arrays/concat';
import { fromString } from 'uint8arrays/from-string';
import { CovaultError } from '../errors.js';

export function utf8(text: string): Uint8Array {
  return fromString(text, 'utf8');
}

/** The character codes of all bytes in hex, two and two. */
const hexCodes = Uint8Array.from({ length: 512 }, (_, i) =>
  '0123456789abcdef'.charCodeAt((i & 1 ? i >> 1 : i >> 5) & 15),
);
const ascii = new TextDecoder();
/** For 32 bytes, as ids and hashes have them: a bank names each of its envelopes some eighty times. */
const codesOf32 = new Uint8Array(64);

/** As characters in one array: a wallet file of a megabyte, built piece by piece, would be a second of garbage. */
export function toHex(bytes: Uint8Array): string {
  const codes = bytes.length === 32 ? codesOf32 : new Uint8Array(2 * bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    codes[2 * i] = hexCodes[2 * bytes[i]];
    codes[2 * i + 1] = hexCodes[2 * bytes[i] + 1];
  }
  return ascii.decode(codes);
}

/** By character code, below 128; -1: no digit. */
const hexDigits = Int8Array.from({ length: 128 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code)));

/** Lower case, two digits a byte: one value has one writing. Throws MALFORMED. */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1);
  let isHex = text.length % 2 === 0;
  for (let i = 0; i < bytes.length && isHex; i++) {
    const high = hexDigits[text.charCodeAt(2 * i)] ?? -1;
    const low = hexDigits[text.charCodeAt(2 * i + 1)] ?? -1;
    isHex = high >= 0 && low >= 0;
    bytes[i] = (high << 4) | low;
  }
  if (!isHex) throw new CovaultError('MALFORMED', 'malformed hex', { what: 'hex' });
  return bytes;
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
