/**
 * `covault transfer`: pays once for one reference, also after a crash in between; one payment, or a file of them.
 */
import { type Command, Option } from 'commander';
import { parseAmount } from '../../src/wallet/index.js';
import { Exit, exitCodes } from './exit.js';
import { printJson } from './output.js';
import { sayProgress } from './progress.js';
import { transferBatch } from './transfer-batch.js';
import { addBankOptions, addHolderOptions, type HolderHost, type HolderOptions, withWallet } from './wallet-host.js';

interface TransferOptions extends HolderOptions {
  readonly from?: string;
  readonly to?: string;
  readonly amount?: string;
  readonly reference?: string;
  readonly batch?: string;
  readonly memo?: string;
}

export function registerTransfer(program: Command, host: HolderHost): void {
  addBankOptions(addHolderOptions(program.command('transfer')))
    .description('pay; ends with 0 if settled, 3 if cancelled (not enough funds), 4 if to be run again')
    .option('--from <account>', 'an account of this wallet: number or address')
    .option('--to <account>', 'any open account: number or address')
    .option('--amount <decimal>', 'like 12 or 12.50')
    .option('--reference <text>', 'names this payment: the same reference pays once')
    .option('--memo <text>', 'told to the payee alone, with the amount, once it is paid; --to is then a long address')
    .addOption(
      new Option(
        '--batch <file>',
        'pays every line of a CSV file: to, amount, reference, and from if not --from',
      ).conflicts(['to', 'amount', 'reference', 'memo']),
    )
    .action(async (options: TransferOptions, command: Command) => {
      const { batch } = options;
      if (batch !== undefined) await transferBatch({ ...options, batch }, host);
      else await transferOne(required(options, command), options, host);
    });
}

interface Payment {
  readonly from: string;
  readonly to: string;
  readonly amount: string;
}

/** What one payment takes. Ends the command, as Commander does, for what is missing. */
function required({ from, to, amount }: TransferOptions, command: Command): Payment {
  if (from === undefined) command.error("error: required option '--from <account>' not specified");
  if (to === undefined) command.error("error: required option '--to <account>' not specified");
  if (amount === undefined) command.error("error: required option '--amount <decimal>' not specified");
  return { from, to, amount };
}

async function transferOne(payment: Payment, options: TransferOptions, host: HolderHost): Promise<void> {
  const { from, to } = payment;
  const { reference, memo } = options;
  const result = await withWallet(options, host, wallet => {
    const amount = parseAmount(payment.amount, wallet.network);
    return wallet.transfer({ from, to, amount, reference, memo, onProgress: sayProgress(host.output) });
  });
  const { verdict, height } = result;
  if (options.json) printJson(host.output, result);
  else host.output.data(`${verdict} at height ${height} (reference ${result.reference})`);
  if (verdict === 'cancelled') throw new Exit(exitCodes.cancelled);
}
