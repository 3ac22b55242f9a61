/** Contradictions between the lists of two proposals. */
import test from 'ava';
import fc from 'fast-check';
import { type Announcement, contradictory } from '../../../src/agreement/announcement.js';
import { contradictions } from '../../../src/agreement/contradictions.js';
import { toHex } from '../../../src/crypto/index.js';
import { idOf, makeBanks } from '../ledger/records.js';
import { announce } from './envelopes.js';

const banks = makeBanks(3);
const unsigned = () => new Uint8Array(64);
const announced = (sponsor: number, sequence: number, name: string) =>
  announce(banks, sponsor, sequence, idOf(name), unsigned);

/** As a ready list: one envelope a number, ascending. */
function listed(items: readonly (readonly [sponsor: number, sequence: number, name: string])[]): Announcement[] {
  const places = new Map(
    items.map(([sponsor, sequence, name]) => [10 * sponsor + sequence, announced(sponsor, sequence, name)]),
  );
  const ids = new Set<string>();
  return [...places.keys()]
    .sort((a, b) => a - b)
    .map(place => places.get(place) as Announcement)
    .filter(({ id }) => !ids.has(toHex(id)) && ids.add(toHex(id)));
}

test('two lists contradict each other where two of their announcements do', t => {
  const item = fc.tuple(fc.nat(2), fc.nat(4), fc.constantFrom('a', 'b', 'c', 'd'));
  const list = fc.array(item, { maxLength: 7 }).map(listed);
  fc.assert(
    fc.property(fc.array(list, { minLength: 2, maxLength: 4 }), lists => {
      const due = lists.some((a, i) => lists.slice(i + 1).some(b => a.some(x => b.some(y => contradictory(x, y)))));
      const found = contradictions(lists);
      for (const [x, y] of found) {
        t.true(contradictory(x.announcement, y.announcement));
        t.true(lists[x.bank].includes(x.announcement) && lists[y.bank].includes(y.announcement));
      }
      return due === found.length > 0;
    }),
    { seed: 1, numRuns: 400 },
  );
});

test('an id with two sponsors, and lists of which one goes further, contradict nothing', t => {
  const [a, b, c] = [announced(0, 1, 'a'), announced(0, 2, 'b'), announced(1, 1, 'a')];
  t.deepEqual(contradictions([[a, b], [c], [a], []]), []);
});
