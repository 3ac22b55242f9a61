/**
 * The checks that make an envelope safe to run, as weights on its input vector (protocol.md, section 6).
 *
 *     per envelope   f, g, h at tau_1 and tau_2        proof            f*g = h
 *                    <rho, x>                          integrity        = t
 *                    of a transfer: its receipt        no check: uniform to all but whom the payer tells (`receipt.ts`)
 *                    two combinations                  linear claims    = 0
 *     per block      sum_e chi_e * <chi, x_e> + mask   one input for all verifiers: compared by digest, no expected value
 *
 * Everything opened here is linear in x, or masked. Weights are made once per block where they do not depend on the
 * envelope. If several checks fail, the first in the order integrity, proof, linear, authority is the reason.
 */
import { hash, prgVec } from '../crypto/index.js';
import { encodeCore, expandRhos, type Header, type Kind } from '../envelope/index.js';
import { concatVec, giveBack, maskToField, type Vec, zeros } from '../field/index.js';
import { circuitOf, receiptWeights, type Shape, unitClaims } from '../operations/index.js';
import {
  claimCoefficients,
  combineClaims,
  drawTaus,
  proofHolds,
  proofWeights,
  sameClaims,
  type UnitClaim,
} from '../proof/index.js';
import {
  addPublic,
  addShares,
  concatShares,
  innerPublic,
  type Party,
  type Shares,
  segmentsPublic,
  sliceShares,
} from '../sharing/index.js';
import type { RejectReason } from './record.js';

/** What the checks need of one envelope. */
export interface Checked {
  readonly header: Header;
  /** k_1 .. k_n, revealed. */
  readonly keyParts: readonly Uint8Array[];
  /** Where its input vector starts in the block's. */
  readonly start: number;
}

/** Envelopes side by side that share all weights but rho. */
interface Run {
  readonly kind: Kind;
  readonly claims: readonly UnitClaim[];
  readonly envelopes: Checked[];
}

/** All weights one block's coin gives. */
export class BlockChecks {
  readonly #shape: Shape;
  readonly #coin: Uint8Array;
  readonly #closed: (page: number) => Uint8Array;
  readonly #taus: readonly [bigint, bigint];
  readonly #proof = new Map<Kind, Vec>();
  readonly #widths = new Map<Kind, number>();
  /** The point of the block's receipts. */
  readonly receiptTau: bigint;
  #receiptWeights: Vec | undefined;

  /** `closed` is the state of the slots at the block's start. */
  constructor(shape: Shape, coin: Uint8Array, closed: (page: number) => Uint8Array) {
    this.#shape = shape;
    this.#coin = coin;
    this.#closed = closed;
    this.#taus = drawTaus(hash('covault/coin/tau', coin));
    this.receiptTau = maskToField(hash('covault/coin/receipt', coin).slice(0, 8))[0];
  }

  #proofMatrix(kind: Kind): Vec {
    let matrix = this.#proof.get(kind);
    if (!matrix) {
      matrix = proofWeights(circuitOf(this.#shape, kind), this.#taus).matrix;
      this.#proof.set(kind, matrix);
    }
    return matrix;
  }

  #gates({ arguments: { kind } }: Header): boolean {
    return circuitOf(this.#shape, kind).gates > 0;
  }

  #claims(header: Header): UnitClaim[] {
    return unitClaims(this.#shape, header.arguments, this.#closed);
  }

  /** How many elements `openings` gives an envelope: the same for all of its kind. */
  width(header: Header): number {
    const { kind } = header.arguments;
    const width = this.#widths.get(kind) ?? this.#widthOf(header);
    this.#widths.set(kind, width);
    return width;
  }

  #widthOf(header: Header): number {
    return this.#claimsAt(header) + (this.#claims(header).length > 0 ? 2 : 0);
  }

  /** Where the receipt stands, if it has one, and after it the claims. */
  #receiptAt(header: Header): number {
    return 1 + (this.#gates(header) ? 6 : 0);
  }

  #claimsAt(header: Header): number {
    return this.#receiptAt(header) + (header.arguments.kind === 'transfer' ? 1 : 0);
  }

  /**
   * Envelope by envelope: <rho, x>, then f, g, h twice where there are gates, then the receipt of a transfer, then two
   * combinations where there are claims.
   * `inputs` are the block's, `checked` all its envelopes in their order.
   */
  openings(party: Party, inputs: Shares, checked: readonly Checked[]): Shares {
    const parts = this.#runs(checked).map(run => this.#opening(party, inputs, run));
    return parts.length === 1 ? parts[0] : concatShares(party, parts);
  }

  #runs(checked: readonly Checked[]): Run[] {
    const runs: Run[] = [];
    for (const envelope of checked) {
      const { kind } = envelope.header.arguments;
      const claims = this.#claims(envelope.header);
      const last = runs.at(-1);
      if (last?.kind === kind && sameClaims(last.claims, claims)) last.envelopes.push(envelope);
      else runs.push({ kind, claims, envelopes: [envelope] });
    }
    return runs;
  }

  #opening(party: Party, inputs: Shares, { kind, claims, envelopes }: Run): Shares {
    const { gates, length } = circuitOf(this.#shape, kind);
    const shared = gates > 0 ? [this.#proofMatrix(kind)] : [];
    if (kind === 'transfer') {
      this.#receiptWeights ??= receiptWeights(this.#shape, this.receiptTau);
      shared.push(this.#receiptWeights);
    }
    const constants: bigint[] = [];
    for (const which of claims.length > 0 ? [0, 1] : []) {
      const gamma = prgVec(hash('covault/coin/linear', this.#coin, Uint8Array.of(which)), claimCoefficients(claims));
      const { weights, constant } = combineClaims(length, claims, gamma);
      shared.push(weights);
      constants.push(constant);
    }
    const own = expandRhos(
      envelopes.map(({ header, keyParts }) => ({ keyParts, core: encodeCore(header) })),
      length,
    );
    const starts = Uint32Array.from(envelopes, ({ start }) => start);
    const opening = segmentsPublic(inputs, { starts, columns: length, shared: concatVec(...shared), own });
    giveBack(own);
    if (constants.length === 0) return opening;
    const width = opening.length / envelopes.length;
    const added = zeros(opening.length);
    for (let end = width; end <= added.length; end += width) added.set(constants, end - constants.length);
    return addPublic(party, opening, added);
  }

  /** The first check that fails, of those before authority. */
  judge(header: Header, opened: Vec): RejectReason | undefined {
    if (opened[0] !== header.clientTag) return 'integrity';
    const gates = this.#gates(header);
    if (gates && !proofHolds(opened.subarray(1, 7))) return 'proof';
    if (opened.subarray(this.#claimsAt(header)).some(claim => claim !== 0n)) return 'linear';
    return undefined;
  }

  /** y of a transfer. */
  receipt(header: Header, opened: Vec): bigint {
    return opened[this.#receiptAt(header)];
  }

  /**
   * One sum over all inputs of the block plus a mask that is input alike. Inputs that differ between two verifiers shift
   * it, and then the banks' digests part; chance 1/p. chi is one vector, as long as the longest input.
   */
  consistency(inputs: Shares, lengths: readonly number[]): Shares {
    const chi = prgVec(hash('covault/coin/chi', this.#coin), Math.max(0, ...lengths));
    const byEnvelope = prgVec(hash('covault/coin/chi/envelopes', this.#coin), lengths.length);
    let total = sliceShares(inputs, inputs.length - 1, inputs.length);
    for (let first = 0, start = 0; first < lengths.length; ) {
      const columns = lengths[first];
      let after = first;
      const starts: number[] = [];
      for (; after < lengths.length && lengths[after] === columns; after++, start += columns) starts.push(start);
      const run = { starts: Uint32Array.from(starts), columns, shared: chi.subarray(0, columns), own: zeros(0) };
      total = addShares(total, innerPublic(byEnvelope.subarray(first, after), segmentsPublic(inputs, run)));
      first = after;
    }
    return total;
  }
}
