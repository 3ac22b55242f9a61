/**
 * What a run is asked for, and every reason to refuse it.
 *
 * Defaults suit a closed loop on a small machine. Not here: what is done with it (`run.ts`).
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CovaultError } from '../../src/errors.js';
import {
  accountsMax,
  amountBitsDefault,
  amountBitsMax,
  banksMax,
  banksMin,
  pageSizeMax,
  submissionsPerAddressMax,
} from '../../src/limits.js';

export interface LoadOptions {
  readonly banks: number;
  readonly pageSize: number;
  readonly pages: number;
  /** Accounts that are funded, opened and used. */
  readonly holders: number;
  readonly amountBits: number;
  readonly seconds: number;
  readonly warmup: number;
  /** Envelopes that arrive in a second, as a Poisson process; without it the loop is closed. */
  readonly rate: number | undefined;
  /** Closed loop: envelopes under way. */
  readonly outstanding: number;
  /** One transfer at a time, with pauses. */
  readonly lone: boolean;
  /** Transfers go down submission sessions of a few submitters, or each by itself over HTTP, as lone holders' do. */
  readonly submit: 'session' | 'http';
  readonly submitters: number;
  /** Balance look-ups that arrive in a second beside the transfers. */
  readonly lookups: number;
  readonly delayMs: number;
  /** The share of payments that no balance can cover. */
  readonly overdraw: number;
  /** Envelopes made before the clock starts. */
  readonly prepared: boolean;
  /** How many; by default as many as a short run before says. */
  readonly ahead: number | undefined;
  readonly seed: string;
  readonly profile: boolean;
  readonly html: string | undefined;
  readonly json: boolean;
}

/** Names of accounts to fund are passed on as arguments of a process. */
const holdersMax = 16_384;
const holdersDefault = 1_024;
/** Below this there would be no room between what holders own and what no holder can pay. */
const amountBitsMin = 20;
/** Their windows together are more than a bank's share of two full blocks. */
const submittersPerBank = 2;
const minuteMs = 60_000;

const whole = (min: number, max: number) => (value: string) => {
  if (!/^[0-9]{1,9}$/.test(value) || Number(value) < min || Number(value) > max) {
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}.`);
  }
  return Number(value);
};
const decimal = (min: number, max: number) => (value: string) => {
  if (!/^[0-9]{1,9}(\.[0-9]{1,9})?$/.test(value) || Number(value) < min || Number(value) > max) {
    throw new InvalidArgumentError(`expected a number from ${min} to ${max}.`);
  }
  return Number(value);
};

export function declareOptions(program: Command): Command {
  return program
    .requiredOption('--banks <n>', `banks, each a process: ${banksMin} to ${banksMax}`, whole(banksMin, banksMax))
    .option('--page-size <k>', `accounts among which a transfer hides: 1 to ${pageSizeMax}`, whole(1, pageSizeMax), 1)
    .option(
      '--pages <p>',
      `accounts are k * p (default: p such that they are ${holdersDefault})`,
      whole(1, accountsMax),
    )
    .option('--holders <count>', `accounts in use (default: all, up to ${holdersDefault})`, whole(2, holdersMax))
    .option('--seconds <s>', 'how long the clock runs', decimal(0.5, 86_400), 60)
    .option('--warmup <s>', 'load before the clock starts', decimal(0, 3_600), 5)
    .option('--rate <r>', 'open loop: arrivals a second, a Poisson process', decimal(0.01, 1_000_000))
    .option('--outstanding <x>', 'closed loop: envelopes under way', whole(1, 16_384), 512)
    .option('--lone', 'one transfer at a time on an idle network, with pauses, over HTTP')
    .addOption(
      new Option('--submit <way>', 'how transfers are handed in (default: session)').choices(['session', 'http']),
    )
    .option(
      '--submitters <s>',
      `submission sessions, each of one payment processor (default: ${submittersPerBank} a bank)`,
      whole(1, submissionsPerAddressMax * banksMax),
    )
    .option('--lookups <r>', 'balance look-ups beside the transfers: arrivals a second', decimal(0, 1_000), 0)
    .option('--delay-ms <d>', 'one-way delay added to every frame between banks', whole(0, 1_000), 0)
    .option('--amount-bits <m>', 'amounts are below 2^m', whole(amountBitsMin, amountBitsMax), amountBitsDefault)
    .option('--overdraw <share>', 'payments that no balance covers, and are cancelled', decimal(0, 1), 0.1)
    .option('--no-prepared', 'make envelopes while the clock runs, on the same machine as the banks')
    .option('--ahead <count>', 'envelopes made before the clock starts (default: by a short run before)', whole(1, 9e8))
    .option('--seed <text>', 'decides who pays whom, how much and when; no secret depends on it', 'covault')
    .option('--profile', "profile the first bank's process, and say where its time goes")
    .option('--html <file>', 'write one self-contained page with plots')
    .option('--json', 'print one JSON object as the last line of standard output');
}

type Given = Partial<Record<keyof LoadOptions, unknown>> & Pick<LoadOptions, 'banks' | 'pageSize'>;

/** Throws BAD_CONFIG for numbers that do not fit each other. */
export function readOptions(given: Given): LoadOptions {
  const { banks, pageSize } = given;
  const pages = (given.pages as number | undefined) ?? Math.ceil(holdersDefault / pageSize);
  const accounts = pages * pageSize;
  if (accounts < 2 || accounts > accountsMax) throw refused('pages', `2 to ${accountsMax} accounts in all pages`);
  const holders = (given.holders as number | undefined) ?? Math.min(accounts, holdersDefault);
  if (holders > accounts) throw refused('holders', `at most ${accounts}, as many as there are accounts`);
  if (given.rate !== undefined && given.lone) throw refused('lone', 'without --rate: one transfer at a time');
  if (given.submit === 'session' && given.lone)
    throw refused('lone', 'without --submit session: a lone holder has none');
  const submit = (given.submit as LoadOptions['submit'] | undefined) ?? (given.lone ? 'http' : 'session');
  const submitters = (given.submitters as number | undefined) ?? submittersPerBank * banks;
  const submittersMax = submissionsPerAddressMax * banks;
  if (submitters > submittersMax)
    throw refused('submitters', `at most ${submittersMax}: what the banks take of one address`);
  return {
    ...(given as unknown as LoadOptions),
    pages,
    holders,
    lone: given.lone === true,
    submit,
    submitters,
    profile: given.profile === true,
    json: given.json === true,
    rate: given.rate as number | undefined,
    ahead: given.ahead as number | undefined,
    html: given.html as string | undefined,
  };
}

/** A run that takes longer than this over its own seconds has hung. */
export const patienceMs = 5 * minuteMs;

function refused(option: string, expected: string): CovaultError {
  return new CovaultError('BAD_CONFIG', `--${option}: expected ${expected}`, { field: option, expected });
}
