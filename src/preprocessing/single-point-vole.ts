/**
 * VOLE of a vector that is zero but at one secret place in each of t blocks: the noise of a round, and its tags.
 *
 *     w = v + D*e        sharer has (e, w), verifier has (D, v);  e: in block b, beta_b at place alpha_b, else 0
 *
 *   base       t + 1 VOLE elements, used up here:   c = q + D*a for every block,   z = y + D*x for the check
 *   trees      the verifier grows one GGM tree a block: v are its leaves; the sharer, by OT on the bits of 1 - alpha, learns
 *              all leaves but the one at alpha (`ggm-forest.ts`)
 *   shifts     sharer -> verifier   a' = beta - a            so that   c = (q - D*a') + D*beta
 *   sums       verifier -> sharer   both sums of every level, each under its OT's block;   d = q - D*a' - sum of v
 *              the sharer sets w_alpha = c - d - sum of the other leaves = v_alpha + D*beta
 *
 * Then the check, one for all blocks, of what either could have done wrong:
 *
 *     challenge   sharer -> verifier   a seed of chi and of the round's code, drawn now;  x* = <chi, e> - x
 *     commitment  verifier -> sharer   H(Y, salt),  Y = <chi, v> - y + D*x*
 *     response    sharer -> verifier   Z = <chi, w> - z         the verifier accuses if Z is not Y
 *     opening     verifier -> sharer   Y, salt                  the sharer accuses if the commitment was to another value
 *
 * The verifier has committed before it sees Z: from a Z alone a verifier that grew bad trees could search the places, and
 * with the places the noise is none. It opens after equality only, when Y is what the sharer sent itself: a sharer whose e
 * has other than one point, or whose x* is another, would read D from the difference. Salted: 61 bits can be searched.
 *
 * Soundness. Sharer: a' fixes beta and the OTs fix alpha; any other x* needs D, 1/p = 2^-61. Verifier: trees or d that do not
 * fit change Z, as a function of alpha; <chi, .> of two different vectors is equal with 1/p. It passes only for the places
 * it bet on (for each block a set that holds alpha, lost otherwise, and then it is named): what bets teach it about alpha it
 * pays for in the chance to pass, and the LPN assumption allows for it (Wolverine, figure 4 and theorem 3).
 *
 * beta is uniform in F: a block without noise comes once in 2^61.
 *
 * w and v are the caller's memory: filled here, kept and wiped by the caller, after a failure too.
 *
 * Cost: per block and level 8 bytes of OT extension and 32 of sums, 16 a block; three round trips after the OTs.
 *
 * Source: Wolverine (ePrint 2020/925), figure 5 for a large field, the check batched over the blocks; the equality test
 * by commitment, with the values of protocol.md, section 4, step 3: the holder's own side is never sent before equality.
 */
import { Writer } from '../codec/index.js';
import { checkCommitment, commit, concatBytes, hash, prgVecInto } from '../crypto/index.js';
import { assert, deviation, isCode } from '../errors.js';
import {
  addInto,
  addVec,
  borrowed,
  decodeVec,
  encodeVec,
  equalVec,
  giveBack,
  inner,
  maskToField,
  scaleVec,
  single,
  subVec,
  sumVec,
  type Vec,
} from '../field/index.js';
import type { Randomness } from '../ports.js';
import type { Conversation } from './conversation.js';
import { type Forest, growForest, levelBytes, punctureForest, siblingChoices } from './ggm-forest.js';
import { blockBytes, type OtReceiver, type OtSender } from './ot.js';

export interface PointSetup {
  readonly talk: Conversation;
  readonly forest: Forest;
  readonly random: Randomness;
}

/** e */
export interface Points {
  /** alpha, by block. */
  readonly places: Uint32Array;
  /** beta, by block. */
  readonly values: Vec;
  /** Of the round's code. */
  readonly seed: Uint8Array;
}

const elementBytes = 8;
const seedBytes = 16;
const openingBytes = 32;
const label = 'covault/point-vole';
/** Rows of chi, and of whatever else is as long as a round, at once. */
const chiRows = 65_536;

/**
 * The bank that chooses the places.
 * Shapes: base: t + 1 elements; w: one a row, filled. Throws: DEVIATION naming the verifier.
 */
export class PointSharer {
  readonly #o: PointSetup;

  constructor(setup: PointSetup) {
    this.#o = setup;
  }

  async run(ots: OtReceiver, base: { u: Vec; tag: Vec }, w: Vec): Promise<Points> {
    const { talk, forest, random } = this.#o;
    const { treeCount, depth } = forest;
    assert(base.u.length === treeCount + 1, 'one element a block, and one for the check');
    const places = randomPlaces(random, treeCount, depth);
    const choices = siblingChoices(places, depth);
    const pads = await ots.receive(choices);
    const values = maskToField(random.bytes(elementBytes * treeCount));
    await talk.send('pointShifts', encodeVec(subVec(values, base.u.subarray(0, treeCount))));
    const message = await talk.receive('pointSums', treeCount * (depth * levelBytes + elementBytes));
    const sumBytes = treeCount * depth * levelBytes;
    const siblings = unmasked(message.subarray(0, sumBytes), pads, choices);
    punctureForest(forest, w, places, siblings);
    for (const secret of [pads, choices, siblings]) secret.fill(0);
    const d = decodeFrom(talk, message.subarray(sumBytes));
    this.#complete(w, places, subVec(base.tag.subarray(0, treeCount), d));
    const points = { places, values, seed: random.bytes(seedBytes).slice() };
    await this.#check(points, w, base.u[treeCount], base.tag[treeCount]);
    return points;
  }

  /** w_alpha = c - d - the other leaves. `rest`: c - d, by block. */
  #complete(w: Vec, places: Uint32Array, rest: Vec): void {
    const { treeCount, depth, kernel } = this.#o.forest;
    const size = 2 ** depth;
    const sums = BigUint64Array.from({ length: treeCount }, (_, b) => sumVec(w.subarray(b * size, (b + 1) * size)));
    // the nonsense at the place is in the sum too: adding to it leaves what is wanted
    const missing = subVec(rest, sums);
    eachRange(w.length, (first, count, scratch) => {
      kernel.points(scratch, places, missing, depth, first);
      addInto(w.subarray(first, first + count), scratch);
    });
  }

  async #check({ places, values, seed }: Points, w: Vec, x: bigint, z: bigint): Promise<void> {
    const { talk, forest } = this.#o;
    const noise: Rows = (first, _count, to) => {
      forest.kernel.points(to, places, values, forest.depth, first);
      return to;
    };
    const [noiseSum, wSum] = combine(seed, w.length, [noise, (first, count) => w.subarray(first, first + count)]);
    const xStar = single.sub(noiseSum, x);
    await talk.send('pointChallenge', concatBytes(seed, encodeVec(BigUint64Array.of(xStar))));
    const commitment = await talk.receive('pointCommitment', 32);
    const Z = encodeVec(BigUint64Array.of(single.sub(wSum, z)));
    await talk.send('pointResponse', Z);
    const opening = await talk.receive('pointOpening', openingBytes);
    if (!this.holds(checkCommitment(label, forest.context, Z, opening, commitment))) {
      throw deviation(talk.peer, 'VOLE at scale: the trees do not fit');
    }
  }

  protected holds(isEqual: boolean): boolean {
    return isEqual;
  }
}

/**
 * The bank with the key. Shapes: Q of the base: t + 1 elements; v: one a row, filled; the seed of the round's code back.
 * Throws: DEVIATION naming the sharer.
 */
export class PointVerifier {
  readonly #o: PointSetup;
  readonly #D: bigint;

  constructor(setup: PointSetup, D: bigint) {
    this.#o = setup;
    this.#D = D;
  }

  async run(ots: OtSender, Q: Vec, v: Vec): Promise<Uint8Array> {
    const { talk, forest, random } = this.#o;
    const { treeCount, depth } = forest;
    assert(Q.length === treeCount + 1, 'one element a block, and one for the check');
    const { zero, one } = await ots.send(treeCount * depth);
    const roots = random.bytes(blockBytes * treeCount);
    const sums = this.grow(v, roots);
    roots.fill(0);
    const size = 2 ** depth;
    // q - D*a'
    const gamma = Q.slice(0, treeCount);
    const shifts = decodeFrom(talk, await talk.receive('pointShifts', elementBytes * treeCount));
    gamma.set(subVec(gamma, scaleVec(shifts, this.#D)));
    const own = BigUint64Array.from({ length: treeCount }, (_, b) => sumVec(v.subarray(b * size, (b + 1) * size)));
    await talk.send('pointSums', concatBytes(masked(sums, zero, one), encodeVec(subVec(gamma, own))));
    for (const secret of [sums, zero, one]) secret.fill(0);
    return this.#check(v, Q[treeCount]);
  }

  /** Fills the leaves; returns the sums. */
  protected grow(leaves: Vec, roots: Uint8Array): Uint8Array {
    return growForest(this.#o.forest, leaves, roots);
  }

  async #check(leaves: Vec, y: bigint): Promise<Uint8Array> {
    const { talk, forest, random } = this.#o;
    const challenge = await talk.receive('pointChallenge', seedBytes + elementBytes);
    const [xStar] = decodeFrom(talk, challenge.subarray(seedBytes));
    const seed = challenge.subarray(0, seedBytes);
    const [sum] = combine(seed, leaves.length, [(first, count) => leaves.subarray(first, first + count)]);
    const Y = addVec(BigUint64Array.of(single.sub(sum, y)), scaleVec(BigUint64Array.of(xStar), this.#D));
    const { commitment, opening } = commit(label, forest.context, encodeVec(Y), random);
    await talk.send('pointCommitment', commitment);
    const Z = decodeFrom(talk, await talk.receive('pointResponse', elementBytes));
    if (!this.holds(equalVec(Y, Z))) throw deviation(talk.peer, 'VOLE at scale: the noise has other than one point');
    await talk.send('pointOpening', opening);
    return seed;
  }

  protected holds(isEqual: boolean): boolean {
    return isEqual;
  }
}

/** A range of rows, as a view or in `scratch`, which is as long as the range. */
type Rows = (first: number, count: number, scratch: Vec) => Vec;

/** <chi, v> for every v, given by ranges of rows. */
function combine(seed: Uint8Array, rowCount: number, vectors: readonly Rows[]): bigint[] {
  const sums = vectors.map(() => 0n);
  const chis = borrowed(Math.min(chiRows, rowCount));
  eachRange(rowCount, (first, count, scratch) => {
    const chi = chis.subarray(0, count);
    prgVecInto(chi, hash('covault/point-vole/chi', seed, new Writer(4).u32(first).done()));
    vectors.forEach((rows, k) => {
      sums[k] = single.add(sums[k], inner(chi, rows(first, count, scratch)));
    });
  });
  giveBack(chis);
  return sums;
}

/** All rows, range by range, with memory as long as the range, wiped at the end. */
function eachRange(rowCount: number, run: (first: number, count: number, scratch: Vec) => void): void {
  const scratch = borrowed(Math.min(chiRows, rowCount));
  for (let first = 0; first < rowCount; first += chiRows) {
    const count = Math.min(chiRows, rowCount - first);
    run(first, count, scratch.subarray(0, count));
  }
  giveBack(scratch);
}

/** Uniform below 2^depth, by block. */
function randomPlaces(random: Randomness, count: number, depth: number): Uint32Array {
  const bytes = random.bytes(4 * count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // signed: a number above 2^31 may be an object of the engine's, and then takes longer
  return Uint32Array.from({ length: count }, (_, b) => view.getInt32(4 * b, true) >>> (32 - depth));
}

/** Each sum under the block of its OT. Shapes: K_0, K_1 by OT. */
function masked(sums: Uint8Array, zero: Uint8Array, one: Uint8Array): Uint8Array {
  const out = sums.slice();
  for (let i = 0; i < zero.length; i++) {
    const at = 2 * i - (i % blockBytes);
    out[at] ^= zero[i];
    out[at + blockBytes] ^= one[i];
  }
  return out;
}

/** Of every pair the one that was chosen, without its pad, and without a branch on the choice. */
function unmasked(sums: Uint8Array, pads: Uint8Array, choices: Uint8Array): Uint8Array {
  const out = pads.slice();
  for (let i = 0; i < out.length; i++) {
    const at = 2 * i - (i % blockBytes);
    const mask = -choices[Math.floor(i / blockBytes)] & 0xff;
    out[i] ^= sums[at] ^ (mask & (sums[at] ^ sums[at + blockBytes]));
  }
  return out;
}

function decodeFrom(talk: Conversation, bytes: Uint8Array): Vec {
  try {
    return decodeVec(bytes);
  } catch (error) {
    if (isCode(error, 'MALFORMED')) throw deviation(talk.peer, 'VOLE at scale: an element is not below p');
    throw error;
  }
}
