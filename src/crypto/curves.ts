/**
 * Signatures (Ed25519, RFC 8032) and key agreement (X25519, RFC 7748).
 *
 * What a signature must satisfy is the same in Node and in the browser, because a signature that one bank takes and
 * another refuses would split them:
 *
 *     public key   canonical (y < p), not of small order
 *     S            below the group's order
 *     equation     encode(S*B - h*A) = R, byte for byte: cofactorless, so that R is canonical too
 *
 * (ZIP 215, noble's default, multiplies by the cofactor and takes more. RFC 8032 allows either.)
 */
import { CovaultError } from '../errors.js';
import { checkLength } from './bytes.js';
import { primitives } from './primitives-node.js';

const keyBytes = 32;
const signatureBytes = 64;

export const ed25519 = {
  publicKey(seed: Uint8Array): Uint8Array {
    checkLength(seed, keyBytes, 'Ed25519 seed');
    return primitives.ed25519PublicKey(seed);
  },

  sign(seed: Uint8Array, message: Uint8Array): Uint8Array {
    checkLength(seed, keyBytes, 'Ed25519 seed');
    return primitives.ed25519Sign(seed, message);
  },

  /** Never throws, whatever the bytes. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    if (publicKey.length !== keyBytes || signature.length !== signatureBytes) return false;
    if (!isProperPublicKey(publicKey) || little(signature.subarray(32)) >= groupOrder) return false;
    return primitives.ed25519Verify(publicKey, message, signature);
  },
};

export const x25519 = {
  publicKey(secret: Uint8Array): Uint8Array {
    checkLength(secret, keyBytes, 'X25519 secret key');
    return primitives.x25519PublicKey(secret);
  },

  /** Throws MALFORMED for a public key of small order: the shared point would be zero, known to everybody. */
  shared(secret: Uint8Array, publicKey: Uint8Array): Uint8Array {
    checkLength(secret, keyBytes, 'X25519 secret key');
    checkLength(publicKey, keyBytes, 'X25519 public key');
    const shared = primitives.x25519Shared(secret, publicKey);
    if (shared === undefined || shared.every(byte => byte === 0)) {
      throw new CovaultError('MALFORMED', 'an X25519 public key of small order', { what: 'X25519 public key' });
    }
    return shared;
  },
};

const fieldPrime = 2n ** 255n - 19n;
const groupOrder = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The y of the eight points of order 1, 2, 4 and 8 (those of one y differ in the sign bit). */
const smallOrderY: readonly bigint[] = [
  0n,
  1n,
  fieldPrime - 1n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
];

/** Canonical and not of small order. (Whether it is on the curve at all is seen by whoever uses it.) */
function isProperPublicKey(publicKey: Uint8Array): boolean {
  const y = little(publicKey) & (2n ** 255n - 1n);
  return y < fieldPrime && !smallOrderY.includes(y);
}

function little(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 32);
  let value = 0n;
  for (let at = 24; at >= 0; at -= 8) value = (value << 64n) | view.getBigUint64(at, true);
  return value;
}
