/**
 * The rules in the clear: what the ledger does, as if one party saw everything. This is the specification that the
 * computation must agree with, at every height.
 *
 *     transfer   balance >= amount: the amount moves; else nothing changes and nobody is told
 *     open       a closed slot gets its keys
 *     reveal     shows a balance under its viewing key; changes nothing
 *     rekey      whoever holds the spending key replaces both keys, at the block's end
 *     audit      the balances sum to the supply
 *
 * Source: protocol.md, sections 7 and 8.
 */
import { assert } from '../errors.js';

export interface PlainAccount {
  readonly balance: bigint;
  readonly open: boolean;
  /** How often its keys were replaced: stands for the keys. */
  readonly keys?: number;
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

/** `keys`: how old the presented spending key is. Takes effect at the block's end: later than all else of the block but audits. */
export function plainRekey(
  ledger: PlainLedger,
  account: number,
  keys: number,
): { ledger: PlainLedger; outcome: PlainOutcome } {
  const { open = false, keys: now = 0 } = ledger[account] ?? {};
  if (!open || keys !== now) return { ledger, outcome: 'rejected' };
  return {
    ledger: ledger.map((a, slot) => (slot === account ? { ...a, keys: now + 1 } : a)),
    outcome: 'settled',
  };
}

export function plainSupply(ledger: PlainLedger): bigint {
  for (const { balance } of ledger) assert(balance >= 0n, 'no balance is negative');
  return ledger.reduce((sum, { balance }) => sum + balance, 0n);
}
