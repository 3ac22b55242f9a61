/** HPKE: the vectors of RFC 9180, an independent library in both directions, and what must not open. */
import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import test from 'ava';
import { fromHex, utf8 } from '../../../src/crypto/bytes.js';
import type { Randomness } from '../../../src/ports.js';
import { both } from './both.js';

/** RFC 9180, appendix A.1.1. */
const vector = {
  info: fromHex('4f6465206f6e2061204772656369616e2055726e'),
  ikmE: fromHex('7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234'),
  pkEm: fromHex('37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431'),
  skEm: fromHex('52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736'),
  ikmR: fromHex('6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037'),
  pkRm: fromHex('3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d'),
  skRm: fromHex('4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8'),
  pt: fromHex('4265617574792069732074727574682c20747275746820626561757479'),
};
const ciphertexts: Readonly<Record<number, string>> = {
  0: 'f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a',
  1: 'af2d7e9ac9ae7e270f46ba1f975be53c09f8d875bdc8535458c2494e8a6eab251c03d0c22a56b8ca42c2063b84',
  2: '498dfcabd92e8acedc281e85af1cb4e3e31c7dc394a1ca20e173cb72516491588d96a19ad4a683518973dcc180',
  4: '583bd32bc67a5994bb8ceaca813d369bca7b2a42408cddef5e22f880b631215a09fc0012bc69fccaa251c0246d',
  255: '7175db9717964058640a3a11fb9007941a5d1757fda1a6935c805c21af32505bf106deefec4a49ac38d71c9e0a',
  256: '957f9800542b0b8891badb026d79cc54597cb2d225b54c00c5238c25d05c30e3fbeda97d2e0e1aba483a2df9f2',
};
const fixed = (bytes: Uint8Array): Randomness => ({ bytes: () => bytes.slice() });

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes128Gcm(),
});
/** A plain copy in its own buffer, as WebCrypto wants it. */
const own = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

const info = utf8('covault test');
const aad = utf8('envelope id');

for (const [name, crypto] of both) {
  const { deriveKeyPair, openSealed, sealTo, seededRandom, setupReceiver, setupSender } = crypto;
  const random = seededRandom(utf8(name));
  const recipient = deriveKeyPair(random.bytes(32));

  test(`${name}: key pairs are derived as RFC 9180, A.1.1, prints them`, t => {
    t.deepEqual(deriveKeyPair(vector.ikmE), { secretKey: vector.skEm, publicKey: vector.pkEm });
    t.deepEqual(deriveKeyPair(vector.ikmR), { secretKey: vector.skRm, publicKey: vector.pkRm });
  });

  test(`${name}: contexts seal and open the 257 messages of RFC 9180, A.1.1, in order`, t => {
    const sender = setupSender(vector.pkRm, vector.info, fixed(vector.ikmE));
    t.deepEqual(sender.enc, vector.pkEm);
    const receiver = setupReceiver(vector.skRm, sender.enc, vector.info);
    for (let sequence = 0; sequence <= 256; sequence++) {
      const count = utf8(`Count-${sequence}`);
      const ciphertext = sender.seal(count, vector.pt);
      const expected = ciphertexts[sequence];
      if (expected !== undefined) t.deepEqual(ciphertext, fromHex(expected));
      t.deepEqual(receiver.open(count, ciphertext), vector.pt);
    }
  });

  test(`${name}: a single sealing is enc and the first message of a context`, t => {
    const sealed = sealTo(vector.pkRm, vector.pt, utf8('Count-0'), vector.info, fixed(vector.ikmE));
    t.deepEqual(sealed, Uint8Array.from([...vector.pkEm, ...fromHex(ciphertexts[0])]));
    t.deepEqual(openSealed(vector.skRm, sealed, utf8('Count-0'), vector.info), vector.pt);
  });

  test(`${name}: what another library seals opens here`, async t => {
    const recipientPublicKey = await suite.kem.deserializePublicKey(own(recipient.publicKey));
    for (const count of [0, 1, 433]) {
      const plaintext = random.bytes(count);
      const sender = await suite.createSenderContext({ recipientPublicKey, info: own(info) });
      const ciphertext = await sender.seal(own(plaintext), own(aad));
      const sealed = Uint8Array.from([...new Uint8Array(sender.enc), ...new Uint8Array(ciphertext)]);
      t.deepEqual(openSealed(recipient.secretKey, sealed, aad, info), plaintext);
    }
  });

  test(`${name}: what is sealed here opens in another library`, async t => {
    const recipientKey = await suite.kem.deserializePrivateKey(own(recipient.secretKey));
    for (const count of [0, 1, 433]) {
      const plaintext = random.bytes(count);
      const sealed = sealTo(recipient.publicKey, plaintext, aad, info, random);
      const opened = await suite.open(
        { recipientKey, enc: own(sealed.subarray(0, 32)), info: own(info) },
        own(sealed.subarray(32)),
        own(aad),
      );
      t.deepEqual(new Uint8Array(opened), plaintext);
    }
  });

  test(`${name}: another key, id, purpose, a changed byte or a missing one does not open`, t => {
    const plaintext = utf8('to one bank');
    const sealed = sealTo(recipient.publicKey, plaintext, aad, info, random);
    const other = deriveKeyPair(random.bytes(32));
    const attempts: (() => Uint8Array)[] = [
      () => openSealed(other.secretKey, sealed, aad, info),
      () => openSealed(recipient.secretKey, sealed, utf8('other id'), info),
      () => openSealed(recipient.secretKey, sealed, aad, utf8('other purpose')),
      () => openSealed(recipient.secretKey, Uint8Array.from([...sealed, 0]), aad, info),
    ];
    for (let at = 0; at < sealed.length; at += 5) {
      const forged = sealed.slice();
      forged[at] ^= 4;
      attempts.push(() => openSealed(recipient.secretKey, forged, aad, info));
      attempts.push(() => openSealed(recipient.secretKey, sealed.subarray(0, at), aad, info));
    }
    for (const attempt of attempts) t.like(t.throws(attempt), { code: 'PACKET_UNREADABLE' });
    t.deepEqual(openSealed(recipient.secretKey, sealed, aad, info), plaintext);
  });

  test(`${name}: an ephemeral key of small order is unreadable, a recipient's is malformed`, t => {
    for (const first of [0, 1]) {
      const small = new Uint8Array(32);
      small[0] = first;
      const sealed = new Uint8Array(64);
      sealed.set(small);
      t.like(
        t.throws(() => openSealed(recipient.secretKey, sealed, aad, info)),
        { code: 'PACKET_UNREADABLE' },
      );
      t.like(
        t.throws(() => sealTo(small, utf8('x'), aad, info, random)),
        { code: 'MALFORMED' },
      );
    }
    t.like(
      t.throws(() => sealTo(new Uint8Array(31), utf8('x'), aad, info, random)),
      { code: 'MALFORMED' },
    );
  });

  test(`${name}: a message that does not open leaves its context as it was`, t => {
    const sender = setupSender(recipient.publicKey, info, random);
    const receiver = setupReceiver(recipient.secretKey, sender.enc, info);
    const first = sender.seal(aad, utf8('first'));
    const second = sender.seal(aad, utf8('second'));
    t.like(
      t.throws(() => receiver.open(aad, second)),
      { code: 'PACKET_UNREADABLE' },
    );
    t.deepEqual(receiver.open(aad, first), utf8('first'));
    t.like(
      t.throws(() => receiver.open(aad, first)),
      { code: 'PACKET_UNREADABLE' },
      'nothing opens twice',
    );
    t.deepEqual(receiver.open(aad, second), utf8('second'));
  });

  test(`${name}: messages open by their numbers in any order and again, and not once the context is wiped`, t => {
    const receiver = setupReceiver(vector.skRm, vector.pkEm, vector.info);
    for (const at of [256, 0, 4, 255, 4]) {
      const opened = receiver.openAt(at, utf8(`Count-${at}`), fromHex(ciphertexts[at]));
      t.deepEqual(opened, vector.pt);
    }
    const wrong = (at: number, count: number, of: number) =>
      t.like(
        t.throws(() => receiver.openAt(at, utf8(`Count-${count}`), fromHex(ciphertexts[of]))),
        { code: 'PACKET_UNREADABLE' },
      );
    wrong(1, 0, 0);
    wrong(0, 1, 0);
    wrong(0, 0, 1);
    // in order is not disturbed by what was opened by number
    t.deepEqual(receiver.open(utf8('Count-0'), fromHex(ciphertexts[0])), vector.pt);
    receiver.wipe();
    wrong(0, 0, 0);
  });

  test(`${name}: a sender counts its messages`, t => {
    const sender = setupSender(vector.pkRm, vector.info, fixed(vector.ikmE));
    t.is(sender.sequence, 0);
    sender.seal(utf8('Count-0'), vector.pt);
    t.is(sender.sequence, 1);
  });

  test(`${name}: two sealings of one text differ, and the same randomness seals the same bytes`, t => {
    const seal = (r: Randomness) => sealTo(recipient.publicKey, utf8('x'), aad, info, r);
    t.notDeepEqual(seal(random), seal(random));
    t.deepEqual(seal(seededRandom(aad)), seal(seededRandom(aad)));
  });
}
