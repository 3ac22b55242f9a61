/** Who follows an envelope is told of what becomes of it, and is not kept waiting. */
import test from 'ava';
import { Outcomes } from '../../../src/bank/outcomes.js';
import { encodeEnvelope } from '../../../src/envelope/index.js';
import { recentOutcomesMax } from '../../../src/limits.js';
import { transferEnvelope } from '../../harness/banks.js';
import { openAll, pay, quiet, sealed, started } from '../../harness/holders.js';
import type { MemoryStore } from '../../harness/memory-store.js';
import { NetworkWorld, until } from '../../harness/network.js';

const never = new AbortController().signal;
/** Longer than any test takes: an answer came because there was news. */
const longMs = 60_000;

test('a follower of a pending envelope is told that it is final, in one answer', async t => {
  const world = await started(3, 1);
  t.teardown(() => world.stopAll());
  const { envelope } = transferEnvelope(world, 0, 1, 1n);
  await world.bank(0).submit(encodeEnvelope(envelope));
  const told = await world.bank(0).envelopeChange(envelope.id, 'pending', longMs, never);
  t.is(told.state, 'final');
});

test('a follower is told of a record that does not become final', async t => {
  let isMuted = false;
  const world = new NetworkWorld({
    banks: 2,
    pageSize: 1,
    balances: [100n, 100n],
    // the word of bank 1 that it has committed: the last message of the agreement it sends
    onFrame: (from, _to, use, frame) =>
      isMuted && from === 1 && use === 'agreement' && isCommitted(frame) ? undefined : frame,
  });
  t.teardown(() => world.stopAll());
  await world.startAll();
  await openAll(world, [0, 1]);
  await quiet(world);
  isMuted = true;
  const { envelope } = transferEnvelope(world, 0, 1, 1n);
  await world.bank(0).submit(encodeEnvelope(envelope));
  const told = await world.bank(0).envelopeChange(envelope.id, 'pending', longMs, never);
  t.is(told.state, 'recorded');
});

/** kind of frame, session prefix, kind of message */
const isCommitted = (frame: Uint8Array) => frame[0] === 2 && frame[9] === 4;

test('an envelope that a bank has acknowledged is never unknown there while its record goes to the disk', async t => {
  const world = await started(2, 1);
  t.teardown(() => world.stopAll());
  const store = world.stores[0] as MemoryStore;
  const commit = store.commit.bind(store);
  // a slow disk: between what the machine decides and what the log holds
  store.commit = async ops => {
    await new Promise(resolve => setTimeout(resolve, 5));
    await commit(ops);
  };
  const { envelope } = transferEnvelope(world, 0, 1, 1n);
  await world.bank(0).submit(encodeEnvelope(envelope));
  const seen = new Set<string>();
  await until('it is final', async () => {
    for (let i = 0; i < 200; i++) seen.add((await world.bank(0).envelope(envelope.id)).state);
    return seen.has('final');
  });
  t.false(seen.has('unknown'));
});

test('a follower is told when an envelope has expired', async t => {
  const world = await started(2, 1);
  t.teardown(() => world.stopAll());
  const { height } = world.bank(0).status();
  // ready at one bank alone: it stands in no block
  const doomed = sealed(world, { expiry: height + 1 });
  const damaged = { ...doomed, packets: doomed.packets.map((p, bank) => (bank === 1 ? p.map(b => b ^ 1) : p)) };
  await world.bank(0).submit(encodeEnvelope(damaged));
  const told = world.bank(0).envelopeChange(doomed.id, 'pending', longMs, never);
  await pay(world, 0, 0, 1, 1n);
  await pay(world, 0, 0, 1, 1n);
  t.is((await told).state, 'unknown');
});

test('after a restart a follower of what was recorded before is told that it is final', async t => {
  const world = await started(2, 1);
  t.teardown(() => world.stopAll());
  const { envelope } = transferEnvelope(world, 0, 1, 1n);
  await world.bank(0).submit(encodeEnvelope(envelope));
  await until('recorded', async () => (await world.bank(0).envelope(envelope.id)).state !== 'pending');
  await world.kill(0);
  await world.start(0);
  const told = await world.bank(0).envelopeChange(envelope.id, 'recorded', longMs, never);
  t.is(told.state, 'final');
});

test('outcomes remember the last records, and tell each once when it is final', t => {
  const outcomes = new Outcomes();
  outcomes.recorded(7, ['a', 'b']);
  outcomes.recorded(8, ['c']);
  t.is(outcomes.heightOf('b'), 7);
  t.is(outcomes.final(6), undefined, 'of a record before this process');
  t.deepEqual(outcomes.final(7), ['a', 'b']);
  t.deepEqual(outcomes.final(8), ['c']);
  t.is(outcomes.final(8), undefined);
  outcomes.recorded(
    9,
    Array.from({ length: recentOutcomesMax - 1 }, (_, i) => `${i}`),
  );
  t.is(outcomes.heightOf('b'), undefined, 'the oldest are forgotten');
  t.is(outcomes.heightOf('c'), 8);
});
