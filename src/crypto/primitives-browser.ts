/**
 * The primitives by noble, for browsers: synchronous, without WebCrypto, whose every call is a promise. Slower than
 * `primitives-node.ts` by one to two orders of magnitude; a wallet does little of it. The tests run one set of vectors
 * on both.
 *
 * Trust: JavaScript's big integers are not constant time. A wallet signs and opens for its own user, on request.
 */
import { ctr, ecb, gcm } from '@noble/ciphers/aes.js';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { hmac } from '@noble/hashes/hmac.js';
import { scrypt } from '@noble/hashes/scrypt.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import type { Primitives } from './primitives.js';

const { Point } = ed25519;
const { Fn } = Point;

/** What getRandomValues gives in one call. */
const randomBytesMax = 65536;

export const primitives: Primitives = {
  sha256: bytes => sha256(bytes),

  sha256Start() {
    const state = sha256.create();
    return {
      update: bytes => {
        state.update(bytes);
      },
      digest: () => state.digest(),
    };
  },

  hmacSha256: (key, message) => hmac(sha256, key, message),

  scrypt: (password, salt, { N, r, p }, count) =>
    scrypt(password, salt, { N, r, p, dkLen: count, maxmem: 128 * r * (N + p + 2) + 1024 }),

  aesCtr(key, count, block, to) {
    const counter = new Uint8Array(16);
    new DataView(counter.buffer).setBigUint64(8, BigInt(block));
    return ctr(key, counter).encrypt(new Uint8Array(count), to);
  },

  aesBlocks: key => (blocks, to) => ecb(key, { disablePadding: true }).encrypt(blocks, to),

  gcmSeal: (key, nonce, plaintext, aad) => gcm(key, nonce, aad).encrypt(plaintext),

  gcmOpen(key, nonce, sealed, aad) {
    try {
      return gcm(key, nonce, aad).decrypt(sealed);
    } catch {
      return undefined;
    }
  },

  ed25519PublicKey: seed => ed25519.getPublicKey(seed),
  ed25519Sign: (seed, message) => ed25519.sign(message, seed),
  ed25519Verify(publicKey, message, signature) {
    // noble's own verify multiplies by the cofactor; OpenSSL does not. This is OpenSSL's equation:
    //     encode(S*B - h*A) = R,   h = SHA-512(R A M) mod L
    try {
      const R = signature.subarray(0, 32);
      const A = Point.fromBytes(publicKey, false);
      const S = little(signature.subarray(32));
      const state = sha512.create().update(R).update(publicKey).update(message);
      const h = Fn.create(little(state.digest()));
      const expected = Point.BASE.multiplyUnsafe(S).subtract(A.multiplyUnsafe(h)).toBytes();
      return signature.length === 64 && R.every((byte, i) => byte === expected[i]);
    } catch {
      return false; // not on the curve, or S not below the order
    }
  },

  x25519PublicKey: secret => x25519.getPublicKey(secret),
  x25519Shared(secret, publicKey) {
    try {
      return x25519.getSharedSecret(secret, publicKey);
    } catch {
      return undefined; // noble refuses the zero point
    }
  },

  randomBytes(count) {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; at += randomBytesMax) {
      globalThis.crypto.getRandomValues(bytes.subarray(at, at + randomBytesMax));
    }
    return bytes;
  },
};

function little(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  return value;
}
