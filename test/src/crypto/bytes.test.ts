/** Hex, comparison and concatenation of bytes. */
import test from 'ava';
import fc from 'fast-check';
import { fromHex, toHex } from '../../../src/crypto/bytes.js';
import { isCode } from '../../../src/errors.js';

test('hex is two lower-case digits a byte, there and back', t => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  t.is(toHex(all), Buffer.from(all).toString('hex'));
  t.deepEqual(fromHex(toHex(all)), all);
  t.is(toHex(new Uint8Array(0)), '');
  t.deepEqual(fromHex(''), new Uint8Array(0));
  t.is(toHex(all.subarray(1, 3)), '0102');
  fc.assert(fc.property(fc.uint8Array({ maxLength: 433 }), bytes => t.deepEqual(fromHex(toHex(bytes)), bytes)));
});

test('anything else is no hex', t => {
  for (const text of [
    '0',
    'abc',
    'AB',
    '0g',
    'g0',
    '0x',
    ' 00',
    '00 ',
    '0\u0000',
    '\u0130\u0130',
    '\ud83c\udfe6',
    '0é',
    '/0',
    '0:',
    '`a',
  ]) {
    t.true(
      isCode(
        t.throws(() => fromHex(text)),
        'MALFORMED',
      ),
      text,
    );
  }
  fc.assert(
    fc.property(fc.string(), text => {
      if (/^(?:[0-9a-f]{2})*$/.test(text)) t.is(toHex(fromHex(text)), text);
      else
        t.true(
          isCode(
            t.throws(() => fromHex(text)),
            'MALFORMED',
          ),
        );
    }),
  );
});
