/** One wallet, several gateways, some of which fail. */
import test from 'ava';
import { CovaultError, isCode } from '../../../src/errors.js';
import { gatewayAnswerCharsMax } from '../../../src/limits.js';
import type { Clock } from '../../../src/ports.js';
import { GatewayClient } from '../../../src/wallet/client.js';
import type { GatewayPort } from '../../../src/wallet/index.js';
import { quickClock } from './wallets.js';

const banks = ['a', 'b', 'c'].map(name => ({ name, url: `http://${name}.test/` }));
const id = new Uint8Array(32);

type Answer = [status: number, body: unknown] | Error;

/** A port with one answer a bank, and the hosts it was asked at. */
function port(answers: Record<string, Answer>): { fetch: GatewayPort; asked: string[] } {
  const asked: string[] = [];
  const fetch: GatewayPort = async url => {
    const host = new URL(url).hostname.split('.')[0];
    asked.push(host);
    const answer = answers[host] ?? new Error('no such host');
    if (answer instanceof Error) throw answer;
    const [status, body] = answer;
    return { status, text: async () => (typeof body === 'string' ? body : JSON.stringify(body)) };
  };
  return { fetch, asked };
}

const error = (code: string, facts = {}) => ({ error: { code, message: 'so it is', facts } });
const pending: Answer = [200, { state: 'pending', waitingFor: ['b', 7] }];

test('the first bank that serves is kept', async t => {
  const { fetch, asked } = port({ a: new Error('down'), b: [503, error('NOT_READY')], c: pending });
  const client = new GatewayClient(banks, fetch, quickClock);
  t.deepEqual(await client.follow(id, 'unknown', 0), { state: 'pending', waitingFor: ['b'] });
  await client.follow(id, 'unknown', 0);
  t.deepEqual(asked, ['a', 'b', 'c', 'c']);
  t.is(client.bank, 'c');
  client.turn();
  t.is(client.bank, 'a');
});

test('what all banks say is wrong with the call is thrown, with the first one’s facts and name', async t => {
  const refusal: Answer = [409, error('SLOT_OPEN', { account: 3, deep: {} })];
  const { fetch, asked } = port({ a: refusal, b: refusal, c: refusal });
  const client = new GatewayClient(banks, fetch, quickClock);
  const thrown = await t.throwsAsync<CovaultError>(client.submit(new Uint8Array(3)), { instanceOf: CovaultError });
  t.is(thrown?.code, 'SLOT_OPEN');
  t.deepEqual(thrown?.facts, { account: 3, bank: 'a' });
  t.deepEqual(asked, ['a', 'b', 'c']);
});

test('one bank that refuses decides nothing: the next is asked, and without it the outcome is open', async t => {
  const served = port({ a: [409, error('SLOT_OPEN')], b: pending });
  await t.notThrowsAsync(new GatewayClient(banks, served.fetch, quickClock).submit(new Uint8Array(3)));
  t.deepEqual(served.asked, ['a', 'b']);
  const { fetch } = port({ a: [409, error('SLOT_OPEN')] });
  const thrown = await t.throwsAsync<CovaultError>(
    new GatewayClient(banks, fetch, quickClock).submit(new Uint8Array(3)),
  );
  t.like(thrown, { code: 'UNREACHABLE', action: 'retry' });
});

for (const code of ['REJECTED', 'BAD_AMOUNT', 'REFERENCE_REUSED', 'BAD_CERTIFICATE']) {
  test(`no bank can say ${code}: that is for the wallet to find out`, async t => {
    const said: Answer = [400, error(code)];
    const { fetch } = port({ a: said, b: said, c: said });
    const thrown = await t.throwsAsync<CovaultError>(
      new GatewayClient(banks, fetch, quickClock).submit(new Uint8Array(3)),
    );
    t.is(thrown?.code, 'UNREACHABLE');
  });
}

test('an envelope that a bank has seen before has arrived', async t => {
  const { fetch } = port({ a: [409, error('SEEN_BEFORE')] });
  await t.notThrowsAsync(new GatewayClient(banks, fetch, quickClock).submit(new Uint8Array(3)));
});

test('an answer that is none is as good as no answer', async t => {
  const odd: Answer[] = [
    [200, 'no JSON'],
    [200, '[]'],
    [200, { state: 'perhaps' }],
    [200, 'x'.repeat(gatewayAnswerCharsMax + 1)],
    [500, {}],
    [500, error('NO_SUCH_CODE')],
    [500, error('toString')],
    [500, error('STORE_DAMAGED')],
    [302, {}],
  ];
  for (const answer of odd) {
    const { fetch } = port({ a: answer, b: pending });
    const client = new GatewayClient(banks, fetch, quickClock);
    t.is((await client.follow(id, 'unknown', 0)).state, 'pending');
    t.is(client.bank, 'b');
  }
});

test('records that are none are asked of the next bank', async t => {
  for (const records of [
    'x',
    [1],
    [{ record: 'zz', certificate: '' }],
    [{ record: '', certificate: '', committed: 1 }],
  ]) {
    const good = [{ record: '00', certificate: '01', committed: null }];
    const { fetch } = port({ a: [200, { records }], b: [200, { records: good }] });
    const news = await new GatewayClient(banks, fetch, quickClock).records(1, shown => shown);
    t.deepEqual(news, [{ record: Uint8Array.of(0), certificate: Uint8Array.of(1), committed: undefined }]);
  }
});

test('when no bank serves, the first one says why', async t => {
  const { fetch } = port({ a: [503, error('POOL_FULL')] });
  const thrown = await t.throwsAsync(new GatewayClient(banks, fetch, quickClock).submit(new Uint8Array(3)));
  t.true(isCode(thrown, 'POOL_FULL'));
});

test('a bank that says nothing is given up after its time', async t => {
  const waits: number[] = [];
  const clock: Clock = {
    now: () => 0,
    after(ms, call) {
      waits.push(ms);
      setTimeout(call, 0);
      return () => {};
    },
  };
  const silent: GatewayPort = (_url, { signal }) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const thrown = await t.throwsAsync(new GatewayClient(banks, silent, clock).follow(id, 'pending', 777));
  t.true(isCode(thrown, 'UNREACHABLE'));
  t.is(waits.length, 3);
  t.true(waits.every(ms => ms > 777));
});

test('a preferred bank is a name, a listed URL or any other', t => {
  const { fetch } = port({});
  const client = new GatewayClient(banks, fetch, quickClock);
  t.is(client.preferring('b').bank, 'b');
  t.is(client.preferring('http://c.test').bank, 'c');
  t.is(client.preferring('http://localhost:1/').bank, 'http://localhost:1');
  t.is(client.preferring(undefined).bank, 'a');
  t.true(
    isCode(
      t.throws(() => client.preferring('d')),
      'BAD_CONFIG',
    ),
  );
  t.true(
    isCode(
      t.throws(() => new GatewayClient([], fetch, quickClock)),
      'BAD_CONFIG',
    ),
  );
});
