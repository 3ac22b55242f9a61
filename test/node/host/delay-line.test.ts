/** The delay that a benchmark adds to frames. */
import test from 'ava';
import { DelayLine } from '../../../node/host/delay-line.js';
import type { Transport } from '../../../src/bank/index.js';
import { linkQueueBytes } from '../../../src/limits.js';

/** Time that moves when it is told to; frames as they reach the link. */
function world(delayMs: number) {
  let now = 0;
  let timers: { at: number; call: () => void }[] = [];
  const clock = {
    now: () => now,
    after: (ms: number, call: () => void) => {
      const timer = { at: now + ms, call };
      timers.push(timer);
      return () => {
        timers = timers.filter(each => each !== timer);
      };
    },
  };
  const arrived: string[] = [];
  const link: Transport = {
    send: async (to, use, frame) => {
      arrived.push(`${now} ${to} ${use} ${frame[0]}`);
    },
  };
  const pass = (until: number) => {
    for (;;) {
      const next = timers.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > until) break;
      timers = timers.filter(each => each !== next);
      now = next.at;
      next.call();
    }
    now = until;
  };
  return { line: new DelayLine(link, delayMs, clock), arrived, pass, timers: () => timers.length };
}

const frame = (byte: number, length = 1) => new Uint8Array(length).fill(byte);

test('every frame is late by the delay, in order, and none waits for the one before', async t => {
  const { line, arrived, pass } = world(25);
  await line.send(1, 'agreement', frame(1));
  await line.send(1, 'agreement', frame(2));
  pass(10);
  await line.send(1, 'agreement', frame(3));
  await line.send(2, 'envelopes', frame(4));
  pass(24);
  t.deepEqual(arrived, []);
  pass(25);
  t.deepEqual(arrived, ['25 1 agreement 1', '25 1 agreement 2']);
  pass(100);
  t.deepEqual(arrived.slice(2).sort(), ['35 1 agreement 3', '35 2 envelopes 4']);
});

test('a sender waits while too much is on the way, and goes on when there is room', async t => {
  const { line, pass } = world(25);
  await line.send(1, 'preprocessing', frame(1, linkQueueBytes));
  let room = false;
  const sent = line.send(1, 'preprocessing', frame(2)).then(() => {
    room = true;
  });
  await Promise.resolve();
  t.false(room);
  await line.send(1, 'agreement', frame(3)); // another use has a line of its own
  pass(25);
  await sent;
  t.true(room);
});

test('what is on the way is lost with the link, also for who waits; what is sent later is not', async t => {
  const { line, arrived, pass, timers } = world(25);
  await line.send(1, 'preprocessing', frame(1, linkQueueBytes));
  const waiting = line.send(1, 'preprocessing', frame(2));
  await line.send(2, 'agreement', frame(3));
  line.drop(1);
  await waiting;
  t.is(timers(), 1);
  await line.send(1, 'preprocessing', frame(4));
  pass(50);
  t.deepEqual(arrived.sort(), ['25 1 preprocessing 4', '25 2 agreement 3']);
});

test('a link that refuses a delayed frame is no unhandled error: its end is told otherwise', async t => {
  const refusing: Transport = { send: () => Promise.reject(new Error('the link is down')) };
  let due = () => {};
  const clock = {
    now: () => 0,
    after: (_: number, call: () => void) => {
      due = call;
      return () => {};
    },
  };
  const line = new DelayLine(refusing, 0, clock);
  await line.send(1, 'agreement', frame(1));
  due();
  await new Promise(next => setImmediate(next));
  t.pass();
});
