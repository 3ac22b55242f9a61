/** What the banks make next. */
import test from 'ava';
import { decodeAll } from '../../../src/codec/index.js';
import { pageSizeMax } from '../../../src/limits.js';
import {
  checkLots,
  encodeLots,
  encodeWants,
  type LotKind,
  type Lots,
  lotSize,
  lotsFor,
  nextLot,
  readWants,
  type Want,
  type Wants,
} from '../../../src/preprocessing/lots.js';

const plan = { size: 10, low: 5, high: 20, max: 100 };
const lots: Lots = { vole: plan, triples: plan, selections: plan };
const kinds: LotKind[] = ['vole', 'triples', 'selections'];
const made = (vole: number, triples: number, selections: number) => ({ vole, triples, selections });
const idle: Want = { at: 0, until: 0, urgent: false };
const wants = (some: Partial<Record<LotKind, Want>>): Wants => new Map(kinds.map(kind => [kind, some[kind] ?? idle]));

test('nobody wants anything: there is no next lot', t => {
  t.is(nextLot(lots, made(10, 10, 10), [wants({}), wants({ vole: { at: 3, until: 10, urgent: false } })]), undefined);
});

test('one bank that wants more is enough', t => {
  t.is(
    nextLot(lots, made(10, 10, 10), [wants({}), wants({ triples: { at: 0, until: 11, urgent: false } })]),
    'triples',
  );
});

test('what is urgent to one bank comes before what is wanted by all', t => {
  const ahead = { vole: { at: 0, until: 20, urgent: false } };
  const urgent = wants({ ...ahead, selections: { at: 40, until: 60, urgent: true } });
  t.is(nextLot(lots, made(0, 0, 50), [wants(ahead), urgent, wants(ahead)]), 'selections');
});

test('among what is wanted the kind with the fewest lots ahead comes first, then the order of kinds', t => {
  const all = wants(Object.fromEntries(kinds.map(kind => [kind, { at: 0, until: 90, urgent: false }])));
  t.is(nextLot(lots, made(30, 20, 20), [all, all]), 'triples');
  t.is(nextLot(lots, made(20, 20, 10), [all, all]), 'selections');
  t.is(nextLot(lots, made(20, 20, 20), [all, all]), 'vole');
});

test('no lot begins max ahead of the slowest bank, whatever is wanted', t => {
  const greedy = wants({ vole: { at: 90, until: 1e12, urgent: true } });
  t.is(nextLot(lots, made(99, 0, 0), [greedy, wants({})]), 'vole');
  t.is(nextLot(lots, made(100, 0, 0), [greedy, wants({})]), undefined);
});

test('wants come back as they were sent', t => {
  const some = wants({ vole: { at: 1, until: 2 ** 40, urgent: true } });
  t.deepEqual(
    decodeAll(encodeWants(kinds, some), 'wants', reader => readWants(kinds, reader)),
    some,
  );
});

for (const [name, bytes] of [
  ['until before at', encodeWants(['vole'], new Map([['vole', { at: 2, until: 1, urgent: false }]]))],
  ['a flag of 2', encodeWants(['vole'], wants({})).fill(2, 16)],
  ['of another length', encodeWants(['vole', 'triples'], wants({}))],
] as const) {
  test(`wants with ${name} are malformed`, t => {
    t.throws(() => decodeAll(bytes, 'wants', reader => readWants(['vole'], reader)), { code: 'MALFORMED' });
  });
}

test('K = 1 needs VOLE only, every other page size all kinds; the marks ascend', t => {
  t.deepEqual(Object.keys(lotsFor(1)), ['vole']);
  for (const pageSize of [2, 3, 16, 100, pageSizeMax]) {
    t.deepEqual(Object.keys(lotsFor(pageSize)), kinds);
    t.notThrows(() => checkLots(lotsFor(pageSize)));
  }
  t.throws(() => checkLots({ vole: { ...plan, low: 21 } }));
});

test('lots double from the first to the full size, whatever was left out in between', t => {
  const { vole } = lotsFor(1);
  const sizes: number[] = [];
  for (let made = 0; sizes.length < 8; made += sizes.at(-1) ?? 0) sizes.push(lotSize(vole!, made));
  t.deepEqual(sizes, [4_096, 4_096, 8_192, 16_384, 32_768, 65_536, 131_072, 131_072]);
  t.is(lotSize(vole!, 5_000), 5_000);
  t.is(lotSize(plan, 0), 10, 'all are alike where no first size is given');
  t.notDeepEqual(encodeLots({ vole: vole! }), encodeLots({ vole: { ...vole!, first: 4_097 } }));
  t.throws(() => checkLots({ vole: { ...plan, first: 11 } }));
});

test('VOLE is wanted while fewer than three full blocks of 256 transfers are ahead, until six are', t => {
  const block = 256 * 480 + 1;
  const { low, high, size } = lotsFor(1).vole!;
  t.true(low >= 3 * block && high >= 6 * block && size >= block);
});
