/**
 * Keys from secrets (HKDF-SHA256, RFC 5869; scrypt, RFC 7914) and sealing under a key (AES-256-GCM): for wallet files
 * and everything derived from one seed.
 *
 *     PRK = HMAC(salt, secret)        T(i) = HMAC(PRK, T(i-1) info i)        key = T(1) T(2) ...
 */
import { assert, CovaultError } from '../errors.js';
import { checkLength, concatBytes, utf8 } from './bytes.js';
import { frame, hashBytes } from './hash.js';
import type { ScryptCost } from './primitives.js';
import { primitives } from './primitives-node.js';

export function hkdfExtract(salt: Uint8Array, secret: Uint8Array): Uint8Array {
  return primitives.hmacSha256(salt, secret);
}

export function hkdfExpand(prk: Uint8Array, info: Uint8Array, count: number): Uint8Array {
  assert(count >= 0 && count <= 255 * hashBytes, 'HKDF makes at most 255 blocks');
  if (count <= hashBytes) return primitives.hmacSha256(prk, concatBytes(info, firstBlock)).slice(0, count);
  const key = new Uint8Array(Math.ceil(count / hashBytes) * hashBytes);
  let block = new Uint8Array(0);
  for (let i = 1; (i - 1) * hashBytes < count; i++) {
    block = new Uint8Array(primitives.hmacSha256(prk, concatBytes(block, info, Uint8Array.of(i))));
    key.set(block, (i - 1) * hashBytes);
  }
  return key.slice(0, count);
}

const firstBlock = Uint8Array.of(1);

/** 32 bytes that tell nothing of `secret` nor of keys with another label or other parts. */
export function deriveKey(secret: Uint8Array, label: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return hkdfExpand(hkdfExtract(new Uint8Array(hashBytes), secret), frame(label, parts), 32);
}

/** What a wallet file may ask for: 1 GiB of memory at most, so that a forged file cannot stop its reader. */
const scryptMemoryMax = 2 ** 30;
const scryptParallelMax = 16;

/** The key of a passphrase, normalised (NFKC: one passphrase, whatever the keyboard). Throws MALFORMED. */
export function passwordKey(passphrase: string, salt: Uint8Array, cost: ScryptCost): Uint8Array {
  const { N, r, p } = cost;
  const whole = [N, r, p].every(value => Number.isSafeInteger(value) && value >= 1);
  const isPower = whole && N >= 2 && Number.isInteger(Math.log2(N));
  if (!isPower || 128 * N * r > scryptMemoryMax || p > scryptParallelMax) {
    throw new CovaultError('MALFORMED', 'scrypt parameters out of bounds', { what: 'scrypt parameters', N, r, p });
  }
  return primitives.scrypt(utf8(passphrase.normalize('NFKC')), salt, { N, r, p }, 32);
}

/** AES-256-GCM: ciphertext, then a 16-byte tag. A nonce is used once under a key. */
export function aeadSeal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
  checkLength(key, 32, 'AEAD key');
  checkLength(nonce, 12, 'AEAD nonce');
  return primitives.gcmSeal(key, nonce, plaintext, aad);
}

/** Throws MALFORMED: the key is another one, or the bytes are. */
export function aeadOpen(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array {
  checkLength(key, 32, 'AEAD key');
  checkLength(nonce, 12, 'AEAD nonce');
  const plaintext = primitives.gcmOpen(key, nonce, sealed, aad);
  if (plaintext === undefined) {
    throw new CovaultError('MALFORMED', 'sealed bytes do not open', { what: 'sealed bytes', count: sealed.length });
  }
  return plaintext;
}
