/** Batches: many payments over one submission session, none twice, whatever breaks in between. */
import test from 'ava';
import { toHex } from '../../../src/crypto/index.js';
import { decodeEnvelope } from '../../../src/envelope/index.js';
import { batchChunk, batchPaymentsMax, batchWindow, walletTriesMax } from '../../../src/limits.js';
import { type BatchPayment, type BatchProgress, BatchRefused, Wallet } from '../../../src/wallet/index.js';
import { type Setting, setting } from './wallets.js';

const payment = (i: number, amount = 1n, to = 1): BatchPayment => ({ from: 0, to, amount, reference: `line ${i}` });
const payments = (count: number, amount = 1n) => Array.from({ length: count }, (_, i) => payment(i, amount));
const rich = { balances: [1_000n, 50n, 0n, 0n], pageSize: 1 };

/** Ids by the reference they pay under are secret to banks: count what settled by the balances. */
const paid = ({ banks }: Setting, start = rich.balances[0]) => start - banks.balances[0];
const sessionEnc = (hex: string) => toHex(decodeEnvelope(Buffer.from(hex, 'hex')).packets[0].slice(0, 32));

test('a batch pays every line once over one session, within the window, and again pays nothing', async t => {
  const world = await setting(rich);
  const { wallet, banks, store } = world;
  const before = banks.received.length;
  const savesBefore = store.saves;
  const progress: BatchProgress[] = [];
  const batch = payments(150);
  const results = await wallet.transferMany(batch, { onBatch: each => void progress.push(each) });
  t.deepEqual(
    results.map(({ reference, verdict }) => [reference, verdict]),
    batch.map(({ reference }) => [reference, 'settled']),
  );
  t.is(paid(world), 150n);
  const sent = banks.received.slice(before);
  t.is(sent.length, 150);
  t.is(new Set(sent.map(({ bytes }) => sessionEnc(bytes))).size, 1, 'one HPKE context');
  t.deepEqual(banks.opened, ['bank-0']);
  t.true(banks.onTheWayMost >= 1 && banks.onTheWayMost <= banks.window);
  t.true(store.saves - savesBefore < 150, 'saved many at a time');
  t.deepEqual(progress.at(-1), { total: 150, settled: 150, cancelled: 0, rejected: 0 });
  t.deepEqual(await wallet.transferMany(batch), results);
  t.is(banks.received.length, before + 150);
  t.is(paid(world), 150n);
});

test('payments of one page settle in order: what runs out of money first is told so, line by line', async t => {
  const world = await setting({ ...rich, balances: [10n, 50n, 0n, 0n] });
  const results = await world.wallet.transferMany([payment(0, 4n), payment(1, 7n), payment(2, 6n), payment(3, 1n)]);
  t.deepEqual(
    results.map(({ verdict }) => verdict),
    ['settled', 'cancelled', 'settled', 'cancelled'],
  );
  t.true(results.every(({ height }) => (height ?? 0) > 0));
  t.is(world.banks.balances[0], 0n);
});

test('whatever is wrong in a batch is said for each line, and nothing is sent', async t => {
  const world = await setting(rich);
  const { wallet, banks } = world;
  await wallet.transfer({ from: 0, to: 1, amount: 1n, reference: 'rent' });
  const before = [banks.received.length, world.store.saves];
  const good = payment(0);
  const offline: BatchPayment[] = [
    good,
    { ...good, reference: 'a', amount: 0n - 1n },
    { ...good, reference: 'b', to: 'nobody' },
    { ...good, reference: 'c', to: 99 },
    { ...good, reference: '' },
    { ...good, reference: 'rent', amount: 2n },
    { ...good, to: 0, reference: 'line 0' },
  ];
  const error = await t.throwsAsync(wallet.transferMany(offline), { instanceOf: BatchRefused });
  t.deepEqual(
    error?.faults.map(({ index, code }) => [index, code]),
    [
      [1, 'BAD_AMOUNT'],
      [2, 'BAD_ADDRESS'],
      [3, 'UNKNOWN_ACCOUNT'],
      [4, 'MALFORMED'],
      [5, 'REFERENCE_REUSED'],
      [6, 'REFERENCE_REUSED'],
    ],
  );
  // what only the records know
  const online = [good, { ...good, from: 3, reference: 'd' }, { ...good, to: 2, reference: 'e' }];
  const closed = await t.throwsAsync(wallet.transferMany(online), { instanceOf: BatchRefused });
  t.deepEqual(
    closed?.faults.map(({ index, code }) => [index, code]),
    [
      [1, 'UNKNOWN_ACCOUNT'],
      [2, 'SLOT_CLOSED'],
    ],
  );
  await t.throwsAsync(wallet.transferMany(payments(batchPaymentsMax + 1)), { code: 'OVERSIZED' });
  t.deepEqual([banks.received.length, world.store.saves], before);
  t.deepEqual(await wallet.transferMany([]), []);
});

test('a wallet that dies at any save goes on where it was, and no line is paid twice', async t => {
  const batch = payments(batchChunk + 7);
  const dry = await setting(rich);
  const first = dry.store.saves;
  await dry.wallet.transferMany(batch);
  const last = dry.store.saves;
  const deaths = [1, 2, 3, Math.floor((last - first) / 2), last - first];
  for (const death of deaths) {
    const world = await setting(rich);
    const { store, options } = world;
    const at = store.saves + death;
    store.onSave = saves => {
      if (saves >= at) throw new Error('the machine is gone');
    };
    await t.throwsAsync(world.wallet.transferMany(batch), { message: 'the machine is gone' });
    store.onSave = () => {};
    const results = await (await Wallet.open(options)).transferMany(batch);
    t.true(results.every(({ verdict }) => verdict === 'settled'));
    t.is(paid(world), BigInt(batch.length), `died at save ${death}`);
    const ids = new Set(world.banks.records.flatMap(({ record }) => record.entries.map(({ id }) => toHex(id))));
    t.is(ids.size, 2 + batch.length, 'two opens, and each line once');
  }
});

test('an earlier process has sent and not heard: the next sends identical bytes, and new ones in a session of its own', async t => {
  const world = await setting(rich, { timeoutMs: 40 });
  const { banks, options, wallet } = world;
  banks.paused = true;
  banks.window = 3;
  const before = banks.received.length;
  const open = await wallet.transferMany(payments(5));
  t.true(open.every(({ verdict }) => verdict === 'open'));
  const early = banks.received.slice(before).map(({ bytes }) => bytes);
  banks.hangUp();
  banks.paused = false;
  const again = await Wallet.open({ ...options, timeoutMs: 5_000 });
  const results = await again.transferMany(payments(8));
  t.true(results.every(({ verdict }) => verdict === 'settled'));
  t.is(paid(world), 8n);
  const all = [...new Set(banks.received.slice(before).map(({ bytes }) => bytes))];
  t.is(all.length, 8, 'one envelope a line');
  t.true(early.every(bytes => all.includes(bytes)));
  t.is(new Set(all.map(sessionEnc)).size, 2, 'a new process, a new session');
});

test('a bank that goes away in the middle is replaced by the next, with identical bytes', async t => {
  const world = await setting(rich);
  const { banks, wallet } = world;
  banks.paused = true;
  const running = wallet.transferMany(payments(6));
  while (banks.waiting.size < 6) await new Promise(next => setTimeout(next, 1));
  banks.down.add('bank-0');
  banks.hangUp();
  while (banks.opened.length < 2) await new Promise(next => setTimeout(next, 1));
  banks.paused = false;
  const results = await running;
  t.true(results.every(({ verdict }) => verdict === 'settled'));
  t.deepEqual(banks.opened, ['bank-0', 'bank-1']);
  t.is(paid(world), 6n);
  t.is(new Set(banks.received.filter(({ bank }) => bank === 'bank-1').map(({ bytes }) => bytes)).size, 6);
});

test('what is burned is paid by another envelope; what the banks go on rejecting is not paid, and said', async t => {
  const world = await setting(rich);
  const { banks, wallet } = world;
  banks.paused = true;
  const running = wallet.transferMany(payments(3));
  while (banks.waiting.size < 3) await new Promise(next => setTimeout(next, 1));
  banks.block({ burn: [...banks.waiting.values()].slice(0, 2).map(({ id }) => id) });
  while (banks.waiting.size < 2) await new Promise(next => setTimeout(next, 1));
  banks.block();
  t.true((await running).every(({ verdict }) => verdict === 'settled'));
  t.is(paid(world), 3n);
  const hopeless = wallet.transferMany([payment(9)]);
  for (let i = 0; i < walletTriesMax; i++) {
    while (banks.waiting.size < 1) await new Promise(next => setTimeout(next, 1));
    banks.block({ reject: true });
  }
  t.deepEqual(await hopeless, [{ reference: 'line 9', verdict: 'rejected', reason: 'integrity' }]);
  t.is(paid(world), 3n);
});

test('what a bank refuses as wrong the others are asked; what all refuse stays open, and is not paid anew', async t => {
  const world = await setting(rich);
  const { banks, wallet } = world;
  banks.refusing.set('bank-0', 'BAD_SIGNATURE');
  t.true((await wallet.transferMany(payments(3))).every(({ verdict }) => verdict === 'settled'));
  banks.refusing.set('bank-1', 'BAD_SIGNATURE');
  const before = banks.received.length;
  t.deepEqual(await wallet.transferMany([payment(7)]), [
    { reference: 'line 7', verdict: 'open', reason: 'BAD_SIGNATURE' },
  ]);
  banks.refusing.clear();
  t.like(await wallet.transferMany([payment(7)]), [{ verdict: 'settled' }]);
  t.is(new Set(banks.received.slice(before).map(({ bytes }) => bytes)).size, 1);
  t.is(paid(world), 4n);
});

test('a full pool is waited for, and without any bank the batch is open, with all of it kept', async t => {
  const world = await setting(rich);
  const { banks, wallet } = world;
  banks.refusing.set('bank-0', 'POOL_FULL');
  const running = wallet.transferMany(payments(4));
  while (banks.received.length < 10) await new Promise(next => setTimeout(next, 1));
  banks.refusing.clear();
  t.true((await running).every(({ verdict }) => verdict === 'settled'));
  for (const bank of ['bank-0', 'bank-1']) banks.down.add(bank);
  await t.throwsAsync(wallet.transferMany([payment(8)]), { code: 'UNREACHABLE' });
  t.is(paid(world), 4n);
});

test('the same payment asked for alone meanwhile is the same envelope', async t => {
  const world = await setting(rich);
  const { banks, wallet } = world;
  banks.paused = true;
  const batch = wallet.transferMany(payments(2));
  while (banks.waiting.size < 2) await new Promise(next => setTimeout(next, 1));
  const alone = wallet.transfer(payment(0));
  banks.block({ burn: [...banks.waiting.values()].map(({ id }) => id) });
  while (banks.waiting.size < 2) await new Promise(next => setTimeout(next, 1));
  banks.paused = false;
  banks.block();
  t.like(await alone, { verdict: 'settled' });
  t.true((await batch).every(({ verdict }) => verdict === 'settled'));
  t.is(paid(world), 2n);
});

test('a batch never has more on the way than its window, however large the gateway says its own is', async t => {
  const world = await setting({ ...rich, balances: [10_000n, 50n, 0n, 0n] });
  const { banks, wallet } = world;
  banks.window = 512;
  banks.paused = true;
  const running = wallet.transferMany(payments(2 * batchWindow));
  while (banks.waiting.size < batchWindow) await new Promise(next => setTimeout(next, 1));
  while (banks.records.length < 20) {
    t.true(banks.waiting.size <= batchWindow);
    banks.block();
    await new Promise(next => setTimeout(next, 20));
  }
  banks.paused = false;
  banks.block();
  t.true((await running).every(({ verdict }) => verdict === 'settled'));
  t.is(paid(world, 10_000n), BigInt(2 * batchWindow));
});
