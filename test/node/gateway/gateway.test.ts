/** The gateway's routes, over a bank that is played. */
import { createServer } from 'node:net';
import test from 'ava';
import { buildGateway, type GatewayOptions, startGateway } from '../../../node/gateway/index.js';
import { httpStatus } from '../../../node/gateway/replies.js';
import { version } from '../../../node/version.js';
import { toHex } from '../../../src/crypto/index.js';
import { CovaultError, type ErrorCode, errorTable } from '../../../src/errors.js';
import { encodeReceipts } from '../../../src/ledger/receipts.js';
import { envelopeBytesMax, gatewayRecordsBytesMax } from '../../../src/limits.js';
import { FakeBank, memoryLog, status, statusWithThread } from './fake-bank.js';

const networkFile = '{\n  "covault": 1, "anything": [1, 2]\n}\n';
const idText = 'ab'.repeat(32);

async function world(over: Partial<GatewayOptions> = {}, withToken = true) {
  const bank = new FakeBank();
  const log = memoryLog();
  const token = withToken ? { auditToken: 'token-of-the-operator' } : {};
  const options = { host: '127.0.0.1', port: 0, networkFile, log, ...token, ...over };
  const { app } = await buildGateway(bank, options);
  const post = (body: Uint8Array, type = 'application/octet-stream') =>
    app.inject({
      method: 'POST',
      url: '/v1/envelopes',
      headers: { 'content-type': type },
      payload: Buffer.from(body),
    });
  return { bank, log, app, post, get: (url: string) => app.inject({ method: 'GET', url }) };
}

const codeOf = (response: { json(): { error: { code: ErrorCode } } }) => response.json().error.code;

test('an envelope is handed to the bank byte for byte, and its id comes back', async t => {
  const { bank, post } = await world();
  const response = await post(Uint8Array.of(7, 0, 255));
  t.is(response.statusCode, 202);
  t.deepEqual(response.json(), { id: '07'.repeat(32) });
  t.deepEqual(bank.submitted, [Uint8Array.of(7, 0, 255)]);
});

test('an envelope over its bound and a body of another type never reach the bank', async t => {
  const { bank, post } = await world();
  const large = await post(new Uint8Array(envelopeBytesMax + 1));
  t.is(large.statusCode, 413);
  t.is(codeOf(large), 'OVERSIZED');
  const text = await post(Uint8Array.of(49), 'text/csv');
  t.is(text.statusCode, 415);
  t.is(codeOf(text), 'MALFORMED');
  const json = await post(Buffer.from('{"a":1}'), 'application/json');
  t.is(json.statusCode, 400);
  t.is(codeOf(json), 'MALFORMED');
  t.is(bank.submitted.length, 0);
});

test('every error code has an HTTP status of its action, and the client is told code and facts', async t => {
  const { bank, post } = await world();
  for (const [name, action] of Object.entries(errorTable)) {
    const code = name as ErrorCode;
    bank.failure = new CovaultError(code, 'what happened', { height: 3, exact: true });
    const response = await post(Uint8Array.of(1));
    t.is(response.statusCode, httpStatus(code), code);
    t.is(Math.floor(response.statusCode / 100), action === 'caller' || code === 'RATE_LIMITED' ? 4 : 5, code);
    t.is('retry-after' in response.headers, action === 'retry', code);
    t.deepEqual(response.json(), { error: { code, message: 'what happened', facts: { height: 3, exact: true } } });
  }
});

test('a mistake of ours tells the client nothing, and the log no body', async t => {
  const { bank, log, post } = await world();
  bank.failure = new Error('share 42');
  const response = await post(Buffer.from('a body that nobody logs'));
  t.is(response.statusCode, 500);
  t.is(codeOf(response), 'INTERNAL');
  t.false(response.body.includes('42'));
  t.is(log.lines.length, 1);
  t.false(JSON.stringify(log.lines).includes('a body'));
});

test('an envelope is followed: its state, its height, and whom the bank waits for', async t => {
  const { bank, get } = await world();
  t.deepEqual((await get(`/v1/envelopes/${idText}`)).json(), { id: idText, state: 'unknown', waitingFor: [] });
  bank.states.set(idText, { state: 'pending' });
  bank.now = { ...status, waitingFor: ['ubz'] };
  t.deepEqual((await get(`/v1/envelopes/${idText}?known=pending&waitMs=20`)).json().waitingFor, ['ubz']);
  bank.states.set(idText, { state: 'final', height: 5 });
  const settled = await get(`/v1/envelopes/${idText}?known=pending&waitMs=20000`);
  t.deepEqual(settled.json(), { id: idText, state: 'final', height: 5, waitingFor: [] });
});

test('what does not fit a route is refused by its schema', async t => {
  const { get } = await world();
  const wrong = [
    '/v1/envelopes/xyz',
    `/v1/envelopes/${idText.toUpperCase()}`,
    `/v1/envelopes/${idText}?waitMs=9999999`,
    `/v1/envelopes/${idText}?known=lost`,
    `/v1/envelopes/${idText}?other=1`,
    '/v1/records?from=0',
    '/v1/records?count=1001',
    '/v1/records?from=1.5',
    '/v1/accounts?from=-1',
    '/v1/accounts?count=many',
  ];
  for (const url of wrong) {
    const response = await get(url);
    t.is(response.statusCode, 400, url);
    t.is(codeOf(response), 'MALFORMED', url);
  }
  const nowhere = await get('/v2/anything');
  t.is(nowhere.statusCode, 404);
  t.is(codeOf(nowhere), 'NOT_FOUND');
});

test('the network file is handed out as it was written', async t => {
  const { get } = await world();
  const response = await get('/v1/network');
  t.is(response.body, networkFile);
  t.regex(String(response.headers['content-type']), /^application\/json/);
});

test('memos come in hex with the receipts of their blocks, of a page or of all', async t => {
  const { app } = await world();
  const get = (url: string) => app.inject({ method: 'GET', url });
  const receipts = toHex(encodeReceipts({ tau: 5n, values: [6n] }));
  t.deepEqual((await get('/v1/memos?from=4&page=9')).json(), {
    since: 2,
    blocks: [{ height: 4, receipts, headers: ['010209'] }],
    next: 5,
  });
  t.deepEqual((await get('/v1/memos')).json().blocks[0].headers, ['010200']);
  for (const wrong of ['from=0', 'page=-1', 'page=x', 'from=1&count=3']) {
    t.is((await get(`/v1/memos?${wrong}`)).statusCode, 400, wrong);
  }
});

test('records come in hex, from where they are asked for, and stop at the bound of an answer', async t => {
  const { bank, get } = await world();
  bank.log = [1, 2, 3].map(height => ({
    height,
    record: Uint8Array.of(height, 0xff),
    certificate: Uint8Array.of(0x0c, height),
    committed: height === 3 ? undefined : [new Uint8Array(64).fill(height)],
  }));
  t.deepEqual((await get('/v1/records?from=2')).json(), {
    records: [
      { height: 2, record: '02ff', certificate: '0c02', committed: ['02'.repeat(64)] },
      { height: 3, record: '03ff', certificate: '0c03', committed: null },
    ],
    height: 7,
  });
  t.is((await get('/v1/records?from=9')).json().records.length, 0);
  t.is((await get('/v1/records?from=1&count=2')).json().records.length, 2);
  const record = new Uint8Array(gatewayRecordsBytesMax / 16);
  bank.log = Array.from({ length: 40 }, (_, i) => ({ ...bank.log[2], height: i + 1, record }));
  t.is((await get('/v1/records')).json().records.length, 16);
});

test('open accounts are listed in pages', async t => {
  const { get } = await world();
  t.deepEqual((await get('/v1/accounts')).json(), { open: [0, 3, 4, 9] });
  t.deepEqual((await get('/v1/accounts?from=1&count=2')).json(), { open: [3, 4] });
});

test('a bank is ready while all banks are connected, and names those it waits for', async t => {
  const { bank, get } = await world();
  t.is((await get('/v1/health')).statusCode, 200);
  const ready = await get('/v1/ready');
  t.is(ready.statusCode, 200);
  t.deepEqual(ready.json(), { ready: true, connected: ['ubz'], waitingFor: [] });
  bank.now = { ...status, peers: [{ name: 'ubz', connected: false, sinceMs: 5 }], waitingFor: ['ubz'] };
  const alone = await get('/v1/ready');
  t.is(alone.statusCode, 503);
  t.deepEqual(alone.json(), { ready: false, connected: [], waitingFor: ['ubz'] });
  bank.now = { ...status, phase: 'halted', halted: 'bank 1 deviated' };
  t.is((await get('/v1/ready')).statusCode, 503);
  t.is((await get('/v1/health')).statusCode, 200);
  t.is((await get('/v1/status')).json().halted, 'bank 1 deviated');
});

test('the preprocessing of a bank is in its status and its metrics, kind by kind and bank by bank', async t => {
  const { bank, get } = await world();
  t.false((await get('/metrics')).body.includes('\ncovault_preprocessing_sent_bytes_total{'));
  bank.now = statusWithThread;
  const { halted: _, ...rest } = statusWithThread;
  t.deepEqual((await get('/v1/status')).json(), { ...rest, version });
  const { body } = await get('/metrics');
  for (const line of [
    'covault_stock_level{kind="vole"} 650000',
    'covault_stock_low{kind="vole"} 393216',
    'covault_stock_high{kind="triples"} 64',
    'covault_stock_made_per_second{kind="vole"} 480123',
    'covault_stock_used_per_second{kind="triples"} 0',
    'covault_stock_seconds_left{kind="vole"} 1.4',
    'covault_preprocessing_busy 0.34',
    'covault_preprocessing_sent_bytes_total{bank="ubz"} 12345678',
    'covault_preprocessing_received_bytes_total{bank="ubz"} 2000000',
    'covault_preprocessing_busy_seconds_total 12.25',
    'covault_preprocessing_threads_lost_total 1',
  ])
    t.true(body.includes(`\n${line}\n`), line);
  t.false(body.includes('covault_stock_seconds_left{kind="triples"}'), 'nothing runs dry that nobody uses');
});

test('the status is given whole', async t => {
  const { get } = await world();
  const { halted: _, ...rest } = status;
  t.deepEqual((await get('/v1/status')).json(), { ...rest, version });
});

test('an audit is made for the operator with the token, on this machine, and for nobody else', async t => {
  const { app } = await world();
  const ask = (token: string | undefined, remoteAddress = '127.0.0.1') =>
    app.inject({
      method: 'POST',
      url: '/v1/audits',
      remoteAddress,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
  const made = await ask('token-of-the-operator');
  t.is(made.statusCode, 202);
  t.deepEqual(made.json(), { id: 'aa'.repeat(32) });
  t.is((await ask('token-of-the-operator', '::1')).statusCode, 202);
  for (const token of [undefined, '', 'token-of-the-operato', 'another'])
    t.is(codeOf(await ask(token)), 'UNAUTHORIZED');
  t.is((await ask('token-of-the-operator', '10.0.0.7')).statusCode, 401);
  const without = await world({}, false);
  const refused = await without.app.inject({
    method: 'POST',
    url: '/v1/audits',
    headers: { authorization: 'Bearer undefined' },
  });
  t.is(refused.statusCode, 401);
});

test('a copy of another bank goes to the operator with the token, on this machine, and to nobody else', async t => {
  const { app } = await world();
  const ask = (bank: string, token = 'token-of-the-operator', remoteAddress = '127.0.0.1') =>
    app.inject({ url: `/v1/copies/${bank}`, remoteAddress, headers: { authorization: `Bearer ${token}` } });
  const copy = await ask('ubz');
  t.is(copy.statusCode, 200);
  t.deepEqual(new Uint8Array(copy.rawPayload), Uint8Array.of(1, 2, 3));
  t.is(codeOf(await ask('ubz', 'another')), 'UNAUTHORIZED');
  t.is(codeOf(await ask('ubz', undefined, '10.0.0.7')), 'UNAUTHORIZED');
  t.is(codeOf(await ask('nobody')), 'NOT_FOUND');
  t.is(codeOf(await ask('no%20bank')), 'MALFORMED');
});

test('status and metrics tell what the links have sent, by use, and that frames are late on purpose', async t => {
  const links = {
    sentBytes: { envelopes: 1, agreement: 20, preprocessing: 300 },
    receivedBytes: 5,
    injectedDelayMs: 25,
  };
  const { get } = await world({ links: () => links });
  t.deepEqual((await get('/v1/status')).json().links, links);
  const text = (await get('/metrics')).body;
  t.true(text.includes('\ncovault_link_sent_bytes_total{use="preprocessing"} 300\n'));
  t.true(text.includes('\ncovault_injected_delay_ms 25\n'));
  const without = await world();
  t.false('links' in (await without.get('/v1/status')).json());
});

test('metrics name heights, links, stock and counters, and count requests by route without ids', async t => {
  const { bank, get } = await world();
  await get(`/v1/envelopes/${idText}`);
  const text = (await get('/metrics')).body;
  for (const line of [
    'covault_height 7',
    'covault_final_height 6',
    'covault_pool_ready 2',
    'covault_link_up{bank="ubz"} 1',
    `covault_version_info{bank="${status.name}",version="${version}"} 1`,
    'covault_phase{phase="idle"} 1',
    'covault_stock_level{kind="vole"} 60',
    'covault_settled_total 9',
    'covault_bytes_sent_total 123456',
  ])
    t.true(text.includes(`\n${line}\n`), line);
  t.regex(text, /covault_http_request_seconds_count\{method="GET",route="\/v1\/envelopes\/:id",status="200"\} 1/);
  t.false(text.includes(idText));
  t.false(text.includes('covault_version_info{bank="ubz"'), 'it has not said');
  bank.now = { ...status, height: 8, peers: [{ name: 'ubz', connected: true, sinceMs: 5, version: '0.2.0' }] };
  const later = (await get('/metrics')).body;
  t.true(later.includes('\ncovault_height 8\n'));
  t.true(later.includes('\ncovault_version_info{bank="ubz",version="0.2.0"} 1\n'));
});

test('the description lists every route', async t => {
  const { get } = await world();
  const { openapi, paths } = (await get('/openapi.json')).json();
  t.is(openapi, '3.1.0');
  t.deepEqual(Object.keys(paths).sort(), [
    '/metrics',
    '/openapi.json',
    '/v1/accounts',
    '/v1/audits',
    '/v1/copies/{bank}',
    '/v1/envelopes',
    '/v1/envelopes/{id}',
    '/v1/health',
    '/v1/memos',
    '/v1/network',
    '/v1/ready',
    '/v1/records',
    '/v1/status',
    '/v1/submissions',
  ]);
});

test('a client over its rate is told to come later, and others are served', async t => {
  const { app } = await world({ requestsPerMinute: 3 });
  const from = (remoteAddress: string, url = '/v1/health') => app.inject({ method: 'GET', url, remoteAddress });
  for (let i = 0; i < 3; i++) t.is((await from('10.0.0.1')).statusCode, 200);
  const refused = await from('10.0.0.1');
  t.is(refused.statusCode, 429);
  t.is(codeOf(refused), 'RATE_LIMITED');
  t.true(Number(refused.headers['retry-after']) > 1, 'until its minute is over');
  t.is((await from('10.0.0.2')).statusCode, 200);
  // one IPv6 network is one client
  for (let i = 0; i < 3; i++) t.is((await from(`2001:db8::${i + 1}`)).statusCode, 200);
  t.is((await from('2001:db8::99')).statusCode, 429);
});

test('pages of other origins read nothing unless listed', async t => {
  const ask = async (origins: string[], method: 'GET' | 'OPTIONS', origin: string) => {
    const { app } = await world({ corsOrigins: origins });
    return app.inject({ method, url: '/v1/envelopes', headers: { origin } });
  };
  const allowed = 'access-control-allow-origin';
  t.false(allowed in (await ask([], 'OPTIONS', 'https://a.example')).headers);
  t.false(allowed in (await ask(['https://a.example'], 'GET', 'https://b.example')).headers);
  t.is((await ask(['https://a.example'], 'GET', 'https://a.example')).headers[allowed], 'https://a.example');
  const asked = await ask(['https://a.example'], 'OPTIONS', 'https://a.example');
  t.is(asked.statusCode, 204);
  t.is(asked.headers['access-control-allow-methods'], 'GET, POST');
});

test('a gateway that listens serves, ends long polls of clients that go away, and stops at once', async t => {
  const bank = new FakeBank();
  const log = memoryLog();
  bank.states.set(idText, { state: 'pending' });
  const gateway = await startGateway(bank, { host: '127.0.0.1', port: 0, networkFile, log });
  t.regex(gateway.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  t.deepEqual(await (await fetch(`${gateway.url}/v1/health`)).json(), { ok: true });

  const poll = `${gateway.url}/v1/envelopes/${idText}?known=pending&waitMs=20000`;
  const until = async (done: () => boolean) => {
    while (!done()) await new Promise(resolve => setTimeout(resolve, 5));
  };
  const leaving = new AbortController();
  const left = fetch(poll, { signal: leaving.signal });
  await until(() => bank.waiting === 1);
  leaving.abort();
  await left.catch(() => undefined);
  await until(() => bank.aborted === 1);

  const held = fetch(poll).catch(() => undefined);
  await until(() => bank.waiting === 2);
  await gateway.stop();
  await held;
  t.is(bank.aborted, 2);
});

test('a port in use is named', async t => {
  const other = createServer();
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  const start = startGateway(new FakeBank(), { host: '127.0.0.1', port, networkFile, log: memoryLog() });
  const error = await t.throwsAsync(start, { instanceOf: CovaultError });
  t.is(error?.code, 'PORT_IN_USE');
  t.is(error?.facts.address, `127.0.0.1:${port}`);
  other.close();
});
