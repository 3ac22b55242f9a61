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
import { decodeVec, type Vec, zeros } from '../field/index.js';
import type { Conversation } from './conversation.js';
import { wasmKernel as kernel } from './kernel/wasm.js';
import { blockBytes, type OtReceiver, type OtSender } from './ot.js';

const elementBits = 61;
const elementBytes = 8;
/** OTs between two turns, unless one bit of every selector is more: one batch of the extension; 3 MB for three columns. */
const goMax = 131_072;
/** OTs expanded at once: their blocks stay in a core's first caches. */
const expandMax = 2_048;

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
  const tiled = tile(payload, columns, length);
  const payloadSide = (go: Go) => sendGo(end, go, tiled, length, sum);
  const selectorSide = (go: Go) => receiveGo(end, go, selectors, columns, sum);
  const [first, second] = end.talk.self < end.talk.peer ? [payloadSide, selectorSide] : [selectorSide, payloadSide];
  for (const go of goes(length)) {
    await first(go);
    await second(go);
  }
  tiled.fill(0n);
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
  const { zero, one } = await otSender.send((go.to - go.from) * length);
  const z = expand(zero, columns, go.from * length);
  const o = expand(one, columns, go.from * length);
  zero.fill(0);
  one.fill(0);
  eachBit(go, columns, length, (c, t, part) => {
    kernel.correct(columnOf(sum, c, length), part(z), part(o), columnOf(payload, c, length), t);
  });
  o.fill(0n);
  await talk.send('productCorrections', new Uint8Array(z.buffer)); // z became z - o + m
}

/** Selector side: V into the sum. */
async function receiveGo(end: CrossEnd, go: Go, selectors: Vec, columns: number, sum: Vec): Promise<void> {
  const { talk, otReceiver } = end;
  const length = selectors.length;
  const choices = new Uint8Array((go.to - go.from) * length);
  const ofBit = (t: number) => choices.subarray((t - go.from) * length, (t - go.from + 1) * length);
  for (let t = go.from; t < go.to; t++) kernel.bits(ofBit(t), selectors, t);
  const chosen = await otReceiver.receive(choices);
  const message = await talk.receive('productCorrections', elementBytes * columns * choices.length);
  const corrections = decoded(talk.peer, message);
  const v = expand(chosen, columns, go.from * length);
  chosen.fill(0);
  eachBit(go, columns, length, (c, t, part) => {
    kernel.choose(columnOf(sum, c, length), part(v), part(corrections), ofBit(t), t);
  });
  choices.fill(0);
  v.fill(0n);
}

/** `part` cuts column c, bit t out of vectors that lie by column, then bit, then selector. */
function eachBit(go: Go, columns: number, length: number, work: (c: number, t: number, part: Cut) => void): void {
  for (let c = 0, at = 0; c < columns; c++) {
    for (let t = go.from; t < go.to; t++, at += length) {
      const from = at;
      work(c, t, v => v.subarray(from, from + length));
    }
  }
}

type Cut = (v: Vec) => Vec;

function columnOf(v: Vec, c: number, length: number): Vec {
  return v.subarray(c * length, (c + 1) * length);
}

/** G: field elements, column by column. Shapes: 16 bytes an OT; columns*count elements. Positions are below 2^53. */
export function expand(blocks: Uint8Array, columns: number, first: number): Vec {
  const count = blocks.length / blockBytes;
  const result = zeros(columns * count);
  const spare = zeros(expandMax);
  const input = new Uint8Array(expandMax * blockBytes);
  for (let at = 0; at < count; at += expandMax) {
    const size = Math.min(expandMax, count - at);
    const y = input.subarray(0, size * blockBytes);
    const column = (c: number) => (c < columns ? result.subarray(c * count + at, c * count + at + size) : spare);
    for (let b = 0; 2 * b < columns; b++) {
      kernel.tweak(y, blocks.subarray(at * blockBytes, (at + size) * blockBytes), first + at, BigInt(b));
      kernel.elements(column(2 * b), column(2 * b + 1), fixedKeyAes(y), y);
    }
  }
  input.fill(0);
  spare.fill(0n);
  return result;
}

/** Every column repeated until it has `length` rows. */
function tile(v: Vec, columns: number, length: number): Vec {
  const rows = v.length / columns;
  const tiled = zeros(columns * length);
  for (let c = 0; c < columns; c++) {
    for (let at = 0; at < length; at += rows) tiled.set(columnOf(v, c, rows), c * length + at);
  }
  return tiled;
}

function decoded(peer: number, bytes: Uint8Array): Vec {
  try {
    return decodeVec(bytes);
  } catch (error) {
    if (isCode(error, 'MALFORMED')) throw deviation(peer, 'products: an element is not below p');
    throw error;
  }
}
