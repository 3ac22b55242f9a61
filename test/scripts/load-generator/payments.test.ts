/** The payments that a load consists of. */
import test from 'ava';
import { holderAccounts, Payments, startingBalance } from '../../../scripts/load-generator/payments.js';

const shape = { holders: 7, pages: 3, pageSize: 4, amountBits: 20 };

test('the same seed gives the same payments, another seed others', t => {
  const draw = (seed: string) => {
    const payments = new Payments(shape, 0.5, seed);
    return Array.from({ length: 50 }, () => payments.next());
  };
  t.deepEqual(draw('a'), draw('a'));
  t.notDeepEqual(draw('a'), draw('b'));
});

test('everybody pays once before anybody pays twice, nobody pays himself, and only holders take part', t => {
  const accounts = holderAccounts(shape);
  t.deepEqual(accounts, [0, 4, 8, 1, 5, 9, 2]);
  const payments = new Payments(shape, 0, 'turns');
  for (let round = 0; round < 5; round++) {
    const drawn = Array.from({ length: shape.holders }, () => payments.next());
    t.deepEqual(drawn.map(({ from }) => from).sort(), accounts.toSorted());
    t.true(drawn.every(({ from, to }) => from !== to && accounts.includes(to)));
  }
});

test('amounts fit their bits; the given share is above all that there is, the rest a part of a balance', t => {
  const balance = startingBalance(shape);
  const supply = balance * BigInt(shape.holders);
  const amounts = (share: number) => {
    const payments = new Payments(shape, share, 'amounts');
    return Array.from({ length: 200 }, () => payments.next().amount);
  };
  t.true(amounts(1).every(amount => amount > supply && amount < 1n << 20n));
  t.true(amounts(0).every(amount => amount > 0n && amount <= balance / 16n));
});

test('gaps between arrivals are positive and shorter for a higher rate', t => {
  const sum = (rate: number) => {
    const payments = new Payments(shape, 0, 'gaps');
    return Array.from({ length: 100 }, () => payments.gap(rate)).reduce((a, b) => a + b, 0);
  };
  t.true(sum(10) > 0);
  t.true(Math.abs(sum(10) / sum(100) - 10) < 1e-9);
});
