/**
 * `covault consent give | list | open | withdraw`: who may see the balance of an account.
 *
 * A viewing code is a secret. `open` takes it as an argument, from a file, or asks for it, which no other user of the machine
 * can read; with a wallet at hand its checked records are used, without one all records are read.
 */
import type { Command } from 'commander';
import { type ConsentInfo, formatAmount, type ViewedBalance, viewBalance } from '../../src/wallet/index.js';
import { exists, readTextFile } from '../files.js';
import { printJson, printTable } from './output.js';
import { sayProgress } from './progress.js';
import { timeText } from './time.js';
import {
  addBankOptions,
  addHolderOptions,
  type HolderHost,
  type HolderOptions,
  loadNetwork,
  patience,
  walletPath,
  withWallet,
} from './wallet-host.js';

export function registerConsent(program: Command, host: HolderHost): void {
  const consent = program.command('consent').description('let somebody see the balance of an account, and end it');
  registerGive(consent, host);
  registerList(consent, host);
  registerOpen(consent, host);
  registerWithdraw(consent, host);
}

function registerGive(consent: Command, host: HolderHost): void {
  addHolderOptions(consent.command('give'))
    .description('make a viewing code: whoever has it sees what this account holds, and nothing else')
    .requiredOption('--account <account>', 'an account of this wallet: number or address')
    .requiredOption('--to <text>', 'whom you give it to: remembered in this wallet alone')
    .action((options: HolderOptions & { account: string; to: string }) =>
      withWallet(options, host, async wallet => {
        const given = await wallet.giveConsent({ account: options.account, label: options.to });
        if (options.json) return printJson(host.output, given);
        host.output.note('Whoever has this code sees the balance, until you withdraw consent for the account:');
        host.output.data(given.link);
      }),
    );
}

function registerList(consent: Command, host: HolderHost): void {
  addHolderOptions(consent.command('list'))
    .description('whom you gave viewing codes to')
    .action((options: HolderOptions) =>
      withWallet(options, host, async wallet => {
        const consents = wallet.consents();
        if (options.json) return printJson(host.output, { consents });
        printTable(host.output, ['account', 'to', 'given', 'state'], consents.map(rowOf), {
          state: text => (text.startsWith('given') ? 'yellow' : 'gray'),
        });
      }),
    );
}

const rowOf = ({ account, label, givenAt, state, withdrawnAtHeight }: ConsentInfo): string[] => [
  String(account),
  label,
  timeText(givenAt),
  withdrawnAtHeight === undefined ? state : `${state} at height ${withdrawnAtHeight}`,
];

function registerWithdraw(consent: Command, host: HolderHost): void {
  addBankOptions(addHolderOptions(consent.command('withdraw')))
    .description('replace the keys of an account: no viewing code given for it so far shows anything any more')
    .requiredOption('--account <account>', 'an account of this wallet: number or address')
    .action((options: HolderOptions & { account: string }) =>
      withWallet(options, host, async wallet => {
        const onProgress = sayProgress(host.output);
        const done = await wallet.withdrawConsent(options.account, { onProgress });
        if (options.json) return printJson(host.output, done);
        const codes = done.withdrawn === 1 ? '1 viewing code is' : `${done.withdrawn} viewing codes are`;
        host.output.data(`account ${done.account} has new keys from height ${done.height} on: ${codes} void`);
      }),
    );
}

function registerOpen(consent: Command, host: HolderHost): void {
  addBankOptions(addHolderOptions(consent.command('open')))
    .description('see the balance that a viewing code shows: computed by all banks, certified by their signatures')
    .argument('[code]', 'the viewing code or link; without it, it is asked for')
    .option('--code-file <file>', 'a file with the code')
    .action(async (code: string | undefined, options: HolderOptions & { codeFile?: string }) => {
      const given = code ?? (await readCode(options.codeFile, host));
      const viewed = await view(given, options, host);
      const balance = formatAmount(viewed.balance, viewed.scale);
      if (options.json) return printJson(host.output, { ...viewed, balance, scale: undefined });
      printTable(
        host.output,
        ['account', 'balance', 'height'],
        [[String(viewed.account), balance, String(viewed.height)]],
      );
      host.output.note(`Certified by ${viewed.banks.join(', ')}.`);
    });
}

function readCode(file: string | undefined, host: HolderHost): Promise<string> {
  return file === undefined ? host.ask('Viewing code: ') : readTextFile(file, 'a viewing code');
}

type Viewed = ViewedBalance & { readonly scale: number };

async function view(code: string, options: HolderOptions, host: HolderHost): Promise<Viewed> {
  const onProgress = sayProgress(host.output);
  if (await exists(walletPath(options, host))) {
    return withWallet(options, host, async wallet => ({
      ...(await wallet.view(code, { onProgress })),
      scale: wallet.network.scale,
    }));
  }
  const { network, gateways } = await loadNetwork(options, host);
  const { fetch, clock, random } = host;
  const { bank } = options;
  const given = { network, gateways, fetch, clock, random, bank, onProgress, ...patience(options) };
  return { ...(await viewBalance(code, given)), scale: network.scale };
}
