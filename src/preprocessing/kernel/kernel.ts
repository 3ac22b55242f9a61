/**
 * The loops of oblivious transfer and of products, twice: `wasm.ts` is what runs, `plain.ts` is its twin in the tests.
 *
 *     column     bits in bytes, bit j in byte floor(j/8), the lowest first;  row: 16 bytes;  block: 16 bytes
 *     element    of F_p, canonical, in and out; `choose` is told, and says, when one is not
 *
 * Results go into arrays of the caller, which may be parts of larger ones. Lengths that must agree do: the callers see to it.
 * No branch and no address depends on what any of these arrays hold, except a public matrix.
 */
import type { Vec } from '../../field/index.js';

export interface OtKernel {
  /** columns[b] = XOR of the leaves whose index has bit b, sum = XOR of all. Shapes: 2^k leaves, k columns, multiples of 16 bytes. */
  fold(leaves: readonly Uint8Array[], columns: readonly Uint8Array[], sum: Uint8Array): void;
  /** Bit c of row j is bit j of column c. Shapes: 128 columns, multiples of 16 bytes; a row for every bit of a column. */
  transpose(rows: Uint8Array, columns: readonly Uint8Array[]): void;
  /** One byte, 0 or 1, a bit; eight to a byte. Shapes: a multiple of 16 bits. */
  pack(to: Uint8Array, bits: Uint8Array): void;
  /** R'*rows, 128 rows. Shapes: 128 bytes of R' for every 8 rows. */
  combineRows(matrix: Uint8Array, rows: Uint8Array): Uint8Array;
  /** 128 bytes whose parities are R'*x. Shapes: 128 bytes of R' for every byte of x. */
  combineBits(matrix: Uint8Array, x: Uint8Array): Uint8Array;
  /** to_i = from_i XOR (first + i, way), two words of 64 bits. Shapes: blocks. */
  tweak(to: Uint8Array, from: Uint8Array, first: number, way: bigint): void;
  /** blocks_i ^= block, one for all. */
  addToAll(blocks: Uint8Array, block: Uint8Array): void;
  /** target ^= source. Shapes: blocks. */
  xor(target: Uint8Array, source: Uint8Array): void;
  /** output XOR input, masked to elements: first halves of the blocks to `even`, second halves to `odd`. */
  elements(even: Vec, odd: Vec, output: Uint8Array, input: Uint8Array): void;
  /** sum -= 2^t*z, then z = z - o + m. */
  correct(sum: Vec, z: Vec, o: Vec, m: Vec, t: number): void;
  /** sum += 2^t*(v + choice*d). Shapes: a byte, 0 or 1, a choice. Whether all of d are elements; if not, the sum is of no use. */
  choose(sum: Vec, v: Vec, d: Vec, choices: Uint8Array, t: number): boolean;
  /** to_i = bit t of v_i, a byte each. */
  bits(to: Uint8Array, v: Vec, t: number): void;
}
