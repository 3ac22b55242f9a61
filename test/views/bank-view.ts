/**
 * The view of n-1 whole banks over the same stories: every frame of agreement, envelopes and computation that reaches them,
 * in the order in which it comes, and everything they store, in the order in which they store it; their keys and the seeds of
 * all they draw. On a clock of its own and in one order, so that shape and order can be compared exactly.
 */

import { Ticker } from '../../scripts/cheater/ticker.js';
import { VirtualClock } from '../../scripts/cheater/virtual-clock.js';
import { concatBytes, hash, seededRandom, toHex, utf8 } from '../../src/crypto/index.js';
import { type Envelope, encodeEnvelope } from '../../src/envelope/index.js';
import { encodeVec, vec } from '../../src/field/index.js';
import { auditEnvelope, openEnvelope, revealEnvelope, transferEnvelope } from '../harness/banks.js';
import { statuses } from '../harness/holders.js';
import { memoryStore } from '../harness/memory-store.js';
import { NetworkWorld } from '../harness/network.js';
import { alwaysExplicit, type Configuration } from './block-view.js';
import { accountCount, type Class, funded, secretsOf } from './stories.js';
import { Recorder, type View } from './view.js';

/** One run of a story. Throws where a verdict is not the story's. */
export async function bankView(c: Configuration, story: Class, seed: string): Promise<View> {
  const recorder = new Recorder();
  const clock = new VirtualClock();
  const ticker = new Ticker(clock);
  const watched = (bank: number) => bank !== c.honest;
  const seedOf = (bank: number) => hash('views/bank', utf8(`${seed} ${bank}`));
  const stores = Array.from({ length: c.banks }, (_, bank) =>
    memoryStore(ops => {
      if (!watched(bank)) return;
      for (const op of ops) {
        recorder.add(`${op.type} at ${bank}`, op.key);
        if (op.type === 'put') recorder.add('value', op.value);
      }
    }),
  );
  const world = new NetworkWorld({
    banks: c.banks,
    pageSize: c.pageSize,
    balances: Array.from({ length: accountCount(c.pageSize) }, () => funded),
    seed: utf8(seed),
    stores,
    clock,
    random: bank => seededRandom(seedOf(bank)),
    onFrame: (from, to, use, frame) => {
      ticker.moved();
      if (watched(to)) recorder.add(`${use} from ${from} to ${to}`, frame);
      return frame;
    },
  });
  for (const { self, deltas } of world.parties.filter(party => watched(party.self))) {
    recorder.add('MAC keys', encodeVec(vec(deltas)));
    recorder.add(
      'keys and randomness',
      concatBytes(world.identitySeeds[self], world.sealingSecrets[self], seedOf(self)),
    );
  }
  const holder = { network: world.network, random: alwaysExplicit(world.random, c.explicit), height: 0 };
  await world.startAll();
  try {
    const settle = async (envelopes: readonly Envelope[]) => {
      for (const envelope of envelopes) await world.bank(0).submit(encodeEnvelope(envelope));
      const isFinal = async () => {
        const states = await Promise.all(world.banks.flatMap(bank => envelopes.map(({ id }) => bank?.envelope(id))));
        return states.every(state => state?.state === 'final');
      };
      if (!(await ticker.run(60_000, isFinal))) throw new Error('a story that does not end');
    };
    await settle([...world.network.funded.keys()].map(account => openEnvelope(holder, account)));
    const { first, second, applied, lookedUp } = secretsOf(c.pageSize, story);
    for (const [payments, verdict] of [[[first], true] as const, [second, applied] as const]) {
      const sent = payments.map(({ from, to, amount }) => transferEnvelope(holder, from, to, amount));
      const others =
        payments === second
          ? [revealEnvelope(holder, lookedUp).envelope, auditEnvelope(holder, world.identitySeeds[0])]
          : [];
      await settle([...sent.map(({ envelope }) => envelope), ...others]);
      const found = await statuses(world, 0);
      for (const { envelope, theta } of sent) {
        const status = found.get(toHex(envelope.id));
        const isApplied = status?.kind === 'settled' && (BigInt(status.pi) ^ theta) === 1n;
        if (isApplied !== verdict) throw new Error('a verdict that the story does not have');
      }
    }
  } finally {
    await world.stopAll();
  }
  return recorder.done();
}
