/**
 * `covault transfer`: pays once for one reference, also after a crash in between.
 */
import type { Command } from 'commander';
import { parseAmount } from '../../src/wallet/index.js';
import { Exit, exitCodes } from './exit.js';
import { printJson } from './output.js';
import { sayProgress } from './progress.js';
import { addBankOptions, addHolderOptions, type HolderHost, type HolderOptions, withWallet } from './wallet-host.js';

interface TransferOptions extends HolderOptions {
  readonly from: string;
  readonly to: string;
  readonly amount: string;
  readonly reference?: string;
}

export function registerTransfer(program: Command, host: HolderHost): void {
  addBankOptions(addHolderOptions(program.command('transfer')))
    .description('pay; ends with 0 if settled, 3 if cancelled (not enough funds), 4 if to be run again')
    .requiredOption('--from <account>', 'an account of this wallet: number or address')
    .requiredOption('--to <account>', 'any open account: number or address')
    .requiredOption('--amount <decimal>', 'like 12 or 12.50')
    .option('--reference <text>', 'names this payment: the same reference pays once')
    .action(async (options: TransferOptions) => {
      const { from, to, reference } = options;
      const result = await withWallet(options, host, wallet => {
        const amount = parseAmount(options.amount, wallet.network);
        return wallet.transfer({ from, to, amount, reference, onProgress: sayProgress(host.output) });
      });
      const { verdict, height } = result;
      if (options.json) printJson(host.output, result);
      else host.output.data(`${verdict} at height ${height} (reference ${result.reference})`);
      if (verdict === 'cancelled') throw new Exit(exitCodes.cancelled);
    });
}
