/**
 * The checks that make an envelope safe to run, as weights on its input vector (protocol.md, section 6).
 *
 *     per envelope   f, g, h at tau_1 and tau_2        proof            f*g = h
 *                    <rho, x>                          integrity        = t
 *                    two combinations                  linear claims    = 0
 *     per block      sum_e chi_e * <chi, x_e> + mask   one input for all verifiers: compared by digest, no expected value
 *
 * Everything opened here is linear in x, or masked. Weights are made once per block where they do not depend on the
 * envelope. If several checks fail, the first in the order integrity, proof, linear, authority is the reason.
 */
import { hash, prgVec } from '../crypto/index.js';
import { encodeCore, expandRho, type Header, type Kind } from '../envelope/index.js';
import { concatVec, scaleVec, type Vec } from '../field/index.js';
import { circuitOf, type Shape, unitClaims } from '../operations/index.js';
import { claimCoefficients, combineClaims, drawTaus, proofHolds, proofWeights } from '../proof/index.js';
import { addPublic, concatShares, innerPublic, mapPublic, type Party, type Shares } from '../sharing/index.js';
import type { RejectReason } from './record.js';

/** What the checks need of one envelope. */
export interface Checked {
  readonly header: Header;
  /** k_1 .. k_n, revealed. */
  readonly keyParts: readonly Uint8Array[];
  readonly x: Shares;
}

/** All weights one block's coin gives. */
export class BlockChecks {
  readonly #shape: Shape;
  readonly #coin: Uint8Array;
  readonly #closed: (page: number) => Uint8Array;
  readonly #taus: readonly [bigint, bigint];
  readonly #proof = new Map<Kind, Vec>();

  /** `closed` is the state of the slots at the block's start. */
  constructor(shape: Shape, coin: Uint8Array, closed: (page: number) => Uint8Array) {
    this.#shape = shape;
    this.#coin = coin;
    this.#closed = closed;
    this.#taus = drawTaus(hash('covault/coin/tau', coin));
  }

  #proofMatrix(kind: Kind): Vec {
    let matrix = this.#proof.get(kind);
    if (!matrix) {
      matrix = proofWeights(circuitOf(this.#shape, kind), this.#taus).matrix;
      this.#proof.set(kind, matrix);
    }
    return matrix;
  }

  #gates(header: Header): boolean {
    return circuitOf(this.#shape, header.arguments.kind).gates > 0;
  }

  /** How many elements `opening` gives. */
  width(header: Header): number {
    const claims = unitClaims(this.#shape, header.arguments, this.#closed);
    return 1 + (this.#gates(header) ? 6 : 0) + (claims.length > 0 ? 2 : 0);
  }

  /** <rho, x>, then f, g, h twice where there are gates, then two combinations where there are claims. */
  opening(party: Party, { header, keyParts, x }: Checked): Shares {
    const parts = [innerPublic(expandRho(keyParts, encodeCore(header), x.length), x)];
    if (this.#gates(header)) parts.push(mapPublic(this.#proofMatrix(header.arguments.kind), 6, x));
    const claims = unitClaims(this.#shape, header.arguments, this.#closed);
    if (claims.length > 0) {
      for (const which of [0, 1]) {
        const gamma = prgVec(hash('covault/coin/linear', this.#coin, Uint8Array.of(which)), claimCoefficients(claims));
        const { weights, constant } = combineClaims(x.length, claims, gamma);
        parts.push(addPublic(party, innerPublic(weights, x), BigUint64Array.of(constant)));
      }
    }
    return concatShares(party, parts);
  }

  /** The first check that fails, of those before authority. */
  judge(header: Header, opened: Vec): RejectReason | undefined {
    if (opened[0] !== header.clientTag) return 'integrity';
    const gates = this.#gates(header);
    if (gates && !proofHolds(opened.subarray(1, 7))) return 'proof';
    if (opened.subarray(gates ? 7 : 1).some(claim => claim !== 0n)) return 'linear';
    return undefined;
  }

  /**
   * One sum over all inputs of the block plus a mask that is input alike. Inputs that differ between two verifiers shift
   * it, and then the banks' digests part; chance 1/p. chi is one vector, as long as the longest input.
   */
  consistency(inputs: Shares, lengths: readonly number[]): Shares {
    const chi = prgVec(hash('covault/coin/chi', this.#coin), Math.max(0, ...lengths));
    const byEnvelope = prgVec(hash('covault/coin/chi/envelopes', this.#coin), lengths.length);
    const weights = lengths.map((length, e) => scaleVec(chi.subarray(0, length), byEnvelope[e]));
    return innerPublic(concatVec(...weights, BigUint64Array.of(1n)), inputs);
  }
}
