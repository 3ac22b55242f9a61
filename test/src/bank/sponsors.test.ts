/** One envelope at several sponsors: every sponsor keeps its word over restarts, and spoiled packets do not stay. */
import test from 'ava';
import { encodeEnvelope } from '../../../src/envelope/index.js';
import { transferEnvelope } from '../../harness/banks.js';
import { flipped, started } from '../../harness/holders.js';
import { until } from '../../harness/network.js';

test('a second sponsor that was restarted gives the envelope the number it had', async t => {
  const world = await started(3, 1);
  t.teardown(() => world.stopAll());
  const { envelope } = transferEnvelope(world, 0, 1, 5n);
  // bank 2 cannot open its packet, so the envelope stays undecided
  const spoiled = encodeEnvelope({
    ...envelope,
    packets: envelope.packets.map((packet, bank) => (bank === 2 ? flipped(packet) : packet)),
  });
  await world.bank(0).submit(spoiled);
  await until('bank 1 has it', () => world.bank(1).status().pool.ready === 1);
  await world.bank(1).submit(spoiled);
  await world.kill(1);
  await world.start(1);
  await until('bank 1 is back', () => world.bank(1).status().phase === 'idle');
  await world.bank(1).submit(spoiled);
  // and the holder's own bytes, at a bank that has stored the spoiled ones, put it right
  await world.bank(1).submit(encodeEnvelope(envelope));
  await until('final everywhere', async () => {
    const states = await Promise.all(world.banks.map(bank => bank?.envelope(envelope.id)));
    return states.every(state => state?.state === 'final');
  });
  for (const bank of world.banks) t.is(bank?.status().halted, undefined);
});

test('one envelope submitted twice at once gets one number', async t => {
  const world = await started(2, 1);
  t.teardown(() => world.stopAll());
  const { envelope } = transferEnvelope(world, 0, 1, 5n);
  const bytes = encodeEnvelope(envelope);
  await Promise.all([0, 1, 0, 1].map(bank => world.bank(bank).submit(bytes)));
  await until('final', async () => (await world.bank(0).envelope(envelope.id)).state === 'final');
  for (const bank of world.banks) t.is(bank?.status().halted, undefined);
});
