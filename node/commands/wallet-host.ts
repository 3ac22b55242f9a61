/**
 * What all holder commands share: the options that say which wallet, which network, which bank; and a wallet that is
 * opened under its lock and given back whatever happens.
 *
 *     wallet     --wallet, COVAULT_WALLET, or wallet.json in the configuration folder of the user
 *     network    --network, COVAULT_NETWORK, or the copy that `wallet create` keeps beside the wallet
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type Command, InvalidArgumentError } from 'commander';
import { CovaultError } from '../../src/errors.js';
import { walletUnreachableMs } from '../../src/limits.js';
import { decodeNetworkFile, type NetworkFile } from '../../src/network/index.js';
import { type NewWalletOptions, type Surroundings, Wallet, type WalletStore } from '../../src/wallet/index.js';
import { exists, readTextFile } from '../files.js';
import { readIfThere, replaceFile } from '../replace-file.js';
import { lockFile } from './file-lock.js';
import { type Output, processOutput } from './output.js';
import { type AskSecret, askProcess, readPassphrase } from './secrets.js';
import { connectSubmission } from './submission-socket.js';

/** What a command has of its process; a test gives another. */
export interface HolderHost extends Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly output: Output;
  readonly ask: AskSecret;
  readonly cost?: NewWalletOptions['cost'];
  /** Where a person watches, if one does. */
  readonly terminal?: NodeJS.WritableStream | undefined;
}

export const processHost: HolderHost = {
  env: process.env,
  output: processOutput,
  ask: askProcess,
  connect: connectSubmission,
  terminal: process.stderr.isTTY ? process.stderr : undefined,
};

export interface HolderOptions {
  readonly wallet?: string;
  readonly network?: string;
  readonly bank?: string;
  readonly passphraseFile?: string;
  readonly timeout?: number;
  readonly json?: boolean;
}

export function addHolderOptions(command: Command): Command {
  return command
    .option('--wallet <file>', 'the wallet file (COVAULT_WALLET)')
    .option('--network <file>', 'the network file (COVAULT_NETWORK; default: the copy kept beside the wallet)')
    .option('--passphrase-file <file>', 'a file with the passphrase (or COVAULT_PASSPHRASE, or a prompt)')
    .option('--json', 'print the result as one line of JSON');
}

export function addBankOptions(command: Command): Command {
  return command
    .option('--bank <url>', 'the bank asked first: its name or the URL of its gateway')
    .option('--timeout <seconds>', 'how long to wait for the outcome', readSeconds);
}

function readSeconds(text: string): number {
  if (!/^[1-9][0-9]{0,6}$/.test(text)) throw new InvalidArgumentError('a whole number of seconds.');
  return Number(text);
}

export function walletPath({ wallet }: HolderOptions, { env }: HolderHost): string {
  const folder = env.XDG_CONFIG_HOME ? env.XDG_CONFIG_HOME : join(env.HOME ?? homedir(), '.config');
  return wallet ?? env.COVAULT_WALLET ?? join(folder, 'covault', 'wallet.json');
}

const networkCopy = (wallet: string) => `${wallet}.network`;

/** The network named by options or environment, else the copy. Throws BAD_CONFIG, BAD_NETWORK_FILE. */
export async function loadNetwork(options: HolderOptions, host: HolderHost): Promise<NetworkFile & { text: string }> {
  const named = options.network ?? host.env.COVAULT_NETWORK;
  const copy = networkCopy(walletPath(options, host));
  const text = named === undefined ? await readIfThere(copy) : await readTextFile(named, 'the network file');
  if (text === undefined) {
    throw new CovaultError('BAD_CONFIG', 'which network? Give --network FILE or COVAULT_NETWORK', { field: 'network' });
  }
  return { ...decodeNetworkFile(text), text };
}

function fileStore(file: string): WalletStore {
  return { load: () => readIfThere(file), save: text => replaceFile(file, text) };
}

async function underLock<T>(file: string, run: () => Promise<T>): Promise<T> {
  const giveBack = await lockFile(file);
  try {
    return await run();
  } finally {
    await giveBack();
  }
}

/** Opens the wallet, runs, gives it back. Throws what `Wallet.open` throws, STORE_LOCKED. */
export async function withWallet<T>(
  options: HolderOptions,
  host: HolderHost,
  run: (wallet: Wallet) => Promise<T>,
): Promise<T> {
  const { network, gateways } = await loadNetwork(options, host);
  const file = walletPath(options, host);
  // before the lock and the question: a mistyped path gets neither a folder nor a passphrase
  if (!(await exists(file))) {
    const how = '`covault wallet create` makes one';
    throw new CovaultError('BAD_CONFIG', `there is no wallet at ${file}: ${how}`, { field: 'wallet', file });
  }
  return underLock(file, async () => {
    const passphrase = await readPassphrase({ ...host, passphraseFile: options.passphraseFile }, false);
    const { fetch, connect, random, clock } = host;
    const given = {
      fetch,
      connect,
      random,
      clock,
      network,
      gateways,
      bank: options.bank,
      passphrase,
      ...patience(options),
    };
    return run(await Wallet.open({ ...given, store: fileStore(file) }));
  });
}

/** With --timeout also how long to go on while no bank answers: nobody who asked for a second waits for half a minute. */
export function patience({ timeout }: HolderOptions): { timeoutMs?: number; unreachableMs?: number } {
  if (timeout === undefined) return {};
  const timeoutMs = 1000 * timeout;
  return { timeoutMs, unreachableMs: Math.min(timeoutMs, walletUnreachableMs) };
}

/** A new wallet, with a copy of its network file beside it. Throws FILE_EXISTS and what `Wallet.create` throws. */
export async function createWallet(
  options: HolderOptions,
  host: HolderHost,
  keys: Pick<NewWalletOptions, 'words' | 'seedPhrase'>,
): Promise<{ wallet: Wallet; file: string }> {
  const { network, gateways, text } = await loadNetwork(options, host);
  const file = walletPath(options, host);
  return underLock(file, async () => {
    const store = fileStore(file);
    if ((await store.load()) !== undefined) {
      throw new CovaultError('FILE_EXISTS', `there is a wallet already: ${file}`, { file });
    }
    const passphrase = await readPassphrase({ ...host, passphraseFile: options.passphraseFile }, true);
    const cost = host.cost ? { cost: host.cost } : {};
    const wallet = await Wallet.create({ ...keys, ...cost, store, passphrase, network, gateways });
    await replaceFile(networkCopy(file), text);
    return { wallet, file };
  });
}
