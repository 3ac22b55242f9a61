/** Small bounds; the large ones are run by `./scripts/explore`. */
import test from 'ava';
import { type Bounds, small } from '../../../scripts/explorer/bounds.js';
import { loadModel } from '../../../scripts/explorer/loader.js';
import { mutants } from '../../../scripts/explorer/mutants.js';
import { firstThatCannotReach } from '../../../scripts/explorer/reach.js';

const noFault = { crashes: 0, breaks: 0, timeouts: 0 };
const bounds: readonly [what: string, Bounds][] = [
  ['two crashes at any points', { ...small, crashes: 2, breaks: 0, timeouts: 0 }],
  ['a session that breaks, and a step that takes too long', { ...small, crashes: 0 }],
  ['an envelope that arrives at any time', { ...small, ...noFault, early: 0 }],
  ['blocks that overlap', { ...small, ...noFault, envelopes: 2, overlap: true }],
];

for (const [what, within] of bounds) {
  test(`two honest banks never part, apply nothing twice and get stuck nowhere: ${what}`, async t => {
    const { explore } = await loadModel();
    const { finding, isComplete, decided } = explore(within);
    t.is(finding, undefined);
    t.true(isComplete && decided > 0);
  });
}

for (const mutant of mutants) {
  test(`without this rule the explorer finds what it prevents: ${mutant.rule}`, async t => {
    const { explore } = await loadModel(mutant);
    const { finding } = explore(mutant.bounds);
    t.truthy(finding);
    const again = explore(mutant.bounds);
    t.deepEqual(again.finding, finding, 'and the same again');
  });
}

test('three honest banks do as well, without a fault', async t => {
  const { explore } = await loadModel();
  const { finding, isComplete } = explore({ ...small, ...noFault, banks: 3 });
  t.is(finding, undefined);
  t.true(isComplete);
});

test('a mutant that no longer finds its rule in the text is refused', async t => {
  const edits = [{ file: 'voiding', from: 'no such text', to: '' }];
  await t.throwsAsync(loadModel({ rule: 'none', edits, bounds: small }), { message: /no such text|not where/ });
});

test('a state is stuck if and only if no edge leads on from it to a good one', t => {
  const edges: [number[], number[]] = [
    [0, 1, 0, 3],
    [1, 2, 3, 3],
  ];
  t.is(firstThatCannotReach([2], edges, 4), 3);
  t.is(firstThatCannotReach([2, 3], edges, 4), undefined);
});
