/**
 * Cross products of two banks: one bank's selectors a, bit by bit, times the other bank's payload m, by oblivious transfer.
 *
 *     a = sum_t 2^t * a_t          one OT (z, o) for every bit of every copy of every selector, a_t the choice: 61 bits
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
 * Not here: that a bank uses the same m for all bits, copies and peers, and the same a as afterwards. `products.ts` checks
 * the sum of it all. All a bank can learn by cheating here is bits of a that it bets on; that is what the copies are for.
 *
 * Cost: for every selector TAU*61 OTs and, for each of them and each column, 8 bytes.
 *
 * Source: Gilboa, CRYPTO 1999; MASCOT (ePrint 2016/505), section 3 and figure 6; protocol.md, section 4, step 6.
 */
import { fixedKeyAes } from '../crypto/index.js';
import { assert, deviation, isCode } from '../errors.js';
import {
  addScaledInto,
  addVec,
  decodeVec,
  encodeVec,
  fp,
  maskToField,
  subVec,
  type Vec,
  zeros,
} from '../field/index.js';
import { bytesOf, wordsOf } from './bits.js';
import type { Conversation } from './conversation.js';
import { blockBytes, type OtReceiver, type OtSender } from './ot.js';

const elementBits = 61;
const elementBytes = 8;
const blockWords = 4;
/** OTs between two turns, unless one bit of every selector is more: 0.8 MB of corrections for three columns. */
const goMax = 32_768;

/** One pair of banks at work on one lot. */
export interface CrossEnd {
  readonly talk: Conversation;
  readonly otSender: OtSender;
  readonly otReceiver: OtReceiver;
}

/** Bits from <= t < to of every selector. */
interface Go {
  readonly from: number;
  readonly to: number;
}

/**
 * Both directions of one pair. Shapes: `selectors` are a; `payload` has whole columns, row k of a column is multiplied by
 * selector k mod rows (the copies of a selector stand one after the other, all of copy 0 first). The result, this bank's
 * share of a*m' + a'*m, has the columns of the payload, selectors.length rows each.
 * Throws: DEVIATION naming the peer.
 */
export async function crossProducts(end: CrossEnd, selectors: Vec, payload: Vec, columns: number): Promise<Vec> {
  const length = selectors.length;
  assert(length > 0 && length % (payload.length / columns) === 0, 'whole copies of the payload');
  const sum = zeros(columns * length);
  const payloadSide = (go: Go) => sendGo(end, go, tile(payload, columns, length), length, sum);
  const selectorSide = (go: Go) => receiveGo(end, go, selectors, columns, sum);
  const [first, second] = end.talk.self < end.talk.peer ? [payloadSide, selectorSide] : [selectorSide, payloadSide];
  for (const go of goes(length)) {
    await first(go);
    await second(go);
  }
  return sum;
}

function goes(length: number): Go[] {
  const bits = Math.max(1, Math.floor(goMax / length));
  const list: Go[] = [];
  for (let from = 0; from < elementBits; from += bits) list.push({ from, to: Math.min(from + bits, elementBits) });
  return list;
}

/** Payload side: -S into the sum. */
async function sendGo({ talk, otSender }: CrossEnd, go: Go, payload: Vec, length: number, sum: Vec): Promise<void> {
  const columns = payload.length / length;
  const bits = go.to - go.from;
  const { zero, one } = await otSender.send(bits * length);
  const z = expand(zero, columns, go.from * length);
  const o = expand(one, columns, go.from * length);
  zero.fill(0);
  one.fill(0);
  await talk.send('productCorrections', encodeVec(addVec(subVec(z, o), tile(payload, columns, bits * length))));
  accumulate(sum, z, go, columns, length, -1n);
}

/** Selector side: V into the sum. */
async function receiveGo(end: CrossEnd, go: Go, selectors: Vec, columns: number, sum: Vec): Promise<void> {
  const { talk, otReceiver } = end;
  const length = selectors.length;
  const choices = bitsOf(selectors, go);
  const chosen = await otReceiver.receive(choices);
  const message = await talk.receive('productCorrections', elementBytes * columns * choices.length);
  const corrections = decoded(talk.peer, message);
  keepChosen(corrections, choices);
  const v = addVec(expand(chosen, columns, go.from * length), corrections);
  chosen.fill(0);
  choices.fill(0);
  accumulate(sum, v, go, columns, length, 1n);
}

/** sum += sign * sum_t 2^t * v_t. Shapes: v by column, then bit, then selector. */
function accumulate(sum: Vec, v: Vec, { from, to }: Go, columns: number, length: number, sign: bigint): void {
  for (let c = 0, at = 0; c < columns; c++) {
    const target = sum.subarray(c * length, (c + 1) * length);
    for (let t = from; t < to; t++, at += length) {
      addScaledInto(target, v.subarray(at, at + length), fp.mul(sign, 1n << BigInt(t)));
    }
  }
}

/** G: field elements, column by column. Shapes: 16 bytes an OT; columns*count elements. */
export function expand(blocks: Uint8Array, columns: number, first: number): Vec {
  const count = blocks.length / blockBytes;
  const x = wordsOf(blocks);
  const y = new Int32Array(Math.ceil(columns / 2) * x.length);
  for (let b = 0, at = 0; 2 * b < columns; b++) {
    for (let k = 0, from = 0; k < count; k++, at += blockWords, from += blockWords) {
      y[at] = x[from] ^ (first + k);
      y[at + 1] = x[from + 1] ^ b;
      y[at + 2] = x[from + 2];
      y[at + 3] = x[from + 3];
    }
  }
  const out = wordsOf(fixedKeyAes(bytesOf(y)));
  const words = new Int32Array(2 * columns * count);
  for (let c = 0, to = 0; c < columns; c++) {
    let from = (c >> 1) * x.length + 2 * (c & 1);
    for (let k = 0; k < count; k++, from += blockWords, to += 2) {
      words[to] = out[from] ^ y[from];
      words[to + 1] = out[from + 1] ^ y[from + 1];
    }
  }
  y.fill(0);
  return maskToField(bytesOf(words));
}

/** Every column repeated until it has `length` rows. */
function tile(v: Vec, columns: number, length: number): Vec {
  const rows = v.length / columns;
  const tiled = zeros(columns * length);
  for (let c = 0; c < columns; c++) {
    const column = v.subarray(c * rows, (c + 1) * rows);
    for (let at = 0; at < length; at += rows) tiled.set(column, c * length + at);
  }
  return tiled;
}

/** One byte a bit: bit `from` of all elements first. No address and no branch depends on an element. */
function bitsOf(v: Vec, { from, to }: Go): Uint8Array {
  const words = new Uint32Array(v.buffer, v.byteOffset, 2 * v.length);
  const bits = new Uint8Array((to - from) * v.length);
  for (let t = from, at = 0; t < to; t++) {
    const half = t >>> 5;
    for (let k = 0; k < v.length; k++, at++) bits[at] = (words[2 * k + half] >>> (t & 31)) & 1;
  }
  return bits;
}

/** v *= choice, column by column, in place, without a branch. */
function keepChosen(v: Vec, choices: Uint8Array): void {
  const words = new Int32Array(v.buffer, v.byteOffset, 2 * v.length);
  for (let at = 0; at < words.length; ) {
    for (let k = 0; k < choices.length; k++, at += 2) {
      const mask = -choices[k];
      words[at] &= mask;
      words[at + 1] &= mask;
    }
  }
}

function decoded(peer: number, bytes: Uint8Array): Vec {
  try {
    return decodeVec(bytes);
  } catch (error) {
    if (isCode(error, 'MALFORMED')) throw deviation(peer, 'products: an element is not below p');
    throw error;
  }
}
