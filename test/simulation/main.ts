/**
 * ./scripts/simulate: seeds of the simulator, one after the other, until a promise is broken. The first seed that fails is
 * printed with all that was drawn for it, and replayed.
 *
 * Exit codes: 0 nothing was broken; 1 something was, or a replay went another way; 2 the call is wrong.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { Exit, runProgram } from '../../node/commands/exit.js';
import { printJson, processOutput } from '../../node/commands/output.js';
import { type CheckerName, checkerNames } from './checkers/checkers.js';
import { runSeed, type SeedOptions } from './run-seed.js';
import { drawScenario, type Outcome } from './simulation.js';
import { addCounts, type Counts } from './tally.js';
import { type Ran, runSeeds } from './workers.js';

interface SimulateOptions {
  readonly seeds: readonly [number, number];
  readonly workers: number;
  readonly canary?: CheckerName;
  readonly trace: boolean;
  readonly json: boolean;
}

/** Of the events before a violation. */
const lastEvents = 40;

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());

class Summary {
  seeds = 0;
  violations = 0;
  masksReused = 0;
  counts: Counts = {};
  first: Ran | undefined;

  add(ran: Ran): void {
    const { violations, masksReused, counts } = ran.outcome;
    this.seeds++;
    this.violations += violations.length;
    this.masksReused += masksReused;
    this.counts = addCounts(this.counts, counts);
    if (violations.length > 0 && (!this.first || ran.seed < this.first.seed)) this.first = ran;
  }
}

async function simulate({ seeds: [from, to], workers, canary, trace, json }: SimulateOptions): Promise<void> {
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 100) / 10;
  const say = processOutput.note;
  const options = canary ? { canary } : {};
  if (trace) await runSeed(from, options, say);
  const summary = new Summary();
  let saidAt = 0;
  const told = (ran: Ran) => {
    summary.add(ran);
    if (seconds() - saidAt < 10) return;
    saidAt = seconds();
    say(`${summary.seeds} of ${to - from + 1} seeds, ${seconds()} s`);
  };
  await runSeeds(countUp(from, to), Math.min(workers, to - from + 1), options, told, interrupted.signal);
  const { first, ...figures } = summary;
  const isReplayed = first ? await replay(first, options) : undefined;
  const report = {
    ...figures,
    firstFailing: first?.seed ?? null,
    replayedExactly: isReplayed ?? null,
    seconds: seconds(),
  };
  if (!json) for (const [name, count] of Object.entries(summary.counts)) say(`${String(count).padStart(12)}  ${name}`);
  if (json) printJson(processOutput, report);
  else processOutput.data(`${report.seeds} seeds, ${report.violations} violations, ${report.masksReused} masks reused`);
  if (first || interrupted.signal.aborted) throw new Exit(interrupted.signal.aborted ? 130 : 1);
}

function* countUp(from: number, to: number): Generator<number> {
  for (let seed = from; seed <= to; seed++) yield seed;
}

/** Says what was drawn, what came last, and what was broken; whether it was the same run, event by event. */
async function replay({ seed, outcome }: Ran, options: SeedOptions): Promise<boolean> {
  const say = processOutput.note;
  say(`seed ${seed} fails:`);
  say(JSON.stringify(drawScenario(`${seed}`), null, 2));
  const lines: string[] = [];
  let again: Outcome;
  try {
    again = await runSeed(seed, options, line => void lines.push(line));
  } finally {
    for (const line of lines.slice(-lastEvents)) say(line);
  }
  for (const { checker, what, atMs } of again.violations) say(`${atMs.toFixed(3)} ${checker}: ${what}`);
  return again.digest === outcome.digest;
}

function parseSeeds(text: string): [number, number] {
  const [, from, to = from] = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(text) ?? [];
  if (from === undefined || Number(to) < Number(from)) throw new InvalidArgumentError('expected a seed, or A..B.');
  return [Number(from), Number(to)];
}

function parseWorkers(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('expected a whole number from 1 to 99.');
  return Number(text);
}

const program = new Command('simulate')
  .description('run whole networks in simulated time, with faults drawn from a seed; checkers say what was broken')
  .requiredOption('--seeds <A..B>', 'the seeds to run, both ends included', parseSeeds)
  .option('--workers <n>', 'processes that run them', parseWorkers, 1)
  .addOption(new Option('--canary <checker>', 'switch a bug on that this checker must find').choices(checkerNames))
  .option('--trace', 'print every event of the first seed')
  .option('--json', 'print one JSON object as the last line of standard output')
  .action(async (given: SimulateOptions) => simulate(given));

process.exitCode = await runProgram(program, process.argv.slice(2), processOutput);
