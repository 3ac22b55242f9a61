/** Viewing codes: given, opened on the other side, and dead once the account has other keys. */
import test from 'ava';
import { CovaultError, isCode } from '../../../src/errors.js';
import { walletTriesMax } from '../../../src/limits.js';
import { decodeViewingCode, encodeViewingCode, viewBalance, viewingQr, Wallet } from '../../../src/wallet/index.js';
import { cheap, memoryWalletStore, type Setting, setting } from './wallets.js';

const sizes = [1, 4] as const;
const balances = [100n, 50n, 0n, 0n];

const reasonOf = (error: unknown) => isCode(error, 'REJECTED') && error.facts.reason;

/** Another holder, without an account. */
const other = ({ options }: Setting) => Wallet.create({ ...options, store: memoryWalletStore(), cost: cheap });

for (const pageSize of sizes) {
  test(`who has a viewing code sees that balance until consent is withdrawn: pages of ${pageSize}`, async t => {
    const world = await setting({ balances, pageSize });
    const { wallet, options, banks, store } = world;
    const given = await wallet.giveConsent({ account: 0, label: 'accountant' });
    t.like(wallet.consents()[0], { account: 0, label: 'accountant', state: 'given' });
    const viewer = await other(world);
    const seen = { account: 0, balance: 100n, banks: ['bank-0', 'bank-1'] };
    t.like(await viewer.view(given.code), seen);
    t.like(await viewer.view(given.link), seen);
    t.like(await viewBalance(given.qr, options), seen);
    await wallet.transfer({ from: 0, to: 1, amount: 30n });
    t.like(await viewer.view(given.code), { balance: 70n });
    t.false(store.text?.includes('accountant'));
    t.deepEqual(viewer.payments(), []);

    const more = await wallet.giveConsent({ account: 0, label: 'tax office' });
    t.is(more.code, given.code, 'all codes of an account hold one key');
    const height = banks.height + 1;
    t.deepEqual(await wallet.withdrawConsent(0), { account: 0, height, withdrawn: 2 });
    t.deepEqual(
      wallet.consents().map(({ state, withdrawnAtHeight }) => [state, withdrawnAtHeight]),
      [
        ['withdrawn', height],
        ['withdrawn', height],
      ],
    );
    for (const look of [() => viewer.view(given.code), () => viewBalance(given.code, options)]) {
      t.true(isCode(await t.throwsAsync(look), 'CONSENT_WITHDRAWN'));
      t.true(isCode(await t.throwsAsync(look), 'CONSENT_WITHDRAWN'), 'and again');
    }
    t.deepEqual(await wallet.balance(0).then(({ balance }) => balance), 70n);
    t.is((await wallet.transfer({ from: 0, to: 1, amount: 1n })).verdict, 'settled');
    const fresh = await wallet.giveConsent({ account: 0, label: 'accountant' });
    t.not(fresh.code, given.code);
    t.like(await viewer.view(fresh.code), { balance: 69n });
    t.is(wallet.consents()[2].state, 'given');
  });

  test(`a wallet that is opened again knows the new keys, and what was given: pages of ${pageSize}`, async t => {
    const { wallet, options } = await setting({ balances, pageSize });
    await wallet.giveConsent({ account: 1, label: 'sister' });
    await wallet.withdrawConsent(1);
    await wallet.withdrawConsent(1);
    const again = await Wallet.open(options);
    t.deepEqual(again.consents(), wallet.consents());
    t.is((await again.balance(1)).balance, 50n);
    t.is((await again.transfer({ from: 1, to: 0, amount: 50n })).verdict, 'settled');
  });

  test(`a wallet restored from its seed phrase finds the keys that an account has now: pages of ${pageSize}`, async t => {
    const { wallet, options } = await setting({ balances, pageSize });
    await wallet.withdrawConsent(1);
    await wallet.withdrawConsent(1);
    const { seedPhrase } = wallet;
    const restored = await Wallet.create({ ...options, store: memoryWalletStore(), cost: cheap, seedPhrase });
    await restored.adoptAccount(1);
    await restored.adoptAccount(0);
    t.is((await restored.balance(1)).balance, 50n);
    t.is((await restored.transfer({ from: 1, to: 0, amount: 50n })).verdict, 'settled');
    t.is((await restored.balance(0)).balance, 150n);
  });
}

test('an account of another seed phrase is not adopted, whatever keys are tried', async t => {
  const world = await setting({ balances, pageSize: 4 });
  await world.wallet.withdrawConsent(1);
  const stranger = await other(world);
  t.true(isCode(await t.throwsAsync(stranger.adoptAccount(0)), 'REJECTED'));
  t.deepEqual(stranger.accounts(), []);
});

test('an account that the wallet has stays in it where no keys answer', async t => {
  const world = await setting({ balances, pageSize: 4 });
  const stranger = await other(world);
  await stranger.adoptAccount(0, 'mine'); // no keys of the page were replaced: nothing is looked up
  await world.wallet.withdrawConsent(1);
  t.is(reasonOf(await t.throwsAsync(stranger.adoptAccount(0, 'again'))), 'authority');
  t.deepEqual(
    stranger.accounts().map(({ account, label }) => [account, label]),
    [[0, 'mine']],
  );
});

test('a bank that makes look-ups fail hides no keys, and takes no account from a wallet', async t => {
  const { wallet, banks, options } = await setting({ balances, pageSize: 4 });
  await wallet.withdrawConsent(1);
  let spoilt = 0;
  const fetch: typeof banks.fetch = (address, request) => {
    if (request.method === 'POST' && spoilt > 0) {
      spoilt--;
      banks.next = { reject: true };
    }
    return banks.fetch(address, request);
  };
  const { seedPhrase } = wallet;
  const restored = await Wallet.create({ ...options, fetch, store: memoryWalletStore(), cost: cheap, seedPhrase });
  for (let i = 0; i < 10; i++) banks.block();
  const { height } = await restored.receive();
  t.true(height > 10);
  const refused = async (account: number) => {
    const before = restored.accounts();
    t.is(reasonOf(await t.throwsAsync(restored.adoptAccount(account))), 'integrity');
    t.deepEqual(restored.accounts(), before);
    spoilt = 0;
  };
  for (const account of [0, 1]) {
    // as many as a wallet makes envelopes of one order, and for ever
    for (spoilt of [walletTriesMax, Number.POSITIVE_INFINITY]) await refused(account);
    t.true((await restored.receive({ heightsMax: 1 })).height >= height, 'nothing is looked through again');
    await restored.adoptAccount(account, 'found');
    t.true((await restored.receive({ heightsMax: 1 })).height < height, 'memos to it may lie behind');
    await restored.receive();
    t.is((await restored.balance(account)).balance, balances[account]);
    spoilt = Number.POSITIVE_INFINITY;
    await refused(account);
    t.is((await restored.balance(account)).balance, balances[account]);
  }
  for (const from of [0, 1]) {
    t.is((await restored.transfer({ from, to: 1 - from, amount: 1n })).verdict, 'settled');
  }
});

test('consent is given for own accounts alone, and to somebody', async t => {
  const { wallet } = await setting();
  const codes = [
    ['UNKNOWN_ACCOUNT', { account: 2, label: 'x' }],
    ['MALFORMED', { account: 0, label: '' }],
    ['MALFORMED', { account: 0, label: 'x'.repeat(201) }],
  ] as const;
  for (const [code, options] of codes) {
    t.true(isCode(await t.throwsAsync(wallet.giveConsent(options)), code));
  }
  t.true(isCode(await t.throwsAsync(wallet.withdrawConsent(2)), 'UNKNOWN_ACCOUNT'));
  t.deepEqual(wallet.consents(), []);
});

test('keys are not replaced while a payment is under way, and no payment is made while they are', async t => {
  const { wallet, banks, options } = await setting(undefined, { timeoutMs: 20, unreachableMs: 20 });
  banks.paused = true;
  await t.throwsAsync(wallet.transfer({ from: 0, to: 1, amount: 1n, reference: 'a' }));
  t.true(isCode(await t.throwsAsync(wallet.withdrawConsent(0)), 'NOT_READY'));
  banks.paused = false;
  t.is((await wallet.transfer({ from: 0, to: 1, amount: 1n, reference: 'a' })).verdict, 'settled');

  banks.paused = true;
  const given = await wallet.giveConsent({ account: 0, label: 'bank' });
  await t.throwsAsync(wallet.withdrawConsent(0));
  t.is(wallet.consents()[0].state, 'withdrawing');
  const again = await Wallet.open(options); // as after a crash
  for (const call of [
    () => again.transfer({ from: 0, to: 1, amount: 1n }),
    () => again.balance(0),
    () => again.giveConsent({ account: 0, label: 'late' }),
  ]) {
    t.true(isCode(await t.throwsAsync(call), 'NOT_READY'));
  }
  banks.paused = false;
  t.like(await again.withdrawConsent(0), { account: 0, withdrawn: 1 });
  t.is(banks.records.filter(({ record }) => record.entries.some(e => e.status.kind === 'rekeyed')).length, 1);
  t.is((await again.transfer({ from: 0, to: 1, amount: 1n })).verdict, 'settled');
  t.true(isCode(await t.throwsAsync(viewBalance(given.code, options)), 'CONSENT_WITHDRAWN'));
});

test('that consent was withdrawn is believed of records alone, and of no gateway', async t => {
  const world = await setting({ balances, pageSize: 1 });
  const { wallet, banks, options } = world;
  const { code } = await wallet.giveConsent({ account: 0, label: 'accountant' });
  const viewer = await other(world);
  for (const look of [() => viewer.view(code), () => viewBalance(code, options)]) {
    banks.refusing.set('bank-0', 'BAD_SIGNATURE');
    t.like(await look(), { balance: 100n }, 'another bank takes it');
    banks.refusing.set('bank-1', 'BAD_SIGNATURE');
    const error = await t.throwsAsync(look, { instanceOf: CovaultError });
    t.like(error, { code: 'REFUSED', facts: { account: 0, refusal: 'BAD_SIGNATURE' } });
    banks.refusing.clear();
    t.like(await look(), { balance: 100n });
  }
  // withdrawn between the records that the viewer has read and its look-up
  let isWithdrawn = false;
  const fetch: typeof banks.fetch = async (address, request) => {
    if (request.method === 'POST' && !isWithdrawn) {
      isWithdrawn = true;
      await wallet.withdrawConsent(0);
    }
    return banks.fetch(address, request);
  };
  t.true(isCode(await t.throwsAsync(viewBalance(code, { ...options, fetch })), 'CONSENT_WITHDRAWN'));
  t.true(isWithdrawn);
});

test('a call with an account or a bank that is none rejects, and does not throw', async t => {
  const { wallet } = await setting({ balances, pageSize: 1 });
  const { code } = await wallet.giveConsent({ account: 0, label: 'accountant' });
  const calls = [
    ['UNKNOWN_ACCOUNT', () => wallet.giveConsent({ account: 99, label: 'x' })],
    ['BAD_ADDRESS', () => wallet.giveConsent({ account: 'cov1', label: 'x' })],
    ['BAD_CONFIG', () => wallet.view(code, { bank: 'no such bank' })],
  ] as const;
  for (const [expected, call] of calls) {
    let asked: Promise<unknown> | undefined;
    t.notThrows(() => {
      asked = call();
      asked.catch(() => {}); // heard below
    }, expected);
    t.true(isCode(await t.throwsAsync(asked as Promise<unknown>), expected), expected);
  }
});

test('a viewing code is read as it was made, and nothing else is', async t => {
  const { banks, wallet } = await setting({ balances, pageSize: 1 });
  const { code, link } = await wallet.giveConsent({ account: 1, label: 'x' });
  t.is(code.length, 90);
  t.regex(viewingQr(code), /^[0-9A-Z:-]+$/);
  t.deepEqual(decodeViewingCode(banks.network, ` ${link}\n`), decodeViewingCode(banks.network, code));
  const key = new Uint8Array(32);
  const of = (network: Partial<typeof banks.network>, account = 1) =>
    encodeViewingCode({ ...banks.network, ...network }, { account, version: 0, key });
  const swapped = code.slice(0, 40) + (code[40] === 'q' ? 'p' : 'q') + code.slice(41);
  const cases = [
    ['form', ''],
    ['form', 'covault-view:'],
    ['form', `covault-show:${code}`],
    ['form', `Covault-view:${code}`],
    ['form', code.slice(0, 20).toUpperCase() + code.slice(20)],
    ['checksum', swapped],
    ['checksum', code.slice(0, -1)],
    ['network', of({ id: new Uint8Array(32) })],
    ['account', of({ accounts: 1_000 }, 999)],
    ['form', encodeViewingCode({ ...banks.network, pageSize: 4 }, { account: 1, version: 0, key: 5n })],
  ] as const;
  for (const [why, text] of cases) {
    const error = t.throws(
      () => decodeViewingCode(banks.network, text),
      { instanceOf: CovaultError },
      `${why}: ${text}`,
    );
    t.is(error?.code, 'BAD_VIEWING_CODE');
    t.is(error?.facts.why, why, text);
    if (text.length > 20) t.false(error?.message.includes(text.slice(8, 20)));
  }
  const shared = { ...banks.network, pageSize: 4 };
  const zero = encodeViewingCode(shared, { account: 1, version: 0, key: 0n });
  t.like(
    t.throws(() => decodeViewingCode(shared, zero), { instanceOf: CovaultError }),
    { facts: { why: 'key' } },
  );
});

test('a viewing code of a closed account, and of another network, says so before anything is asked', async t => {
  const { banks, options, wallet } = await setting({ balances, pageSize: 1 });
  const code = encodeViewingCode(banks.network, { account: 3, version: 0, key: new Uint8Array(32) });
  t.true(isCode(await t.throwsAsync(wallet.view(code)), 'SLOT_CLOSED'));
  const foreign = encodeViewingCode(
    { ...banks.network, id: new Uint8Array(32) },
    { account: 3, version: 0, key: new Uint8Array(32) },
  );
  const silent = { ...options, fetch: () => Promise.reject(new Error('asked')) };
  t.true(isCode(await t.throwsAsync(viewBalance(foreign, silent)), 'BAD_VIEWING_CODE'));
});
