/**
 * ./scripts/load: a network of its own under load, checked afterwards, gone at the end.
 *
 * Exit codes: 0 done and right; 1 something failed or a check did not hold; 2 the call is wrong; 130 interrupted.
 */
import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { Exit, runProgram } from '../../node/commands/exit.js';
import { processOutput } from '../../node/commands/output.js';
import { BankProcesses } from './bank-processes.js';
import { summariseProfiles } from './cpu-profile.js';
import { declareOptions, type LoadOptions, readOptions } from './options.js';
import { writePage } from './page.js';
import { holderAccounts, startingBalance } from './payments.js';
import { isRight, makeReport } from './report.js';
import { Run, type RunResult } from './run.js';
import { describeReport } from './table.js';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());

const started = performance.now();
const say = (text: string) =>
  processOutput.note(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text}`);

async function load(options: LoadOptions): Promise<void> {
  const interruption = new Promise<never>((_, reject) => {
    interrupted.signal.addEventListener('abort', () => reject(new Exit(130)));
  });
  interruption.catch(() => {});
  const funded = holderAccounts(options).sort((a, b) => a - b);
  const banks = await BankProcesses.create({ ...options, funded, balance: startingBalance(options) });
  const kill = () => banks.killAll();
  process.on('exit', kill);
  try {
    interrupted.signal.throwIfAborted();
    await Promise.race([measure(options, banks), interruption]);
  } catch (error) {
    if (!interrupted.signal.aborted) processOutput.note(banks.logs());
    throw interrupted.signal.aborted ? new Exit(130) : error;
  } finally {
    await running?.close();
    await banks.close();
    process.off('exit', kill);
  }
}

let running: Run | undefined;

async function measure(options: LoadOptions, banks: BankProcesses): Promise<void> {
  say(`${options.banks} banks, pages of ${options.pageSize}, ${options.holders} holders: making the network`);
  await banks.make();
  running = new Run(options, banks, say);
  const result = await running.go();
  await banks.stop();
  await tell(options, banks, result);
}

async function tell(options: LoadOptions, banks: BankProcesses, result: RunResult): Promise<void> {
  const profile = options.profile
    ? await summariseProfiles(banks.profileFolder, banks.names[0], result.monotonicUs)
    : undefined;
  const report = makeReport(result, profile);
  if (options.html !== undefined) {
    await writeFile(options.html, await writePage(result, report));
    say(`a page with plots: ${options.html}`);
  }
  for (const line of describeReport(report)) (options.json ? processOutput.note : processOutput.data)(line);
  if (options.json) processOutput.data(JSON.stringify(report));
  if (!isRight(report)) throw new Exit(1);
}

const program = declareOptions(new Command('load'))
  .description('put a network of its own under load: throughput, latency, bytes, CPU, stock; then check and audit it')
  .addHelpText(
    'after',
    `
Examples:
  $ ./scripts/load --banks 3 --seconds 60 --json
  $ ./scripts/load --banks 3 --submit http --seconds 20
  $ ./scripts/load --banks 3 --rate 300 --lookups 50
  $ ./scripts/load --banks 3 --page-size 16 --pages 64 --html load.html
  $ ./scripts/load --banks 2 --page-size 10 --pages 1 --outstanding 32
  $ ./scripts/load --banks 3 --lone --seconds 20
  $ ./scripts/load --banks 3 --delay-ms 25 --outstanding 1024
  $ ./scripts/load --banks 3 --profile --seconds 20`,
  )
  .action(async (given: Parameters<typeof readOptions>[0]) => load(readOptions(given)));

process.exitCode = await runProgram(program, process.argv.slice(2), processOutput);
// a run that failed may have left something waiting for its time: it must not keep the shell
setTimeout(() => process.exit(), 200).unref();
