/** Links over fake connections: resumption, credit, epochs, nonsense. */
import test from 'ava';
import fc from 'fast-check';
import { uses } from '../../../node/host/framing.js';
import { equalBytes } from '../../../src/crypto/bytes.js';
import { frameBytesMax, linkQueueBytes, linkWindowBytes, pieceBytesMax } from '../../../src/limits.js';
import { Bank, connect, cut, FakeWire, manualClock, settle } from './fake.js';

async function joined() {
  const clock = manualClock();
  const a = new Bank('a', clock);
  const b = new Bank('b', clock);
  connect(a, b);
  await settle(a, b);
  return { a, b, clock };
}

const frameOf = (count: number, fill: number) => new Uint8Array(count).fill(fill);
const tick = () => new Promise(resolve => setImmediate(resolve));

test('a link is up when all three streams have said hello, and tells epoch and version', async t => {
  const clock = manualClock();
  const a = new Bank('a', clock);
  const b = new Bank('b', clock, 1000, '0.2.0');
  connect(a, b);
  t.is(a.link.state, 'down');
  b.wire?.carry('agreement', 1e9, a);
  b.wire?.carry('envelopes', 1e9, a);
  t.is(a.link.state, 'down');
  await settle(a, b);
  t.deepEqual([a.events, b.events], [['up'], ['up']]);
  t.is(a.epochs[0].length, 16);
  t.notDeepEqual(a.epochs, b.epochs);
  t.deepEqual([a.versions, b.versions], [['0.2.0'], ['0']]);
});

test('frames of every size arrive as they were sent, each use in its order', async t => {
  const { a, b } = await joined();
  const sizes = [0, 1, 433, pieceBytesMax - 1, pieceBytesMax, pieceBytesMax + 1, 3 * pieceBytesMax, 5_000_001];
  for (const [i, size] of sizes.entries()) a.link.send('preprocessing', frameOf(size, i + 1));
  a.link.send('agreement', frameOf(7, 9));
  await settle(a, b);
  const frames = b.heard.filter(({ use }) => use === 'preprocessing').map(({ frame }) => frame);
  t.is(frames.length, sizes.length);
  t.true(frames.every((frame, i) => equalBytes(frame, frameOf(sizes[i], i + 1))));
  t.deepEqual(
    b.heard.filter(({ use }) => use === 'agreement').map(({ frame }) => frame),
    [frameOf(7, 9)],
  );
});

test('whatever breaks when, each frame arrives once and in order', async t => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('send' as const), from: fc.boolean(), use: fc.nat(2), size: fc.nat(600) }),
    fc.record({ do: fc.constant('send' as const), from: fc.boolean(), use: fc.nat(2), size: fc.constant(600_000) }),
    fc.record({ do: fc.constant('carry' as const), from: fc.boolean(), use: fc.nat(2), size: fc.nat(300) }),
    fc.record({ do: fc.constant('carry' as const), from: fc.boolean(), use: fc.nat(2), size: fc.constant(300_000) }),
    fc.record({ do: fc.constant('pass' as const), from: fc.boolean(), use: fc.nat(2), size: fc.nat(100) }),
    fc.record({ do: fc.constant('cut' as const), from: fc.boolean(), use: fc.nat(2), size: fc.nat(1) }),
  );
  const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
    const { a, b, clock } = await joined();
    const sent = { a: [] as string[], b: [] as string[] };
    let number = 0;
    for (const { do: what, from, use, size } of steps) {
      const [sender, receiver] = from ? [a, b] : [b, a];
      if (what === 'send') {
        number++;
        sent[from ? 'a' : 'b'].push(`${uses[use]} ${size} ${number % 256}`);
        sender.link.send(uses[use], frameOf(size, number));
      }
      if (what === 'carry') sender.wire?.carry(uses[use], size, receiver);
      if (what === 'pass') clock.pass(size);
      if (what === 'cut') {
        cut(a, b);
        connect(a, b);
      }
      if (a.link.wire === undefined || b.link.wire === undefined) {
        cut(a, b);
        connect(a, b);
      }
    }
    await settle(a, b);
    clock.pass(50);
    await settle(a, b);
    t.deepEqual([a.events, b.events], [['up'], ['up']], 'the link was never lost');
    for (const use of uses) {
      const heard = (bank: Bank) =>
        bank.heard.filter(each => each.use === use).map(({ frame }) => `${use} ${frame.length} ${frame[0] ?? 0}`);
      const of = (frames: string[]) =>
        frames.filter(each => each.startsWith(use)).map(each => each.replace(/^(\w+ 0) .*/, '$1 0'));
      t.deepEqual(heard(b), of(sent.a));
      t.deepEqual(heard(a), of(sent.b));
    }
  });
  await fc.assert(property, { numRuns: 40 });
});

test('a link that is not resumed in time goes down once, at both ends, and a new one comes up', async t => {
  const { a, b, clock } = await joined();
  cut(a, b);
  t.is(a.link.state, 'resuming');
  const waiting = a.link.send('agreement', frameOf(5_000_000, 1));
  clock.pass(999);
  t.is(a.link.state, 'resuming');
  clock.pass(1);
  t.is(a.link.state, 'down');
  t.like(await t.throwsAsync(waiting), { code: 'SESSION_ENDED' });
  t.like(await t.throwsAsync(a.link.send('agreement', frameOf(1, 1))), { code: 'SESSION_ENDED' });
  clock.pass(5000);
  connect(a, b);
  await settle(a, b);
  t.deepEqual(a.events, ['up', 'down: not resumed in time', 'up']);
  t.deepEqual(b.events, a.events);
  t.deepEqual(b.heard, []);
});

test('a connection that comes and goes does not put off the end', async t => {
  const { a, b, clock } = await joined();
  for (let i = 0; i < 4; i++) {
    cut(a, b);
    clock.pass(300);
    connect(a, b);
  }
  t.true(a.events.includes('down: not resumed in time'));
});

test('when one end has lost the link the other learns it from the hello', async t => {
  const { a, b, clock } = await joined();
  a.link.send('agreement', frameOf(3, 1));
  cut(a, b);
  // Only a's clock has run out: as if b had noticed the break later.
  const late = new Bank('b', clock);
  connect(a, late);
  await settle(a, late);
  t.deepEqual(a.events, ['up', 'down: the peer has forgotten the link', 'up']);
  t.deepEqual(late.heard, [], 'what was sent on the old link stays there');
});

test('a new process of the peer is a new link at once', async t => {
  const { a, b, clock } = await joined();
  a.link.send('envelopes', frameOf(3, 1));
  cut(a, b);
  const again = new Bank('b restarted', clock);
  connect(a, again);
  await settle(a, again);
  t.deepEqual(a.events, ['up', 'down: the peer is a new process', 'up']);
  t.notDeepEqual(a.epochs[0], a.epochs[1]);
  t.deepEqual(again.heard, []);
  again.link.send('envelopes', frameOf(2, 2));
  await settle(a, again);
  t.deepEqual(a.heard, [{ use: 'envelopes', frame: frameOf(2, 2) }]);
});

test('a link that only one end saw come up is replaced', async t => {
  const clock = manualClock();
  const a = new Bank('a', clock);
  const b = new Bank('b', clock);
  connect(a, b);
  for (const use of uses) b.wire?.carry(use, 1e9, a);
  t.deepEqual([a.events, b.events], [['up'], []]);
  cut(a, b);
  connect(a, b);
  await settle(a, b);
  t.deepEqual(a.events, ['up', 'down: the peer has forgotten the link', 'up']);
  t.deepEqual(b.events, ['up']);
});

test('a bye ends the link at both ends at once', async t => {
  const { a, b } = await joined();
  const wire = a.wire;
  a.link.end('stopping');
  wire?.carry('agreement', 1e9, b);
  t.deepEqual(a.events, ['up', 'down: stopping']);
  t.deepEqual(b.events, ['up', 'down: the peer ended the link']);
  const late = new FakeWire();
  a.link.attach(late);
  t.not(late.closed, undefined);
});

test('a slow handler stops the sender, for its use alone, and nothing is lost', async t => {
  const { a, b, clock } = await joined();
  let go = () => {};
  b.hold = new Promise(resolve => {
    go = resolve;
  });
  let sent = 0;
  const sending = (async () => {
    for (; sent < 40; sent++) await a.link.send('preprocessing', frameOf(500_000, sent + 1));
  })();
  for (let i = 0; i < 20; i++) {
    await settle(a, b);
    clock.pass(100);
  }
  const inFlight = sent * 500_000;
  t.true(inFlight <= linkQueueBytes + linkWindowBytes + 1_000_000, `${inFlight} bytes were let in`);
  t.is(b.heard.length, 1);
  a.link.send('agreement', frameOf(1, 1));
  await settle(a, b);
  t.is(b.heard.length, 2, 'the other use goes on');
  t.is(a.link.state, 'up', 'slow is not silent');
  b.hold = undefined;
  go();
  for (let i = 0; i < 60; i++) {
    await settle(a, b);
    clock.pass(50);
  }
  await sending;
  await settle(a, b);
  t.is(b.heard.length, 41);
});

test('a wire that is not ready is not fed, and a large frame leaves turns for others', async t => {
  const { a, b } = await joined();
  if (!a.wire) return t.fail();
  a.wire.isReady = false;
  a.link.send('preprocessing', frameOf(2_000_000, 1));
  t.deepEqual(a.wire.sent.preprocessing, []);
  a.wire.isReady = true;
  a.link.writable(a.wire, 'preprocessing');
  t.true(a.wire.sent.preprocessing.every(bytes => bytes.length <= pieceBytesMax + 100));
  await settle(a, b);
  t.is(b.heard.length, 1);
});

test('a handler that throws costs its frame alone', async t => {
  const { a, b } = await joined();
  b.hold = Promise.reject(new Error('handler'));
  a.link.send('agreement', frameOf(1, 1));
  await settle(a, b);
  b.hold = undefined;
  a.link.send('agreement', frameOf(1, 2));
  await settle(a, b);
  t.is(b.heard.length, 2);
  t.deepEqual(b.events, ['up']);
});

test('a peer that says nothing is given up, one that only beats is not', async t => {
  const { a, b, clock } = await joined();
  for (let i = 0; i < 20; i++) {
    clock.pass(200);
    await settle(a, b);
  }
  t.is(a.link.state, 'up');
  clock.pass(1000);
  t.is(a.link.state, 'resuming');
  clock.pass(1000);
  t.deepEqual(a.events, ['up', 'down: not resumed in time']);
});

test('a doubted connection has to speak soon', async t => {
  const { a, b, clock } = await joined();
  a.link.doubt(300);
  clock.pass(200);
  await settle(a, b);
  clock.pass(200);
  t.is(a.link.state, 'up');
  a.link.doubt(300);
  clock.pass(400);
  t.is(a.link.state, 'resuming');
});

test('a connection without a hello is given up', t => {
  const clock = manualClock();
  const a = new Bank('a', clock);
  const wire = new FakeWire();
  a.link.attach(wire);
  clock.pass(1000);
  t.not(wire.closed, undefined);
  t.deepEqual(a.events, []);
});

test('too large a frame is refused where it is sent', async t => {
  const { a, b } = await joined();
  t.like(await t.throwsAsync(a.link.send('agreement', new Uint8Array(frameBytesMax + 1))), { code: 'OVERSIZED' });
  await settle(a, b);
  t.deepEqual(b.heard, []);
  t.is(a.link.state, 'up');
});

const full = new Uint8Array(pieceBytesMax);
const nonsense: readonly (readonly [string, (bank: Bank) => void])[] = [
  [
    'a piece out of order',
    bank => bank.take('agreement', { kind: 'piece', sequence: 1, frameBytes: full.length, payload: full }),
  ],
  [
    'a piece twice',
    bank => {
      for (let i = 0; i < 2; i++)
        bank.take('agreement', { kind: 'piece', sequence: 0, frameBytes: full.length, payload: full });
    },
  ],
  [
    'more than its credit',
    bank => {
      bank.hold = new Promise(() => {});
      for (let i = 0; i < 16; i++)
        bank.take('agreement', { kind: 'piece', sequence: i, frameBytes: full.length, payload: full });
    },
  ],
  [
    'a frame over the bound',
    bank => bank.take('agreement', { kind: 'piece', sequence: 0, frameBytes: frameBytesMax + 1, payload: full }),
  ],
  [
    'a frame cut otherwise',
    bank => {
      bank.take('agreement', { kind: 'piece', sequence: 0, frameBytes: full.length + 2, payload: full });
      bank.take('agreement', { kind: 'piece', sequence: 1, frameBytes: full.length + 2, payload: new Uint8Array(1) });
    },
  ],
  [
    'a frame that changes its length',
    bank => {
      bank.take('agreement', { kind: 'piece', sequence: 0, frameBytes: full.length + 2, payload: full });
      bank.take('agreement', { kind: 'piece', sequence: 1, frameBytes: full.length + 1, payload: new Uint8Array(1) });
    },
  ],
  ['an ack of what was not sent', bank => bank.take('agreement', { kind: 'ack', next: 1, credit: linkWindowBytes })],
  ['credit taken back', bank => bank.take('agreement', { kind: 'ack', next: 0, credit: 1 })],
  [
    'a second hello',
    bank => {
      const sixteen = new Uint8Array(16);
      bank.take('agreement', {
        kind: 'hello',
        epoch: sixteen,
        nonce: sixteen,
        resumes: new Uint8Array(32),
        next: 0,
        version: '0',
      });
    },
  ],
];

for (const [what, say] of nonsense) {
  test(`nonsense names the peer and drops the link: ${what}`, async t => {
    const { a, b } = await joined();
    say(a);
    t.is(a.events.length, 3);
    t.regex(a.events[1], /^misbehaved/);
    t.regex(a.events[2], /^down/);
    t.is(a.link.wire, undefined);
    await tick();
    connect(a, b);
    a.hold = undefined;
    await settle(a, b);
    t.is(a.link.state, 'up', 'an honest connection is welcome again');
  });
}

test('hellos that differ, resume too far, or come from another process are nonsense', async t => {
  const zeros = new Uint8Array(32);
  const nonce = new Uint8Array(16);
  const { a, b } = await joined();
  cut(a, b);
  a.wire = new FakeWire();
  a.link.attach(a.wire);
  a.take('agreement', { kind: 'hello', epoch: b.epochs[0], nonce, resumes: zeros, next: 0, version: '0' });
  a.take('envelopes', {
    kind: 'hello',
    epoch: b.epochs[0],
    nonce: frameOf(16, 1),
    resumes: zeros,
    next: 0,
    version: '0',
  });
  t.true(a.events.some(event => event.startsWith('misbehaved')));

  const other = new Bank('c', manualClock());
  other.wire = new FakeWire();
  other.link.attach(other.wire);
  const saying = (version: string) =>
    ({ kind: 'hello', epoch: nonce, nonce, resumes: zeros, next: 0, version }) as const;
  other.take('agreement', saying('0'));
  other.take('envelopes', saying('1'));
  t.true(
    other.events.some(event => event.startsWith('misbehaved')),
    'one process has one version',
  );

  const second = await joined();
  cut(second.a, second.b);
  const wire = new FakeWire();
  second.a.wire = wire;
  second.a.link.attach(wire);
  // What a says it resumes is the tag: bytes 4 + 1 + 16 + 16 on.
  const tag = wire.sent.agreement[0].slice(37, 69);
  second.a.take('agreement', { kind: 'hello', epoch: second.a.epochs[0], nonce, resumes: tag, next: 1, version: '0' });
  t.true(second.a.events.some(event => event.startsWith('misbehaved')));

  const third = await joined();
  cut(third.a, third.b);
  third.a.wire = new FakeWire();
  third.a.link.attach(third.a.wire);
  const thirdTag = third.a.wire.sent.agreement[0].slice(37, 69);
  third.a.take('agreement', { kind: 'hello', epoch: frameOf(16, 7), nonce, resumes: thirdTag, next: 0, version: '0' });
  t.true(third.a.events.some(event => event.startsWith('misbehaved')));

  const changed = await joined();
  cut(changed.a, changed.b);
  changed.a.wire = new FakeWire();
  changed.a.link.attach(changed.a.wire);
  const changedTag = changed.a.wire.sent.agreement[0].slice(37, 69);
  const [epoch] = changed.a.epochs;
  changed.a.take('agreement', { kind: 'hello', epoch, nonce, resumes: changedTag, next: 0, version: '1' });
  t.true(
    changed.a.events.some(event => event.startsWith('misbehaved')),
    'and goes on with it',
  );

  const fourth = new Bank('d', manualClock());
  fourth.wire = new FakeWire();
  fourth.link.attach(fourth.wire);
  fourth.take('agreement', { kind: 'beat' });
  t.true(fourth.events.some(event => event.startsWith('misbehaved')));
});
