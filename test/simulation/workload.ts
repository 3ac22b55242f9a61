/**
 * What holders want of a run: a small ledger, and orders on it, drawn before anything happens. Balances are small, so that
 * many a transfer is an overdraft; many are sent to more than one bank; some expire before they get far; some are forged.
 */
import type { Draws } from './draws.js';

/** How a holder spoils an envelope: a wrong spending key (K > 1), a bit that is none, a packet that one bank cannot open. */
export type Flaw = 'key' | 'proof' | 'packet';

export type Order =
  | { readonly kind: 'open'; readonly account: number }
  | {
      readonly kind: 'transfer';
      readonly from: number;
      readonly to: number;
      readonly amount: number;
      readonly flaw: Flaw | undefined;
    }
  | { readonly kind: 'reveal'; readonly account: number }
  /** New keys in place of those that the account has when it is sealed. */
  | { readonly kind: 'rekey'; readonly account: number }
  | { readonly kind: 'audit'; readonly bank: number };

export interface Errand {
  readonly order: Order;
  /** When its envelope is made. */
  readonly atMs: number;
  /** It expires so many heights later. */
  readonly heights: number;
  /** Its packets are messages of a submission session. */
  readonly inSession: boolean;
  /** Where it is handed in, identical bytes each time, and how long after. */
  readonly sponsors: readonly { readonly bank: number; readonly afterMs: number }[];
}

export interface Setting {
  readonly banks: number;
  readonly pageSize: number;
  /** By account. */
  readonly balances: readonly number[];
  readonly delayMs: { readonly least: number; readonly most: number };
}

/** Orders come within this. */
export const busyMs = 5_000;

export function drawSetting(draws: Draws): Setting {
  const banks = draws.pick([2, 2, 2, 3, 3, 3, 3, 4]);
  const pageSize = draws.pick([1, 1, 3]);
  const accounts = pageSize === 1 ? 4 : 6;
  const balances = Array.from({ length: accounts }, () => (draws.chance(0.75) ? draws.below(40) : 0));
  const least = draws.pick([0.1, 1, 5]);
  return { banks, pageSize, balances, delayMs: { least, most: least + draws.pick([0.5, 10, 40]) } };
}

export function drawErrands(draws: Draws, { banks, pageSize, balances }: Setting): Errand[] {
  const accounts = balances.map((_, account) => account);
  const opens = accounts
    .filter(() => draws.chance(0.9))
    .map((account): Errand => errand(draws, banks, { kind: 'open', account }, draws.between(0, 400), 100));
  const count = 4 + draws.below(12);
  const rushMs = draws.between(500, busyMs);
  const others = Array.from({ length: count }, () => {
    const order = drawOrder(draws, banks, pageSize, accounts);
    const isBrief = draws.chance(0.2) || (order.kind === 'transfer' && order.flaw === 'packet');
    const heights = isBrief ? 1 + draws.below(4) : 40;
    // some together, so that blocks overlap
    const atMs = draws.chance(0.5) ? rushMs + draws.between(0, 400) : draws.between(300, busyMs);
    return errand(draws, banks, order, atMs, heights);
  });
  return [...opens, ...others, ...(draws.chance(0.04) ? [longErrand(draws, banks, accounts)] : [])];
}

/** Undecided for so long that banks fold and seal what lies behind: one that a bank cannot open, until its expiry. */
function longErrand(draws: Draws, banks: number, accounts: readonly number[]): Errand {
  const [from, to] = [draws.pick(accounts), draws.pick(accounts)];
  const order = { kind: 'transfer', from, to, amount: 0, flaw: 'packet' } as const;
  return errand(draws, banks, order, draws.between(300, busyMs), 80 + draws.below(40));
}

function drawOrder(draws: Draws, banks: number, pageSize: number, accounts: readonly number[]): Order {
  const [from, to] = [draws.pick(accounts), draws.pick(accounts)];
  const payments = ['transfer', 'transfer', 'transfer', 'transfer', 'transfer'] as const;
  const kind = draws.pick([...payments, 'reveal', 'audit', 'rekey'] as const);
  if (kind === 'reveal' || kind === 'rekey') return { kind, account: from };
  if (kind === 'audit') return { kind, bank: draws.below(banks) };
  const flaws: readonly Flaw[] = pageSize > 1 ? ['key', 'proof', 'packet'] : ['proof', 'packet'];
  const flaw = draws.chance(0.15) ? draws.pick(flaws) : undefined;
  return { kind, from, to, amount: draws.chance(0.1) ? 0 : draws.below(30), flaw };
}

function errand(draws: Draws, banks: number, order: Order, atMs: number, heights: number): Errand {
  const first = { bank: draws.below(banks), afterMs: 0 };
  const again = draws.chance(0.35) ? [{ bank: draws.below(banks), afterMs: Math.round(draws.between(0, 3_000)) }] : [];
  return { order, atMs: Math.round(atMs), heights, inSession: draws.chance(0.4), sponsors: [first, ...again] };
}
