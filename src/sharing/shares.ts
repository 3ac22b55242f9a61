/**
 * Authenticated sharings [x] of vectors over n banks, as one bank holds them, and all that needs no message.
 *
 *     sum_i x_i = x                      bank i holds x_i
 *     T_ij = Q_ji + D_ji * x_i           bank i holds T_ij; bank j holds Q_ji and D_ji      (for every ordered pair i != j)
 *
 * Linear maps act alike on shares, tags and keys: a sharing is 1 + 2(n-1) flat rows of one length.
 *
 * Not here: where sharings come from (`input.ts`) and how they are opened (`session/rounds.ts`).
 *
 * Source: BeDOZa (ePrint 2010/514), section 3; protocol.md, section 3.
 */
import { assert } from '../errors.js';
import {
  addScaledInto,
  addVec,
  concatVec,
  fp,
  gather,
  inner,
  innerSegments,
  matVec,
  mulVec,
  negVec,
  runsAt,
  type Segments,
  scaleVec,
  scatterInto,
  subVec,
  sumVec,
  type Vec,
  zeros,
} from '../field/index.js';

/** One bank's place among the n, with its MAC keys. */
export interface Party {
  /** Roster index of this bank. */
  readonly self: number;
  readonly count: number;
  /** D_ji of this bank j towards every bank i, in F*; 0 at its own place. Secret, long-lived. */
  readonly deltas: readonly bigint[];
}

/** [x] of a vector, at one bank. Rows at the bank's own place are empty. */
export interface Shares {
  readonly length: number;
  /** x_self */
  readonly value: Vec;
  /** tags[j] = T_self,j: this bank shares, bank j verifies. */
  readonly tags: readonly Vec[];
  /** keys[i] = Q_self,i: bank i shares, this bank verifies. */
  readonly keys: readonly Vec[];
}

const none: Vec = new BigUint64Array(0);

/** Applies one linear map to every row. */
function each(s: Shares, length: number, map: (row: Vec) => Vec): Shares {
  const row = (v: Vec) => (v === none || v.length !== s.length || s.length === 0 ? none : map(v));
  return {
    length,
    value: s.length === 0 ? zeros(length) : map(s.value),
    tags: s.tags.map(row),
    keys: s.keys.map(row),
  };
}

function each2(a: Shares, b: Shares, map: (x: Vec, y: Vec) => Vec): Shares {
  assert(a.length === b.length && a.tags.length === b.tags.length, 'sharings of one shape');
  return {
    length: a.length,
    value: map(a.value, b.value),
    tags: a.tags.map((v, j) => map(v, b.tags[j])),
    keys: a.keys.map((v, i) => map(v, b.keys[i])),
  };
}

/** All rows a bank holds, own places included, in a fixed order: value, tags, keys. */
export function rowsOf(s: Shares): Vec[] {
  return [s.value, ...s.tags, ...s.keys];
}

export function sharesFromRows(rows: readonly Vec[]): Shares {
  const count = (rows.length - 1) / 2;
  return { length: rows[0].length, value: rows[0], tags: rows.slice(1, 1 + count), keys: rows.slice(1 + count) };
}

function rows(party: Party, length: number): Vec[] {
  return Array.from({ length: party.count }, (_, i) => (i === party.self ? none : zeros(length)));
}

export function zeroShares(party: Party, length: number): Shares {
  return { length, value: zeros(length), tags: rows(party, length), keys: rows(party, length) };
}

/** The trivial sharing of public constants: bank 0 holds them, Q_j0 = -D_j0 * c, all tags are 0. */
export function publicShares(party: Party, c: Vec): Shares {
  const s = zeroShares(party, c.length);
  if (party.self === 0) return { ...s, value: c };
  const keys = s.keys.map((row, i) => (i === 0 ? scaleVec(c, fp.neg(party.deltas[0])) : row));
  return { ...s, keys };
}

export const addShares = (a: Shares, b: Shares): Shares => each2(a, b, addVec);
export const subShares = (a: Shares, b: Shares): Shares => each2(a, b, subVec);
export const negShares = (a: Shares): Shares => each(a, a.length, negVec);
export const scaleShares = (a: Shares, c: bigint): Shares => each(a, a.length, row => scaleVec(row, c));

/** [x + c] for public c. */
export const addPublic = (party: Party, s: Shares, c: Vec): Shares => addShares(s, publicShares(party, c));

/** The same, in place of a sharing nobody else holds. */
export function addPublicInto(party: Party, s: Shares, c: Vec): void {
  if (party.self === 0) addScaledInto(s.value, c, 1n);
  else addScaledInto(s.keys[0], c, fp.neg(party.deltas[0]));
}

/** One linear map of several sharings, row by row: `map` gets the same row of each, and gives a fresh one. */
export function combineRows(list: readonly Shares[], length: number, map: (rows: readonly Vec[]) => Vec): Shares {
  const row = (of: (s: Shares) => Vec) => {
    const rows = list.map(of);
    return rows.every(v => v.length === 0) ? none : map(rows);
  };
  return {
    length,
    value: map(list.map(s => s.value)),
    tags: list[0].tags.map((_, j) => row(s => s.tags[j])),
    keys: list[0].keys.map((_, i) => row(s => s.keys[i])),
  };
}

/** [x_k * v_k] for public v. */
export const mulPublic = (s: Shares, v: Vec): Shares => each(s, s.length, row => mulVec(row, v));

/** [<w, x>]: one element. */
export const innerPublic = (weights: Vec, s: Shares): Shares =>
  each(s, 1, row => BigUint64Array.of(inner(weights, row)));

/** [<w, piece>] of many pieces and weights at once: see `innerSegments`. */
export function segmentsPublic(s: Shares, segments: Segments): Shares {
  const present = rowsOf(s).filter(row => row.length === s.length);
  const results = innerSegments(present, segments);
  let next = 0;
  const row = (v: Vec) => (v.length === s.length ? results[next++] : none);
  const value = row(s.value);
  return { length: value.length, value, tags: s.tags.map(row), keys: s.keys.map(row) };
}

/** [W x] for a public matrix given by rows. Lengths: every row s.length. */
export const mapPublic = (weights: Vec, rowCount: number, s: Shares): Shares => {
  assert(weights.length === rowCount * s.length, 'one weight for each element and row');
  return each(s, rowCount, row => matVec(weights, s.length, row));
};

/** [sum of all elements]. */
export const sumShares = (s: Shares): Shares => each(s, 1, row => BigUint64Array.of(sumVec(row)));

/** Elements from <= k < to; a view, not a copy. */
export const sliceShares = (s: Shares, from: number, to: number): Shares => {
  assert(0 <= from && from <= to && to <= s.length, 'a slice inside the sharing');
  return {
    length: to - from,
    value: s.value.subarray(from, to),
    tags: s.tags.map(v => (v.length === s.length ? v.subarray(from, to) : none)),
    keys: s.keys.map(v => (v.length === s.length ? v.subarray(from, to) : none)),
  };
};

export const gatherShares = (s: Shares, indices: Uint32Array): Shares =>
  each(s, indices.length, row => gather(row, indices));

/** [x_s .. x_(s+length)) for every start s, one behind the other. */
export const runShares = (s: Shares, starts: Uint32Array, length: number): Shares =>
  each(s, starts.length * length, row => runsAt(row, starts, length));

export function concatShares(party: Party, list: readonly Shares[]): Shares {
  const length = list.reduce((sum, s) => sum + s.length, 0);
  const row = (of: (s: Shares) => Vec) => concatVec(...list.map(of));
  const others = (of: (s: Shares, bank: number) => Vec) =>
    Array.from({ length: party.count }, (_, bank) => (bank === party.self ? none : row(s => of(s, bank))));
  return {
    length,
    value: row(s => s.value),
    tags: others((s, j) => s.tags[j]),
    keys: others((s, i) => s.keys[i]),
  };
}

/**
 * s[at .. at + length) += each part, in place, parts of one length: the only sharing that changes is the running state. No
 * two parts of one call overlap.
 */
export function addSharesAt(s: Shares, at: readonly number[], parts: readonly Shares[]): void {
  if (parts.length === 0) return;
  const size = parts[0].length;
  assert(new Set(at).size === parts.length && parts.every(part => part.length === size), 'parts side by side');
  const indices = new Uint32Array(size * parts.length);
  at.forEach((start, k) => {
    for (let i = 0; i < size; i++) indices[k * size + i] = start + i;
  });
  const into = (row: Vec, more: (part: Shares) => Vec) => {
    if (row.length > 0) scatterInto(row, indices, addVec(gather(row, indices), concatVec(...parts.map(more))));
  };
  into(s.value, part => part.value);
  s.tags.forEach((row, j) => {
    into(row, part => part.tags[j]);
  });
  s.keys.forEach((row, i) => {
    into(row, part => part.keys[i]);
  });
}

/** s[at .. at + part.length) = part, in place. */
export function setSharesInto(s: Shares, at: number, part: Shares): void {
  const into = (row: Vec, more: Vec) => row.set(more, more.length > 0 ? at : 0);
  into(s.value, part.value);
  s.tags.forEach((row, j) => {
    into(row, part.tags[j]);
  });
  s.keys.forEach((row, i) => {
    into(row, part.keys[i]);
  });
}
