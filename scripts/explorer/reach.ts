/** Backward reachability in a graph of numbered states. */
import { assert } from '../../src/errors.js';

/** The lowest state from which no good one can be reached; edge i goes `from[i]` to `to[i]`, if it `counts`. */
export function firstThatCannotReach(
  good: readonly number[],
  [from, to]: readonly [ArrayLike<number>, ArrayLike<number>],
  count: number,
  counts: (edge: number) => boolean = () => true,
): number | undefined {
  assert(from.length === to.length, 'an edge has two ends');
  const starts = new Int32Array(count + 1);
  for (let i = 0; i < to.length; i++) if (counts(i)) starts[to[i] + 1]++;
  for (let i = 0; i < count; i++) starts[i + 1] += starts[i];
  const fill = starts.slice();
  const before = new Int32Array(starts[count]);
  for (let i = 0; i < to.length; i++) if (counts(i)) before[fill[to[i]]++] = from[i];
  const reaches = new Uint8Array(count);
  const open = [...good];
  for (const state of good) reaches[state] = 1;
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    for (let i = starts[state]; i < starts[state + 1]; i++) {
      if (reaches[before[i]]) continue;
      reaches[before[i]] = 1;
      open.push(before[i]);
    }
  }
  const first = reaches.indexOf(0);
  return first < 0 ? undefined : first;
}
