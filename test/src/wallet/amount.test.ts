/** Amounts as people type them. */
import test from 'ava';
import fc from 'fast-check';
import { isCode } from '../../../src/errors.js';
import { formatAmount, parseAmount } from '../../../src/wallet/index.js';

const form = { scale: 2, amountBits: 40 };

test('amounts are read exactly', t => {
  t.is(parseAmount('0', form), 0n);
  t.is(parseAmount('0.00', form), 0n);
  t.is(parseAmount('12', form), 1200n);
  t.is(parseAmount('12.5', form), 1250n);
  t.is(parseAmount('0.07', form), 7n);
  t.is(parseAmount('10995116277.75', form), (1n << 40n) - 1n);
  t.is(parseAmount('7', { scale: 0, amountBits: 3 }), 7n);
});

test('what is no amount is refused', t => {
  const wrong = [
    '',
    ' 1',
    '1 ',
    '-1',
    '-0',
    '+1',
    '1e3',
    'NaN',
    'Infinity',
    '0x10',
    '1,5',
    '1.',
    '.5',
    '1.2.3',
    '1_000',
  ];
  const beyond = ['1.005', '1.000', '10995116277.76', '9'.repeat(99), '١'];
  for (const text of [...wrong, ...beyond]) {
    t.true(
      isCode(
        t.throws(() => parseAmount(text, form)),
        'BAD_AMOUNT',
      ),
      text,
    );
  }
  t.true(
    isCode(
      t.throws(() => parseAmount('1.0', { scale: 0, amountBits: 40 })),
      'BAD_AMOUNT',
    ),
  );
  t.true(
    isCode(
      t.throws(() => parseAmount('8', { scale: 0, amountBits: 3 })),
      'BAD_AMOUNT',
    ),
  );
});

test('no message repeats an amount', t => {
  t.notRegex(t.throws(() => parseAmount('31415.926', form)).message, /31415/);
});

test('writing and reading come back to the same amount, at every scale', t => {
  fc.assert(
    fc.property(fc.bigInt(0n, (1n << 60n) - 1n), fc.integer({ min: 0, max: 12 }), (amount, scale) => {
      t.is(parseAmount(formatAmount(amount, scale), { scale, amountBits: 60 }), amount);
    }),
  );
  t.is(formatAmount(5n, 2), '0.05');
  t.is(formatAmount(5n, 0), '5');
});
