/**
 * From VOLE to authenticated input: bank i makes its own additive share known to the MAC, not to the others.
 *
 *     stream of the ordered pair (i, j)   i has (u, T), j has (D_ji, Q),  T = Q + D_ji*u
 *     message i -> j                      d = x_i - u
 *     afterwards                          T_ij = T,  Q_ji = Q - D_ji*d      so T_ij = Q_ji + D_ji*x_i
 *
 * Source: protocol.md, section 3. Nothing forces one x_i towards all j: the consistency opening does.
 */
import { assert } from '../errors.js';
import { addScaled, fp, giveBack, subInto, type Vec } from '../field/index.js';
import type { Party, Shares } from './shares.js';

/** Raw VOLE of one bank towards all others, for one input, which uses it up; rows at its own place are empty. */
export interface InputVole {
  /** By verifier j: T = Q + D*u. */
  readonly sharer: readonly { readonly u: Vec; readonly tag: Vec }[];
  /** By sharer i: Q. */
  readonly verifier: readonly Vec[];
}

/** d = x_i - u: the correction this bank sends to bank j, in the place of u. Once for each j: u is used up. */
export function correction(vole: InputVole, value: Vec, to: number): Vec {
  const { u } = vole.sharer[to];
  subInto(u, value, u);
  return u;
}

/**
 * Q_ji = Q - D_ji*d: this bank's key for what bank `from` has input, in the place of Q, which is used up. `received`, which
 * is d, is borrowed (`Rounds.parseVec`) and given back here.
 */
export function inputKey(party: Party, vole: InputVole, from: number, received: Vec): Vec {
  const Q = vole.verifier[from];
  assert(Q.length === received.length, 'a correction for every element');
  addScaled(Q, received, fp.neg(party.deltas[from]), Q);
  giveBack(received);
  return Q;
}

/** The sharing, once every other bank's corrections have arrived: `keys[i]` is `inputKey` of what came from bank i. */
export function inputShares(party: Party, vole: InputVole, value: Vec, keys: readonly Vec[]): Shares {
  const empty: Vec = new BigUint64Array(0);
  return {
    length: value.length,
    value,
    tags: vole.sharer.map(({ tag }, j) => (j === party.self ? empty : tag)),
    keys: vole.verifier.map((_, i) => (i === party.self ? empty : keys[i])),
  };
}
