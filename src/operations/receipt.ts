/**
 * The receipt of a transfer: one element that the banks open, which shows its payee that a memo says the truth.
 *
 *     y = m + tau*theta + tau^2*a + tau^3*slot_t          m: the receipt mask, an element of the input and of nothing else
 *
 * theta, a and the payee's slot are linear in x (slot_t = sum_k k*e_t,k; 0 for K = 1), so y is opened with the proofs, for every
 * transfer. tau is drawn from the block's coin after the inputs stand.
 *
 * To everybody else y is uniform: m is drawn by the payer for this transfer, masks this alone and is opened nowhere else. To whom
 * the payer tells m, theta and a, it shows that these are what the banks have computed with: a payer that tells others than its
 * input holds had to choose m' with m' - m = a polynomial of degree 3 in tau that is not 0, before it knew tau: chance 3/p. The
 * verdict then follows from the record's pi, and the payee's page stands in the header. Nothing here tells the payee of the
 * payer's slot, key or balance, beyond what the verdict says.
 *
 * Source: a polynomial under a one-time mask, as in den Boer, J. Computer Security 2 (1993), with a public coin for its point;
 * the coin and the verdict: protocol.md, sections 7 and 9 (message 3).
 */
import { fp, type Vec, zeros } from '../field/index.js';
import { thetaForm } from './compare.js';
import type { Shape } from './shape.js';
import { transferLayout } from './transfer.js';

export interface Told {
  readonly mask: bigint;
  readonly theta: bigint;
  readonly amount: bigint;
  /** The payee's, in its page. */
  readonly slot: number;
}

/** y = <weights, x>. */
export function receiptWeights(shape: Shape, tau: bigint): Vec {
  const layout = transferLayout(shape);
  const weights = zeros(layout.circuit.length);
  const [square, cube] = [fp.mul(tau, tau), fp.mul(tau, fp.mul(tau, tau))];
  weights[layout.receipt] = 1n;
  for (const { index, coefficient } of thetaForm(layout.compare)) {
    weights[index] = fp.add(weights[index], fp.mul(tau, coefficient));
  }
  const { at, length } = layout.amount;
  for (let i = 0; i < length; i++) weights[at + i] = fp.add(weights[at + i], fp.mul(square, fp.mod(1n << BigInt(i))));
  if (layout.hidden) {
    const { payee } = layout.hidden;
    for (let k = 0; k < payee.length; k++)
      weights[payee.at + k] = fp.add(weights[payee.at + k], fp.mul(cube, BigInt(k)));
  }
  return weights;
}

/** What y has to be if this is what the banks have computed with. */
export function receiptOf(tau: bigint, { mask, theta, amount, slot }: Told): bigint {
  const inner = fp.add(fp.mod(amount), fp.mul(tau, BigInt(slot)));
  return fp.add(mask, fp.mul(tau, fp.add(theta, fp.mul(tau, inner))));
}
