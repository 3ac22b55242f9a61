/**
 * What happened to a holder's accounts, as far as its wallet knows. Nothing is asked of any bank here.
 *
 *     sent       orders of this wallet, with the verdict that it alone can read
 *     received   payments between own accounts, and what memos say and records prove (`memos.ts`)
 *     balance    what look-ups have shown, of the start of a block
 *     other      what two balances of an account show, and nothing above explains: payments received without a memo;
 *                below 0 what another device with the same seed phrase has paid
 *
 *         other = b_2 - b_1 + sent - received          heights h_1 <= h < h_2 of two look-ups in a row
 *
 * Records carry no time: an entry has the time at which this device asked, or saw the record.
 *
 * After a restore from the seed phrase: what was sent is gone with the wallet file, for it stands nowhere else; memos are found
 * again as far back as banks keep them; balances begin anew.
 *
 * Source: protocol.md, sections 7 (the verdict) and 8 (a look-up is of the balance at the start of its block).
 */
import type { BalancePoint, Order, WalletState } from './state.js';
import { orderName } from './state.js';

/** A payment that this wallet was asked for. `to` is an account of the ledger. */
export interface SentEntry {
  readonly kind: 'sent';
  readonly account: number;
  readonly to: number;
  /** In the smallest unit, as everywhere here. */
  readonly amount: bigint;
  readonly reference: string;
  readonly memo: string | undefined;
  /** `cancelled`: not enough money. `failed`: not paid, and nothing under way. */
  readonly state: 'pending' | 'paid' | 'cancelled' | 'failed';
  readonly askedAt: number | undefined;
  /** Decided; while it is pending, asked. Absent for what a wallet of version 1 has sent. */
  readonly time: number | undefined;
  readonly height: number | undefined;
}

/** A payment to an own account: from another own account, or as a memo tells and records prove. */
export interface ReceivedEntry {
  readonly kind: 'received';
  readonly account: number;
  readonly amount: bigint;
  readonly memo: string | undefined;
  /** The own account that paid, if one did. */
  readonly from: number | undefined;
  readonly height: number;
  readonly time: number | undefined;
}

/** What two balances in a row show and no other entry explains: mostly payments received without a memo. */
export interface OtherEntry {
  readonly kind: 'other';
  readonly account: number;
  /** Signed. */
  readonly change: bigint;
  /** Between these look-ups. */
  readonly sinceHeight: number;
  readonly height: number;
  readonly time: number;
}

/** What a look-up has shown: the balance at the start of the block of that height. */
export interface BalanceEntry extends BalancePoint {
  readonly kind: 'balance';
}

/** One thing that happened to an own account; `kind` says which. */
export type HistoryEntry = SentEntry | ReceivedEntry | OtherEntry | BalanceEntry;

/** Which entries: of one account or of all, of a span of time or of all times. */
export interface HistoryRange {
  readonly account?: number | undefined;
  /** Milliseconds since 1970: from <= time < to. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** Newest first. What has no time is left out of any range of times. */
export function historyOf(state: WalletState, { account, from, to }: HistoryRange = {}): HistoryEntry[] {
  const sent = sentOf(state);
  const moves = [...sent, ...receivedOf(state, sent)];
  const all: HistoryEntry[] = [...moves, ...othersOf(state, moves), ...balancesOf(state)];
  const inRange = (time: number | undefined) =>
    (from === undefined && to === undefined) ||
    (time !== undefined && (from === undefined || time >= from) && (to === undefined || time < to));
  const found = all.filter(entry => (account === undefined || entry.account === account) && inRange(entry.time));
  return found
    .map((entry, i) => ({ entry, i }))
    .sort(newestFirst)
    .map(({ entry }) => entry);
}

interface Placed {
  readonly entry: HistoryEntry;
  readonly i: number;
}

/** A look-up is of the start of its block: all that the block holds is newer. What is pending is newest. */
function newestFirst(a: Placed, b: Placed): number {
  const rank = ({ entry }: Placed) => ({ balance: 0, other: -1, sent: 1, received: 2 })[entry.kind];
  const height = ({ entry }: Placed) => entry.height ?? Number.MAX_SAFE_INTEGER;
  return height(b) - height(a) || rank(b) - rank(a) || b.i - a.i;
}

function sentOf(state: WalletState): SentEntry[] {
  return [...state.orders.values()].flatMap(order => {
    const { name, intent, outcome, askedAt, decidedAt } = order;
    if (intent.kind !== 'transfer') return [];
    return {
      kind: 'sent',
      account: intent.from,
      to: intent.to,
      amount: intent.amount,
      reference: name.slice(orderName.transfer('').length),
      memo: intent.memo?.text,
      state: stateOf(order),
      askedAt,
      time: decidedAt ?? askedAt,
      height: outcome.state === 'pending' ? undefined : outcome.height,
    };
  });
}

function stateOf({ outcome }: Order): SentEntry['state'] {
  if (outcome.state === 'settled') return 'paid';
  if (outcome.state === 'cancelled' || outcome.state === 'pending') return outcome.state;
  return 'failed';
}

function receivedOf(state: WalletState, sent: readonly SentEntry[]): ReceivedEntry[] {
  const own = new Set(state.accounts.map(({ account }) => account));
  const within = sent.flatMap(({ account, to, amount, memo, state: verdict, height, time }): ReceivedEntry[] =>
    verdict === 'paid' && own.has(to) && height !== undefined
      ? [{ kind: 'received', account: to, amount, memo, from: account, height, time }]
      : [],
  );
  const found = state.received.map(({ account, amount, memo, height, time }): ReceivedEntry => {
    return { kind: 'received', account, amount, memo, from: undefined, height, time };
  });
  return [...within, ...found];
}

const balancesOf = ({ points }: WalletState): BalanceEntry[] => points.map(point => ({ kind: 'balance', ...point }));

/** What two look-ups in a row show and `moves` do not explain. Cost: that of sorting both. */
function othersOf({ points }: WalletState, moves: readonly Move[]): OtherEntry[] {
  const sums = runningSums(moves);
  const before = new Map<number, { readonly point: BalancePoint; readonly explained: bigint }>();
  const found: OtherEntry[] = [];
  for (const point of [...points].sort(byHeight)) {
    const { account, balance, height, time } = point;
    const explained = sums.get(account)?.(height) ?? 0n;
    const last = before.get(account);
    before.set(account, { point, explained });
    if (!last) continue;
    const change = balance - last.point.balance - (explained - last.explained);
    if (change !== 0n) found.push({ kind: 'other', account, change, sinceHeight: last.point.height, height, time });
  }
  return found;
}

type Move = SentEntry | ReceivedEntry;
type Decided = Move & { readonly height: number };

const isDecided = (move: Move): move is Decided => move.height !== undefined;
const byHeight = (a: { readonly height: number }, b: { readonly height: number }) => a.height - b.height;

/** By account: what all its moves below a height have changed. The heights asked for ascend. */
function runningSums(moves: readonly Move[]): Map<number, (height: number) => bigint> {
  const all = new Map<number, Decided[]>();
  for (const move of moves.filter(isDecided).sort(byHeight)) {
    const own = all.get(move.account);
    if (own) own.push(move);
    else all.set(move.account, [move]);
  }
  return new Map([...all].map(([account, own]) => [account, runningSum(own)]));
}

function runningSum(moves: readonly Decided[]): (height: number) => bigint {
  let sum = 0n;
  let next = 0;
  return height => {
    for (; next < moves.length && moves[next].height < height; next++) sum += changeOf(moves[next]);
    return sum;
  };
}

/** What an entry does to the balance of its account. */
export function changeOf(entry: HistoryEntry): bigint {
  switch (entry.kind) {
    case 'sent':
      return entry.state === 'paid' ? -entry.amount : 0n;
    case 'received':
      return entry.amount;
    case 'other':
      return entry.change;
    case 'balance':
      return 0n;
  }
}
