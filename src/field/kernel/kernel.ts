/**
 * The vector loops behind `vector.ts`, twice: `wasm.ts` is what runs, `plain.ts` is its twin in the tests.
 *
 * Every element that goes in is canonical, in [0, p), and so is every element that comes out; scalars likewise. Only
 * `maskInto` and `allBelowP` take any 64-bit words.
 * Lengths that must agree do: `vector.ts` has checked them.
 */

/** Elements of F_p, each canonical. */
export type Vec = BigUint64Array;

/** Weights a call of `innerSegments` shares among all segments: the scratch area holds that many. */
export const sharedWeightsMax = 31;

export interface Segments {
  readonly starts: Uint32Array;
  readonly columns: number;
  /** One behind the other, `columns` elements each. */
  readonly shared: Vec;
  /** One for each start, or empty. */
  readonly own: Vec;
}

export interface Kernel {
  /** a + b; into `to` where it is given, which may be a or b. */
  add(a: Vec, b: Vec, to?: Vec): Vec;
  /** a - b, likewise. */
  sub(a: Vec, b: Vec, to?: Vec): Vec;
  /** -a */
  neg(a: Vec): Vec;
  /** c*a */
  scale(a: Vec, c: bigint): Vec;
  /** a_i * b_i */
  mul(a: Vec, b: Vec): Vec;
  /** acc += c*a */
  addScaledInto(acc: Vec, a: Vec, c: bigint): void;
  /** to = a + c*b; `to` may be a or b. */
  addScaledTo(to: Vec, a: Vec, b: Vec, c: bigint): void;
  /** acc_i += a_i * b_i */
  mulAddInto(acc: Vec, a: Vec, b: Vec): void;
  /** <a, b> */
  inner(a: Vec, b: Vec): bigint;
  /** sum of a_i */
  sum(a: Vec): bigint;
  /** [1, x, .., x^(count-1)] */
  powers(x: bigint, count: number): Vec;
  /** 1/a_i, or undefined when some a_i is zero. */
  invert(a: Vec): Vec | undefined;
  /** M*x, M row by row, `columns` = x.length > 0. */
  matVec(rows: Vec, columns: number, x: Vec): Vec;
  /**
   * For every row and every start s, with x = row[s .. s + columns): <own, x> where there are weights of its own, then <w, x>
   * for each of the shared weights, at most `sharedWeightsMax`. The own weights of start k stand at k*columns.
   */
  innerSegments(rows: readonly Vec[], segments: Segments): Vec[];
  /** Any words, masked to 61 bits in place, p read as 0. */
  maskInto(words: BigUint64Array): void;
  /** Whether any words are elements. */
  allBelowP(words: BigUint64Array): boolean;
}
