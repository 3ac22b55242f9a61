/**
 * The LPN instances behind VOLE at scale, and what one round makes of them.
 *
 *     rows n = t * 2^blockBits      base k      t noisy rows, one in each block (regular noise)      weight 10 of a row of A
 *
 *     first stage   once a session: 6,657 elements of base VOLE in, 65,536 out
 *     round         k + t + 1 = 65,245 in, 636,928 out; the first 65,245 of these are the next round's: 571,683 are handed out
 *
 * Primal LPN: A*x + e looks uniform to who knows A and not x, e. Every row of A is ten indices below k, drawn anew for every
 * round once its noise is fixed, by the sharer, whom alone it protects: what an attacker works out about one code is of no use
 * for the next. (An index that comes twice in a row counts twice; that does no harm.)
 *
 * Security: at least 128 bits; `lpn-estimate.md` has the estimators' inputs and outputs. k is 64,000 and not the 44,000 of
 * protocol.md because rows of weight 10 that lie within few columns bring that set to 100 bits.
 *
 * Source: Weng, Yang, Katz, Wang: Wolverine, S&P 2021 (ePrint 2020/925), sections 4 and 5.
 */
import { hash, prgInto } from '../crypto/index.js';
import { type Code, wasmLpnKernel } from './lpn-kernel/index.js';

export interface LpnParameters {
  /** k: elements of x. At most 2^16: indices have two bytes. */
  readonly base: number;
  /** t: noisy rows. */
  readonly blocks: number;
  /** Rows of a block: 2^blockBits. */
  readonly blockBits: number;
}

export interface LpnStages {
  readonly first: LpnParameters;
  readonly main: LpnParameters;
}

export const lpnStages: LpnStages = {
  first: { base: 4_608, blocks: 2_048, blockBits: 5 },
  main: { base: 64_000, blocks: 1_244, blockBits: 9 },
};

/** n */
export function rowCountOf({ blocks, blockBits }: LpnParameters): number {
  return blocks * 2 ** blockBits;
}

/** What a round consumes: x, one for every noisy row, one for the check. */
export function reservedCountOf({ base, blocks }: LpnParameters): number {
  return base + blocks + 1;
}

/** One for the process: nothing in it waits. */
export const lpnKernel = wasmLpnKernel();

/** The code of a seed of 16 bytes. Two rows take five blocks of the stream. */
export function codeOf(seed: Uint8Array): Code {
  const key = hash('covault/lpn/code', seed);
  return (words, first) =>
    prgInto(new Uint8Array(words.buffer, words.byteOffset, words.byteLength), key, (first / 2) * 5);
}
