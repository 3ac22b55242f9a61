/**
 * `covault history`, `covault statement`: what happened to the accounts of this wallet.
 *
 * Days are those of the machine's time zone; `--to` is the last day that counts. Before they show anything they read on: final
 * records, memos, and for a statement the balance of today. With --offline they show what the wallet file has.
 */
import { type Command, InvalidArgumentError } from 'commander';
import { CovaultError } from '../../src/errors.js';
import {
  formatAmount,
  formatChange,
  type HistoryEntry,
  type Statement,
  statementCsv,
  statementText,
  type Wallet,
} from '../../src/wallet/index.js';
import { writeNewFile } from '../files.js';
import { printJson, printTable } from './output.js';
import { sayProgress } from './progress.js';
import { timeText } from './time.js';
import { addBankOptions, addHolderOptions, type HolderHost, type HolderOptions, withWallet } from './wallet-host.js';

interface Range {
  readonly account?: string;
  readonly from?: Date;
  readonly to?: Date;
}

interface HistoryOptions extends HolderOptions, Range {
  readonly offline?: true;
}

interface StatementOptions extends HistoryOptions {
  readonly csv?: true;
  readonly out?: string;
}

function addRangeOptions(command: Command): Command {
  return addBankOptions(addHolderOptions(command))
    .option('--account <account>', 'one account of this wallet: number or address')
    .option('--from <day>', 'first day, like 2026-01-31', readDay)
    .option('--to <day>', 'last day', readDay)
    .option('--offline', 'ask no bank: show what the wallet knows');
}

export function registerHistory(program: Command, host: HolderHost): void {
  addRangeOptions(program.command('history'))
    .description('what was paid and received, newest first; only this wallet can read what became of its payments')
    .action((options: HistoryOptions) =>
      withWallet(options, host, async wallet => {
        if (!options.offline) await receiveAll(wallet, host);
        const account = options.account === undefined ? undefined : wallet.accountOf(options.account);
        const history = wallet.history({ account, ...spanOf(options) });
        if (options.json) return printJson(host.output, { history: history.map(entry => inText(entry, wallet)) });
        printTable(host.output, header, history.map(rowOf(wallet)), { state: colourOf });
      }),
    );
}

export function registerStatement(program: Command, host: HolderHost): void {
  addRangeOptions(program.command('statement'))
    .description('a statement of one account: as text to print, or as CSV')
    .option('--csv', 'comma separated values, for spreadsheets and book-keeping')
    .option('--out <file>', 'into a new file instead of standard output')
    .action((options: StatementOptions) =>
      withWallet(options, host, async wallet => {
        const account = accountOf(wallet, options);
        if (!options.offline) await lookUp(wallet, account, host);
        const statement = wallet.statement({ account, ...spanOf(options) });
        if (options.json) return printJson(host.output, statementInText(statement, wallet));
        const text = options.csv ? statementCsv(statement, wallet.network) : statementText(statement, wallet.network);
        // what a program prints has its system's ends of lines; a file of CSV those of RFC 4180
        if (options.out === undefined) return host.output.data(text.trimEnd().replaceAll('\r\n', '\n'));
        await writeNewFile(options.out, text, 'secret');
        host.output.note(`Statement ${options.out}`);
      }),
    );
}

async function lookUp(wallet: Wallet, account: number, host: HolderHost): Promise<void> {
  await receiveAll(wallet, host);
  await wallet.balance(account, { onProgress: sayProgress(host.output) });
}

/** All memos so far; says how far it is where that takes more than a moment. */
async function receiveAll(wallet: Wallet, { output }: HolderHost): Promise<void> {
  let said = Date.now();
  const onScan = ({ height, of }: { height: number; of: number }) => {
    if (Date.now() - said < 1_000) return;
    said = Date.now();
    output.note(`Looking for memos: record ${height} of ${of} ...`);
  };
  for (let behind = true; behind; ) {
    const { height, of } = await wallet.receive({ onScan });
    behind = height < of;
  }
}

function accountOf(wallet: Wallet, { account }: Range): number {
  if (account !== undefined) return wallet.accountOf(account);
  const [only, ...more] = wallet.accounts();
  if (only && more.length === 0) return only.account;
  throw new CovaultError('BAD_CONFIG', 'which account? Give --account', { field: 'account' });
}

/** From the first day's start to before the day after the last. */
function spanOf({ from, to }: Range): { from?: number; to?: number } {
  const after = to && new Date(to.getFullYear(), to.getMonth(), to.getDate() + 1);
  return { ...(from ? { from: from.getTime() } : {}), ...(after ? { to: after.getTime() } : {}) };
}

function readDay(text: string): Date {
  const [, year, month, day] = (/^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? []).map(Number);
  const date = new Date(year, month - 1, day);
  if (date.getFullYear() === year && date.getMonth() === month - 1 && date.getDate() === day) return date;
  throw new InvalidArgumentError('a day, like 2026-01-31.');
}

const header = ['time', 'height', 'account', 'what', 'amount', 'state', 'reference', 'memo'];

const words = {
  pending: 'pending',
  paid: 'paid',
  cancelled: 'cancelled: not enough money',
  failed: 'not paid',
} as const;

const colourOf = (state: string) =>
  state === words.paid || state === 'received'
    ? 'green'
    : state === words.pending
      ? 'yellow'
      : state === ''
        ? undefined
        : 'red';

function rowOf({ network: { scale } }: Wallet): (entry: HistoryEntry) => string[] {
  const amount = (value: bigint) => formatChange(value, scale);
  return entry => {
    const start = [
      entry.time === undefined ? '' : timeText(entry.time),
      String(entry.height ?? ''),
      `${entry.account}`,
    ];
    switch (entry.kind) {
      case 'sent':
        return [
          ...start,
          `to ${entry.to}`,
          amount(-entry.amount),
          words[entry.state],
          entry.reference,
          entry.memo ?? '',
        ];
      case 'received':
        return [...start, from(entry.from), amount(entry.amount), 'received', '', entry.memo ?? ''];
      case 'other':
        return [
          ...start,
          'without a memo',
          amount(entry.change),
          entry.change > 0n ? 'received' : 'paid elsewhere',
          '',
          '',
        ];
      case 'balance':
        return [...start, 'balance', amount(entry.balance), '', '', ''];
    }
  };
}

const from = (account: number | undefined): string => (account === undefined ? 'from outside' : `from ${account}`);

/** Amounts as people write them. */
function inText(entry: HistoryEntry, { network: { scale } }: Wallet): object {
  const texts = Object.entries(entry).map(([name, value]) => [
    name,
    typeof value === 'bigint' ? formatChange(value, scale) : value,
  ]);
  return Object.fromEntries(texts);
}

function statementInText(statement: Statement, { network: { scale } }: Wallet): object {
  const point = (at: Statement['opening']) => at && { ...at, balance: formatAmount(at.balance, scale) };
  return {
    ...statement,
    opening: point(statement.opening),
    closing: point(statement.closing),
    lines: statement.lines.map(line => ({ ...line, change: formatChange(line.change, scale) })),
  };
}
