/** New keys for an account, in a network of banks: what is under way under the old ones, restarts, overlapping blocks. */
import test from 'ava';
import { encodeEnvelope } from '../../../src/envelope/index.js';
import { fp } from '../../../src/field/index.js';
import { rekeyEnvelope, revealEnvelope, transferEnvelope } from '../../harness/banks.js';
import { flipped, pay, quiet, settle, started } from '../../harness/holders.js';
import { until } from '../../harness/network.js';

for (const [banks, pageSize] of [
  [2, 1],
  [3, 3],
] as const) {
  test(`after a rekey the old keys do nothing, the new ones all, also after a restart: ${banks} banks, pages of ${pageSize}`, async t => {
    const world = await started(banks, pageSize);
    t.teardown(() => world.stopAll());
    const page = pageSize === 1 ? 1 : 0;
    t.deepEqual(await settle(world, 0, rekeyEnvelope(world, 1)), [{ kind: 'rekeyed', page }]);
    for (const bank of world.banks.keys()) {
      await quiet(world);
      await world.kill(bank);
      await world.start(bank);
    }
    const stale = [
      transferEnvelope(world, 1, 0, 1n).envelope,
      revealEnvelope(world, 1).envelope,
      rekeyEnvelope(world, 1),
    ];
    if (pageSize === 1) {
      for (const envelope of stale) {
        await t.throwsAsync(world.bank(0).submit(encodeEnvelope(envelope)), { code: 'BAD_SIGNATURE' } as object);
      }
    } else {
      const rejected = { kind: 'rejected', reason: 'authority' } as const;
      t.deepEqual(await settle(world, 0, ...stale), [rejected, rejected, rejected]);
    }
    const fresh = revealEnvelope(world, 1, 1);
    const [status] = await settle(world, 1, fresh.envelope);
    t.is(status.kind === 'revealed' && fp.sub(status.y, fresh.outputMask), 200n);
    t.deepEqual(await settle(world, 0, rekeyEnvelope(world, 1, 1)), [{ kind: 'rekeyed', page }]);
    t.true(await pay(world, 0, 0, 1, 10n));
  });
}

test('what waits, signed under keys that are replaced, is forgotten with the block that replaces them', async t => {
  const world = await started(2, 1);
  t.teardown(() => world.stopAll());
  // one bank cannot open it, so it stands in no block and waits
  const stuck = [transferEnvelope(world, 1, 0, 1n).envelope, revealEnvelope(world, 1).envelope];
  const other = transferEnvelope(world, 0, 1, 1n).envelope;
  for (const envelope of [...stuck, other]) {
    const packets = envelope.packets.map((packet, bank) => (bank === 1 ? flipped(packet) : packet));
    await world.bank(0).submit(encodeEnvelope({ ...envelope, packets }));
  }
  t.is(world.bank(0).status().pool.known, 3);
  await settle(world, 0, rekeyEnvelope(world, 1));
  await until('forgotten', async () => (await world.bank(0).envelope(stuck[0].id)).state === 'unknown');
  t.is((await world.bank(0).envelope(stuck[1].id)).state, 'unknown');
  t.is((await world.bank(0).envelope(other.id)).state, 'pending', 'that of another account waits on');
  await world.kill(0);
  await world.start(0);
  t.is(world.bank(0).status().pool.known, 1);
});

test('payments and rekeys of many accounts go on side by side', async t => {
  const world = await started(3, 1);
  t.teardown(() => world.stopAll());
  const submit = (bank: number, envelope: ReturnType<typeof rekeyEnvelope>) =>
    world.bank(bank).submit(encodeEnvelope(envelope));
  for (let round = 0; round < 4; round++) {
    const payments = [transferEnvelope(world, 0, 1, 1n), transferEnvelope(world, 3, 0, 0n)];
    await Promise.all([
      ...payments.map(({ envelope }, k) => submit(k, envelope)),
      submit(2, rekeyEnvelope(world, 1, round)),
    ]);
    for (const { envelope } of payments) {
      await until('final', async () => (await world.bank(1).envelope(envelope.id)).state === 'final');
    }
    await quiet(world);
  }
  const reveal = revealEnvelope(world, 1, 4);
  const [status] = await settle(world, 0, reveal.envelope);
  t.is(status.kind === 'revealed' && fp.sub(status.y, reveal.outputMask), 204n);
});
