/**
 * A sponsor's numbers: what waits together is signed together, nothing leaves before it is on the disk, and whatever is
 * refused has no number, because a number in a signed group cannot be taken back.
 */
import test, { type ExecutionContext } from 'ava';
import {
  type Announcement,
  announceGroup,
  announcementHolds,
  contradictory,
} from '../../../src/agreement/announcement.js';
import { BurnedIds, Pool, poolPrefix } from '../../../src/agreement/index.js';
import { Sponsoring } from '../../../src/bank/sponsoring.js';
import type { Forwarded } from '../../../src/bank/transport.js';
import { under } from '../../../src/codec/index.js';
import { ed25519, toHex } from '../../../src/crypto/index.js';
import { type Envelope, encodeEnvelope, envelopeId, type PacketContent } from '../../../src/envelope/index.js';
import { CovaultError, type ErrorCode, isCode } from '../../../src/errors.js';
import { vec } from '../../../src/field/index.js';
import { rosterVerify } from '../../../src/ledger/log.js';
import { announcementGroupMax, poolEnvelopesMax } from '../../../src/limits.js';
import type { StoreOp } from '../../../src/ports.js';
import { makeWorld, transferEnvelope } from '../../harness/banks.js';
import { type MemoryStore, memoryStore } from '../../harness/memory-store.js';
import { transferOf } from '../agreement/envelopes.js';
import { idOf } from '../ledger/records.js';

const world = makeWorld({ banks: 3, pageSize: 1, balances: [5n, 5n] });
const { network } = world;
const self = 1;
const content: PacketContent = { keyPart: new Uint8Array(16), share: () => vec([0]) };
const make = () => transferEnvelope(world, 0, 1, 1n).envelope;
const several = (count: number) => Array.from({ length: count }, make);
const turn = () => new Promise(resolve => setImmediate(resolve));

/** One bank's sponsoring over a store whose commits may be held back. */
async function sponsor(store: MemoryStore = memoryStore()) {
  const state = Object.assign(Object.create(world.states[self]), { height: 0 });
  const pool = new Pool(network, rosterVerify(network), new BurnedIds());
  const entries: (readonly [Uint8Array, Uint8Array])[] = [];
  for await (const entry of store.range(...under(poolPrefix))) entries.push(entry);
  pool.load(entries, 1);
  const held: (() => void)[] = [];
  const sent: { to: number; announcement: Announcement }[] = [];
  const of = {
    state,
    pool,
    store,
    held,
    sent,
    isHeld: false,
    signatures: 0,
    ready: 0,
    refusal: undefined as Error | undefined,
    isStopped: false,
  };
  const commit = async (ops: readonly StoreOp[]) => {
    if (of.isHeld) await new Promise<void>(resolve => held.push(resolve));
    await store.commit(ops);
  };
  const sponsoring = new Sponsoring({
    state,
    pool,
    store,
    commit,
    sign: message => {
      of.signatures++;
      return ed25519.sign(world.identitySeeds[self], message);
    },
    forward: async (to: number, envelopes: readonly Forwarded[]) => {
      sent.push(...envelopes.map(({ announcement }) => ({ to, announcement })));
    },
    planning: ({ expiry }) => transferOf(0, expiry),
    isStopped: () => of.isStopped,
    admit: () => {
      if (of.refusal) throw of.refusal;
    },
    keep: (_, header, id) => pool.open(id, header.keyHashes[self]),
    ready: () => {
      of.ready++;
    },
  });
  await sponsoring.load();
  const submit = (envelope: Envelope, over: { content?: PacketContent | undefined; height?: number } = {}) =>
    sponsoring.sponsor({ envelope, bytes: encodeEnvelope(envelope), content, height: 0, ...over });
  /** What has left to one bank, in order. */
  const told = (to = 0) => sent.filter(each => each.to === to).map(({ announcement }) => announcement);
  return Object.assign(of, { sponsoring, submit, told });
}

const sequences = (list: readonly Announcement[]) => list.map(({ sequence }) => sequence);
const sizes = (list: readonly Announcement[]) => list.map(({ group }) => group.tree.size);
const range = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);
const refused = async (t: ExecutionContext, code: ErrorCode, submitted: Promise<void>) =>
  t.true(isCode(await t.throwsAsync(submitted), code));

test('a lone envelope is signed by itself, what comes while it is stored together, in full groups', async t => {
  const bank = await sponsor();
  bank.isHeld = true;
  const lone = bank.submit(make());
  await turn();
  t.is(bank.signatures, 1);
  const others = several(announcementGroupMax + 3).map(envelope => bank.submit(envelope));
  await turn();
  t.is(bank.signatures, 1);
  bank.held.shift()?.();
  await lone;
  await turn();
  t.deepEqual(sequences(bank.told()), [1]);
  t.is(bank.held.length, 1, 'two groups, one transaction');
  bank.held.shift()?.();
  await Promise.all(others);
  await turn();
  t.is(bank.signatures, 3);
  for (const to of [0, 2]) {
    const told = bank.told(to);
    t.deepEqual(sequences(told), range(1, announcementGroupMax + 4));
    t.deepEqual(sizes(told), [1, ...range(0, announcementGroupMax).fill(announcementGroupMax), 3, 3, 3]);
    t.true(told.every(each => announcementHolds(network.id, rosterVerify(network), each)));
  }
  t.is(bank.told(self).length, 0);
  t.is(bank.pool.ready(1).length, announcementGroupMax + 4);
});

test('nothing leaves, nor is proposed, before number and envelope are on the disk', async t => {
  const bank = await sponsor();
  bank.isHeld = true;
  const envelope = make();
  const submitted = bank.submit(envelope);
  await turn();
  await Promise.all([bank.sponsoring.forwardAll(0), bank.sponsoring.forward(2, [toHex(envelope.id)])]);
  t.is(bank.sent.length, 0);
  t.is(bank.pool.ready(1).length, 0);
  t.is(bank.store.count, 0);
  bank.held.shift()?.();
  await submitted;
  await turn();
  t.is(bank.sent.length, 2);
  t.is(bank.pool.ready(1).length, 1);
  t.is(bank.ready, 1);
});

test('what is refused has no number, and gets its only one when it is taken', async t => {
  const bank = await sponsor();
  bank.isHeld = true;
  const first = bank.submit(make());
  await turn();
  const [a, late, c] = several(3);
  const passed = several(1).map(({ header, ...rest }) => {
    const expired = { ...header, expiry: 0 };
    return { ...rest, header: expired, id: envelopeId(expired) };
  })[0];
  // two envelopes with one key part: the second is refused when the first is there
  const copied = { ...a.header, expiry: a.header.expiry + 1 };
  const twin = { ...a, header: copied, id: envelopeId(copied) };
  bank.refusal = new CovaultError('SLOT_OPEN', 'it is open by now');
  const submitted = [bank.submit(a), bank.submit(c)];
  const wrong: [ErrorCode, Promise<void>][] = [
    ['EXPIRED', bank.submit(passed)],
    ['SLOT_OPEN', bank.submit(late, { height: -1 })], // admitted at another height
    ['SEEN_BEFORE', bank.submit(twin)],
  ];
  bank.isHeld = false;
  bank.held.shift()?.();
  for (const [code, promise] of wrong) await refused(t, code, promise);
  await Promise.all([first, ...submitted]);
  await turn();
  t.deepEqual(sizes(bank.told()), [1, 2, 2]);
  t.deepEqual(sequences(bank.told()), [1, 2, 3]);
  // a refusal that is over
  bank.refusal = undefined;
  await bank.submit(late);
  await turn();
  t.is(bank.told().at(-1)?.sequence, 4);
  const all = bank.told();
  t.false(all.some(a => all.some(b => contradictory(a, b))));
});

test('a full pool counts the numbers that are about to be given', async t => {
  const bank = await sponsor();
  for (let i = 0; i < poolEnvelopesMax - 2; i++) {
    const [announcement] = announceGroup(network.id, self, 10_000 + i, [idOf(i)], () => new Uint8Array(64));
    bank.pool.announce(announcement, transferOf(0), true);
  }
  const submitted = several(4).map(envelope => bank.submit(envelope));
  const results = await Promise.allSettled(submitted);
  t.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'rejected'],
  );
  await refused(t, 'POOL_FULL', submitted[2]);
  await turn();
  t.deepEqual(sizes(bank.told()), [2, 2]);
});

test('an id keeps its number: submitted again, with other packets, and after a restart', async t => {
  const bank = await sponsor();
  const envelopes = several(3);
  await Promise.all(envelopes.map(envelope => bank.submit(envelope)));
  const other = { ...envelopes[1], packets: [...envelopes[1].packets].reverse() };
  await bank.submit(other, { content: undefined });
  await turn();
  t.is(bank.signatures, 1);
  t.deepEqual(sequences(bank.told()), [1, 2, 3, 2]);
  const again = await sponsor(bank.store.fork());
  t.deepEqual(again.pool.ready(1), bank.pool.ready(1));
  await again.sponsoring.forwardAll(2);
  t.deepEqual(sequences(again.told(2)).sort(), [1, 2, 3]);
  await again.submit(envelopes[0], { content: undefined });
  await again.submit(make());
  await turn();
  t.deepEqual(sequences(again.told(2)).slice(3), [1, 4]);
});

test('an id that another bank sponsors already is proposed under the new number only when that is on the disk', async t => {
  const bank = await sponsor();
  const envelope = make();
  const { id, header } = envelope;
  const sign = (message: Uint8Array) => ed25519.sign(world.identitySeeds[2], message);
  const [announced] = announceGroup(network.id, 2, 1, [id], sign);
  bank.pool.announce(announced, transferOf(0, header.expiry));
  bank.pool.open(id, header.keyHashes[self]);
  bank.pool.release(id);
  bank.isHeld = true;
  // its own packet was opened before the other one came
  const submitted = bank.submit(envelope);
  await turn();
  t.deepEqual(bank.pool.ready(1)[0].sponsor, 2);
  bank.held.shift()?.();
  await submitted;
  t.deepEqual(bank.pool.ready(1)[0].sponsor, self);
});

test('what is decided while it is stored is not passed on, and goes from the disk', async t => {
  const bank = await sponsor();
  bank.isHeld = true;
  const envelope = make();
  const submitted = bank.submit(envelope);
  await turn();
  bank.pool.finish([envelope.id]);
  const ops = bank.sponsoring.forget(toHex(envelope.id));
  t.is(ops.length, 1);
  bank.held.shift()?.();
  await submitted;
  await turn();
  t.is(bank.sent.length, 0);
  await bank.store.commit(ops);
  await bank.sponsoring.forwardAll(0);
  t.is(bank.sent.length, 0);
  // and once more, when it is decided: nothing is done, nothing is numbered
  bank.isHeld = false;
  await bank.submit(envelope, { content: undefined });
  t.is(bank.signatures, 1);
  t.deepEqual(bank.sponsoring.forget(toHex(envelope.id)), []);
});

test('a disk that fails refuses the whole group, and nothing of it leaves', async t => {
  const store = memoryStore(() => {
    throw new Error('the disk is full');
  });
  const bank = await sponsor(store);
  const results = await Promise.allSettled(several(3).map(envelope => bank.submit(envelope)));
  t.true(results.every(({ status }) => status === 'rejected'));
  await bank.sponsoring.forwardAll(0);
  t.is(bank.sent.length, 0);
  t.is(bank.pool.ready(1).length, 0);
});

test('a bank that has stopped gives no number any more', async t => {
  const bank = await sponsor();
  const submitted = bank.submit(make());
  bank.isStopped = true;
  await refused(t, 'SESSION_ENDED', submitted);
  t.is(bank.signatures, 0);
});
