/** Published vectors on both implementations of the primitives, and the two against each other. */
import test from 'ava';
import fc from 'fast-check';
import { concatBytes, fromHex, toHex, utf8 } from '../../../src/crypto/bytes.js';
import type { Primitives } from '../../../src/crypto/primitives.js';
import { primitives as browser } from '../../../src/crypto/primitives-browser.js';
import { primitives as node } from '../../../src/crypto/primitives-node.js';

const implementations: readonly (readonly [string, Primitives])[] = [
  ['node', node],
  ['browser', browser],
];
const none = new Uint8Array(0);
const zeros = (count: number) => new Uint8Array(count);

for (const [name, primitives] of implementations) {
  test(`${name}: SHA-256 of FIPS 180-4`, t => {
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    t.is(toHex(primitives.sha256(utf8('abc'))), abc);
    t.is(toHex(primitives.sha256(none)), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    const state = primitives.sha256Start();
    state.update(utf8('a'));
    state.update(none);
    state.update(utf8('bc'));
    t.is(toHex(state.digest()), abc);
  });

  test(`${name}: HMAC-SHA-256 of RFC 4231, cases 1 and 2`, t => {
    t.is(
      toHex(primitives.hmacSha256(zeros(20).fill(0x0b), utf8('Hi There'))),
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    );
    t.is(
      toHex(primitives.hmacSha256(utf8('Jefe'), utf8('what do ya want for nothing?'))),
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  test(`${name}: scrypt of RFC 7914, section 12`, t => {
    t.is(
      toHex(primitives.scrypt(none, none, { N: 16, r: 1, p: 1 }, 64)),
      '77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442' +
        'fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906',
    );
    t.is(
      toHex(primitives.scrypt(utf8('password'), utf8('NaCl'), { N: 1024, r: 8, p: 16 }, 64)),
      'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162' +
        '2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
    );
  });

  test(`${name}: AES-128 blocks of FIPS 197 and SP 800-38A, F.1.1`, t => {
    const example = primitives.aesBlocks(fromHex('000102030405060708090a0b0c0d0e0f'));
    t.is(toHex(example(fromHex('00112233445566778899aabbccddeeff'))), '69c4e0d86a7b0430d8cdb78070b4c55a');
    const ecb = primitives.aesBlocks(fromHex('2b7e151628aed2a6abf7158809cf4f3c'));
    const blocks = fromHex('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51');
    const expected = '3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf';
    t.is(toHex(ecb(blocks)), expected);
    t.is(toHex(ecb(blocks)), expected, 'one block does not depend on those before it');
  });

  test(`${name}: the AES-CTR keystream is AES of the counter, from any block on`, t => {
    const key = fromHex('2b7e151628aed2a6abf7158809cf4f3c');
    const blocks = 5000; // more than one chunk of the Node implementation
    const counters = new Uint8Array(16 * blocks);
    const view = new DataView(counters.buffer);
    for (let i = 0; i < blocks; i++) view.setUint32(16 * i + 12, i);
    const expected = primitives.aesBlocks(key)(counters);
    t.deepEqual(primitives.aesCtr(key, 16 * blocks, 0), expected);
    t.deepEqual(primitives.aesCtr(key, 433, 7), expected.slice(16 * 7, 16 * 7 + 433));
    t.deepEqual(primitives.aesCtr(key, 0, 0), none);
  });

  test(`${name}: AES-GCM of McGrew and Viega, cases 1, 2, 4 and 14`, t => {
    const cases: readonly (readonly string[])[] = [
      ['00'.repeat(16), '00'.repeat(12), '', '', '58e2fccefa7e3061367f1d57a4e7455a'],
      [
        '00'.repeat(16),
        '00'.repeat(12),
        '00'.repeat(16),
        '',
        '0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf',
      ],
      [
        'feffe9928665731c6d6a8f9467308308',
        'cafebabefacedbaddecaf888',
        'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
          '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
        'feedfacedeadbeeffeedfacedeadbeefabaddad2',
        '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e' +
          '21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47',
      ],
      [
        '00'.repeat(32),
        '00'.repeat(12),
        '00'.repeat(16),
        '',
        'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
      ],
    ];
    for (const [key, nonce, plaintext, aad, sealed] of cases.map(values => values.map(fromHex))) {
      t.deepEqual(primitives.gcmSeal(key, nonce, plaintext, aad), sealed);
      t.deepEqual(primitives.gcmOpen(key, nonce, sealed, aad), plaintext);
      const forged = sealed.slice();
      forged[0] ^= 1;
      t.is(primitives.gcmOpen(key, nonce, forged, aad), undefined);
      t.is(primitives.gcmOpen(key, nonce, sealed, concatBytes(aad, Uint8Array.of(0))), undefined);
      t.is(primitives.gcmOpen(key, nonce, sealed.subarray(0, 15), aad), undefined);
      t.is(primitives.gcmOpen(key, nonce, none, aad), undefined);
    }
  });

  test(`${name}: X25519 of RFC 7748, section 5.2`, t => {
    const cases: readonly (readonly string[])[] = [
      [
        'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
        'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
        'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
      ],
      [
        '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
        'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
        '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
      ],
    ];
    for (const [scalar, u, expected] of cases.map(values => values.map(fromHex))) {
      t.deepEqual(primitives.x25519Shared(scalar, u), expected);
    }
    const nine = zeros(32);
    nine[0] = 9;
    const once = '422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079';
    t.is(toHex(primitives.x25519PublicKey(nine)), once);
  });

  test(`${name}: an X25519 secret that was wiped in place is no longer the key it was`, t => {
    const secret = primitives.randomBytes(32);
    const before = primitives.x25519PublicKey(secret);
    t.deepEqual(primitives.x25519PublicKey(secret), before);
    secret.fill(0);
    t.notDeepEqual(primitives.x25519PublicKey(secret), before);
  });

  test(`${name}: results are plain byte arrays that nobody else holds`, t => {
    const seed = zeros(32).fill(7);
    const results = [
      () => primitives.sha256(seed),
      () => primitives.aesCtr(seed.subarray(0, 16), 40, 0),
      () => primitives.ed25519PublicKey(seed),
      () => primitives.ed25519Sign(seed, seed),
      () => primitives.gcmSeal(seed, seed.subarray(0, 12), seed, none),
    ];
    for (const result of results) {
      const first = result();
      t.is(Object.getPrototypeOf(first), Uint8Array.prototype);
      const copy = first.slice();
      first.fill(0);
      t.deepEqual(result(), copy);
    }
    t.is(Object.getPrototypeOf(primitives.randomBytes(7)), Uint8Array.prototype);
  });

  test(`${name}: random bytes come in any number and never the same twice`, t => {
    t.is(primitives.randomBytes(0).length, 0);
    const many = primitives.randomBytes(200_001);
    t.is(many.length, 200_001);
    t.true(many.subarray(200_001 - 64).some(byte => byte !== 0));
    t.notDeepEqual(primitives.randomBytes(32), primitives.randomBytes(32));
  });
}

test('a public key forgotten for others and imported again is the same key', t => {
  const secret = new Uint8Array(32).fill(3);
  const publics = Array.from({ length: 300 }, (_, i) => node.x25519PublicKey(node.sha256(Uint8Array.of(i, i >> 8))));
  const first = publics.map(key => node.x25519Shared(secret, key));
  t.deepEqual(
    publics.map(key => node.x25519Shared(secret, key)),
    first,
  );
  t.deepEqual(browser.x25519Shared(secret, publics[0]), first[0]);
});

test('both implementations give the same bytes for the same input', t => {
  const bytes = (count: number) => fc.uint8Array({ minLength: count, maxLength: count });
  fc.assert(
    fc.property(bytes(32), bytes(32), bytes(12), fc.uint8Array({ maxLength: 200 }), (key, other, nonce, message) => {
      const results = implementations.map(([, p]) => {
        const sealed = p.gcmSeal(key, nonce, message, other);
        return [
          p.sha256(message),
          p.hmacSha256(key, message),
          p.aesCtr(key.subarray(0, 16), message.length, message.length),
          sealed,
          p.gcmOpen(key, nonce, sealed, other),
          p.ed25519PublicKey(key),
          p.ed25519Sign(key, message),
          p.x25519PublicKey(key),
          p.x25519Shared(key, other),
        ];
      });
      t.deepEqual(results[0], results[1]);
    }),
    { numRuns: 25 },
  );
});
