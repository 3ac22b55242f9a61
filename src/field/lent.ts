/**
 * Long vectors that serve again and again: fresh memory costs more than the loops that fill it (about 3 ns an element, in
 * pages to map and garbage to collect).
 *
 * A vector is lent with anything in it, belongs to whoever borrowed it until it is given back, once, and is wiped then: what
 * was in it reaches nobody. To give back what was not lent, or was given back already, is an error. One that is never given
 * back, after an error, is collected like any other.
 */
import { assert } from '../errors.js';
import type { Vec } from './kernel/kernel.js';
import { zeros } from './vector.js';

/** Vectors kept, elements of all of them, and of one: what two blocks at a time of one bank borrow, 16 MiB. */
const keptMax = 16;
const keptElementsMax = 1 << 21;
const keptLengthMax = 1 << 20;
/** A vector so many times as long as what is asked for waits for somebody who needs it. */
const wasteMax = 4;

/** Shortest first. */
const kept: Vec[] = [];
/** The memory of what is lent. */
const lent = new WeakSet<ArrayBufferLike>();

/** `count` elements of any content. */
export function borrowed(count: number): Vec {
  const k = kept.findIndex(vector => vector.length >= count);
  const fits = k >= 0 && kept[k].length <= wasteMax * count;
  const [vector] = fits ? kept.splice(k, 1) : [zeros(count)];
  lent.add(vector.buffer);
  return vector.subarray(0, count);
}

/** `giveBack`, where it may have come from elsewhere: then it is wiped only. */
export function discard(vector: Vec): void {
  if (lent.has(vector.buffer)) giveBack(vector);
  else vector.fill(0n);
}

/** What was borrowed; nobody may hold it, or a part of it, any more. */
export function giveBack(vector: Vec): void {
  assert(lent.delete(vector.buffer), 'what was lent is given back, once');
  vector.fill(0n);
  const whole = new BigUint64Array(vector.buffer);
  if (whole.length === 0 || whole.length > keptLengthMax) return;
  const k = kept.findIndex(({ length }) => length >= whole.length);
  kept.splice(k < 0 ? kept.length : k, 0, whole);
  while (kept.length > keptMax || kept.reduce((sum, { length }) => sum + length, 0) > keptElementsMax) kept.shift();
}
