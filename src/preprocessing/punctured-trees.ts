/**
 * 128/k trees of 2^k seeds: one bank knows all seeds of each, the other all but the one at its secret place.
 *
 *     tree i    a node has two children, G(node) = (left, right); leaf at place x, bit k-1 of x chosen first;
 *               Delta_i = sum_b 2^b * Delta_(k*i+b)
 *     level     b = k-1 .. 0: its nodes differ in bits k-1 .. b of x; K_b0, K_b1 the keys of base OT k*i+b, of which the
 *               puncturer chose 1 - Delta_(k*i+b)
 *       first   b = k-1: the two nodes are the keys
 *       others  sums  d_z = K_bz XOR (all nodes of this level whose last bit is z):  the puncturer opens the one of its choice
 *     check     leaf = (t, seed) = G'(leaf);  the grower sends XOR_x t_x for each tree, and H(all t)
 *
 * The puncturer's nodes are kept by their offset from its place, o = x XOR Delta, the missing one at 0: then neither a branch
 * nor an address depends on Delta.
 *
 * Check: the puncturer works out the t it lacks from the sum, hashes all of them and compares. A grower whose sums do not
 * fit passes only for the Deltas it bet on: a bet on s bits of Delta passes with probability 2^-s (Delta is of this session
 * and guards nothing else; the extension's proof allows for such bets). What it cannot do is leave two seeds possible for
 * one leaf: two leaves with one t are 128 bits of work away (t has 256). The grower learns of a failure only that.
 *
 * Source: Roy: SoftSpokenOT, CRYPTO 2022 (ePrint 2022/192), section 6 (punctured PRF and its check).
 */
import { concatBytes, equalBytes, hash, prg } from '../crypto/index.js';
import { assert, deviation } from '../errors.js';
import { rowBits, swapIf, xorInto } from './bits.js';
import type { Conversation } from './conversation.js';
import { blockBytes } from './ot.js';

const tBytes = 32;
const hashBytes = 32;

/** Bits of Delta in one place, k: those that divide 128 and whose trees stay small. */
export type PlaceBits = 1 | 2 | 4 | 8;

/** Seeds of one tree. The grower's by place; the puncturer's by offset, and nothing at 0. */
export type Leaves = Uint8Array[];

const sumsBytes = (k: number) => 2 * (k - 1) * blockBytes;
const treeBytes = (k: number) => sumsBytes(k) + tBytes;

/** The bank that knows all. Base OTs: 128, bit by bit of Delta. Shapes: 128/k trees of 2^k seeds. */
export async function growTrees(
  talk: Conversation,
  context: Uint8Array,
  k: PlaceBits,
  keys: { zero: readonly Uint8Array[]; one: readonly Uint8Array[] },
): Promise<Leaves[]> {
  assert(keys.zero.length === rowBits && keys.one.length === rowBits, 'one base OT a bit of Delta');
  const message: Uint8Array[] = [];
  const tags: Uint8Array[] = [];
  const trees: Leaves[] = [];
  for (let first = 0; first < rowBits; first += k) {
    let nodes = [keys.zero[first + k - 1], keys.one[first + k - 1]];
    for (let b = k - 2; b >= 0; b--) {
      nodes = nodes.flatMap(children);
      message.push(xor(everyOther(nodes, 0), keys.zero[first + b]), xor(everyOther(nodes, 1), keys.one[first + b]));
    }
    const leaves = nodes.map(split);
    const ts = leaves.map(leaf => leaf.t);
    message.push(xor(ts));
    tags.push(...ts);
    trees.push(leaves.map(leaf => leaf.seed));
  }
  await talk.send('puncturedTrees', concatBytes(...message, digest(context, tags)));
  return trees;
}

/**
 * The bank with the secret places. `delta`: 128 bits, one byte each; `keys` as chosen in the base OTs by `1 - delta`.
 * Shapes: 128/k trees of 2^k - 1 seeds, from 1 on.
 * Throws: DEVIATION naming the grower.
 */
export class TreePuncturer {
  async run(
    talk: Conversation,
    context: Uint8Array,
    k: PlaceBits,
    delta: Uint8Array,
    keys: readonly Uint8Array[],
  ): Promise<Leaves[]> {
    const count = rowBits / k;
    const message = await talk.receive('puncturedTrees', count * treeBytes(k) + hashBytes);
    const tags: Uint8Array[] = [];
    const trees: Leaves[] = [];
    for (let i = 0; i < count; i++) {
      const tree = message.subarray(i * treeBytes(k), (i + 1) * treeBytes(k));
      const place = delta.subarray(k * i, k * (i + 1));
      const leaves = puncture(tree, place, keys.slice(k * i, k * (i + 1))).map(split);
      const ts = leaves.map(leaf => leaf.t);
      const missing = xor(ts, tree.slice(sumsBytes(k)));
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

/**
 * Raw leaves at offsets 1 to 2^k - 1. At every level the nodes of known parents are computed, and the one at offset 1, the
 * sibling of the missing one, is what the opened sum leaves: all nodes with odd offsets are on its side.
 */
function puncture(tree: Uint8Array, place: Uint8Array, keys: readonly Uint8Array[]): Uint8Array[] {
  const k = place.length;
  let known = [keys[k - 1]];
  for (let b = k - 2, at = 0; b >= 0; b--, at += 2 * blockBytes) {
    const below = known.flatMap(node => swapIf(place[b], ...children(node))); // offsets 2, 3, 4, ..
    const [d0, d1] = [tree.slice(at, at + blockBytes), tree.slice(at + blockBytes, at + 2 * blockBytes)];
    const [, sum] = swapIf(place[b], d0, d1);
    known = [xor(everyOther(below, 1), sum, keys[b]), ...below];
  }
  return known;
}

/** From offsets to places: whoever differs in bit b changes places if Delta has it. */
function byPlace(byOffset: readonly Uint8Array[], place: Uint8Array): Uint8Array[] {
  const seats = [...byOffset];
  for (const [b, bit] of place.entries()) {
    for (let x = 0; x < seats.length; x++) {
      if (((x >> b) & 1) === 0) [seats[x], seats[x | (1 << b)]] = swapIf(bit, seats[x], seats[x | (1 << b)]);
    }
  }
  return seats;
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

function everyOther(nodes: readonly Uint8Array[], first: number): Uint8Array[] {
  return nodes.filter((_, index) => index % 2 === first);
}

function xor(parts: readonly Uint8Array[], ...others: readonly Uint8Array[]): Uint8Array {
  const [first, ...rest] = [...others, ...parts];
  const sum = first.slice();
  for (const part of rest) xorInto(sum, part);
  return sum;
}
