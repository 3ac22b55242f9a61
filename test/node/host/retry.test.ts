/** Attempts: soon after news, ever rarer without success, none when not wanted. */
import test from 'ava';
import { Retry } from '../../../node/host/retry.js';
import { manualClock, quiet } from './fake.js';

function world() {
  const clock = manualClock();
  const at: number[] = [];
  const state = { wanted: true };
  const retry = new Retry({
    clock,
    log: quiet,
    what: 'a test',
    graceMs: 0,
    wanted: () => state.wanted,
    attempt: async () => {
      at.push(clock.now());
      throw new Error('nobody is there');
    },
  });
  const pass = async (ms: number) => {
    for (let i = 0; i < ms; i += 10) {
      clock.pass(10);
      await null;
      await null;
      await null;
    }
  };
  return { retry, at, state, pass };
}

test('attempts come ever rarer, and never stop', async t => {
  const { retry, at, pass } = world();
  retry.soon();
  await pass(60_000);
  const gaps = at.slice(1).map((time, i) => time - at[i]);
  t.true(at[0] <= 60);
  t.true(gaps[0] < 250 && gaps.every(gap => gap <= 5_020));
  t.true(gaps.slice(7).every(gap => gap >= 2_500));
  t.true(at.length > 12);
});

test('news make it try at once, from the shortest delay on', async t => {
  const { retry, at, pass } = world();
  retry.soon();
  await pass(30_000);
  const count = at.length;
  retry.soon();
  await pass(70);
  t.is(at.length, count + 1);
});

test('nothing is tried that is not wanted, or after the end', async t => {
  const { retry, at, state, pass } = world();
  state.wanted = false;
  retry.soon();
  await pass(1_000);
  t.is(at.length, 0);
  state.wanted = true;
  retry.soon();
  retry.stop();
  retry.again();
  await pass(10_000);
  t.is(at.length, 0);
});
