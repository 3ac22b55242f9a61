/**
 * ./scripts/cheat: one bank of a network cheats, in every way the wire has, one after the other; what comes of each.
 *
 * Exit codes: 0 nothing undetected and nobody wrongly named; 1 otherwise; 2 the call is wrong.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Command, InvalidArgumentError } from 'commander';
import { Exit, runProgram } from '../../node/commands/exit.js';
import { processOutput } from '../../node/commands/output.js';
import type { Task } from './plays.js';
import { describeKinds, describeRow, type Row, summarise } from './table.js';

interface Options {
  readonly banks: readonly number[];
  readonly bank?: number;
  readonly only: string;
  readonly every: boolean;
  readonly jobs: number;
  readonly json: boolean;
  readonly quiet: boolean;
}

async function cheat({ banks, bank, only, every, jobs, json, quiet }: Options): Promise<void> {
  const rows: Row[] = [];
  const say = json ? processOutput.note : processOutput.data;
  const add = (row: Row) => {
    rows.push(row);
    if (!quiet) say(describeRow(row));
  };
  const tasks = banks.flatMap(count =>
    Array.from({ length: count }, (_, cheater) => ({ banks: count, cheater, every, only })),
  );
  // the longest first
  const queue = tasks.filter(({ cheater }) => bank === undefined || cheater === bank).reverse();
  await Promise.all(Array.from({ length: Math.min(jobs, queue.length) }, () => work(queue, add)));
  for (const line of ['', ...describeKinds(rows)]) say(line);
  const summary = summarise(rows);
  processOutput.data(JSON.stringify(summary));
  if (summary.undetected + summary.wronglyNamed + summary.unexpected > 0) throw new Exit(1);
}

/** One thread, until the queue is empty. */
async function work(queue: Task[], add: (row: Row) => void): Promise<void> {
  const thread = new Worker(new URL('./worker.js', import.meta.url));
  try {
    for (let task = queue.shift(); task; task = queue.shift()) {
      const ended = new Promise<void>((resolve, reject) => {
        thread.removeAllListeners();
        thread.on('message', (told: Row | 'done') => (told === 'done' ? resolve() : add(told)));
        thread.on('error', reject);
      });
      thread.postMessage(task);
      await ended;
    }
  } finally {
    await thread.terminate();
  }
}

const sizes = (value: string) =>
  value.split(',').map(part => {
    if (!/^[2-4]$/.test(part)) throw new InvalidArgumentError('expected numbers from 2 to 4, with commas between.');
    return Number(part);
  });

const place = (value: string) => {
  if (!/^[0-3]$/.test(value)) throw new InvalidArgumentError('expected a roster index.');
  return Number(value);
};

const count = (value: string) => {
  if (!/^[1-9]$/.test(value)) throw new InvalidArgumentError('expected a number from 1 to 9.');
  return Number(value);
};

const pattern = (value: string) => {
  try {
    return new RegExp(value).source;
  } catch {
    throw new InvalidArgumentError('expected a regular expression.');
  }
};

const program = new Command('cheat')
  .description('let one bank of a network cheat in every message and every field of it, and see what comes of it')
  .option('--banks <sizes>', 'networks of so many banks', sizes, [2, 3, 4])
  .option('--bank <index>', 'only this one cheats (default: each in turn)', place)
  .option('--only <pattern>', 'deviations whose name matches', pattern, '')
  .option(
    '--every',
    'every deviation in every place; without it they take turns over the places of three and four banks',
    false,
  )
  .option('--jobs <count>', 'threads', count, Math.min(4, availableParallelism()))
  .option('--quiet', 'only the table by kind of message', false)
  .option('--json', 'print nothing but one JSON object on standard output', false)
  .addHelpText(
    'after',
    `
Examples:
  $ ./scripts/cheat
  $ ./scripts/cheat --banks 3 --bank 1 --only 'coin'
  $ ./scripts/cheat --every --quiet --json`,
  )
  .action((options: Options) => cheat(options));

process.exitCode = await runProgram(program, process.argv.slice(2), processOutput);
