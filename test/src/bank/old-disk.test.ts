/** A bank whose disk has been set back: recognised by its own signatures, refused, not obeyed. */
import test from 'ava';
import { balances, openAll, pay } from '../../harness/holders.js';
import { NetworkWorld, until } from '../../harness/network.js';

test('a bank on an old copy of its disk refuses itself, the others wait for it, and with its own disk it goes on', async t => {
  const world = new NetworkWorld({ banks: 3, pageSize: 1, balances: [50n, 60n] });
  t.teardown(() => world.stopAll());
  await world.startAll();
  await openAll(world, [0, 1]);
  const old = world.stores[2].fork();
  for (let k = 0; k < 3; k++) t.true(await pay(world, 0, 0, 1, 10n));
  await world.kill(2);
  const current = world.stores[2];
  world.stores[2] = old;
  await world.start(2);
  await until('it knows', () => world.bank(2).status().phase === 'halted');
  t.regex(world.bank(2).status().halted ?? '', /older copy.*covault bank recover/);
  for (const other of [0, 1]) {
    const { phase, halted, waitingFor } = world.bank(other).status();
    t.deepEqual({ phase, halted, waitingFor }, { phase: 'connecting', halted: undefined, waitingFor: ['bank-2'] });
  }
  await world.kill(2);
  world.stores[2] = current;
  await world.start(2);
  t.true(await pay(world, 1, 0, 1, 10n));
  t.deepEqual(await balances(world, [0, 1]), [10n, 100n]);
});
