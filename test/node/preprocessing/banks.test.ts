/** Banks whose correlations come from preprocessing threads. */
import test from 'ava';
import type { Use } from '../../../src/bank/index.js';
import { kinds } from '../../../src/preprocessing/conversation.js';
import { balances, openAll, pay } from '../../harness/holders.js';
import { type NetworkOptions, NetworkWorld, until } from '../../harness/network.js';
import { type Threads, threadsOf } from './threads.js';

/** Two whole banks on memory links, each with a thread of its own. */
async function world(onFrame?: NetworkOptions['onFrame']) {
  const threads: Threads[] = [];
  const warnings: string[] = [];
  const network = new NetworkWorld({
    banks: 2,
    pageSize: 1,
    balances: [10n, 10n],
    ...(onFrame && { onFrame }),
    log: { info: () => {}, warn: (event, facts) => warnings.push(`${event} ${facts?.why ?? ''}`) },
    openStock: (_, bank, ...session) => threads[bank].preprocessing.open(...session),
  });
  threads.push(...network.parties.map(party => threadsOf(party, { store: network.stores[party.self] })));
  await network.startAll();
  const end = async () => {
    await network.stopAll();
    for (const { preprocessing } of threads) await preprocessing.stop();
  };
  return { network, threads, warnings, end };
}

// one after the other: every test has threads of its own
test.serial('two banks settle on correlations that their threads made', async t => {
  const { network, threads, end } = await world();
  t.teardown(end);
  await openAll(network, [0, 1]);
  t.true(await pay(network, 0, 0, 1, 7n));
  t.false(await pay(network, 1, 0, 1, 7n));
  t.deepEqual(await balances(network, [0, 1]), [3n, 17n]);
  t.deepEqual(
    threads.map(({ workers }) => workers.length),
    [1, 1],
  );

  const { stock, preprocessing } = network.bank(0).status();
  t.like(stock.vole, { low: 3_000, high: 6_000 });
  t.true(stock.vole.used > 0 && stock.vole.made >= stock.vole.used);
  t.true((stock.vole.usedPerSecond ?? 0) > 0 && (stock.vole.madePerSecond ?? 0) > 0);
  t.true((stock.vole.secondsLeft ?? -1) >= 0);
  t.deepEqual(stock.triples, { made: 0, used: 0 });
  t.is(preprocessing?.peers.length, 1);
  t.is(preprocessing?.peers[0].name, 'bank-1');
  t.true((preprocessing?.peers[0].bytesSent ?? 0) > 100_000);
  t.true((preprocessing?.busySeconds ?? 0) > 0);
});

test.serial('a thread that is killed ends the session, and the bank goes on in the next with another', async t => {
  const { network, threads, warnings, end } = await world();
  t.teardown(end);
  await openAll(network, [0, 1]);
  await threads[0].workers[0].terminate();
  await until('the loss is told', () => warnings.some(line => /the preprocessing thread has ended/.test(line)));
  t.true(await pay(network, 1, 0, 1, 4n));
  t.deepEqual(await balances(network, [0, 1]), [6n, 14n]);
  t.deepEqual(
    threads.map(({ workers }) => workers.length),
    [2, 1],
    'the other bank keeps its thread',
  );
  t.is(network.bank(0).status().preprocessing?.threadsLost, 1);
  t.is(network.bank(0).status().halted, undefined);
});

test.serial('a new session after a lost link pays for no new thread', async t => {
  const { network, threads, end } = await world();
  t.teardown(end);
  await openAll(network, [0, 1]);
  for (const bank of [0, 1]) network.bank(bank).linkDown(1 - bank, 'cut');
  for (const bank of [0, 1]) network.bank(bank).linkUp(1 - bank);
  t.true(await pay(network, 0, 1, 0, 3n));
  t.deepEqual(await balances(network, [0, 1]), [13n, 7n]);
  t.deepEqual(
    threads.map(({ workers }) => workers.length),
    [1, 1],
  );
});

test.serial('a bank that deviates in preprocessing is named through the thread, and its key is burned', async t => {
  const cheat = (from: number, _to: number, use: Use, frame: Uint8Array) => {
    // after the session's prefix
    if (from === 1 && use === 'preprocessing' && frame[8] === kinds.voleResponse) frame[9] ^= 1;
    return frame;
  };
  const { network, end } = await world(cheat);
  t.teardown(end);
  await until('the cheat is named', () => /bank bank-1/.test(network.bank(0).status().halted ?? ''));
  const isBurned = async () => {
    for await (const [key] of network.stores[0].range(Uint8Array.of(0), Uint8Array.of(255))) {
      if (String.fromCharCode(...key.subarray(0, 6)) === 'links/' && key[6] === 2 && key[7] === 1) return true;
    }
    return false;
  };
  // it is told at once, whatever else happens, and burned before anything else is done with the pair
  for (let tries = 0; tries < 500 && !(await isBurned()); tries++) await new Promise(go => setTimeout(go, 10));
  t.true(await isBurned());
});
