/** Packets of a submission session at real banks: out of order, at banks that were restarted, at another sponsor. */
import test from 'ava';
import { toHex } from '../../../src/crypto/index.js';
import { encodeEnvelope, type SealPacket, SubmissionSession } from '../../../src/envelope/index.js';
import { isCode } from '../../../src/errors.js';
import { transferEnvelope } from '../../harness/banks.js';
import { balances, flipped, settle, started, statuses, traces } from '../../harness/holders.js';
import { type NetworkWorld, until } from '../../harness/network.js';

const payments = (world: NetworkWorld, seal: SealPacket, amounts: readonly bigint[]) =>
  amounts.map(amount => transferEnvelope(world, 0, 1, amount, seal).envelope);

async function finalEverywhere(world: NetworkWorld, ids: readonly Uint8Array[]): Promise<void> {
  for (const id of ids) {
    for (const bank of world.banks) {
      await until('final', async () => (await bank?.envelope(id))?.state === 'final');
    }
  }
}

for (const pageSize of [1, 3]) {
  test(`for K = ${pageSize} a session's envelopes settle in any order, at two sponsors, and once each`, async t => {
    const world = await started(3, pageSize);
    t.teardown(() => world.stopAll());
    const { seal } = new SubmissionSession(world.network, world.random);
    const sent = payments(world, seal, [1n, 2n, 4n, 8n]);
    const [a, b, c, d] = sent.map(encodeEnvelope);
    // the last first; one at both sponsors, as after a fail-over; all of them twice
    for (const [bank, bytes] of [
      [0, d],
      [1, b],
      [1, d],
      [0, a],
      [2, c],
      [0, b],
      [1, a],
      [2, c],
    ] as const) {
      await world.bank(bank).submit(bytes);
    }
    await finalEverywhere(
      world,
      sent.map(({ id }) => id),
    );
    t.deepEqual(await balances(world, [0, 1]), [85n, 215n]);
    for (const bank of world.banks) t.is(bank?.status().halted, undefined);
  });
}

test('banks that are restarted between and during a session open what comes next, and what they had stored', async t => {
  const world = await started(3, 1);
  t.teardown(() => world.stopAll());
  const { seal } = new SubmissionSession(world.network, world.random);
  const [first, second, third] = payments(world, seal, [1n, 2n, 4n]);
  await settle(world, 0, first);
  // bank 2 is away: the next one is stored by the two others and waits
  await world.kill(2);
  await world.bank(0).submit(encodeEnvelope(second));
  await until('bank 1 has it', () => world.bank(1).status().pool.ready === 1);
  // the sponsor too loses its memory, with the envelope on its disk
  await world.kill(0);
  await world.start(0);
  await world.start(2);
  await finalEverywhere(world, [second.id]);
  await settle(world, 2, third);
  t.deepEqual(await balances(world, [0, 1]), [93n, 207n]);
});

test('a sponsor whose own packet is of the wrong session, number or form refuses, and nothing is left', async t => {
  const world = await started(2, 1);
  t.teardown(() => world.stopAll());
  const { seal } = new SubmissionSession(world.network, world.random);
  const [good] = payments(world, seal, [1n]);
  const before = traces(world);
  const changedAt = (at: number) => (packet: Uint8Array) => packet.map((byte, i) => (i === at ? byte ^ 1 : byte));
  for (const change of [flipped, changedAt(0), changedAt(32)]) {
    const packets = good.packets.map((packet, bank) => (bank === 0 ? change(packet) : packet));
    const error = await t.throwsAsync(world.bank(0).submit(encodeEnvelope({ ...good, packets })));
    t.true(isCode(error, 'PACKET_UNREADABLE'));
  }
  const { envelope: lone } = transferEnvelope(world, 0, 1, 1n);
  for (const packets of [
    [good.packets[0], lone.packets[1]],
    [good.packets[0].slice(4), good.packets[1]],
  ]) {
    const error = await t.throwsAsync(world.bank(0).submit(encodeEnvelope({ ...good, packets })));
    t.true(isCode(error, 'MALFORMED'));
  }
  t.deepEqual(traces(world), before);
  await settle(world, 0, good);
  t.is((await statuses(world, 0)).get(toHex(good.id))?.kind, 'settled');
});
