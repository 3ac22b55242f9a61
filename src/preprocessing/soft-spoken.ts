/**
 * OT extension: from 128 base OTs, once a session and direction, to as many random OTs as are asked for.
 *
 *     places     64 trees (`punctured-trees.ts`): the receiver has seeds s_i,x, x in GF(4), the sender all but x = Delta_i
 *     columns    r_i,x = G(s_i,x), n bits:   u_i = XOR_x r_i,x    v_i = XOR_x x*r_i,x    w_i = XOR_x (x + Delta_i)*r_i,x
 *                w_i = v_i + Delta_i * u_i          each v_i, w_i two columns of bits; x = Delta_i vanishes from w_i
 *     message    receiver -> sender: c_i = u_i XOR x, x its choices;  w_i += Delta_i * c_i:   w_i = v_i + Delta_i * x
 *     check      `subspace-check.ts`: challenge, response
 *     rows       row j of W is row j of V + x_j * Delta, 128 bits
 *     OTs        zero_j = H(j, w_j)    one_j = H(j, w_j + Delta)    the receiver's: H(j, v_j)
 *
 * Cost: 64 bits of traffic an OT and 256 bits of PRG at the receiver, 192 at the sender; 1.5 round trips a batch, with
 * 128 OTs and 4 KB of overhead. The field has 4 elements (k = 2): k = 1 would double the traffic, k = 3 the PRG.
 * Seeds move on with every batch (the first 16 bytes of each stream are the next seed): no stream is read twice.
 *
 * Trust: malicious security against both; see the two checks for what a bet on Delta can win.
 *
 * Source: Roy: SoftSpokenOT, CRYPTO 2022 (ePrint 2022/192), sections 3 to 5.
 */
import { equalBytes, prg } from '../crypto/index.js';
import { assert, deviation } from '../errors.js';
import type { Randomness } from '../ports.js';
import { receiveBaseOts, sendBaseOts } from './base-ot.js';
import { bytesOf, packBits, rowBits, rowBytes, transpose, wordsOf, xorIfInto, xorInto } from './bits.js';
import type { Conversation } from './conversation.js';
import type { Group } from './group.js';
import { blockBytes, type OtReceiver, type OtSender } from './ot.js';
import { type Direction, otHash } from './ot-hash.js';
import { growTrees, type Leaves, TreePuncturer, treeCount } from './punctured-trees.js';
import { challengeMatrix, combineBits, combineRows, expected, maskRows } from './subspace-check.js';

/** OTs in one batch: 64 columns of 32,896 bits are 263 KB on the wire and about 15 ms of work between two turns. */
export const otBatchMax = 32_768;
const challengeBytes = 16;
const responseBytes = rowBytes + rowBits * rowBytes;

export interface ExtensionSetup {
  readonly talk: Conversation;
  /** Session and direction. */
  readonly context: Uint8Array;
  readonly direction: Direction;
  readonly group: Group;
  readonly random: Randomness;
}

/** Rows of a batch: the OTs, rounded up to whole blocks, and the masks of the check. */
function rowsFor(count: number): number {
  return Math.ceil(count / rowBits) * rowBits + maskRows;
}

/** Sizes of the batches that make `count`. */
function batches(count: number): number[] {
  assert(Number.isSafeInteger(count) && count >= 0, 'a count of OTs');
  const sizes: number[] = [];
  for (let left = count; left > 0; left -= otBatchMax) sizes.push(Math.min(left, otBatchMax));
  return sizes;
}

export class SoftSpokenSender implements OtSender {
  readonly #o: ExtensionSetup;
  /** Bits of Delta, one a byte, and Delta as a row. */
  readonly #bits: Uint8Array;
  readonly #delta: Int32Array;
  readonly #trees: Leaves[];
  #position = 0;

  protected constructor(o: ExtensionSetup, bits: Uint8Array, trees: Leaves[]) {
    this.#o = o;
    this.#bits = bits;
    this.#delta = wordsOf(packBits(bits));
    this.#trees = trees;
  }

  /** With a fresh Delta. Throws: DEVIATION naming the receiver. */
  static async open(o: ExtensionSetup, puncturer = new TreePuncturer()): Promise<SoftSpokenSender> {
    const bits = bitsOf(o.random.bytes(rowBytes));
    const choices = bits.map(bit => bit ^ 1);
    const keys = await receiveBaseOts(o.talk, o.context, choices, o.group, o.random);
    return new this(o, bits, await puncturer.run(o.talk, o.context, bits, keys));
  }

  async send(count: number): Promise<{ zero: Uint8Array; one: Uint8Array }> {
    const zero = new Uint8Array(count * blockBytes);
    const one = new Uint8Array(count * blockBytes);
    let done = 0;
    for (const size of batches(count)) {
      const rows = await this.#checkedRows(size);
      const position = this.#position;
      this.#position += size;
      zero.set(otHash(rows, this.#o.direction, position), done * blockBytes);
      for (let at = 0; at < rows.length; at++) rows[at] ^= this.#delta[at & 3];
      one.set(otHash(rows, this.#o.direction, position), done * blockBytes);
      rows.fill(0);
      done += size;
    }
    return { zero, one };
  }

  async #checkedRows(count: number): Promise<Int32Array> {
    const { talk, random } = this.#o;
    const rowCount = rowsFor(count);
    const corrections = await talk.receive('extensionCorrections', (treeCount * rowCount) / 8);
    const challenge = random.bytes(challengeBytes);
    await talk.send('extensionChallenge', challenge);
    const rows = transpose(this.#columns(corrections, rowCount));
    const combined = combineRows(challengeMatrix(challenge, rowCount), rows);
    const response = wordsOf(await talk.receive('extensionResponse', responseBytes));
    const due = expected(response.subarray(4), response.subarray(0, 4), this.#delta);
    if (!this.holds(combined, due)) throw deviation(talk.peer, 'OT extension: the columns hold different choices');
    return rows.slice(0, 4 * count);
  }

  /** W, column by column. */
  #columns(corrections: Uint8Array, rowCount: number): Int32Array[] {
    const columns: Int32Array[] = [];
    for (let i = 0; i < treeCount; i++) {
      const [, r1, r2, r3] = expand(this.#trees[i], rowCount);
      const correction = wordsOf(corrections.subarray((i * rowCount) / 8, ((i + 1) * rowCount) / 8));
      for (const [b, column] of [xored(r1, r3), xored(r2, r3)].entries()) {
        xorIfInto(column, correction, this.#bits[2 * i + b]);
        columns.push(column);
      }
    }
    return columns;
  }

  protected holds(combined: Int32Array, due: Int32Array): boolean {
    return equalBytes(bytesOf(combined), bytesOf(due));
  }
}

export class SoftSpokenReceiver implements OtReceiver {
  readonly #o: ExtensionSetup;
  readonly #trees: Leaves[];
  #position = 0;

  private constructor(o: ExtensionSetup, trees: Leaves[]) {
    this.#o = o;
    this.#trees = trees;
  }

  static async open(o: ExtensionSetup): Promise<SoftSpokenReceiver> {
    const keys = await sendBaseOts(o.talk, o.context, 2 * treeCount, o.group, o.random);
    return new SoftSpokenReceiver(o, await growTrees(o.talk, o.context, keys));
  }

  async receive(choices: Uint8Array): Promise<Uint8Array> {
    const chosen = new Uint8Array(choices.length * blockBytes);
    let done = 0;
    for (const size of batches(choices.length)) {
      const rows = await this.#checkedRows(choices.subarray(done, done + size));
      chosen.set(otHash(rows, this.#o.direction, this.#position), done * blockBytes);
      this.#position += size;
      rows.fill(0);
      done += size;
    }
    return chosen;
  }

  async #checkedRows(choices: Uint8Array): Promise<Int32Array> {
    const { talk, random } = this.#o;
    const rowCount = rowsFor(choices.length);
    const x = random.bytes(rowCount / 8).slice();
    x.set(packBits(choices));
    const { columns, corrections } = this.#columns(x, rowCount);
    await talk.send('extensionCorrections', corrections);
    const rows = transpose(columns);
    const challenge = await talk.receive('extensionChallenge', challengeBytes);
    const matrix = challengeMatrix(challenge, rowCount);
    const response = new Uint8Array(responseBytes);
    response.set(bytesOf(combineBits(matrix, x)));
    response.set(bytesOf(combineRows(matrix, rows)), rowBytes);
    await talk.send('extensionResponse', response);
    x.fill(0);
    return rows.slice(0, 4 * choices.length);
  }

  /** V, column by column, and c. */
  #columns(x: Uint8Array, rowCount: number): { columns: Int32Array[]; corrections: Uint8Array } {
    const columns: Int32Array[] = [];
    const corrections = new Int32Array((treeCount * rowCount) / 32);
    for (let i = 0; i < treeCount; i++) {
      const [r0, r1, r2, r3] = expand(this.#trees[i], rowCount);
      const correction = corrections.subarray((i * rowCount) / 32, ((i + 1) * rowCount) / 32);
      for (const part of [wordsOf(x), r0, r1, r2, r3]) xorInto(correction, part);
      columns.push(xored(r1, r3), xored(r2, r3));
    }
    return { columns, corrections: bytesOf(corrections) };
  }
}

/** The next column of every seed of a tree; the seeds move on. */
function expand(leaves: Leaves, rowCount: number): Int32Array[] {
  return leaves.map((seed, place) => {
    if (seed.length === 0) return new Int32Array(0);
    const stream = prg(seed, blockBytes + rowCount / 8);
    leaves[place] = stream.slice(0, blockBytes);
    seed.fill(0);
    return wordsOf(stream.subarray(blockBytes));
  });
}

function xored(a: Int32Array, b: Int32Array): Int32Array {
  const sum = a.slice();
  xorInto(sum, b);
  return sum;
}

function bitsOf(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: 8 * bytes.length }, (_, j) => (bytes[j >> 3] >> (j & 7)) & 1);
}
