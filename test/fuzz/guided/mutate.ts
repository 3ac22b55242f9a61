/**
 * What becomes of an input: one to a few changes, each of a kind that some decoder does not expect.
 *
 *     flip         a bit, or a byte
 *     number       an integer of 1, 2, 4 or 8 bytes at the edge of something, or moved by a little
 *     word         a word of the dictionary: in place of what stands there, or between
 *     block        cut, doubled, moved, overwritten by another
 *     splice       the beginning of one input and the end of another
 */

/** A fast stream of numbers, the same for the same seed (xorshift128+ of 32 bits). */
export class Dice {
  #state: [number, number, number, number];

  constructor(seed: number) {
    this.#state = [seed | 0, 0x9e3779b9, 0x243f6a88, 0xb7e15162];
    for (let k = 0; k < 16; k++) this.next();
  }

  /** 0 .. 2^32 - 1 */
  next(): number {
    const [a, b, c, d] = this.#state;
    let t = a ^ (a << 11);
    t ^= t >>> 8;
    const last = d ^ (d >>> 19) ^ t;
    this.#state = [b, c, d, last];
    return (last + b) >>> 0;
  }

  /** 0 .. count - 1 */
  below(count: number): number {
    return this.next() % count;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }
}

export interface MutationOptions {
  readonly words: readonly Uint8Array[];
  readonly bytesMax: number;
}

const P = (1n << 61n) - 1n;
/** Where counts, lengths, heights and field elements end. */
const edges: readonly bigint[] = [
  0n,
  1n,
  2n,
  7n,
  0x7fn,
  0x80n,
  0xffn,
  0x100n,
  0x7fffn,
  0xffffn,
  0x1_0000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  (1n << 53n) - 2n,
  (1n << 53n) - 1n,
  1n << 53n,
  (1n << 60n) - 1n,
  1n << 60n,
  P - 1n,
  P,
  P + 1n,
  (1n << 63n) - 1n,
  (1n << 64n) - 1n,
];

type Change = (bytes: Uint8Array, dice: Dice, options: MutationOptions, other: Uint8Array) => Uint8Array;

/** Between `from` and `to` of `bytes` stands `piece` instead. */
function put(bytes: Uint8Array, from: number, to: number, piece: Uint8Array): Uint8Array {
  const changed = new Uint8Array(bytes.length - (to - from) + piece.length);
  changed.set(bytes.subarray(0, from));
  changed.set(piece, from);
  changed.set(bytes.subarray(to), from + piece.length);
  return changed;
}

const flipBit: Change = (bytes, dice) => {
  const changed = bytes.slice();
  if (bytes.length > 0) changed[dice.below(bytes.length)] ^= 1 << dice.below(8);
  return changed;
};

const setByte: Change = (bytes, dice) => {
  const changed = bytes.slice();
  if (bytes.length > 0) changed[dice.below(bytes.length)] = dice.next() & 255;
  return changed;
};

const setNumber: Change = (bytes, dice) => {
  const width = 1 << dice.below(4);
  if (bytes.length < width) return bytes;
  const changed = bytes.slice();
  const at = dice.below(bytes.length - width + 1);
  const view = new DataView(changed.buffer);
  const isLittle = dice.below(4) > 0;
  const before = readNumber(view, at, width, isLittle);
  const value = dice.below(2) === 0 ? dice.pick(edges) : before + BigInt(dice.below(33) - 16);
  writeNumber(view, at, width, isLittle, BigInt.asUintN(8 * width, value));
  return changed;
};

function readNumber(view: DataView, at: number, width: number, isLittle: boolean): bigint {
  let value = 0n;
  for (let k = 0; k < width; k++) {
    value |= BigInt(view.getUint8(at + k)) << BigInt(8 * (isLittle ? k : width - 1 - k));
  }
  return value;
}

function writeNumber(view: DataView, at: number, width: number, isLittle: boolean, value: bigint): void {
  for (let k = 0; k < width; k++) {
    view.setUint8(at + k, Number((value >> BigInt(8 * (isLittle ? k : width - 1 - k))) & 255n));
  }
}

const putWord: Change = (bytes, dice, { words }) => {
  if (words.length === 0) return bytes;
  const word = dice.pick(words);
  const from = dice.below(bytes.length + 1);
  return put(bytes, from, dice.below(2) === 0 ? from : Math.min(bytes.length, from + word.length), word);
};

/** A stretch: mostly a short one. */
function stretch(bytes: Uint8Array, dice: Dice): [from: number, to: number] {
  const from = dice.below(bytes.length + 1);
  const length = 1 + dice.below(dice.below(3) === 0 ? Math.max(1, bytes.length) : 32);
  return [from, Math.min(bytes.length, from + length)];
}

const cutBlock: Change = (bytes, dice) => put(bytes, ...stretch(bytes, dice), new Uint8Array());

const cutEnd: Change = (bytes, dice) => bytes.slice(0, dice.below(bytes.length + 1));

const copyBlock: Change = (bytes, dice, _options, other) => {
  const source = dice.below(2) === 0 ? bytes : other;
  const [from, to] = stretch(source, dice);
  const piece = source.slice(from, to);
  const at = dice.below(bytes.length + 1);
  return put(bytes, at, dice.below(2) === 0 ? at : Math.min(bytes.length, at + piece.length), piece);
};

const fillBlock: Change = (bytes, dice) => {
  const [from, to] = stretch(bytes, dice);
  return bytes.slice().fill(dice.pick([0, 255, 0x30, 0x20, dice.next() & 255]), from, to);
};

const addBytes: Change = (bytes, dice) => {
  const piece = Uint8Array.from({ length: 1 + dice.below(9) }, () => dice.next() & 255);
  const at = dice.below(3) === 0 ? bytes.length : dice.below(bytes.length + 1);
  return put(bytes, at, at, piece);
};

const splice: Change = (bytes, dice, _options, other) =>
  put(bytes, dice.below(bytes.length + 1), bytes.length, other.subarray(dice.below(other.length + 1)));

const changes: readonly Change[] = [
  flipBit,
  flipBit,
  setByte,
  setNumber,
  setNumber,
  putWord,
  putWord,
  cutBlock,
  cutEnd,
  copyBlock,
  copyBlock,
  fillBlock,
  addBytes,
  splice,
];

/** `other`: another input of the same corpus. */
export function mutate(bytes: Uint8Array, other: Uint8Array, dice: Dice, options: MutationOptions): Uint8Array {
  let changed = bytes;
  for (let count = 1 << dice.below(4); count > 0; count--) changed = dice.pick(changes)(changed, dice, options, other);
  return changed.slice(0, options.bytesMax);
}

/** Short texts in quotes of a source file: names of kinds, fields and codes, for the dictionary. */
export function wordsOf(source: string): Uint8Array[] {
  const texts = new Set([...source.matchAll(/(['"`])([\w .:/-]{1,40})\1/g)].map(([, , text]) => text));
  return [...texts].map(text => new TextEncoder().encode(text));
}
