/**
 * A batch as it is asked for, and everything that can be wrong with it before anything is sent.
 *
 * Every payment has a reference of its own: it is what makes a batch safe to run again. None is ever made up here: a
 * reference that hangs on a place in a file pays twice when a line moves.
 */
import { CovaultError, type ErrorCode } from '../errors.js';
import { batchPaymentsMax, referenceLengthMax } from '../limits.js';
import type { Network } from '../network/index.js';
import { readAccount } from './address.js';
import { checkAmount } from './amount.js';
import { type Asked, checkSame } from './order-book.js';
import { type Intent, orderName, type WalletState } from './state.js';

/** One payment of a batch. */
export interface BatchPayment {
  readonly from: number | string;
  /** Account number or address. */
  readonly to: number | string;
  /** In the smallest unit. */
  readonly amount: bigint;
  /** The same reference pays once. */
  readonly reference: string;
}

/** What is wrong with one payment; `index` counts from 0. */
export interface BatchFault {
  readonly index: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Nothing of the batch was sent. Its code is that of the first fault. */
export class BatchRefused extends CovaultError {
  readonly faults: readonly BatchFault[];

  constructor(faults: readonly [BatchFault, ...BatchFault[]]) {
    super(faults[0].code, faults[0].message, { index: faults[0].index, faults: faults.length });
    this.faults = faults;
  }
}

/** A transfer that is asked for; its reference is there. */
export interface AskedTransfer extends Asked {
  readonly reference: string;
  readonly intent: Intent & { readonly kind: 'transfer' };
}

/** What can be said without asking any bank. Throws BatchRefused: BAD_AMOUNT, BAD_ADDRESS, UNKNOWN_ACCOUNT, MALFORMED,
 * REFERENCE_REUSED (in the batch, or by another payment of this wallet), OVERSIZED. */
export function planBatch(network: Network, state: WalletState, payments: readonly BatchPayment[]): AskedTransfer[] {
  if (payments.length > batchPaymentsMax) {
    throw new CovaultError('OVERSIZED', `a batch has at most ${batchPaymentsMax} payments`, { batchPaymentsMax });
  }
  const references = new Set<string>();
  return eachOrRefuse(payments, payment => {
    const asked = askedOf(network, payment);
    const { reference, name, intent } = asked;
    if (references.has(reference)) {
      throw new CovaultError('REFERENCE_REUSED', 'this reference stands in the batch twice', { reference });
    }
    references.add(reference);
    const stored = state.orders.get(name);
    if (stored) checkSame(stored.intent, intent, reference);
    return asked;
  });
}

/** Runs a check for each; throws BatchRefused with all that failed. */
export function eachOrRefuse<T, R>(all: readonly T[], check: (one: T) => R): R[] {
  const faults: BatchFault[] = [];
  const passed = all.flatMap((one, index) => {
    try {
      return [check(one)];
    } catch (error) {
      if (!(error instanceof CovaultError)) throw error;
      faults.push({ index, code: error.code, message: error.message });
      return [];
    }
  });
  const [first, ...more] = faults;
  if (first) throw new BatchRefused([first, ...more]);
  return passed;
}

function askedOf(network: Network, { from, to, amount, reference }: BatchPayment): AskedTransfer {
  if (reference.length < 1 || reference.length > referenceLengthMax) {
    throw new CovaultError('MALFORMED', `a reference has 1 to ${referenceLengthMax} characters`, { what: 'reference' });
  }
  const intent = {
    kind: 'transfer',
    from: readAccount(network, from),
    to: readAccount(network, to),
    amount: checkAmount(amount, network),
  } as const;
  return { name: orderName.transfer(reference), reference, intent };
}
