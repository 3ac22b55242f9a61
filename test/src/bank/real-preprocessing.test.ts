/** Whole banks on real preprocessing, through a restart. */
import test from 'ava';
import { systemRandom, utf8 } from '../../../src/crypto/index.js';
import { LinkStock, openStock } from '../../../src/preprocessing/index.js';
import { type LotPlan, type Lots, lotsFor } from '../../../src/preprocessing/lots.js';
import { balances, openAll, pay } from '../../harness/holders.js';
import { type NetworkOptions, NetworkWorld } from '../../harness/network.js';
import { smallLpn } from '../../harness/small-lpn.js';

/** As a started bank does it: no dealer anywhere. */
const real: NonNullable<NetworkOptions['openStock']> = (world, bank, sessionId, channel, mayStartFresh) =>
  openStock({
    party: world.parties[bank],
    network: world.network,
    channel,
    sessionId,
    random: systemRandom,
    links: new LinkStock(world.stores[bank], utf8('links/')),
    mayStartFresh,
    // small stocks: what is tested is that they are made, not how many; two banks with K = 1 as they run
    ...(world.network.banks.length === 2 && world.network.pageSize === 1 ? {} : { lpn: smallLpn }),
    lots: mapLots(lotsFor(world.network.pageSize)),
  });

function mapLots(lots: Lots): Lots {
  const smaller = ({ max }: LotPlan, size: number): LotPlan => ({ size, low: size, high: 2 * size, max });
  const { vole, triples, selections } = lots;
  return {
    ...(vole && { vole: smaller(vole, 3000) }),
    ...(triples && { triples: smaller(triples, 8) }),
    ...(selections && { selections: smaller(selections, 4) }),
  };
}

for (const [banks, pageSize] of [
  [2, 1],
  [2, 3],
  [3, 16],
  [7, 1],
  [2, 256],
] as const) {
  test.serial(`${banks} banks settle on correlations they made themselves, with pages of ${pageSize}`, async t => {
    const start = Array.from({ length: Math.max(3, pageSize) }, (_, i) => (i < 3 ? 100n : 0n));
    const world = new NetworkWorld({ banks, pageSize, balances: start, openStock: real });
    t.teardown(() => world.stopAll());
    await world.startAll();
    await openAll(world, [0, 1, 2]);
    t.true(await pay(world, 0, 0, 1, 70n));
    t.false(await pay(world, 1, 0, 1, 70n));
    t.deepEqual(await balances(world, [0, 1, 2]), [30n, 170n, 100n]);
  });
}

test.serial('after a restart the keys are linked again, and the banks go on', async t => {
  const world = new NetworkWorld({ banks: 2, pageSize: 1, balances: [10n, 10n], openStock: real });
  t.teardown(() => world.stopAll());
  await world.startAll();
  await openAll(world, [0, 1]);
  t.true(await pay(world, 0, 0, 1, 4n));
  await world.kill(1);
  await world.start(1);
  t.true(await pay(world, 1, 1, 0, 14n));
  t.deepEqual(await balances(world, [0, 1]), [20n, 0n]);
});
