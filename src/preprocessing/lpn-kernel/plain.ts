/** The loops of VOLE at scale, obviously right and slow: nothing but the tests uses it. */
import { fp, type Vec } from '../../field/index.js';
import { type Code, indexOf, type LpnKernel, rowWeight } from './kernel.js';

const blockBytes = 16;

function xorInto(target: Uint8Array, at: number, source: Uint8Array): void {
  for (let i = 0; i < blockBytes; i++) target[at + i] ^= source[i];
}

export function plainLpnKernel(): LpnKernel {
  const rows = (code: Code, base: Vec, addend: Vec, first: number): Vec => {
    const words = code(first, addend.length);
    return addend.map((sum, i) =>
      words
        .subarray(rowWeight * i, rowWeight * (i + 1))
        .reduce((total, word) => fp.add(total, base[indexOf(word, base.length)]), sum),
    );
  };
  return {
    children(nodes, treeCount, pi) {
      const count = nodes.length / blockBytes;
      const images = pi.map(permutation => permutation(nodes));
      const next = new Uint8Array(2 * nodes.length);
      const sums = new Uint8Array(2 * blockBytes * treeCount);
      for (let node = 0; node < count; node++) {
        for (const z of [0, 1]) {
          const from = blockBytes * node;
          const child = next.subarray(2 * from + blockBytes * z, 2 * from + blockBytes * (z + 1));
          xorInto(child, 0, nodes.subarray(from, from + blockBytes));
          xorInto(child, 0, images[z].subarray(from, from + blockBytes));
          xorInto(sums, blockBytes * (2 * Math.floor((node * treeCount) / count) + z), child);
        }
      }
      return { nodes: next, sums };
    },
    patch(nodes, deltas, places) {
      const treeBytes = nodes.length / places.length;
      places.forEach((place, tree) => {
        xorInto(nodes, tree * treeBytes + blockBytes * place, deltas.subarray(blockBytes * tree));
      });
    },
    leaves(nodes) {
      const view = new DataView(nodes.buffer, nodes.byteOffset, nodes.byteLength);
      const count = nodes.length / blockBytes;
      return BigUint64Array.from({ length: count }, (_, i) =>
        fp.mod(BigInt.asUintN(61, view.getBigUint64(blockBytes * i, true))),
      );
    },
    points: (places, values, blockBits, first, count) =>
      BigUint64Array.from({ length: count }, (_, i) => {
        const block = (first + i) >> blockBits;
        return (first + i) % 2 ** blockBits === places[block] ? values[block] : 0n;
      }),
    rows,
    rowPairs: (code, bases, addends, first) => [
      rows(code, bases[0], addends[0], first),
      rows(code, bases[1], addends[1], first),
    ],
  };
}
