/**
 * ./scripts/views: what n-1 banks see, compared over many runs of two stories that differ in everything secret, for several numbers
 * of banks, page sizes, honest banks and explicit banks, at the level of blocks and of whole banks; and the positive controls.
 *
 * Exit codes: 0 the views are alike, and every control was told apart; 1 not so; 2 the call is wrong.
 */
import { Command, InvalidArgumentError } from 'commander';
import { Exit, runProgram } from '../../node/commands/exit.js';
import { printJson, processOutput } from '../../node/commands/output.js';
import { bankView } from './bank-view.js';
import { blockView, type Configuration } from './block-view.js';
import { alpha, type Comparison, compareViews } from './comparison.js';
import { flaws } from './flaws.js';

interface ViewsOptions {
  readonly runs: number;
  readonly seed: string;
  readonly json: boolean;
}

/** Every honest bank, and the packet in full at it and at another. */
const configurations: readonly Configuration[] = [
  [2, 1],
  [2, 3],
  [2, 10],
  [3, 1],
  [3, 3],
  [4, 3],
].flatMap(([banks, pageSize]) =>
  Array.from({ length: banks }, (_, honest) => ({
    banks,
    pageSize,
    honest,
    explicit: (honest + (pageSize % 2)) % banks,
  })),
);

/** Controls leak in every run: they need no more. */
const controlRuns = 32;
const control: Configuration = { banks: 2, pageSize: 3, honest: 0, explicit: 1 };

async function views({ runs, seed, json }: ViewsOptions): Promise<void> {
  const started = performance.now();
  const compared: object[] = [];
  let wrong = 0;
  const add = (level: string, c: Configuration, comparison: Comparison, isWrong: boolean) => {
    compared.push({ level, ...c, ...comparison });
    if (isWrong) wrong++;
    const { findings, otherShape, toldBy } = comparison;
    const figures = findings.map(f => `${f.test} ${f.found.toFixed(3)} of ${f.critical.toFixed(3)}`).join(', ');
    const where = `n = ${c.banks}, K = ${c.pageSize}, honest ${c.honest}, explicit ${c.explicit}`;
    processOutput.note(`${level}, ${where}: ${otherShape ?? figures}; told by: ${toldBy.join(', ') || 'nothing'}`);
  };
  for (const c of configurations) {
    const name = `${seed} ${JSON.stringify(c)}`;
    const block = await compareViews(runs, (story, run) => blockView(c, story, `${name} ${run} ${story}`));
    add('blocks', c, block, block.toldBy.length > 0);
    const bank = await compareViews(runs, (story, run) => bankView(c, story, `${name} ${run} ${story}`));
    add('banks', c, bank, bank.toldBy.length > 0);
  }
  for (const { name, toldBy, ...flaw } of flaws) {
    const view = (story: 0 | 1, run: number) => blockView(control, story, `${seed} ${run} ${story}`, flaw);
    const comparison = await compareViews(controlRuns, view);
    add(`control: ${name}`, control, comparison, !toldBy.every(each => comparison.toldBy.includes(each)));
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  if (json) printJson(processOutput, { runsOfEach: runs, alpha, wrong, seconds, compared });
  else processOutput.data(`${compared.length} comparisons, ${wrong} wrong, ${seconds} s`);
  if (wrong > 0) throw new Exit(1);
}

function parseRuns(text: string): number {
  if (!/^\d{2,4}$/.test(text) || Number(text) < controlRuns)
    throw new InvalidArgumentError('expected 32 to 9999 runs.');
  return 2 * Math.ceil(Number(text) / 2);
}

const program = new Command('views')
  .description('compare what n-1 banks see of two stories that differ in everything secret')
  .option('--runs <n>', 'runs of each story and configuration', parseRuns, 100)
  .option('--seed <text>', 'of all that is drawn', 'views')
  .option('--json', 'print one JSON object as the last line of standard output')
  .action(async (given: ViewsOptions) => views(given));

process.exitCode = await runProgram(program, process.argv.slice(2), processOutput);
