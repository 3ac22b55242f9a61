/**
 * The presented key is the one in the account's slot, for K > 1: [y] = [key at e] - [presented] must be 0.
 *
 *     opened    eps = y - alpha                       a triple (alpha, beta, alpha*beta), bank-made
 *     opened    z = eps*beta + alpha*beta = y*beta    0 iff y = 0; for a wrong key uniform and nonzero
 *
 * beta is unknown to everybody, so z of a wrong key shows nothing else. A cheat passes with probability 1/p.
 * Vectors: one element for each envelope of the block that presents a key. For K = 1 authority is a signature.
 *
 * Source: protocol.md, section 6, check 5.
 */
import type { Vec } from '../field/index.js';
import { addShares, mulPublic, type Shares, subShares } from '../sharing/index.js';

export interface Triples {
  readonly alpha: Shares;
  readonly beta: Shares;
  readonly product: Shares;
}

/** eps, to be opened first. */
export const authorityMasked = (y: Shares, triples: Triples): Shares => subShares(y, triples.alpha);

/** z, to be opened one message later. */
export const authorityProduct = (eps: Vec, triples: Triples): Shares =>
  addShares(mulPublic(triples.beta, eps), triples.product);
