/**
 * `covault balance`: consented balances, which the banks see masked.
 */
import type { Command } from 'commander';
import { formatAmount } from '../../src/wallet/index.js';
import { allOf } from './account.js';
import { printJson, printTable } from './output.js';
import { sayProgress } from './progress.js';
import { addBankOptions, addHolderOptions, type HolderHost, type HolderOptions, withWallet } from './wallet-host.js';

export function registerBalance(program: Command, host: HolderHost): void {
  addBankOptions(addHolderOptions(program.command('balance')))
    .description('what accounts of this wallet hold')
    .argument('[account...]', 'numbers or addresses; without any, all open accounts')
    .action((wanted: string[], options: HolderOptions) =>
      withWallet(options, host, async wallet => {
        const own = wallet.accounts();
        const open = own.filter(({ state }) => state === 'open').map(({ account }) => account);
        const onProgress = sayProgress(host.output);
        const asked: readonly (number | string)[] = wanted.length > 0 ? wanted : open;
        const reveals = asked.map(async account => ({ account, ...(await wallet.balance(account, { onProgress })) }));
        const balances = (await allOf(reveals)).map(({ account, balance, height }) => ({
          account: typeof account === 'number' ? account : wallet.accountOf(account),
          balance: formatAmount(balance, wallet.network.scale),
          height,
        }));
        const rows = balances.map(each => [String(each.account), each.balance, String(each.height)]);
        if (options.json) printJson(host.output, { balances });
        else printTable(host.output, ['account', 'balance', 'height'], rows);
      }),
    );
}
