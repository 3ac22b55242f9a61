/** Labelled hashing, commitments, bytes, and the pseudorandom streams. */
import test from 'ava';
import fc from 'fast-check';
import { concatBytes, equalBytes, fromHex, toHex, utf8 } from '../../../src/crypto/bytes.js';
import { primitives } from '../../../src/crypto/primitives-node.js';
import { both, type Crypto } from './both.js';

/** The slow twin: the bytes as protocol.md, section 2, lists them. */
function framed(label: string, parts: readonly Uint8Array[]): Uint8Array {
  const bytes: number[] = [];
  for (const part of [new TextEncoder().encode(label), ...parts]) {
    const length = new DataView(new ArrayBuffer(4));
    length.setUint32(0, part.length, true);
    bytes.push(...new Uint8Array(length.buffer), ...part);
  }
  return Uint8Array.from(bytes);
}

for (const [name, crypto] of both) {
  const { checkCommitment, commit, fixedKeyAes, Hasher, hash, prg, prgVec, seededRandom, systemRandom } = crypto;

  test(`${name}: a hash is SHA-256 of label and parts, each prefixed by its length`, t => {
    const label = fc.string({ maxLength: 20, unit: 'grapheme' });
    fc.assert(
      fc.property(label, fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 5 }), (text, parts) => {
        const expected = primitives.sha256(framed(text, parts));
        t.deepEqual(hash(text, ...parts), expected);
        const hasher = new Hasher(text);
        for (const part of parts) hasher.add(part);
        t.deepEqual(hasher.digest(), expected);
      }),
      { numRuns: 50 },
    );
    for (const count of [8191, 8192, 8193, 70_001]) {
      const part = prg(new Uint8Array(16), count);
      t.deepEqual(hash('long', part, utf8('end')), primitives.sha256(framed('long', [part, utf8('end')])));
    }
  });

  test(`${name}: the encoding of a hash does not drift`, t => {
    t.is(
      toHex(hash('covault/test', utf8('a'), utf8(''))),
      toHex(primitives.sha256(fromHex(`0c000000${toHex(utf8('covault/test'))}010000006100000000`))),
    );
  });

  test(`${name}: bytes cannot move between parts, nor between label and part`, t => {
    const hashes = [
      hash('ab', utf8('c')),
      hash('a', utf8('bc')),
      hash('a', utf8('b'), utf8('c')),
      hash('a', utf8('bc'), utf8('')),
      hash('abc'),
    ];
    t.is(new Set(hashes.map(toHex)).size, hashes.length);
  });

  test(`${name}: a commitment opens to its value, and to nothing else`, t => {
    const random = seededRandom(utf8('commitments'));
    const [context, value] = [utf8('height 7'), utf8('share')];
    const { commitment, opening } = commit('coin', context, value, random);
    t.is(opening.length, 32);
    t.deepEqual(commitment, hash('coin', context, value, opening));
    t.true(checkCommitment('coin', context, value, opening, commitment));
    const changed = opening.slice();
    changed[31] ^= 1;
    t.false(checkCommitment('coin', context, value, changed, commitment));
    t.false(checkCommitment('coin', context, utf8('other'), opening, commitment));
    t.false(checkCommitment('coin', utf8('height 8'), value, opening, commitment));
    t.false(checkCommitment('nonce', context, value, opening, commitment));
    t.false(checkCommitment('coin', context, value, opening, commitment.subarray(0, 31)));
    const long = concatBytes(opening, Uint8Array.of(0));
    t.false(checkCommitment('coin', context, value, long, hash('coin', context, value, long)));
    t.notDeepEqual(commit('coin', context, value, random).commitment, commitment);
  });

  test(`${name}: the PRG is AES-CTR under the first 16 bytes, and a longer stream begins with the shorter`, t => {
    const seed = fromHex('000102030405060708090a0b0c0d0e0f');
    t.is(toHex(prg(seed, 16)), 'c6a13b37878f5b826f4f8162a1c8d879', 'AES of the block of zeros');
    t.deepEqual(prg(concatBytes(seed, utf8('not used')), 433), prg(seed, 433));
    t.deepEqual(prg(seed, 40_000).subarray(0, 433), prg(seed, 433));
    t.is(prg(seed, 0).length, 0);
    t.throws(() => prg(seed.subarray(1), 16));
    t.throws(() => prg(seed, -1));
  });

  test(`${name}: field elements of the PRG are its words, masked to 61 bits, p read as 0`, t => {
    const seed = new Uint8Array(16).fill(3);
    const stream = prg(seed, 8 * 433);
    const view = new DataView(stream.buffer, stream.byteOffset);
    const p = 2n ** 61n - 1n;
    const expected = Array.from({ length: 433 }, (_, i) => (view.getBigUint64(8 * i, true) & p) % p);
    t.deepEqual([...prgVec(seed, 433)], expected);
    t.is(prgVec(seed, 0).length, 0);
  });

  test(`${name}: seeded randomness is one stream, however it is cut`, t => {
    const whole = seededRandom(utf8('seed')).bytes(5000);
    const cut = seededRandom(utf8('seed'));
    const pieces: Uint8Array[] = [];
    for (const count of [0, 1, 7, 16, 433, 1024, 3000, 519]) pieces.push(cut.bytes(count));
    t.deepEqual(concatBytes(...pieces), whole);
    t.notDeepEqual(seededRandom(utf8('seed 2')).bytes(32), whole.slice(0, 32));
  });

  test(`${name}: bytes once drawn are the caller's to wipe`, t => {
    const [a, b] = [seededRandom(utf8('seed')), seededRandom(utf8('seed'))];
    a.bytes(40).fill(0);
    b.bytes(40);
    t.deepEqual(a.bytes(40), b.bytes(40));
  });

  test(`${name}: the system's randomness has the length asked for`, t => {
    t.is(systemRandom.bytes(33).length, 33);
    t.notDeepEqual(systemRandom.bytes(33), systemRandom.bytes(33));
  });

  test(`${name}: fixed-key AES permutes every block by itself`, t => {
    const blocks = prg(new Uint8Array(16), 16 * 3001);
    const permuted = fixedKeyAes(blocks);
    t.is(permuted.length, blocks.length);
    for (const i of [0, 1, 2047, 2048, 3000]) {
      t.deepEqual(fixedKeyAes(blocks.slice(16 * i, 16 * i + 16)), permuted.slice(16 * i, 16 * i + 16));
    }
    t.is(fixedKeyAes(new Uint8Array(0)).length, 0);
    t.throws(() => fixedKeyAes(new Uint8Array(17)));
  });
}

test('Node and browser hash, commit, expand and permute to the same bytes', t => {
  const run = (crypto: Crypto) => {
    const random = crypto.seededRandom(utf8('both'));
    return [
      random.bytes(433),
      crypto.hash('label', random.bytes(7)),
      crypto.commit('label', utf8('context'), utf8('value'), random),
      crypto.fixedKeyAes(random.bytes(160)),
      crypto.deriveKey(random.bytes(32), 'label', utf8('part')),
      crypto.passwordKey('correct horse', utf8('salt'), { N: 16, r: 1, p: 1 }),
      crypto.aeadSeal(random.bytes(32), random.bytes(12), utf8('text'), utf8('aad')),
      crypto.sealTo(crypto.deriveKeyPair(random.bytes(32)).publicKey, utf8('text'), utf8('a'), utf8('i'), random),
    ];
  };
  t.deepEqual(run(both[0][1]), run(both[1][1]));
});

test('hex is lower case, whole bytes, and comes back as it was', t => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), bytes => equalBytes(fromHex(toHex(bytes)), bytes)));
  t.is(toHex(Uint8Array.of(0, 0xab, 0xff)), '00abff');
  for (const text of ['0', 'AB', 'zz', '0x00', ' 00', '00\n', '0 0', 'ａｂ']) {
    t.like(
      t.throws(() => fromHex(text)),
      { code: 'MALFORMED' },
    );
  }
});

test('bytes are equal only if all of them are and none is missing', t => {
  t.true(equalBytes(utf8('same'), utf8('same')));
  t.true(equalBytes(utf8(''), utf8('')));
  t.false(equalBytes(utf8('same'), utf8('samf')));
  t.false(equalBytes(utf8('same'), utf8('tame')));
  t.false(equalBytes(utf8('same'), utf8('sam')));
});
