/** Blocks among agreement machines: positions of the stock, empty blocks, expiry. */
import test from 'ava';
import type { Proposal } from '../../../src/agreement/messages.js';
import { toHex } from '../../../src/crypto/index.js';
import { emptyBlockMs, positionLeapMax } from '../../../src/limits.js';
import { idOf } from '../ledger/records.js';
import { transferOf } from './envelopes.js';
import { World } from './world.js';

test('the block starts where the bank farthest ahead stands, and the next attempt past what this one reserved', t => {
  const w = new World(2);
  w.admit('x');
  w.propose(['x'], { at: { vole: 40, triples: 0, selections: 7 } });
  t.deepEqual(w.honest[0].run?.block.at, { vole: 40, triples: 0, selections: 7 });
  w.honest[0].give({ type: 'failed', height: 1, attempt: 1, base: 0 });
  w.pump();
  w.tell(0, { kind: 'void', void: w.void(1, w.said(0, 'void')[0].void) });
  w.propose([], { attempt: 2 }); // its own burned list is work enough
  t.deepEqual(w.honest[0].run?.block.at, { vole: 40 + 10 + 1, triples: 0, selections: 7 });
  w.startSession('session 2');
  w.tell(0, { kind: 'void', void: w.void(2, w.said(0, 'void').at(-1)?.void) });
  w.propose([], { attempt: 3 });
  t.deepEqual(w.honest[0].run?.block.at, { vole: 0, triples: 0, selections: 0 }); // stock is the session's
});

test('a bank that claims to be absurdly far ahead in the stock costs the session, nothing else', t => {
  const w = new World(2);
  w.admit('x');
  const at = { vole: positionLeapMax + 1, triples: 0, selections: 0 };
  const outputs = w.honest[0].machine.handle({
    type: 'message',
    from: 1,
    bytes: w.bytes(w.proposal(['x'], { at })),
  });
  t.deepEqual(
    outputs.map(({ type }) => type),
    ['end-session'],
  );
});

test('while one bank alone holds an envelope, empty blocks come after emptyBlockMs, and its expiry with them', t => {
  const w = new World(2);
  w.honest[0].admit('x', 0, 1, transferOf(0, 2));
  w.pump();
  for (const height of [1, 2]) {
    w.propose([], { height });
    t.is(w.honest[0].run, undefined); // nothing in common: a second round, after a while
    t.true(w.honest[0].timers.has('propose'));
    t.true(emptyBlockMs > 0);
    w.honest[0].timers.delete('propose');
    w.honest[0].give({ type: 'timer', name: 'propose' });
    w.pump();
    w.propose([], { height, round: 2 });
    t.deepEqual(w.honest[0].run?.block.entries, []);
    w.tell(0, { kind: 'signed', signed: w.signed(w.compute()) });
    t.is(w.honest[0].applied.length, height);
  }
  t.deepEqual(w.honest[0].pool.ready(3), []); // expired
  t.is(w.said(0, 'proposal').filter(({ height }) => height === 3).length, 0); // and nothing is undecided any more
});

test('a proposal of another session, height or attempt makes no block', t => {
  for (const over of [{ session: new Uint8Array(8) }, { attempt: 2 }, { height: 2 }] satisfies Partial<Proposal>[]) {
    const w = new World(2);
    w.admit('x');
    w.propose(['x'], over);
    t.is(w.honest[0].run, undefined);
    t.is(w.honest[0].halts.length, 0);
  }
});

test('an envelope that others propose and this bank does not know is asked for', t => {
  const w = new World(2);
  const outputs = w.honest[0].machine.handle({ type: 'message', from: 1, bytes: w.bytes(w.proposal(['x'])) });
  const missing = outputs.flatMap(output => (output.type === 'missing' ? output.announcements : []));
  t.deepEqual(
    missing.map(({ id }) => toHex(id)),
    [toHex(idOf('x'))],
  );
});

test('a bank that says another height in a session than when it formed is named', t => {
  const w = new World(2);
  w.tell(0, { kind: 'status', height: 5, hash: idOf('h'), attempt: 1 });
  t.is(w.honest[0].halts[0].blame.culprit, 1);
});
