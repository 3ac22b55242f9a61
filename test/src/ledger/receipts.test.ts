/** Receipts: what the banks open of a transfer says what they have computed with, and a payer cannot tell another story. */
import test from 'ava';
import { ed25519 } from '../../../src/crypto/index.js';
import { blankMemo } from '../../../src/envelope/index.js';
import { P } from '../../../src/field/index.js';
import { decodeReceipts, encodeReceipts, hashReceipts } from '../../../src/ledger/receipts.js';
import type { Settled } from '../../../src/ledger/settle.js';
import { locate } from '../../../src/network/index.js';
import { buildTransfer, receiptOf, transferLayout } from '../../../src/operations/index.js';
import {
  accountKeys,
  applied,
  envelopeOf,
  makeWorld,
  openEnvelope,
  revealEnvelope,
  settleBlock,
  type World,
} from '../../harness/banks.js';
import { forgedTransfer } from './forgers.js';

const start = [100n, 200n, 300n, 400n, 500n, 600n];

async function openedWorld(banks: number, pageSize: number): Promise<World> {
  const world = makeWorld({ banks, pageSize, balances: start });
  await settleBlock(
    world,
    start.map((_, account) => openEnvelope(world, account)),
  );
  return world;
}

/** A transfer with a receipt mask that somebody is told. */
function told(world: World, from: number, to: number, amount: bigint, mask: bigint) {
  const [payer, payee] = [locate(world.network, from), locate(world.network, to)];
  const keys = accountKeys(from);
  const secrets = {
    amount,
    payerSlot: payer.slot,
    payeeSlot: payee.slot,
    spendingKey: keys.spending,
    receiptMask: mask,
  };
  const { x, theta } = buildTransfer(world.network, secrets, world.random);
  const args = {
    kind: 'transfer',
    payerPage: payer.page,
    payeePage: payee.page,
    memo: blankMemo(world.random),
  } as const;
  const sign = world.network.pageSize === 1 ? (id: Uint8Array) => ed25519.sign(keys.spendingSeed, id) : undefined;
  return { envelope: envelopeOf(world, args, x, sign), theta, slot: payee.slot };
}

const receiptsOf = ({ prepared }: Settled) => prepared.receipts;

for (const [banks, pageSize] of [
  [2, 1],
  [3, 3],
] as const) {
  test(`a receipt agrees with what was computed, and with nothing else: ${banks} banks, pages of ${pageSize}`, async t => {
    const world = await openedWorld(banks, pageSize);
    const paid = told(world, 0, 4, 30n, 777n);
    const tooMuch = told(world, 1, 5, 999n, P - 1n);
    const rejected = forgedTransfer(world, [2, 3, 5n], { tag: 1n });
    const settled = await settleBlock(world, [
      revealEnvelope(world, 2).envelope,
      paid.envelope,
      rejected,
      tooMuch.envelope,
    ]);
    t.true(applied(settled, 1, paid.theta));
    t.false(applied(settled, 3, tooMuch.theta));
    const { tau, values } = receiptsOf(settled);
    t.is(values.length, 2, 'those of settled transfers, in the order of the record');
    t.not(tau, 0n);
    const truths = [
      { mask: 777n, theta: paid.theta, amount: 30n, slot: paid.slot },
      { mask: P - 1n, theta: tooMuch.theta, amount: 999n, slot: tooMuch.slot },
    ];
    truths.forEach((truth, k) => {
      t.is(receiptOf(tau, truth), values[k]);
      const lies = [
        { ...truth, theta: 1n - truth.theta },
        { ...truth, amount: truth.amount + 1n },
        { ...truth, slot: truth.slot + 1 },
        { ...truth, mask: truth.mask - 1n },
      ];
      for (const lie of lies) t.not(receiptOf(tau, lie), values[k]);
    });
  });

  test(`whoever is not told the mask can make any story of a receipt: ${banks} banks, pages of ${pageSize}`, async t => {
    const world = await openedWorld(banks, pageSize);
    const { theta, slot, envelope } = told(world, 0, 4, 30n, 4_242n);
    const { tau, values } = receiptsOf(await settleBlock(world, [envelope]));
    // for every other theta, amount and slot there is one mask that explains y just as well: y is uniform
    for (const story of [
      { theta: 1n - theta, amount: 30n, slot },
      { theta, amount: 0n, slot },
      { theta, amount: 31n, slot: slot + 1 },
    ]) {
      const rest = receiptOf(tau, { ...story, mask: 0n });
      const mask = (values[0] - rest + P) % P;
      t.is(receiptOf(tau, { ...story, mask }), values[0]);
      t.not(mask, 4_242n);
    }
  });

  test(`the receipt's mask is part of no gate: ${banks} banks, pages of ${pageSize}`, t => {
    const { circuit, receipt } = transferLayout({ pageSize, amountBits: 40 });
    t.false(circuit.forms.some(form => form.some(({ index }) => index === receipt)));
  });
}

test('another point is drawn in each block, and a block without transfers has no receipts', async t => {
  const world = await openedWorld(2, 1);
  const first = receiptsOf(await settleBlock(world, [told(world, 0, 1, 1n, 5n).envelope]));
  const second = receiptsOf(await settleBlock(world, [told(world, 0, 1, 1n, 5n).envelope]));
  t.not(first.tau, second.tau);
  t.deepEqual(receiptsOf(await settleBlock(world, [])), { tau: 0n, values: [] });
});

test('receipts are hashed as a whole, and decoded to themselves', t => {
  const receipts = { tau: 9n, values: [1n, P - 1n] };
  t.deepEqual(decodeReceipts(encodeReceipts(receipts)), receipts);
  t.notDeepEqual(hashReceipts(receipts), hashReceipts({ ...receipts, tau: 8n }));
  t.notDeepEqual(hashReceipts(receipts), hashReceipts({ ...receipts, values: [P - 1n, 1n] }));
});
