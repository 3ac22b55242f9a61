/** The stock of a session: reserved, made, handed out once. */
import test from 'ava';
import { hash } from '../../../src/crypto/index.js';
import type { Clock } from '../../../src/ports.js';
import { kinds } from '../../../src/preprocessing/conversation.js';
import { LinkStock, type Lots, openStock, type Positions, type Reserved } from '../../../src/preprocessing/index.js';
import { ProductLot } from '../../../src/preprocessing/products.js';
import { makeParties } from '../../harness/dealer.js';
import { idealPairs } from '../../harness/ideal-pairs.js';
import { memoryNetwork, type OnFrame } from '../../harness/memory-channel.js';
import { memoryStore } from '../../harness/memory-store.js';
import { smallLpn } from '../../harness/small-lpn.js';
import { broken, makeStocks, positions, smallLots } from './stocks.js';
import { flip, seeded } from './talks.js';

const start = positions(0);
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    error => error.code ?? String(error),
  );
/** Lets everything that can happen without a new reservation happen. */
const settled = async () => {
  for (let k = 0; k < 20; k++) await new Promise(resolve => setImmediate(resolve));
};

for (const banks of [2, 3]) {
  for (const pageSize of [1, 3, 16]) {
    test(`among ${banks} banks with pages of ${pageSize}, what is reserved fulfils every relation`, async t => {
      const { parties, reserve, close } = makeStocks({ banks, pageSize });
      const some = pageSize === 1 ? positions(70) : positions(70, 7, 4);
      const first = await reserve(start, some);
      t.is(broken(parties, first, pageSize, some), undefined);
      const second = await reserve(some, positions(1));
      t.is(broken(parties, second, pageSize, positions(1)), undefined);
      close();
    });
  }
}

test('a reservation larger than a stock full of lots waits until it is made', async t => {
  const { parties, reserve, stocks, close } = makeStocks({ banks: 2 });
  const many = positions(400, 40, 20);
  t.is(broken(parties, await reserve(start, many), 3, many), undefined);
  t.deepEqual(stocks[0].positions(), many);
  close();
});

test('nothing is handed out twice, whatever order the banks ask in', async t => {
  const { stocks, close } = makeStocks({ banks: 3 });
  const step = positions(33, 3, 2);
  const ask = async (bank: number) => {
    const all: Reserved[] = [];
    for (let k = 0; k < 5; k++) {
      all.push(await stocks[bank].reserve(positions(33 * k, 3 * k, 2 * k), step));
      if (bank > 0) await settled();
    }
    return all;
  };
  const all = await Promise.all([0, 1, 2].map(ask));
  for (const of of [(r: Reserved) => r.triples.beta.value, (r: Reserved) => r.selections.masks[0].value]) {
    const elements = all[0].flatMap(r => [...of(r)]);
    t.is(new Set(elements).size, elements.length);
  }
  const us = all[0].flatMap(r => [...r.sharer[1].u]);
  t.is(new Set(us).size, 5 * 33);
  close();
});

test('positions that all banks leave out are destroyed or never made, and what follows is equal at all', async t => {
  const { parties, stocks, reserve, close } = makeStocks({ banks: 3 });
  await reserve(start, positions(5, 1, 1));
  const at = positions(1_000_000, 777, 100);
  const counts = positions(7, 2, 2);
  t.is(broken(parties, await reserve(at, counts), 3, counts), undefined);
  t.true(stocks.every(stock => stock.levels().vole.used === 1_000_007 && stock.levels().vole.made < 1_001_000));
  close();
});

test('two reservations may wait at once, and are served in order', async t => {
  const { parties, stocks, close } = makeStocks({ banks: 2 });
  const [a, b] = [positions(350, 30, 15), positions(300, 20, 10)];
  const asked = stocks.map(stock => [stock.reserve(start, a), stock.reserve(a, b)]);
  t.is(broken(parties, await Promise.all(asked.map(([first]) => first)), 3, a), undefined);
  t.is(broken(parties, await Promise.all(asked.map(([, second]) => second)), 3, b), undefined);
  close();
});

test('without reservations the stock is made up to the high mark, and then all banks sleep', async t => {
  let frames = 0;
  const onFrame: OnFrame = (_from, _to, frame) => {
    frames++;
    return frame;
  };
  const { stocks, close } = makeStocks({ banks: 2, onFrame });
  await Promise.all(stocks.map(stock => stock.reserve(start, positions(1, 1, 1))));
  await settled();
  const [before, levels] = [frames, stocks[0].levels()];
  t.true(levels.vole.made >= 120 && levels.triples.made >= 8 && levels.selections.made >= 4);
  t.deepEqual(stocks[1].levels(), levels);
  await settled();
  t.is(frames, before);
  close();
});

test('a bank that took some and sleeps again is woken by one that needs more than is made', async t => {
  const { parties, stocks, close } = makeStocks({ banks: 2 });
  await Promise.all(stocks.map(stock => stock.reserve(start, positions(1, 1, 1))));
  await settled();
  const few = await Promise.all(stocks.map(stock => stock.reserve(positions(1, 1, 1), positions(1))));
  t.is(broken(parties, few, 3, positions(1)), undefined);
  await settled();
  const many = positions(300);
  const first = await stocks[0].reserve(positions(2, 1, 1), many);
  const second = await stocks[1].reserve(positions(2, 1, 1), many);
  t.is(broken(parties, [first, second], 3, many), undefined);
  close();
});

test('while one bank stands still the others get so far ahead and no further, then sleep; when it moves they go on', async t => {
  let frames = 0;
  const onFrame: OnFrame = (_from, _to, frame) => {
    frames++;
    return frame;
  };
  const { stocks, close } = makeStocks({ banks: 3, onFrame });
  const step = positions(200);
  const ahead = [0, 1].map(async bank => {
    for (let k = 0; k < 4; k++) await stocks[bank].reserve(positions(200 * k), step);
  });
  await settled();
  await settled();
  const [before, { made }] = [frames, stocks[2].levels().vole];
  t.true(made >= 400 && made < 400 + 50);
  await settled();
  t.is(frames, before, 'nobody goes on asking');
  for (let k = 0; k < 4; k++) await stocks[2].reserve(positions(200 * k), step);
  await t.notThrowsAsync(Promise.all(ahead));
  close();
});

test('positions only move up, and a block never asks for more than a stock can hold', async t => {
  const { stocks, reserve, close } = makeStocks({ banks: 2 });
  await reserve(start, positions(10));
  await t.throwsAsync(stocks[0].reserve(positions(9), positions(1)), { message: /positions only move up/ });
  await t.throwsAsync(stocks[0].reserve(positions(10), positions(401)), { message: /a block fits the stock/ });
  t.deepEqual(stocks[0].positions(), positions(10));
  close();
});

test('a network of single accounts has no bank-made products to reserve', async t => {
  const { stocks, close } = makeStocks({ banks: 2, pageSize: 1 });
  await t.throwsAsync(stocks[0].reserve(start, positions(1, 1)), { message: /a block fits the stock/ });
  close();
});

test('a stock that is closed hands out nothing more, and tells who waits', async t => {
  const { stocks, close } = makeStocks({ banks: 2 });
  const waiting = code(stocks[0].reserve(start, positions(400)));
  close();
  t.is(await waiting, 'SESSION_ENDED');
  t.is(await code(stocks[0].reserve(positions(400), positions(1))), 'SESSION_ENDED');
  t.like(await stocks[1].ended, { code: 'SESSION_ENDED' });
});

test('whatever ends a stock, what its pairs hold of VOLE is wiped', async t => {
  for (const end of ['close', 'channel'] as const) {
    const wiped: string[] = [];
    const pairs = idealPairs(makeParties(2, seeded('keys'))).map((row, bank) =>
      row.map(
        pair =>
          pair && {
            ...pair,
            sharer: { ...pair.sharer, wipe: () => wiped.push(`sharer of ${bank}`) },
            verifier: { ...pair.verifier, wipe: () => wiped.push(`verifier of ${bank}`) },
          },
      ),
    );
    const { stocks, channels, close } = makeStocks({ banks: 2, of: bank => ({ pairs: pairs[bank] }) });
    if (end === 'close') close();
    else channels[0].close();
    await Promise.all(stocks.map(stock => stock.ended));
    t.deepEqual(wiped.sort(), ['sharer of 0', 'sharer of 1', 'verifier of 0', 'verifier of 1']);
  }
});

test('when the channel ends, so does the stock, awake or asleep', async t => {
  for (const sleep of [false, true]) {
    const { stocks, channels, reserve } = makeStocks({ banks: 2 });
    if (sleep) {
      await reserve(start, positions(1));
      await settled();
    }
    channels[0].close();
    t.like(await stocks[0].ended, { code: 'SESSION_ENDED' });
    t.like(await stocks[1].ended, { code: 'SESSION_ENDED' });
  }
});

// --- cheats -----------------------------------------------------------------------------------------------------------

/** One bit of one correction of a product, from bank 0 to bank 1, in the n-th such frame. */
function spoil(nth: number): OnFrame {
  let seen = 0;
  return (from, to, frame) => {
    const hit = from === 0 && to === 1 && frame[0] === kinds.productCorrections && seen++ >= nth;
    return hit ? frame.map((byte, at) => (at > 0 && at % 8 === 1 ? byte ^ 1 : byte)) : frame;
  };
}

for (const banks of [2, 3]) {
  test(`among ${banks} banks a failed sacrifice ends the stock for all, and destroys what was made before`, async t => {
    const { stocks, warnings } = makeStocks({ banks, onFrame: spoil(0) });
    const all = await Promise.all(stocks.map(stock => code(stock.reserve(start, positions(1, 1, 1)))));
    t.deepEqual(all, Array(banks).fill('STOCK_CHECK_FAILED'));
    t.deepEqual(warnings, Array(banks).fill('stock check failed'));
    t.is(await code(stocks[0].reserve(positions(1, 1, 1), positions(1))), 'STOCK_CHECK_FAILED');
    t.like(await stocks[banks - 1].ended, { code: 'STOCK_CHECK_FAILED' });
  });
}

test('canary: without the check of products the same cheat spoils what is handed out', async t => {
  class Unchecked extends ProductLot {
    protected override holds(): boolean {
      return true;
    }
  }
  const { parties, reserve, close } = makeStocks({
    banks: 2,
    onFrame: spoil(0),
    of: () => ({ Products: Unchecked }),
  });
  const some = positions(1, 4, 1);
  t.regex(broken(parties, await reserve(start, some), 3, some) ?? '', /triples|selections/);
  close();
});

/** Where `at` of the first kind stands in a frame with wants: kind, context, number, digest, length before it. */
const wantsAt = 1 + 32 + 2 + 32 + 4;
const firstWants = (from: number, to: number, change: (frame: Uint8Array) => Uint8Array): OnFrame => {
  let seen = false;
  return (sender, receiver, frame) => {
    if (seen || sender !== from || receiver !== to) return frame;
    seen = true;
    return change(frame);
  };
};

test('two banks that are told different wants accuse neither each other nor anybody', async t => {
  const { stocks } = makeStocks({ banks: 3, onFrame: firstWants(0, 2, flip(wantsAt + 8)) });
  const ends = (await Promise.all(stocks.map(stock => stock.ended))) as { code: string; culprit?: number }[];
  t.deepEqual(
    ends.map(end => [end.code, end.culprit]),
    Array(3).fill(['STOCK_CHECK_FAILED', undefined]),
  );
});

for (const [what, change] of [
  ['wants that are malformed', flip(wantsAt, 7)],
  ['a message of another conversation', flip(1)],
  ['a message between two banks where one to all is due', (frame: Uint8Array) => frame.fill(kinds.voleRows, 0, 1)],
  ['an empty frame', () => new Uint8Array(0)],
] as const) {
  test(`a bank that sends ${what} is named`, async t => {
    const { stocks, close } = makeStocks({ banks: 2, onFrame: firstWants(0, 1, change) });
    t.like(await stocks[1].ended, { code: 'DEVIATION', culprit: 0 });
    close();
  });
}

test('a message to all banks where one between two is due names its sender', async t => {
  const onFrame: OnFrame = (from, _to, frame) => {
    if (from === 0 && frame[0] === kinds.productCorrections) frame[0] = kinds.rounds;
    return frame;
  };
  const { stocks, close } = makeStocks({ banks: 2, onFrame });
  t.like(await stocks[1].ended, { code: 'DEVIATION', culprit: 0 });
  close();
});

test('banks with lots of other sizes do not work together', async t => {
  const other: Lots = { ...smallLots, vole: { ...smallLots.vole!, size: 49 } };
  const { stocks, close } = makeStocks({ banks: 2, of: bank => (bank === 0 ? { lots: other } : {}) });
  t.like(await stocks[1].ended, { code: 'DEVIATION' });
  close();
});

// --- real pairs -------------------------------------------------------------------------------------------------------

for (const [banks, pageSize] of [
  [2, 3],
  [3, 1],
  [3, 3],
]) {
  test(`${banks} banks with pages of ${pageSize} make stock over real pairs`, async t => {
    const parties = makeParties(banks, seeded('keys'));
    const channels = memoryNetwork(banks);
    const stocks = await Promise.all(
      parties.map(party =>
        openStock({
          party,
          channel: channels[party.self],
          sessionId: hash('test', Uint8Array.of(banks, pageSize)),
          random: seeded(`bank ${party.self}`),
          network: { pageSize },
          links: new LinkStock(memoryStore(), Uint8Array.of(1)),
          mayStartFresh: true,
          lpn: smallLpn,
          lots: pageSize === 1 ? { vole: smallLots.vole! } : smallLots,
        }),
      ),
    );
    const counts: Positions = pageSize === 1 ? positions(130) : positions(70, 3, 2);
    const reserved = await Promise.all(stocks.map(stock => stock.reserve(start, counts)));
    t.is(broken(parties, reserved, pageSize, counts), undefined);
    for (const stock of stocks) stock.close();
    channels[0].close();
  });
}

/** Time that passes when a test says so. */
class HandClock implements Clock {
  readonly waiting = new Set<() => void>();
  now = () => 0;
  after(_ms: number, call: () => void): () => void {
    this.waiting.add(call);
    return () => void this.waiting.delete(call);
  }
  pass(): void {
    for (const call of [...this.waiting]) call();
  }
}

test('a bank that falls silent inside a lot ends the stock of the others, and nobody is accused', async t => {
  for (const silentAfter of [0, 1, 2, 3]) {
    const clocks = [0, 1, 2].map(() => new HandClock());
    const accused: unknown[] = [];
    let said = Number.NEGATIVE_INFINITY;
    const { stocks, close } = makeStocks({
      banks: 3,
      of: bank => ({ patience: { clock: clocks[bank], ms: 1 }, deviated: error => accused.push(error) }),
      onFrame: (from, _to, frame) => (from === 1 && said++ >= 2 * silentAfter ? undefined : frame),
    });
    t.teardown(close);
    await eventually(() => stocks.every(stock => stock.levels().vole.made >= 60));
    // between two lots all sleep, and are not hurried
    await eventually(() => clocks.every(({ waiting }) => waiting.size === 0));
    said = 0;
    const reserved = [0, 2].map(bank => stocks[bank].reserve(positions(0), { vole: 300, triples: 0, selections: 0 }));
    for (const each of reserved) each.catch(() => {});
    await eventually(() => [0, 2].every(bank => clocks[bank].waiting.size > 0));
    await new Promise(resolve => setTimeout(resolve, 20));
    for (const bank of [0, 2]) clocks[bank].pass();
    for (const bank of [0, 2]) t.like(await stocks[bank].ended, { code: 'TIMED_OUT', facts: { from: 1 } });
    for (const each of reserved) t.like(await t.throwsAsync(each), { code: 'TIMED_OUT' });
    t.deepEqual(accused, []);
  }
});

async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 2));
}
