/** Envelopes to other banks: alone at once, together when they wait; and what comes in is bounded until it is stored. */
import test from 'ava';
import { announceGroup } from '../../../src/agreement/index.js';
import { Forwarder } from '../../../src/bank/forwarder.js';
import { InFlight } from '../../../src/bank/in-flight.js';
import type { Forwarded } from '../../../src/bank/transport.js';
import { forwardedBytesMax, forwardedMax } from '../../../src/limits.js';

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
  await forwarder.forward(1, 'a');
  t.deepEqual(frames, [['a']]);
  await Promise.all(['b', 'c', 'd'].map(id => forwarder.forward(1, id)));
  t.deepEqual(frames, [['a'], ['b', 'c', 'd']]);
});

test('while the link has no room what comes waits for the next frame, each once', async t => {
  const { frames, forwarder, next } = world({ slow: true });
  const sent = ['a'].map(id => forwarder.forward(1, id));
  await turn();
  sent.push(...['b', 'c', 'b'].map(id => forwarder.forward(1, id)));
  await turn();
  t.deepEqual(frames, [['a']]);
  next();
  await turn();
  t.deepEqual(frames, [['a'], ['b', 'c']]);
  next();
  await Promise.all(sent);
});

test('a frame is bounded in envelopes and in bytes', async t => {
  const many = Array.from({ length: forwardedMax + 3 }, (_, i) => `${i}`);
  const small = world();
  await Promise.all(many.map(id => small.forwarder.forward(1, id)));
  t.deepEqual(
    small.frames.map(frame => frame.length),
    [forwardedMax, 3],
  );
  const large = world({ bytes: Math.floor(forwardedBytesMax / 2) });
  await Promise.all(['a', 'b', 'c'].map(id => large.forwarder.forward(1, id)));
  t.deepEqual(large.frames, [['a', 'b'], ['c']]);
});

test('what is decided before its frame goes is left out, and nobody waits for it', async t => {
  const { frames, forwarder } = world({ known: id => id !== 'gone' });
  await Promise.all(['gone', 'a'].map(id => forwarder.forward(1, id)));
  await forwarder.forward(1, 'gone');
  t.deepEqual(frames, [['a']]);
});

test('banks do not wait for each other’s links', async t => {
  const { frames, forwarder } = world({ slow: true });
  void forwarder.forward(0, 'a');
  void forwarder.forward(1, 'b');
  await turn();
  t.deepEqual(frames, [['a'], ['b']]);
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
