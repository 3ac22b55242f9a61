/** Ed25519 and X25519: published vectors, and what a strict verifier must refuse, on both implementations. */
import { ED25519_TORSION_SUBGROUP, ed25519 as noble } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import test from 'ava';
import { concatBytes, fromHex, toHex, utf8 } from '../../../src/crypto/bytes.js';
import { primitives as browser } from '../../../src/crypto/primitives-browser.js';
import { primitives as node } from '../../../src/crypto/primitives-node.js';
import type { CovaultError } from '../../../src/errors.js';
import { both } from './both.js';

const { Point } = noble;
const groupOrder = Point.Fn.ORDER;

/** RFC 8032, section 7.1: seed, public key, message, signature. */
const vectors: readonly (readonly string[])[] = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
];

const seed = new Uint8Array(32).fill(5);
const message = utf8('one hundred');

for (const [name, { ed25519, x25519 }] of both) {
  test(`${name}: Ed25519 signs and verifies as RFC 8032 prints it`, t => {
    for (const [secret, publicKey, text, signature] of vectors.map(values => values.map(fromHex))) {
      t.deepEqual(ed25519.publicKey(secret), publicKey);
      t.deepEqual(ed25519.sign(secret, text), signature);
      t.true(ed25519.verify(publicKey, text, signature));
    }
  });

  test(`${name}: a signature with one bit changed is refused, as is another message or key`, t => {
    const publicKey = ed25519.publicKey(seed);
    const signature = ed25519.sign(seed, message);
    for (let bit = 0; bit < 512; bit += 37) {
      const forged = signature.slice();
      forged[bit >> 3] ^= 1 << (bit & 7);
      t.false(ed25519.verify(publicKey, message, forged));
    }
    t.false(ed25519.verify(publicKey, utf8('one hundred and one'), signature));
    t.false(ed25519.verify(ed25519.publicKey(new Uint8Array(32)), message, signature));
  });

  test(`${name}: verify answers false, and never throws, for bytes of any length`, t => {
    const publicKey = ed25519.publicKey(seed);
    const signature = ed25519.sign(seed, message);
    for (const count of [0, 1, 31, 33, 64]) t.false(ed25519.verify(new Uint8Array(count), message, signature));
    for (const count of [0, 1, 63, 65, 128]) t.false(ed25519.verify(publicKey, message, new Uint8Array(count)));
    t.false(ed25519.verify(fromHex(`02${'00'.repeat(31)}`), message, signature), 'not on the curve');
    t.false(ed25519.verify(new Uint8Array(32).fill(255), message, new Uint8Array(64).fill(255)));
  });

  test(`${name}: S must be below the order, so that nobody makes a second signature of one`, t => {
    const publicKey = ed25519.publicKey(seed);
    const signature = ed25519.sign(seed, message);
    const larger = concatBytes(signature.subarray(0, 32), littleBytes(little(signature.subarray(32)) + groupOrder));
    t.true(ed25519.verify(publicKey, message, signature));
    t.false(ed25519.verify(publicKey, message, larger));
  });

  test(`${name}: a public key of small order or not canonical is refused`, t => {
    const neutral = fromHex(`01${'00'.repeat(31)}`);
    const signature = concatBytes(neutral, new Uint8Array(32));
    t.true(node.ed25519Verify(neutral, message, signature), 'the equation alone holds, for every message');
    const p = 2n ** 255n - 19n;
    const keys = ED25519_TORSION_SUBGROUP.map(fromHex);
    keys.push(
      littleBytes(p),
      littleBytes(p + 1n),
      littleBytes(1n + 2n ** 255n),
      littleBytes(2n ** 255n - 20n + 2n ** 255n),
    );
    for (const key of keys) {
      for (const R of keys) t.false(ed25519.verify(key, message, concatBytes(R, new Uint8Array(32))));
    }
  });

  test(`${name}: both ends of X25519 agree, and a public key of small order is refused`, t => {
    const [a, b] = [seed, new Uint8Array(32).fill(9)];
    t.deepEqual(x25519.shared(a, x25519.publicKey(b)), x25519.shared(b, x25519.publicKey(a)));
    const p = 2n ** 255n - 19n;
    for (const u of [0n, 1n, p - 1n, p, p + 1n].map(littleBytes)) {
      t.true((t.throws(() => x25519.shared(a, u)) as CovaultError).message.includes('small order'));
    }
  });

  test(`${name}: keys of a wrong length are refused by name, without their bytes`, t => {
    const calls = [
      () => ed25519.publicKey(new Uint8Array(31)),
      () => ed25519.sign(new Uint8Array(64), message),
      () => x25519.publicKey(new Uint8Array(33)),
      () => x25519.shared(new Uint8Array(0), seed),
      () => x25519.shared(seed, new Uint8Array(31)),
    ];
    for (const call of calls) t.like(t.throws(call), { code: 'MALFORMED' });
  });
}

test('a key with a part of small order: both implementations check without the cofactor, and agree', t => {
  const scalar = Point.Fn.create(little(sha512(seed).subarray(0, 32)));
  const torsion = ED25519_TORSION_SUBGROUP.map(hex => Point.fromHex(hex)).find(point => !point.double().double().is0());
  t.truthy(torsion);
  const publicKey = Point.BASE.multiply(scalar)
    .add(torsion as typeof Point.BASE)
    .toBytes();
  const answers = new Set<boolean>();
  for (let i = 1; i <= 60; i++) {
    const text = Uint8Array.of(i);
    const R = Point.BASE.multiply(BigInt(i)).toBytes();
    const h = Point.Fn.create(little(sha512(concatBytes(R, publicKey, text))));
    const signature = concatBytes(R, littleBytes(Point.Fn.create(BigInt(i) + h * scalar)));
    t.true(noble.verify(signature, text, publicKey), 'with the cofactor every one of them is taken');
    const answer = node.ed25519Verify(publicKey, text, signature);
    t.is(browser.ed25519Verify(publicKey, text, signature), answer);
    t.is(answer, h % 8n === 0n);
    answers.add(answer);
  }
  t.is(answers.size, 2);
});

function little(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.slice().reverse())}`);
}

function littleBytes(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, '0')).reverse();
}
