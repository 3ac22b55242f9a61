/**
 * Long vectors that serve again and again: fresh memory costs more than the loops that fill it (about 3 ns an element, in
 * pages to map and garbage to collect).
 *
 * A vector is lent with anything in it, belongs to whoever borrowed it until it is given back, whole and once, and is wiped
 * then. One that is never given back, after an error, is collected like any other.
 */

import type { Vec } from './kernel/kernel.js';
import { zeros } from './vector.js';

/** Vectors kept, and elements of one: two blocks at a time of one bank, 8 MiB each. */
const keptMax = 8;
const keptLengthMax = 1 << 20;

const kept: Vec[] = [];

/** `count` elements of any content. */
export function borrowed(count: number): Vec {
  const k = kept.findIndex(vector => vector.length >= count);
  if (k < 0) return zeros(count);
  const [vector] = kept.splice(k, 1);
  return vector.subarray(0, count);
}

/** What was borrowed; nobody may hold it, or a part of it, any more. */
export function giveBack(vector: Vec): void {
  vector.fill(0n);
  const whole = new BigUint64Array(vector.buffer);
  if (whole.length > keptLengthMax) return;
  if (kept.length === keptMax) kept.shift();
  kept.push(whole);
}
