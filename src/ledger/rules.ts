/**
 * The rules in the clear: what the ledger does, as if one party saw everything. This is the specification that the
 * computation must agree with, at every height.
 *
 *     transfer   balance >= amount: the amount moves; else nothing changes and nobody is told
 *     open       a closed slot gets its keys
 *     reveal     shows a balance; changes nothing
 *     audit      the balances sum to the supply
 *
 * Source: protocol.md, sections 7 and 8.
 */
import { assert } from '../errors.js';

export interface PlainAccount {
  readonly balance: bigint;
  readonly open: boolean;
}

export type PlainLedger = readonly PlainAccount[];

export type PlainOutcome = 'settled' | 'cancelled' | 'rejected';

export function plainTransfer(
  ledger: PlainLedger,
  payer: number,
  payee: number,
  amount: bigint,
): { ledger: PlainLedger; outcome: PlainOutcome } {
  if (amount < 0n || !ledger[payer]?.open || !ledger[payee]?.open) return { ledger, outcome: 'rejected' };
  if (ledger[payer].balance < amount) return { ledger, outcome: 'cancelled' };
  const change = (account: number) => (account === payee ? amount : 0n) - (account === payer ? amount : 0n);
  return {
    ledger: ledger.map((a, account) => ({ ...a, balance: a.balance + change(account) })),
    outcome: 'settled',
  };
}

export function plainOpen(ledger: PlainLedger, account: number): { ledger: PlainLedger; outcome: PlainOutcome } {
  if (ledger[account] === undefined || ledger[account].open) return { ledger, outcome: 'rejected' };
  return {
    ledger: ledger.map((a, slot) => (slot === account ? { ...a, open: true } : a)),
    outcome: 'settled',
  };
}

export function plainSupply(ledger: PlainLedger): bigint {
  for (const { balance } of ledger) assert(balance >= 0n, 'no balance is negative');
  return ledger.reduce((sum, { balance }) => sum + balance, 0n);
}
