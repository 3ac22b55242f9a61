/** Keys from secrets and sealing under keys: published vectors, bounds, and what must not open. */
import test from 'ava';
import { fromHex, toHex, utf8 } from '../../../src/crypto/bytes.js';
import { both } from './both.js';

/** RFC 5869, appendix A: secret, salt, info, PRK, key. */
const hkdfVectors: readonly (readonly string[])[] = [
  [
    '0b'.repeat(22),
    '000102030405060708090a0b0c',
    'f0f1f2f3f4f5f6f7f8f9',
    '077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5',
    '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  ],
  [
    toHex(Uint8Array.from({ length: 80 }, (_, i) => i)),
    toHex(Uint8Array.from({ length: 80 }, (_, i) => 0x60 + i)),
    toHex(Uint8Array.from({ length: 80 }, (_, i) => 0xb0 + i)),
    '06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244',
    'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
  ],
  [
    '0b'.repeat(22),
    '',
    '',
    '19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04',
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  ],
];

for (const [name, crypto] of both) {
  const { aeadOpen, aeadSeal, deriveKey, hkdfExpand, hkdfExtract, passwordKey } = crypto;

  test(`${name}: HKDF of RFC 5869, cases 1 to 3`, t => {
    for (const [secret, salt, info, prk, key] of hkdfVectors.map(values => values.map(fromHex))) {
      t.deepEqual(hkdfExtract(salt, secret), prk);
      t.deepEqual(hkdfExpand(prk, info, key.length), key);
    }
    t.is(hkdfExpand(new Uint8Array(32), new Uint8Array(0), 255 * 32).length, 255 * 32);
    t.throws(() => hkdfExpand(new Uint8Array(32), new Uint8Array(0), 255 * 32 + 1));
  });

  test(`${name}: derived keys differ with secret, label and parts, and are always 32 bytes`, t => {
    const secret = utf8('one seed');
    const keys = [
      deriveKey(secret, 'spend'),
      deriveKey(secret, 'view'),
      deriveKey(secret, 'view', Uint8Array.of(0)),
      deriveKey(secret, 'view', Uint8Array.of(0), Uint8Array.of(0)),
      deriveKey(secret, 'view', Uint8Array.of(0, 0)),
      deriveKey(utf8('other seed'), 'view'),
    ];
    t.is(new Set(keys.map(toHex)).size, keys.length);
    t.true(keys.every(key => key.length === 32));
    t.deepEqual(deriveKey(secret, 'spend'), keys[0]);
  });

  test(`${name}: a passphrase is one passphrase on every keyboard`, t => {
    const cost = { N: 16, r: 1, p: 1 };
    const salt = utf8('salt');
    t.deepEqual(passwordKey('caf\u00e9', salt, cost), passwordKey('cafe\u0301', salt, cost));
    t.notDeepEqual(passwordKey('cafe', salt, cost), passwordKey('caf\u00e9', salt, cost));
    t.notDeepEqual(passwordKey('cafe', salt, cost), passwordKey('cafe', utf8('salz'), cost));
    t.notDeepEqual(passwordKey('cafe', salt, cost), passwordKey('cafe', salt, { ...cost, N: 32 }));
  });

  test(`${name}: the key of a passphrase is the beginning of scrypt of RFC 7914`, t => {
    t.is(
      toHex(passwordKey('password', utf8('NaCl'), { N: 1024, r: 8, p: 16 })),
      'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162',
    );
  });

  test(`${name}: scrypt parameters out of bounds are refused before any memory is taken`, t => {
    const good = { N: 16, r: 1, p: 1 };
    const bad = [
      { N: 0 },
      { N: 1 },
      { N: 15 },
      { N: 16.5 },
      { N: Number.NaN },
      { N: 2 ** 40 },
      { N: 2 ** 20, r: 9 },
      { r: 0 },
      { r: -1 },
      { r: 2 ** 31 },
      { p: 0 },
      { p: 17 },
      { p: Number.POSITIVE_INFINITY },
    ];
    for (const change of bad) {
      t.like(
        t.throws(() => passwordKey('x', utf8('salt'), { ...good, ...change })),
        { code: 'MALFORMED' },
      );
    }
  });

  test(`${name}: sealed bytes open under their key, nonce and associated data only`, t => {
    const key = new Uint8Array(32).fill(1);
    const nonce = new Uint8Array(12).fill(2);
    const [text, aad] = [utf8('a wallet'), utf8('version 1')];
    const sealed = aeadSeal(key, nonce, text, aad);
    t.is(sealed.length, text.length + 16);
    t.deepEqual(aeadOpen(key, nonce, sealed, aad), text);
    const attempts = [
      () => aeadOpen(new Uint8Array(32), nonce, sealed, aad),
      () => aeadOpen(key, new Uint8Array(12), sealed, aad),
      () => aeadOpen(key, nonce, sealed, utf8('version 2')),
      () => aeadOpen(key, nonce, sealed.subarray(1), aad),
      () => aeadOpen(key, nonce, sealed.subarray(0, 7), aad),
      () => aeadOpen(key, nonce, new Uint8Array(0), aad),
      () => aeadOpen(key.subarray(16), nonce, sealed, aad),
      () => aeadOpen(key, nonce.subarray(1), sealed, aad),
      () => aeadSeal(key.subarray(1), nonce, text, aad),
      () => aeadSeal(key, sealed, text, aad),
    ];
    for (const attempt of attempts) t.like(t.throws(attempt), { code: 'MALFORMED' });
  });
}
