/** Memos: who is told, what is believed, and what nobody learns. */
import test from 'ava';
import { equalBytes, seededRandom, toHex, utf8, x25519 } from '../../../src/crypto/index.js';
import {
  blankMemo,
  type Core,
  decodeEnvelope,
  encodeEnvelope,
  openMemo,
  receiptMask,
  sealEnvelope,
  sealMemo,
} from '../../../src/envelope/index.js';
import { CovaultError, isCode } from '../../../src/errors.js';
import { fp } from '../../../src/field/index.js';
import { decodeReceipts } from '../../../src/ledger/log.js';
import { memoBytes } from '../../../src/limits.js';
import { locate } from '../../../src/network/index.js';
import { buildTransfer, receiptOf } from '../../../src/operations/index.js';
import { decodePayee, encodeAddress, Wallet } from '../../../src/wallet/index.js';
import { accountKeys, memoSecret, seedOf } from '../../../src/wallet/keys.js';
import type { FakeBanks } from '../../harness/fake-bank.js';
import { until } from '../../harness/network.js';
import { cheap, memoryWalletStore, type Setting, setting } from './wallets.js';

/** Alice has accounts 0 and 1; Bob one that he has opened, with nothing in it. */
async function two(pageSize = 4): Promise<Setting & { bob: Wallet; to: string; account: number }> {
  const world = await setting({ balances: [100n, 50n, 0n, 0n], pageSize });
  const bob = await Wallet.create({ ...world.options, store: memoryWalletStore(), cost: cheap });
  const { account, address: to } = await bob.openAccount({ account: 2 });
  await world.wallet.sync();
  return { ...world, bob, to, account };
}

const received = (wallet: Wallet) => wallet.history().filter(({ kind }) => kind === 'received');

for (const pageSize of [1, 4]) {
  test(`a payee learns what was paid and for what, and of what was cancelled nothing: pages of ${pageSize}`, async t => {
    const { wallet, bob, to, account } = await two(pageSize);
    await wallet.transfer({ from: 0, to, amount: 12n, memo: 'thanks', reference: 'a' });
    await wallet.transfer({ from: 0, to, amount: 1_000n, memo: 'too much' });
    await wallet.transfer({ from: 0, to, amount: 3n, memo: '' });
    await wallet.transfer({ from: 0, to, amount: 5n });
    await wallet.transfer({ from: 0, to: 1, amount: 5n, memo: 'to myself' });
    t.like(await bob.receive(), { found: 2 });
    t.like(received(bob), [
      { account, amount: 3n, memo: '' },
      { account, amount: 12n, memo: 'thanks' },
    ]);
    t.like(await bob.receive(), { found: 0 });
    await bob.balance(account);
    t.like(
      bob.history(),
      [
        { kind: 'balance', balance: 20n },
        { kind: 'other', change: 5n },
      ],
      'what had no memo',
    );
    await wallet.receive();
    t.deepEqual(
      received(wallet).map(each => each.kind === 'received' && [each.memo, each.from]),
      [['to myself', 0]],
    );
    t.like(
      wallet.history().find(each => each.kind === 'sent' && each.reference === 'a'),
      { memo: 'thanks' },
    );
  });
}

test('an account that is opened while records are on their way is not passed over', async t => {
  const { wallet, banks, options } = await setting();
  let held: (() => void) | undefined;
  let isHolding = false;
  const fetch: typeof banks.fetch = async (address, request) => {
    if (isHolding && address.includes('/v1/records?from=1&')) {
      await new Promise<void>(resolve => {
        held = resolve;
      });
    }
    return banks.fetch(address, request);
  };
  const bob = await Wallet.create({ ...options, fetch, store: memoryWalletStore(), cost: cheap });
  await bob.sync();
  isHolding = true;
  const receiving = bob.receive();
  await until('it waits for records', () => held !== undefined);
  const { address: to } = await bob.openAccount({ account: 2 });
  await wallet.transfer({ from: 0, to, amount: 12n, memo: 'thanks' });
  held?.();
  await receiving;
  await bob.receive();
  t.like(received(bob), [{ account: 2, amount: 12n, memo: 'thanks' }]);
});

test('all envelopes of transfers have one length, with a memo and without', async t => {
  const { wallet, to, banks } = await two();
  for (const memo of [undefined, '', 'x', 'x'.repeat(86)]) {
    await wallet.transfer({ from: 0, to, amount: 1n, ...(memo === undefined ? {} : { memo }) });
  }
  const lengths = banks.memos.flatMap(({ headers }) =>
    headers.map(({ arguments: a }) => (a.kind === 'transfer' ? a.memo.length : 0)),
  );
  t.deepEqual(lengths, [memoBytes, memoBytes, memoBytes, memoBytes]);
  const seen = banks.memos.flatMap(({ headers }) =>
    headers.map(h => h.arguments.kind === 'transfer' && toHex(h.arguments.memo)),
  );
  t.is(new Set(seen).size, 4);
});

test('a wallet that is opened again goes on where it was; one restored from its phrase finds all again', async t => {
  const { wallet, bob, to, options } = await two();
  await wallet.transfer({ from: 0, to, amount: 1n, memo: 'one' });
  await bob.receive();
  await wallet.transfer({ from: 0, to, amount: 2n, memo: 'two' });
  const { seedPhrase } = bob;
  const restored = await Wallet.create({ ...options, store: memoryWalletStore(), cost: cheap, seedPhrase });
  await restored.receive();
  await restored.adoptAccount(2);
  t.like(await restored.receive(), { found: 2 });
  t.like(await bob.receive({ again: true }), { found: 1 });
  t.is(received(bob).length, 2, 'nothing stands twice');
  t.deepEqual(
    received(restored).map(each => each.kind === 'received' && each.memo),
    ['two', 'one'],
  );
});

test('a look through the records is bounded, and goes on where it ended', async t => {
  const { wallet, bob, to, banks } = await two();
  for (let i = 0; i < 12; i++) await wallet.transfer({ from: 0, to, amount: 1n, memo: `${i}` });
  let calls = 0;
  let found = 0;
  for (let isBehind = true; isBehind; calls++) {
    const result = await bob.receive({ heightsMax: 3 });
    found += result.found;
    isBehind = result.height < result.of;
    if (calls === 0) t.true(result.height < banks.height);
  }
  t.is(found, 12);
  t.true(calls > 1);
});

test('memos go to addresses that have a key for them, and fit', async t => {
  const { wallet, banks, to } = await two();
  const pay = (over: { to: string | number; memo: string }) => wallet.transfer({ from: 0, amount: 1n, ...over });
  const short = encodeAddress(banks.network, 2);
  for (const without of [short, 2, '2']) {
    const error = await t.throwsAsync(pay({ to: without, memo: 'x' }), { instanceOf: CovaultError });
    t.is(error?.code, 'BAD_ADDRESS');
    t.is(error?.facts.why, 'memo-key');
  }
  t.true(isCode(await t.throwsAsync(pay({ to, memo: 'x'.repeat(87) })), 'OVERSIZED'));
  t.is(to.length, 78);
  t.is(decodePayee(banks.network, to).account, 2);
  t.is(decodePayee(banks.network, short).memoKey, undefined);
  t.is((await wallet.transfer({ from: 0, to: short, amount: 1n })).verdict, 'settled');
});

test('one reference is one payment with one memo', async t => {
  const { wallet, to } = await two();
  await wallet.transfer({ from: 0, to, amount: 1n, memo: 'a', reference: 'r' });
  await wallet.transfer({ from: 0, to, amount: 1n, memo: 'a', reference: 'r' });
  const error = await t.throwsAsync(wallet.transfer({ from: 0, to, amount: 1n, memo: 'b', reference: 'r' }));
  t.true(isCode(error, 'REFERENCE_REUSED'));
});

/** Alice as a payer that lies: the transfer is of 1, the memo says what it likes. */
async function lie(
  world: Awaited<ReturnType<typeof two>>,
  story: { theta?: 'other'; amount?: bigint; text?: string; slot?: number },
) {
  const { wallet, banks, to } = world;
  const { network } = banks;
  const random = seededRandom(utf8(`${Object.entries(story)}`));
  const keys = accountKeys(seedOf(wallet.seedPhrase), network, 0);
  if (keys.kind !== 'shared') throw new Error('pages of several slots');
  const [payer, payee] = [locate(network, 0), locate(network, 2)];
  const seed = random.bytes(16);
  const told = { text: 'rent', amount: 1n, ...story };
  const mask = receiptMask({ seed, text: 'rent' });
  const slots = { payerSlot: payer.slot, payeeSlot: story.slot ?? payee.slot };
  const { x, theta } = buildTransfer(
    network,
    { amount: 1n, ...slots, spendingKey: keys.spending, receiptMask: mask },
    random,
  );
  const key = decodePayee(network, to).memoKey!;
  const content = { seed, theta: story.theta ? 1n - theta : theta, amount: told.amount, text: told.text };
  const memo = (core: Core) => sealMemo(core, key, content, random);
  const pages = { payerPage: payer.page, payeePage: payee.page };
  const args = { kind: 'transfer', ...pages, memo: blankMemo(random) } as const;
  const envelope = sealEnvelope(network, { arguments: args, memo, expiry: banks.height + 9, x }, random);
  await submit(banks, encodeEnvelope(envelope));
}

async function submit({ gateways, fetch }: FakeBanks, envelope: Uint8Array) {
  const request = { headers: {}, body: envelope.slice(), signal: new AbortController().signal };
  await fetch(`${Object.values(gateways)[0]}/v1/envelopes`, { method: 'POST', ...request });
}

test('a payer that tells another verdict, amount, text or payee than the banks computed with is not believed', async t => {
  const world = await two();
  const stranger = await Wallet.create({ ...world.options, store: memoryWalletStore(), cost: cheap });
  await stranger.openAccount({ account: 3 });
  await lie(world, {});
  t.like(await world.bob.receive(), { found: 1 }, 'the truth is believed: the lies below are well made');
  const stories = [{ theta: 'other' as const }, { amount: 1_000n }, { text: 'something else' }, { slot: 3 }];
  for (const story of stories) await lie(world, story);
  t.is(world.banks.memos.length, 5, 'all of them settled');
  t.like(await world.bob.receive(), { found: 0 });
  t.is(received(world.bob).length, 1);
});

test('a bank that shows other receipts, other headers or none is not believed, and costs nothing but the memo', async t => {
  const { wallet, bob, to, banks } = await two();
  await wallet.transfer({ from: 0, to, amount: 7n, memo: 'hello' });
  const [truth] = banks.memos;
  const { arguments: a } = truth.headers[0];
  if (a.kind !== 'transfer') return t.fail();
  const spoiled: (typeof truth)[] = [
    { ...truth, receipts: truth.receipts.map((byte, i) => (i === 14 ? byte ^ 1 : byte)) },
    { ...truth, headers: [{ ...truth.headers[0], clientTag: truth.headers[0].clientTag ^ 1n }] },
    { ...truth, headers: [{ ...truth.headers[0], arguments: { ...a, memo: a.memo.map(byte => byte ^ 1) } }] },
    { ...truth, headers: [] },
    { ...truth, height: truth.height - 1 },
    { ...truth, receipts: new Uint8Array(0) },
    { ...truth, receipts: truth.receipts.map(() => 255) },
  ];
  for (const shown of spoiled) {
    banks.memos[0] = shown;
    t.like(await bob.receive({ again: true }), { found: 0 });
  }
  banks.memos[0] = truth;
  t.like(await bob.receive({ again: true }), { found: 1 });
});

test('a bank that lags behind the records is passed over, and where all do nothing counts as looked through', async t => {
  const { wallet, bob, to, banks } = await two();
  await wallet.transfer({ from: 0, to, amount: 7n, memo: 'hello' });
  const [{ height }] = banks.memos;
  const names = banks.network.banks.map(({ name }) => name);
  for (const name of names) banks.behind.set(name, height);
  const { code } = (await t.throwsAsync(bob.receive(), { instanceOf: CovaultError })) as CovaultError;
  t.is(code, 'NOT_READY');
  banks.behind.delete(names[1]);
  t.like(await bob.receive(), { found: 1 });
});

test('where a bank does not keep what was told so early another is asked; where none does, the rest is found', async t => {
  const { wallet, bob, to, banks } = await two();
  for (const memo of ['first', 'second']) await wallet.transfer({ from: 0, to, amount: 7n, memo });
  const [first, second] = banks.memos.map(({ height }) => height);
  const [one, other] = banks.network.banks.map(({ name }) => name);
  banks.since.set(one, second + 1);
  banks.since.set(other, second);
  t.like(await bob.receive(), { found: 1 });
  t.like(received(bob), [{ memo: 'second' }]);
  banks.since.set(other, first);
  t.like(await bob.receive({ again: true, bank: one }), { found: 1 });
  t.like(received(bob), [{ memo: 'second' }, { memo: 'first' }]);
  banks.down.add(other);
  t.like(await bob.receive({ again: true }), { found: 0, height: banks.height }, 'one that is away holds nobody up');
});

test('what is told under another key is passed over', async t => {
  const { wallet, bob, banks, account } = await two();
  const stranger = encodeAddress(banks.network, account, x25519.publicKey(new Uint8Array(32).fill(5)));
  await wallet.transfer({ from: 0, to: stranger, amount: 1n, memo: 'not under your key' });
  t.like(await bob.receive(), { found: 0 });
  const sent = decodeEnvelope(Buffer.from(banks.received.at(-1)!.bytes, 'hex'));
  t.true(banks.memos.some(({ headers }) => headers.some(h => equalBytes(h.nonce, sent.header.nonce))));
});

test('a bank that shows a payment twice makes nobody richer', async t => {
  const { wallet, bob, to, banks, account } = await two();
  await wallet.transfer({ from: 0, to, amount: 7n, memo: 'hello' });
  const [truth] = banks.memos;
  banks.memos[0] = { ...truth, headers: [truth.headers[0], truth.headers[0], truth.headers[0]] };
  t.like(await bob.receive(), { found: 1 });
  await bob.receive({ again: true });
  t.like(received(bob), [{ account, amount: 7n, memo: 'hello' }]);
});

test('a memo copied under a payment of the same amount, by somebody who guesses what it says, is no memo there', async t => {
  const { wallet, bob, to, banks, account } = await two();
  const { network } = banks;
  await wallet.transfer({ from: 0, to, amount: 12n, memo: 'invoice 7' });
  const [{ receipts, headers }] = banks.memos;
  const { tau, values } = decodeReceipts(receipts);
  const copied = headers[0].arguments;
  const keys = accountKeys(seedOf(wallet.seedPhrase), network, 1);
  if (copied.kind !== 'transfer' || keys.kind !== 'shared') return t.fail();
  const random = seededRandom(utf8('copies'));
  const { slot } = locate(network, account);
  // all that is public, and a right guess of verdict, amount and payee, give the mask of the receipt
  for (const theta of [0n, 1n]) {
    const mask = fp.sub(values[0], receiptOf(tau, { mask: 0n, theta, amount: 12n, slot }));
    const secrets = { amount: 12n, payerSlot: 1, payeeSlot: slot, spendingKey: keys.spending, receiptMask: mask };
    let draft = buildTransfer(network, secrets, random);
    while (draft.theta !== theta) draft = buildTransfer(network, secrets, random);
    const { expiry } = headers[0];
    const envelope = sealEnvelope(network, { arguments: copied, expiry, x: draft.x }, random);
    await submit(banks, encodeEnvelope(envelope));
  }
  t.is(banks.balances[account], 36n, 'all three were paid');
  const content = openMemo(headers[0], memoSecret(seedOf(bob.seedPhrase), network, account));
  if (!content) return t.fail();
  const told = { mask: receiptMask(content), theta: content.theta, amount: 12n, slot };
  const fitting = banks.memos.slice(1).filter(({ receipts }) => {
    const { tau, values } = decodeReceipts(receipts);
    return receiptOf(tau, told) === values[0];
  });
  t.is(fitting.length, 1, 'the receipt of the right guess fits the memo, so the receipt is not what keeps it out');
  t.like(await bob.receive(), { found: 1 });
  t.is(received(bob).length, 1);
});

test('a payment is taken up by its reference alone, with its memo, and pays once', async t => {
  const { wallet, bob, to, options } = await two();
  const kept = { ...options, timeoutMs: 0 };
  const impatient = await Wallet.open(kept);
  await t.throwsAsync(impatient.transfer({ from: 0, to, amount: 7n, memo: 'slow', reference: 'r' }), {
    code: 'TIMED_OUT',
  });
  const again = await Wallet.open(options);
  await t.throwsAsync(again.transfer({ from: 0, to: 2, amount: 7n, reference: 'r' }), { code: 'REFERENCE_REUSED' });
  t.like(await again.resume('r'), { reference: 'r', verdict: 'settled' });
  t.like(await again.resume('r'), { reference: 'r', verdict: 'settled' });
  await bob.receive();
  t.like(received(bob), [{ amount: 7n, memo: 'slow' }]);
  t.is(received(bob).length, 1);
  t.is((await again.balance(0)).balance, 93n);
  await t.throwsAsync(again.resume('of another'), { code: 'NOT_FOUND' });
  t.is(wallet.payments().length, 0);
});
