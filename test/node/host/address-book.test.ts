/** What banks say of where they are: signatures, order, bounds. */
import test from 'ava';
import fc from 'fast-check';
import { AddressBook, isAddress, recordBytesMax } from '../../../node/host/address-book.js';
import { CovaultError } from '../../../src/errors.js';
import { addressesMax } from '../../../src/limits.js';
import { networkOf, seedOf } from './world.js';

const network = networkOf(3);
const bookOf = (self: number, of = network) => new AddressBook(of, self, seedOf(self));
const at = (port: number) => `/ip4/10.0.0.1/tcp/${port}`;

function recordOf(self: number, port: number, now: number, of = network): Uint8Array {
  const book = bookOf(self, of);
  book.setOwn([at(port)], now);
  return book.records()[0];
}

test('a record passes through others, and the newest counts', t => {
  const [b, c] = [bookOf(1), bookOf(2)];
  t.is(b.learn(recordOf(0, 1, 10)), 0);
  t.is(c.learn(b.records()[0]), 0);
  t.is(c.learn(recordOf(0, 2, 10)), undefined, 'not newer');
  t.deepEqual(c.of(0), [at(1)]);
  t.is(c.learn(recordOf(0, 2, 11)), 0);
  t.is(c.learn(recordOf(0, 1, 10)), undefined);
  t.deepEqual(c.of(0), [at(2)]);
});

test('a record is signed by its bank, for its network', t => {
  const book = bookOf(1);
  const record = recordOf(0, 1, 10);
  for (let i = 0; i < record.length; i++) {
    const changed = record.slice();
    changed[i] ^= 1;
    const error = t.throws(() => book.learn(changed), { instanceOf: CovaultError });
    t.true(['BAD_SIGNATURE', 'MALFORMED', 'OVERSIZED'].includes(error?.code ?? ''));
  }
  t.like(
    t.throws(() => book.learn(recordOf(0, 1, 10, networkOf(3, 9)))),
    { code: 'BAD_SIGNATURE' },
  );
  t.deepEqual(book.of(0), []);
});

test('random bytes and truncated records are refused', t => {
  const book = bookOf(1);
  const record = recordOf(0, 1, 10);
  const refused = (bytes: Uint8Array) => t.throws(() => book.learn(bytes), { instanceOf: CovaultError });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(record.length - 1), (bytes, count) => {
      refused(bytes);
      refused(record.slice(0, count));
    }),
    { numRuns: 100 },
  );
});

test('a bank whose clock went back goes beyond what others remember', t => {
  const [a, b] = [bookOf(0), bookOf(1)];
  a.setOwn([at(2)], 10);
  b.learn(recordOf(0, 1, 99));
  t.is(b.learn(a.records()[0]), undefined);
  t.is(a.learn(b.records()[0]), 0);
  t.is(b.learn(a.records()[0]), 0);
  t.deepEqual(b.of(0), [at(2)]);
});

test('own addresses are news only when they change', t => {
  const a = bookOf(0);
  t.true(a.setOwn([at(1)], 10));
  t.false(a.setOwn([at(1)], 11));
  t.true(a.setOwn([at(1), at(2)], 5), 'a clock that went back does not matter');
  const b = bookOf(1);
  b.learn(a.records()[0]);
  t.deepEqual(b.of(0), [at(1), at(2)]);
});

test('hints and the place where a bank was met come with its record, each once, within bounds', t => {
  const book = bookOf(1);
  book.learn(recordOf(0, 1, 10));
  t.true(book.hint(0, at(5)));
  t.false(book.hint(0, at(5)));
  t.false(book.hint(0, at(1)));
  book.met(0, at(5));
  t.deepEqual(book.of(0), [at(5), at(1)]);
  for (let port = 100; port < 200; port++) book.hint(0, at(port));
  t.true(book.of(0).length <= addressesMax + 2);
  const many = bookOf(2);
  many.setOwn(
    Array.from({ length: 50 }, (_, port) => at(port)),
    1,
  );
  t.true(many.records()[0].length <= recordBytesMax);
  t.is(book.learn(many.records()[0]), 2);
  t.is(book.of(2).length, addressesMax);
});

test('only TCP addresses without a peer id are addresses', t => {
  for (const yes of ['/ip4/1.2.3.4/tcp/5', '/ip6/::1/tcp/5', '/dns4/bank.example/tcp/443']) t.true(isAddress(yes));
  for (const no of ['', 'x', '/ip4/1.2.3.4', '/ip4/1.2.3.4/udp/5', '/ip4/1.2.3.4/tcp/5/ws', '/unix/tmp']) {
    t.false(isAddress(no), no);
  }
});
