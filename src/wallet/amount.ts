/**
 * Amounts as people write them, and as the ledger counts them.
 *
 *     text '12.50', scale 2   <->   1250n of the smallest unit
 *
 * Digits, and at most one point with digits on both sides: no sign, no exponent, no thousands separators, no spaces. What
 * cannot be said exactly is refused, never rounded. No floats anywhere. Messages never repeat the amount.
 */
import { assert, CovaultError } from '../errors.js';

/** How the amounts of a ledger are written. */
export interface AmountForm {
  /** Decimal places. */
  readonly scale: number;
  /** Amounts are below 2^amountBits of the smallest unit. */
  readonly amountBits: number;
}

/** More digits than any amount has: 2^60 has 19, and a scale at most 12 places. */
const digitsMax = 40;

/** Throws BAD_AMOUNT, with what would be right. Zero is an amount. */
export function parseAmount(text: string, { scale, amountBits }: AmountForm): bigint {
  const parts = /^([0-9]+)(?:\.([0-9]+))?$/.exec(text);
  if (text.startsWith('-')) throw badAmount('an amount is not negative', scale);
  if (!parts || text.length > digitsMax) throw badAmount('an amount is written in digits, like 12 or 12.5', scale);
  const [, whole, fraction = ''] = parts;
  if (fraction.length > scale) throw badAmount(`an amount has at most ${scale} decimal places`, scale);
  return checkAmount(BigInt(whole + fraction.padEnd(scale, '0')), { scale, amountBits });
}

/** Throws BAD_AMOUNT. In the smallest unit. */
export function checkAmount(amount: bigint, { scale, amountBits }: AmountForm): bigint {
  if (amount < 0n) throw badAmount('an amount is not negative', scale);
  const most = (1n << BigInt(amountBits)) - 1n;
  if (amount > most) throw badAmount(`an amount is at most ${formatAmount(most, scale)} on this ledger`, scale);
  return amount;
}

/** Always with all decimal places: 100n at scale 2 is '1.00'. */
export function formatAmount(amount: bigint, scale: number): string {
  assert(amount >= 0n, 'amounts and balances are not negative');
  const digits = amount.toString().padStart(scale + 1, '0');
  return scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** A change of a balance: with a minus where it falls. */
export function formatChange(change: bigint, scale: number): string {
  return change < 0n ? `-${formatAmount(-change, scale)}` : formatAmount(change, scale);
}

function badAmount(why: string, scale: number): CovaultError {
  return new CovaultError('BAD_AMOUNT', why, { scale });
}
