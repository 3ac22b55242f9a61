/** The console's API without a browser: who is let in, what is told, and who is cut off. */
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import test from 'ava';
import { startConsole } from '../../../node/console/index.js';
import type { ErrorCode } from '../../../src/errors.js';
import {
  consoleGuessesMax,
  consoleSessionIdleMs,
  consoleSessionMs,
  consoleViewersMax,
  liftsMax,
} from '../../../src/limits.js';
import { encodeNetworkFile } from '../../../src/network/index.js';
import { until } from '../../harness/network.js';
import { amendedBy, idOf } from '../../src/ledger/records.js';
import { FakeBank, memoryLog } from '../gateway/fake-bank.js';
import { banks, consoleWorld, feedOf, listening, network, token } from './world.js';

const codeOf = (response: { json(): { error: { code: ErrorCode } } }) => response.json().error.code;
const inside = ['/v1/state', '/v1/history', '/v1/feed', '/v1/network', '/v1/records', '/openapi.json'];

test('without a token nothing is told, not even what there is', async t => {
  const { app, get } = await consoleWorld();
  for (const url of inside) {
    for (const headers of [{}, { authorization: 'Bearer ' }, { authorization: `Basic ${token}` }, { cookie: token }]) {
      const refused = await app.inject({ method: 'GET', url, headers });
      t.is(refused.statusCode, 401, url);
      t.is(codeOf(refused), 'UNAUTHORIZED');
    }
    t.is((await app.inject({ method: 'GET', url: `${url}?token=${token}` })).statusCode, 401, 'a token in an address');
  }
  t.is((await app.inject({ method: 'POST', url: '/v1/audits' })).statusCode, 401);
  t.is((await get('/v1/state')).statusCode, 200);
});

test('a wrong token is refused, soon unheard; other addresses are heard', async t => {
  const { app, login, advance } = await consoleWorld();
  for (let i = 0; i < consoleGuessesMax; i++) t.is((await login(`${token}${i}`)).statusCode, 401);
  const blocked = await login(token);
  t.is(blocked.statusCode, 429, 'the right one too: guesses are not told from luck');
  t.true(Number(blocked.headers['retry-after']) > 0);
  const bearer = await app.inject({ method: 'GET', url: '/v1/state', headers: { authorization: `Bearer ${token}` } });
  t.is(bearer.statusCode, 429, 'whichever way they are made');
  t.is((await login(token, '10.0.0.7')).statusCode, 200);
  advance(61_000);
  t.is((await login(token)).statusCode, 200);
});

test('guesses of many addresses together are bounded, and do not end sessions that stand', async t => {
  const { login, get } = await consoleWorld();
  const { session } = (await login(token)).json();
  for (let i = 0; i < 100; i++) await login('wrong', `10.0.${i}.1`);
  t.is((await login('wrong', '10.1.0.1')).statusCode, 429);
  t.is((await get('/v1/state', session)).statusCode, 200);
});

test('a session opens what the token opens, until it is left, unused, or old', async t => {
  const { app, login, get, advance } = await consoleWorld();
  const enter = async () => (await login(token)).json().session as string;
  const first = await enter();
  t.not(first, token);
  t.is((await get('/v1/state', first)).statusCode, 200);
  await app.inject({ method: 'POST', url: '/v1/logout', headers: { authorization: `Bearer ${first}` } });
  t.is((await get('/v1/state', first)).statusCode, 401);
  const unused = await enter();
  advance(consoleSessionIdleMs);
  t.is((await get('/v1/state', unused)).statusCode, 401);
  const old = await enter();
  for (let ms = 0; ms < consoleSessionMs; ms += consoleSessionIdleMs / 2) {
    t.is((await get('/v1/state', old)).statusCode, 200);
    advance(consoleSessionIdleMs / 2);
  }
  t.is((await get('/v1/state', old)).statusCode, 401);
});

test('neither the token nor a session is in the log, in an answer but the login, or in a cookie', async t => {
  const { login, get, lines } = await consoleWorld();
  const entered = await login(token);
  const { session } = entered.json();
  t.is(entered.headers['set-cookie'], undefined);
  await login('a wrong token that somebody typed');
  const told = [lines.lines, (await get('/v1/state', session)).body, (await get('/openapi.json')).body].map(each =>
    JSON.stringify(each),
  );
  for (const secret of [token, session, 'a wrong token'])
    t.false(
      told.some(text => text.includes(secret)),
      secret,
    );
  t.true(lines.lines.some(({ event }) => event === 'console login'));
});

test('pages of other origins are told nothing about reading answers', async t => {
  const { app } = await consoleWorld();
  const asked = await app.inject({
    method: 'OPTIONS',
    url: '/v1/state',
    headers: { origin: 'http://127.0.0.1:9', 'access-control-request-headers': 'authorization' },
  });
  t.is(asked.headers['access-control-allow-origin'], undefined);
  const posted = await app.inject({
    method: 'POST',
    url: '/v1/login',
    headers: { 'content-type': 'text/plain' },
    payload: `{"token":"${token}"}`,
  });
  t.is(posted.statusCode, 415, 'what a form could send without asking');
});

test('the state answers its description, and says what the records say, roughly', async t => {
  const { commit, tick, get, advance, model } = await consoleWorld();
  const settled = (name: string) => ({ id: idOf(name), status: { kind: 'settled', pi: 0 } }) as const;
  commit([settled('a'), settled('b')]);
  await tick();
  const first = (await get('/v1/state')).json();
  t.deepEqual(first, JSON.parse(JSON.stringify(model.state)), 'nothing is lost on the way');
  t.is(first.height, 1);
  t.is(first.perSecond, 'few');
  t.is(first.totals.settled, 'few');
  commit(Array.from({ length: 118 }, (_, i) => settled(`c${i}`)));
  commit([
    { id: idOf('r'), status: { kind: 'rejected', reason: 'authority' } },
    { id: idOf('s'), status: { kind: 'audited', sum: network.supply } },
  ]);
  await tick();
  const second = (await get('/v1/state')).json();
  t.is(second.perSecond, 2);
  t.is(second.totals.settled, 120);
  t.is(second.totals.rejected.authority, 'few');
  t.deepEqual(second.conservation.audits, [{ height: 3, holds: true }]);
  t.deepEqual([second.conservation.from, second.conservation.to, second.conservation.brokenAt], [1, 3, null]);
  advance(60_000);
  await tick();
  const { minutes } = (await get('/v1/history')).json();
  t.is(minutes.length, 1);
  t.deepEqual([minutes[0].decided, minutes[0].blocks, minutes[0].rejected], [121, 'few', 'few']);
});

test('versions of other banks are told as they say them, and one that differs is an alert', async t => {
  const { bank, tick, get } = await consoleWorld();
  await tick();
  t.is((await get('/v1/state')).json().peers[0].version, null, 'it has not said');
  bank.now = { ...bank.now, peers: [{ ...bank.now.peers[0], version: '0.2.0' }] };
  await tick();
  const { peers, alerts } = (await get('/v1/state')).json();
  t.is(peers[0].version, '0.2.0');
  t.like(alerts, [{ code: 'versions-differ', bank: 'bank1' }]);
});

test('what the network has recovered from is told: pardons, rebuilt banks, what is under way', async t => {
  const lifted = { ...banks, network: amendedBy(banks, { lift: 1 }) };
  const rebuilt = amendedBy(lifted, { bank: 1, sealingKey: idOf('sealing'), recoveryKey: idOf('recovery') });
  const { bank, tick, get } = await consoleWorld({ networkFile: encodeNetworkFile(rebuilt, {}) });
  await tick();
  const before = (await get('/v1/state')).json();
  t.is(before.versions.rosterVersion, 2);
  t.deepEqual(before.recovery, {
    amendments: [
      { version: 1, kind: 'pardon', lift: 1 },
      { version: 2, kind: 'rebuilt', bank: 'bank1' },
    ],
    liftsMax,
    rekeying: false,
    adopting: null,
    adopted: null,
  });
  const [adopting, adopted] = [
    { height: 4, attempt: 1 },
    { height: 3, attempt: 2 },
  ];
  bank.now = { ...bank.now, recovery: { rekeying: true, adopting, adopted } };
  await tick();
  t.like((await get('/v1/state')).json().recovery, { rekeying: true, adopting, adopted });
});

test('records, the network file and an audit are there for operators', async t => {
  const { app, commit, get } = await consoleWorld();
  commit([]);
  const { records, height } = (await get('/v1/records')).json();
  t.is(height, 1);
  t.is(records.length, 1);
  t.is((await get('/v1/network')).body, encodeNetworkFile(network, {}));
  const audit = await app.inject({ method: 'POST', url: '/v1/audits', headers: { authorization: `Bearer ${token}` } });
  t.deepEqual([audit.statusCode, audit.json()], [202, { id: 'aa'.repeat(32) }]);
});

/** A console that listens, over a bank of its own. */
test('the feed tells the state at once and again, and ends when the console stops', async t => {
  const { bank, running, port } = await listening({ tickMs: 10 });
  t.teardown(() => running.stop());
  const [answer] = await once(feedOf(port), 'response');
  t.is(answer.headers['content-type'], 'text/event-stream; charset=utf-8');
  let text = '';
  answer.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  answer.on('error', () => {});
  await until('a first state', () => text.includes('"height":0'));
  bank.now = { ...bank.now, waitingFor: ['ubz'], peers: [{ name: 'ubz', connected: false, sinceMs: 5 }] };
  await until('a later state', () => text.includes('"code":"bank-away"'));
  const ended = new Promise(resolve => answer.once('close', resolve));
  await running.stop();
  await ended;
  t.pass();
});

test('a viewer that takes nothing is cut off, and others go on', async t => {
  const { bank, running, port } = await listening({ tickMs: 5 });
  t.teardown(() => running.stop());
  // ten megabytes a second: what the system buffers is soon full
  bank.now = { ...bank.now, phase: 'halted', halted: 'x'.repeat(50_000) };
  const [good] = await once(feedOf(port), 'response');
  let taken = 0;
  good.on('data', (piece: Buffer) => {
    taken += piece.length;
  });
  good.on('error', () => {});
  const slow = connect(port, '127.0.0.1');
  slow.write(`GET /v1/feed HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  const closed = once(slow, 'close');
  slow.on('error', () => {});
  slow.pause();
  // a paused socket hears of its end only when it reads again: ask the server
  await until('its connection is gone', async () => (await connectionsOf(running.url)) <= 1);
  const before = taken;
  await until('the other is told more', () => taken > before);
  slow.resume();
  await closed;
  t.pass();
});

/** Viewers, as the server counts them: one more is let in below the bound. */
async function connectionsOf(url: string): Promise<number> {
  const free: AbortController[] = [];
  for (let i = 0; i <= consoleViewersMax; i++) {
    const abort = new AbortController();
    const answer = await fetch(`${url}/v1/feed`, {
      headers: { authorization: `Bearer ${token}` },
      signal: abort.signal,
    });
    free.push(abort);
    if (answer.status !== 200) break;
  }
  for (const each of free) each.abort();
  await new Promise(resolve => setTimeout(resolve, 20));
  return consoleViewersMax - (free.length - 1);
}

test('so many may look at once; the next is told to come later, and gets in when one has left', async t => {
  const { running, port } = await listening({ tickMs: 5 });
  t.teardown(() => running.stop());
  const first = [];
  for (let i = 0; i < consoleViewersMax; i++) {
    const asked = feedOf(port);
    const [answer] = await once(asked, 'response');
    answer.on('error', () => {}).resume();
    t.is(answer.statusCode, 200);
    first.push(asked);
  }
  const [refused] = await once(feedOf(port), 'response');
  t.is(refused.statusCode, 429);
  refused.resume();
  first[0].destroy();
  await until('there is room', async () => {
    const asked = feedOf(port);
    const [answer] = await once(asked, 'response');
    answer.on('error', () => {}).resume();
    return answer.statusCode === 200;
  });
  t.pass();
});

test('a flood of requests is refused, and the bank does not notice', async t => {
  const { app, bank } = await consoleWorld();
  let asked = 0;
  const { status: tell } = bank;
  bank.status = () => {
    asked++;
    return tell.call(bank);
  };
  const codes = new Set<number>();
  for (let i = 0; i < 1_400; i++) codes.add((await app.inject({ method: 'GET', url: '/v1/state' })).statusCode);
  t.deepEqual([...codes].sort(), [401, 429]);
  t.is(asked, 0);
  const large = await app.inject({
    method: 'POST',
    url: '/v1/login',
    remoteAddress: '10.0.0.1',
    payload: { token: 'x'.repeat(10_000) },
  });
  t.is(large.statusCode, 413);
});

test('a console listens where it is told, and says when it cannot', async t => {
  const { running, port } = await listening();
  t.teardown(() => running.stop());
  const options = {
    host: '127.0.0.1',
    port,
    token,
    networkFile: encodeNetworkFile(network, {}),
    dataFolder: '.',
    version: '0',
    log: memoryLog(),
  };
  await t.throwsAsync(startConsole(new FakeBank(), options), { message: /console: another process/ });
  const server = (await import('node:net')).createServer().listen(0);
  t.true((server.address() as AddressInfo).port > 0);
  server.close();
});

test('what is handed in at the gateway is followed, and the time it took is told', async t => {
  const { bank, service, model, advance, wall } = await consoleWorld();
  let release = () => {};
  bank.envelopeChange = async () => {
    await new Promise<void>(resolve => {
      release = resolve;
    });
    return { state: 'recorded', height: 1 };
  };
  await service.submit(Uint8Array.of(1));
  advance(250);
  release();
  await until('it is counted', () => model.history.latencyNow(wall.ms) !== undefined);
  t.deepEqual(model.history.latencyNow(wall.ms), { p50Ms: 250, p95Ms: 250 });
  t.deepEqual(bank.submitted, [Uint8Array.of(1)]);
  t.is(service.status(), bank.now, 'everything else is the bank itself');
});
