/**
 * Vector OLE between two banks: the raw material of every tag.
 *
 * The verifier knows one field element D, its long-lived key towards the sharer. The sharer knows a random vector u.
 * Afterwards each has one more vector, and neither has learned anything else:
 *
 *     T = Q + D*u            sharer has (u, T), verifier has (D, Q)
 *
 *   once      61 oblivious transfers: for bit i of D the verifier receives seed s_i^(D_i) of (s_i^0, s_i^1)
 *   message   sharer -> verifier, row i:  m_i = G(s_i^1) - G(s_i^0) + u
 *   rows      q_i = G(s_i^(D_i)) - D_i*m_i = G(s_i^0) - D_i*u
 *   sum       Q = sum_i 2^i*q_i = T - D*u           T = sum_i 2^i*G(s_i^0)
 *
 * Nothing in that forces one u in all 61 rows: `vole-check.ts` does, by a random combination, before a batch is returned.
 *
 * Cost: 488 bytes sharer -> verifier an element, 1.5 round trips a batch; about 1 us at either end. Seeds move on with every
 * batch (the first 16 bytes of each stream are the next seed): no stream is read twice.
 * Not here: expansion at scale, which stands on this and offers the same two interfaces (`lpn-vole.ts`).
 *
 * Source: COPEe, MASCOT (ePrint 2016/505), section 3.
 */
import { prg } from '../crypto/index.js';
import { assert, deviation, isCode } from '../errors.js';
import {
  addScaledInto,
  addVec,
  concatVec,
  decodeVec,
  encodeVec,
  equalVec,
  maskToField,
  subVec,
  type Vec,
  zeros,
} from '../field/index.js';
import type { Randomness } from '../ports.js';
import { keepIf, unpackBits } from './bits.js';
import type { Conversation } from './conversation.js';
import { blockBytes, type OtReceiver, type OtSender } from './ot.js';
import { challengeBytes, combine, expected } from './vole-check.js';

/**
 * T = Q + D*u, u random: both ends call with the same counts, in the same order. Never more than was asked for, and what is
 * returned is the caller's alone, who may `discard` it.
 */
export interface VoleSharer {
  extend(count: number): Promise<{ u: Vec; tag: Vec }>;
  /** Overwrites all that it holds: it is not used again. */
  wipe(): void;
}

export interface VoleVerifier {
  /** Q. Throws: DEVIATION naming the sharer, before anything has been returned. */
  extend(count: number): Promise<Vec>;
  /** As above. */
  wipe(): void;
}

/** Bits of a field element. */
const rowCount = 61;
const elementBytes = 8;
/** Elements in one batch, mask included: its message is 4 MB. */
export const voleBatchMax = 8_192;

function batches(count: number): number[] {
  assert(Number.isSafeInteger(count) && count >= 0, 'a count of elements');
  const sizes: number[] = [];
  for (let left = count; left > 0; left -= voleBatchMax - 1) sizes.push(Math.min(left, voleBatchMax - 1));
  return sizes;
}

export class CopeeSharer implements VoleSharer {
  readonly #talk: Conversation;
  readonly #random: Randomness;
  readonly #seeds: readonly [Uint8Array[], Uint8Array[]];

  private constructor(talk: Conversation, random: Randomness, seeds: readonly [Uint8Array[], Uint8Array[]]) {
    this.#talk = talk;
    this.#random = random;
    this.#seeds = seeds;
  }

  static async open(talk: Conversation, ots: OtSender, random: Randomness): Promise<CopeeSharer> {
    const { zero, one } = await ots.send(rowCount);
    return new CopeeSharer(talk, random, [blocks(zero), blocks(one)]);
  }

  async extend(count: number): Promise<{ u: Vec; tag: Vec }> {
    const us: Vec[] = [];
    const tags: Vec[] = [];
    for (const size of batches(count)) {
      const { u, tag } = await this.#batch(size + 1);
      us.push(u.slice(0, size));
      tags.push(tag.slice(0, size));
    }
    return { u: concatVec(...us), tag: concatVec(...tags) };
  }

  wipe(): void {
    for (const seed of this.#seeds.flat()) seed.fill(0);
  }

  async #batch(length: number): Promise<{ u: Vec; tag: Vec }> {
    const u = maskToField(this.#random.bytes(elementBytes * length));
    const tag = zeros(length);
    const message = new Uint8Array(rowCount * elementBytes * length);
    for (let i = 0; i < rowCount; i++) {
      const [g0, g1] = [nextRow(this.#seeds[0], i, length), nextRow(this.#seeds[1], i, length)];
      message.set(encodeVec(addVec(subVec(g1, g0), u)), i * elementBytes * length);
      addScaledInto(tag, g0, 1n << BigInt(i));
    }
    await this.#talk.send('voleRows', message);
    const challenge = await this.#talk.receive('voleChallenge', challengeBytes);
    const response = BigUint64Array.of(combine(challenge, u), combine(challenge, tag));
    await this.#talk.send('voleResponse', encodeVec(response));
    return { u, tag };
  }
}

export class CopeeVerifier implements VoleVerifier {
  readonly #talk: Conversation;
  readonly #random: Randomness;
  readonly #D: bigint;
  /** D_i, a byte each: bits of the key are masks of words, never bigints. */
  readonly #bits: Uint8Array;
  readonly #seeds: Uint8Array[];

  protected constructor(talk: Conversation, random: Randomness, D: bigint, bits: Uint8Array, seeds: Uint8Array[]) {
    this.#talk = talk;
    this.#random = random;
    this.#D = D;
    this.#bits = bits;
    this.#seeds = seeds;
  }

  static async open(talk: Conversation, ots: OtReceiver, D: bigint, random: Randomness): Promise<CopeeVerifier> {
    assert(D > 0n && D < (1n << 61n) - 1n, 'a key is in F*');
    const bits = unpackBits(encodeVec(BigUint64Array.of(D))).slice(0, rowCount);
    return new this(talk, random, D, bits, blocks(await ots.receive(bits)));
  }

  async extend(count: number): Promise<Vec> {
    const Qs: Vec[] = [];
    for (const size of batches(count)) Qs.push((await this.#batch(size + 1)).slice(0, size));
    return concatVec(...Qs);
  }

  wipe(): void {
    for (const seed of this.#seeds) seed.fill(0);
    this.#bits.fill(0);
  }

  async #batch(length: number): Promise<Vec> {
    const rowBytes = elementBytes * length;
    const message = await this.#talk.receive('voleRows', rowCount * rowBytes);
    const Q = zeros(length);
    for (let i = 0; i < rowCount; i++) {
      addScaledInto(Q, nextRow(this.#seeds, i, length), 1n << BigInt(i));
      const row = this.#decode(message.subarray(i * rowBytes, (i + 1) * rowBytes));
      keepIf(row, this.#bits[i]);
      addScaledInto(Q, row, -(1n << BigInt(i)));
    }
    const challenge = this.#random.bytes(challengeBytes);
    await this.#talk.send('voleChallenge', challenge);
    const [a, b] = this.#decode(await this.#talk.receive('voleResponse', 2 * elementBytes));
    if (!this.holds(expected(challenge, Q, this.#D, a), b)) {
      throw deviation(this.#talk.peer, 'VOLE: the rows hold different vectors');
    }
    return Q;
  }

  #decode(bytes: Uint8Array): Vec {
    try {
      return decodeVec(bytes);
    } catch (error) {
      if (isCode(error, 'MALFORMED')) throw deviation(this.#talk.peer, 'VOLE: an element is not below p');
      throw error;
    }
  }

  protected holds(due: bigint, b: bigint): boolean {
    return equalVec(BigUint64Array.of(due), BigUint64Array.of(b));
  }
}

/** The next row of a seed; the seed moves on. */
function nextRow(seeds: Uint8Array[], i: number, length: number): Vec {
  const stream = prg(seeds[i], blockBytes + elementBytes * length);
  seeds[i].fill(0);
  seeds[i] = stream.slice(0, blockBytes);
  return maskToField(stream.subarray(blockBytes));
}

function blocks(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: rowCount }, (_, i) => bytes.slice(blockBytes * i, blockBytes * (i + 1)));
}
