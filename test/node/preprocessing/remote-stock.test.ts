/** The network thread's end of a stock that a thread makes. */
import test from 'ava';
import type { ToThread } from '../../../node/preprocessing/messages.js';
import { RemoteStock } from '../../../node/preprocessing/remote-stock.js';
import { packError } from '../../../node/threads/index.js';
import { type CovaultError, deviation } from '../../../src/errors.js';
import { memoryNetwork } from '../../harness/memory-channel.js';
import { makeStocks, positions } from '../../src/preprocessing/stocks.js';
import { lotsOfOne } from './threads.js';

function world() {
  let now = 0;
  const said: ToThread[] = [];
  const deviations: CovaultError[] = [];
  const counted: number[][] = [];
  const channels = memoryNetwork(2);
  const stock = new RemoteStock({
    session: 3,
    channel: channels[0],
    lots: lotsOfOne,
    post: message => said.push(message),
    deviated: error => deviations.push(error),
    count: (...bytes) => counted.push(bytes),
    work: () => ({ peers: [], busySeconds: 0, busy: 0, threadsLost: 0 }),
    now: () => now,
  });
  return { stock, said, deviations, counted, channels, pass: (ms: number) => (now += ms) };
}

const settled = () => new Promise(resolve => setImmediate(resolve));

test('a frame is read only when it is pulled, one for each pull, and counted', async t => {
  const { stock, said, counted, channels } = world();
  await channels[1].send(0, Uint8Array.of(1, 2, 3));
  await channels[1].send(0, Uint8Array.of(4));
  await settled();
  t.deepEqual(said, []);
  stock.told({ type: 'pull', session: 3, from: 1 });
  await settled();
  t.deepEqual(said, [{ type: 'frame', session: 3, from: 1, frame: Uint8Array.of(1, 2, 3) }]);
  t.deepEqual(counted, [[1, 0, 3]]);
  stock.told({ type: 'send', session: 3, to: 1, frame: Uint8Array.of(5, 6) });
  await settled();
  t.deepEqual(said[1], { type: 'sent', session: 3, to: 1, bytes: 2 });
  t.deepEqual(await channels[1].receive(0), Uint8Array.of(5, 6));
  t.deepEqual(counted[1], [1, 2, 0]);
});

test('a channel that has ended is told to the thread, by whatever found it out', async t => {
  const { stock, said, channels } = world();
  channels[0].close();
  stock.told({ type: 'pull', session: 3, from: 1 });
  await settled();
  stock.told({ type: 'send', session: 3, to: 1, frame: Uint8Array.of(5) });
  await settled();
  for (const message of said) t.like(message, { type: 'over', error: { code: 'SESSION_ENDED' } });
  t.is(said.length, 2);
});

test('after its end a stock still names who deviated, and overwrites what arrives for nobody', async t => {
  const { stock, deviations, said } = world();
  stock.told({ type: 'opened', session: 3 });
  const waiting = stock.reserve(positions(0), positions(70));
  stock.close();
  await t.throwsAsync(waiting, { code: 'SESSION_ENDED' });
  t.deepEqual(
    said.map(({ type }) => type),
    ['reserve', 'close'],
  );
  stock.told({ type: 'deviated', session: 3, error: packError(deviation(1, 'a check')) });
  t.like(deviations[0], { code: 'DEVIATION', culprit: 1 });

  const { reserve, close } = makeStocks({ banks: 2 });
  const [reserved] = await reserve(positions(0), positions(70, 7, 4));
  close();
  t.true(reserved.sharer[1].u.some(element => element !== 0n));
  stock.told({ type: 'reserved', session: 3, ticket: 1, reserved });
  for (const row of [reserved.sharer[1].tag, reserved.verifier[1], reserved.selections.masks[1].value]) {
    t.true(row.length > 0 && row.every(element => element === 0n));
  }
});

test('levels say what is ahead, how fast it is made and used, and how long it lasts', async t => {
  const { stock, pass } = world();
  pass(10_000);
  stock.told({ type: 'made', session: 3, made: { vole: 6_000, triples: 0, selections: 0 } });
  t.deepEqual(stock.levels().vole, {
    made: 6_000,
    used: 0,
    low: 3_000,
    high: 6_000,
    madePerSecond: 600,
    usedPerSecond: 0,
  });
  void stock.reserve(positions(1_000), positions(1_000));
  t.like(stock.levels().vole, { used: 2_000, usedPerSecond: 100, secondsLeft: 40 });
  t.deepEqual(stock.levels().triples, { made: 0, used: 0 });
  pass(31_000);
  t.like(stock.levels().vole, { madePerSecond: 0, usedPerSecond: 0 });
  t.false('secondsLeft' in stock.levels().vole);
});

test('an answer nobody waits for while the stock is open is a mistake, and so is a stock that shrinks', t => {
  const { stock } = world();
  const refused = { type: 'refused', session: 3, ticket: 1, error: packError(new Error('x')) } as const;
  t.throws(() => stock.told(refused), { message: /an answer to a reservation/ });
  stock.told({ type: 'made', session: 3, made: { vole: 5, triples: 0, selections: 0 } });
  t.throws(() => stock.told({ type: 'made', session: 3, made: { vole: 4, triples: 0, selections: 0 } }), {
    message: /never less/,
  });
});
