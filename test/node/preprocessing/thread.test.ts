/** Preprocessing threads: reservations, back-pressure, sessions side by side. */
import test from 'ava';
import { CovaultError } from '../../../src/errors.js';
import { preprocessingSendBytesHigh } from '../../../src/limits.js';
import type { Channel } from '../../../src/ports.js';
import type { Positions, Reserved } from '../../../src/preprocessing/index.js';
import { makeParties } from '../../harness/dealer.js';
import { memoryNetwork, type OnFrame } from '../../harness/memory-channel.js';
import { memoryStore } from '../../harness/memory-store.js';
import { silent, until } from '../../harness/network.js';
import { smallLpn } from '../../harness/small-lpn.js';
import { broken, positions } from '../../src/preprocessing/stocks.js';
import { seeded } from '../../src/preprocessing/talks.js';
import { lotsOfOne, threadsOf } from './threads.js';

const start = positions(0);
const id = (fill: number) => new Uint8Array(32).fill(fill);
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    error => error.code ?? String(error),
  );

/** Threads of n banks, and a session of theirs over memory channels. */
function world(banks: number, more: Parameters<typeof threadsOf>[1] = {}) {
  const parties = makeParties(banks, seeded('keys'));
  const threads = parties.map(party => threadsOf(party, more));
  const deviations: CovaultError[] = [];
  const session = (number: number, onFrame?: OnFrame, through = (channel: Channel) => channel) => {
    const channels = memoryNetwork(banks, onFrame);
    const stocks = threads.map(({ preprocessing }, bank) =>
      preprocessing.open(id(number), through(channels[bank]), true, error => deviations.push(error)),
    );
    for (const stock of stocks) stock.catch(() => {}); // whoever waits for it is told
    const reserve = (at: Positions, counts: Positions): Promise<Reserved[]> =>
      Promise.all(stocks.map(async stock => (await stock).reserve(at, counts)));
    return { channels, stocks, reserve };
  };
  const stop = () => Promise.all(threads.map(({ preprocessing }) => preprocessing.stop()));
  return { parties, threads, deviations, session, stop };
}

for (const [banks, pageSize, some] of [
  [2, 1, positions(433)],
  [3, 1, positions(70)],
  [2, 3, positions(70, 7, 4)],
] as const) {
  test.serial(
    `among ${banks} banks with pages of ${pageSize}, what threads hand over fulfils every relation`,
    async t => {
      const products = { size: 5, low: 4, high: 8, max: 40 };
      const lots = pageSize === 1 ? lotsOfOne : { ...lotsOfOne, triples: products, selections: products };
      const { parties, session, stop } = world(banks, { pageSize, lots });
      t.teardown(stop);
      const { reserve } = session(1);
      t.is(broken(parties, await reserve(start, some), pageSize, some), undefined);
      const [a, b] = await Promise.all([reserve(some, positions(1)), reserve(positions(434, 9, 9), positions(7))]);
      t.is(broken(parties, a, pageSize, positions(1)), undefined);
      t.is(broken(parties, b, pageSize, positions(7)), undefined);
    },
  );
}

// one after the other: every test has threads of its own
test.serial('a reservation that runs the stock dry waits until it is made', async t => {
  const { parties, session, stop } = world(2);
  t.teardown(stop);
  const { reserve, stocks } = session(1);
  const many = positions(40_000);
  t.is(broken(parties, await reserve(start, many), 1, many), undefined);
  t.deepEqual((await stocks[0]).positions(), many);
  t.is((await stocks[0]).levels().vole.used, 40_000);
});

test.serial('two sessions at once in one thread are told apart', async t => {
  const { parties, threads, session, stop } = world(2);
  t.teardown(stop);
  const [one, two] = [session(1), session(2)];
  const counts = positions(433);
  const [a, b] = await Promise.all([one.reserve(start, counts), two.reserve(start, counts)]);
  t.is(broken(parties, a, 1, counts), undefined);
  t.is(broken(parties, b, 1, counts), undefined);
  t.notDeepEqual(a[0].sharer[1].u, b[0].sharer[1].u);
  one.channels[0].close();
  t.like(await (await one.stocks[0]).ended, { code: 'SESSION_ENDED' });
  const more = positions(3_000);
  t.is(broken(parties, await two.reserve(counts, more), 1, more), undefined);
  t.is(threads[0].workers.length, 1);
});

test.serial(
  'frames leave in the order in which the protocol sent them, and none is read before it is asked for',
  async t => {
    const { session, stop } = world(2);
    t.teardown(stop);
    let [asked, askedMax] = [0, 0];
    const counting = (channel: Channel): Channel => ({
      ...channel,
      receive: async from => {
        askedMax = Math.max(askedMax, ++asked);
        const frame = await channel.receive(from);
        asked--;
        return frame;
      },
      // a link that is slow with every other frame, and gives frames on in order all the same
      send: (to, frame) => {
        const sent = channel.send(to, frame);
        return frame.length % 2 === 0 ? sent.then(() => new Promise(resolve => setTimeout(resolve, 1))) : sent;
      },
    });
    const { reserve } = session(1, undefined, counting);
    const counts = positions(2_000);
    await t.notThrowsAsync(reserve(start, counts));
    t.is(askedMax, 2, 'one of each bank');
  },
);

test.serial('while a link takes nothing the thread sends so much and no more', async t => {
  // large enough for the base VOLE to be sent in several large messages
  const lots = { vole: { size: 40_000, low: 40_000, high: 40_000, max: 40_000 } };
  const lpn = { first: { base: 40_000, blocks: 64, blockBits: 10 }, main: smallLpn.main };
  const { parties, session, stop } = world(2, { lots, lpn });
  t.teardown(stop);
  let [open, unsent, unsentMax] = [false, 0, 0];
  const waiting: (() => void)[] = [];
  const stuck = (channel: Channel): Channel => ({
    ...channel,
    send: async (to, frame) => {
      const { length } = frame;
      unsent += length;
      unsentMax = Math.max(unsentMax, unsent);
      if (!open && channel.self === 0 && length > 1_000_000) await new Promise<void>(resolve => waiting.push(resolve));
      await channel.send(to, frame);
      unsent -= length;
    },
  });
  const { reserve } = session(1, undefined, stuck);
  const counts = positions(433);
  const reserved = reserve(start, counts);
  await until('a large frame is stuck', () => waiting.length > 0);
  await new Promise(resolve => setTimeout(resolve, 100));
  t.is(waiting.length, 1, 'it waits for the link');
  t.true(unsentMax > preprocessingSendBytesHigh);
  open = true;
  for (const go of waiting) go();
  t.is(broken(parties, await reserved, 1, counts), undefined);
});

test.serial('positions only move up, and a block never asks for more than a stock can hold', async t => {
  const { session, stop } = world(2);
  t.teardown(stop);
  const { reserve, stocks } = session(1);
  await reserve(start, positions(10));
  const stock = await stocks[0];
  await t.throwsAsync(stock.reserve(positions(9), positions(1)), { message: /positions only move up/ });
  await t.throwsAsync(stock.reserve(positions(10), positions(40_001)), { message: /a block fits the stock/ });
  await t.throwsAsync(stock.reserve(positions(10), positions(1, 1)), { message: /a block fits the stock/ });
  t.deepEqual(stock.positions(), positions(10));
});

test.serial(
  'a stock that is closed hands out nothing more, tells who waits, and the thread serves the next session',
  async t => {
    const { parties, session, stop } = world(2);
    t.teardown(stop);
    const { stocks, channels } = session(1);
    const [stock, other] = [await stocks[0], await stocks[1]];
    const waiting = codeOf(stock.reserve(start, positions(40_000)));
    stock.close();
    t.is(await waiting, 'SESSION_ENDED');
    t.is(await codeOf(stock.reserve(positions(40_000), positions(1))), 'SESSION_ENDED');
    t.like(await stock.ended, { code: 'SESSION_ENDED' });
    channels[0].close();
    t.like(await other.ended, { code: 'SESSION_ENDED' });
    const next = session(2);
    t.is(broken(parties, await next.reserve(start, positions(7)), 1, positions(7)), undefined);
  },
);

test.serial('a session that ends before its pairs are open is refused with the reason', async t => {
  const { threads, stop } = world(2);
  t.teardown(stop);
  const channels = memoryNetwork(2); // the other bank never comes
  const stock = threads[0].preprocessing.open(id(1), channels[0], true, () => t.fail());
  channels[0].close();
  t.is(await codeOf(stock), 'SESSION_ENDED');
});

test.serial('a thread that ends takes its sessions along with a code, whoever waits for what', async t => {
  const { threads, session, stop } = world(2);
  t.teardown(stop);
  const opening = threads[0].preprocessing.open(id(9), memoryNetwork(2)[0], true, () => t.fail());
  const { stocks } = session(1);
  const stock = await stocks[0];
  const waiting = codeOf(stock.reserve(start, positions(40_000)));
  await threads[0].workers[0].terminate();
  t.is(await waiting, 'WORKER_LOST');
  t.is(await codeOf(opening), 'WORKER_LOST');
  t.like(await stock.ended, { code: 'WORKER_LOST' });
});

test.serial('an error that nobody expected ends the thread, and is told and logged', async t => {
  const logged: unknown[] = [];
  const log = { ...silent, warn: (event: string, facts?: object) => void logged.push(event, facts) };
  const { threads, session, stop } = world(2, { log });
  t.teardown(stop);
  const { stocks } = session(1);
  const stock = await stocks[0];
  threads[0].workers[0].postMessage({ type: 'stored', ticket: 77 });
  const error = (await stock.ended) as CovaultError;
  t.is(error.code, 'WORKER_LOST');
  t.regex(error.message, /assertion failed: an answer to a question/);
  t.deepEqual(logged, ['the preprocessing thread has ended', { why: 'assertion failed: an answer to a question' }]);
});

test.serial(
  'what the process cannot store is told to the thread, and ends the session as it would have here',
  async t => {
    const broken = {
      ...memoryStore(),
      commit: () => Promise.reject(new CovaultError('STORE_DAMAGED', 'no', { n: 7 })),
    };
    const { threads, stop } = world(2, { store: broken });
    t.teardown(stop);
    const channels = memoryNetwork(2);
    const opened = threads.map(({ preprocessing }, bank) =>
      preprocessing.open(id(1), channels[bank], true, () => t.fail()),
    );
    const errors = await Promise.all(
      opened.map(each =>
        each.then(
          () => undefined,
          error => {
            channels[0].close();
            return error;
          },
        ),
      ),
    );
    const damaged = errors.find(error => error?.code === 'STORE_DAMAGED');
    t.true(damaged instanceof CovaultError);
    t.deepEqual(damaged.facts, { n: 7 });
  },
);

test.serial('a deviation is told with its culprit and its check', async t => {
  const { deviations, session, stop } = world(2);
  t.teardown(stop);
  const spoiled: OnFrame = (from, _to, frame) => {
    if (from === 1) frame[0] = 77;
    return frame;
  };
  const { stocks } = session(1, spoiled);
  const error = (await t.throwsAsync(stocks[0])) as CovaultError;
  t.like(error, { code: 'DEVIATION', culprit: 1 });
  t.true(error instanceof CovaultError && error.facts.check === 'preprocessing: another message was due');
  t.like(deviations[0], { code: 'DEVIATION', culprit: 1 });
});

test.serial('a pair that fails leaves the thread to the next session, whatever other pairs do', async t => {
  const { threads, session, stop } = world(3);
  t.teardown(stop);
  const spoiled: OnFrame = (from, to, frame) => {
    if (from === 1 && to === 0) frame[0] = 77;
    return frame;
  };
  const { stocks, channels } = session(1, spoiled);
  t.is(await codeOf(stocks[0]), 'DEVIATION');
  await new Promise(resolve => setTimeout(resolve, 200));
  channels[0].close();
  await Promise.all(stocks.map(codeOf));
  t.is(await codeOf(session(2).stocks[0]), 'PAIR_BURNED', 'the same thread, and what it had stored');
  t.deepEqual(
    threads.map(({ workers }) => workers.length),
    [1, 1, 1],
  );
});

test.serial('rows of correlations come in buffers of their own', async t => {
  const { session, stop } = world(2);
  t.teardown(stop);
  const [{ sharer, verifier }] = await session(1).reserve(start, positions(433));
  const rows = [sharer[1].u, sharer[1].tag, verifier[1]];
  t.is(new Set(rows.map(({ buffer }) => buffer)).size, 3);
  t.true(rows.every(row => row.byteOffset === 0 && row.buffer.byteLength === 8 * 433));
});

test.serial('stopping ends the threads, and a session that comes later is refused', async t => {
  const { threads, session, stop } = world(2);
  const { stocks } = session(1);
  const stock = await stocks[0];
  const ended = threads.map(({ workers }) => new Promise(resolve => workers[0].once('exit', resolve)));
  await stop();
  t.deepEqual(await Promise.all(ended), [0, 0], 'by themselves, without force');
  t.like(await stock.ended, { code: 'SESSION_ENDED' });
  const late = threads[0].preprocessing.open(id(2), memoryNetwork(2)[0], true, () => t.fail());
  t.is(await codeOf(late), 'SESSION_ENDED');
});
