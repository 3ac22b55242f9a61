/** The block that begins beside the one before it: bank 0 of two, and a cheat. */
import test from 'ava';
import { putBurned } from '../../../src/agreement/durable.js';
import { durablePrefix, loadDurable } from '../../../src/agreement/index.js';
import type { Message, Proposal } from '../../../src/agreement/messages.js';
import { toHex } from '../../../src/crypto/index.js';
import { recordHash } from '../../../src/ledger/log.js';
import { idOf } from '../ledger/records.js';
import { openOf } from './envelopes.js';
import { World } from './world.js';

const ground = { height: 1, attempt: 1, base: 0 };
const hexOf = (names: string[]) => names.map(name => toHex(idOf(name))).sort();
const durable = (w: World) => loadDurable(w.honest[0].store.under(durablePrefix), 2);
const early = (w: World) => durable(w).early?.map(toHex);

/** 'x' is computed and needs the balances; 'y' is ready everywhere. */
function beside(): World {
  const w = new World(2);
  w.admit('x');
  w.propose(['x']);
  w.honest[0].give({ type: 'proved', ...ground });
  w.admit('y', 2);
  return w;
}

function proposeNext(w: World, over: Partial<Proposal> = {}): void {
  const both = w.proposal(['x', 'y']) as Proposal;
  w.propose([], { height: 2, base: 1, ready: both.ready.slice(1), ...over });
}

/** And 'y' runs beside it. */
function running(): World {
  const w = beside();
  proposeNext(w);
  return w;
}

test('once a block needs the balances, the next is proposed beside it, without what that one holds', t => {
  const w = beside();
  const last = w.said(0, 'proposal').at(-1);
  t.like(last, { height: 2, attempt: 1, base: 1 });
  t.deepEqual(
    last?.ready.map(({ id }) => toHex(id)),
    hexOf(['y']),
  );
  t.is(early(w), undefined, 'nothing is marked before all have proposed');
});

test('not before', t => {
  const w = new World(2);
  w.admit('x');
  w.propose(['x']);
  w.admit('y', 2);
  t.is(w.said(0, 'proposal').filter(({ height }) => height === 2).length, 0);
});

test('not beside a block that opens an account', t => {
  const w = new World(2);
  for (const bank of w.honest) bank.admit('x', 0, 1, openOf(0));
  w.pump();
  w.propose(['x']);
  w.honest[0].give({ type: 'proved', ...ground });
  w.admit('y', 2);
  t.is(w.said(0, 'proposal').filter(({ height }) => height === 2).length, 0);
});

test('its ids are durable before it runs, and it is not told what it will follow', t => {
  const w = running();
  t.deepEqual(early(w), hexOf(['y']));
  const run = w.honest[0].runs[1];
  t.like(run, { height: 2, attempt: 1, base: 1 });
  t.is(run.block.previous, undefined);
});

test('with the commit it takes its place: its marks are those of the height', t => {
  const w = running();
  const record = w.compute();
  w.tell(0, { kind: 'signed', signed: w.signed(record) });
  t.is(w.honest[0].machine.height, 1);
  t.is(early(w), undefined);
  t.deepEqual(durable(w).attempts.get(1)?.marked?.map(toHex), hexOf(['y']));
  t.is(w.said(0, 'proposal').filter(({ height }) => height === 2).length, 1, 'it is not proposed again');
  const next = w.compute();
  t.deepEqual(next.previous, recordHash(record));
  w.tell(0, { kind: 'signed', signed: w.signed(next) });
  t.is(w.honest[0].machine.height, 2);
});

/** Heard, and its outputs not yet executed. */
const tell = (w: World, message: Message) =>
  w.honest[0].give({ type: 'message', from: w.cheat, bytes: w.bytes(message) });

for (const [what, end] of [
  ['a void of the block before', (w: World) => tell(w, { kind: 'void', void: w.void(1) })],
  ['a run that failed', (w: World) => w.honest[0].give({ type: 'failed', ...ground })],
  ['a lost session', (w: World) => w.honest[0].give({ type: 'session-lost' })],
  [
    'a restart',
    (w: World) => {
      w.honest[0].crash();
      w.honest[0].start();
    },
  ],
] as const) {
  test(`${what} ends it too: its ids are burned in the transaction that drops its marks`, t => {
    const w = running();
    end(w);
    const stores = w.honest[0].queue.filter(output => output.type === 'store');
    t.true(stores.length > 0);
    for (const { ops } of stores) {
      const drops = ops.some(({ type, key }) => type === 'del' && toHex(key) === toHex(earlyKey));
      t.is(
        drops,
        ops.some(({ type, key }) => type === 'put' && toHex(key) === burnedKeyOfY),
      );
    }
    w.pump();
    t.is(early(w), undefined);
    t.true(w.honest[0].burned.has(hexOf(['y'])[0]));
    t.is(w.honest[0].runs.filter(({ height }) => height === 2).length, 0);
  });
}

test('a lost session ends it also when the block before is signed, which stands', t => {
  const w = running();
  w.compute();
  w.loseSession();
  t.deepEqual([...w.honest[0].burned], hexOf(['y']));
  t.is(w.honest[0].machine.standing.phase, 'signed');
});

test('a bank that lists an envelope of the running block as burned is named', t => {
  const w = beside();
  w.propose([], { height: 2, base: 1, burned: [idOf('x')] });
  t.is(w.honest[0].halts[0]?.blame.culprit, 1);
});

test('what rests on an attempt that is void is passed over', t => {
  const w = running();
  w.tell(0, { kind: 'void', void: w.void(1) });
  proposeNext(w, { round: 2 });
  t.is(w.honest[0].halts.length, 0);
  t.is(w.honest[0].machine.standing.attempt, 2);
});

test('one that took too long is given up when its height has come', t => {
  const w = running();
  w.honest[0].give({ type: 'failed', height: 2, attempt: 1, base: 1 });
  w.pump();
  t.is(w.said(0, 'void').length, 0);
  w.tell(0, { kind: 'signed', signed: w.signed(w.compute([0])) });
  t.like(w.said(0, 'void')[0]?.void, { height: 2, attempt: 1, root: undefined });
  t.deepEqual([...w.honest[0].burned], hexOf(['y']));
});

test('a void of the next height that comes before this one is committed is not lost', t => {
  const w = running();
  w.tell(0, { kind: 'void', void: w.void(1, undefined, 2) });
  t.is(w.honest[0].machine.standing.phase, 'running');
  w.tell(0, { kind: 'signed', signed: w.signed(w.compute([0])) });
  t.like(w.said(0, 'void')[0]?.void, { height: 2, attempt: 1, root: { bank: 1 } });
});

const earlyKey = new TextEncoder().encode('agreement/early');
const burnedKeyOfY = toHex(putBurned(idOf('y'), false).key);

test('a bank that lists an envelope as burned is named, also when that settles while the disk is asked', t => {
  const w = beside();
  const record = w.compute();
  w.honest[0].isSlow = true;
  w.propose([], { height: 2, base: 1, burned: [idOf('x')] });
  w.tell(0, { kind: 'signed', signed: w.signed(record) });
  t.is(w.honest[0].machine.height, 1);
  w.honest[0].tellFound();
  w.pump();
  t.is(w.honest[0].halts[0]?.blame.culprit, 1);
});

test('a proposal for the next attempt that comes before the last void of this one is kept', t => {
  const w = running();
  w.honest[0].give({ type: 'failed', ...ground });
  w.pump();
  w.propose([], { attempt: 2 });
  w.tell(0, { kind: 'void', void: w.void(1, w.said(0, 'void')[0].void) });
  t.is(w.honest[0].machine.standing.attempt, 2);
  t.is(w.honest[0].runs.length, 1);
});

test('one that needs the balances before its height has come has the next begun beside it as soon as it has', t => {
  const w = running();
  w.honest[0].give({ type: 'proved', height: 2, attempt: 1, base: 1 });
  w.admit('z', 3);
  w.tell(0, { kind: 'signed', signed: w.signed(w.compute([0])) });
  t.like(w.said(0, 'proposal').at(-1), { height: 3, attempt: 1, base: 1 });
});
