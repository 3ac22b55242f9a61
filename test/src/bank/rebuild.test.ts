/** A bank whose disk is gone comes back from what the others keep of it: to the last height, with nothing lost. */
import test, { type ExecutionContext } from 'ava';
import { keptEntries, type OpenAttempt, rootVoidStatement } from '../../../src/agreement/index.js';
import { type CopyItem, encodeItem, readCopy } from '../../../src/bank/copy.js';
import { entriesUnder } from '../../../src/bank/load.js';
import { type CopySource, rebuild } from '../../../src/bank/rebuild.js';
import { ed25519, utf8, x25519 } from '../../../src/crypto/index.js';
import { encodeEnvelope } from '../../../src/envelope/index.js';
import { fp } from '../../../src/field/index.js';
import { loadState } from '../../../src/ledger/ledger-store.js';
import { amended, amendmentStatement } from '../../../src/network/index.js';
import { rekeyEnvelope, revealEnvelope, transferEnvelope } from '../../harness/banks.js';
import { balances, openAll, pay, quiet, settle } from '../../harness/holders.js';
import { memoryStore } from '../../harness/memory-store.js';
import { NetworkWorld, until } from '../../harness/network.js';
import { haltedWorld, pardon } from './pardoned.js';

const lost = 2;

async function worldWith(t: ExecutionContext, pageSize: number, payments = 6): Promise<NetworkWorld> {
  const world = new NetworkWorld({ banks: 3, pageSize, balances: [50n, 60n, 0n, 0n] });
  t.teardown(() => world.stopAll());
  await world.startAll();
  await openAll(world, [0, 1, 2]);
  for (let k = 0; k < payments; k++) t.true(await pay(world, k % 3, k % 2, 2, 1n));
  await until('all stand at one height', () => new Set(world.banks.map(bank => bank?.status().height)).size === 1);
  return world;
}

/** The items of every other bank's copy. */
async function copies(world: NetworkWorld): Promise<CopyItem[][]> {
  const all: CopyItem[][] = [];
  for (const by of [0, 1]) {
    const items: CopyItem[] = [];
    for await (const item of readCopy(world.bank(by).copyOf('bank-2') ?? none(), world.network)) items.push(item);
    all.push(items);
  }
  return all;
}

async function* none() {}

const source = (items: readonly CopyItem[]): CopySource =>
  async function* () {
    for (const item of items) yield encodeItem(item);
  };

const options = (world: NetworkWorld, all: readonly (readonly CopyItem[])[]) => ({
  network: world.network,
  self: lost,
  recoverySecret: world.recoverySecrets[lost],
  copies: all.map(source),
});

/** Everybody signs a new sealing key of the lost bank, and starts again under it. */
async function amendAndStart(world: NetworkWorld): Promise<void> {
  for (const bank of [0, 1]) await world.kill(bank);
  world.sealingSecrets[lost] = world.random.bytes(32);
  const change = {
    bank: lost,
    sealingKey: x25519.publicKey(world.sealingSecrets[lost]),
    recoveryKey: world.network.banks[lost].recoveryKey,
  };
  const statement = amendmentStatement(world.network, change);
  const signatures = world.identitySeeds.map(seed => ed25519.sign(seed, statement));
  world.network = amended(world.network, { ...change, signatures });
  await world.startAll();
}

for (const pageSize of [1, 2]) {
  test(`K = ${pageSize}: rebuilt to the last height, the bank goes on under the next roster`, async t => {
    const world = await worldWith(t, pageSize);
    const before = await balances(world, [0, 1, 2]);
    await world.kill(lost);
    const disk = await loadState(world.stores[lost], world.network, world.parties[lost]);
    const store = memoryStore();
    const rebuilt = await rebuild({ ...options(world, await copies(world)), store });
    t.deepEqual(rebuilt.secrets.deltas, world.parties[lost].deltas);
    t.deepEqual(rebuilt.secrets.identitySeed, world.identitySeeds[lost]);
    const state = await loadState(store, world.network, world.parties[lost]);
    t.is(state.height, disk.height);
    t.deepEqual(state.balances, disk.balances);
    t.deepEqual(state.keys, disk.keys);
    t.deepEqual(state.open, disk.open);
    t.deepEqual(state.publicKeys, disk.publicKeys);
    world.stores[lost] = store;
    await t.throwsAsync(world.start(lost), { code: 'BAD_CONFIG' }, 'not under the old roster');
    await amendAndStart(world);
    t.deepEqual(await balances(world, [0, 1, 2]), before);
    t.true(await pay(world, lost, 2, 1, 3n));
    t.deepEqual(await balances(world, [2, 1]), [before[2] - 3n, before[1] + 3n]);
    t.is(world.bank(0).status().halted, undefined);
    t.like(await world.bank(lost).memos(1, undefined), { since: disk.height + 1 }, 'what was told before, others have');
    t.like(await world.bank(0).memos(1, undefined), { since: 1 });
    // envelopes of the roster before are refused
    const old = transferEnvelope({ ...world, network: { ...world.network, rosterVersion: 0 } }, 0, 1, 1n);
    await t.throwsAsync(world.bank(1).submit(encodeEnvelope(old.envelope)), { code: 'WRONG_ROSTER' });
  });
}

for (const pageSize of [1, 2]) {
  test(`K = ${pageSize}: rebuilt after rekeys, the bank has the new keys and refuses the old viewing key`, async t => {
    // more pages than one entry sweeps: some get new keys before the entry that has them in full
    const accounts = Array.from({ length: 12 }, (_, account) => account);
    const world = new NetworkWorld({ banks: 3, pageSize, balances: accounts.map(() => 100n) });
    t.teardown(() => world.stopAll());
    await world.startAll();
    await openAll(world, accounts);
    const rekeyed = [11, 1, 10, 1, 9, 11, 0];
    const generation = (account: number) => rekeyed.filter(each => each === account).length;
    const done: number[] = [];
    for (const account of rekeyed) {
      const before = done.filter(each => each === account).length;
      const page = Math.floor(account / pageSize);
      t.deepEqual(await settle(world, 0, rekeyEnvelope(world, account, before)), [{ kind: 'rekeyed', page }]);
      done.push(account);
      await quiet(world);
      const store = memoryStore();
      await rebuild({ ...options(world, await copies(world)), store });
      const state = await loadState(store, world.network, world.parties[lost]);
      const disk = await loadState(world.stores[lost], world.network, world.parties[lost]);
      t.deepEqual([state.keys, state.publicKeys, state.open], [disk.keys, disk.publicKeys, disk.open]);
    }
    await world.kill(lost);
    const store = memoryStore();
    await rebuild({ ...options(world, await copies(world)), store });
    world.stores[lost] = store;
    await amendAndStart(world);
    for (const account of [1, 11]) {
      const stale = revealEnvelope(world, account).envelope;
      if (pageSize === 1) {
        await t.throwsAsync(world.bank(lost).submit(encodeEnvelope(stale)), { code: 'BAD_SIGNATURE' });
      } else t.deepEqual(await settle(world, lost, stale), [{ kind: 'rejected', reason: 'authority' }]);
      const fresh = revealEnvelope(world, account, generation(account));
      const [status] = await settle(world, lost, fresh.envelope);
      t.is(status.kind === 'revealed' && fp.sub(status.y, fresh.outputMask), 100n);
    }
    t.deepEqual(await settle(world, lost, rekeyEnvelope(world, 11, 2)), [
      { kind: 'rekeyed', page: Math.floor(11 / pageSize) },
    ]);
  });
}

test('what is kept of a bank is bounded by its state, not by the history, and rebuilds it all along', async t => {
  const world = await worldWith(t, 1, 0);
  const counts: number[] = [];
  for (let k = 0; k < 24; k++) {
    t.true(await pay(world, k % 3, k % 2, 2, 1n));
    let count = 0;
    for await (const _ of keptEntries(world.stores[0], lost)) count++;
    counts.push(count);
    if (k % 6 !== 5) continue;
    await until('all stand at one height', () => new Set(world.banks.map(bank => bank?.status().height)).size === 1);
    const { height } = await rebuild({ ...options(world, await copies(world)), store: memoryStore() });
    t.is(height, world.bank(0).status().height);
  }
  t.true(Math.max(...counts) <= 4, `${counts}`);
});

const isSigned = (use: string, frame: Uint8Array) => use === 'agreement' && frame[0] === 2 && frame[9] === 2;
const isHeard = async (world: NetworkWorld) =>
  (await copies(world)).every(items => items.some(item => item.kind === 'attempt' && item.attempt.signed));

const open = (items: readonly CopyItem[], change: (attempt: OpenAttempt) => OpenAttempt) =>
  items.map(item => (item.kind === 'attempt' ? { ...item, attempt: change(item.attempt) } : item));
const withoutRecord = (items: readonly CopyItem[]) => open(items, each => ({ ...each, record: undefined }));

/** Of signatures, voids and prepared states that it comes back with. */
async function counts(world: NetworkWorld, all: readonly (readonly CopyItem[])[]): Promise<number[]> {
  const store = memoryStore();
  await rebuild({ ...options(world, all), store });
  const of = ['agreement/signed/', 'agreement/void/', 'ledger/prepared/'];
  return Promise.all(of.map(async prefix => (await entriesUnder(store, utf8(prefix))).length));
}

/** Banks 0 and 1 have heard bank 2 sign a transfer of 10, and its disk is gone. */
async function lostAfterSigning(t: ExecutionContext) {
  const world = new NetworkWorld({
    banks: 3,
    pageSize: 1,
    balances: [50n, 60n],
    // once it is time, banks 0 and 1 hear the signature of bank 2 alone: all have signed, nobody can commit
    onFrame: (from, _to, use, frame) => (hush && from !== lost && isSigned(use, frame) ? undefined : frame),
  });
  let hush = false;
  t.teardown(() => world.stopAll());
  await world.startAll();
  await openAll(world, [0, 1]);
  const { height } = world.bank(0).status();
  hush = true;
  const { envelope } = transferEnvelope(world, 0, 1, 10n);
  await world.bank(0).submit(encodeEnvelope(envelope));
  await until('the others have its signature', () => isHeard(world));
  await world.kill(lost);
  hush = false;
  return { world, height, envelope };
}

test('a signature that others have heard is taken up, and its block still settles', async t => {
  const { world, height, envelope } = await lostAfterSigning(t);
  const store = memoryStore();
  t.is((await rebuild({ ...options(world, await copies(world)), store })).height, height);
  world.stores[lost] = store;
  await amendAndStart(world);
  await until('it settles', async () => (await world.bank(lost).envelope(envelope.id)).state === 'final');
  t.deepEqual(await balances(world, [0, 1]), [40n, 70n]);
});

test('a signature whose record no other bank has signed is taken up all the same: no void stands beside it', async t => {
  const { world } = await lostAfterSigning(t);
  const [first, second] = (await copies(world)).map(withoutRecord);
  t.deepEqual(await counts(world, [first, second]), [1, 0, 1]);
  // one that had already forgotten it
  const silent = open(first, each => ({ ...each, signed: undefined }));
  t.deepEqual(await counts(world, [silent, second]), [1, 0, 1]);
  const lying = (items: CopyItem[]) =>
    open(items, each => ({
      ...each,
      signed: each.signed && { ...each.signed, entry: each.signed.entry.slice(0, -1) },
    }));
  t.deepEqual(await counts(world, [lying(first), second]), [1, 0, 1]);
  await t.throwsAsync(counts(world, [lying(first), lying(second)]), { code: 'CANNOT_REBUILD' });
  // a signature that is not its own says nothing
  const forged = (items: CopyItem[]) =>
    open(items, each => {
      const { signed, entry } = each.signed as NonNullable<OpenAttempt['signed']>;
      return { ...each, signed: { signed: { ...signed, recordHash: new Uint8Array(32) }, entry } };
    });
  t.deepEqual(await counts(world, [forged(first), forged(second)]), [0, 0, 0]);
});

test('lost while the banks re-key: its signature is taken up if no other has signed; if one has, it cannot be rebuilt', async t => {
  let hush = false;
  const world = await haltedWorld(t, 1, {
    onFrame: (from, _to, use, frame) => (hush && from !== lost && isSigned(use, frame) ? undefined : frame),
  });
  pardon(world);
  hush = true;
  await world.startAll();
  await until('the others have its signature', () => isHeard(world));
  await world.kill(lost);
  const all = await copies(world);
  // its entry tells of the ledger under the new keys alone: nothing is prepared
  t.deepEqual(await counts(world, all.map(withoutRecord)), [1, 0, 0]);
  await t.throwsAsync(counts(world, all), { code: 'CANNOT_REBUILD' });
});

test('a copy that tells of an attempt that cannot have begun is refused by name, and so are copies that lie apart', async t => {
  const world = await worldWith(t, 1, 3);
  const [first, second] = await copies(world);
  const height = world.bank(0).status().height + 1;
  const rootOf = (attempt: number) => ({
    bank: 0,
    signature: ed25519.sign(world.identitySeeds[0], rootVoidStatement(world.network.id, { height, attempt }, 0)),
  });
  const attempts = (items: readonly CopyItem[], ...roots: (OpenAttempt['root'] | undefined)[]) =>
    items.flatMap((item): CopyItem[] =>
      item.kind === 'attempt'
        ? roots.map((root, k) => ({ ...item, attempt: { ...item.attempt, attempt: k + 1, root } }))
        : [item],
    );
  t.deepEqual(await counts(world, [attempts(first, rootOf(1), undefined), second]), [0, 1, 0]);
  const refused = async (why: RegExp, items: readonly CopyItem[]) => {
    const error = await t.throwsAsync(counts(world, [items, second]), { code: 'CANNOT_REBUILD' });
    t.regex(error.message, why);
  };
  for (const attempt of [0, 2, 99])
    await refused(
      /bank-0 .* has not begun/,
      open(first, each => ({ ...each, attempt })),
    );
  await refused(/bank-0 .* has not begun/, attempts(first, undefined, undefined));
  await refused(/bank-0 .* has not begun/, attempts(first, rootOf(2), undefined));
  await refused(/lie apart/, attempts(first, rootOf(1), rootOf(2), undefined));
});

test('a copy that is missing, cut, changed, of another bank or network rebuilds nothing; what one holds back another brings', async t => {
  const world = await worldWith(t, 1, 3);
  const [first, second] = await copies(world);
  const rebuilds = (all: readonly (readonly CopyItem[])[], over = {}) =>
    rebuild({ ...options(world, all), store: memoryStore(), ...over });
  const isEntry = ({ kind }: CopyItem) => kind === 'entry';
  const without = first.filter(item => !isEntry(item));
  const changed = first.map(item =>
    item.kind === 'entry' ? { ...item, entry: item.entry.map((byte, k) => (k === 60 ? byte ^ 1 : byte)) } : item,
  );
  for (const held of [without, changed]) t.true((await rebuilds([held, second])).height > 0);
  const cannot = { code: 'CANNOT_REBUILD' };
  for (const held of [without, changed]) {
    await t.throwsAsync(rebuilds([held, second.filter(item => !isEntry(item))]), cannot);
  }
  await t.throwsAsync(rebuilds([first]), cannot);
  await t.throwsAsync(rebuilds([first, first]), cannot);
  await t.throwsAsync(rebuilds([first, second], { self: 1 }), cannot);
  await t.throwsAsync(rebuilds([first, second.slice(0, -1)]), { code: 'MALFORMED' });
  await t.throwsAsync(rebuilds([first, second], { recoverySecret: world.recoverySecrets[0] }), {
    code: 'PACKET_UNREADABLE',
  });
  const gap = first.filter(item => item.kind !== 'record' || item.certified.record.height !== 2);
  await t.throwsAsync(rebuilds([gap, second]), { code: 'BAD_CERTIFICATE' });
});
