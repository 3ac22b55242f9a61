/** Limits of balance look-ups: where they bite, and that payments do not feel them. */
import test, { type ExecutionContext } from 'ava';
import { WebSocket } from 'ws';
import { buildGateway, type GatewayOptions, startGateway } from '../../../node/gateway/index.js';
import {
  type Arguments,
  decodeSubmissionReply,
  encodeEnvelope,
  encodeSubmission,
  envelopeId,
  type Header,
  type SubmissionReply,
} from '../../../src/envelope/index.js';
import { lookupPoolEnvelopesMax } from '../../../src/limits.js';
import { FakeBank, memoryLog, status } from './fake-bank.js';

const filled = (count: number) => new Uint8Array(count).fill(1);

function envelope(args: Arguments): Uint8Array {
  const fixed = { networkId: filled(32), rosterVersion: 0, expiry: 9, nonce: filled(16), explicitBank: 0 };
  const header: Header = { ...fixed, arguments: args, keyHashes: [filled(32), filled(32)], clientTag: 5n };
  return encodeEnvelope({ id: envelopeId(header), header, signature: undefined, packets: [filled(40), filled(40)] });
}

const lookup = envelope({ kind: 'reveal', page: 1 });
const payment = envelope({ kind: 'transfer', payerPage: 1, payeePage: 2, memo: filled(160) });

async function world(t: ExecutionContext, over: Partial<GatewayOptions>) {
  const bank = new FakeBank();
  const options = { host: '127.0.0.1', port: 0, networkFile: '{}', log: memoryLog(), ...over };
  const { app } = await buildGateway(bank, options);
  t.teardown(() => app.close());
  const post = (bytes: Uint8Array, remoteAddress = '10.0.0.1') =>
    app.inject({
      method: 'POST',
      url: '/v1/envelopes',
      headers: { 'content-type': 'application/octet-stream' },
      payload: Buffer.from(bytes),
      remoteAddress,
    });
  return { bank, post };
}

test('an address that looks up too often is refused and told when to come again; others and payments are served', async t => {
  const { bank, post } = await world(t, { lookupsPerMinute: 2 });
  for (let i = 0; i < 2; i++) t.is((await post(lookup)).statusCode, 202);
  const refused = await post(lookup);
  t.is(refused.statusCode, 429);
  const { code, facts } = refused.json().error;
  t.is(code, 'RATE_LIMITED');
  t.is(facts.max, 2);
  t.true(facts.retryAfterSeconds > 1 && facts.retryAfterSeconds <= 60);
  t.is(refused.headers['retry-after'], `${facts.retryAfterSeconds}`);
  t.is(bank.submitted.length, 2, 'what is refused never reaches the bank');
  t.is((await post(payment)).statusCode, 202);
  t.is((await post(lookup, '10.0.0.2')).statusCode, 202);
  // one IPv6 network is one client
  for (let i = 0; i < 2; i++) t.is((await post(lookup, `2001:db8::${i + 1}`)).statusCode, 202);
  t.is((await post(lookup, '2001:db8::99')).statusCode, 429);
});

test('all addresses together have a rate, which ends with its second and is none for payments', async t => {
  const { bank, post } = await world(t, { lookupsPerSecond: 3 });
  const statuses: number[] = [];
  for (let i = 0; i < 40; i++) statuses.push((await post(lookup, `10.0.0.${i}`)).statusCode);
  t.true(statuses.filter(each => each === 429).length > 20, 'forty in a moment');
  t.deepEqual(statuses.slice(0, 4), [202, 202, 202, 429]);
  const before = bank.submitted.length;
  for (let i = 0; i < 40; i++) t.is((await post(payment, `10.0.0.${i}`)).statusCode, 202);
  t.is(bank.submitted.length, before + 40);
  const { facts } = (await post(lookup, '10.0.1.1')).json().error;
  t.is(facts.retryAfterSeconds, 1);
  await new Promise(next => setTimeout(next, 1_000));
  t.is((await post(lookup, '10.0.1.2')).statusCode, 202);
});

test('with half the pool taken no look-up is let in, and payments are', async t => {
  const { bank, post } = await world(t, {});
  bank.now = { ...status, pool: { known: lookupPoolEnvelopesMax - 1, ready: 0 } };
  t.is((await post(lookup)).statusCode, 202);
  bank.now = { ...status, pool: { known: lookupPoolEnvelopesMax, ready: 0 } };
  const refused = await post(lookup);
  t.is(refused.statusCode, 503);
  t.is(refused.json().error.code, 'POOL_FULL');
  t.is((await post(payment)).statusCode, 202);
});

test('a submission session has the same limits, and goes on after a refusal', async t => {
  const bank = new FakeBank();
  const options = { host: '127.0.0.1', port: 0, networkFile: '{}', log: memoryLog(), lookupsPerMinute: 2 };
  const gateway = await startGateway(bank, options);
  t.teardown(() => gateway.stop());
  const headers = { 'content-type': 'application/octet-stream' };
  const posted = await fetch(`${gateway.url}/v1/envelopes`, { method: 'POST', headers, body: lookup.slice() });
  t.is(posted.status, 202);
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/v1/submissions`);
  const replies: SubmissionReply[] = [];
  const all = new Promise<void>(done =>
    socket.on('message', (data: Buffer) => {
      replies.push(decodeSubmissionReply(new Uint8Array(data)));
      if (replies.length === 5) done();
    }),
  );
  await new Promise(done => socket.once('open', done));
  for (const [number, each] of [lookup, lookup, payment, lookup].entries()) socket.send(encodeSubmission(number, each));
  await all;
  const outcomes = replies.flatMap(reply => (reply.kind === 'welcome' ? [] : [[reply.number, reply.kind]]));
  t.deepEqual(outcomes.sort(), [
    [0, 'accepted'],
    [1, 'refused'],
    [2, 'accepted'],
    [3, 'refused'],
  ]);
  t.like(
    replies.find(reply => reply.kind === 'refused'),
    { code: 'RATE_LIMITED' },
  );
  t.is(bank.submitted.length, 3);
  socket.terminate();
});
