/** The links' own ChaCha20-Poly1305 against the library's. */
import { defaultCrypto } from '@chainsafe/libp2p-noise/crypto';
import test from 'ava';
import { noiseCrypto } from '../../../node/host/noise-crypto.js';
import { prg } from '../../../src/crypto/index.js';

const key = prg(new Uint8Array(16).fill(1), 32);
const nonce = prg(new Uint8Array(16).fill(2), 12);
const ad = new Uint8Array(0);
const flat = (bytes: { subarray(): Uint8Array }) => Uint8Array.from(bytes.subarray());

for (const count of [0, 1, 1199, 1200, 4095, 4097, 65_519]) {
  test(`${count} bytes are sealed and opened as the library does it`, t => {
    const plaintext = prg(new Uint8Array(16).fill(3), count);
    const sealed = flat(noiseCrypto.chaCha20Poly1305Encrypt(plaintext, nonce, ad, key));
    t.deepEqual(sealed, flat(defaultCrypto.chaCha20Poly1305Encrypt(plaintext, nonce, ad, key)));
    t.deepEqual(flat(noiseCrypto.chaCha20Poly1305Decrypt(sealed.slice(), nonce, ad, key)), plaintext);
    const inPlace = sealed.slice();
    const dst = inPlace.subarray(0, count);
    t.deepEqual(flat(noiseCrypto.chaCha20Poly1305Decrypt(inPlace, nonce, ad, key, dst)), plaintext);
  });

  test(`${count} bytes with one bit turned are refused`, t => {
    const sealed = flat(noiseCrypto.chaCha20Poly1305Encrypt(new Uint8Array(count), nonce, ad, key));
    for (const at of [0, sealed.length - 1]) {
      const turned = sealed.slice();
      turned[at] ^= 4;
      t.throws(() => noiseCrypto.chaCha20Poly1305Decrypt(turned, nonce, ad, key));
    }
  });
}
