import test from 'ava';
import { decodeAll } from '../../../src/codec/index.js';
import { equalBytes } from '../../../src/crypto/index.js';
import { type Envelope, encodeEnvelope } from '../../../src/envelope/index.js';
import { fp } from '../../../src/field/index.js';
import { ChainVerifier, decodeRecord, readCertificate, type Status } from '../../../src/ledger/log.js';
import { openEnvelope, revealEnvelope, transferEnvelope } from '../../harness/banks.js';
import { NetworkWorld, until } from '../../harness/network.js';

const ten = Array.from({ length: 10 }, () => 100n);

/** Hands an envelope to a bank and waits until all banks hold it final. */
async function submit(world: NetworkWorld, bank: number, ...envelopes: Envelope[]): Promise<Status[]> {
  for (const envelope of envelopes) await world.bank(bank).submit(encodeEnvelope(envelope));
  for (const { id } of envelopes) {
    for (const each of world.banks) {
      await until('final', async () => (await each?.envelope(id))?.state === 'final');
    }
  }
  return Promise.all(envelopes.map(({ id }) => statusOf(world, bank, id)));
}

async function statusOf(world: NetworkWorld, bank: number, id: Uint8Array): Promise<Status> {
  for (const { record } of await world.bank(bank).records(1, 1000)) {
    const entry = decodeRecord(record).entries.find(e => equalBytes(e.id, id));
    if (entry) return entry.status;
  }
  throw new Error('no record holds it');
}

async function balances(world: NetworkWorld, bank: number, accounts: readonly number[]): Promise<bigint[]> {
  const reveals = accounts.map(account => revealEnvelope(world, account));
  const statuses = await submit(world, bank, ...reveals.map(({ envelope }) => envelope));
  return statuses.map((status, i) => (status.kind === 'revealed' ? fp.sub(status.y, reveals[i].outputMask) : -1n));
}

async function open(world: NetworkWorld, accounts: readonly number[]): Promise<void> {
  await submit(world, 0, ...accounts.map(account => openEnvelope(world, account)));
}

for (const [count, pageSize] of [
  [2, 10],
  [3, 1],
] as const) {
  test(`${count} banks agree on the notebook's story, with pages of ${pageSize}`, async t => {
    const world = new NetworkWorld({ banks: count, pageSize, balances: ten });
    t.teardown(() => world.stopAll());
    await world.startAll();
    const accounts = [...ten.keys()];
    await open(world, accounts);
    for (const [bank, paid] of [
      [0, 1n],
      [1, 0n],
    ] as const) {
      const { envelope, theta } = transferEnvelope(world, 0, 1, 100n);
      const [status] = await submit(world, bank, envelope);
      t.is(status.kind === 'settled' ? BigInt(status.pi) ^ theta : -1n, paid);
      t.deepEqual(await balances(world, bank, accounts), [0n, 200n, ...ten.slice(2)]);
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
  await open(world, [0, 1, 2, 3]);
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
  const [payer, other, third, payee] = await balances(world, 0, [0, 1, 2, 3]);
  t.is(payer + payee, 50n);
  t.deepEqual([other, third], [60n, 70n]);
});
