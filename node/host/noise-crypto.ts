/**
 * ChaCha20-Poly1305 for the links between banks, with little memory: one piece a message. Everything else, and short messages,
 * as @chainsafe/libp2p-noise does it.
 *
 * Source: RFC 8439; the interface: @chainsafe/libp2p-noise, `ICryptoInterface`.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { ICryptoInterface } from '@chainsafe/libp2p-noise';
import { defaultCrypto } from '@chainsafe/libp2p-noise/crypto';
import { moveInto } from '../../src/crypto/primitives-node.js';

type Bytes = Parameters<ICryptoInterface['chaCha20Poly1305Encrypt']>[0];

const cipherName = 'chacha20-poly1305';
const tagBytes = 16;
/** Below this the library's WebAssembly is faster. */
const shortBytes = 1200;

export const noiseCrypto: ICryptoInterface = {
  ...defaultCrypto,

  chaCha20Poly1305Encrypt(plaintext, nonce, ad, k) {
    const count = plaintext.byteLength;
    if (count < shortBytes) return defaultCrypto.chaCha20Poly1305Encrypt(plaintext, nonce, ad, k);
    const cipher = createCipheriv(cipherName, k, nonce, { authTagLength: tagBytes });
    cipher.setAAD(ad, { plaintextLength: count });
    const sealed = new Uint8Array(count + tagBytes);
    transform(sealed, plaintext, part => cipher.update(part));
    cipher.final();
    sealed.set(cipher.getAuthTag(), count);
    return sealed;
  },

  /** Into `dst` where it is given. Throws: the tag is wrong; what `dst` holds then is nobody's. */
  chaCha20Poly1305Decrypt(sealed, nonce, ad, k, dst) {
    const count = sealed.byteLength - tagBytes;
    if (count < shortBytes) return defaultCrypto.chaCha20Poly1305Decrypt(sealed, nonce, ad, k, dst);
    const decipher = createDecipheriv(cipherName, k, nonce, { authTagLength: tagBytes });
    decipher.setAAD(ad, { plaintextLength: count });
    decipher.setAuthTag(sealed.subarray(count));
    const opened = dst?.length === count ? dst : new Uint8Array(count);
    transform(opened, sealed instanceof Uint8Array ? sealed.subarray(0, count) : sealed.sublist(0, count), part =>
      decipher.update(part),
    );
    decipher.final();
    return opened;
  },
};

/** A stream cipher: as many bytes come out of every part as go in. */
function transform(to: Uint8Array, from: Bytes, cipher: (part: Uint8Array) => Buffer): void {
  let at = 0;
  for (const part of from instanceof Uint8Array ? [from] : from) {
    moveInto(to, at, cipher(part));
    at += part.length;
  }
}
