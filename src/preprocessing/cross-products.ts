/**
 * Cross products of two banks: one bank's selectors a, bit by bit, times the other bank's payload m, by oblivious transfer.
 *
 *     a = sum_t 2^t * a_t          one OT (z, o) for every bit of every selector, a_t the choice: 61 bits
 *     message   payload -> selector side, for every column:   d = G(z) - G(o) + m
 *     then      G(chosen) + a_t*d = G(z) + a_t*m
 *     result    V = sum_t 2^t*(G(z_t) + a_t*m) at the selector side,   S = sum_t 2^t*G(z_t) at the payload side:
 *
 *               V - S = a*m
 *
 * One OT carries all columns: G expands its 16-byte block to one field element a column,
 *
 *     G(x)_b = pi(y) XOR y,   y = x XOR (position, b)        block b is two elements; pi = AES-128 under a public key
 *
 * Why that is a PRG: the blocks are outputs of the TMMO hash (`ot-hash.ts`), so to the bank that does not hold it a block is
 * uniform, independent of the other one and of all else. For uniform x the y of different b are different inputs that nobody
 * has asked pi about: in the ideal-permutation model q queries and N blocks distinguish with (q*N + N^2)/2^128. The
 * feed-forward keeps an output from being inverted to its x, and so to the other columns. Correlation robustness is not
 * asked for any more: the hash before has removed the correlation. Positions count within a lot.
 *
 * Not here: that a bank uses the same m for all bits and peers, and the same a as afterwards. `products.ts` checks the sum of
 * it all. All a bank can learn by cheating here is bits of a that it bets on; `extraction.ts` makes selectors of the rest.
 *
 * Cost: for every selector 61 OTs of 8 bytes and, for each of them and each column, 8 bytes. The latter are inherent here:
 * m is fixed before the OTs, the same for all bits and peers, and what an OT gives is random, so every bit needs one element to
 * tie them. (Digits of k bits by punctured trees need one element a digit, but a tree of 16*k bytes and more for each: with three
 * columns there is nothing to win.) Two ends together about 0.25 us an OT and three columns, the extension included; a quarter of
 * that is AES, and a fifth the collection of what AES returns.
 *
 * Source: Gilboa, CRYPTO 1999; MASCOT (ePrint 2016/505), section 3 and figure 6; protocol.md, section 4, step 6.
 */
import { fixedKeyAes } from '../crypto/index.js';
import { assert, deviation } from '../errors.js';
import { borrowed, bytesOf, giveBack, type Vec, zeros } from '../field/index.js';
import type { Conversation } from './conversation.js';
import { wasmKernel as kernel } from './kernel/wasm.js';
import { type BlockPairs, blockBytes, type OtReceiver, type OtSender } from './ot.js';

const elementBits = 61;
const elementBytes = 8;
/** OTs between two turns, unless one bit of every selector is more: one batch of the extension; 3 MB for three columns. */
const goMax = 131_072;
/** OTs worked on at once: their blocks and elements stay in a core's first caches. */
export const tileMax = 2_048;

/** One pair of banks at work on one lot. */
export interface CrossEnd {
  readonly talk: Conversation;
  readonly otSender: OtSender;
  readonly otReceiver: OtReceiver;
}

/** What one pair works on, its sum, and memory for the largest go: the two sides take turns in it. */
interface Lot {
  readonly selectors: Vec;
  readonly payload: Vec;
  readonly columns: number;
  readonly sum: Vec;
  readonly blocks: BlockPairs;
  readonly corrections: Vec;
}

/** Bits from <= t < to of every selector. */
interface Go {
  readonly from: number;
  readonly to: number;
}

/**
 * Both directions of one pair. Shapes: `selectors` are a; `payload` has whole columns, row k of each is multiplied by selector
 * k. The result, this bank's share of a*m' + a'*m, has the shape of the payload.
 * Throws: DEVIATION naming the peer.
 */
export async function crossProducts(end: CrossEnd, selectors: Vec, payload: Vec, columns: number): Promise<Vec> {
  const length = selectors.length;
  assert(length > 0 && payload.length === columns * length, 'whole columns of payload');
  const list = goes(length);
  const most = length * Math.max(...list.map(({ from, to }) => to - from));
  const [zero, one, corrections] = [2, 2, columns].map(elements => borrowed(elements * most));
  const blocks = { zero: bytesOf(zero), one: bytesOf(one) };
  const lot: Lot = { selectors, payload, columns, sum: zeros(payload.length), blocks, corrections };
  const payloadSide = (go: Go) => sendGo(end, go, lot);
  const selectorSide = (go: Go) => receiveGo(end, go, lot);
  const [first, second] = end.talk.self < end.talk.peer ? [payloadSide, selectorSide] : [selectorSide, payloadSide];
  for (const go of list) {
    await first(go);
    await second(go);
  }
  for (const vector of [zero, one, corrections]) giveBack(vector);
  return lot.sum;
}

function goes(length: number): Go[] {
  const bits = Math.max(1, Math.floor(goMax / length));
  const list: Go[] = [];
  for (let from = 0; from < elementBits; from += bits) list.push({ from, to: Math.min(from + bits, elementBits) });
  return list;
}

/** Payload side: -S into the sum. */
async function sendGo({ talk, otSender }: CrossEnd, go: Go, lot: Lot): Promise<void> {
  const { payload, columns, sum } = lot;
  const length = lot.selectors.length;
  const count = (go.to - go.from) * length;
  const { zero, one } = await otSender.send(count, lot.blocks);
  const corrections = lot.corrections.subarray(0, columns * count);
  for (const tile of tilesOf(go, length)) {
    const z = expandTile(scratch[0], zero, tile, columns);
    const o = expandTile(scratch[1], one, tile, columns);
    for (let c = 0; c < columns; c++) {
      const [to, m] = [partOf(sum, c, length, tile), partOf(payload, c, length, tile)];
      kernel.correct(to, z[c], o[c], m, tile.bit);
      corrections.set(z[c], c * count + tile.at); // z became z - o + m
    }
  }
  wipe(zero, one);
  await talk.send('productCorrections', bytesOf(corrections));
}

/** Selector side: V into the sum. */
async function receiveGo({ talk, otReceiver }: CrossEnd, go: Go, lot: Lot): Promise<void> {
  const { selectors, columns, sum } = lot;
  const length = selectors.length;
  const count = (go.to - go.from) * length;
  const choices = new Uint8Array(count);
  for (let t = go.from, at = 0; t < go.to; t++, at += length) {
    kernel.bits(choices.subarray(at, at + length), selectors, t);
  }
  const chosen = await otReceiver.receive(choices, lot.blocks.zero);
  const message = await talk.receive('productCorrections', elementBytes * columns * count);
  const corrections = new BigUint64Array(message.buffer, message.byteOffset, columns * count);
  let allBelowP = true;
  for (const tile of tilesOf(go, length)) {
    const { at, size, bit } = tile;
    const v = expandTile(scratch[0], chosen, tile, columns);
    for (let c = 0; c < columns; c++) {
      const from = c * count + at;
      const [d, chose] = [corrections.subarray(from, from + size), choices.subarray(at, at + size)];
      allBelowP = kernel.choose(partOf(sum, c, length, tile), v[c], d, chose, bit) && allBelowP;
    }
  }
  wipe(chosen, choices);
  if (!allBelowP) throw deviation(talk.peer, 'products: an element is not below p');
}

/** OTs at .. at+size of a go: selectors row .. row+size, all with the same bit. */
interface Tile {
  readonly at: number;
  readonly size: number;
  readonly row: number;
  readonly bit: number;
  /** Position of the first in the lot. */
  readonly position: number;
}

function tilesOf({ from, to }: Go, length: number): Tile[] {
  const tiles: Tile[] = [];
  for (let bit = from; bit < to; bit++) {
    for (let row = 0; row < length; row += tileMax) {
      const at = (bit - from) * length + row;
      tiles.push({ at, size: Math.min(tileMax, length - row), row, bit, position: bit * length + row });
    }
  }
  return tiles;
}

/** A tile's part of column c. */
function partOf(v: Vec, c: number, length: number, { row, size }: Tile): Vec {
  return v.subarray(c * length + row, c * length + row + size);
}

/** Two columns a block, one of them perhaps of no use. Nothing is awaited while it holds anything; it is wiped with a go. */
const scratch: [Vec[], Vec[]] = [[], []];
const input = new Uint8Array(tileMax * blockBytes);

function expandTile(into: Vec[], blocks: Uint8Array, { at, size, position }: Tile, columns: number): Vec[] {
  while (into.length < columns + 1) into.push(zeros(tileMax));
  const result = into.map(column => column.subarray(0, size));
  expandInto(result, blocks.subarray(at * blockBytes, (at + size) * blockBytes), columns, position);
  return result;
}

/** G: field elements, column by column; one column more to write to. Shapes: at most `tileMax` blocks. */
export function expandInto(to: readonly Vec[], blocks: Uint8Array, columns: number, position: number): void {
  const y = input.subarray(0, blocks.length);
  for (let b = 0; 2 * b < columns; b++) {
    kernel.tweak(y, blocks, position, BigInt(b));
    kernel.elements(to[2 * b], to[2 * b + 1], fixedKeyAes(y), y);
  }
}

function wipe(...buffers: readonly Uint8Array[]): void {
  for (const buffer of buffers) buffer.fill(0);
  for (const column of scratch.flat()) column.fill(0n);
  input.fill(0);
}
