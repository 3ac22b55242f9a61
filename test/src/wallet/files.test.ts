/** The two files a holder keeps: the claim and the wallet. */
import test from 'ava';
import { seededRandom, utf8 } from '../../../src/crypto/index.js';
import { isCode } from '../../../src/errors.js';
import { decodeClaim, encodeClaim, makeClaim, newClaimSecret } from '../../../src/wallet/index.js';
import { putAccount, putOrder, startState, type WalletState, withSealed } from '../../../src/wallet/state.js';
import { newWalletKey, openWallet, sealWallet } from '../../../src/wallet/wallet-file.js';
import { FakeBanks } from '../../harness/fake-bank.js';
import { cheap } from './wallets.js';

const random = seededRandom(utf8('a seed for the files of a wallet'));
const banks = new FakeBanks({ balances: [100n, 0n, 0n, 0n] });
const { network } = banks;

test('a claim file is read as it was written', t => {
  const claim = banks.claim(0);
  t.deepEqual(decodeClaim(encodeClaim(claim)), claim);
  t.is(claim.balance, 100n);
});

test('a claim needs the secret of the key that genesis lists', t => {
  t.true(
    isCode(
      t.throws(() => makeClaim(network, 0, newClaimSecret(random).secret)),
      'BAD_SIGNATURE',
    ),
  );
  t.true(
    isCode(
      t.throws(() => makeClaim(network, 1, banks.claim(0).secret)),
      'BAD_SIGNATURE',
    ),
  );
});

test('every wrong field of a claim file is named', t => {
  const text = encodeClaim(banks.claim(0));
  const wrong = { covaultClaim: 2, network: 'ab', account: 1.5, balance: '-1', secret: 'xyz' };
  for (const [field, value] of Object.entries(wrong)) {
    const error = t.throws(() => decodeClaim(JSON.stringify({ ...JSON.parse(text), [field]: value })));
    t.true(isCode(error, 'MALFORMED') && error.facts.field === field);
  }
  for (const broken of ['', 'null', text.slice(0, 50)]) {
    t.true(
      isCode(
        t.throws(() => decodeClaim(broken)),
        'MALFORMED',
      ),
    );
  }
});

function someState(): WalletState {
  const base = { height: 3, hash: random.bytes(32) };
  const sealed = { id: random.bytes(32), bytes: random.bytes(433), expiry: 1003, base, secret: 1n };
  const order = { sealed: undefined, tries: 0, outcome: { state: 'pending' } } as const;
  let state = startState('some words', network.id);
  state = putAccount(state, { account: 2, label: 'savings' });
  const transfer = { kind: 'transfer', from: 2, to: 0, amount: 2n ** 59n } as const;
  state = putOrder(state, withSealed({ ...order, name: 'transfer rent', intent: transfer }, sealed));
  state = putOrder(state, {
    ...order,
    name: 'transfer old',
    intent: transfer,
    outcome: { state: 'settled', height: 2 },
  });
  const claim = random.bytes(32);
  state = putOrder(state, {
    ...order,
    name: 'open 3',
    intent: { kind: 'open', account: 3, claim },
    outcome: { state: 'dead', height: 1, why: 'burned' },
  });
  return putOrder(
    { ...state, head: base, opened: new Set([1, 2]) },
    {
      ...order,
      name: 'reveal 2',
      intent: { kind: 'reveal', account: 2 },
      outcome: { state: 'revealed', height: 3, balance: 2n ** 60n - 1n },
    },
  );
}

test('a wallet file is read as it was written, and a save needs no second scrypt', t => {
  const state = someState();
  const key = newWalletKey('pass', cheap, random);
  const text = sealWallet(state, key, random);
  const opened = openWallet(text, 'pass');
  t.deepEqual(opened.state, state);
  t.deepEqual(opened.key, key);
  t.notDeepEqual(sealWallet(state, key, random), text);
  t.false(text.includes('savings'));
});

test('another passphrase, or one changed byte of anything, opens nothing', t => {
  const text = sealWallet(someState(), newWalletKey('pass', cheap, random), random);
  t.true(
    isCode(
      t.throws(() => openWallet(text, 'Pass')),
      'BAD_PASSPHRASE',
    ),
  );
  t.true(
    isCode(
      t.throws(() => newWalletKey('', cheap, random)),
      'BAD_PASSPHRASE',
    ),
  );
  const file = JSON.parse(text);
  const other = (hex: string) => (hex.startsWith('0') ? '1' : '0') + hex.slice(1);
  for (const changed of [
    { ...file, nonce: other(file.nonce) },
    { ...file, sealed: other(file.sealed) },
    { ...file, kdf: { ...file.kdf, salt: other(file.kdf.salt) } },
    { ...file, kdf: { ...file.kdf, N: 4 } },
  ]) {
    t.true(
      isCode(
        t.throws(() => openWallet(JSON.stringify(changed), 'pass')),
        'BAD_PASSPHRASE',
      ),
    );
  }
});

test('what is no wallet file is refused, whatever cost it asks for', t => {
  const text = sealWallet(someState(), newWalletKey('pass', cheap, random), random);
  const file = JSON.parse(text);
  for (const changed of [
    null,
    {},
    { ...file, covaultWallet: 3 },
    { ...file, covaultWallet: '2' },
    { ...file, cipher: 'none' },
    { ...file, kdf: { ...file.kdf, name: 'md5' } },
    { ...file, kdf: { ...file.kdf, N: 2 ** 40 } },
    { ...file, kdf: { ...file.kdf, N: '2' } },
    { ...file, nonce: 'ab' },
    { ...file, sealed: 'ab' },
  ]) {
    t.true(
      isCode(
        t.throws(() => openWallet(JSON.stringify(changed), 'pass')),
        'MALFORMED',
      ),
    );
  }
  for (const broken of ['', '{', text.slice(0, 100)]) {
    t.true(
      isCode(
        t.throws(() => openWallet(broken, 'pass')),
        'MALFORMED',
      ),
    );
  }
});
