/**
 * Sums that must be 0, checked by opening two independent random combinations: error p^-2, about 2^-122.
 *
 * The one shape every operation needs is the unit vector over the open slots of a page. For e of length K:
 *
 *     sum_k e_k - 1 = 0            and     e_k = 0 for every slot k closed at the block's start
 *
 * With the bit gates of the proof, e then is 1 at exactly one open slot. Source: protocol.md, section 6, check 4.
 */
import { fp, type Vec, zeros } from '../field/index.js';
import type { Field } from './circuit.js';

/** e is claimed to be a unit vector; `closed[k]` is 1 where it must vanish. */
export interface UnitClaim {
  readonly e: Field;
  readonly closed: Uint8Array;
}

/** Whether one combination serves both: the same fields vanish at the same slots. */
export const sameClaims = (a: readonly UnitClaim[], b: readonly UnitClaim[]): boolean =>
  a.length === b.length &&
  a.every(({ e, closed }, i) => e === b[i].e && closed.every((flag, k) => flag === b[i].closed[k]));

/** One random combination of all claims: <weights, x> + constant must be 0. */
export interface Combination {
  readonly weights: Vec;
  readonly constant: bigint;
}

/** Coefficients one combination of these claims uses up: 1 + K for each. */
export const claimCoefficients = (claims: readonly UnitClaim[]): number =>
  claims.reduce((sum, claim) => sum + 1 + claim.e.length, 0);

export function combineClaims(length: number, claims: readonly UnitClaim[], coefficients: Vec): Combination {
  const weights = zeros(length);
  let constant = 0n;
  let next = 0;
  for (const { e, closed } of claims) {
    const sum = coefficients[next++];
    constant = fp.sub(constant, sum);
    for (let k = 0; k < e.length; k++) {
      const vanish = coefficients[next++];
      weights[e.at + k] = closed[k] ? fp.add(sum, vanish) : sum;
    }
  }
  return { weights, constant };
}
