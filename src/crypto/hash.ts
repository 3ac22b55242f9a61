/**
 * H of the protocol: SHA-256 with a domain label, label and every part prefixed by its length.
 *
 *     H(label, a, b) = SHA-256( u32(|label|) label u32(|a|) a u32(|b|) b )       u32 little endian
 *
 * No two lists of parts are hashed as the same bytes: a part cannot flow into its neighbour.
 * And commitments: H(label, context, value, opening), opening = 32 random bytes.
 *
 * Source: protocol.md, section 2.
 */
import type { Randomness } from '../ports.js';
import { checkLength, equalBytes, utf8 } from './bytes.js';
import { primitives } from './primitives-node.js';

export const hashBytes = 32;
const openingBytes = 32;

/** Up to here the parts are joined and hashed in one call, which is cheaper than one call a part. */
const joinedBytesMax = 8192;
/** Where they are joined: a hash is short, and memory for each would cost as much as the hash. */
const joined = new Uint8Array(joinedBytesMax);
const joinedView = new DataView(joined.buffer);

export function hash(label: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const name = labelBytes(label);
  const count = framedBytes(name, parts);
  if (count <= joinedBytesMax) {
    writeFrame(joined, joinedView, name, parts);
    return primitives.sha256(joined.subarray(0, count));
  }
  const hasher = new Hasher(label);
  for (const part of parts) hasher.add(part);
  return hasher.digest();
}

/** The same, part by part: `new Hasher(label).add(a).add(b).digest()` is `hash(label, a, b)`. */
export class Hasher {
  readonly #state = primitives.sha256Start();

  constructor(label: string) {
    this.add(labelBytes(label));
  }

  add(part: Uint8Array): this {
    this.#state.update(Uint8Array.from(u32(part.length)));
    this.#state.update(part);
    return this;
  }

  /** Once. */
  digest(): Uint8Array {
    return this.#state.digest();
  }
}

/** Label and parts, each prefixed by its length: what is hashed. */
export function frame(label: string, parts: readonly Uint8Array[]): Uint8Array {
  const name = labelBytes(label);
  const bytes = new Uint8Array(framedBytes(name, parts));
  writeFrame(bytes, new DataView(bytes.buffer), name, parts);
  return bytes;
}

function framedBytes(name: Uint8Array, parts: readonly Uint8Array[]): number {
  let count = 4 + name.length;
  for (const part of parts) count += 4 + part.length;
  return count;
}

function writeFrame(to: Uint8Array, view: DataView, name: Uint8Array, parts: readonly Uint8Array[]): void {
  let at = put(to, view, 0, name);
  for (const part of parts) at = put(to, view, at, part);
}

function put(to: Uint8Array, view: DataView, at: number, part: Uint8Array): number {
  view.setUint32(at, part.length, true);
  to.set(part, at + 4);
  return at + 4 + part.length;
}

/** Labels are constants of the program, a few dozen: encoding one costs as much as hashing. */
const labels = new Map<string, Uint8Array>();
const labelsMax = 256;

export function labelBytes(label: string): Uint8Array {
  const known = labels.get(label);
  if (known !== undefined) return known;
  const bytes = utf8(label);
  if (labels.size < labelsMax) labels.set(label, bytes);
  return bytes;
}

function u32(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}

export interface Commitment {
  readonly commitment: Uint8Array;
  readonly opening: Uint8Array;
}

export function commit(label: string, context: Uint8Array, value: Uint8Array, random: Randomness): Commitment {
  const opening = random.bytes(openingBytes);
  checkLength(opening, openingBytes, 'randomness');
  return { commitment: hash(label, context, value, opening), opening };
}

/** False for an opening or a commitment of any other length, too. */
export function checkCommitment(
  label: string,
  context: Uint8Array,
  value: Uint8Array,
  opening: Uint8Array,
  commitment: Uint8Array,
): boolean {
  return opening.length === openingBytes && equalBytes(hash(label, context, value, opening), commitment);
}
