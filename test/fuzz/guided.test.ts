/** The search led by coverage finds what it is there for, and says over which input a thread was lost. */
import test from 'ava';
import { Coverage, holds, ranOf, Seen } from './guided/coverage.js';
import { Dice, mutate, wordsOf } from './guided/mutate.js';
import { deep, targets } from './guided/planted.js';
import { runTarget } from './guided/run-target.js';
import { placeOf, Search, type SearchOptions, trim, usualBounds } from './guided/search.js';
import type { FuzzTarget } from './target.js';

const planted = (name: string) => targets.find(target => target.name === name) as FuzzTarget;
const from = new URL(import.meta.url.endsWith('.js') ? 'guided/planted.js' : 'guided/planted.ts', import.meta.url).href;

async function search(name: string, options: Partial<SearchOptions> = {}) {
  const coverage = new Coverage(url => url.includes('/guided/planted.'));
  const about = () => {};
  const common = { target: planted(name), seed: 1, seconds: 600, inputsMax: 0, corpus: [], words: [], about };
  try {
    return await new Search({ ...common, ...options }, coverage).run();
  } finally {
    coverage.close();
  }
}

test.serial('a fault behind three bytes is found step by step, and its input trimmed to them', async t => {
  const { findings, corpus, executions } = await search('deep', { inputsMax: 400_000, findingsMax: 1 });
  t.deepEqual(
    findings.map(({ kind }) => kind),
    ['fault'],
    `${executions}`,
  );
  t.is(new TextDecoder().decode(findings[0].bytes), 'Cov');
  t.true(corpus.length >= 2);
  const again = await search('deep', { corpus });
  t.is(again.fresh, 0, 'what is known is no news');
});

test.serial('without coverage the same search does not find it', async t => {
  const dice = new Dice(1);
  const [sample] = planted('deep').samples;
  let found = 0;
  for (let k = 0; k < 100_000; k++) {
    try {
      deep(mutate(sample, sample, dice, { words: [], bytesMax: 100 }).slice());
    } catch (error) {
      if (error instanceof RangeError) found++;
    }
  }
  t.is(found, 0);
});

test.serial('an input that takes the CPU, and one that takes memory, are findings', async t => {
  const busy = await search('busy', { bounds: { ...usualBounds, slowMs: 40 } });
  t.deepEqual([busy.findings.length, busy.findings[0].kind], [1, 'slow']);
  const large = await search('large', { bounds: { ...usualBounds, memoryBytes: 8 * 1024 * 1024 } });
  t.deepEqual([large.findings.length, large.findings[0].kind], [1, 'memory']);
  t.is((await search('large')).findings.length, 0);
});

test.serial('an input that never ends is named by who watches', async t => {
  const { findings } = await runTarget({ name: 'endless', from, seed: 1, seconds: 1, endlessMs: 300 });
  t.deepEqual([...new Set(findings.map(({ kind }) => kind))], ['endless']);
  t.deepEqual([...findings[0].bytes], [2, 3]);
});

test.serial('an input that takes all memory is named by who watches', async t => {
  const { findings } = await runTarget({ name: 'greedy', from, seed: 1, seconds: 1, heapMegabytes: 64 });
  t.deepEqual([...new Set(findings.map(({ kind }) => kind))], ['crash']);
  t.deepEqual([...findings[0].bytes], [4, 5]);
});

test('ranges are told apart from the outside in', t => {
  const range = (startOffset: number, endOffset: number, count: number) => ({ startOffset, endOffset, count });
  const ran = ranOf([range(10, 18, 3), range(12, 16, 0), range(13, 14, 1)]);
  t.deepEqual([...ran], [1, 1, 0, 1, 0, 0, 1, 1]);
  const seen = new Seen();
  const area = new Map([['f', ran]]);
  t.deepEqual(
    seen.news(area).map(({ at }) => at),
    [0, 3, 6],
  );
  seen.add(area);
  t.deepEqual(seen.news(area), []);
  t.deepEqual([seen.functions, seen.characters], [1, 5]);
  t.true(holds(area, [{ name: 'f', at: 3 }]));
  t.false(holds(area, [{ name: 'f', at: 4 }]) || holds(area, [{ name: 'g', at: 0 }]));
});

test('mutants differ, stay within their bound, and are the same for the same seed', t => {
  const options = { words: wordsOf("const kind = 'settled';"), bytesMax: 40 };
  t.deepEqual(options.words, [new TextEncoder().encode('settled')]);
  const sample = Uint8Array.from({ length: 30 }, (_, k) => k);
  const all = (seed: number) => {
    const dice = new Dice(seed);
    return Array.from({ length: 500 }, () => Buffer.from(mutate(sample, sample, dice, options)).toString('hex'));
  };
  const mutants = all(1);
  t.deepEqual(mutants, all(1));
  t.notDeepEqual(mutants, all(2));
  t.true(new Set(mutants).size > 450);
  t.true(mutants.every(each => each.length <= 80));
  t.true(mutants.some(each => each.includes(Buffer.from('settled').toString('hex'))));
});

test('what is not needed is trimmed away; findings of one line are one', async t => {
  const needed = async (bytes: Uint8Array) => bytes.includes(7) && bytes.includes(9);
  t.deepEqual(
    [
      ...(await trim(
        Uint8Array.from({ length: 60 }, (_, k) => k),
        needed,
      )),
    ],
    [7, 9],
  );
  const why = (line: number) => `RangeError: x\n    at f (file:///a/src/codec/reader.ts:${line}:3)`;
  t.is(placeOf({ kind: 'fault', why: why(3), bytes: new Uint8Array() }), 'src/codec/reader.ts:3');
  t.is(placeOf({ kind: 'slow', why: '', bytes: new Uint8Array() }), 'slow');
});
