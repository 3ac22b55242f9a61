/**
 * The loops of VOLE at scale, twice: `wasm.ts` is what runs, `plain.ts` is its twin in the tests.
 *
 * Nothing is allocated for a result: it goes into what the caller hands over, which is the caller's all along.
 *
 * A forest is `treeCount` binary trees side by side, level by level: the nodes of a level lie tree after tree, 16 bytes each.
 * Rows are those of the local linear code: row r of A has ones at the ten indices of r, so that (A*x)_r is a sum of ten.
 */
import type { Vec } from '../../field/index.js';

/** Ones in a row of the code. */
export const rowWeight = 10;

export interface Level {
  /** 2*nodes: the children, in order. */
  readonly nodes: Uint8Array;
  /** 32 bytes a tree: XOR of its left children, XOR of its right ones. */
  readonly sums: Uint8Array;
}

/** Fills `words`, ten for every row from `first` on, `first` even; each is to become an index into the base. */
export type Code = (words: Uint32Array, first: number) => void;

/** A public permutation of 16-byte blocks, into `to`. */
export type Permutation = (blocks: Uint8Array, to: Uint8Array) => void;

export interface LpnKernel {
  /** Fills the next level: node s has the children pi_z(s) XOR s, z = 0, 1. */
  children(to: Level, nodes: Uint8Array, treeCount: number, pi: readonly [Permutation, Permutation]): void;
  /** In every tree, in place: node places[tree] ^= deltas[tree] (16 bytes each). Touches every node alike. */
  patch(nodes: Uint8Array, deltas: Uint8Array, places: Uint32Array): void;
  /** The first 8 bytes of every node as an element. */
  leaves(to: Vec, nodes: Uint8Array): void;
  /** Fills rows from `first` on, 2^blockBits to a block: 0, but values[b] at row places[b] of block b. */
  points(to: Vec, places: Uint32Array, values: Vec, blockBits: number, first: number): void;
  /** to += A*base, `to` being rows from `first` on. */
  addRows(to: Vec, code: Code, base: Vec, first: number): void;
  /** The same for two vectors of one A. */
  addRowPairs(to: readonly [Vec, Vec], code: Code, bases: readonly [Vec, Vec], first: number): void;
  /** Nothing of any call is left in the kernel. */
  wipe(): void;
}

/** Bias 2^-16 at most for a base below 2^16: an index is public, and need only be about uniform. */
export const indexOf = (word: number, baseCount: number): number => Math.floor((word * baseCount) / 0x1_0000_0000);
