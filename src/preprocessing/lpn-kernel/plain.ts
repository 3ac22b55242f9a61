/** The loops of VOLE at scale, obviously right and slow: nothing but the tests uses it. */
import { fp, type Vec } from '../../field/index.js';
import { type Code, indexOf, type LpnKernel, rowWeight } from './kernel.js';

const blockBytes = 16;

function xorInto(target: Uint8Array, at: number, source: Uint8Array): void {
  for (let i = 0; i < blockBytes; i++) target[at + i] ^= source[i];
}

export function plainLpnKernel(): LpnKernel {
  const addRows = (to: Vec, code: Code, base: Vec, first: number): void => {
    const words = new Uint32Array(rowWeight * ((first % 2) + to.length));
    code(words, first - (first % 2));
    for (const [i, sum] of to.entries()) {
      const at = rowWeight * ((first % 2) + i);
      const row = [...words.subarray(at, at + rowWeight)];
      to[i] = row.reduce((total, word) => fp.add(total, base[indexOf(word, base.length)]), sum);
    }
  };
  return {
    children({ nodes: next, sums }, nodes, treeCount, pi) {
      const count = nodes.length / blockBytes;
      const images = pi.map(permutation => {
        const image = new Uint8Array(nodes.length);
        permutation(nodes, image);
        return image;
      });
      for (const bytes of [next, sums]) bytes.fill(0);
      for (let node = 0; node < count; node++) {
        for (const z of [0, 1]) {
          const from = blockBytes * node;
          const child = next.subarray(2 * from + blockBytes * z, 2 * from + blockBytes * (z + 1));
          xorInto(child, 0, nodes.subarray(from, from + blockBytes));
          xorInto(child, 0, images[z].subarray(from, from + blockBytes));
          xorInto(sums, blockBytes * (2 * Math.floor((node * treeCount) / count) + z), child);
        }
      }
    },
    patch(nodes, deltas, places) {
      const treeBytes = nodes.length / places.length;
      places.forEach((place, tree) => {
        xorInto(nodes, tree * treeBytes + blockBytes * place, deltas.subarray(blockBytes * tree));
      });
    },
    leaves(to, nodes) {
      const view = new DataView(nodes.buffer, nodes.byteOffset, nodes.byteLength);
      for (const i of to.keys()) to[i] = fp.mod(BigInt.asUintN(61, view.getBigUint64(blockBytes * i, true)));
    },
    points(to, places, values, blockBits, first) {
      for (const i of to.keys()) {
        const block = (first + i) >> blockBits;
        to[i] = (first + i) % 2 ** blockBits === places[block] ? values[block] : 0n;
      }
    },
    addRows,
    addRowPairs(to, code, bases, first) {
      for (const k of [0, 1]) addRows(to[k], code, bases[k], first);
    },
    wipe() {},
  };
}
