/** A pardon: the evidence is lifted, everything comes under new MAC keys, and payments go on. */
import test, { type ExecutionContext } from 'ava';
import { durablePrefix, loadDurable } from '../../../src/agreement/index.js';
import { encodeItem, readCopy } from '../../../src/bank/copy.js';
import { loadMacKeys, putMacKeys, rebuild } from '../../../src/bank/index.js';
import { entriesUnder } from '../../../src/bank/load.js';
import { decodeAgreementFrame } from '../../../src/bank/transport.js';
import { ed25519 } from '../../../src/crypto/index.js';
import { isCode } from '../../../src/errors.js';
import { addVec, fp, P, scaleVec } from '../../../src/field/index.js';
import { ledgerOps, loadState, storedLog, storedPages } from '../../../src/ledger/ledger-store.js';
import { pageOf } from '../../../src/ledger/pages.js';
import { liftsMax, linkStockCount } from '../../../src/limits.js';
import { amended, amendmentStatement, liftsOf } from '../../../src/network/index.js';
import { kinds } from '../../../src/preprocessing/conversation.js';
import { balances, openAll, pay } from '../../harness/holders.js';
import { type MemoryStore, memoryStore } from '../../harness/memory-store.js';
import { type NetworkOptions, NetworkWorld, until } from '../../harness/network.js';

const all = [0, 1, 2];

/** What a dealer would have left of earlier sessions: a stock of link elements for every ordered pair. */
async function dealLinks(world: NetworkWorld): Promise<void> {
  const element = () => new DataView(world.random.bytes(8).buffer).getBigUint64(0) % P;
  for (const i of all) {
    await world.stores[i].commit([putMacKeys({ lift: 0, deltas: world.parties[i].deltas })]);
    for (const j of all.filter(other => other !== i)) {
      const D = world.parties[j].deltas[i];
      const epoch = world.random.bytes(16).slice();
      const dealt = Array.from({ length: 5 }, (_, number) => ({ number, w: element(), Q: element() }));
      const elements = dealt.map(({ number, w, Q }) => ({ number, w, T: fp.add(Q, fp.mul(D, w)) }));
      await world.links(i).keep(j, { epoch, next: 5, elements, reserved: [] });
      const keys = dealt.map(({ number, Q }) => ({ number, Q }));
      await world.links(j).keepKeys(i, { epoch, keys, reserved: [] });
    }
  }
}

/** Three banks that have settled payments, and halted: bank 0 accuses bank 2, and its key towards it is burned. */
async function haltedWorld(t: ExecutionContext, pageSize: number, over: Partial<NetworkOptions> = {}) {
  let spoil = false;
  const { onFrame, ...rest } = over;
  const world = new NetworkWorld({
    banks: 3,
    pageSize,
    balances: [50n, 60n, 0n, 0n],
    ...rest,
    onFrame: (from, to, use, frame) => {
      const isMessage = use === 'agreement' && decodeAgreementFrame(frame).kind === 'message';
      if (spoil && from === 2 && to === 0 && isMessage) return frame.map((byte, i) => (i < 9 ? byte : 255));
      return onFrame ? onFrame(from, to, use, frame) : frame;
    },
  });
  t.teardown(() => world.stopAll());
  await dealLinks(world);
  await world.startAll();
  await openAll(world, [0, 1, 2]);
  t.true(await pay(world, 0, 0, 1, 7n));
  spoil = true;
  await world.kill(2);
  await world.start(2);
  await until('all have halted', () => all.every(bank => world.bank(bank).status().phase === 'halted'));
  spoil = false;
  await world.links(0).burn(2);
  for (const bank of all) await world.kill(bank);
  return world;
}

function pardon(world: NetworkWorld): void {
  const change = { lift: liftsOf(world.network) + 1 };
  const statement = amendmentStatement(world.network, change);
  const signatures = world.identitySeeds.map(seed => ed25519.sign(seed, statement));
  world.network = amended(world.network, { ...change, signatures });
}

/** As the process does it. */
const restarts = (world: NetworkWorld, bank: number) =>
  void (async () => {
    await world.kill(bank);
    await world.start(bank);
  })();

const liftOf = async (store: MemoryStore) => (await loadMacKeys(store))?.lift ?? 0;
const allIdle = (world: NetworkWorld) => all.every(bank => world.banks[bank]?.status().phase === 'idle');

/** Tags of all banks against the keys of all others, as they stand on the disks. Banks that do not run. */
async function checkDisks(t: ExecutionContext, world: NetworkWorld, due: readonly bigint[]): Promise<void> {
  const states = await Promise.all(
    world.stores.map(async (store, self) => {
      const deltas = (await loadMacKeys(store))?.deltas ?? world.parties[self].deltas;
      return loadState(store, world.network, { self, count: 3, deltas });
    }),
  );
  t.is(new Set(states.map(({ height }) => height)).size, 1);
  for (const column of [0, 1, 2] as const) {
    const of = ({ balances: b, keys }: (typeof states)[number]) => [b, keys?.spending, keys?.viewing][column];
    if (!of(states[0])) continue;
    for (const i of all) {
      for (const j of all.filter(other => other !== i)) {
        const [own, other] = [of(states[i]), of(states[j])];
        if (!own || !other) throw new Error('columns are everywhere');
        const D = states[j].party.deltas[i];
        t.deepEqual(own.tags[j], addVec(other.keys[i], scaleVec(own.value, D)), `${i} to ${j}, column ${column}`);
      }
    }
  }
  const sum = states.map(({ balances: b }) => b.value).reduce(addVec);
  t.deepEqual([...sum], [...due]);
}

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
      t.false(await world.links(bank).isBurned(2));
      for (const peer of all.filter(other => other !== bank)) {
        t.not(world.parties[bank].deltas[peer], before[bank][peer]);
        t.is((await world.links(bank).held(peer))?.elements.length, linkStockCount);
      }
    }
    t.true(await pay(world, 1, 1, 0, 3n));
    t.deepEqual(await balances(world, [0, 1, 2]), [46n, 64n, 0n]);
    await until('all stand at one height', () => new Set(all.map(bank => world.bank(bank).status().height)).size === 1);
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
  await until('all stand at one height', () => new Set(all.map(bank => world.bank(bank).status().height)).size === 1);
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
  pardon(world);
  await world.startAll();
  await until('all are idle', async () => (await liftOf(world.stores[2])) === 1 && allIdle(world));
  const oneHeight = () => new Set(all.map(bank => world.bank(bank).status().height)).size === 1;
  await until('all stand at one height', oneHeight);
  const copies = await Promise.all(
    [0, 1].map(async by => {
      const items: Uint8Array[] = [];
      const copy = world.bank(by).copyOf('bank-2');
      if (!copy) throw new Error('there is one');
      for await (const item of readCopy(copy, world.network)) items.push(encodeItem(item));
      return async function* () {
        yield* items;
      };
    }),
  );
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
