/**
 * Two stories that differ in every secret and in nothing public: which slots of the pages pay and are paid, how much, what
 * the balances were before, whether a transfer is applied or cancelled, whose balance is looked up.
 *
 *     genesis, opening    public, alike
 *     first block         a transfer that is applied in both, of other slots and another amount: balances now differ
 *     second block        two transfers out of one page, one wave each, and a look-up
 *                         story 0: applied, applied; story 1: cancelled, cancelled
 *
 * For pages of one slot payer and payee are public: amounts, balances and verdicts differ.
 */

/** Account numbers: page * K + slot. */
export interface Payment {
  readonly from: number;
  readonly to: number;
  readonly amount: bigint;
}

export interface Secrets {
  readonly first: Payment;
  readonly second: readonly [Payment, Payment];
  /** Verdicts of the second block. */
  readonly applied: boolean;
  readonly lookedUp: number;
}

export type Class = 0 | 1;
export const classes: readonly Class[] = [0, 1];

/** What genesis funds every account with. */
export const funded = 1000n;

/** Two pages of K slots for K > 1, three accounts for K = 1. */
export const accountCount = (pageSize: number): number => (pageSize === 1 ? 3 : 2 * pageSize);

export function secretsOf(pageSize: number, story: Class): Secrets {
  const K = pageSize;
  if (K === 1) {
    const [payer, payee] = [0, 1];
    const pay = (amount: bigint): Payment => ({ from: payer, to: payee, amount });
    return story === 0
      ? { first: pay(1n), second: [pay(2n), pay(3n)], applied: true, lookedUp: 1 }
      : { first: pay(900n), second: [pay(1n << 39n), pay(70_000n)], applied: false, lookedUp: 1 };
  }
  return story === 0
    ? {
        first: { from: 0, to: K + 1, amount: 1n },
        second: [
          { from: 0, to: K, amount: 2n },
          { from: 1, to: K + 1, amount: 3n },
        ],
        applied: true,
        lookedUp: K,
      }
    : {
        first: { from: K - 1, to: K, amount: 900n },
        second: [
          { from: K - 1, to: 2 * K - 1, amount: 1n << 39n },
          { from: K - 1, to: K, amount: 70_000n },
        ],
        applied: false,
        lookedUp: 2 * K - 1,
      };
}
