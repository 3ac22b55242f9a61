/** The envelopes that a bank knows. */
import test from 'ava';
import { alone, announcementHolds, contradictory } from '../../../src/agreement/announcement.js';
import { BurnedIds } from '../../../src/agreement/burned-ids.js';
import { convicted } from '../../../src/agreement/index.js';
import type { Planning } from '../../../src/agreement/plan.js';
import { Pool } from '../../../src/agreement/pool.js';
import { poolPrefix } from '../../../src/agreement/seen-entry.js';
import { toHex } from '../../../src/crypto/index.js';
import { type ErrorCode, isCode } from '../../../src/errors.js';
import { rosterVerify } from '../../../src/ledger/log.js';
import { blockEnvelopesMax, expiryHeightsMax, poolEnvelopesMax, staleHeights, wavesMax } from '../../../src/limits.js';
import type { StoreOp } from '../../../src/ports.js';
import { idOf, makeBanks } from '../ledger/records.js';
import { announce, announceAll, openOf, rekeyOf, transferOf } from './envelopes.js';

const banks = makeBanks(2);
const verify = rosterVerify(banks.network);
const makePool = () => new Pool(banks.network, verify, new BurnedIds());
const keyHash = (name: string) => idOf(`key ${name}`);

const refused = (t: { true(value: boolean): void }, code: ErrorCode, call: () => unknown) => {
  try {
    call();
    t.true(false);
  } catch (error) {
    t.true(isCode(error, code));
  }
};

/** For pools that take every signature. */
const unsigned = (sponsor: number, sequence: number, name: string) =>
  announce(banks, sponsor, sequence, name, () => new Uint8Array(64));

/** Announced by a sponsor, and opened. */
const add = (pool: Pool, name: string, sequence: number, expiry = 100, sponsor = 0): StoreOp[] => {
  pool.announce(announce(banks, sponsor, sequence, name), transferOf(0, expiry));
  const ops = pool.open(idOf(name), keyHash(name));
  pool.release(idOf(name));
  return ops;
};
const readyIds = (pool: Pool, height = 1) => pool.ready(height).map(({ id }) => toHex(id));
const ids = (...names: string[]) => names.map(name => toHex(idOf(name)));

test('an envelope is ready once its sponsor has announced it and its packet has opened', t => {
  const pool = makePool();
  t.is(pool.announce(announce(banks, 0, 1, 'a'), transferOf(0)), undefined);
  t.deepEqual(readyIds(pool), []);
  t.is(pool.open(idOf('a'), keyHash('a')).length, 1);
  t.deepEqual(readyIds(pool), [], 'not before it is on the disk');
  pool.release(idOf('a'));
  t.deepEqual(readyIds(pool), ids('a'));
  refused(t, 'UNKNOWN_ENVELOPE', () => pool.open(idOf('b'), keyHash('b')));
});

test('garbage under somebody else’s id leaves no trace', t => {
  const pool = makePool();
  pool.announce(announce(banks, 0, 1, 'a'), transferOf(0)); // its packet never opens
  t.false(pool.wasSeen(idOf('a')));
  pool.open(idOf('a'), keyHash('a')); // and then the right one does
  t.true(pool.wasSeen(idOf('a')));
});

test('an announcement must be signed by its sponsor', t => {
  const pool = makePool();
  const right = announce(banks, 0, 1, 'a');
  t.true(announcementHolds(banks.network.id, verify, right));
  for (const over of [{ sponsor: 1 }, { sequence: 2 }, { id: idOf('b') }]) {
    refused(t, 'BAD_SIGNATURE', () => pool.announce({ ...right, ...over }, transferOf(0)));
  }
});

test('two ids under one number, or two numbers for one id, are proof against the sponsor', t => {
  const pool = makePool();
  const [a1, a2, b1] = [announce(banks, 0, 1, 'a'), announce(banks, 0, 2, 'a'), announce(banks, 0, 1, 'b')];
  pool.announce(a1, transferOf(0));
  t.deepEqual(pool.announce(a2, transferOf(0)), { first: a1, second: a2 });
  t.deepEqual(pool.announce(b1, transferOf(0)), { first: a1, second: b1 });
  t.is(pool.announce(a1, transferOf(0)), undefined);
  t.true(contradictory(a1, a2) && contradictory(a1, b1));
  t.false(contradictory(a1, a1) || contradictory(a1, announce(banks, 1, 2, 'a')) || contradictory(a2, b1));
});

test('of a group one may be kept without the others, and each contradiction with another group is proof', t => {
  const pool = makePool();
  const group = announceAll(banks, 0, 1, ['a', 'b', 'c', 'd', 'e']);
  for (const announcement of [group[1], group[3]]) t.is(pool.announce(announcement, transferOf(0)), undefined);
  t.deepEqual(pool.announcement(idOf('d'), 0), alone(group[3]));
  t.is(pool.announcement(idOf('a'), 0), undefined);
  // groups that overlap: in what they agree the first stays, where they differ both are proof
  const overlapping = announceAll(banks, 0, 4, ['d', 'x', 'b']);
  t.is(pool.announce(overlapping[0], transferOf(0)), undefined);
  t.deepEqual(pool.announcement(idOf('d'), 0), alone(group[3]));
  t.is(pool.announce(overlapping[1], transferOf(0)), undefined);
  for (const [first, second] of [
    [group[1], overlapping[2]],
    [overlapping[1], group[4]],
  ]) {
    const proof = pool.announce(second, transferOf(0));
    t.deepEqual(proof, { first: alone(first), second: alone(second) });
    t.is(proof && convicted(banks.network.id, verify, { kind: 'two-announcements', ...proof }), 0);
  }
  // one id twice in one group
  const [twice, , again] = announceAll(banks, 1, 1, ['p', 'q', 'p']);
  pool.announce(twice, transferOf(0));
  t.deepEqual(pool.announce(again, transferOf(0)), { first: alone(twice), second: alone(again) });
});

test('an id with two sponsors is listed under the lower one', t => {
  const pool = makePool();
  add(pool, 'a', 7, 100, 1);
  pool.announce(announce(banks, 0, 3, 'a'), transferOf(0));
  t.deepEqual(
    pool.ready(1).map(({ sponsor, sequence }) => [sponsor, sequence]),
    [[0, 3]],
  );
});

test('what a sponsor has ready is listed by its numbers, in whatever order it came', t => {
  const pool = makePool();
  for (const sequence of [5, 2, 9, 1]) add(pool, `${sequence}`, sequence);
  t.deepEqual(readyIds(pool), ids('1', '2', '5', '9'));
  add(pool, '3', 3);
  pool.finish([idOf('5')]);
  t.deepEqual(readyIds(pool), ids('1', '2', '3', '9'));
});

test('a list holds twice the places of a block, others before those that crowd a page, stuck ones last', t => {
  const always = new Pool(banks.network, () => true, new BurnedIds());
  const put = (name: string, sequence: number, page: number) => {
    always.announce(unsigned(0, sequence, name), transferOf(page));
    always.open(idOf(name), keyHash(name));
    always.release(idOf(name));
  };
  const [places, debits] = [Math.floor(blockEnvelopesMax / 2), Math.floor(wavesMax / 2)];
  const listed = (height: number) => always.ready(height).map(({ sequence }) => sequence);
  for (let i = 0; i < 2 * places; i++) put(`crowd ${i}`, i, 7);
  t.is(listed(1).length, 2 * places, 'alone they fill the list');
  for (let i = 0; i < 4; i++) put(`other ${i}`, 10_000 + i, i);
  const mixed = listed(1);
  t.is(mixed.length, 2 * places);
  t.deepEqual(mixed.slice(-4), [10_000, 10_001, 10_002, 10_003]);
  t.deepEqual(
    mixed,
    [...mixed].sort((a, b) => a - b),
  );
  // what was there first has not got into a block for long: it goes behind what came since
  always.advance(2 + staleHeights);
  for (let i = 0; i < 2 * places - debits; i++) put(`late ${i}`, 20_000 + i, 100 + i);
  const late = listed(2 + staleHeights);
  t.is(late.length, 2 * places);
  t.is(late.filter(sequence => sequence >= 20_000).length, 2 * places - debits);
  t.deepEqual(
    late.filter(sequence => sequence < 20_000),
    Array.from({ length: debits }, (_, i) => i),
  );
});

for (const [what, alike] of [
  ['rekeys of one page', rekeyOf(7)],
  ['opens of one slot', openOf(7)],
] as const) {
  test(`${what}, of which a block takes one, keep nothing else out of the list`, t => {
    const always = new Pool(banks.network, () => true, new BurnedIds());
    const put = (name: string, sequence: number, planning: Planning) => {
      always.announce(unsigned(0, sequence, name), planning);
      always.open(idOf(name), keyHash(name));
      always.release(idOf(name));
    };
    const places = 2 * Math.floor(blockEnvelopesMax / 2);
    for (let i = 0; i < places; i++) put(`alike ${i}`, i, alike);
    t.is(always.ready(1).length, places, 'alone they fill the list');
    put('payment', places, transferOf(7));
    const listed = always.ready(1).map(({ sequence }) => sequence);
    t.is(listed.length, places);
    t.is(listed.at(-1), places);
  });
}

test('what the pool knows no more it tells once, and is leaving until somebody says that it has left', t => {
  const pool = makePool();
  add(pool, 'a', 1, 3);
  add(pool, 'b', 2);
  t.deepEqual(pool.counts(), { known: 2, ready: 2 });
  t.deepEqual(pool.takeForgotten(), []);
  pool.finish([idOf('b')]);
  pool.advance(4);
  const leaving = () => [pool.isLeaving(idOf('a')), pool.isLeaving(idOf('b'))];
  t.deepEqual(leaving(), [true, true]);
  t.deepEqual([...pool.takeForgotten()].sort(), ids('a', 'b').sort());
  t.deepEqual(pool.takeForgotten(), []);
  t.deepEqual(leaving(), [true, true]);
  pool.left(ids('a'));
  t.deepEqual(leaving(), [false, true]);
  t.deepEqual(pool.counts(), { known: 0, ready: 0 });
});

test('an id and a key part are refused a second time, until expiry has passed', t => {
  const pool = makePool();
  add(pool, 'a', 1, 5);
  refused(t, 'SEEN_BEFORE', () => pool.open(idOf('a'), keyHash('a')));
  pool.finish([idOf('a')]);
  refused(t, 'SEEN_BEFORE', () => pool.announce(announce(banks, 0, 2, 'a'), transferOf(0, 5)));
  // the same packet under another header: another id, the same H(k_i)
  pool.announce(announce(banks, 0, 3, 'b'), transferOf(0));
  refused(t, 'SEEN_BEFORE', () => pool.open(idOf('b'), keyHash('a')));
  t.is(pool.advance(5).length, 0);
  t.is(pool.advance(6).length, 1);
  pool.open(idOf('b'), keyHash('a'));
});

test('what is burned is refused for ever, whether it was here or not', t => {
  const pool = makePool();
  pool.announce(announce(banks, 0, 1, 'a'), transferOf(0, 5));
  const ids = [idOf('a'), idOf('b')];
  pool.burned.burn(ids);
  pool.finish(ids);
  t.deepEqual(pool.counts(), { known: 0, ready: 0 });
  for (const height of [1, 6]) {
    pool.advance(height);
    for (const name of ['a', 'b']) {
      t.true(pool.wasSeen(idOf(name)));
      refused(t, 'SEEN_BEFORE', () => pool.announce(announce(banks, 0, 2, name), transferOf(0, 9)));
      refused(t, 'SEEN_BEFORE', () => pool.refuseSeen(idOf(name), keyHash(name)));
    }
  }
});

test('an envelope stands in heights from expiry - expiryHeightsMax to expiry', t => {
  const pool = makePool();
  add(pool, 'a', 1, 3);
  t.deepEqual(readyIds(pool, 3), ids('a'));
  t.deepEqual(readyIds(pool, 4), []);
  pool.advance(3);
  t.deepEqual(pool.takeForgotten(), []);
  pool.advance(4);
  t.deepEqual(pool.takeForgotten(), ids('a'));
  refused(t, 'EXPIRED', () => add(pool, 'b', 2, 3));
  add(pool, 'c', 3, 4 + expiryHeightsMax);
  refused(t, 'EXPIRY_TOO_FAR', () => add(pool, 'd', 4, 5 + expiryHeightsMax));
  t.deepEqual(readyIds(pool, 3), []);
  t.deepEqual(readyIds(pool, 4), ids('c'));
});

test('what is decided is not ready again, and makes room', t => {
  const pool = makePool();
  add(pool, 'a', 1);
  add(pool, 'b', 2);
  t.is(pool.finish([idOf('a'), idOf('stranger')]).length, 1);
  t.deepEqual(readyIds(pool), ids('b'));
  t.is(pool.count(0), 1);
});

test('the pool is bounded for each sponsor by itself', t => {
  const always = new Pool(banks.network, () => true, new BurnedIds());
  for (let sequence = 0; sequence < poolEnvelopesMax; sequence++) {
    always.announce(unsigned(0, sequence, `${sequence}`), transferOf(0));
  }
  const more = (sponsor: number) => always.announce(unsigned(sponsor, 99_999, 'x'), transferOf(0));
  refused(t, 'POOL_FULL', () => more(0));
  t.is(more(1), undefined);
});

test('a pool loaded from the store is as it was', t => {
  const pool = makePool();
  const store = new Map<string, readonly [Uint8Array, Uint8Array]>();
  const apply = (ops: StoreOp[]) => {
    for (const op of ops) {
      if (op.type === 'put') store.set(toHex(op.key), [op.key, op.value]);
      else store.delete(toHex(op.key));
    }
  };
  apply(add(pool, 'a', 1, 100, 1));
  apply(add(pool, 'b', 2, 3));
  apply(add(pool, 'c', 3));
  apply(pool.finish([idOf('c')]));
  apply(pool.advance(4));
  t.true([...store.values()].every(([key]) => toHex(key).startsWith(toHex(poolPrefix))));
  const again = makePool();
  again.load(store.values(), 4);
  t.deepEqual(again.ready(4), pool.ready(4));
  t.deepEqual(again.planning(toHex(idOf('a'))), transferOf(0));
  refused(t, 'SEEN_BEFORE', () => again.announce(announce(banks, 0, 3, 'c'), transferOf(0)));
  t.false(again.wasSeen(idOf('b')));
  const burned = new Pool(banks.network, verify, new BurnedIds(new Map([[toHex(idOf('a')), true]])));
  burned.load(store.values(), 4);
  t.deepEqual(burned.ready(4), []);
  t.is(burned.advance(101).length, 2, 'its entry goes when it expires');
});
