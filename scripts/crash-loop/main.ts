/**
 * `scripts/crash`: real processes, kill -9, a real disk.
 *
 *     again and again    a random moment; one bank, at random, is killed with SIGKILL; it is started again at once;
 *                        resumed when all banks are two heights further than the highest was at the kill: one block may have
 *                        been decided already
 *     afterwards         every holder's balance against the verdicts it was told; the whole log of every bank: hashes, signatures,
 *                        and that no id stands in two records
 *
 * Its own network, in a temporary folder (of TMPDIR: give it one on the disk that is meant).
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { Command, InvalidArgumentError } from 'commander';
import { gatewayLog } from '../../node/commands/verify-log.js';
import { verifyLog } from '../../src/ledger/log.js';
import { decodeNetworkFile } from '../../src/network/index.js';
import { BankProcesses } from '../load-generator/bank-processes.js';
import { Holders, type Outcome } from './holders.js';

interface Options {
  readonly kills: number;
  readonly banks: number;
  readonly holders: number;
  readonly json?: true;
}

const start = 1_000_000n;
/** A kill comes within so many milliseconds of the last resumption. */
const quietMsMax = 1_500;
const resumeMsMax = 120_000;
const lookMs = 20;

const whole = (min: number, max: number) => (value: string) => {
  if (!/^[0-9]{1,6}$/.test(value) || Number(value) < min || Number(value) > max) {
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}.`);
  }
  return Number(value);
};
const pause = (ms: number) => new Promise<void>(next => setTimeout(next, ms));
const say = (text: string) => process.stderr.write(`${text}\n`);

async function heights(banks: BankProcesses): Promise<number[]> {
  return Promise.all(
    banks.urls.map(async url => {
      try {
        const { height, halted } = (await (await fetch(`${url}/v1/status`)).json()) as {
          height: number;
          halted?: string;
        };
        if (typeof halted === 'string') throw new Error(`a bank has halted: ${halted}`);
        return height;
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('a bank has halted')) throw error;
        return -1; // it is away
      }
    }),
  );
}

/** Seconds until all go on. Throws when they never do. */
async function killOnce(banks: BankProcesses, index: number, check: () => void): Promise<number> {
  const before = Math.max(...(await heights(banks)));
  const at = performance.now();
  await banks.kill(index);
  banks.restart(index);
  while (Math.min(...(await heights(banks))) < before + 2) {
    check();
    if (performance.now() - at > resumeMsMax) throw new Error(`nothing goes on after a kill\n${banks.logs()}`);
    await pause(lookMs);
  }
  return (performance.now() - at) / 1000;
}

async function run(options: Options, banks: BankProcesses): Promise<{ outcome: Outcome; resumed: number[] }> {
  await banks.make();
  await banks.start();
  const { network, gateways } = decodeNetworkFile(banks.networkText);
  const claims = await Promise.all(
    Array.from({ length: options.holders }, (_, i) => readFile(join(banks.folder, 'net/claims', `${i}.json`), 'utf8')),
  );
  const amounts = () => BigInt(1 + Math.floor(Math.random() * Number(start) * 0.3));
  const holders = await Holders.open(claims, start, network, gateways, amounts);
  let failure: unknown;
  const paying = holders.pay(error => {
    failure ??= error;
  });
  const check = () => {
    if (failure) throw failure;
  };
  const resumed: number[] = [];
  for (let k = 1; k <= options.kills; k++) {
    await pause(Math.random() * quietMsMax);
    const index = Math.floor(Math.random() * options.banks);
    resumed.push(await killOnce(banks, index, check));
    say(`kill ${k} of ${options.kills}: ${banks.names[index]}, going on after ${resumed[k - 1].toFixed(1)} s`);
  }
  holders.stop();
  await paying;
  const outcome = await holders.check();
  // throws where an id stands in two records, or a signature does not hold
  for (const url of banks.urls) await verifyLog(network, gatewayLog(url));
  return { outcome, resumed };
}

function report({ outcome, resumed }: { outcome: Outcome; resumed: readonly number[] }) {
  const sorted = [...resumed].sort((a, b) => a - b);
  const rounded = (seconds: number) => Math.round(seconds * 100) / 100;
  return {
    kills: resumed.length,
    lost: outcome.lost,
    appliedTwice: outcome.appliedTwice,
    resumeSeconds: { p50: rounded(sorted[Math.floor(sorted.length / 2)]), max: rounded(sorted[sorted.length - 1]) },
    payments: outcome.payments,
  };
}

async function main(options: Options): Promise<void> {
  const sizes = {
    banks: options.banks,
    pageSize: 1,
    pages: options.holders,
    amountBits: 40,
    delayMs: 0,
    profile: false,
  };
  const funded = Array.from({ length: options.holders }, (_, i) => i);
  const banks = await BankProcesses.create({ ...sizes, funded, balance: start });
  process.once('exit', () => banks.killAll());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  try {
    const done = report(await run(options, banks));
    const { kills, lost, appliedTwice, resumeSeconds, payments } = done;
    say(`${payments} payments, ${kills} kills; lost ${lost}, applied twice ${appliedTwice}`);
    say(`going on after ${resumeSeconds.p50} s (median), ${resumeSeconds.max} s at most`);
    if (options.json) process.stdout.write(`${JSON.stringify(done)}\n`);
    if (lost + appliedTwice > 0) process.exitCode = 1;
  } finally {
    await banks.close();
  }
}

const program = new Command('crash')
  .description(
    'kill -9 of a random bank at a random moment under load, in a loop; checks that nothing is lost or twice',
  )
  .option('--kills <n>', 'how often', whole(1, 100_000), 20)
  .option('--banks <n>', 'banks, each a process', whole(2, 7), 3)
  .option('--holders <n>', 'holders, each a wallet that pays without a pause', whole(2, 256), 32)
  .option('--json', 'print one JSON object on standard output')
  .action(main);

await program.parseAsync().catch(error => {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
});
