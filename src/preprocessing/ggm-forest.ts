/**
 * GGM trees in bulk: one bank grows t trees from random roots; the other comes to know all leaves of each but one, at a
 * place of its choice that the first does not learn.
 *
 *     grow       node s has the children pi_0(s) XOR s, pi_1(s) XOR s;  levels 1 .. h, 2^h leaves
 *     sums       K_z of every tree and level: XOR of all left (z = 0), of all right (z = 1) children
 *     puncture   at a place with bits b_1 .. b_h the other bank learns K_(1 - b_l) of every level l, by OT. It computes every
 *                level from the one before; below the path stands nonsense. On each level one child of the path is wrong that
 *                it should know: the difference between K_(1 - b_l) and its own sum, put right there.
 *     leaves     the first 8 bytes, as a field element. At the place itself there is nonsense.
 *
 * The punctured tree is worked on as a whole, every node alike: neither a branch nor an address depends on the place.
 *
 * pi: AES-128 under two public keys, new ones for every 32 trees of a round. A path node, 128 bits, is found by search: of
 * 32*9 values under one key, so with probability 2^-119.8 a guess, in the ideal-cipher model.
 *
 * Not here: which OTs, and whether the first bank grew proper trees: that is checked on the leaves (`single-point-vole.ts`).
 *
 * Source: Wolverine (ePrint 2020/925), figure 5; fixed keys: Guo, Katz, Wang, Yu (ePrint 2019/074).
 */

import { Writer } from '../codec/index.js';
import { aesPermutation, hash } from '../crypto/index.js';
import { assert } from '../errors.js';
import type { Vec } from '../field/index.js';
import { areaBytes, type Level, type LpnKernel, type Permutation } from './lpn-kernel/index.js';
import { blockBytes } from './ot.js';

/** Both sums of a level of one tree. */
export const levelBytes = 2 * blockBytes;

export interface Forest {
  readonly treeCount: number;
  /** h */
  readonly depth: number;
  readonly kernel: LpnKernel;
  /** Session, direction and round: the keys follow from it. */
  readonly context: Uint8Array;
}

/** Trees under one pair of keys, and worked on at once: no more than a level of leaves fills of the kernel's memory. */
const groupTrees = 32;

function treesAtOnce({ depth }: Forest): number {
  const fitting = Math.floor(areaBytes / (blockBytes * 2 ** depth));
  assert(fitting > 0, 'a tree fits the kernel');
  return Math.min(groupTrees, fitting);
}

function eachGroup(forest: Forest, run: (first: number, count: number, pi: [Permutation, Permutation]) => void): void {
  const atOnce = treesAtOnce(forest);
  for (let first = 0; first < forest.treeCount; first += atOnce) {
    const key = (z: number) =>
      hash('covault/ggm/key', forest.context, new Writer(8).u32(first).u8(z).done()).slice(0, blockBytes);
    run(first, Math.min(atOnce, forest.treeCount - first), [aesPermutation(key(0)), aesPermutation(key(1))]);
  }
}

/** What is done to the level that the kernel has just made of `count` trees, the first of them `first`. */
type OnLevel = (made: Level, first: number, count: number, level: number) => void;

/** Level by level down to the leaves. `roots`: 16 bytes a tree. Nodes lie in one piece of memory, wiped at the end. */
function descend(forest: Forest, leaves: Vec, roots: Uint8Array, onLevel: OnLevel): void {
  const { treeCount, depth, kernel } = forest;
  assert(leaves.length === treeCount * 2 ** depth, 'a leaf has its place');
  const atOnce = treesAtOnce(forest);
  // nodes of the last two levels take turns
  const levels = [new Uint8Array(areaBytes), new Uint8Array(areaBytes)];
  const sums = new Uint8Array(atOnce * levelBytes);
  eachGroup(forest, (first, count, pi) => {
    let nodes = levels[0].subarray(0, blockBytes * count);
    nodes.set(roots.subarray(blockBytes * first, blockBytes * (first + count)));
    for (let level = 0; level < depth; level++) {
      const next = levels[(level + 1) % 2].subarray(0, 2 * nodes.length);
      const made = { nodes: next, sums: sums.subarray(0, count * levelBytes) };
      kernel.children(made, nodes, count, pi);
      onLevel(made, first, count, level);
      nodes = next;
    }
    kernel.leaves(leaves.subarray(first * 2 ** depth, (first + count) * 2 ** depth), nodes);
  });
  for (const secret of [...levels, sums]) secret.fill(0);
}

/**
 * Fills the leaves; returns the sums.
 * Shapes: roots 16 bytes a tree; leaves 2^depth a tree, tree after tree; sums by tree, then level: K_0, K_1.
 */
export function growForest(forest: Forest, leaves: Vec, roots: Uint8Array): Uint8Array {
  const sums = new Uint8Array(forest.treeCount * forest.depth * levelBytes);
  descend(forest, leaves, roots, (made, first, count, level) => {
    for (let tree = 0; tree < count; tree++) {
      sums.set(made.sums.subarray(levelBytes * tree, levelBytes * (tree + 1)), sumAt(forest, first + tree, level));
    }
  });
  return sums;
}

/** Where the sums of a level of a tree stand, in bytes. */
export function sumAt({ depth }: Forest, tree: number, level: number): number {
  return (tree * depth + level) * levelBytes;
}

/** One byte, 0 or 1, a tree and level: the OTs' choices, 1 - b. The highest bit of a place is the first level's. */
export function siblingChoices(places: Uint32Array, depth: number): Uint8Array {
  return Uint8Array.from({ length: places.length * depth }, (_, k) => {
    const level = k % depth;
    return 1 ^ ((places[(k - level) / depth] >> (depth - 1 - level)) & 1);
  });
}

/**
 * Fills the leaves.
 * Shapes: siblings: K_(1 - b), 16 bytes a tree and level; leaves as above, nonsense at `places`.
 */
export function punctureForest(forest: Forest, leaves: Vec, places: Uint32Array, siblings: Uint8Array): void {
  const { treeCount, depth, kernel } = forest;
  const atOnce = treesAtOnce(forest);
  const deltas = new Uint8Array(blockBytes * atOnce);
  const targets = new Uint32Array(atOnce);
  descend(forest, leaves, new Uint8Array(blockBytes * treeCount), (made, first, count, level) => {
    for (let tree = 0; tree < count; tree++) {
      const prefix = places[first + tree] >>> (depth - 1 - level);
      targets[tree] = prefix ^ 1;
      difference(deltas, tree, made.sums, siblings, ((first + tree) * depth + level) * blockBytes, (prefix & 1) ^ 1);
    }
    kernel.patch(made.nodes, deltas.subarray(0, blockBytes * count), targets.subarray(0, count));
  });
  for (const secret of [deltas, targets]) secret.fill(0);
}

/** deltas[tree] = K_side XOR the own sum of that side, without a branch on the side. */
function difference(
  deltas: Uint8Array,
  tree: number,
  sums: Uint8Array,
  siblings: Uint8Array,
  at: number,
  side: number,
): void {
  const mask = -side & 0xff;
  for (let i = 0; i < blockBytes; i++) {
    const left = sums[levelBytes * tree + i];
    const right = sums[levelBytes * tree + blockBytes + i];
    deltas[blockBytes * tree + i] = siblings[at + i] ^ left ^ (mask & (left ^ right));
  }
}
