/**
 * The consistency check of VOLE: did the sharer use one u, and is T = Q + D*u?
 *
 *     chi        uniform coefficients from a seed that the verifier draws after the sharer's message
 *     a          = <chi, u> + u_last      b = <chi, T> + T_last       the sharer sends a, b; the last element is a mask
 *     accept     b = <chi, Q> + Q_last + D*a
 *
 * The sharer's value goes to the holder of the key; the holder sends nothing that depends on its own side.
 *
 * Soundness, COPEe below: with u_i in row i, Q is off by sum_i 2^i * D_i * (u_i - u). A row with another u has another
 * <chi, u_i> but with probability 1/p = 2^-61; then the sharer passes only with a bet on D_i (2^-1 a row), and a failed bet
 * is named. Who wins a bet on s bits of D, at odds 2^-s, knows these s bits and is left with 2^-(61-s) for the rest: a key
 * is forged with 2^-61 as before. The mask hides u in a; b follows from a, Q and D.
 *
 * Source: MASCOT (ePrint 2016/505), for COPEe with correlated inputs; the base VOLE of Wolverine (ePrint 2020/925) is checked
 * alike.
 */
import { prgVec } from '../crypto/index.js';
import { inner, single, type Vec } from '../field/index.js';

export const challengeBytes = 16;

/** Coefficients of all elements but the mask. */
function coefficients(challenge: Uint8Array, length: number): Vec {
  return prgVec(challenge, length - 1);
}

/** <chi, v> + v_last */
export function combine(challenge: Uint8Array, v: Vec): bigint {
  const last = v.length - 1;
  return single.add(inner(coefficients(challenge, v.length), v.subarray(0, last)), v[last]);
}

/** What b must be: <chi, Q> + Q_last + D*a. */
export function expected(challenge: Uint8Array, Q: Vec, D: bigint, a: bigint): bigint {
  return single.add(combine(challenge, Q), single.mul(a, D));
}
