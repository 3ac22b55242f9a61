/** A pardon: the evidence is lifted, everything comes under new MAC keys, and payments go on. */
import test from 'ava';
import { durablePrefix, loadDurable } from '../../../src/agreement/index.js';
import { loadMacKeys, rebuild } from '../../../src/bank/index.js';
import { entriesUnder } from '../../../src/bank/load.js';
import { decodeAgreementFrame } from '../../../src/bank/transport.js';
import { ed25519 } from '../../../src/crypto/index.js';
import { isCode } from '../../../src/errors.js';
import { ledgerOps, loadState, storedLog, storedPages } from '../../../src/ledger/ledger-store.js';
import { pageOf } from '../../../src/ledger/pages.js';
import { liftsMax, linkStockCount } from '../../../src/limits.js';
import { amended, amendmentStatement, liftsOf } from '../../../src/network/index.js';
import { kinds } from '../../../src/preprocessing/conversation.js';
import { balances, pay } from '../../harness/holders.js';
import { type MemoryStore, memoryStore } from '../../harness/memory-store.js';
import { NetworkWorld, until } from '../../harness/network.js';
import {
  all,
  allIdle,
  atOneHeight,
  checkDisks,
  copiesOf,
  haltedWorld,
  liftOf,
  pardon,
  pardonAndStart,
  restarts,
} from './pardoned.js';

for (const pageSize of [1, 2]) {
  test(`K = ${pageSize}: after a pardon all tags verify under new keys, the evidence is gone, and payments go on`, async t => {
    const world = await haltedWorld(t, pageSize, { rekeyed: restarts });
    const before = world.parties.map(({ deltas }) => deltas);
    pardon(world);
    await world.startAll();
    await until('all are idle under new keys', async () => {
      for (const store of world.stores) if ((await liftOf(store)) !== 1) return false;
      return allIdle(world);
    });
    for (const bank of all) {
      t.is(world.bank(bank).status().evidence, undefined);
      t.is(world.bank(bank).status().recovery, undefined);
      t.false(await world.links(bank).isBurned(2));
      for (const peer of all.filter(other => other !== bank)) {
        t.not(world.parties[bank].deltas[peer], before[bank][peer]);
        t.is((await world.links(bank).held(peer))?.elements.length, linkStockCount);
      }
    }
    t.true(await pay(world, 1, 1, 0, 3n));
    t.deepEqual(await balances(world, [0, 1, 2]), [46n, 64n, 0n]);
    await until('all stand at one height', () => atOneHeight(world));
    for (const bank of all) await world.kill(bank);
    await checkDisks(t, world, [46n, 64n, 0n, 0n]);
  });
}

test('a bank that brings other shares under its new key is named, nothing is switched, and the next pardon tries again', async t => {
  let spoils = 0;
  const world = await haltedWorld(t, 1, {
    rekeyed: restarts,
    onFrame: (from, to, use, frame) => {
      if (use !== 'agreement' || from !== 1 || to !== 2) return frame;
      const decoded = decodeAgreementFrame(frame);
      if (decoded.kind !== 'computation' || decoded.bytes[0] !== kinds.rekeyCorrections || spoils > 0) return frame;
      spoils++;
      const copy = frame.slice();
      copy[frame.length - decoded.bytes.length + 1] ^= 1;
      return copy;
    },
  });
  pardon(world);
  await world.startAll();
  await until('all have halted', () => all.every(bank => world.bank(bank).status().phase === 'halted'));
  t.is(spoils, 1);
  t.like(world.bank(2).status().evidence, { accuser: 'bank-2', culprit: 'bank-1' });
  t.regex(world.bank(2).status().halted ?? '', /re-keying/);
  for (const store of world.stores) t.is(await liftOf(store), 0);
  // started again with the same file it stays halted
  for (const bank of all) await world.kill(bank);
  await world.start(2);
  t.is(world.bank(2).status().phase, 'halted');
  await world.kill(2);
  pardon(world);
  await world.startAll();
  await until('all are idle', async () => (await liftOf(world.stores[0])) === 2 && allIdle(world));
  t.deepEqual(await balances(world, [0, 1]), [43n, 67n]);
});

test('a share under an old key is refused by banks that have new ones', async t => {
  const world = await haltedWorld(t, 1, { rekeyed: restarts });
  const [old, oldParty] = [world.stores[2].fork(), world.parties[2]];
  pardon(world);
  await world.startAll();
  await until('all are idle', async () => (await liftOf(world.stores[2])) === 1 && allIdle(world));
  await until('all stand at one height', () => atOneHeight(world));
  await world.kill(2);
  // its shares and tags as they were before, in a ledger that is whole
  const { network, stores, parties } = world;
  const before = await loadState(old, network, oldParty);
  const { height, supply, stateHash } = await loadState(stores[2], network, parties[2]);
  const pages = (await storedPages(stores[2])).map(page => [page, pageOf(before, page)] as const);
  await stores[2].commit((await storedLog(stores[2])).map(key => ({ type: 'del', key })));
  await stores[2].commit(ledgerOps({ height, supply, stateHash }, pages));
  await world.start(2);
  await until('all are idle', () => allIdle(world));
  void pay(world, 0, 0, 1, 1n).catch(() => {});
  await until('the others have halted', () => [0, 1].every(bank => world.bank(bank).status().phase === 'halted'));
  const named = [0, 1].map(bank => world.bank(bank).status().evidence?.culprit);
  t.deepEqual(new Set(named), new Set(['bank-2']));
});

test('whatever commit one bank dies at, all come to the new keys or none, and every tag verifies', async t => {
  let commits = 0;
  let switchedAt = 0;
  let isArmed = false;
  const stores: MemoryStore[] = [memoryStore(), memoryStore()];
  stores[2] = memoryStore(ops => {
    if (!isArmed) return;
    commits++;
    if (ops.some(({ key }) => Buffer.from(key).toString() === 'bank/mac-keys')) switchedAt = commits;
  });
  const world = await haltedWorld(t, 1, { rekeyed: restarts, stores });
  pardon(world);
  const start = world.stores.map(store => store.fork());
  // how many there are, in a run without a crash
  isArmed = true;
  await world.startAll();
  await until('all are idle', async () => (await liftOf(world.stores[2])) === 1 && allIdle(world));
  const count = switchedAt + 1;
  t.true(switchedAt >= 5, `${switchedAt}`);
  for (const bank of all) await world.kill(bank);
  await checkDisks(t, world, [43n, 67n, 0n, 0n]);
  let deaths = 0;
  for (let at = 1; at <= count; at++) {
    let left = at;
    world.stores[0] = start[0].fork();
    world.stores[1] = start[1].fork();
    const entries = start[2].fork();
    world.stores[2] = {
      ...entries,
      get: key => entries.get(key),
      range: (...range) => entries.range(...range),
      commit: async ops => {
        if (--left === 0) throw new Error('the process is gone');
        await entries.commit(ops);
      },
    };
    await Promise.all(all.map(bank => world.start(bank).catch(() => undefined)));
    // commits that wait together go together: a run may have fewer
    await until(
      'it has died, or is through',
      async () => left <= 0 || ((await liftOf(entries)) === 1 && allIdle(world)),
    );
    if (left <= 0) deaths++;
    await world.kill(2);
    world.stores[2] = entries;
    await world.start(2);
    await until(`all are idle after a death at commit ${at}`, async () => {
      for (const store of world.stores) if ((await liftOf(store)) !== 1) return false;
      return allIdle(world);
    });
    for (const bank of all) await world.kill(bank);
    await checkDisks(t, world, [43n, 67n, 0n, 0n]);
  }
  t.true(deaths >= 5, `${deaths} of ${count}`);
});

test('a bank that loses its disk afterwards is rebuilt under its new keys', async t => {
  const world = await haltedWorld(t, 2, { rekeyed: restarts });
  await pardonAndStart(world);
  const copies = await copiesOf(world);
  await world.kill(2);
  const store = memoryStore();
  const { network } = world;
  const rebuilt = await rebuild({ network, self: 2, recoverySecret: world.recoverySecrets[2], copies, store });
  t.is(rebuilt.secrets.lift, 1);
  const { deltas } = (await loadMacKeys(world.stores[2])) ?? { deltas: [] };
  t.deepEqual(rebuilt.secrets.deltas, deltas);
  const party = { self: 2, count: 3, deltas };
  const [again, disk] = [await loadState(store, network, party), await loadState(world.stores[2], network, party)];
  t.deepEqual(again.balances, disk.balances);
  t.deepEqual(again.keys, disk.keys);
});

test('while the banks re-key nothing is taken; a bank that has switched waits for one that has not', async t => {
  const world = await haltedWorld(t, 1);
  pardon(world);
  await world.start(0);
  t.true(isCode(await t.throwsAsync(world.bank(0).submit(new Uint8Array(9))), 'NOT_READY'));
  t.is(loadDurable(await entriesUnder(world.stores[0], durablePrefix), 3).halted, undefined);
  t.is(world.bank(0).status().phase, 'connecting');
  t.deepEqual(world.bank(0).status().waitingFor, ['bank-1', 'bank-2']);
  t.deepEqual(world.bank(0).status().recovery, { rekeying: true });
});

test(`a network is pardoned ${liftsMax} times, each by all its banks`, t => {
  const world = new NetworkWorld({ banks: 2, pageSize: 1, balances: [1n] });
  const statement = amendmentStatement(world.network, { lift: 1 });
  const [own] = world.identitySeeds.map(seed => ed25519.sign(seed, statement));
  const bad = { code: 'BAD_NETWORK_FILE' };
  t.throws(() => amended(world.network, { lift: 1, signatures: [own, own] }), bad);
  t.throws(() => amended(world.network, { lift: 2, signatures: [own, own] }), bad);
  for (let lift = 1; lift <= liftsMax; lift++) {
    pardon(world);
    t.is(liftsOf(world.network), lift);
  }
  t.throws(() => pardon(world), bad);
});
