/** Addresses as people type them. */
import { bech32m } from '@scure/base';
import test from 'ava';
import fc from 'fast-check';
import { isCode } from '../../../src/errors.js';
import { decodeAddress, encodeAddress, readAccount } from '../../../src/wallet/index.js';

const network = { id: new Uint8Array(32).fill(7), accounts: 70_000 };
const other = { id: new Uint8Array(32).fill(8), accounts: 70_000 };

const whyOf = (address: string, of = network): unknown => {
  try {
    decodeAddress(of, address);
    return 'none';
  } catch (error) {
    return isCode(error, 'BAD_ADDRESS') ? error.facts.why : 'other';
  }
};

test('an address is its account on its network', t => {
  for (const account of [0, 1, 433, 69_999]) {
    const address = encodeAddress(network, account);
    t.is(decodeAddress(network, address), account);
    t.is(decodeAddress(network, address.toUpperCase()), account);
    t.is(whyOf(address, other), 'network');
  }
  t.is(encodeAddress(network, 433), 'cov1qqrswpc8quqqqqd3w96trf');
});

test('every single typing error is found', t => {
  const address = encodeAddress(network, 433);
  const letters = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
  for (let at = 4; at < address.length; at++) {
    for (const letter of letters) {
      if (letter === address[at]) continue;
      t.is(whyOf(address.slice(0, at) + letter + address.slice(at + 1)), 'checksum');
    }
  }
});

test('two letters in the wrong order are found', t => {
  const address = encodeAddress(network, 12_345);
  fc.assert(
    fc.property(fc.integer({ min: 4, max: address.length - 2 }), at => {
      const swapped = address.slice(0, at) + address[at + 1] + address[at] + address.slice(at + 2);
      t.is(whyOf(swapped), swapped === address ? 'none' : 'checksum');
    }),
  );
});

test('what is no address is refused', t => {
  const address = encodeAddress(network, 433);
  for (const text of ['', 'cov1', 'btc1qqq', `${address} `, address.replace('c', 'C'), 'cov1b', '-1']) {
    t.is(whyOf(text), 'form', text);
  }
  t.is(whyOf(address.slice(0, -1)), 'checksum');
  t.is(whyOf(bech32m.encode('cov', bech32m.toWords(new Uint8Array(9)))), 'form');
  t.is(whyOf(bech32m.encode('cov', bech32m.toWords(new Uint8Array(10).fill(2)))), 'version');
  t.is(whyOf(encodeAddress(network, 69_999), { ...network, accounts: 433 }), 'account');
});

test('an account is named by its number or its address', t => {
  t.is(readAccount(network, '433'), 433);
  t.is(readAccount(network, encodeAddress(network, 433)), 433);
  t.true(
    isCode(
      t.throws(() => readAccount(network, '70000')),
      'UNKNOWN_ACCOUNT',
    ),
  );
  t.true(
    isCode(
      t.throws(() => encodeAddress(network, 70_000)),
      'UNKNOWN_ACCOUNT',
    ),
  );
  t.true(
    isCode(
      t.throws(() => readAccount(network, '1.5')),
      'BAD_ADDRESS',
    ),
  );
});
