/**
 * A statement of one account over a span of time: what changed its balance, for people and for their book-keeping.
 *
 *     CSV    RFC 4180 with a header line: time (ISO 8601, UTC), height, kind, change, counterparty, reference, memo
 *     text   80 columns, to be printed
 *
 * A text that a spreadsheet would compute (it begins with = + - @, a tab or a line's end) gets an apostrophe in front: a memo is
 * somebody else's text. Written here, in few lines, because what is in this folder must run in a browser without Node's parts.
 */
import type { Network } from '../network/index.js';
import { encodeAddress } from './address.js';
import { formatChange } from './amount.js';
import { changeOf, type HistoryEntry, type HistoryRange, historyOf } from './history.js';
import type { WalletState } from './state.js';

/** A balance, in the smallest unit, as a look-up has shown it. */
export interface BalanceAt {
  readonly balance: bigint;
  /** At the start of its block. */
  readonly height: number;
  readonly time: number;
}

/** What has changed the balance of the account. */
export interface StatementLine {
  readonly time: number | undefined;
  readonly height: number;
  readonly kind: 'sent' | 'received' | 'other';
  /** Signed, in the smallest unit; never 0. */
  readonly change: bigint;
  /** An account of the ledger, where the wallet knows it. */
  readonly counterparty: number | undefined;
  readonly reference: string | undefined;
  readonly memo: string | undefined;
}

/** A statement of one account; `from` and `to` are milliseconds since 1970: from <= time < to. */
export interface Statement {
  readonly account: number;
  readonly address: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** The last look-up before the span, else the first in it. */
  readonly opening: BalanceAt | undefined;
  /** The last look-up in the span. */
  readonly closing: BalanceAt | undefined;
  /** Oldest first. */
  readonly lines: readonly StatementLine[];
}

export function statementOf(
  network: Network,
  state: WalletState,
  { account, from, to }: HistoryRange & { readonly account: number },
): Statement {
  const before = from === undefined ? undefined : historyOf(state, { account, to: from }).find(isBalance);
  const entries = historyOf(state, { account, from, to }).reverse();
  const balances = entries.filter(isBalance);
  return {
    account,
    address: encodeAddress(network, account),
    from,
    to,
    opening: pointOf(before ?? balances[0]),
    closing: pointOf(balances.at(-1)),
    lines: entries.flatMap(lineOf),
  };
}

type BalanceOf = Extract<HistoryEntry, { kind: 'balance' }>;
const isBalance = (entry: HistoryEntry): entry is BalanceOf => entry.kind === 'balance';

const pointOf = (entry: BalanceOf | undefined): BalanceAt | undefined =>
  entry && { balance: entry.balance, height: entry.height, time: entry.time };

function lineOf(entry: HistoryEntry): StatementLine[] {
  const change = changeOf(entry);
  if (entry.kind === 'balance' || entry.height === undefined || change === 0n) return [];
  const { kind, time, height } = entry;
  const about = { kind, time, height, change } as const;
  const nothing = { counterparty: undefined, reference: undefined, memo: undefined };
  if (entry.kind === 'sent')
    return [{ ...about, counterparty: entry.to, reference: entry.reference, memo: entry.memo }];
  if (entry.kind === 'received') return [{ ...about, ...nothing, counterparty: entry.from, memo: entry.memo }];
  return [{ ...about, ...nothing }];
}

/** CSV (RFC 4180) with a header line; columns as in the head of `statement.ts`. Amounts as people write them. */
export function statementCsv({ lines }: Statement, { scale }: Pick<Network, 'scale'>): string {
  const header = ['time', 'height', 'kind', 'change', 'counterparty', 'reference', 'memo'];
  const rows = lines.map(line => [
    line.time === undefined ? '' : new Date(line.time).toISOString(),
    String(line.height),
    line.kind,
    formatChange(line.change, scale),
    line.counterparty === undefined ? '' : String(line.counterparty),
    disarmed(line.reference ?? ''),
    disarmed(line.memo ?? ''),
  ]);
  return [header, ...rows].map(row => `${row.map(cell).join(',')}\r\n`).join('');
}

const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const disarmed = (text: string): string => (/^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text);

const columns = 80;

/** Lines of at most 80 columns, control characters as '?'. */
export function statementText(statement: Statement, { scale }: Pick<Network, 'scale'>): string {
  const { account, address, from, to, opening, closing, lines } = statement;
  const span = [from === undefined ? '' : `from ${day(from)}`, to === undefined ? '' : `to before ${day(to)}`];
  const balance = (name: string, at: BalanceAt | undefined) =>
    at ? row(`${name}, at the start of block ${at.height}, ${minute(at.time)}`, formatChange(at.balance, scale)) : [];
  const out = [
    `Statement of account ${account} ${span.filter(Boolean).join(' ')}`.trimEnd(),
    address,
    '='.repeat(columns),
    ...balance('Balance', opening),
    '-'.repeat(columns),
    ...lines.flatMap(line => textOf(line, scale)),
    '-'.repeat(columns),
    ...balance('Balance', closing),
  ];
  return `${out.join('\n')}\n`;
}

function textOf({ time, height, kind, change, counterparty, reference, memo }: StatementLine, scale: number): string[] {
  const what = {
    sent: `to account ${counterparty}`,
    received: counterparty === undefined ? 'received' : `from own account ${counterparty}`,
    other: change > 0n ? 'received, without a memo' : 'paid from another device',
  }[kind];
  const head = row(
    `${time === undefined ? '' : minute(time)}  block ${height}  ${what}`.trimStart(),
    formatChange(change, scale),
  );
  const about = [reference && `reference ${reference}`, memo].flatMap(each => (each ? folded(each) : []));
  return [...head, ...about.map(each => `    ${each}`)];
}

/** Text at the left, an amount at the right. */
function row(left: string, right: string): string[] {
  const room = columns - right.length - 2;
  return [`${left.slice(0, room).padEnd(room)}  ${right}`];
}

function folded(text: string): string[] {
  const shown = [...text.replace(/\p{C}/gu, '?')];
  const width = columns - 4;
  return Array.from({ length: Math.ceil(shown.length / width) }, (_, i) =>
    shown.slice(i * width, (i + 1) * width).join(''),
  );
}

const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
const minute = (time: number): string => `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
