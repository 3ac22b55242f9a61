/** Banks that halt over a mistake, what their operators do about it, and what the disks must hold afterwards. */
import type { ExecutionContext } from 'ava';
import { encodeItem, readCopy } from '../../../src/bank/copy.js';
import { type CopySource, loadMacKeys, putMacKeys } from '../../../src/bank/index.js';
import { decodeAgreementFrame } from '../../../src/bank/transport.js';
import { ed25519 } from '../../../src/crypto/index.js';
import { addVec, fp, P, scaleVec } from '../../../src/field/index.js';
import { loadState } from '../../../src/ledger/ledger-store.js';
import { amended, amendmentStatement, liftsOf } from '../../../src/network/index.js';
import { openAll, pay } from '../../harness/holders.js';
import type { MemoryStore } from '../../harness/memory-store.js';
import { type NetworkOptions, NetworkWorld, until } from '../../harness/network.js';

export const all = [0, 1, 2];

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

/**
 * Three banks that have settled payments, and halted: bank 0 accuses bank 2, and its key towards it is burned. Accounts 0, 1, 2 are
 * open, with 43, 67, 0. `meanwhile`: before they halt.
 */
export async function haltedWorld(
  t: ExecutionContext,
  pageSize: number,
  over: Partial<NetworkOptions> = {},
  meanwhile: (world: NetworkWorld) => Promise<void> = async () => {},
): Promise<NetworkWorld> {
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
  await meanwhile(world);
  spoil = true;
  await world.kill(2);
  await world.start(2);
  await until('all have halted', () => all.every(bank => world.bank(bank).status().phase === 'halted'));
  spoil = false;
  await world.links(0).burn(2);
  for (const bank of all) await world.kill(bank);
  return world;
}

/** Signed by all, while no bank runs. */
export function pardon(world: NetworkWorld): void {
  const change = { lift: liftsOf(world.network) + 1 };
  const statement = amendmentStatement(world.network, change);
  const signatures = world.identitySeeds.map(seed => ed25519.sign(seed, statement));
  world.network = amended(world.network, { ...change, signatures });
}

/** As the process does it. */
export const restarts = (world: NetworkWorld, bank: number) =>
  void (async () => {
    await world.kill(bank);
    await world.start(bank);
  })();

export const liftOf = async (store: MemoryStore) => (await loadMacKeys(store))?.lift ?? 0;
export const allIdle = (world: NetworkWorld) => all.every(bank => world.banks[bank]?.status().phase === 'idle');

/** Tags of all banks against the keys of all others, as they stand on the disks. Banks that do not run. */
export async function checkDisks(t: ExecutionContext, world: NetworkWorld, due: readonly bigint[]): Promise<void> {
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

export const atOneHeight = (world: NetworkWorld) =>
  new Set(all.map(bank => world.bank(bank).status().height)).size === 1;

/** Pardons, starts the banks, and waits until they are idle under their new keys, at one height. */
export async function pardonAndStart(world: NetworkWorld): Promise<void> {
  pardon(world);
  await world.startAll();
  await until('all are idle under new keys', async () => {
    for (const store of world.stores) if ((await liftOf(store)) !== liftsOf(world.network)) return false;
    return allIdle(world);
  });
  await until('all stand at one height', () => atOneHeight(world));
}

/** What the other banks keep of the last one. */
export function copiesOf(world: NetworkWorld): Promise<CopySource[]> {
  return Promise.all(
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
}
