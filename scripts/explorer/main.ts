/**
 * ./scripts/explore: every state that honest banks' agreement can reach within bounds, and what each rule is for.
 *
 * Exit codes: 0 explored whole and nothing found (with --rules: something found for each); 1 otherwise; 2 the call is wrong.
 */
import { Command, InvalidArgumentError } from 'commander';
import { Exit, runProgram } from '../../node/commands/exit.js';
import { printJson, processOutput } from '../../node/commands/output.js';
import { type Bounds, small } from './bounds.js';
import type { Result } from './exploration.js';
import { loadModel } from './loader.js';
import { mutants } from './mutants.js';

interface Options extends Bounds {
  readonly states: number;
  readonly rules?: true;
  readonly json?: true;
}

const whole = (min: number, max: number) => (value: string) => {
  const number = Number(value);
  if (!/^[0-9]{1,8}$/.test(value) || number < min || number > max) {
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}.`);
  }
  return number;
};

const program = new Command('explore')
  .description('every state of the agreement of honest banks, within bounds: no fork, nothing twice, nothing stuck')
  .option('--banks <n>', 'banks', whole(2, 3), small.banks)
  .option('--envelopes <n>', 'envelopes', whole(0, 3), small.envelopes)
  .option(
    '--early <n>',
    'of them at every bank from the start; the others arrive at any time',
    whole(0, 3),
    small.early,
  )
  .option('--crashes <n>', 'banks crash so often, at any point', whole(0, 3), small.crashes)
  .option('--breaks <n>', 'the session breaks so often', whole(0, 3), small.breaks)
  .option('--timeouts <n>', 'a step takes too long so often', whole(0, 3), small.timeouts)
  .option('--overlap', 'blocks overlap', small.overlap)
  .option('--heights <n>', 'heights', whole(1, 9), small.heights)
  .option('--attempts <n>', 'attempts at each', whole(1, 9), small.attempts)
  .option('--rounds <n>', 'rounds of proposals in each', whole(1, 9), small.rounds)
  .option('--states <n>', 'ends the search there', whole(1, 16_000_000), small.statesMax)
  .option('--rules', 'takes out one rule after another, within bounds of its own, and shows what follows')
  .option('--json', 'the last line of standard output is one JSON object')
  .action(run);

async function run({ rules, json, states: statesMax, ...bounds }: Options): Promise<void> {
  const right = rules ? await takeOutRules(json) : await exploreOnce({ ...bounds, statesMax }, json);
  if (!right) throw new Exit(1);
}

async function exploreOnce(bounds: Bounds, json: true | undefined): Promise<boolean> {
  const { explore } = await loadModel();
  const started = performance.now();
  const result = explore(bounds, states => processOutput.note(`${states} states`));
  const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
  const { finding, ...figures } = result;
  for (const [key, value] of Object.entries({ ...figures, seconds })) processOutput.note(`${key.padEnd(12)} ${value}`);
  if (finding) describe(result);
  if (json) printJson(processOutput, { ...figures, seconds, violations: finding ? [finding] : [], bounds });
  return !finding && result.isComplete;
}

async function takeOutRules(json: true | undefined): Promise<boolean> {
  const found: { rule: string; what: string | undefined; length: number | undefined; states: number }[] = [];
  for (const mutant of mutants) {
    const { explore } = await loadModel(mutant);
    const result = explore(mutant.bounds);
    const { finding, states } = result;
    found.push({ rule: mutant.rule, what: finding?.what, length: finding?.trace.length, states });
    processOutput.note(`\nwithout: ${mutant.rule}`);
    if (finding) describe(result);
    else processOutput.note('nothing found');
  }
  if (json) printJson(processOutput, { rules: found });
  return found.every(({ what }) => what !== undefined);
}

function describe({ finding }: Result): void {
  if (!finding) return;
  for (const [i, label] of finding.trace.entries()) processOutput.note(`${String(i + 1).padStart(4)}  ${label}`);
  processOutput.note(`   => ${finding.what}`);
}

process.exitCode = await runProgram(program, process.argv.slice(2), processOutput);
