/** Banks that are apart: each signs one record of the height, and those behind come to it with everything that it led to. */
import test, { type ExecutionContext } from 'ava';
import { putSigned } from '../../../src/agreement/durable.js';
import { type Adoption, adoptedBy, adoptStatement, durablePrefix, loadDurable } from '../../../src/agreement/index.js';
import { adopt } from '../../../src/bank/index.js';
import { entriesUnder } from '../../../src/bank/load.js';
import { Writer } from '../../../src/codec/index.js';
import { ed25519, utf8 } from '../../../src/crypto/index.js';
import { putPrepared } from '../../../src/ledger/ledger-store.js';
import { decodeRecord, type LedgerRecord, noReceipts, recordHash, recordStatement } from '../../../src/ledger/log.js';
import { entryHash } from '../../../src/ledger/recovery-entry.js';
import type { StoreOp } from '../../../src/ports.js';
import { balances, openAll, pay } from '../../harness/holders.js';
import { type MemoryStore, memoryStore } from '../../harness/memory-store.js';
import { NetworkWorld, until } from '../../harness/network.js';
import { makeRecord } from '../ledger/records.js';

const behind = 2;

/** Two banks have committed a payment; the third has signed it, and then a later attempt. None of them runs. */
async function apart(t: ExecutionContext) {
  let before: MemoryStore | undefined;
  let isArmed = false;
  const stores = [memoryStore(), memoryStore()];
  stores[behind] = memoryStore(ops => {
    const commits = ops.some(({ key }) => Buffer.from(key).toString().startsWith('agreement/last'));
    if (isArmed && commits) before ??= stores[behind].fork();
  });
  const world = new NetworkWorld({ banks: 3, pageSize: 1, balances: [50n, 60n], stores });
  t.teardown(() => world.stopAll());
  await world.startAll();
  await openAll(world, [0, 1]);
  const oneHeight = () => new Set(world.banks.map(bank => bank?.status().height)).size === 1;
  await until('all stand at one height', oneHeight);
  isArmed = true;
  t.true(await pay(world, 0, 0, 1, 7n));
  await until('all stand at one height', oneHeight);
  for (const bank of [0, 1, 2]) await world.kill(bank);
  const disk = before as MemoryStore;
  const { attempts } = await durableOf(world, disk);
  const record = attempts.get(1)?.signed?.record as LedgerRecord;
  const later = shown(world, { ...record, attempt: 2, burned: [utf8('x'.repeat(32))] });
  const { certified, entries } = later;
  const [commitment, signature] = [entryHash(entries[behind]), certified.certificate[behind].signature];
  const signed = { record: certified.record, hash: recordHash(certified.record), commitment, signature };
  await disk.commit([putSigned(2, { ...signed, entry: entries[behind] })]);
  world.stores[behind] = disk;
  return { world, record, later };
}

const durableOf = async ({ network }: NetworkWorld, store: MemoryStore) =>
  loadDurable(await entriesUnder(store, durablePrefix), network.banks.length);

/** Any record, with all signatures: what banks that sign everything would show. */
function shown(world: NetworkWorld, record: LedgerRecord): Adoption {
  const { height, attempt } = record;
  const entries = world.identitySeeds.map((_, bank) =>
    new Writer().u8(1).u64(height).u32(attempt).u64(1).u8(bank).done(),
  );
  const certificate = world.identitySeeds.map((seed, bank) => {
    const commitment = entryHash(entries[bank]);
    const at = { height, attempt, recordHash: recordHash(record) };
    return { commitment, signature: ed25519.sign(seed, recordStatement(world.network.id, at, bank, commitment)) };
  });
  return { certified: { record, certificate }, entries, signatures: world.identitySeeds.map(() => undefined) };
}

const adoptAt = (world: NetworkWorld, self: number, ...files: Adoption[]) =>
  adopt({
    network: world.network,
    self,
    store: world.stores[self],
    identitySeed: world.identitySeeds[self],
    shown: files,
  });

test('all sign, the bank behind commits at its next start, and payments go on', async t => {
  const { world, record } = await apart(t);
  const first = await adoptAt(world, 0);
  t.is(first.state, 'committed');
  const own = await adoptAt(world, behind, first.adoption);
  t.is(own.state, 'waits');
  t.deepEqual(
    (await durableOf(world, world.stores[behind])).adopted,
    adoptedBy(own.adoption),
    'stored before it is said',
  );
  const second = await adoptAt(world, 1, own.adoption);
  t.is(second.state, 'committed');
  t.deepEqual((await durableOf(world, world.stores[behind])).adoption, undefined);
  t.is((await adoptAt(world, behind, first.adoption, second.adoption)).state, 'stored');
  await world.startAll();
  const { height, attempt } = record;
  t.deepEqual(world.bank(behind).status().recovery, { adopted: { height, attempt } });
  t.is(world.bank(0).status().recovery, undefined, 'it had committed it itself');
  t.deepEqual(await balances(world, [0, 1]), [43n, 67n]);
  t.true(await pay(world, behind, 1, 0, 3n));
  t.deepEqual(await balances(world, [0, 1]), [46n, 64n]);
  const [{ record: bytes }] = await world.bank(behind).records(record.height, 1);
  const [{ record: others }] = await world.bank(0).records(record.height, 1);
  t.deepEqual(bytes, others);
});

test('a bank that has signed to adopt does not run before the words of all are there', async t => {
  const { world, record } = await apart(t);
  const { adoption } = await adoptAt(world, 0);
  await adoptAt(world, behind, adoption);
  await world.start(behind);
  const { height, attempt } = record;
  t.deepEqual(world.bank(behind).status().recovery, { adopting: { height, attempt } });
  await until('it halts', () => world.bank(behind).status().phase === 'halted');
  t.regex(world.bank(behind).status().halted ?? '', /waits until all banks have/);
  t.is(world.bank(behind).status().evidence, undefined);
});

test('a bank signs to adopt one attempt of a height, and none against what it has committed', async t => {
  const { world, record, later } = await apart(t);
  const cannot = (message: RegExp) => ({ code: 'CANNOT_ADOPT', message });
  await t.throwsAsync(adoptAt(world, 0, later), cannot(/committed another record/));
  await t.throwsAsync(adoptAt(world, behind, later), cannot(/does not hold the state/));
  await t.throwsAsync(
    adoptAt(world, behind, shown(world, { ...record, attempt: 3 })),
    cannot(/does not know of signing/),
  );
  await t.throwsAsync(
    adoptAt(world, behind, shown(world, { ...record, previous: recordHash(record) })),
    cannot(/does not follow/),
  );
  await t.throwsAsync(
    adoptAt(world, behind, shown(world, { ...record, height: record.height + 1 })),
    cannot(/stands at/),
  );
  const { adoption } = await adoptAt(world, 0);
  await t.throwsAsync(adoptAt(world, behind, adoption, later), cannot(/different records/));
  await adoptAt(world, behind, adoption);
  await t.throwsAsync(adoptAt(world, behind, later), cannot(/has signed to adopt attempt 1/));
  t.is((await adoptAt(world, behind, adoption)).state, 'waits', 'the same once more');

  const statement = adoptStatement(world.network.id, adoptedBy(adoption));
  const forged = ed25519.sign(world.identitySeeds[0], statement);
  await t.throwsAsync(adoptAt(world, behind, { ...adoption, signatures: [undefined, forged, undefined] }), {
    code: 'BAD_CERTIFICATE',
  });
  const empty = new NetworkWorld({ banks: 2, pageSize: 1, balances: [1n] });
  await t.throwsAsync(adoptAt(empty, 0), cannot(/nothing that it could show/));
});

test('what cannot be read of the own disk is damage, whatever part of it', async t => {
  const { world } = await apart(t);
  const { adoption } = await adoptAt(world, 0);
  const spoilt = async (bank: number, prefix: string) => {
    const store = world.stores[bank].fork();
    const entries = await entriesUnder(store, utf8(prefix));
    t.true(entries.length > 0);
    await store.commit(entries.map(([key]) => ({ type: 'put', key, value: new Uint8Array(3) })));
    const { network, identitySeeds } = world;
    return adopt({ network, self: bank, store, identitySeed: identitySeeds[bank], shown: bank ? [adoption] : [] });
  };
  const damaged = { code: 'STORE_DAMAGED' };
  await t.throwsAsync(spoilt(0, 'agreement/last'), damaged);
  await t.throwsAsync(spoilt(0, 'recovery/kept/'), damaged);
  await t.throwsAsync(spoilt(behind, 'ledger/prepared/'), damaged);
});

/**
 * A cheat has both certificates, and has signed to adopt either; of the honest banks, the one signs first for the first attempt,
 * the other for the second, then each is shown what the other has. `forgets`: their word does not reach the disk.
 */
async function askedForBoth(t: ExecutionContext, forgets: boolean) {
  const world = new NetworkWorld({ banks: 3, pageSize: 1, balances: [50n, 60n] });
  t.teardown(() => world.stopAll());
  const files = [1, 2].map(attempt => shown(world, makeRecord(world.network, { attempt })));
  for (const bank of [0, 1]) {
    const store = memoryStore();
    for (const { certified, entries } of files) {
      const { record, certificate } = certified;
      const signed = { record, hash: recordHash(record), ...certificate[bank], entry: entries[bank] };
      const prepared = { height: 1, attempt: record.attempt, changes: [], opens: [], rekeys: [], receipts: noReceipts };
      await store.commit([putSigned(record.attempt, signed), putPrepared(prepared)]);
    }
    const isWord = ({ key }: StoreOp) => forgets && Buffer.from(key).toString() === 'agreement/adopt';
    world.stores[bank] = { ...store, commit: ops => store.commit(ops.filter(op => !isWord(op))) };
  }
  const [ofFirst, ofSecond] = files.map(file => {
    const signature = ed25519.sign(world.identitySeeds[2], adoptStatement(world.network.id, adoptedBy(file)));
    return { ...file, signatures: [undefined, undefined, signature] };
  });
  const [first, second] = [await adoptAt(world, 0, ofFirst), await adoptAt(world, 1, ofSecond)];
  return { world, again: () => Promise.all([adoptAt(world, 0, second.adoption), adoptAt(world, 1, first.adoption)]) };
}

test('canary: a bank that does not store its word first signs for two attempts, and honest banks commit two records', async t => {
  const { again } = await askedForBoth(t, false);
  await t.throwsAsync(again(), { code: 'CANNOT_ADOPT', message: /has signed to adopt attempt/ });
  const forgetful = await askedForBoth(t, true);
  t.deepEqual(
    (await forgetful.again()).map(({ state }) => state),
    ['stored', 'stored'],
  );
  const { world } = forgetful;
  for (const bank of [0, 1]) await world.start(bank);
  await until('both have committed', () => [0, 1].every(bank => world.bank(bank).status().height === 1));
  const attempts = await Promise.all(
    [0, 1].map(async bank => decodeRecord((await world.bank(bank).records(1, 1))[0].record).attempt),
  );
  t.deepEqual(attempts, [2, 1]);
});
