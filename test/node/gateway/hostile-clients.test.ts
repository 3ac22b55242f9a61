/**
 * Clients that keep no rule of HTTP, over raw sockets: each is cut off or answered with an error, the gateway holds a bounded
 * number of bytes for them, and others are served.
 */
import test, { type ExecutionContext } from 'ava';
import { type GatewayOptions, startGateway } from '../../../node/gateway/index.js';
import { gatewayHeaderBytesMax } from '../../../src/limits.js';
import { FakeBank, memoryLog } from './fake-bank.js';
import { openClient, trickle } from './raw-client.js';

const idText = 'ab'.repeat(32);

async function world(t: ExecutionContext, over: Partial<GatewayOptions> = {}) {
  const bank = new FakeBank();
  const options = { host: '127.0.0.1', port: 0, networkFile: '{}', log: memoryLog(), requestsPerMinute: 1_000_000 };
  const gateway = await startGateway(bank, { ...options, ...over });
  t.teardown(() => gateway.stop());
  const port = Number(new URL(gateway.url).port);
  const open = (address?: string) => openClient(t, port, address);
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    const line = text.split('\n').find(each => each.startsWith(`covault_gateway_${name} `));
    return Number(line?.split(' ').at(-1));
  };
  const isServed = async () => (await fetch(`${gateway.url}/v1/health`)).status === 200;
  return { bank, gateway, open, metric, isServed };
}

const record = new Uint8Array(1024 * 1024);
const largeLog = [1, 2, 3, 4].map(height => ({ height, record, certificate: record, committed: undefined }));

const get = (path: string) => [`GET ${path} HTTP/1.1`, 'host: a', '', ''];

test('headers that never end are cut off, and so is a client that says nothing', async t => {
  const { open, isServed } = await world(t, { connectionLimits: { headersMs: 300, requestMs: 2_000 } });
  const slow = open().send('GET /v1/health HTTP/1.1', 'host: a', '');
  trickle(t, slow, 'x: y\r\n');
  const silent = open();
  await Promise.all([slow.ended, silent.ended]);
  t.is(slow.status, 408);
  t.true(await isServed());
});

test('a body that never ends is cut off, and its bytes are held by nobody any more', async t => {
  const { bank, open, metric, isServed } = await world(t, { connectionLimits: { headersMs: 300, requestMs: 600 } });
  const type = 'content-type: application/octet-stream';
  const slow = open().send('POST /v1/envelopes HTTP/1.1', 'host: a', type, 'content-length: 1000', '', '');
  const chunked = open().send('POST /v1/envelopes HTTP/1.1', 'host: a', type, 'transfer-encoding: chunked', '', '');
  trickle(t, slow, 'x');
  trickle(t, chunked, '1\r\nx\r\n');
  await Promise.all([slow.ended, chunked.ended]);
  t.is(slow.status, 408);
  t.is(bank.submitted.length, 0);
  t.is(await metric('body_bytes'), 0);
  t.true(await isServed());
});

test('a client that does not read its answer is cut off, and the answer is held no longer', async t => {
  const { bank, open, metric, isServed } = await world(t, { connectionLimits: { answerMs: 400 } });
  const record = new Uint8Array(1024 * 1024);
  bank.log = Array.from({ length: 4 }, (_, i) => ({
    height: i + 1,
    record,
    certificate: record,
    committed: undefined,
  }));
  const deaf = open();
  deaf.socket.pause();
  deaf.send(...get('/v1/records'));
  while ((await metric('answer_bytes')) === 0) await new Promise(resolve => setTimeout(resolve, 5));
  await until(async () => (await metric('answer_bytes')) === 0);
  await until(async () => (await metric('cut_total{why="unread"}')) === 1);
  t.true(await isServed());
  const usual = await world(t);
  usual.bank.log = largeLog;
  const read = await (await fetch(`${usual.gateway.url}/v1/records`)).text();
  t.true(read.length > 16 * 1024 * 1024, 'who reads gets all of it');
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise(resolve => setTimeout(resolve, 10));
}

test('answers that are not taken are bounded, of one client and in all; a small answer says so', async t => {
  const limits = { answers: 40_000_000, answersPerClient: 20_000_000 };
  const { bank, open, metric, isServed } = await world(t, { heldLimits: limits });
  bank.log = largeLog; // 16 MB in hex: more than the kernel takes for a client that does not read
  const deaf = (address: string) => {
    const client = open(address);
    client.socket.pause();
    return client.send(...get('/v1/records'));
  };
  deaf('127.0.0.2');
  await until(async () => (await metric('answer_bytes')) > 16_000_000);
  const second = open('127.0.0.2').send(...get('/v1/records'));
  await second.until(/RATE_LIMITED/);
  t.is(second.status, 429);
  deaf('127.0.0.3');
  await until(async () => (await metric('answer_bytes')) > 32_000_000);
  const third = open('127.0.0.4').send(...get('/v1/records'));
  await third.until(/RATE_LIMITED/);
  t.is(await metric('refused_total'), 2);
  t.true((await metric('answer_bytes')) <= limits.answers);
  t.true(await isServed());
});

test('bodies that are on the way are bounded, of one client and in all', async t => {
  const { bank, open, metric } = await world(t, { heldLimits: { bodies: 3_000, bodiesPerClient: 1_500 } });
  const post = (address: string, length: number, body = '') =>
    open(address).send(
      'POST /v1/envelopes HTTP/1.1',
      'host: a',
      'content-type: application/octet-stream',
      `content-length: ${length}`,
      '',
      body,
    );
  post('127.0.0.2', 1_000);
  await until(async () => (await metric('body_bytes')) === 1_000);
  const second = post('127.0.0.2', 1_000);
  await second.until(/RATE_LIMITED/);
  t.is(second.status, 429);
  const other = post('127.0.0.3', 400, 'x'.repeat(400));
  await other.until(/"id"/);
  t.is(bank.submitted.length, 1);
  post('127.0.0.3', 1_400);
  await until(async () => (await metric('body_bytes')) === 2_400);
  await post('127.0.0.4', 1_000).until(/RATE_LIMITED/);
  t.is(await metric('body_bytes'), 2_400);
});

test('one address has so many connections, another finds room; a proxy that is listed has more', async t => {
  const limits = { connectionLimits: { perClient: 3 } };
  const { open, isServed } = await world(t, limits);
  const held = [1, 2, 3].map(() => open('127.0.0.2').send(...get('/v1/health')));
  await Promise.all(held.map(client => client.until(/"ok"/)));
  const more = open('127.0.0.2').send(...get('/v1/health'));
  await more.ended;
  t.is(more.heard, '');
  t.true(await isServed());
  held[0].socket.destroy();
  await held[0].ended;
  await until(async () => {
    const again = open('127.0.0.2').send(...get('/v1/health'));
    await Promise.race([again.ended, again.until(/"ok"/).catch(() => {})]);
    return again.status === 200;
  });
  const behind = await world(t, { ...limits, trustProxy: ['127.0.0.2'] });
  const many = Array.from({ length: 8 }, () => behind.open('127.0.0.2').send(...get('/v1/health')));
  await Promise.all(many.map(client => client.until(/"ok"/)));
  t.true(many.every(({ status }) => status === 200));
});

test('when all connections are taken, who has most gives one up to a client that comes alone', async t => {
  const { open } = await world(t, { connectionLimits: { connections: 6, perClient: 6 } });
  const greedy = Array.from({ length: 6 }, () => open('127.0.0.2').send(...get('/v1/health')));
  await Promise.all(greedy.map(client => client.until(/"ok"/)));
  const alone = open('127.0.0.3').send(...get('/v1/health'));
  await alone.until(/"ok"/);
  await greedy[0].ended;
  t.is(greedy.filter(({ socket }) => socket.closed).length, 1, 'the oldest that asks nothing');
  const seventh = open('127.0.0.2').send(...get('/v1/health'));
  await seventh.ended;
  t.is(seventh.heard, '', 'one that has most already takes nobody’s place');
  t.false(alone.socket.closed);
});

test('headers beyond their bound are refused', async t => {
  const { open, isServed } = await world(t);
  const large = open().send('GET /v1/health HTTP/1.1', 'host: a', `x: ${'y'.repeat(gatewayHeaderBytesMax)}`, '', '');
  await large.ended;
  t.is(large.status, 431);
  const path = open().send(...get(`/${'x'.repeat(2 * gatewayHeaderBytesMax)}`));
  await path.ended;
  t.is(path.status, 431);
  const many = open().send(
    'GET /v1/health HTTP/1.1',
    'host: a',
    ...Array.from({ length: 3_000 }, (_, i) => `${i}: 1234`),
    '',
    '',
  );
  await many.ended;
  t.is(many.status, 431);
  t.true(await isServed());
});

test('what is no HTTP is refused', async t => {
  const { open, isServed } = await world(t);
  const wrong = [
    '\x16\x03\x01\x02\x00\x01\x00\x01',
    'GET / HTTP/9.9\r\n\r\n',
    `${'\0'.repeat(1_000)}\r\n\r\n`,
    'POST /v1/envelopes HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n',
    'POST /v1/envelopes HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /v1/envelopes HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n',
  ];
  for (const text of wrong) {
    const client = open().send(text);
    await client.ended;
    t.true(client.status === 400 || client.status === 431, JSON.stringify([text, client.heard]));
  }
  t.true(await isServed());
});

test('requests in one go are answered in order; beyond a bound the connection is cut off', async t => {
  const { bank, open, metric, isServed } = await world(t, { connectionLimits: { pipelined: 4 } });
  const few = open().send(...[1, 2, 3, 4].map(from => get(`/v1/accounts?from=${from}&count=1`).join('\r\n')));
  await few.until(/"open":\[4\]}/);
  t.regex(few.heard, /\[3\][\s\S]*\[3\][\s\S]*\[3\][\s\S]*\[4\]/);
  bank.states.set(idText, { state: 'pending' });
  const poll = get(`/v1/envelopes/${idText}?known=pending&waitMs=20000`);
  const many = open().send(...Array.from({ length: 1_000 }, () => poll.join('\r\n')));
  await many.ended;
  t.is(await metric('cut_total{why="pipelined"}'), 1);
  t.true(bank.waiting <= 4, `${bank.waiting}`);
  await until(async () => bank.aborted === bank.waiting);
  t.true(await isServed());
});

test('a client is who connects, unless a listed proxy says for whom', async t => {
  const ask = (url: string, forwarded: string) =>
    fetch(`${url}/v1/health`, { headers: { 'x-forwarded-for': forwarded } });
  const direct = await world(t, { requestsPerMinute: 2 });
  const statuses = async (url: string, forwarded: string[]) => {
    const found: number[] = [];
    for (const each of forwarded) found.push((await ask(url, each)).status);
    return found;
  };
  t.deepEqual(await statuses(direct.gateway.url, ['1.1.1.1', '2.2.2.2', '3.3.3.3']), [200, 200, 429]);
  const behind = await world(t, { requestsPerMinute: 2, trustProxy: ['127.0.0.1'] });
  t.deepEqual(await statuses(behind.gateway.url, ['1.1.1.1', '2.2.2.2', '1.1.1.1', '1.1.1.1']), [200, 200, 200, 429]);
  // what the client itself wrote before the proxy did counts for nothing
  t.deepEqual(await statuses(behind.gateway.url, ['9.9.9.9, 1.1.1.1']), [429]);
  const other = await world(t, { requestsPerMinute: 2, trustProxy: ['10.0.0.0/8'] });
  t.deepEqual(await statuses(other.gateway.url, ['1.1.1.1', '2.2.2.2', '3.3.3.3']), [200, 200, 429]);
});
