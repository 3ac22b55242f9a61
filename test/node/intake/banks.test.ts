/** Banks whose packets intake threads open. */
import test from 'ava';
import { IntakeThreads } from '../../../node/intake/index.js';
import { encodeEnvelope } from '../../../src/envelope/index.js';
import { transferEnvelope } from '../../harness/banks.js';
import { balances, openAll, settle } from '../../harness/holders.js';
import { NetworkWorld, realClock, silent, until } from '../../harness/network.js';

/** Two whole banks on memory links, each with intake threads of its own. */
async function started() {
  const intakes: IntakeThreads[] = [];
  const world = new NetworkWorld({
    banks: 2,
    pageSize: 1,
    balances: [100n, 200n],
    intake: ({ parties, sealingSecrets }, self) => {
      const more = { sealingSecret: sealingSecrets[self], threads: 2, clock: realClock, log: silent };
      const intake = new IntakeThreads({ self, count: parties.length, ...more });
      intakes.push(intake);
      return intake;
    },
  });
  await world.startAll();
  const end = async () => {
    await world.stopAll();
    for (const intake of intakes) await intake.stop();
  };
  return { world, end };
}

test('banks settle what their intake threads have opened, and open what they had stored when they start again', async t => {
  const { world, end } = await started();
  t.teardown(end);
  await openAll(world, [0, 1]);
  const payments = [1n, 2n, 4n].map(amount => transferEnvelope(world, 0, 1, amount).envelope);
  await settle(world, 0, ...payments);
  await world.kill(1);
  const { envelope } = transferEnvelope(world, 0, 1, 8n);
  await world.bank(0).submit(encodeEnvelope(envelope));
  t.is(world.bank(0).status().pool.ready, 1);
  await world.kill(0);
  await world.start(0);
  await world.start(1);
  await until('final', async () => (await world.bank(1).envelope(envelope.id)).state === 'final');
  t.deepEqual(await balances(world, [0, 1]), [85n, 215n]);
});
