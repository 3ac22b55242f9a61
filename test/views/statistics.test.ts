/** The statistics of the views against known distributions. */
import test from 'ava';
import { seededRandom, utf8 } from '../../src/crypto/index.js';
import { P } from '../../src/field/index.js';
import { BitCounts, criticalAccuracy, criticalGap, Distinguisher, ElementCounts, logTail } from './statistics.js';
import { type Class, classes } from './stories.js';

const random = () => seededRandom(utf8('test/statistics'));

/** P(D >= k/N) for a continuous distribution: over all orders in which 2N values may stand, every one as likely. */
function tailByEnumeration(N: number, k: number): number {
  let [all, far] = [0, 0];
  const walk = (zeros: number, ones: number, largest: number): void => {
    const now = Math.max(largest, Math.abs(zeros - ones));
    if (zeros === N && ones === N) {
      all++;
      if (now >= k) far++;
      return;
    }
    if (zeros < N) walk(zeros + 1, ones, now);
    if (ones < N) walk(zeros, ones + 1, now);
  };
  walk(0, 0, 0);
  return far / all;
}

test('the bound on the tail of D holds for every sample of up to 7 and 7, and is tight far out', t => {
  for (let N = 1; N <= 7; N++) {
    for (let k = 1; k <= N; k++) {
      const exact = tailByEnumeration(N, k);
      const bound = Math.exp(logTail(N, k));
      t.true(bound >= exact - 1e-12);
      if (2 * k > N) t.true(bound < 1.0001 * exact);
    }
  }
});

test('critical values fall with the number of runs and rise with that of features', t => {
  t.true(criticalGap(100, 1000, 1e-6) < criticalGap(50, 1000, 1e-6));
  t.true(criticalGap(100, 1_000_000, 1e-6) > criticalGap(100, 1000, 1e-6));
  t.true(criticalGap(5, 1000, 1e-6) > 1);
  t.true(criticalAccuracy(400, 1e-6) < criticalAccuracy(40, 1e-6));
});

/** Views of uniform bytes; `leak` changes some of them by class. */
function* samples(runs: number, bytes: number, leak: (view: Uint8Array, story: Class, draw: () => number) => void) {
  const source = random();
  for (let run = 0; run < runs; run++) {
    for (const story of classes) {
      const view = source.bytes(bytes);
      leak(view, story, () => source.bytes(1)[0] / 256);
      yield { run, story, view };
    }
  }
}

const runs = 200;
const bytes = 433;

function play(leak: Parameters<typeof samples>[2], kind: 'all' | 'best') {
  const counts = new BitCounts(bytes);
  const all = new BitCounts(bytes);
  let distinguisher: Distinguisher | undefined;
  for (const { run, story, view } of samples(runs, bytes, leak)) {
    if (run < runs / 2) counts.add(story, view);
    else distinguisher ??= new Distinguisher(counts, kind);
    all.add(story, view);
    distinguisher?.play(story, view);
  }
  return { gap: all.gap(), accuracy: distinguisher?.accuracy ?? 0, guesses: distinguisher?.guesses };
}

test('uniform views are not told apart', t => {
  for (const kind of ['all', 'best'] as const) {
    const { gap, accuracy, guesses } = play(() => {}, kind);
    t.is(gap.features, 8 * bytes);
    t.true(gap.largest < criticalGap(runs, gap.features, 1e-6));
    t.true(accuracy < criticalAccuracy(runs / 2, 1e-6));
    t.is(guesses, runs);
  }
});

test('one bit that is set more often in one class is found, and where', t => {
  const { gap, accuracy } = play((view, story, draw) => {
    view[100] = (view[100] & ~4) | (draw() < (story === 1 ? 0.95 : 0.05) ? 4 : 0);
  }, 'best');
  t.is(gap.at, 802);
  t.true(gap.largest >= criticalGap(runs, gap.features, 1e-6));
  t.true(accuracy >= criticalAccuracy(runs / 2, 1e-6));
});

test('many bits that differ too little for any one of them are found together', t => {
  const { gap, accuracy } = play((view, story, draw) => {
    if (story === 1) for (let i = 0; i < bytes; i++) if (draw() < 0.12) view[i] |= 0x55;
  }, 'all');
  t.true(gap.largest < criticalGap(runs, gap.features, 1e-6));
  t.true(accuracy >= criticalAccuracy(runs / 2, 1e-6));
});

test('elements of either sign and of every size are told apart, uniform ones are not', t => {
  const compare = (zero: () => bigint, one: () => bigint) => {
    const counts = new ElementCounts(1);
    for (let run = 0; run < runs; run++) {
      counts.add(0, [zero()]);
      counts.add(1, [one()]);
    }
    return counts.gap().largest;
  };
  const source = random();
  const uniform = () => new DataView(source.bytes(8).buffer).getBigUint64(0, true) & (P - 1n);
  t.is(
    compare(
      () => 3n,
      () => 900n,
    ),
    1,
  );
  t.is(
    compare(
      () => P - 3n,
      () => P - 900n,
    ),
    1,
  );
  t.is(
    compare(
      () => 0n,
      () => P - 1n,
    ),
    1,
  );
  t.true(compare(uniform, uniform) < criticalGap(runs, 1, 1e-6));
  t.true(compare(uniform, () => uniform() >> 2n) >= criticalGap(runs, 1, 1e-6));
});
