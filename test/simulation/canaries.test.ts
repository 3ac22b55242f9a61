/** Each checker of the simulation finds the bug that it is there for. */
import test from 'ava';
import { canaries, runCanary } from './canaries.js';
import { checkerNames } from './checkers/checkers.js';

/** Some need a run in which what they spoil is used: that of the ledger, one in four. */
const seedsMax = 20;

for (const canary of canaries) {
  const { checker, what } = canary;
  test(`the checker of ${checker} speaks when ${what}`, async t => {
    for (let seed = 1; seed <= seedsMax; seed++) {
      const { violations } = await runCanary(canary, `${seed}`);
      if (violations.some(violation => violation.checker === checker)) return t.pass();
    }
    return t.fail(`in ${seedsMax} runs it said nothing`);
  });
}

test('every checker has a canary', t => {
  t.deepEqual([...new Set(canaries.map(({ checker }) => checker))].sort(), [...checkerNames].sort());
});
