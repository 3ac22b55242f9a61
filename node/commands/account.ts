/**
 * `covault account open`, `covault account list`, `covault account add`.
 */
import type { Command } from 'commander';
import { CovaultError } from '../../src/errors.js';
import { type AccountInfo, type Claim, decodeClaim } from '../../src/wallet/index.js';
import { readTextFile } from '../files.js';
import { printJson, printTable } from './output.js';
import { sayProgress } from './progress.js';
import { addBankOptions, addHolderOptions, type HolderHost, type HolderOptions, withWallet } from './wallet-host.js';

interface OpenOptions extends HolderOptions {
  readonly claim?: readonly string[];
  readonly account?: string;
  readonly label?: string;
}

export function registerAccountOpen(account: Command, host: HolderHost): void {
  addBankOptions(addHolderOptions(account.command('open')))
    .description('open an account: of a claim file, of a number, or a free one at random')
    .option('--claim <file...>', 'claim files of accounts that the network started with')
    .option('--account <number>', 'the account to open')
    .option('--label <text>', 'how you call it')
    .action(async (options: OpenOptions) => {
      const { account: wanted, label = '' } = options;
      const claims = await Promise.all((options.claim ?? []).map(readClaim));
      if (claims.length > 1 && wanted !== undefined) {
        throw new CovaultError('BAD_CONFIG', '--account goes with one claim only', { field: 'account' });
      }
      await withWallet(options, host, async wallet => {
        const onProgress = sayProgress(host.output);
        const each = claims.length > 0 ? claims : [undefined];
        const opens = each.map(claim => wallet.openAccount({ account: wanted, claim, label, onProgress }));
        show(host, options, await allOf(opens));
      });
    });
}

export function registerAccountList(account: Command, host: HolderHost): void {
  addHolderOptions(account.command('list'))
    .description('the accounts of this wallet')
    .action((options: HolderOptions) =>
      withWallet(options, host, async wallet => show(host, options, wallet.accounts())),
    );
}

export function registerAccountAdd(account: Command, host: HolderHost): void {
  addBankOptions(addHolderOptions(account.command('add')))
    .description('add an account that was opened with this seed phrase (after "wallet restore")')
    .argument('<account>', 'its number or address')
    .option('--label <text>', 'how you call it')
    .action((added: string, options: HolderOptions & { label?: string }) =>
      withWallet(options, host, async wallet => {
        const onProgress = sayProgress(host.output);
        show(host, options, [await wallet.adoptAccount(added, options.label, { onProgress })]);
      }),
    );
}

async function readClaim(file: string): Promise<Claim> {
  try {
    return decodeClaim(await readTextFile(file, 'a claim file'));
  } catch (error) {
    if (!(error instanceof CovaultError)) throw error;
    throw new CovaultError(error.code, `${file}: ${error.message}`, { ...error.facts, file });
  }
}

/** Waits for all, also when one fails: what is under way is not cut off. */
export async function allOf<T>(runs: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(runs);
  return Promise.all(runs);
}

function show({ output }: HolderHost, { json }: HolderOptions, accounts: readonly AccountInfo[]): void {
  if (json) {
    printJson(output, { accounts });
    return;
  }
  const rows = accounts.map(({ account, address, state, label }) => [String(account), address, state, label]);
  printTable(output, ['account', 'address', 'state', 'label'], rows);
}
