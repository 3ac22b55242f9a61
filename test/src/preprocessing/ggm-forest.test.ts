/** GGM trees of a round. */
import test from 'ava';
import { prg } from '../../../src/crypto/index.js';
import {
  type Forest,
  growForest,
  levelBytes,
  punctureForest,
  siblingChoices,
  sumAt,
} from '../../../src/preprocessing/ggm-forest.js';
import { lpnKernel } from '../../../src/preprocessing/lpn-parameters.js';

function forestOf(treeCount: number, depth: number, context = 0): Forest {
  return { treeCount, depth, kernel: lpnKernel, context: Uint8Array.of(context) };
}

function grow(forest: Forest, roots: Uint8Array) {
  const leaves = new BigUint64Array(forest.treeCount * 2 ** forest.depth).fill(433n); // whatever memory holds
  return { leaves, sums: growForest(forest, leaves, roots) };
}

function puncture(forest: Forest, places: Uint32Array, siblings: Uint8Array) {
  const leaves = new BigUint64Array(forest.treeCount * 2 ** forest.depth).fill(433n);
  punctureForest(forest, leaves, places, siblings);
  return leaves;
}

function siblingsOf(forest: Forest, places: Uint32Array, sums: Uint8Array): Uint8Array {
  const choices = siblingChoices(places, forest.depth);
  const siblings = new Uint8Array(16 * choices.length);
  choices.forEach((choice, k) => {
    const at = sumAt(forest, Math.floor(k / forest.depth), k % forest.depth) + 16 * choice;
    siblings.set(sums.subarray(at, at + 16), 16 * k);
  });
  return siblings;
}

for (const [treeCount, depth] of [
  [1, 1],
  [7, 3],
  [33, 9],
]) {
  test(`${treeCount} trees of depth ${depth}: all leaves are known but one each, at any place`, t => {
    const forest = forestOf(treeCount, depth);
    const size = 2 ** depth;
    const { leaves, sums } = grow(forest, prg(new Uint8Array(16), 16 * treeCount));
    t.is(sums.length, treeCount * depth * levelBytes);
    t.is(new Set(leaves).size, leaves.length, 'leaves differ');
    for (let shift = 0; shift < Math.min(size, 8); shift++) {
      const places = Uint32Array.from({ length: treeCount }, (_, tree) => (tree + shift) % size);
      const known = puncture(forest, places, siblingsOf(forest, places, sums));
      const wrong = [...known.keys()].filter(row => known[row] !== leaves[row]);
      t.deepEqual(
        wrong,
        [...places].map((place, tree) => tree * size + place),
      );
    }
  });
}

test('another round grows other trees from the same roots', t => {
  const roots = prg(new Uint8Array(16), 16);
  const [a, b] = [0, 1].map(context => grow(forestOf(1, 3, context), roots).leaves);
  t.false(a.some(leaf => b.includes(leaf)));
});

test('a wrong sum spoils leaves of its side only', t => {
  const forest = forestOf(1, 3);
  const { leaves, sums } = grow(forest, prg(new Uint8Array(16), 16));
  const places = Uint32Array.of(5);
  const siblings = siblingsOf(forest, places, sums);
  siblings[16] ^= 1; // second level: the sibling of 5's parent, leaves 6 and 7
  const known = puncture(forest, places, siblings);
  const wrong = [...known.keys()].filter(row => known[row] !== leaves[row]);
  t.true([5, 6, 7].every(row => wrong.includes(row)) || wrong.includes(4));
  t.false([0, 1, 2, 3].some(row => wrong.includes(row)));
});
