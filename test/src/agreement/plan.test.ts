/** The block that follows from proposals. */
import test from 'ava';
import fc from 'fast-check';
import type { Numbered } from '../../../src/agreement/announcement.js';
import { largest, type PlanInput, type Planning, planBlock, stockOfPlan } from '../../../src/agreement/plan.js';
import { toHex } from '../../../src/crypto/index.js';
import { blockElementsMax, blockEnvelopesMax, wavesMax } from '../../../src/limits.js';
import { idOf } from '../ledger/records.js';
import { openOf, otherOf, rekeyOf, transferOf } from './envelopes.js';

type Item = [name: string, sponsor: number, sequence: number, planning?: Planning];

const names = new Map<string, string>();
const item = ([name, sponsor, sequence]: Item): Numbered => {
  const id = idOf(name);
  names.set(toHex(id), name);
  return { id, sponsor, sequence };
};

/** All banks list the same unless `change` says otherwise; entries by name. */
function plan(items: Item[], over: { banks?: number; height?: number; ready?: Item[][]; burned?: string[][] } = {}) {
  const { banks = 2, height = 2, ready = Array.from({ length: banks }, () => items), burned = [] } = over;
  const planning = new Map(items.map(([name, , , p]) => [toHex(idOf(name)), p ?? transferOf(0)]));
  const input: PlanInput = {
    height,
    ready: ready.map(list => list.map(item)),
    burned: ready.map((_, i) => (burned[i] ?? []).map(idOf)),
    planning: id => planning.get(id),
  };
  const planned = planBlock(input);
  return { ...planned, names: planned.entries.map(({ id }) => names.get(toHex(id))), input };
}

test('the block is what every bank holds ready, without what any bank has burned', t => {
  const [a, b, c, d]: Item[] = [
    ['a', 0, 1],
    ['b', 0, 2],
    ['c', 0, 3],
    ['d', 0, 4],
  ];
  const all = [a, b, c, d];
  t.deepEqual(
    plan(all, {
      ready: [
        [a, b, c],
        [d, c, b],
      ],
    }).names,
    ['b', 'c'],
  );
  t.deepEqual(
    plan(all, {
      ready: [
        [a, b, c],
        [d, c, b],
      ],
      burned: [[], ['b']],
    }).names,
    ['c'],
  );
  t.deepEqual(plan(all, { ready: [[a, b], [c]] }).entries, []);
});

test('sponsors take turns, and the first one changes with the height', t => {
  const items: Item[] = [
    ['a1', 0, 1],
    ['a2', 0, 2],
    ['a3', 0, 3],
    ['b1', 1, 7],
    ['b2', 1, 9],
  ];
  const open = items.map(([name, sponsor, sequence], i): Item => [name, sponsor, sequence, openOf(i)]);
  t.deepEqual(plan(open, { height: 2 }).names, ['a1', 'b1', 'a2', 'b2', 'a3']);
  t.deepEqual(plan(open, { height: 3 }).names, ['b1', 'a1', 'b2', 'a2', 'a3']);
});

test('debits of one page go to successive waves, debits of different pages share one', t => {
  const items: Item[] = [
    ['p', 0, 1, transferOf(5)],
    ['q', 0, 2, transferOf(5)],
    ['r', 0, 3, transferOf(6)],
    ['s', 0, 4, transferOf(5)],
  ];
  const planned = plan(items);
  t.deepEqual(planned.names, ['p', 'r', 'q', 's']);
  t.deepEqual(planned.waves, [[0, 1], [2], [3]]);
});

test('a page has one rekey in a block, later ones wait', t => {
  const items: Item[] = [
    ['a', 0, 1, rekeyOf(5)],
    ['b', 0, 2, rekeyOf(5)],
    ['c', 1, 3, rekeyOf(5)],
    ['d', 1, 4, rekeyOf(6)],
  ];
  t.deepEqual(plan(items, { height: 2 }).names, ['a', 'd']);
});

test('rekeys are counted for what they change, so that the recovery entry of a block of them is one frame', t => {
  const vole = Math.floor(blockElementsMax / 3 / 4 / 3);
  const rekeys = Array.from({ length: 5 }, (_, i): Item => {
    const planning = rekeyOf(i);
    return [`rekey ${i}`, 0, i, { ...planning, stock: { ...planning.stock, vole } }];
  });
  t.is(plan(rekeys, { banks: 3 }).entries.length, 3);
});

test('reveals come first, then transfers, then opens and rekeys, audits last', t => {
  const items: Item[] = [
    ['audit', 0, 1, otherOf('audit')],
    ['rekey', 0, 5, rekeyOf(1)],
    ['open', 0, 2, openOf(1)],
    ['transfer', 0, 3, transferOf(1)],
    ['reveal', 0, 4, otherOf('reveal')],
  ];
  const planned = plan(items);
  t.deepEqual(planned.names, ['reveal', 'transfer', 'open', 'rekey', 'audit']);
  t.deepEqual(planned.waves, [[1]]);
  t.deepEqual(stockOfPlan(planned), { vole: 10 + 3 + 9 + 1 + 1 + 1, triples: 3, selections: 3 });
  t.deepEqual(stockOfPlan({ entries: [], waves: [] }), { vole: 0, triples: 0, selections: 0 });
});

test('a sponsor has its share of a block and of the waves of a page, and no more', t => {
  const many = (sponsor: number, count: number, page: (i: number) => number): Item[] =>
    Array.from({ length: count }, (_, i) => [`${sponsor}-${page(0)}-${i}`, sponsor, i, transferOf(page(i))]);
  const places = Math.floor(blockEnvelopesMax / 3);
  t.is(
    plan(
      many(1, places + 9, i => i),
      { banks: 3 },
    ).entries.length,
    places,
  );
  // a third of what one sponsor may bring: three fit, and a small one after them
  const large = { ...transferOf(0), stock: { vole: Math.floor(blockElementsMax / 9), triples: 0, selections: 0 } };
  const heavy = Array.from({ length: 5 }, (_, i): Item => [`heavy-${i}`, 2, i, { ...large, debits: i }]);
  t.deepEqual(
    plan([...heavy, ['small', 2, 9, { ...large, debits: 9, stock: otherOf('audit').stock }]], { banks: 3 }).names,
    ['heavy-0', 'heavy-1', 'heavy-2', 'small'],
  );
  const debits = Math.floor(wavesMax / 3);
  const crowded = [
    ...many(0, debits + 4, () => 9),
    ...many(1, debits + 1, () => 9),
    ['other', 0, 99, transferOf(8)] as Item,
  ];
  const planned = plan(crowded, { banks: 3 });
  t.is(planned.waves.length, 2 * debits);
  t.true(planned.waves.length <= wavesMax);
  t.true(planned.names.includes('other')); // what follows is not held up
});

test('at most one open for each slot', t => {
  const items: Item[] = [
    ['first', 0, 1, openOf(4)],
    ['second', 0, 2, openOf(4)],
    ['theirs', 1, 1, openOf(4)],
    ['other', 0, 3, openOf(5)],
  ];
  t.deepEqual(plan(items).names, ['first', 'other']);
});

test('an id with two sponsors belongs to the lower one; one with two numbers waits', t => {
  const two: Item = ['x', 1, 5];
  const planned = plan([two], { ready: [[two], [['x', 0, 8]]] });
  t.deepEqual(
    planned.entries.map(e => e.sponsor),
    [0],
  );
  t.deepEqual(plan([two], { ready: [[two], [['x', 1, 6]]] }).entries, []);
});

test('the plan does not depend on the order in which lists were written', t => {
  const items: Item[] = Array.from({ length: 12 }, (_, i) => [
    `e${i}`,
    i % 3,
    100 - i,
    i % 4 === 0 ? openOf(i % 8) : transferOf(i % 2),
  ]);
  const expected = plan(items, { banks: 3 }).names;
  const shuffled = fc.shuffledSubarray(items, { minLength: 12 });
  fc.assert(
    fc.property(fc.tuple(shuffled, shuffled, shuffled), ready => {
      t.deepEqual(plan(items, { banks: 3, ready }).names, expected);
    }),
    { numRuns: 30 },
  );
});

test('the larger position wins, kind by kind', t => {
  const [a, b] = [
    { vole: 5, triples: 0, selections: 2 },
    { vole: 4, triples: 1, selections: 2 },
  ];
  t.deepEqual(largest([a, b]), { vole: 5, triples: 1, selections: 2 });
});
