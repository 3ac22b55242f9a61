/** Some hundred seeds of the simulation, and that a seed is one run. */
import test from 'ava';
import { drawScenario, runScenario } from './simulation.js';
import { addCounts, type Counts } from './tally.js';

/** The command's own test runs as many again. */
const seeds = 120;

test(`${seeds} seeds break no promise, and meet what they are there for`, async t => {
  let counts: Counts = {};
  for (let seed = 1; seed <= seeds; seed++) {
    const outcome = await runScenario(drawScenario(`${seed}`));
    t.deepEqual(outcome.violations, [], `./scripts/simulate --seeds ${seed}`);
    counts = addCounts(counts, outcome.counts);
  }
  const met = ['paid', 'cancelled', 'rejected', 'revealed', 'audited', 'crashes', 'envelopes burned', 'empty records'];
  for (const what of [...met, 'records of later attempts']) t.true(counts[what] > 0, what);
});

test('a seed is one run, event by event; another seed is another', async t => {
  const digests = await Promise.all(['5', '5', '6'].map(async seed => (await runScenario(drawScenario(seed))).digest));
  t.is(digests[0], digests[1]);
  t.not(digests[0], digests[2]);
});

test('all that is drawn can be printed and read again', async t => {
  const drawn = drawScenario('12');
  const read = JSON.parse(JSON.stringify(drawn)) as typeof drawn;
  t.is((await runScenario(read)).digest, (await runScenario(drawn)).digest);
});
