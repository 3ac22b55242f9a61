/** New keys for an account: who has the old ones is out, at every check, and nothing but the keys changes. */
import test from 'ava';
import { fp, P, type Vec } from '../../../src/field/index.js';
import type { Status } from '../../../src/ledger/record.js';
import { plainRekey } from '../../../src/ledger/rules.js';
import { rekeyLayout } from '../../../src/operations/index.js';
import {
  accountKeys,
  applied,
  balancesOf,
  makeWorld,
  openEnvelope,
  rekeyEnvelope,
  revealEnvelope,
  runBlock,
  settleBlock,
  transferEnvelope,
  type World,
} from '../../harness/banks.js';
import { reconstruct } from '../../harness/dealer.js';
import { bitGates, type Forgery, failingGates, forgedRekey, mend, productGates, resultOf } from './forgers.js';

const start = [100n, 200n, 300n, 400n, 500n, 600n];

/** Slot 2 stays closed, though genesis funded it. */
async function openedWorld(banks: number, pageSize: number): Promise<World> {
  const world = makeWorld({ banks, pageSize, balances: start });
  await settleBlock(
    world,
    [0, 1, 3, 4, 5].map(account => openEnvelope(world, account)),
  );
  return world;
}

const rejected = (reason: 'integrity' | 'proof' | 'linear' | 'authority'): Status => ({ kind: 'rejected', reason });

/** All spending and viewing keys, from all banks' shares; every tag fits. */
function keysOf(world: World): { spending: Vec; viewing: Vec } {
  const column = (which: 'spending' | 'viewing') =>
    reconstruct(
      world.parties,
      world.states.map(state => state.keys![which]),
    );
  return { spending: column('spending'), viewing: column('viewing') };
}

for (const [banks, pageSize] of [
  [2, 3],
  [3, 3],
  [2, 6],
] as const) {
  const size = `${banks} banks, pages of ${pageSize}`;

  test(`new keys stand from the next block on, and the old ones do nothing any more: ${size}`, async t => {
    const world = await openedWorld(banks, pageSize);
    const before = keysOf(world);
    // the old keys serve in the block itself: what it reads are the keys at its start
    const [transfer, reveal] = [transferEnvelope(world, 1, 0, 7n), revealEnvelope(world, 1)];
    const block = await settleBlock(world, [reveal.envelope, transfer.envelope, rekeyEnvelope(world, 1)]);
    t.deepEqual(block.statuses.slice(2), [{ kind: 'rekeyed', page: 0 }]);
    t.true(applied(block, 1, transfer.theta));
    t.is(block.statuses[0].kind, 'revealed');

    const after = keysOf(world);
    const next = accountKeys(1, 1);
    before.spending[1] = next.spending;
    before.viewing[1] = next.viewing;
    t.deepEqual(after, before);

    const [stale, fresh] = [transferEnvelope(world, 1, 0, 1n), transferEnvelope(world, 1, 0, 1n, undefined, 1)];
    const [staleView, freshView] = [revealEnvelope(world, 1), revealEnvelope(world, 1, 1)];
    const settled = await settleBlock(world, [
      staleView.envelope,
      freshView.envelope,
      stale.envelope,
      fresh.envelope,
      rekeyEnvelope(world, 1),
    ]);
    t.deepEqual(settled.statuses[0], rejected('authority'));
    t.deepEqual(settled.statuses[1].kind === 'revealed' && fp.sub(settled.statuses[1].y, freshView.outputMask), 193n);
    t.deepEqual(settled.statuses[2], rejected('authority'));
    t.true(applied(settled, 3, fresh.theta));
    t.deepEqual(settled.statuses[4], rejected('authority'), 'a rekey under the old spending key');
    t.deepEqual(balancesOf(world), [108n, 192n, ...start.slice(2)]);
    t.deepEqual(keysOf(world), after);
  });

  test(`forged rekeys are rejected at the right check, and no key changes: ${size}`, async t => {
    const world = await openedWorld(banks, pageSize);
    const { circuit, hidden } = rekeyLayout(world.network);
    if (!hidden) return t.fail('pages of several slots hide them');
    const before = keysOf(world);
    const put = (at: number, values: readonly bigint[]) => (x: Vec) => x.set(values, at);
    const unit = (...e: bigint[]) => put(hidden.slot.at, [...e, ...Array(pageSize - e.length).fill(0n)]);
    const attempts: [string, 'integrity' | 'proof' | 'linear' | 'authority', Forgery][] = [
      ['another account’s slot', 'authority', { change: unit(0n, 1n) }],
      ['another account’s key', 'authority', { change: put(hidden.key, [accountKeys(1).spending]) }],
      ['the viewing key', 'authority', { change: put(hidden.key, [accountKeys(0).viewing]) }],
      ['one more', 'authority', { change: put(hidden.key, [fp.add(accountKeys(0).spending, 1n)]) }],
      [
        'the closed slot with its key 0',
        'linear',
        {
          change: x => {
            unit(0n, 0n, 1n)(x);
            put(hidden.key, [0n])(x);
          },
        },
      ],
      ['two slots', 'linear', { change: unit(1n, 1n) }],
      ['no slot', 'linear', { change: unit(0n) }],
      ['twice the slot less another', 'proof', { change: unit(2n, P - 1n) }],
      ['halves', 'proof', { change: unit(fp.inv(2n), fp.inv(2n)) }],
      ['a change of another slot’s spending key', 'proof', { after: put(hidden.spending.at, [0n, 5n]) }],
      ['a client tag that does not fit', 'integrity', { tag: 1n }],
      ...productGates(circuit).map((g): (typeof attempts)[number] => [`product ${g}`, 'proof', { wrong: g }]),
      ...bitGates(circuit).map((g): (typeof attempts)[number] => [
        `bit ${g}`,
        'proof',
        {
          change: x => {
            x[resultOf(circuit, g)] = 2n;
          },
        },
      ]),
      [
        'a true claim with the proof of another',
        'proof',
        {
          after: x => {
            x[hidden.changes.at] = fp.add(x[hidden.changes.at], 1n);
            mend(circuit, x);
            t.deepEqual(failingGates(circuit, x), []);
          },
        },
      ],
    ];
    for (const [what, reason, forgery] of attempts) {
      const settled = await settleBlock(world, [forgedRekey(world, 0, forgery)]);
      t.deepEqual(settled.statuses, [rejected(reason)], what);
    }
    t.deepEqual(keysOf(world), before);
  });

  test(`of two rekeys of one page in a block one counts: their changes must not add up: ${size}`, async t => {
    const world = await openedWorld(banks, pageSize);
    const settled = await settleBlock(world, [
      rekeyEnvelope(world, 0),
      rekeyEnvelope(world, 0),
      rekeyEnvelope(world, 1),
    ]);
    t.deepEqual(settled.statuses, [{ kind: 'rekeyed', page: 0 }, rejected('authority'), rejected('authority')]);
    t.is(keysOf(world).spending[0], accountKeys(0, 1).spending);
    t.is(keysOf(world).spending[1], accountKeys(1).spending);
  });

  test(`a rekey that is played again changes nothing: ${size}`, async t => {
    const world = await openedWorld(banks, pageSize);
    const envelope = rekeyEnvelope(world, 3);
    await settleBlock(world, [envelope]);
    const before = keysOf(world);
    // the pool refuses its id; should it come in all the same, the key it presents is the old one
    t.deepEqual((await settleBlock(world, [envelope])).statuses, [rejected('authority')]);
    t.deepEqual(keysOf(world), before);
  });
}

test('for pages of one slot new keys are public, and the last rekey counts', async t => {
  const world = await openedWorld(2, 1);
  const envelope = rekeyEnvelope(world, 3);
  const settled = await settleBlock(world, [envelope, rekeyEnvelope(world, 4), rekeyEnvelope(world, 3)]);
  t.deepEqual(settled.statuses, [{ kind: 'rekeyed', page: 3 }, { kind: 'rekeyed', page: 4 }, rejected('authority')]);
  const { arguments: a } = envelope.header;
  for (const state of world.states) t.deepEqual(state.publicKeys.get(3), a.kind === 'rekey' ? a.publicKeys : undefined);
});

test('a bank that changes its share of a rekey makes it fail its integrity, for pages of one slot too', async t => {
  const world = await openedWorld(3, 1);
  const before = world.states[0].publicKeys.get(0);
  const outcomes = await runBlock(world, [rekeyEnvelope(world, 0)], {
    admitted: (admitted, bank) =>
      bank === 1 ? { ...admitted, share: admitted.share.map(element => fp.add(element, 1n)) } : admitted,
  });
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') throw outcome.reason;
    t.deepEqual(outcome.value.statuses, [rejected('integrity')]);
    t.deepEqual(outcome.value.prepared.rekeys, []);
  }
  t.deepEqual(world.states[0].publicKeys.get(0), before);
});

test('the plain ledger replaces keys for who holds the spending key alone', t => {
  const ledger = [
    { balance: 5n, open: true },
    { balance: 0n, open: false },
  ];
  const { ledger: next, outcome } = plainRekey(ledger, 0, 0);
  t.is(outcome, 'settled');
  t.deepEqual(next[0], { balance: 5n, open: true, keys: 1 });
  t.is(plainRekey(next, 0, 0).outcome, 'rejected');
  t.is(plainRekey(next, 0, 1).outcome, 'settled');
  t.is(plainRekey(next, 1, 0).outcome, 'rejected');
  t.is(plainRekey(next, 2, 0).outcome, 'rejected');
});
