/** History and statements: what a wallet says of its accounts, and that it adds up. */
import test from 'ava';
import { parse } from 'csv-parse/sync';
import { balancePointsMax } from '../../../src/limits.js';
import { type Statement, statementCsv, statementText, Wallet } from '../../../src/wallet/index.js';
import { putPoint, startState } from '../../../src/wallet/state.js';
import { cheap, memoryWalletStore, setting } from './wallets.js';

function ticking() {
  let now = 1_000;
  return {
    wallTime: () => now,
    at: (time: number) => {
      now = time;
    },
  };
}

test('sent payments have their verdict and times; pending ones stand first', async t => {
  const clock = ticking();
  const { wallet, banks } = await setting(
    { balances: [100n, 50n, 0n, 0n] },
    { wallTime: clock.wallTime, timeoutMs: 20, unreachableMs: 20 },
  );
  clock.at(2_000);
  await wallet.transfer({ from: 0, to: 1, amount: 30n, reference: 'a' });
  clock.at(3_000);
  await wallet.transfer({ from: 0, to: 1, amount: 300n, reference: 'b' });
  clock.at(4_000);
  banks.paused = true;
  await t.throwsAsync(wallet.transfer({ from: 0, to: 1, amount: 1n, reference: 'c' }));
  const sent = wallet.history({ account: 0 }).filter(({ kind }) => kind === 'sent');
  t.like(sent, [
    { reference: 'c', state: 'pending', time: 4_000, height: undefined },
    { reference: 'b', state: 'cancelled', time: 3_000 },
    { reference: 'a', state: 'paid', time: 2_000, amount: 30n, to: 1 },
  ]);
  t.is(wallet.history({ from: 3_000, to: 4_000 }).length, 1);
  t.is(wallet.history({ to: 2_000 }).length, 2, 'the balances at the openings');
});

test('what look-ups show and nothing explains was received without a memo, or paid from elsewhere', async t => {
  const { wallet, options } = await setting({ balances: [100n, 50n, 20n, 0n] });
  const { seedPhrase } = wallet;
  const twin = await Wallet.create({ ...options, store: memoryWalletStore(), cost: cheap, seedPhrase });
  await twin.adoptAccount(1);
  await twin.adoptAccount(2);
  await twin.balance(1);
  await wallet.transfer({ from: 0, to: 1, amount: 30n });
  await twin.transfer({ from: 1, to: 2, amount: 5n });
  await twin.balance(1);
  await wallet.transfer({ from: 1, to: 0, amount: 60n });
  await twin.balance(1);
  await twin.balance(1);
  const others = twin.history({ account: 1 }).filter(({ kind }) => kind === 'other');
  t.like(others, [{ change: -60n }, { change: 30n }]);
  t.like(twin.history({ account: 2 }), [{ kind: 'received', amount: 5n, from: 1 }]);
  const statement = twin.statement({ account: 1 });
  t.is(statement.opening?.balance, 50n);
  t.is(statement.closing?.balance, 15n);
  t.is(
    statement.lines.reduce((sum, { change }) => sum + change, 0n),
    15n - 50n,
  );
});

test('a payment to the account itself changes nothing, and statements add up around it', async t => {
  const { wallet } = await setting({ balances: [100n, 50n, 0n, 0n] });
  await wallet.transfer({ from: 0, to: 0, amount: 30n });
  await wallet.balance(0);
  t.is(wallet.history({ account: 0 }).filter(({ kind }) => kind === 'other').length, 0);
  t.is(
    wallet.statement({ account: 0 }).lines.reduce((sum, { change }) => sum + change, 0n),
    0n,
  );
});

test('a wallet that is opened again, elsewhere too, has the same history', async t => {
  const { wallet, options, store } = await setting({ balances: [100n, 50n, 0n, 0n] });
  await wallet.transfer({ from: 0, to: 1, amount: 30n });
  await wallet.balance(1);
  const again = await Wallet.open({ ...options, store: memoryWalletStore(store.text) });
  t.deepEqual(again.history(), wallet.history());
  t.is(again.history().length, 5);
});

test('balances that say nothing new, and the oldest of too many, are not kept', t => {
  let state = startState('some words', new Uint8Array(32));
  for (let height = 1; height <= 5; height++)
    state = putPoint(state, { account: 1, balance: 7n, height, time: height });
  t.deepEqual(
    state.points.map(({ height }) => height),
    [1, 5],
  );
  state = {
    ...state,
    points: Array.from({ length: balancePointsMax }, (_, height) => ({
      account: 2,
      balance: BigInt(height),
      height,
      time: 0,
    })),
  };
  const more = putPoint(state, { account: 1, balance: 8n, height: 9_999, time: 0 });
  t.is(more.points.length, balancePointsMax);
  t.is(more.points[0].height, 1);
});

const line = {
  time: 1_700_000_000_000,
  height: 3,
  kind: 'received',
  change: 5n,
  counterparty: undefined,
  reference: undefined,
} as const;
const statement: Statement = {
  account: 1,
  address: 'cov1x',
  from: 1_699_000_000_000,
  to: 1_701_000_000_000,
  opening: { balance: 100n, height: 2, time: 1_699_500_000_000 },
  closing: { balance: 95n, height: 5, time: 1_700_500_000_000 },
  lines: [
    { ...line, memo: 'thanks, "Bob"\nand all' },
    { ...line, memo: '=HYPERLINK("evil")' },
    { ...line, kind: 'sent', change: -1_510n, counterparty: 7, reference: '+49', memo: '\tx' },
    { ...line, kind: 'other', change: 1_495n, memo: undefined },
  ],
};

test('CSV is read by others as it was meant, and computes nothing in a spreadsheet', t => {
  const rows = parse(statementCsv(statement, { scale: 2 }), { columns: true }) as Record<string, string>[];
  t.deepEqual(
    rows.map(({ change, memo, reference, counterparty, kind }) => [kind, change, counterparty, reference, memo]),
    [
      ['received', '0.05', '', '', 'thanks, "Bob"\nand all'],
      ['received', '0.05', '', '', `'=HYPERLINK("evil")`],
      ['sent', '-15.10', '7', `'+49`, `'\tx`],
      ['other', '14.95', '', '', ''],
    ],
  );
  t.is(rows[0].time, '2023-11-14T22:13:20.000Z');
});

test('a printed statement fits its columns, and steers no printer', t => {
  const long = { ...statement, lines: [{ ...line, memo: `\u001b[2J${'é'.repeat(200)}` }] };
  const text = statementText(long, { scale: 2 });
  t.true(text.split('\n').every(each => [...each].length <= 80));
  t.false(text.includes('\u001b'));
  t.regex(text, /Balance, at the start of block 2.* 1\.00\n/);
  t.regex(text, /received +0\.05\n/);
});
