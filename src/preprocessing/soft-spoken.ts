/**
 * OT extension: from 128 base OTs, once a session and direction, to as many random OTs as are asked for.
 *
 *     places     128/k trees (`punctured-trees.ts`): the receiver has seeds s_i,x, x in GF(2)^k, the sender all but x = Delta_i
 *     columns    r_i,x = G(s_i,x), n bits:   u_i = XOR_x r_i,x    v_i = XOR_x x*r_i,x    w_i = XOR_x (x + Delta_i)*r_i,x
 *                w_i = v_i + Delta_i * u_i          each v_i, w_i k columns of bits; x = Delta_i vanishes from w_i
 *     message    receiver -> sender: c_i = u_i XOR x, x its choices;  w_i += Delta_i * c_i:   w_i = v_i + Delta_i * x
 *     check      `subspace-check.ts`: challenge, response
 *     rows       row j of W is row j of V + x_j * Delta, 128 bits
 *     OTs        zero_j = H(j, w_j)    one_j = H(j, w_j + Delta)    the receiver's: H(j, v_j)
 *
 * Cost: 128/k bits of traffic an OT and 2^k*128/k bits of PRG at either end; 1.5 round trips a batch, with 128 OTs and 4 KB of
 * overhead. k is a knob, the same at both ends (`placeBits`). Processor time an OT, full batches, medians of 7 on one core of a
 * busy AMD EPYC with Node 20, and what the bytes cost both ends of an encrypted loopback link, 3.1 ns a byte:
 *
 *     k    trees    seeds    bytes    sender    receiver    link      all
 *     1      128      256      16      63 ns      96 ns     50 ns    209 ns
 *     2       64      256       8      40         68        25       133
 *     4       32      512       4      42         78        12       132
 *     8       16     4096       2     267        489         6       762
 *
 * In a lot of products, where every batch is the only one in its direction, the 256 seeds more of k = 4 cost more than full
 * batches show: 1.7 ms of both ends a selection tuple of 16 against 1.3, for 12 % fewer bytes. So k = 2; where traffic is
 * dear, 4.
 *
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
import { packBits, rowBits, rowBytes, unpackBits, xorIfInto, xorInto } from './bits.js';
import type { Conversation } from './conversation.js';
import type { Group } from './group.js';
import { wasmKernel as kernel } from './kernel/wasm.js';
import { type BlockPairs, blockBytes, type OtReceiver, type OtSender } from './ot.js';
import { type Direction, otHashInto } from './ot-hash.js';
import { growTrees, type Leaves, type PlaceBits, TreePuncturer } from './punctured-trees.js';
import { challengeMatrix, combineBits, combineRows, expected, maskRows } from './subspace-check.js';

/** OTs in one batch: a keystream of 16 KB a seed, whose cipher costs 1 us to make; some 5 ms of work between two turns. */
export const otBatchMax = 131_072;
/** k, by the table above. */
export const placeBitsDefault: PlaceBits = 2;
const challengeBytes = 16;
const responseBytes = rowBytes + rowBits * rowBytes;

export interface ExtensionSetup {
  readonly talk: Conversation;
  /** Session and direction. */
  readonly context: Uint8Array;
  readonly direction: Direction;
  readonly group: Group;
  readonly random: Randomness;
  /** k, the same at both ends. */
  readonly placeBits?: PlaceBits;
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
  readonly #delta: Uint8Array;
  readonly #trees: Leaves[];
  readonly #rows = new Scratch();
  #position = 0;

  protected constructor(o: ExtensionSetup, delta: Uint8Array, trees: Leaves[]) {
    this.#o = o;
    this.#bits = unpackBits(delta);
    this.#delta = delta;
    this.#trees = trees;
  }

  /** With a fresh Delta. Throws: DEVIATION naming the receiver. */
  static async open(o: ExtensionSetup, puncturer = new TreePuncturer()): Promise<SoftSpokenSender> {
    const delta = o.random.bytes(rowBytes).slice();
    const bits = unpackBits(delta);
    const choices = bits.map(bit => bit ^ 1);
    const keys = await receiveBaseOts(o.talk, o.context, choices, o.group, o.random);
    const k = o.placeBits ?? placeBitsDefault;
    return new this(o, delta, await puncturer.run(o.talk, o.context, k, bits, keys));
  }

  async send(count: number, to?: BlockPairs): Promise<BlockPairs> {
    const [zero, one] = [blocksFor(count, to?.zero), blocksFor(count, to?.one)];
    let done = 0;
    for (const size of batches(count)) {
      const rows = await this.#checkedRows(size);
      const { direction } = this.#o;
      const part = (blocks: Uint8Array) => blocks.subarray(done * blockBytes, (done + size) * blockBytes);
      otHashInto(part(zero), rows, direction, this.#position);
      kernel.addToAll(rows, this.#delta);
      otHashInto(part(one), rows, direction, this.#position);
      this.#position += size;
      rows.fill(0);
      done += size;
    }
    return { zero, one };
  }

  async #checkedRows(count: number): Promise<Uint8Array> {
    const { talk, random } = this.#o;
    const rowCount = rowsFor(count);
    const corrections = await talk.receive('extensionCorrections', (this.#trees.length * rowCount) / 8);
    const challenge = random.bytes(challengeBytes);
    await talk.send('extensionChallenge', challenge);
    const rows = this.#rows.take(rowCount * rowBytes);
    this.#fill(rows, corrections);
    const combined = combineRows(challengeMatrix(challenge, rowCount), rows);
    const response = await talk.receive('extensionResponse', responseBytes);
    const due = expected(response.slice(rowBytes), response.slice(0, rowBytes), this.#delta);
    if (!this.holds(combined, due)) throw deviation(talk.peer, 'OT extension: the columns hold different choices');
    return rows.subarray(0, count * rowBytes);
  }

  /** W, by way of its columns. */
  #fill(rows: Uint8Array, corrections: Uint8Array): void {
    const length = rows.length / rowBits;
    const { columns, sum } = workspace(length);
    for (const [i, leaves] of this.#trees.entries()) {
      const own = columnsOf(columns, i, leaves);
      expandInto(own, sum, leaves);
      const correction = corrections.subarray(i * length, (i + 1) * length);
      for (const [b, column] of own.entries()) xorIfInto(column, correction, this.#bits[own.length * i + b]);
    }
    toRows(rows, columns);
  }

  protected holds(combined: Uint8Array, due: Uint8Array): boolean {
    return equalBytes(combined, due);
  }
}

export class SoftSpokenReceiver implements OtReceiver {
  readonly #o: ExtensionSetup;
  readonly #trees: Leaves[];
  readonly #rows = new Scratch();
  readonly #corrections = new Scratch();
  #position = 0;

  private constructor(o: ExtensionSetup, trees: Leaves[]) {
    this.#o = o;
    this.#trees = trees;
  }

  static async open(o: ExtensionSetup): Promise<SoftSpokenReceiver> {
    const keys = await sendBaseOts(o.talk, o.context, rowBits, o.group, o.random);
    return new SoftSpokenReceiver(o, await growTrees(o.talk, o.context, o.placeBits ?? placeBitsDefault, keys));
  }

  async receive(choices: Uint8Array, to?: Uint8Array): Promise<Uint8Array> {
    const chosen = blocksFor(choices.length, to);
    let done = 0;
    for (const size of batches(choices.length)) {
      const rows = await this.#checkedRows(choices.subarray(done, done + size));
      otHashInto(
        chosen.subarray(done * blockBytes, (done + size) * blockBytes),
        rows,
        this.#o.direction,
        this.#position,
      );
      this.#position += size;
      rows.fill(0);
      done += size;
    }
    return chosen;
  }

  async #checkedRows(choices: Uint8Array): Promise<Uint8Array> {
    const { talk, random } = this.#o;
    const rowCount = rowsFor(choices.length);
    const x = random.bytes(rowCount / 8).slice();
    packInto(x, choices);
    const rows = this.#rows.take(rowCount * rowBytes);
    await talk.send('extensionCorrections', this.#fill(rows, x));
    const challenge = await talk.receive('extensionChallenge', challengeBytes);
    const matrix = challengeMatrix(challenge, rowCount);
    const response = new Uint8Array(responseBytes);
    response.set(combineBits(matrix, x));
    response.set(combineRows(matrix, rows), rowBytes);
    await talk.send('extensionResponse', response);
    x.fill(0);
    return rows.subarray(0, choices.length * rowBytes);
  }

  /** V, by way of its columns. Returns c, in memory that serves again. */
  #fill(rows: Uint8Array, x: Uint8Array): Uint8Array {
    const corrections = this.#corrections.take(this.#trees.length * x.length);
    const { columns } = workspace(x.length);
    for (const [i, leaves] of this.#trees.entries()) {
      const correction = corrections.subarray(i * x.length, (i + 1) * x.length);
      expandInto(columnsOf(columns, i, leaves), correction, leaves);
      xorInto(correction, x);
    }
    toRows(rows, columns);
    return corrections;
  }
}

/** What one end writes batch by batch, rows 2 MB at most: what is allocated by the million is paid for in collections. */
class Scratch {
  #bytes = new Uint8Array(0);

  /** `count` bytes of any content. */
  take(count: number): Uint8Array {
    if (this.#bytes.length < count) this.#bytes = new Uint8Array(count);
    return this.#bytes.subarray(0, count);
  }
}

function blocksFor(count: number, given: Uint8Array | undefined): Uint8Array {
  return given?.subarray(0, count * blockBytes) ?? new Uint8Array(count * blockBytes);
}

/** Columns of whoever is at work, and a sum nobody wants: nothing is awaited while they hold anything. */
const columnBytesMax = rowsFor(otBatchMax) / 8;
let space = new Uint8Array(0);
const absent = new Uint8Array(columnBytesMax);

function workspace(length: number): { columns: Uint8Array[]; sum: Uint8Array } {
  if (space.length === 0) space = new Uint8Array((rowBits + 1) * columnBytesMax);
  const part = (c: number) => space.subarray(c * columnBytesMax, c * columnBytesMax + length);
  return { columns: Array.from({ length: rowBits }, (_, c) => part(c)), sum: part(rowBits) };
}

/** The k columns of tree i. */
function columnsOf(columns: readonly Uint8Array[], i: number, leaves: Leaves): Uint8Array[] {
  const k = Math.log2(leaves.length);
  return columns.slice(k * i, k * (i + 1));
}

/** What the next column of every seed of a tree folds to; the seeds move on. A missing seed counts as zeros. */
function expandInto(columns: readonly Uint8Array[], sum: Uint8Array, leaves: Leaves): void {
  const streams = leaves.map((seed, place) => {
    if (seed.length === 0) return absent.subarray(0, sum.length);
    const stream = prg(seed, blockBytes + sum.length);
    leaves[place] = stream.slice(0, blockBytes);
    seed.fill(0);
    return stream.subarray(blockBytes);
  });
  kernel.fold(streams, columns, sum);
}

function toRows(rows: Uint8Array, columns: readonly Uint8Array[]): void {
  kernel.transpose(rows, columns);
  for (const column of columns) column.fill(0);
}

/** The choices over the first bits of x; what is left of their last byte becomes 0. */
function packInto(x: Uint8Array, choices: Uint8Array): void {
  const whole = choices.length & ~15;
  kernel.pack(x.subarray(0, whole / 8), choices.subarray(0, whole));
  x.set(packBits(choices.subarray(whole)), whole / 8);
}
