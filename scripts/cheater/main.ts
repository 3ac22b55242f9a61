/**
 * ./scripts/cheat: one bank of a network cheats, in every way the wire has, one after the other; what comes of each.
 *
 * Exit codes: 0 nothing undetected and nobody wrongly named; 1 otherwise; 2 the call is wrong.
 */
import { Command, InvalidArgumentError } from 'commander';
import { Exit, runProgram } from '../../node/commands/exit.js';
import { processOutput } from '../../node/commands/output.js';
import { casesOf, recordings } from './cases.js';
import { nameOf } from './deviations.js';
import { play } from './play.js';
import { strategies } from './strategies.js';
import { describeKinds, describeRow, type Row, rowOf, summarise } from './table.js';

interface Options {
  readonly banks: readonly number[];
  readonly bank?: number;
  readonly only?: RegExp;
  readonly every: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
}

async function cheat({ banks, bank, only, every, json, quiet }: Options): Promise<void> {
  const rows: Row[] = [];
  const say = json ? processOutput.note : processOutput.data;
  const add = (row: Row) => {
    rows.push(row);
    if (!quiet) say(describeRow(row));
  };
  const places = bank === undefined ? undefined : [bank];
  for await (const recording of recordings(banks, places)) {
    for (const each of casesOf(recording, every)) {
      if (only && !only.test(nameOf(each.deviation))) continue;
      const result = await play(each.stage, each.story, each.cheater, each.deviation);
      if (result.done > 0) add(rowOf(each, result));
    }
  }
  for (const count of banks) {
    for (let cheater = 0; cheater < count; cheater++) {
      if (places && !places.includes(cheater)) continue;
      for (const strategy of strategies) {
        if (count < strategy.banksMin || count > (strategy.banksMax ?? count) || (only && !only.test(strategy.name)))
          continue;
        for (const row of await strategy.run(count, cheater)) add(row);
      }
    }
  }
  for (const line of ['', ...describeKinds(rows)]) say(line);
  const summary = summarise(rows);
  processOutput.data(JSON.stringify(summary));
  if (summary.undetected + summary.wronglyNamed + summary.unexpected > 0) throw new Exit(1);
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

const pattern = (value: string) => {
  try {
    return new RegExp(value);
  } catch {
    throw new InvalidArgumentError('expected a regular expression.');
  }
};

const program = new Command('cheat')
  .description('let one bank of a network cheat in every message and every field of it, and see what comes of it')
  .option('--banks <sizes>', 'networks of so many banks', sizes, [2, 3, 4])
  .option('--bank <index>', 'only this one cheats (default: each in turn)', place)
  .option('--only <pattern>', 'deviations whose name matches', pattern)
  .option(
    '--every',
    'every deviation in every place; without it they take turns over the places of three and four banks',
    false,
  )
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
