/**
 * A coin nobody chose: commitment to a share, then reveal.
 *
 *     message s     c_i = H(label, context, share_i; opening_i)
 *     message s+1   share_i, opening_i
 *     coin          H(use, all shares in roster order)
 *
 * Bound to the conversation and to the bank, so that no bank can copy another's (with n = 2 a copied coin would cancel
 * in a sum). A reveal that does not match is a deviation of its sender. Source: protocol.md, section 3.
 */
import { Writer } from '../codec/index.js';
import { checkCommitment, commit, concatBytes, hash, utf8 } from '../crypto/index.js';
import { deviation } from '../errors.js';
import type { Randomness } from '../ports.js';

export const coinCommitmentBytes = 32;
export const coinRevealBytes = 64;

const label = 'covault/coin';

export class CoinToss {
  readonly #context: Uint8Array;
  readonly #share: Uint8Array;
  readonly #opening: Uint8Array;
  /** 32 bytes, to be broadcast first. */
  readonly commitment: Uint8Array;

  constructor(context: Uint8Array, self: number, random: Randomness) {
    this.#context = context;
    this.#share = random.bytes(32);
    const { commitment, opening } = commit(label, boundTo(context, self), this.#share, random);
    this.commitment = commitment;
    this.#opening = opening;
  }

  /** 64 bytes, to be broadcast once every commitment has arrived. */
  reveal(): Uint8Array {
    return concatBytes(this.#share, this.#opening);
  }

  /**
   * The coin, 32 bytes, from what all banks broadcast, own parts included.
   * Throws: DEVIATION naming the bank whose reveal does not match.
   */
  finish(use: string, commitments: readonly Uint8Array[], reveals: readonly Uint8Array[]): Uint8Array {
    const shares = reveals.map((reveal, bank) => {
      const [share, opening] = [reveal.subarray(0, 32), reveal.subarray(32)];
      const fits =
        reveal.length === coinRevealBytes &&
        checkCommitment(label, boundTo(this.#context, bank), share, opening, commitments[bank]);
      if (!fits) throw deviation(bank, 'coin: the reveal does not fit the commitment');
      return share;
    });
    return hash('covault/coin/result', utf8(use), ...shares);
  }
}

function boundTo(context: Uint8Array, bank: number): Uint8Array {
  return new Writer(64).bytes(context).u8(bank).done();
}
