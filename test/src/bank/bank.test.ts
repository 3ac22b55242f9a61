/** Whole banks: one is killed and comes back. */
import test from 'ava';
import { decodeAll } from '../../../src/codec/index.js';
import { encodeEnvelope } from '../../../src/envelope/index.js';
import { ChainVerifier, decodeRecord, readCertificate } from '../../../src/ledger/log.js';
import { transferEnvelope } from '../../harness/banks.js';
import { balances, openAll, pay } from '../../harness/holders.js';
import { NetworkWorld, until } from '../../harness/network.js';

const ten = Array.from({ length: 10 }, () => 100n);

for (const [count, pageSize] of [
  [2, 10],
  [3, 1],
] as const) {
  test(`${count} banks agree on the notebook's story, with pages of ${pageSize}`, async t => {
    const world = new NetworkWorld({ banks: count, pageSize, balances: ten });
    t.teardown(() => world.stopAll());
    await world.startAll();
    const accounts = [...ten.keys()];
    await openAll(world, accounts);
    for (const [bank, paid] of [
      [0, true],
      [1, false],
    ] as const) {
      t.is(await pay(world, bank, 0, 1, 100n), paid);
      t.deepEqual(await balances(world, accounts, bank), [0n, 200n, ...ten.slice(2)]);
    }
    const verifier = new ChainVerifier(world.network);
    for (const { record, certificate, committed } of await world.bank(0).records(1, 1000)) {
      verifier.accept(decodeRecord(record), decodeAll(certificate, 'certificate', readCertificate));
      if (committed) verifier.acceptFinal({ kind: 'committed', signatures: committed });
    }
    t.is(verifier.finalHeight, world.bank(0).status().height);
  });
}

test('a bank that is killed and started again takes part again, and nothing is lost', async t => {
  const world = new NetworkWorld({ banks: 3, pageSize: 3, balances: [50n, 60n, 70n, 0n, 0n, 0n] });
  t.teardown(() => world.stopAll());
  await world.startAll();
  await openAll(world, [0, 1, 2, 3]);
  for (let round = 0; round < 3; round++) {
    const { envelope } = transferEnvelope(world, 0, 3, 10n);
    await world.bank(0).submit(encodeEnvelope(envelope));
    await world.kill(1 + (round % 2));
    await world.start(1 + (round % 2));
    for (const bank of world.banks) {
      await until('decided', async () => {
        const { state } = (await bank?.envelope(envelope.id)) ?? {};
        return state === 'final' || (state === 'unknown' && bank?.status().phase === 'idle');
      });
    }
  }
  const [payer, other, third, payee] = await balances(world, [0, 1, 2, 3]);
  t.is(payer + payee, 50n);
  t.deepEqual([other, third], [60n, 70n]);
});
