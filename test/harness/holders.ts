/**
 * Holders at a network of whole banks: hand envelopes in, wait until they are final at every bank, read what became of
 * them.
 */
import { equalBytes } from '../../src/crypto/index.js';
import { type Envelope, encodeEnvelope } from '../../src/envelope/index.js';
import { fp } from '../../src/field/index.js';
import { decodeRecord, type Status } from '../../src/ledger/log.js';
import { openEnvelope, revealEnvelope, transferEnvelope } from './banks.js';
import { type NetworkWorld, until } from './network.js';

/** Submits to one bank; resolves when all that run hold all of them final. */
export async function submit(world: NetworkWorld, bank: number, ...envelopes: Envelope[]): Promise<Status[]> {
  for (const envelope of envelopes) await world.bank(bank).submit(encodeEnvelope(envelope));
  for (const { id } of envelopes) {
    for (const each of world.banks) {
      if (each) await until('final', async () => (await each.envelope(id)).state === 'final', 60_000);
    }
  }
  return Promise.all(envelopes.map(({ id }) => statusOf(world, bank, id)));
}

export async function statusOf(world: NetworkWorld, bank: number, id: Uint8Array): Promise<Status> {
  for (const { record } of await world.bank(bank).records(1, 1000)) {
    const entry = decodeRecord(record).entries.find(e => equalBytes(e.id, id));
    if (entry) return entry.status;
  }
  throw new Error('no record holds it');
}

/** Consented balances: reveals under the accounts' viewing keys. */
export async function balances(world: NetworkWorld, bank: number, accounts: readonly number[]): Promise<bigint[]> {
  const reveals = accounts.map(account => revealEnvelope(world, account));
  const statuses = await submit(world, bank, ...reveals.map(({ envelope }) => envelope));
  return statuses.map((status, i) => (status.kind === 'revealed' ? fp.sub(status.y, reveals[i].outputMask) : -1n));
}

export async function open(world: NetworkWorld, accounts: readonly number[]): Promise<void> {
  await submit(world, 0, ...accounts.map(account => openEnvelope(world, account)));
}

/** The payer reads the verdict. */
export async function pay(
  world: NetworkWorld,
  bank: number,
  from: number,
  to: number,
  amount: bigint,
): Promise<boolean> {
  const { envelope, theta } = transferEnvelope(world, from, to, amount);
  const [status] = await submit(world, bank, envelope);
  if (status.kind !== 'settled') throw new Error(`the transfer was ${status.kind}`);
  return (BigInt(status.pi) ^ theta) === 1n;
}
