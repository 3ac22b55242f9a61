/** Small bounds; the large ones are run by `./scripts/explore`. */
import test from 'ava';
import { type Bounds, small, smallCheat } from '../../../scripts/explorer/bounds.js';
import { loadModel } from '../../../scripts/explorer/loader.js';
import { type Mutant, mutants } from '../../../scripts/explorer/mutants.js';
import { firstThatCannotReach } from '../../../scripts/explorer/reach.js';
import { Rows } from '../../../scripts/explorer/table.js';
import { checkTrace } from '../../../scripts/explorer/traces.js';

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

const old: readonly [what: string, Bounds][] = [
  ['a session that breaks', { ...small, ...noFault, breaks: 1, restores: 1 }],
  ['another crash', { ...small, ...noFault, crashes: 1, restores: 1 }],
  ['a step that takes too long', { ...small, ...noFault, timeouts: 1, restores: 1 }],
  ['to before its mark, and another crash', { ...small, ...noFault, crashes: 1, restores: 1, beforeMark: true }],
];

for (const [what, within] of old) {
  test(`nobody convicts a bank whose disk is put back, which refuses itself or goes on: ${what}`, async t => {
    const { explore } = await loadModel();
    const { finding, isComplete, decided, refused } = explore(within);
    t.is(finding, undefined);
    t.true(isComplete && decided > 0 && refused > 0);
  });
}

const alone = { ...noFault, lies: 0 };
const cheats: readonly [what: string, Bounds][] = [
  ['everything it can say, at one height', { ...smallCheat, ...alone }],
  ['a crash at any point', { ...smallCheat, ...alone, attempts: 1, rounds: 1, crashes: 1 }],
  ['what it lists as burned once it is settled', { ...smallCheat, ...alone, attempts: 1, heights: 2 }],
];

for (const [what, within] of cheats) {
  test(`beside a bank that lies, honest banks and wallets are safe, and nobody is stuck: ${what}`, async t => {
    const { explore } = await loadModel();
    const { finding, isComplete, decided, halted } = explore(within);
    t.is(finding, undefined);
    t.true(isComplete && decided > 0 && halted > 0);
  });
}

// the others, which take more states, by the command
const isQuick = ({ nothing, bounds }: Mutant) =>
  !nothing && !(bounds.banks === 3 && bounds.cheat === 2 && bounds.attempts > 1);

for (const mutant of mutants.filter(isQuick)) {
  test(`without this rule the explorer finds what it prevents: ${mutant.rule}`, async t => {
    const { explore, replay } = await loadModel(mutant);
    const { finding } = explore(mutant.bounds);
    if (!finding) return t.fail('nothing found');
    const { steps, wrong } = replay(mutant.bounds, finding.trace);
    t.deepEqual(
      steps.map(({ label }) => label),
      finding.trace,
    );
    t.true(wrong === finding.what || /apart|decides/.test(finding.what), 'its trace leads there again');
  });
}

test('what a rule taken out is blamed for does not happen with it', async t => {
  for (const { rule, bounds } of mutants.filter(
    each => each.bounds.cheat !== undefined && each.bounds.attempts === 1,
  )) {
    const { explore } = await loadModel();
    const { finding, isComplete } = explore(bounds);
    t.true(isComplete && finding === undefined, rule);
  }
});

test('a trace whose step is not there is refused, and so is what is no trace', async t => {
  const { replay } = await loadModel();
  t.throws(() => replay(small, ['session 1', 'session 1']), { message: /not there/ });
  const trace = { rule: null, bounds: { ...small, cheat: null }, what: 'x', steps: ['session 1'] };
  t.is(checkTrace(trace).bounds.cheat, undefined);
  const wrong: [string, unknown][] = [
    ['rule', 1],
    ['what', undefined],
    ['steps', [1]],
    ['bounds', { ...trace.bounds, banks: 9 }],
    ['bounds', { ...trace.bounds, words: ['shout'] }],
    ['bounds', { ...trace.bounds, crashes: -1 }],
    ['bounds', { ...trace.bounds, overlap: 1 }],
  ];
  for (const [key, value] of wrong) t.throws(() => checkTrace({ ...trace, [key]: value }), { code: 'BAD_CONFIG' }, key);
});

test('a set of rows holds each once, however many there are', t => {
  const rows = new Rows(2);
  const numbers = new Map<string, number>();
  for (let i = 0; i < 5_000; i++) {
    const row = [(i * 7919) % 433, i % 71];
    const known = numbers.get(row.join());
    const number = rows.add(row);
    t.is(number, known ?? numbers.size);
    numbers.set(row.join(), number);
  }
  t.is(rows.count, numbers.size);
  for (const [row, number] of numbers) t.is(rows.get(number).join(), row);
});

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
  t.is(
    firstThatCannotReach([2, 3], edges, 4, edge => edge !== 1),
    1,
  );
});
