/** Submission sessions: results that stream back, and clients that keep no rule. */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { type ClientOptions, WebSocket } from 'ws';
import { type GatewayOptions, startGateway } from '../../../node/gateway/index.js';
import type { EnvelopeState } from '../../../src/bank/index.js';
import { toHex } from '../../../src/crypto/index.js';
import { decodeSubmissionReply, encodeSubmission, type SubmissionReply } from '../../../src/envelope/index.js';
import { CovaultError } from '../../../src/errors.js';
import {
  submissionMessageBytesMax,
  submissionRefusalsMax,
  submissionsPerAddressMax,
  submissionWindow,
} from '../../../src/limits.js';
import { FakeBank, memoryLog } from './fake-bank.js';

/** A bank whose envelopes go on when a test says so. */
class SlowBank extends FakeBank {
  readonly #news = new Set<() => void>();

  put(first: number, state: EnvelopeState): void {
    this.states.set(toHex(new Uint8Array(32).fill(first)), state);
    for (const go of [...this.#news]) go();
  }

  override async envelopeChange(
    id: Uint8Array,
    known: string,
    ms: number,
    signal: AbortSignal,
  ): Promise<EnvelopeState> {
    const now = this.states.get(toHex(id)) ?? { state: 'pending' };
    if (now.state !== known || signal.aborted) return now;
    await new Promise<void>(resolve => {
      const go = () => {
        this.#news.delete(go);
        resolve();
      };
      this.#news.add(go);
      signal.addEventListener('abort', go);
      setTimeout(go, ms).unref();
    });
    return this.states.get(toHex(id)) ?? { state: 'pending' };
  }
}

async function world(t: ExecutionContext, over: Partial<GatewayOptions> = {}) {
  const bank = new SlowBank();
  const log = memoryLog();
  const gateway = await startGateway(bank, { host: '127.0.0.1', port: 0, networkFile: '{}', log, ...over });
  t.teardown(() => gateway.stop());
  const address = `${gateway.url.replace('http', 'ws')}/v1/submissions`;
  const connect = (options: ClientOptions = {}) => new Client(new WebSocket(address, options));
  return { bank, log, gateway, address, connect };
}

class Client {
  readonly replies: SubmissionReply[] = [];
  readonly opened: Promise<void>;
  readonly closed: Promise<{ status: number; reason: string }>;
  readonly socket: WebSocket;
  #hear = () => {};

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.opened = new Promise((done, failed) => {
      socket.once('open', done);
      socket.once('error', failed);
    });
    this.opened.catch(() => {});
    socket.on('error', () => {});
    this.closed = new Promise(done =>
      socket.once('close', (status, reason) => done({ status, reason: reason.toString() })),
    );
    socket.on('message', (data: Buffer) => {
      this.replies.push(decodeSubmissionReply(new Uint8Array(data)));
      this.#hear();
    });
  }

  async has(count: number): Promise<readonly SubmissionReply[]> {
    while (this.replies.length < count) {
      await new Promise<void>(next => {
        this.#hear = next;
      });
    }
    return this.replies;
  }

  send(number: number, ...envelope: number[]): void {
    this.socket.send(encodeSubmission(number, Uint8Array.from(envelope)));
  }
}

const id = (first: number) => new Uint8Array(32).fill(first);

test('every envelope is accepted with its id, then recorded, then final; its bytes reach the bank as they were', async t => {
  const { bank, connect } = await world(t);
  const client = connect();
  t.deepEqual(await client.has(1), [{ kind: 'welcome', window: submissionWindow }]);
  client.send(0, 7, 0, 255);
  client.send(1, 9);
  t.deepEqual((await client.has(3)).slice(1), [
    { kind: 'accepted', number: 0, id: id(7) },
    { kind: 'accepted', number: 1, id: id(9) },
  ]);
  t.deepEqual(bank.submitted, [Uint8Array.of(7, 0, 255), Uint8Array.of(9)]);
  bank.put(9, { state: 'recorded', height: 4 });
  await client.has(4);
  bank.put(9, { state: 'final', height: 4 });
  await client.has(5);
  bank.put(7, { state: 'unknown' });
  t.deepEqual((await client.has(6)).slice(3), [
    { kind: 'news', number: 1, state: 'recorded', height: 4 },
    { kind: 'news', number: 1, state: 'final', height: 4 },
    { kind: 'news', number: 0, state: 'forgotten', height: 0 },
  ]);
});

test('a refusal names its code, and the session goes on; a mistake of ours tells nothing', async t => {
  const { bank, log, connect } = await world(t);
  const client = connect();
  await client.opened;
  bank.failure = new CovaultError('SLOT_CLOSED', 'not open yet');
  client.send(0, 1);
  await client.has(2);
  bank.failure = new Error('share 42');
  client.send(1, 2);
  await client.has(3);
  bank.failure = undefined;
  client.send(2, 3);
  const [, first, second, third] = await client.has(4);
  t.deepEqual(first, { kind: 'refused', number: 0, code: 'SLOT_CLOSED', message: 'not open yet' });
  t.like(second, { kind: 'refused', number: 1, code: 'INTERNAL' });
  t.deepEqual(third, { kind: 'accepted', number: 2, id: id(3) });
  t.false(JSON.stringify([second, log.lines]).includes('share'));
});

test('a window is full until an envelope has ended; who sends more is cut off', async t => {
  const { bank, connect } = await world(t);
  const client = connect();
  await client.has(1);
  for (let i = 0; i < submissionWindow; i++) client.send(i, i % 256, 1);
  await client.has(1 + submissionWindow);
  bank.put(0, { state: 'final', height: 1 }); // ids are the first byte: two of them
  await client.has(3 + submissionWindow);
  client.send(submissionWindow, 0, 2);
  client.send(submissionWindow + 1, 0, 3);
  await client.has(7 + submissionWindow);
  t.is(client.socket.readyState, WebSocket.OPEN);
  for (let i = 2; i < 5; i++) client.send(submissionWindow + i, 5, i);
  t.deepEqual(await client.closed, { status: 1008, reason: 'RATE_LIMITED' });
  t.is(bank.submitted.length, submissionWindow + 4);
});

test('nonsense ends the session with its code and never reaches the bank', async t => {
  const { bank, connect } = await world(t);
  const cases: [string, string | Uint8Array, number, string][] = [
    ['text', 'hello', 1008, 'MALFORMED'],
    ['nothing', new Uint8Array(0), 1008, 'MALFORMED'],
    ['a number alone', Uint8Array.of(0, 0, 0, 0), 1008, 'MALFORMED'],
    ['a number out of order', encodeSubmission(1, Uint8Array.of(1)), 1008, 'MALFORMED'],
    ['too many bytes', new Uint8Array(submissionMessageBytesMax + 1), 1009, ''],
  ];
  for (const [what, bytes, status, reason] of cases) {
    const client = connect();
    await client.has(1);
    client.socket.send(bytes);
    t.like(await client.closed, { status, reason }, what);
  }
  t.is(bank.submitted.length, 0);
  const client = connect();
  await client.has(1);
  client.socket.send(encodeSubmission(0, new Uint8Array(submissionMessageBytesMax - 4).fill(1)));
  t.like((await client.has(2))[1], { kind: 'accepted' });
});

test('any bytes in any frames: the session answers or ends, and the gateway serves the next client', async t => {
  const { connect, gateway, address } = await world(t, { requestsPerMinute: 1e6 });
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc
      .tuple(fc.constantFrom(0, 1, 2, 2 ** 32 - 1), fc.uint8Array({ minLength: 1, maxLength: 9 }))
      .map(([n, bytes]) => encodeSubmission(n, bytes)),
    fc.string({ maxLength: 20 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 6 }), async pieces => {
      const client = connect();
      await client.has(1);
      for (const each of pieces) client.socket.send(each);
      client.socket.close();
      await client.closed;
    }),
    { numRuns: 60 },
  );
  // and below the frames: bytes that are no WebSocket at all
  const raw = await new Promise<import('node:net').Socket>(done => {
    const socket = new WebSocket(address);
    socket.on('error', () => {});
    socket.once('upgrade', response => done(response.socket as import('node:net').Socket));
  });
  raw.write(new Uint8Array(4096).fill(0xff));
  await new Promise(done => raw.once('close', done));
  t.like(await (await fetch(`${gateway.url}/v1/health`)).json(), { ok: true });
  const client = connect();
  await client.has(1);
  client.send(0, 3);
  t.like((await client.has(2))[1], { kind: 'accepted', number: 0 });
});

test('so many wrong envelopes end a session; those that arrived earlier do not count', async t => {
  const { bank, connect } = await world(t);
  const client = connect();
  await client.has(1);
  bank.failure = new CovaultError('SEEN_BEFORE', 'seen');
  for (let i = 0; i < 2 * submissionRefusalsMax; i++) client.send(i, 1);
  await client.has(1 + 2 * submissionRefusalsMax);
  bank.failure = new CovaultError('BAD_SIGNATURE', 'bad');
  for (let i = 0; i < submissionRefusalsMax; i++) client.send(2 * submissionRefusalsMax + i, 1);
  t.deepEqual(await client.closed, { status: 1008, reason: 'RATE_LIMITED' });
});

test('an address has so many sessions, and gets the next when one has ended', async t => {
  const { connect } = await world(t);
  const clients = Array.from({ length: submissionsPerAddressMax }, () => connect());
  for (const client of clients) await client.has(1);
  await t.throwsAsync(connect().opened, { message: /429/ });
  clients[0].socket.close();
  await clients[0].closed;
  for (let tries = 0; ; tries++) {
    const next = connect();
    const isOpen = await next.opened.then(
      () => true,
      () => false,
    );
    if (isOpen) break;
    t.true(tries < 100, 'the place is given back');
  }
  const burst = Array.from({ length: 3 * submissionsPerAddressMax }, () => connect());
  const opened = await Promise.all(
    burst.map(each => Promise.race([each.has(1).then(() => 1), each.closed.then(() => 0)])),
  );
  t.is(
    opened.reduce((sum: number, one) => sum + one, 0),
    0,
  );
});

test('a page of another origin is refused unless listed, and a plain request is told what this is', async t => {
  const { connect, gateway } = await world(t, { corsOrigins: ['https://wallet.example'] });
  await t.throwsAsync(connect({ origin: 'https://evil.example' }).opened, { message: /401/ });
  await t.notThrowsAsync(connect({ origin: 'https://wallet.example' }).opened);
  await t.notThrowsAsync(connect().opened);
  const plain = await fetch(`${gateway.url}/v1/submissions`);
  t.is(plain.status, 400);
  t.like(await plain.json(), { error: { code: 'MALFORMED' } });
});

test('a silent session ends, one with an envelope on the way does not; a client that does not answer is cut', async t => {
  const { connect } = await world(t, { submissionLimits: { idleMs: 150 } });
  const [silent, busy] = [connect(), connect()];
  await busy.has(1);
  busy.send(0, 1);
  await busy.has(2);
  t.deepEqual(await silent.closed, { status: 1001, reason: 'TIMED_OUT' });
  t.is(busy.socket.readyState, WebSocket.OPEN);
  const { connect: other } = await world(t, { submissionLimits: { pingMs: 50 } });
  const deaf = other({ autoPong: false } as ClientOptions);
  const awake = other();
  await awake.has(1);
  t.is((await deaf.closed).status, 1006);
  t.is(awake.socket.readyState, WebSocket.OPEN);
});

test('a client that takes no results is cut, however much it sends', async t => {
  const { bank, connect } = await world(t);
  let taken = 0;
  bank.submit = async () => {
    taken++;
    throw new CovaultError('NOT_READY', 'x'.repeat(500));
  };
  const client = connect();
  await client.has(1);
  client.socket.pause();
  // the bank refuses at once, so the window never fills: it is the results that pile up
  for (let sent = 0; sent < 100_000 && client.socket.bufferedAmount < 1e6; ) {
    for (let i = 0; i < 100; i++) client.send(sent++, 1);
    for (let waits = 0; taken < sent && waits < 50; waits++) await new Promise(next => setTimeout(next, 1));
    if (taken < sent) break; // the gateway takes nothing more
  }
  client.socket.resume();
  t.is((await client.closed).status, 1006);
  t.true(taken < 100_000);
});

test('a gateway that stops ends its sessions, and waits for no client', async t => {
  const bank = new SlowBank();
  const gateway = await startGateway(bank, { host: '127.0.0.1', port: 0, networkFile: '{}', log: memoryLog() });
  const address = `${gateway.url.replace('http', 'ws')}/v1/submissions`;
  const [polite, stubborn] = [new Client(new WebSocket(address)), new Client(new WebSocket(address))];
  await Promise.all([polite.has(1), stubborn.has(1)]);
  polite.send(0, 1);
  await polite.has(2);
  stubborn.socket.pause();
  await gateway.stop();
  t.deepEqual(await polite.closed, { status: 1001, reason: 'NOT_READY' });
  stubborn.socket.resume();
  await stubborn.closed;
});
