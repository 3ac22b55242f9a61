/** Envelopes to other banks: alone at once, together when they wait; and what comes in is bounded until it is stored. */
import test from 'ava';
import { announceGroup } from '../../../src/agreement/index.js';
import { Forwarder } from '../../../src/bank/forwarder.js';
import { InFlight } from '../../../src/bank/in-flight.js';
import { encodeEnvelopeFrame, type Forwarded } from '../../../src/bank/transport.js';
import { encodeEnvelope } from '../../../src/envelope/index.js';
import { forwardedBytesMax, forwardedMax } from '../../../src/limits.js';
import { openEnvelope } from '../../harness/banks.js';
import { NetworkWorld } from '../../harness/network.js';

const none = new Uint8Array(0);
const forwardedOf = (id: string, bytes = 1): Forwarded => ({
  announcement: announceGroup(none, 0, 1, [new TextEncoder().encode(id)], () => none)[0],
  header: none,
  signature: undefined,
  packet: new Uint8Array(bytes),
});
const turn = () => new Promise(resolve => setImmediate(resolve));

/** Frames as lists of names; the link takes the next one when `next` is called, or at once. */
function world(options: { bytes?: number; known?: (id: string) => boolean; slow?: boolean } = {}) {
  const frames: string[][] = [];
  const taken: (() => void)[] = [];
  const forwarder = new Forwarder(
    (_to, id) => (options.known?.(id) === false ? undefined : forwardedOf(id, options.bytes)),
    async (_to, envelopes) => {
      frames.push(envelopes.map(({ announcement }) => new TextDecoder().decode(announcement.id)));
      if (options.slow) await new Promise<void>(resolve => taken.push(resolve));
    },
    2,
  );
  return { frames, forwarder, next: () => taken.shift()?.() };
}

test('a lone envelope goes at once, those of one turn together', async t => {
  const { frames, forwarder } = world();
  forwarder.forward(1, 'a');
  await turn();
  t.deepEqual(frames, [['a']]);
  for (const id of ['b', 'c', 'd']) forwarder.forward(1, id);
  await turn();
  t.deepEqual(frames, [['a'], ['b', 'c', 'd']]);
});

test('while the link has no room what comes waits for the next frame, each once', async t => {
  const { frames, forwarder, next } = world({ slow: true });
  forwarder.forward(1, 'a');
  await turn();
  for (const id of ['b', 'c', 'b']) forwarder.forward(1, id);
  await turn();
  t.deepEqual(frames, [['a']]);
  next();
  await turn();
  t.deepEqual(frames, [['a'], ['b', 'c']]);
});

test('a frame is bounded in envelopes and in bytes', async t => {
  const many = Array.from({ length: forwardedMax + 3 }, (_, i) => `${i}`);
  const small = world();
  for (const id of many) small.forwarder.forward(1, id);
  await turn();
  t.deepEqual(
    small.frames.map(frame => frame.length),
    [forwardedMax, 3],
  );
  const large = world({ bytes: Math.floor(forwardedBytesMax / 2) });
  for (const id of ['a', 'b', 'c']) large.forwarder.forward(1, id);
  await turn();
  t.deepEqual(large.frames, [['a', 'b'], ['c']]);
});

test('what is decided before its frame goes is left out', async t => {
  const { frames, forwarder } = world({ known: id => id !== 'gone' });
  for (const id of ['gone', 'a']) forwarder.forward(1, id);
  await turn();
  forwarder.forward(1, 'gone');
  await turn();
  t.deepEqual(frames, [['a']]);
});

test('banks do not wait for each other’s links', async t => {
  const { frames, forwarder } = world({ slow: true });
  forwarder.forward(0, 'a');
  forwarder.forward(1, 'b');
  await turn();
  t.deepEqual(frames, [['a'], ['b']]);
});

test('a bank that is asked for an envelope reads on though the link has no room: the other may wait for the same', async t => {
  const full = new Promise<void>(() => {});
  const world = new NetworkWorld({
    banks: 2,
    pageSize: 1,
    balances: [9n, 0n],
    room: async (_from, use) => (use === 'envelopes' ? full : undefined),
  });
  t.teardown(() => world.stopAll());
  await world.startAll();
  const envelope = openEnvelope(world, 0);
  await world.bank(0).submit(encodeEnvelope(envelope));
  let hasReadOn = false;
  const want = encodeEnvelopeFrame({ kind: 'want', ids: [envelope.id] });
  void world
    .bank(0)
    .frame(1, 'envelopes', want)
    .then(() => {
      hasReadOn = true;
    });
  await turn();
  t.true(hasReadOn);
});

test('a bank waits for room when so many of its envelopes are under way, the others do not', async t => {
  const failures: unknown[] = [];
  const inFlight = new InFlight(2, (from, error) => failures.push([from, error]));
  const done: (() => void)[] = [];
  for (let i = 0; i < 2; i++) inFlight.add(0, new Promise<void>(resolve => done.push(resolve)));
  let isRoom = false;
  const waiting = inFlight.room(0).then(() => {
    isRoom = true;
  });
  await inFlight.room(1);
  await turn();
  t.false(isRoom);
  done[0]();
  await waiting;
  inFlight.add(1, Promise.reject('no'));
  await turn();
  t.deepEqual(failures, [[1, 'no']]);
});
