/**
 * A flood of junk at a bank's gateway: random bytes, and envelopes of valid form with wrong contents. A good payment among it
 * settles all the same, and what a bank keeps of the junk is bounded: nothing of what it can see
 * to be junk.
 */
import test from 'ava';
import { startGateway } from '../../../node/gateway/index.js';
import { systemRandom } from '../../../src/crypto/index.js';
import { encodeEnvelope } from '../../../src/envelope/index.js';
import { transferEnvelope } from '../../harness/banks.js';
import { balances, openAll, quiet } from '../../harness/holders.js';
import { NetworkWorld, until } from '../../harness/network.js';
import { memoryLog } from './fake-bank.js';

const clients = 12;
const stuck = 20;

test('while junk floods the gateway a good payment settles, and the bank keeps nothing of the junk', async t => {
  t.timeout(240_000);
  const world = new NetworkWorld({ banks: 3, pageSize: 1, balances: [100n, 200n, 300n, 0n] });
  t.teardown(() => world.stopAll());
  await world.startAll();
  await openAll(world, [0, 1]);
  await quiet(world);
  const bank = world.bank(0);
  const options = { host: '127.0.0.1', port: 0, networkFile: '{}', log: memoryLog() };
  const gateway = await startGateway(bank, { ...options, requestsPerMinute: 1_000_000, lookupsPerMinute: 1_000_000 });
  t.teardown(() => gateway.stop());

  const post = async (envelope: Uint8Array): Promise<string> => {
    const headers = { 'content-type': 'application/octet-stream' };
    const answer = await fetch(`${gateway.url}/v1/envelopes`, { method: 'POST', headers, body: envelope.slice() });
    const { id, error } = (await answer.json()) as { id?: string; error?: { code: string } };
    return id ?? error?.code ?? 'nothing';
  };
  const { envelope: sample } = transferEnvelope(world, 0, 1, 1n);
  const junk: (() => Uint8Array)[] = [
    () => systemRandom.bytes(4_000),
    // every packet under the right header, and none opens
    () => encodeEnvelope({ ...sample, packets: sample.packets.map(packet => systemRandom.bytes(packet.length)) }),
    () =>
      encodeEnvelope({
        ...sample,
        packets: sample.packets.map((packet, k) => (k === 0 ? packet.map(b => b ^ 1) : packet)),
      }),
    () => encodeEnvelope(sample).slice(0, -1),
  ];
  // a bank cannot see that another's packet is wrong: each takes a place in the pool, of which a sponsor has a bounded number
  for (let k = 0; k < stuck; k++) {
    const { envelope } = transferEnvelope(world, 0, 1, 1n);
    const packets = envelope.packets.map((packet, i) => (i === 1 ? systemRandom.bytes(packet.length) : packet));
    t.regex(await post(encodeEnvelope({ ...envelope, packets })), /^[0-9a-f]{64}$/);
  }
  const answers = new Map<string, number>();
  let [isOver, knownMost] = [false, 0];
  const flood = Array.from({ length: clients }, async (_, client) => {
    for (let k = client; !isOver; k++) {
      const answer = await post(junk[k % junk.length]());
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      knownMost = Math.max(knownMost, bank.status().pool.known);
    }
  });
  await until('the flood runs', () => [...answers.values()].reduce((a, b) => a + b, 0) > 200);

  const { envelope } = transferEnvelope(world, 0, 1, 10n);
  const id = await post(encodeEnvelope(envelope));
  t.regex(id, /^[0-9a-f]{64}$/);
  await until('it is final', async () => {
    const { state } = (await (await fetch(`${gateway.url}/v1/envelopes/${id}`)).json()) as { state: string };
    return state === 'final';
  });
  isOver = true;
  await Promise.all(flood);

  for (const [answer, count] of answers) {
    t.true(['MALFORMED', 'OVERSIZED', 'PACKET_UNREADABLE'].includes(answer), `${answer}: ${count}`);
  }
  t.true((answers.get('PACKET_UNREADABLE') ?? 0) > 50);
  t.true(knownMost <= stuck + 1, 'no other junk took a place in the pool');
  t.is(bank.status().pool.known, stuck);
  t.is(world.bank(1).status().pool.known, 0);
  t.true(world.banks.every(each => each?.status().halted === undefined));
  t.deepEqual(await balances(world, [0, 1]), [90n, 210n]);
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  t.regex(metrics, /^covault_gateway_body_bytes 0$/m);
});
