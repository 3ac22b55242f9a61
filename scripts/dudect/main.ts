/**
 * ./scripts/timing: does the time of the operations on secrets depend on what is secret? dudect's method, on this machine, with
 * this engine: a leak that is found is one, and what is not found may show to whoever measures longer or nearer.
 *
 * Exit codes: 0 the control was found, and nothing else that promises constant time; 1 not so; 2 the call is wrong.
 */
import { Command, InvalidArgumentError } from 'commander';
import { Exit, runProgram } from '../../node/commands/exit.js';
import { printJson, processOutput } from '../../node/commands/output.js';
import { type Measured, measure, type Operation } from './measure.js';
import { operations } from './operations.js';
import { leaks, suspicious } from './welch.js';

interface TimingOptions {
  readonly seconds: number;
  readonly json: boolean;
}

const samplesMax = 1_000_000;

const wordOf = (t: number) =>
  Math.abs(t) >= leaks ? 'depends' : Math.abs(t) >= suspicious ? 'look again' : 'none seen';

/** What looks like a leak is measured once more, three times as long: the machine may have been at something else. */
async function measured(operation: Operation, seconds: number): Promise<Measured> {
  const first = await measure(operation, { seconds, samplesMax });
  if (operation.promise !== 'constant' || Math.abs(first.t) < suspicious) return first;
  return measure(operation, { seconds: 3 * seconds, samplesMax });
}

async function timing(names: readonly string[], { seconds, json }: TimingOptions): Promise<void> {
  const chosen = operations.filter(({ name }) => names.length === 0 || names.some(part => name.includes(part)));
  if (chosen.length === 0) throw new InvalidArgumentError('no operation has such a name.');
  const rows: object[] = [];
  let wrong = 0;
  for (const operation of chosen) {
    const { name, classes, promise } = operation;
    const { t, difference, mean, samples, kept } = await measured(operation, seconds);
    const isWrong = promise === 'control' ? Math.abs(t) < leaks : promise === 'constant' && Math.abs(t) >= leaks;
    if (isWrong) wrong++;
    rows.push({ name, classes, promise, t, differenceNs: difference, meanNs: mean, samples, kept, found: wordOf(t) });
    const figures = `t ${t.toFixed(1).padStart(7)}  ${difference.toFixed(1).padStart(9)} of ${mean.toFixed(0).padStart(8)} ns`;
    processOutput.note(`${figures}  ${wordOf(t).padEnd(10)}  ${name} (${classes})${isWrong ? '  WRONG' : ''}`);
  }
  if (json) printJson(processOutput, { node: process.versions.node, wrong, operations: rows });
  else processOutput.data(`${rows.length} operations, ${wrong} wrong`);
  if (wrong > 0) throw new Exit(1);
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 0.1 && seconds <= 3600)) throw new InvalidArgumentError('expected 0.1 to 3600 seconds.');
  return seconds;
}

const program = new Command('timing')
  .description(
    'measure whether the time of operations on secrets depends on them (dudect: Welch’s t-test, two classes)',
  )
  .argument('[part...]', 'parts of names; all operations when there is none')
  .option('--seconds <s>', 'for each operation', parseSeconds, 5)
  .option('--json', 'print one JSON object as the last line of standard output')
  .action(async (names: string[], given: TimingOptions) => timing(names, given));

process.exitCode = await runProgram(program, process.argv.slice(2), processOutput);
