/** The day in memory: minutes, bounds, gaps, and counts that say no more than they should. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { rough, roughTotal, twoDigits } from '../../../node/console/discretion.js';
import { RecentEvents, shownEvents } from '../../../node/console/events.js';
import { History } from '../../../node/console/history.js';
import { Growth, Waits } from '../../../node/console/waits.js';
import { consoleEventsMax, consoleMinutesMax } from '../../../src/limits.js';
import { memoryLog } from '../gateway/fake-bank.js';
import { root } from '../real-processes.js';
import { look, testClock } from './world.js';

const settled = (count: number) => Array.from({ length: count }, () => ({ kind: 'settled', pi: 0 }) as const);
const minute = 60_000;

test('one to four are few, whatever they are of, and sums grow in steps', t => {
  t.deepEqual([0, 1, 4, 5, 123].map(rough), [0, 'few', 'few', 5, 123]);
  t.deepEqual([0, 1, 4, 5, 9, 10, 123].map(roughTotal), [0, 'few', 'few', 5, 5, 10, 120]);
  t.deepEqual([0, 7, 1_234_567, 0.0123].map(twoDigits), [0, 7, 1_200_000, 0.012]);
});

test('a lone payment cannot be told from four, in no minute, rate or sum', t => {
  const told = [1, 2, 3, 4].map(count => {
    const history = new History(0);
    history.record(1_000, settled(count));
    history.look(2_000, { ...look, queue: count });
    history.look(minute, look);
    return JSON.stringify([history.minutes, history.totals(), history.perSecond(3_000)]);
  });
  t.is(new Set(told).size, 1);
});

test('a minute is complete when the next begins, and says the worst that was seen in it', t => {
  const history = new History(5_000);
  history.record(6_000, [...settled(6), { kind: 'rejected', reason: 'proof' }, { kind: 'revealed', y: 1n }]);
  for (const ms of [100, 300, 200]) history.latency(6_000, ms);
  t.is(history.look(7_000, { ...look, queue: 40, stockSeconds: 3 }), undefined);
  history.look(8_000, { ...look, connected: 0, isAble: false, stockSeconds: 9 });
  const sample = history.look(minute, look);
  t.deepEqual(sample, {
    at: 0,
    decided: 8,
    blocks: 'few',
    rejected: 'few',
    p50Ms: 200,
    p95Ms: 300,
    queue: 40,
    connected: 0,
    stockSeconds: 3,
    memoryBytes: 1,
    dataBytes: null,
    diskFreeBytes: null,
    able: 0.5,
  });
  t.deepEqual(history.minutes, [sample]);
  t.is(history.rejectedLately('proof', 60), 1);
});

test('a minute that ends with a record or a latency is told as any other', t => {
  const history = new History(0);
  history.look(0, look);
  history.record(minute, settled(6));
  t.is(history.look(minute, look)?.at, 0);
  t.is(history.look(minute + 1_000, look), undefined);
  history.latency(2 * minute, 100);
  t.is(history.look(2 * minute, look)?.at, minute);
});

test('a day is remembered and no more, and a time without looks is missing, not empty', t => {
  const history = new History(0);
  for (let m = 0; m <= consoleMinutesMax + 3; m++) history.look(m * minute, look);
  t.is(history.minutes.length, consoleMinutesMax);
  t.is(history.minutes[0].at, 3 * minute);
  const gap = new History(0);
  gap.look(0, look);
  gap.look(10 * minute, look);
  gap.look(11 * minute, look);
  t.deepEqual(
    gap.minutes.map(({ at }) => at / minute),
    [0, 10],
  );
});

test('what is older than a day is forgotten, however few minutes there are', t => {
  const history = new History(0);
  history.look(0, look);
  history.look(minute, look);
  const later = consoleMinutesMax * minute;
  history.look(later, look);
  t.is(history.minutes.length, 2, 'the first is a day old');
  history.look(later + minute, look);
  t.deepEqual(
    history.minutes.map(({ at }) => at),
    [minute, later],
  );
});

test('a day that is restored goes on: sums count it, and its last minute is not told again', t => {
  const before = new History(0);
  before.record(1_000, settled(7));
  before.look(1_000, look);
  before.look(minute, look);
  before.look(2 * minute, look);
  const after = new History(2 * minute + 30_000);
  after.restore(before.past);
  t.deepEqual(after.minutes, before.minutes);
  t.is(after.totals().since, 0);
  t.is(after.totals().settled, 5);
  t.is(after.look(2 * minute + 31_000, look), undefined);
  after.record(2 * minute + 32_000, settled(8));
  t.is(after.totals().settled, 15, 'in steps of five of the exact sum');
  t.is(after.look(3 * minute, look)?.at, 2 * minute);
});

test('of a day that is restored, minutes of another day and minutes to come are left out', t => {
  const history = new History(0);
  for (const m of [0, 1, 2, 3]) history.look(m * minute, look);
  const ats = (now: number) => {
    const restored = new History(now);
    restored.restore(history.past);
    return restored.minutes.map(({ at }) => at / minute);
  };
  t.deepEqual(ats(consoleMinutesMax * minute + minute), [1, 2]);
  t.deepEqual(ats(1.5 * minute), [0], 'a clock that was put back');
  t.deepEqual(ats(3 * consoleMinutesMax * minute), []);
});

test('latency now forgets what is old', t => {
  const history = new History(0);
  history.latency(0, 70);
  t.deepEqual(history.latencyNow(1_000), { p50Ms: 70, p95Ms: 70 });
  t.is(history.latencyNow(11 * minute), undefined);
});

test('every event that the console shows is one that a bank logs', t => {
  const sources = ['src', 'node'].flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts') && !name.endsWith('events.ts'))
      .map(name => readFileSync(join(root, folder, name), 'utf8')),
  );
  t.deepEqual(
    [...shownEvents].filter(event => !sources.some(text => text.includes(`'${event}'`))),
    [],
  );
});

test('a wait counts from when it began, and anew when it was interrupted', t => {
  const clock = testClock();
  const waits = new Waits(clock);
  t.is(waits.seconds('a', true), 0);
  clock.ms += 12_000;
  t.is(waits.seconds('a', true), 12);
  t.is(waits.seconds('a', false), 0);
  t.is(waits.seconds('a', true), 0);
});

test('growth is of the last hour, and what was there at the first look is none', t => {
  const clock = testClock();
  const growth = new Growth(clock, 3_600_000);
  t.deepEqual(
    [7, 7, 9].map(value => growth.look(value)),
    [0, 0, 2],
  );
  clock.ms += 3_600_000;
  t.is(growth.look(9), 0);
});

test('events are those of operators: no commit gives a record a time, and no stack a file', t => {
  const lines = memoryLog();
  const events = new RecentEvents(() => 5);
  const log = events.listen(lines);
  log.info('committed', { height: 3, envelopes: 1 });
  log.info('envelope refused', { code: 'EXPIRED' });
  log.warn('internal error', { why: 'disk', where: '/secret/place.js:1' });
  t.deepEqual(events.all, [{ at: 5, level: 'warn', event: 'internal error', facts: { why: 'disk' } }]);
  t.is(lines.lines.length, 3, 'the log itself has all');
  for (let i = 0; i < 2 * consoleEventsMax; i++) log.info('link up', { bank: `b${i}` });
  t.is(events.all.length, consoleEventsMax);
  t.is(events.all[0].facts.bank, `b${2 * consoleEventsMax - 1}`);
});
