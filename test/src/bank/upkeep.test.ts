/** Whole banks that have run long enough to fold and to seal. */
import test from 'ava';
import { under } from '../../../src/codec/index.js';
import { utf8 } from '../../../src/crypto/index.js';
import { encodeEnvelope } from '../../../src/envelope/index.js';
import { recordSharesKey } from '../../../src/ledger/ledger-store.js';
import { foldedHeightsMax, segmentHeightsMax, unfoldedHeights, unsealedHeights } from '../../../src/limits.js';
import type { Store } from '../../../src/ports.js';
import { transferEnvelope } from '../../harness/banks.js';
import { balances, openAll, settle } from '../../harness/holders.js';
import { NetworkWorld, until } from '../../harness/network.js';

const heights = Math.max(unfoldedHeights + foldedHeightsMax, unsealedHeights + segmentHeightsMax) + 3;

async function count(store: Store, prefix: string): Promise<number> {
  let found = 0;
  for await (const _ of store.range(...under(utf8(prefix)))) found++;
  return found;
}

/** One transfer a block. */
async function payUntil(world: NetworkWorld, height: number): Promise<void> {
  while (world.bank(0).status().height < height) {
    world.height = world.bank(0).status().height;
    await settle(world, 0, transferEnvelope(world, 0, 1, 1n).envelope);
  }
}

test('banks fold and seal while they settle, start again from what is left, and hand out the same records', async t => {
  const world = new NetworkWorld({ banks: 2, pageSize: 1, balances: [500n, 500n] });
  t.teardown(() => world.stopAll());
  await world.startAll();
  await openAll(world, [0, 1]);
  const first = await world.bank(0).records(1, 1);
  const { envelope } = transferEnvelope(world, 0, 1, 1n);
  await settle(world, 0, envelope);
  const early = await world.bank(0).envelope(envelope.id);
  await payUntil(world, heights);
  for (const store of world.stores) {
    await until('folded', async () => (await count(store, 'ledger/log/')) < unfoldedHeights + foldedHeightsMax);
    await until('sealed', async () => (await count(store, 'log-segment/')) === 1);
  }
  const records = await world.bank(0).records(1, 2 * heights);
  t.deepEqual(records[0], { ...first[0], committed: undefined });
  t.deepEqual(
    records.map(({ height }) => height),
    records.map((_, k) => k + 1),
  );
  t.deepEqual(await world.bank(0).envelope(envelope.id), early, 'an old envelope is found in its segment');
  for (const { self } of world.parties) {
    await world.kill(self);
    await world.start(self);
  }
  world.height = world.bank(0).status().height;
  const [payer, payee] = await balances(world, [0, 1]);
  t.is(payer + payee, 1_000n);
  t.deepEqual(
    (await world.bank(0).records(1, heights)).map(r => r.record),
    records.slice(0, heights).map(r => r.record),
  );
});

test('a bank that finds damage while it folds stops, and does not start from that folder', async t => {
  const world = new NetworkWorld({ banks: 2, pageSize: 1, balances: [500n, 500n] });
  t.teardown(() => world.stopAll());
  await world.startAll();
  await openAll(world, [0, 1]);
  await payUntil(world, heights - 10);
  await world.stores[1].commit([{ type: 'del', key: recordSharesKey(5) }]);
  await until('stopped', async () => {
    world.height = world.bank(0).status().height;
    const { halted } = world.bank(1).status();
    if (halted !== undefined) return true;
    await world.bank(0).submit(encodeEnvelope(transferEnvelope(world, 0, 1, 1n).envelope));
    return false;
  });
  t.regex(world.bank(1).status().halted ?? '', /damaged/);
  await world.kill(1);
  await t.throwsAsync(world.start(1), { code: 'STORE_DAMAGED' });
});
