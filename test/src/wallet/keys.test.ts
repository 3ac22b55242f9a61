/** Seed phrases and the keys that come of them. */
import test from 'ava';
import { ed25519, seededRandom, toHex, utf8 } from '../../../src/crypto/index.js';
import { isCode } from '../../../src/errors.js';
import { P } from '../../../src/field/index.js';
import { accountKeys, checkSeedPhrase, newSeedPhrase, seedOf } from '../../../src/wallet/keys.js';

const random = seededRandom(utf8('a seed for the keys of a wallet.'));
const phrase = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
const hidden = { id: new Uint8Array(32).fill(1), pageSize: 16 };
const open = { ...hidden, pageSize: 1 };

test('a seed phrase gives the seed of BIP-39', t => {
  t.true(toHex(seedOf(phrase)).startsWith('878386efb78845b3'));
  t.deepEqual(seedOf(`  ${phrase.toUpperCase().replaceAll(' ', '\n')} `), seedOf(phrase));
});

test('new seed phrases have 12 or 24 words and are taken back', t => {
  for (const words of [12, 24] as const) {
    const fresh = newSeedPhrase(random, words);
    t.is(fresh.split(' ').length, words);
    t.is(checkSeedPhrase(fresh), fresh);
    t.not(newSeedPhrase(random, words), fresh);
  }
});

test('a phrase with a wrong word, order or length is refused', t => {
  const words = phrase.split(' ');
  const wrong = ['', words.slice(1).join(' '), words.toReversed().join(' '), [...words.slice(1), 'covault'].join(' ')];
  for (const text of [...wrong, `${phrase} legal winner thank`]) {
    t.true(
      isCode(
        t.throws(() => checkSeedPhrase(text)),
        'BAD_SEED_PHRASE',
      ),
      text,
    );
  }
});

test('keys of other accounts, networks and uses are others, and come back the same', t => {
  const seed = seedOf(phrase);
  const elements = [0, 1, 433].flatMap(account => {
    const keys = accountKeys(seed, hidden, account);
    t.deepEqual(accountKeys(seed, hidden, account), keys);
    return keys.kind === 'shared' ? [keys.spending, keys.viewing] : [];
  });
  const elsewhere = accountKeys(seed, { ...hidden, id: new Uint8Array(32).fill(2) }, 0);
  t.is(new Set([...elements, elsewhere.kind === 'shared' && elsewhere.spending]).size, 7);
  for (const element of elements) t.true(element > 0n && element < P);
});

test('for pages of one slot the keys are Ed25519', t => {
  const keys = accountKeys(seedOf(phrase), open, 3);
  if (keys.kind !== 'public') return t.fail();
  t.deepEqual(keys.publicKeys.spending, ed25519.publicKey(keys.spendingSeed));
  t.deepEqual(keys.publicKeys.viewing, ed25519.publicKey(keys.viewingSeed));
  t.notDeepEqual(keys.spendingSeed, keys.viewingSeed);
});
