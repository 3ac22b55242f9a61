/**
 * The thread of one search. It writes every input into shared memory before it judges it, so that whoever started it knows
 * over which one it stopped or died.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { FuzzTarget } from '../target.js';
import { Coverage } from './coverage.js';
import { readInputs, root, slugOf } from './folders.js';
import { wordsOf } from './mutate.js';
import type { ThreadOptions } from './run-target.js';
import { Search } from './search.js';

const { name, seed, seconds, journal, from } = workerData as ThreadOptions;
const { targets } = (await import(from)) as { targets: readonly FuzzTarget[] };
const target = targets.find(each => each.name === name);
if (!target) throw new Error(`no target ${name}`);

const { counts, bytes: last } = journal;
const coverage = new Coverage(url => /\/(src|node)\/[\w./-]+\.[jt]s$/.test(url) && !url.includes('node_modules'));
const sources = new Set(target.covers.map(each => each.split(' ')[0]));
const search = new Search(
  {
    target,
    seed,
    seconds,
    corpus: readInputs('corpus', slugOf(name)).map(({ bytes }) => bytes),
    words: [...sources].flatMap(file => wordsOf(readFileSync(join(root, file), 'utf8'))),
    about: bytes => {
      last.set(bytes.subarray(0, last.length));
      Atomics.store(counts, 1, Math.min(bytes.length, last.length));
      Atomics.add(counts, 0, 1);
    },
  },
  coverage,
);
parentPort?.postMessage(await search.run());
coverage.close();
