/** What a holder does with a network of banks in one process: hands in, waits, reads. */
import { ed25519, seededRandom, toHex } from '../../src/crypto/index.js';
import { blankMemo, type Envelope, encodeEnvelope, sealEnvelope } from '../../src/envelope/index.js';
import { fp } from '../../src/field/index.js';
import { decodeRecord, type Status } from '../../src/ledger/log.js';
import { buildTransfer } from '../../src/operations/index.js';
import { accountKeys, openEnvelope, revealEnvelope, transferEnvelope } from './banks.js';
import type { MemoryStore } from './memory-store.js';
import { NetworkWorld, until } from './network.js';

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

const start = [100n, 200n, 300n, 0n, 0n, 0n];

/** Accounts 0, 1, 3 open; 2 funded and closed; 4 and 5 closed. */
export async function started(banks: number, pageSize: number): Promise<NetworkWorld> {
  const world = new NetworkWorld({ banks, pageSize, balances: start });
  await world.startAll();
  await openAll(world, [0, 1, 3]);
  await quiet(world);
  return world;
}

/** Its last byte changed. */
export const flipped = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));

/** A transfer from 0 to 1, with the seal changed. */
export function sealed(
  world: NetworkWorld,
  how: { network?: object; expiry?: number; payer?: number; payee?: number; seed?: Uint8Array },
) {
  const { network } = world;
  const secrets = { amount: 1n, payerSlot: 0, payeeSlot: 0, spendingKey: accountKeys(0).spending };
  return sealEnvelope(
    { ...network, ...how.network },
    {
      arguments: {
        kind: 'transfer',
        payerPage: how.payer ?? 0,
        payeePage: how.payee ?? 1,
        memo: blankMemo(world.random),
      },
      expiry: how.expiry ?? 100,
      x: buildTransfer(network, secrets, world.random).x,
      ...(network.pageSize === 1 ? { sign: (id: Uint8Array) => ed25519.sign(accountKeys(0).spendingSeed, id) } : {}),
    },
    how.seed ? seededRandom(how.seed) : world.random,
  );
}
