/** The statistics on times that were made up, and that every operation runs on inputs of both classes. Nothing is timed here. */
import test from 'ava';
import { operations } from '../../../scripts/dudect/operations.js';
import { leakage, leaks, suspicious, welch } from '../../../scripts/dudect/welch.js';
import { hash, seededRandom, utf8 } from '../../../src/crypto/index.js';

const count = 20_000;

/** Times as a machine gives them: a body, and one in ten far above it. `by`: added to class 1. */
function madeUp(by: (class1: boolean, isTail: boolean) => number, seed: string) {
  const random = seededRandom(hash('test/dudect', utf8(seed)));
  const words = new Uint32Array(random.bytes(4 * 5 * count).buffer);
  let at = 0;
  const draw = () => words[at++] / 2 ** 32;
  const classes = Uint8Array.from({ length: count }, () => Number(draw() < 0.5));
  const times = Float64Array.from(classes, inputClass => {
    const isTail = draw() < 0.1;
    return 1000 + 50 * (draw() + draw()) + (isTail ? 50_000 * draw() : 0) + by(inputClass === 1, isTail);
  });
  return { times, classes };
}

test('times that do not depend on the class are not told apart', t => {
  for (const seed of ['a', 'b', 'c', 'd', 'e']) {
    const { times, classes } = madeUp(() => 0, seed);
    t.true(Math.abs(leakage(times, classes).t) < suspicious);
  }
});

test('a few nanoseconds are found below a tail that hides them', t => {
  const { times, classes } = madeUp((class1, isTail) => (class1 && !isTail ? 5 : 0), 'leak');
  t.true(Math.abs(welch(times, classes, Number.POSITIVE_INFINITY).t) < suspicious);
  const { t: found, difference, kept } = leakage(times, classes);
  t.true(found > leaks);
  t.true(difference > 2 && difference < 8);
  t.true(kept > 500);
});

test('the sign says which class takes longer', t => {
  const { times, classes } = madeUp(class1 => (class1 ? -20 : 0), 'sign');
  t.true(leakage(times, classes).t < -leaks);
});

test('t is that of the text', t => {
  // means 2 and 5, variances 1 and 4, three of each
  const times = Float64Array.of(1, 2, 3, 3, 5, 7);
  const classes = Uint8Array.of(0, 0, 0, 1, 1, 1);
  const { t: found, difference } = welch(times, classes, 100);
  t.is(difference, 3);
  t.true(Math.abs(found - 3 / Math.sqrt(1 / 3 + 4 / 3)) < 1e-12);
  t.is(welch(times, Uint8Array.of(0, 0, 0, 0, 0, 1), 100).t, 0);
});

test('every operation runs on inputs of both classes', async t => {
  t.is(new Set(operations.map(({ name }) => name)).size, operations.length);
  t.is(operations.filter(({ promise }) => promise === 'control').length, 1);
  for (const { prepare, name } of operations) {
    const { load, run } = await prepare();
    for (const inputClass of [0, 1] as const) {
      load(inputClass, 3);
      await t.notThrowsAsync(async () => run(), name);
    }
  }
});
