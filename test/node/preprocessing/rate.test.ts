/** Rates that operators see. */
import test from 'ava';
import { Rate } from '../../../node/preprocessing/rate.js';

test('a rate is of the last half minute, and of the time since its start while that is shorter', t => {
  let now = 5_000;
  const rate = new Rate(() => now);
  t.is(rate.perSecond(), 0);
  rate.add(10);
  t.is(rate.perSecond(), 10, 'less than a second counts as one');
  now += 10_000;
  t.is(rate.perSecond(), 1);
  rate.add(20);
  rate.add(30);
  t.is(rate.perSecond(), 6);
  now += 19_999;
  t.is(Math.round(rate.perSecond()), 2);
  now += 1;
  t.is(rate.perSecond(), 50 / 30, 'the first second is forgotten');
  now += 10_000;
  t.is(rate.perSecond(), 0);
});
