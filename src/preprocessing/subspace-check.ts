/**
 * The consistency check of the OT extension: did the receiver put one x into all 64 columns?
 *
 *     W = V + x * Delta, row by row;  for a random binary matrix R, made from a challenge drawn after x is fixed:
 *     R*W = R*V + (R*x) * Delta       the receiver sends R*x (128 bits) and R*V (128 rows); the sender compares
 *
 * R = [R' | 1]: R' uniform over all rows but the last 128, the identity over these. The last 128 rows are random and used
 * for nothing else, so that R*x says nothing about x; and R*V follows from R*x and what the sender has.
 *
 * Soundness: two different x collide under R with probability 2^-128; over all pairs of the 64 columns 2^-117 a batch. When
 * none collide, a receiver with a wrong x in d columns passes only if it guessed those Delta_i, with probability 2^-2d, and
 * then knows them: the bet of a selective failure, which the proof allows (Delta is of this session only and has 128 bits;
 * a pass at odds 2^-2d leaves 128 - 2d). A failure names the receiver.
 *
 * Speed: R' is public, so the secret rows are combined by the method of the four Russians: the sixteen sums of four rows,
 * then one lookup (public address) a row of R.
 *
 * Source: Roy: SoftSpokenOT (ePrint 2022/192), section 4, with a uniform matrix as the universal hash.
 */
import { prg } from '../crypto/index.js';
import { assert } from '../errors.js';
import { rowBits, rowWords, xorInto } from './bits.js';

/** Rows at the end of every batch that hide R*x. */
export const maskRows = rowBits;
const groupRows = 8;

/** R' as nibbles: byte r of group g holds, for row r of R, the coefficients of rows 8g .. 8g+7. */
export function challengeMatrix(challenge: Uint8Array, rowCount: number): Uint8Array {
  assert(rowCount % groupRows === 0 && rowCount > maskRows, 'rows come in groups of eight, and some are masks');
  return prg(challenge, ((rowCount - maskRows) / groupRows) * rowBits);
}

/** R*M. Shapes: M has 4 words a row; 128 rows of 4 words back. */
export function combineRows(matrix: Uint8Array, rows: Int32Array): Int32Array {
  const mainWords = rows.length - maskRows * rowWords;
  const sums = rows.slice(mainWords);
  const table = new Int32Array(2 * 16 * rowWords);
  for (let at = 0, m = 0; at < mainWords; at += groupRows * rowWords, m += rowBits) {
    sumsOfFour(table, 0, rows, at);
    sumsOfFour(table, 16 * rowWords, rows, at + 4 * rowWords);
    for (let r = 0; r < rowBits; r++) {
      const low = (matrix[m + r] & 15) * rowWords;
      const high = (16 + (matrix[m + r] >> 4)) * rowWords;
      const sum = r * rowWords;
      sums[sum] ^= table[low] ^ table[high];
      sums[sum + 1] ^= table[low + 1] ^ table[high + 1];
      sums[sum + 2] ^= table[low + 2] ^ table[high + 2];
      sums[sum + 3] ^= table[low + 3] ^ table[high + 3];
    }
  }
  return sums;
}

/** table[s] = sum of those of four rows that s names; table[0] = 0. */
function sumsOfFour(table: Int32Array, base: number, rows: Int32Array, at: number): void {
  for (let bit = 0; bit < 4; bit++) {
    const size = (1 << bit) * rowWords;
    const row = at + bit * rowWords;
    for (let s = 0; s < size; s++) table[base + size + s] = table[base + s] ^ rows[row + (s & 3)];
  }
}

/** R*x, 128 bits as words. `x`: bits of the batch, masks included, packed. */
export function combineBits(matrix: Uint8Array, x: Uint8Array): Int32Array {
  const folded = new Uint8Array(rowBits);
  const groups = matrix.length / rowBits;
  for (let g = 0, m = 0; g < groups; g++) {
    for (let r = 0; r < rowBits; r++, m++) folded[r] ^= matrix[m] & x[g];
  }
  const sums = new Int32Array(rowWords);
  for (let r = 0; r < rowBits; r++) {
    const mask = (x[groups + (r >> 3)] >> (r & 7)) & 1;
    sums[r >> 5] |= (parity(folded[r]) ^ mask) << (r & 31);
  }
  return sums;
}

/** R*V + (R*x) * Delta: what R*W must be. */
export function expected(combinedV: Int32Array, combinedX: Int32Array, delta: Int32Array): Int32Array {
  const sums = combinedV.slice();
  for (let r = 0; r < rowBits; r++) {
    const mask = -((combinedX[r >> 5] >> (r & 31)) & 1);
    xorInto(
      sums.subarray(r * rowWords, (r + 1) * rowWords),
      delta.map(word => word & mask),
    );
  }
  return sums;
}

function parity(byte: number): number {
  let folded = byte ^ (byte >> 4);
  folded ^= folded >> 2;
  return (folded ^ (folded >> 1)) & 1;
}
