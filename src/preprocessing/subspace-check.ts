/**
 * The consistency check of the OT extension: did the receiver put one x into all places?
 *
 *     W = V + x * Delta, row by row;  for a random binary matrix R, made from a challenge drawn after x is fixed:
 *     R*W = R*V + (R*x) * Delta       the receiver sends R*x (128 bits) and R*V (128 rows); the sender compares
 *
 * R = [R' | 1]: R' uniform over all rows but the last 128, the identity over these. The last 128 rows are random and used
 * for nothing else, so that R*x says nothing about x; and R*V follows from R*x and what the sender has.
 *
 * Soundness, with 128/k places of k bits of Delta (`soft-spoken.ts`): two different x collide under R with probability
 * 2^-128; over all pairs of the places
 *
 *     k            1         2         4         8
 *     a batch   2^-115    2^-117    2^-119    2^-121
 *
 * When none collide, a receiver with a wrong x in d places passes only if it guessed those Delta_i, with probability 2^-kd, and
 * then knows them: the bet of a selective failure, which the proof allows (Delta is of this session only and has 128 bits;
 * a pass at odds 2^-kd leaves 128 - kd). A failure names the receiver.
 *
 * Speed: R' is public, so the secret rows are combined by the method of the four Russians: the sixteen sums of four rows,
 * then one lookup (public address) a row of R (`kernel/assembly/combine.ts`).
 *
 * Source: Roy: SoftSpokenOT (ePrint 2022/192), section 4, with a uniform matrix as the universal hash.
 */
import { prg } from '../crypto/index.js';
import { assert } from '../errors.js';
import { rowBits, rowBytes, xorIfInto, xorInto } from './bits.js';
import { wasmKernel as kernel } from './kernel/wasm.js';

/** Rows at the end of every batch that hide R*x. */
export const maskRows = rowBits;
const maskBytes = maskRows * rowBytes;
const groupRows = 8;

/** R' by bytes: byte r of group g holds, for row r of R, the coefficients of rows 8g .. 8g+7. */
export function challengeMatrix(challenge: Uint8Array, rowCount: number): Uint8Array {
  assert(rowCount % groupRows === 0 && rowCount > maskRows, 'rows come in groups of eight, and some are masks');
  return prg(challenge, ((rowCount - maskRows) / groupRows) * rowBits);
}

/** R*M. Shapes: M has 16 bytes a row; 128 rows back. */
export function combineRows(matrix: Uint8Array, rows: Uint8Array): Uint8Array {
  const sums = kernel.combineRows(matrix, rows.subarray(0, -maskBytes));
  xorInto(sums, rows.subarray(-maskBytes));
  return sums;
}

/** R*x, 16 bytes. `x`: bits of the batch, masks included, packed. */
export function combineBits(matrix: Uint8Array, x: Uint8Array): Uint8Array {
  const folded = kernel.combineBits(matrix, x.subarray(0, -rowBytes));
  const sums = x.slice(-rowBytes);
  for (let r = 0; r < rowBits; r++) sums[r >> 3] ^= parity(folded[r]) << (r & 7);
  return sums;
}

/** R*V + (R*x) * Delta: what R*W must be. */
export function expected(combinedV: Uint8Array, combinedX: Uint8Array, delta: Uint8Array): Uint8Array {
  const sums = combinedV.slice();
  for (let r = 0; r < rowBits; r++) {
    xorIfInto(sums.subarray(r * rowBytes, (r + 1) * rowBytes), delta, combinedX[r >> 3] >> (r & 7));
  }
  return sums;
}

function parity(byte: number): number {
  let folded = byte ^ (byte >> 4);
  folded ^= folded >> 2;
  return (folded ^ (folded >> 1)) & 1;
}
