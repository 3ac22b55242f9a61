/** Payments of a wallet: once, whatever happens in between. */
import test from 'ava';
import { fromHex } from '../../../src/crypto/index.js';
import { decodeEnvelope } from '../../../src/envelope/index.js';
import { CovaultError, type ErrorCode } from '../../../src/errors.js';
import { type Progress, Wallet } from '../../../src/wallet/index.js';
import { cheap, memoryWalletStore, setting } from './wallets.js';

const codeOf = async (run: Promise<unknown>): Promise<ErrorCode | 'none' | 'other'> => {
  try {
    await run;
    return 'none';
  } catch (error) {
    return error instanceof CovaultError ? error.code : 'other';
  }
};

for (const pageSize of [1, 4]) {
  test(`for K = ${pageSize} accounts open, money moves, balances are shown`, async t => {
    const { wallet, banks } = await setting({ balances: [100n, 50n, 0n, 0n], pageSize, banks: 3 });
    t.like(await wallet.transfer({ from: 0, to: 1, amount: 60n }), { verdict: 'settled' });
    t.like(await wallet.transfer({ from: 0, to: 1, amount: 60n }), { verdict: 'cancelled' });
    t.like(await wallet.transfer({ from: 1, to: 1, amount: 110n }), { verdict: 'settled' });
    t.like(await wallet.transfer({ from: 1, to: 0, amount: 0n }), { verdict: 'settled' });
    t.deepEqual(banks.balances, [40n, 110n, 0n, 0n]);
    t.is((await wallet.balance(0)).balance, 40n);
    t.is((await wallet.balance(1)).balance, 110n);
  });

  test(`for K = ${pageSize} an account without a claim gets a free slot, and its address is payable`, async t => {
    const { wallet } = await setting({ balances: [100n, 0n, 0n, 0n], pageSize });
    const own = await wallet.openAccount({ label: 'savings' });
    t.true(own.account > 0);
    t.like(own, { label: 'savings', state: 'open' });
    t.like(await wallet.transfer({ from: 0, to: own.address, amount: 7n }), { verdict: 'settled' });
    t.is((await wallet.balance(own.address)).balance, 7n);
  });
}

test('one reference pays once, in one process and after opening the wallet again', async t => {
  const { wallet, banks, options } = await setting();
  const order = { from: 0, to: 1, amount: 10n, reference: 'rent' };
  const both = await Promise.all([wallet.transfer(order), wallet.transfer(order)]);
  t.deepEqual(both[0], both[1]);
  t.deepEqual(await wallet.transfer(order), both[0]);
  const again = await Wallet.open(options);
  t.deepEqual(await again.transfer(order), both[0]);
  t.deepEqual(banks.balances.slice(0, 2), [90n, 60n]);
  t.like(again.payments(), [{ reference: 'rent', state: 'settled', amount: 10n }]);
});

test('one reference for another payment is refused', async t => {
  const { wallet, banks } = await setting();
  await wallet.transfer({ from: 0, to: 1, amount: 10n, reference: 'rent' });
  for (const other of [{ amount: 11n }, { to: 0 }, { from: 1 }]) {
    const order = { from: 0, to: 1, amount: 10n, reference: 'rent', ...other };
    t.is(await codeOf(wallet.transfer(order)), 'REFERENCE_REUSED');
  }
  t.is(banks.balances[0], 90n);
});

test('a crash between save and send: the reference pays once', async t => {
  const { wallet, banks, options } = await setting({ balances: [100n, 50n], pageSize: 1 });
  for (const name of Object.keys(banks.gateways)) banks.refusing.set(name, 'NOT_READY');
  const order = { from: 0, to: 1, amount: 10n, reference: 'rent' };
  t.is(await codeOf(wallet.transfer(order)), 'NOT_READY');
  t.like(wallet.payments(), [{ state: 'pending' }]);
  const [stored] = banks.received.slice(-1);
  banks.refusing.clear();
  const again = await Wallet.open(options);
  t.like(await again.transfer(order), { verdict: 'settled' });
  t.is(banks.received.at(-1)?.bytes, stored.bytes, 'identical bytes');
  t.deepEqual(banks.balances, [90n, 60n]);
});

test('a crash after sending: the reference pays once', async t => {
  const { wallet, banks, store, options } = await setting();
  banks.paused = true;
  const order = { from: 0, to: 1, amount: 10n, reference: 'rent' };
  let copy: string | undefined;
  const first = wallet.transfer({
    ...order,
    onProgress: ({ kind }) => {
      if (kind === 'sent') copy = store.text;
    },
  });
  while (banks.waiting.size === 0) await new Promise(resolve => setTimeout(resolve, 1));
  banks.block();
  await first;
  const killed = await Wallet.open({ ...options, store: memoryWalletStore(copy) });
  t.like(await killed.transfer(order), { verdict: 'settled' });
  t.deepEqual(banks.balances.slice(0, 2), [90n, 60n]);
});

test('nothing is sent that could not be saved', async t => {
  const { wallet, banks, store } = await setting();
  const before = banks.received.length;
  store.onSave = () => {
    throw new Error('disk full');
  };
  t.is(await codeOf(wallet.transfer({ from: 0, to: 1, amount: 10n, reference: 'rent' })), 'other');
  t.is(banks.received.length, before);
  t.deepEqual(wallet.payments(), []);
  store.onSave = () => {};
  t.like(await wallet.transfer({ from: 0, to: 1, amount: 10n, reference: 'rent' }), { verdict: 'settled' });
  t.is(banks.balances[0], 90n);
});

test('a bank that is down or busy is passed over, with identical bytes', async t => {
  const { wallet, banks } = await setting();
  banks.down.add('bank-0');
  t.like(await wallet.transfer({ from: 0, to: 1, amount: 10n, bank: 'bank-0' }), { verdict: 'settled' });
  banks.down.clear();
  banks.refusing.set('bank-1', 'POOL_FULL');
  t.like(await wallet.transfer({ from: 0, to: 1, amount: 10n, bank: 'http://bank-1.test/' }), { verdict: 'settled' });
  const [refused, taken] = banks.received.slice(-2);
  t.deepEqual([refused.bank, taken.bank], ['bank-1', 'bank-0']);
  t.is(refused.bytes, taken.bytes);
  t.is(banks.balances[0], 80n);
});

test('a refusal by every bank is no verdict: the payment is kept, and can be taken up', async t => {
  const { wallet, banks } = await setting();
  for (const name of Object.keys(banks.gateways)) banks.refusing.set(name, 'BAD_SIGNATURE');
  const order = { from: 0, to: 1, amount: 10n, reference: 'rent', bank: 'bank-0' };
  const error = await t.throwsAsync<CovaultError>(wallet.transfer(order), { instanceOf: CovaultError });
  t.like(error, { code: 'REFUSED', action: 'retry', facts: { reference: 'rent', refusal: 'BAD_SIGNATURE' } });
  banks.refusing.clear();
  t.like(await wallet.transfer(order), { verdict: 'settled' });
  t.is(banks.balances[0], 90n);
});

test('no bank at all: nothing is stored, and the error says to try again', async t => {
  const { wallet, banks } = await setting();
  for (const name of Object.keys(banks.gateways)) banks.down.add(name);
  const error = await t.throwsAsync<CovaultError>(wallet.transfer({ from: 0, to: 1, amount: 1n }));
  t.like(error, { code: 'UNREACHABLE', action: 'retry' });
  t.deepEqual(wallet.payments(), []);
});

test('burned: another envelope under the same reference, paid once', async t => {
  const { wallet, banks } = await setting();
  banks.paused = true;
  const seen: Progress[] = [];
  const run = wallet.transfer({ from: 0, to: 1, amount: 10n, reference: 'rent', onProgress: p => seen.push(p) });
  while (banks.waiting.size === 0) await new Promise(resolve => setTimeout(resolve, 1));
  banks.block({ burn: [...banks.waiting.keys()].map(fromHex), empty: true });
  banks.paused = false;
  t.like(await run, { verdict: 'settled' });
  t.deepEqual(
    seen.find(({ kind }) => kind === 'renewed'),
    { kind: 'renewed', why: 'burned' },
  );
  const [first, second] = banks.received.slice(-2).map(({ bytes }) => decodeEnvelope(fromHex(bytes)).header);
  t.notDeepEqual(first.nonce, second.nonce);
  t.notDeepEqual(first.keyHashes, second.keyHashes);
  t.is(banks.balances[0], 90n);
});

test('expired unseen: another envelope, only after a final record at the expiry', async t => {
  const { wallet, banks } = await setting(undefined, { expiryHeights: 3 });
  banks.paused = true;
  const seen: string[] = [];
  const run = wallet.transfer({ from: 0, to: 1, amount: 10n, onProgress: ({ kind }) => seen.push(kind) });
  while (banks.waiting.size === 0) await new Promise(resolve => setTimeout(resolve, 1));
  banks.waiting.clear(); // it got lost
  const before = banks.received.length;
  banks.block({ empty: true });
  banks.block({ empty: true });
  await wallet.sync();
  t.false(seen.includes('renewed'));
  t.is(new Set(banks.received.slice(before - 1).map(({ bytes }) => bytes)).size, 1, 'identical bytes until then');
  banks.waiting.clear();
  banks.block({ empty: true });
  banks.paused = false;
  t.like(await run, { verdict: 'settled' });
  t.true(seen.includes('renewed'));
  t.is(banks.balances[0], 90n);
});

test('a block that banks spoil is tried again; a hopeless one is not', async t => {
  const { wallet, banks, options } = await setting();
  banks.next = { reject: true };
  t.like(await wallet.transfer({ from: 0, to: 1, amount: 10n }), { verdict: 'settled' });
  const stranger = await Wallet.create({ ...options, store: memoryWalletStore(), cost: cheap });
  await stranger.adoptAccount(0);
  t.is(await codeOf(stranger.balance(0)), 'REJECTED');
  t.is(await codeOf(stranger.transfer({ from: 0, to: 1, amount: 1n, reference: 'theft' })), 'REJECTED');
  t.like(stranger.payments(), [{ reference: 'theft', state: 'dead' }]);
  t.is(banks.balances[0], 90n);
});

test('a forged certificate is refused; another bank that shows a true one is believed', async t => {
  const { wallet, banks } = await setting();
  banks.forging.add('bank-0');
  t.like(await wallet.transfer({ from: 0, to: 1, amount: 10n, bank: 'bank-0' }), { verdict: 'settled' });
  banks.forging.add('bank-1');
  t.is(await codeOf(wallet.transfer({ from: 0, to: 1, amount: 10n, reference: 'x' })), 'BAD_CERTIFICATE');
  t.like(wallet.payments().at(-1), { reference: 'x', state: 'pending' });
  banks.forging.clear();
  t.like(await wallet.transfer({ from: 0, to: 1, amount: 10n, reference: 'x' }), { verdict: 'settled' });
  t.is(banks.balances[0], 80n);
});

test('a certified record is not believed before it is final', async t => {
  const { wallet, banks } = await setting();
  banks.showCommitted = false;
  const run = wallet.transfer({ from: 0, to: 1, amount: 10n });
  while (banks.balances[0] === 100n) await new Promise(resolve => setTimeout(resolve, 1));
  const { height } = banks;
  await wallet.sync();
  t.is(wallet.height, height - 1);
  banks.block({ empty: true });
  t.like(await run, { verdict: 'settled', height });
});

test('what waits is said, with the names of the banks', async t => {
  const { wallet, banks } = await setting();
  banks.paused = true;
  const seen: Progress[] = [];
  const run = wallet.transfer({ from: 0, to: 1, amount: 10n, reference: 'r', onProgress: p => seen.push(p) });
  while (!seen.some(p => p.kind === 'waiting' && p.waitingFor.includes('bank-1'))) {
    await new Promise(resolve => setTimeout(resolve, 1));
  }
  banks.block();
  await run;
  t.deepEqual(seen.slice(0, 2), [
    { kind: 'stored', reference: 'r' },
    { kind: 'sent', bank: 'bank-0' },
  ]);
});

test('who is not open is not paid, and does not pay', async t => {
  const { wallet, banks } = await setting();
  const before = banks.received.length;
  t.is(await codeOf(wallet.transfer({ from: 0, to: 2, amount: 1n })), 'SLOT_CLOSED');
  t.is(await codeOf(wallet.transfer({ from: 2, to: 0, amount: 1n })), 'UNKNOWN_ACCOUNT');
  t.is(await codeOf(wallet.transfer({ from: 0, to: 99, amount: 1n })), 'UNKNOWN_ACCOUNT');
  t.is(await codeOf(wallet.transfer({ from: 0, to: 'nobody', amount: 1n })), 'BAD_ADDRESS');
  t.is(await codeOf(wallet.transfer({ from: 0, to: 1, amount: -1n })), 'BAD_AMOUNT');
  t.is(await codeOf(wallet.transfer({ from: 0, to: 1, amount: 1n << 40n })), 'BAD_AMOUNT');
  t.is(await codeOf(wallet.transfer({ from: 0, to: 1, amount: 1n, reference: '' })), 'MALFORMED');
  t.is(await codeOf(wallet.transfer({ from: 0, to: 1, amount: 1n, bank: 'bank-9' })), 'BAD_CONFIG');
  t.is(await codeOf(wallet.balance(2)), 'UNKNOWN_ACCOUNT');
  t.is(banks.received.length, before);
  t.deepEqual(wallet.payments(), []);
});

test('a funded slot needs its claim, and a claim fits one slot of one network', async t => {
  const { options, banks } = await setting({ balances: [100n, 50n, 0n, 0n], seed: 'other' });
  const { wallet, banks: own } = await setting();
  t.is(await codeOf(wallet.openAccount({ claim: banks.claim(0) })), 'WRONG_NETWORK');
  t.is(await codeOf(wallet.openAccount({ claim: own.claim(0), account: 1 })), 'UNKNOWN_ACCOUNT');
  t.is(await codeOf(wallet.openAccount({ claim: { ...own.claim(0), account: 1 } })), 'BAD_SIGNATURE');
  t.like(await wallet.openAccount({ claim: own.claim(0) }), { account: 0, state: 'open' });
  const stranger = await Wallet.create({ ...options, store: memoryWalletStore(), cost: cheap });
  t.is(await codeOf(stranger.openAccount({ account: 0 })), 'SLOT_OPEN');
  t.is(await codeOf(stranger.openAccount({ claim: banks.claim(0) })), 'SLOT_OPEN');
  t.deepEqual(stranger.accounts(), []);
});

test('two wallets that want one slot: one has it, the other another', async t => {
  const { options, wallet } = await setting({ balances: [100n, 0n, 0n, 0n] });
  const other = await Wallet.create({ ...options, store: memoryWalletStore(), cost: cheap });
  const opened = await Promise.all([wallet, wallet, other].map(each => each.openAccount()));
  t.deepEqual(opened.map(({ account }) => account).sort(), [1, 2, 3]);
  t.is(await codeOf(other.openAccount()), 'SLOT_CLOSED');
});

test('a slot taken in the same moment is no account of the one who was slower', async t => {
  const { options, banks, wallet } = await setting({ balances: [100n, 0n, 0n, 0n] });
  const other = await Wallet.create({ ...options, store: memoryWalletStore(), cost: cheap });
  banks.paused = true;
  const run = codeOf(wallet.openAccount({ account: 2 }));
  while (banks.waiting.size === 0) await new Promise(resolve => setTimeout(resolve, 1));
  banks.waiting.clear();
  banks.paused = false;
  await other.openAccount({ account: 2 });
  t.is(await run, 'SLOT_OPEN');
  await wallet.sync();
  t.deepEqual(
    wallet.accounts().map(({ account }) => account),
    [0],
  );
});

test('a wallet gives addresses of its own accounts alone: who is paid at another has lost the memo', async t => {
  const { wallet } = await setting();
  const [{ address }] = wallet.accounts();
  t.is(wallet.address(0), address);
  for (const account of [2, 3, 4, 0.5]) t.throws(() => wallet.address(account), { code: 'UNKNOWN_ACCOUNT' });
});

test('the seed phrase brings the keys back', async t => {
  const { wallet, options, banks } = await setting();
  const restored = await Wallet.create({
    ...options,
    store: memoryWalletStore(),
    cost: cheap,
    seedPhrase: wallet.seedPhrase,
  });
  t.is(await codeOf(restored.adoptAccount(3)), 'SLOT_CLOSED');
  t.like(await restored.adoptAccount(0, 'old'), { label: 'old', state: 'open' });
  t.like(await restored.transfer({ from: 0, to: 1, amount: 1n }), { verdict: 'settled' });
  t.is(banks.balances[0], 99n);
});

test('a wallet is opened with its passphrase, for its network, and never overwritten', async t => {
  const { options, store } = await setting();
  t.is(await codeOf(Wallet.open({ ...options, passphrase: 'wrong' })), 'BAD_PASSPHRASE');
  t.is(await codeOf(Wallet.create({ ...options, cost: cheap })), 'FILE_EXISTS');
  t.is(await codeOf(Wallet.open({ ...options, store: memoryWalletStore() })), 'BAD_CONFIG');
  const { banks } = await setting({ balances: [1n, 0n], pageSize: 1 });
  t.is(await codeOf(Wallet.open({ ...options, network: banks.network })), 'WRONG_NETWORK');
  t.is(await codeOf(Wallet.open({ ...options, store: memoryWalletStore(store.text?.slice(9)) })), 'MALFORMED');
});
