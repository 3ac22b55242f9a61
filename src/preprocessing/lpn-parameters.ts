/**
 * The LPN instance behind VOLE at scale, and what one round makes of it.
 *
 *     rows n = t * 2^blockBits      base k      t noisy rows, one in each block (regular noise)      weight 10 of a row of A
 *
 *     round    k + t + 1 VOLE elements in, n out; the first k + t + 1 of these are the next round's:
 *              591,683 are handed out
 *
 * The code A is one for all rounds, pairs and sessions: every row ten indices below k from a public stream. (An index that
 * comes twice in a row counts twice; that does no harm.) Primal LPN: A*x + e looks uniform to who knows A and not x, e.
 *
 * Security: `lpn-estimate.md` has the estimator's inputs and outputs; at least 128 bits.
 *
 * Source: Weng, Yang, Katz, Wang: Wolverine, S&P 2021 (ePrint 2020/925), sections 4 and 5; the set: protocol.md, section 4.
 */
import { hash, prg } from '../crypto/index.js';
import { type LpnKernel, rowWeight } from './lpn-kernel/kernel.js';
import { wasmLpnKernel } from './lpn-kernel/wasm.js';

export interface LpnParameters {
  /** k: elements of x. At most 2^16: indices have two bytes. */
  readonly base: number;
  /** t: noisy rows. */
  readonly blocks: number;
  /** Rows of a block: 2^blockBits. */
  readonly blockBits: number;
}

export const lpnParameters: LpnParameters = { base: 44_000, blocks: 1_244, blockBits: 9 };

/** n */
export function rowCountOf({ blocks, blockBits }: LpnParameters): number {
  return blocks * 2 ** blockBits;
}

/** What a round consumes: x, one for every noisy row, one for the check. */
export function reservedCountOf({ base, blocks }: LpnParameters): number {
  return base + blocks + 1;
}

const kernels = new Map<string, LpnKernel>();

/** The kernel with the code of these parameters; made once, about 0.1 s. Not to be used by two at once: nothing in it waits. */
export function lpnKernel(parameters: LpnParameters): LpnKernel {
  const { base, blocks, blockBits } = parameters;
  const name = `${base}/${blocks}/${blockBits}`;
  let kernel = kernels.get(name);
  if (!kernel) {
    kernel = wasmLpnKernel(base, codeWords(parameters));
    kernels.set(name, kernel);
  }
  return kernel;
}

/** Ten words a row, the same for everybody: nothing up the sleeve. */
export function codeWords(parameters: LpnParameters): Uint32Array {
  const bytes = prg(hash('covault/lpn/code'), 4 * rowWeight * rowCountOf(parameters));
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}
