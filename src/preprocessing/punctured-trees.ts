/**
 * 64 trees of four seeds: one bank knows all four of each, the other all but the one at its secret place.
 *
 *     tree i    nodes a_0, a_1;  leaf (y, z) = G(a_y)_z at place x = z + 2y;  place Delta_i = Delta_i0 + 2*Delta_i1
 *     a_y       the keys of base OT 2i+1: the puncturer chooses a_(1 - Delta_i1)
 *     sums      d_z = leaf(0,z) XOR leaf(1,z) XOR K_z,  K_z the keys of base OT 2i: the puncturer chooses 1 - Delta_i0
 *     check     leaf = (t, seed) = G'(leaf);  the grower sends XOR_x t_x for each tree, and H(all t)
 *
 * The puncturer's leaves are kept by their offset from its place, o = x XOR Delta, o = 1, 2, 3: then neither a branch nor
 * an address depends on Delta.
 *
 * Check: the puncturer works out the t it lacks from the sum, hashes all of them and compares. A grower whose sums do not
 * fit passes only for the Deltas it bet on: a bet on s bits of Delta passes with probability 2^-s (Delta is of this session
 * and guards nothing else; the extension's proof allows for such bets). What it cannot do is leave two seeds possible for
 * one leaf: two leaves with one t are 128 bits of work away (t has 256). The grower learns of a failure only that.
 *
 * Source: Roy: SoftSpokenOT, CRYPTO 2022 (ePrint 2022/192), section 6 (punctured PRF and its check).
 */
import { concatBytes, equalBytes, hash, prg } from '../crypto/index.js';
import { deviation } from '../errors.js';
import { bytesOf, swapIf, wordsOf, xorInto } from './bits.js';
import type { Conversation } from './conversation.js';
import { blockBytes } from './ot.js';

/** Trees times bits of a place: the 128 bits of Delta. */
export const treeCount = 64;
const tBytes = 32;
const treeBytes = 2 * blockBytes + tBytes;
const hashBytes = 32;

/** Seeds of one tree. The grower's by place, 0 to 3; the puncturer's by offset: 1 to 3, and nothing at 0. */
export type Leaves = Uint8Array[];

/** The bank that knows all. Base OTs: 2 a tree, the sums' first. Shapes: 64 trees of 4 seeds. */
export async function growTrees(
  talk: Conversation,
  context: Uint8Array,
  keys: { zero: readonly Uint8Array[]; one: readonly Uint8Array[] },
): Promise<Leaves[]> {
  const message: Uint8Array[] = [];
  const tags: Uint8Array[] = [];
  const trees: Leaves[] = [];
  for (let i = 0; i < treeCount; i++) {
    const raw = [...children(keys.zero[2 * i + 1]), ...children(keys.one[2 * i + 1])];
    message.push(xor(raw[0], raw[2], keys.zero[2 * i]), xor(raw[1], raw[3], keys.one[2 * i]));
    const leaves = raw.map(split);
    const ts = leaves.map(leaf => leaf.t);
    message.push(xor(...ts));
    tags.push(...ts);
    trees.push(leaves.map(leaf => leaf.seed));
  }
  await talk.send('puncturedTrees', concatBytes(...message, digest(context, tags)));
  return trees;
}

/**
 * The bank with the secret places. `delta`: 128 bits, one byte each, bit 2i + b of them bit b of place i; `keys` as chosen
 * in the base OTs by `1 - delta`. Shapes: 64 trees of 3 seeds at 1..3.
 * Throws: DEVIATION naming the grower.
 */
export class TreePuncturer {
  async run(
    talk: Conversation,
    context: Uint8Array,
    delta: Uint8Array,
    keys: readonly Uint8Array[],
  ): Promise<Leaves[]> {
    const message = await talk.receive('puncturedTrees', treeCount * treeBytes + hashBytes);
    const tags: Uint8Array[] = [];
    const trees: Leaves[] = [];
    for (let i = 0; i < treeCount; i++) {
      const tree = message.subarray(i * treeBytes, (i + 1) * treeBytes);
      const place = [delta[2 * i], delta[2 * i + 1]] as const;
      const leaves = puncture(tree, place, keys[2 * i], keys[2 * i + 1]).map(split);
      const ts = leaves.map(leaf => leaf.t);
      const missing = xor(tree.slice(2 * blockBytes), ...ts);
      tags.push(...byPlace([missing, ...ts], place));
      trees.push([new Uint8Array(0), ...leaves.map(leaf => leaf.seed)]);
    }
    if (!this.holds(digest(context, tags), message.slice(-hashBytes))) {
      throw deviation(talk.peer, 'punctured trees: the sums do not fit the leaves');
    }
    return trees;
  }

  protected holds(computed: Uint8Array, claimed: Uint8Array): boolean {
    return equalBytes(computed, claimed);
  }
}

/** Raw leaves at offsets 1, 2, 3: the third is the sum's, the others are children of the node that was chosen. */
function puncture(tree: Uint8Array, place: readonly [number, number], K: Uint8Array, node: Uint8Array): Uint8Array[] {
  const [child0, child1] = children(node);
  const [same, flipped] = swapIf(place[0], child0, child1); // z = Delta_i0, and z = 1 - Delta_i0
  const [, sum] = swapIf(place[0], tree.slice(0, blockBytes), tree.slice(blockBytes, 2 * blockBytes));
  return [xor(sum, K, flipped), same, flipped];
}

/** From offsets to places. */
function byPlace(byOffset: readonly Uint8Array[], place: readonly [number, number]): Uint8Array[] {
  const [a0, a1] = swapIf(place[0], byOffset[0], byOffset[1]);
  const [a2, a3] = swapIf(place[0], byOffset[2], byOffset[3]);
  const [b0, b2] = swapIf(place[1], a0, a2);
  const [b1, b3] = swapIf(place[1], a1, a3);
  return [b0, b1, b2, b3];
}

function children(node: Uint8Array): [Uint8Array, Uint8Array] {
  const both = prg(node, 2 * blockBytes);
  return [both.slice(0, blockBytes), both.slice(blockBytes)];
}

function split(leaf: Uint8Array): { t: Uint8Array; seed: Uint8Array } {
  const stream = prg(leaf, tBytes + blockBytes);
  return { t: stream.slice(0, tBytes), seed: stream.slice(tBytes) };
}

function digest(context: Uint8Array, tags: readonly Uint8Array[]): Uint8Array {
  return hash('covault/punctured-trees', context, concatBytes(...tags));
}

function xor(...parts: readonly Uint8Array[]): Uint8Array {
  const sum = new Int32Array(parts[0].length / 4);
  for (const part of parts) xorInto(sum, wordsOf(part));
  return bytesOf(sum);
}
