/** Clients of a console that keep no rule of HTTP: the bounds of the gateway are the console's, and its feed outlives them. */
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import type { ConsoleOptions } from '../../../node/console/index.js';
import { until } from '../../harness/network.js';
import { openClient, type RawClient, trickle } from '../gateway/raw-client.js';
import { feedOf, listening, token } from './world.js';

const login = ['POST /v1/login HTTP/1.1', 'host: a', 'content-type: application/json', 'content-length: 80', '', ''];
const get = (path: string) => [`GET ${path} HTTP/1.1`, 'host: a', `authorization: Bearer ${token}`, '', ''];
const status = (client: RawClient) => client.until(/^HTTP.*\r\n/).then(() => client.status);

async function world(t: ExecutionContext, over: Partial<ConsoleOptions>) {
  const { bank, running, port } = await listening(over);
  t.teardown(() => running.stop());
  return { bank, port, open: (address?: string) => openClient(t, port, address) };
}

test('headers and bodies that never end are cut off, with or without a token', async t => {
  const { open } = await world(t, { connectionLimits: { headersMs: 300, requestMs: 600 } });
  const slow = [open().send('GET / HTTP/1.1', 'host: a', ''), open().send(...login)];
  trickle(t, slow[0], 'x: y\r\n');
  trickle(t, slow[1], 'x');
  await Promise.all(slow.map(({ ended }) => ended));
  // who still writes when the connection ends may not hear why
  for (const { heard, status: answered } of slow) t.true(heard === '' || answered === 408, heard);
  t.is(await status(open().send(...get('/v1/state'))), 200);
});

test('one address has so many connections, and another finds room', async t => {
  const { open } = await world(t, { connectionLimits: { perClient: 2 } });
  const held = [1, 2].map(() => open('127.0.0.2').send(...get('/v1/state')));
  t.deepEqual(await Promise.all(held.map(status)), [200, 200]);
  const more = open('127.0.0.2').send(...get('/v1/state'));
  await more.ended;
  t.is(more.heard, '');
  t.is(await status(open('127.0.0.3').send(...get('/v1/state'))), 200);
});

test('bodies on the way are bounded before their token is asked for', async t => {
  const { open } = await world(t, { heldLimits: { bodiesPerClient: 100 } });
  const first = open('127.0.0.2').send(...login);
  await until('a second is too much', async () => (await status(open('127.0.0.2').send(...login))) === 429);
  t.is(first.heard, '');
  t.is(await status(open('127.0.0.3').send(...get('/v1/state'))), 200);
});

test('an answer that nobody takes is held for so long, and counts; a feed goes on', async t => {
  // 8 MB, more than the system buffers
  const { bank, port, open } = await world(t, {
    connectionLimits: { answerMs: 400 },
    heldLimits: { answersPerClient: 12 * 1024 * 1024 },
    tickMs: 20,
  });
  const [feed] = await once(feedOf(port), 'response');
  let told = 0;
  feed.on('error', () => {}).on('data', () => told++);
  const record = new Uint8Array(2 * 1024 * 1024);
  bank.log = [1, 2].map(height => ({ height, record, certificate: new Uint8Array(), committed: undefined }));
  const deaf = open();
  deaf.socket.pause();
  deaf.send(...get('/v1/records'));
  const asked = async () => {
    const client = open().send(...get('/v1/records'));
    const answer = await status(client);
    client.socket.destroy();
    return answer;
  };
  await until('a second answer is too much', async () => (await asked()) === 429);
  await until('the first is given up', async () => (await asked()) === 200);
  const before = told;
  await until('the feed says more', () => told > before);
  t.false(feed.destroyed);
});
