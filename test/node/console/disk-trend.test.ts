/** When a disk is full is said where the day carries it, and nowhere else. */
import test from 'ava';
import { diskFullInDays } from '../../../node/console/disk-trend.js';

const minuteMs = 60_000;
const day = 24 * 60;
const megabyte = 1e6;

/** `free`: megabytes at each minute; nothing: not known. */
const minutesOf = (count: number, free: (minute: number) => number | null) =>
  Array.from({ length: count }, (_, i) => {
    const known = free(i);
    return { at: i * minuteMs, diskFreeBytes: known === null ? null : Math.floor(known) * megabyte };
  });

test('a disk that loses a gigabyte a day from ten is full in nine', t => {
  t.is(diskFullInDays(minutesOf(day, i => 10_000 - (1_000 * i) / day)), 9);
});

test('six hours are enough, less is not', t => {
  const falling = (i: number) => 1_000 - i;
  t.is(diskFullInDays(minutesOf(360, falling)), 1);
  t.is(diskFullInDays(minutesOf(359, falling)), null);
  t.is(diskFullInDays([]), null);
});

test('a disk that stands still, breathes, or gets emptier is full at no time', t => {
  t.is(diskFullInDays(minutesOf(day, () => 5_000)), null);
  t.is(diskFullInDays(minutesOf(day, i => 5_000 + i)), null);
  t.is(diskFullInDays(minutesOf(day, i => 5_000 - 500 * Math.sin(i / 200))), null);
  t.is(diskFullInDays(minutesOf(day, i => (i < day / 2 ? 5_000 - i : 6_000 - i))), null, 'somebody has made room');
});

test('one large file gives no rate, and does not change that of steady growth', t => {
  const jump = (i: number) => (i > 700 ? 20_000 : 0);
  t.is(diskFullInDays(minutesOf(day, i => 50_000 - jump(i))), null);
  t.is(diskFullInDays(minutesOf(day, i => 50_000 - jump(i) - (1_000 * i) / day)), 29);
});

test('what is more than a year away is not said', t => {
  t.is(diskFullInDays(minutesOf(day, i => 500_000 - (100 * i) / day)), null);
});

test('a day that is known in pieces carries no rate; small gaps do not matter', t => {
  const falling = (i: number) => 10_000 - i;
  t.is(diskFullInDays(minutesOf(day, i => (i > 300 && i < 700 ? null : falling(i)))), null);
  t.is(diskFullInDays(minutesOf(day, i => (i % 60 < 10 ? null : falling(i)))), 6);
});
