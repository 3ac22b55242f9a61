/** What a holder does with a network of banks in one process: hands in, waits, reads. */
import { toHex } from '../../../src/crypto/index.js';
import { type Envelope, encodeEnvelope } from '../../../src/envelope/index.js';
import { fp } from '../../../src/field/index.js';
import { decodeRecord, type Status } from '../../../src/ledger/log.js';
import { openEnvelope, revealEnvelope, transferEnvelope } from '../../harness/banks.js';
import type { MemoryStore } from '../../harness/memory-store.js';
import { type NetworkWorld, until } from '../../harness/network.js';

/** Hands envelopes to a bank and waits until all banks hold them final. */
export async function settle(world: NetworkWorld, bank: number, ...envelopes: Envelope[]): Promise<Status[]> {
  for (const envelope of envelopes) await world.bank(bank).submit(encodeEnvelope(envelope));
  for (const { id } of envelopes) {
    for (const each of world.banks) {
      await until('final', async () => (await each?.envelope(id))?.state === 'final');
    }
  }
  const all = await statuses(world, bank);
  return envelopes.map(({ id }) => all.get(toHex(id)) as Status);
}

/** Of every envelope in a record of this bank, by hex id. */
export async function statuses(world: NetworkWorld, bank: number): Promise<Map<string, Status>> {
  const found = new Map<string, Status>();
  for (const { record } of await world.bank(bank).records(1, 1000)) {
    for (const { id, status } of decodeRecord(record).entries) found.set(toHex(id), status);
  }
  return found;
}

export async function openAll(world: NetworkWorld, accounts: readonly number[]): Promise<void> {
  await settle(world, 0, ...accounts.map(account => openEnvelope(world, account)));
}

/** As the holders of these open accounts read them. */
export async function balances(world: NetworkWorld, accounts: readonly number[], bank = 0): Promise<bigint[]> {
  const reveals = accounts.map(account => revealEnvelope(world, account));
  const found = await settle(world, bank, ...reveals.map(({ envelope }) => envelope));
  return found.map((status, i) => (status.kind === 'revealed' ? fp.sub(status.y, reveals[i].outputMask) : -1n));
}

/** Pays, and says whether it was applied. */
export async function pay(world: NetworkWorld, bank: number, from: number, to: number, amount: bigint) {
  const { envelope, theta } = transferEnvelope(world, from, to, amount);
  const [status] = await settle(world, bank, envelope);
  return status.kind === 'settled' && (BigInt(status.pi) ^ theta) === 1n;
}

/** All a refused envelope could have left behind: heights, pools, disks. */
export function traces(world: NetworkWorld) {
  return world.parties.map(({ self }) => {
    const { height, pool, phase } = world.bank(self).status();
    return { height, pool, phase, keys: (world.stores[self] as MemoryStore).count };
  });
}

/** Until nothing is under way anywhere. */
export async function quiet(world: NetworkWorld): Promise<void> {
  await until('quiet', () =>
    world.banks.every(bank => {
      const status = bank?.status();
      return status?.phase === 'idle' && status.height === status.finalHeight && status.pool.known === 0;
    }),
  );
}
