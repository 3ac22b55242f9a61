/**
 * ./scripts/fuzz: a search, led by coverage, for inputs that do harm to a decoder. What reaches new code goes into
 * test/fuzz/corpus, what does harm into test/fuzz/regressions; the tests try both ever after.
 *
 * Exit codes: 0 nothing did harm; 1 something did; 2 the call is wrong; 130 interrupted.
 */
import { Command, InvalidArgumentError } from 'commander';
import { Exit, runProgram } from '../../node/commands/exit.js';
import { printJson, processOutput } from '../../node/commands/output.js';
import { keepInput, replaceCorpus, slugOf } from './guided/folders.js';
import { runTarget } from './guided/run-target.js';
import { targets } from './targets.js';

interface FuzzOptions {
  readonly seconds: number;
  readonly target: readonly string[];
  readonly seed?: number;
  readonly write: boolean;
  readonly json: boolean;
}

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());

async function fuzz({ seconds, target: asked, seed = Date.now() % 2 ** 31, write, json }: FuzzOptions): Promise<void> {
  const chosen = targets.filter(({ name }) => asked.length === 0 || asked.includes(name));
  const reports: object[] = [];
  let found = 0;
  for (const { name } of chosen) {
    if (interrupted.signal.aborted) break;
    const { corpus, findings, fresh, ...figures } = await runTarget({ name, seed, seconds });
    const slug = slugOf(name);
    // a search that lost its thread knows no corpus
    if (write && fresh > 0 && corpus.length > 0) replaceCorpus(slug, corpus);
    const kept = findings.map(({ kind, why, bytes }) => ({
      kind,
      why,
      file: write ? keepInput('regressions', slug, bytes) : undefined,
      hex: Buffer.from(bytes.subarray(0, 200)).toString('hex'),
    }));
    found += kept.length;
    reports.push({ name, ...figures, corpus: corpus.length, fresh, findings: kept });
    processOutput.note(
      `${name}: ${figures.executions} inputs, ${figures.functions} functions, ${figures.characters} characters, ` +
        `corpus ${corpus.length} (${fresh} new), ${kept.length} findings`,
    );
    for (const each of kept) processOutput.note(`  ${each.kind}: ${each.why}\n  ${each.hex}`);
  }
  if (json) printJson(processOutput, { seed, secondsEach: seconds, findings: found, targets: reports });
  else processOutput.data(`${chosen.length} targets, ${found} findings`);
  if (interrupted.signal.aborted) throw new Exit(130);
  if (found > 0) throw new Exit(1);
}

function parseWhole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number.');
  return Number(text);
}

function parseTarget(text: string, before: readonly string[]): string[] {
  if (!targets.some(({ name }) => name === text)) {
    throw new InvalidArgumentError(`expected one of: ${targets.map(({ name }) => name).join('; ')}.`);
  }
  return [...before, text];
}

const program = new Command('fuzz')
  .description('search, led by coverage, for inputs that do harm to a decoder of outside bytes')
  .option('--seconds <n>', 'of the CPU, for each target', parseWhole, 10)
  .option('--target <name>', 'one target, and another; all without it', parseTarget, [])
  .option('--seed <n>', 'of the mutations', parseWhole)
  .option('--no-write', 'leave corpus and regressions as they are')
  .option('--json', 'print one JSON object as the last line of standard output')
  .action(async (given: FuzzOptions) => fuzz(given));

process.exitCode = await runProgram(program, process.argv.slice(2), processOutput);
