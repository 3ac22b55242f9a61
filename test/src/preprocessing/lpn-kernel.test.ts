/** The same tests on both kernels; the slow one is the definition. */
import test from 'ava';
import { aesPermutation, prg, prgVec } from '../../../src/crypto/index.js';
import { equalVec, fp, type Vec, vec } from '../../../src/field/index.js';
import { type Code, indexOf, type LpnKernel, type Permutation } from '../../../src/preprocessing/lpn-kernel/kernel.js';
import { plainLpnKernel } from '../../../src/preprocessing/lpn-kernel/plain.js';
import { wasmLpnKernel } from '../../../src/preprocessing/lpn-kernel/wasm.js';

const bytes = (count: number, seed: number) => prg(new Uint8Array(16).fill(seed), count);
const elements = (count: number, seed: number) => prgVec(new Uint8Array(16).fill(seed), count);
const pi: [Permutation, Permutation] = [aesPermutation(bytes(16, 1)), aesPermutation(bytes(16, 2))];

const twins: [LpnKernel, LpnKernel] = [wasmLpnKernel(), plainLpnKernel()];

/** Results go into memory that holds something already. */
const used = (count: number) => elements(count, 13);

function rowsOf(kernel: LpnKernel, code: Code, base: Vec, addend: Vec, first: number): Vec {
  const to = addend.slice();
  kernel.addRows(to, code, base, first);
  return to;
}

function pairsOf(kernel: LpnKernel, code: Code, bases: [Vec, Vec], addends: [Vec, Vec], first: number): [Vec, Vec] {
  const to: [Vec, Vec] = [addends[0].slice(), addends[1].slice()];
  kernel.addRowPairs(to, code, bases, first);
  return to;
}

function leavesOf(kernel: LpnKernel, nodes: Uint8Array): Vec {
  const to = used(nodes.length / 16);
  kernel.leaves(to, nodes);
  return to;
}

function pointsOf(kernel: LpnKernel, places: Uint32Array, values: Vec, first: number, count: number): Vec {
  const to = used(count);
  kernel.points(to, places, values, 3, first);
  return to;
}

const shapes = [
  { base: 1, rows: 1 },
  { base: 7, rows: 33 },
  { base: 433, rows: 9_001 },
  { base: 65_536, rows: 433 },
];
for (const { base, rows } of shapes) {
  const words = new Uint32Array(bytes(40 * rows, 3).buffer);
  const code = (to: Uint32Array, first: number) => to.set(words.subarray(10 * first, 10 * first + to.length));

  test(`rows of ${rows} over a base of ${base} are sums of ten and an addend`, t => {
    const first = Math.floor(rows / 3);
    const [x, y] = [elements(base, 4), elements(base, 5)];
    const addends = [elements(rows - first, 6), elements(rows - first, 7)] as [BigUint64Array, BigUint64Array];
    const [fast, slow] = twins.map(kernel => rowsOf(kernel, code, x, addends[0], first));
    t.true(equalVec(fast, slow));
    const [pair, slowPair] = twins.map(kernel => pairsOf(kernel, code, [x, y], addends, first));
    t.true(equalVec(pair[0], slow) && equalVec(pair[1], slowPair[1]));
    const row = [...words.subarray(10 * first, 10 * first + 10)].map(word => x[indexOf(word, base)]);
    t.is(fast[0], row.reduce(fp.add, addends[0][0]));
  });
}

test('rows of the largest elements are reduced', t => {
  const code = (words: Uint32Array) => words.fill(0);
  const most = fp.neg(1n);
  const [kernel] = twins;
  const addend = vec([most, most, most, 0, 1, most, 5]);
  const wanted = addend.map(a => fp.add(a, fp.mul(10n, most)));
  t.true(equalVec(rowsOf(kernel, code, vec([most]), addend, 0), wanted));
  t.true(equalVec(pairsOf(kernel, code, [vec([most]), vec([0])], [addend, addend], 0)[0], wanted));
  t.true(equalVec(pairsOf(kernel, code, [vec([0]), vec([most])], [addend, addend], 0)[1], wanted));
});

for (const [trees, inTree] of [
  [1, 1],
  [7, 4],
  [32, 256],
]) {
  test(`${trees} trees with ${inTree} nodes a level: children, sums, leaves and patches are the twin's`, t => {
    const nodes = bytes(16 * trees * inTree, 8);
    const [fast, slow] = twins.map(kernel => {
      const level = { nodes: bytes(32 * trees * inTree, 11), sums: bytes(32 * trees, 12) };
      kernel.children(level, nodes, trees, pi);
      return level;
    });
    t.deepEqual(fast, slow);
    const places = Uint32Array.from({ length: trees }, (_, tree) => (tree * 5) % (2 * inTree));
    const deltas = bytes(16 * trees, 9);
    for (const [k, kernel] of twins.entries()) kernel.patch([fast, slow][k].nodes, deltas, places);
    t.deepEqual(fast.nodes, slow.nodes);
    t.true(equalVec(leavesOf(twins[0], fast.nodes), leavesOf(twins[1], slow.nodes)));
  });
}

test('a leaf of ones is zero', t => {
  for (const kernel of twins) t.true(equalVec(leavesOf(kernel, new Uint8Array(16).fill(0xff)), vec([0])));
});

test('points stand at their places, in any range of rows', t => {
  const places = Uint32Array.of(0, 7, 3);
  const values = elements(3, 10);
  for (const [first, count] of [
    [0, 24],
    [5, 13],
    [15, 1],
    [3, 0],
  ]) {
    const [fast, slow] = twins.map(kernel => pointsOf(kernel, places, values, first, count));
    t.true(equalVec(fast, slow));
  }
  t.is(pointsOf(twins[0], places, values, 15, 1)[0], values[1]);
});
