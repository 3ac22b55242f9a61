/** What one pair of banks opens, in both directions. */
import test from 'ava';
import { hash, toHex } from '../../../src/crypto/index.js';
import { addScaledInto, P, subVec } from '../../../src/field/index.js';
import { LinkStock } from '../../../src/preprocessing/link-stock.js';
import { openPair, type Pair } from '../../../src/preprocessing/pair.js';
import type { Party } from '../../../src/sharing/index.js';
import { type MemoryChannel, memoryNetwork, type OnFrame } from '../../harness/memory-channel.js';
import { type MemoryStore, memoryStore } from '../../harness/memory-store.js';
import { smallLpn } from '../../harness/small-lpn.js';
import { seeded } from './talks.js';

const count = 3;
const D = (verifier: number, sharer: number) => (verifier === sharer ? 0n : BigInt(1 + 7 * verifier + sharer) << 50n);
const partyOf = (self: number, key = D): Party => ({
  self,
  count,
  deltas: Array.from({ length: count }, (_, sharer) => key(self, sharer)),
});

/** All pairs of all banks, at once: `pairs[i][j]` is bank i's end towards j. */
async function openAll(
  stores: MemoryStore[],
  session: number,
  mayStartFresh: boolean,
  parties = [0, 1, 2].map(i => partyOf(i)),
) {
  const channels = memoryNetwork(count);
  const open = (self: number, peer: number) =>
    openPair({
      party: parties[self],
      peer,
      channel: channels[self],
      sessionId: new Uint8Array(32).fill(session),
      random: seeded(`${session} ${self} ${peer}`),
      links: new LinkStock(stores[self], Uint8Array.of(1)),
      mayStartFresh,
      lpn: smallLpn,
    }).catch(error => {
      channels[0].close();
      throw error;
    });
  const ends = [0, 1, 2].map(self => [0, 1, 2].map(peer => (self === peer ? undefined : open(self, peer))));
  const settled = await Promise.allSettled(ends.flat());
  return { settled, pair: async (i: number, j: number) => (await ends[i][j]) as Pair };
}

/** A pair of a network of two. */
function openTwo(channels: MemoryChannel[]): Promise<[Pair, Pair]> {
  const open = (self: number) =>
    openPair({
      party: { self, count: 2, deltas: [self === 1 ? 5n : 0n, self === 0 ? 6n : 0n] },
      peer: 1 - self,
      channel: channels[self],
      sessionId: new Uint8Array(32),
      random: seeded(`bank ${self}`),
      links: new LinkStock(memoryStore(), Uint8Array.of(1)),
      mayStartFresh: true,
      lpn: smallLpn,
    });
  return Promise.all([open(0), open(1)]);
}

test('three banks open their pairs at once, and every correlation holds in both directions', async t => {
  const { settled, pair } = await openAll([memoryStore(), memoryStore(), memoryStore()], 1, true);
  t.true(settled.every(({ status }) => status === 'fulfilled'));
  for (const [i, j] of [
    [0, 1],
    [1, 0],
    [2, 1],
    [0, 2],
  ]) {
    const [own, peer] = [await pair(i, j), await pair(j, i)];
    const [{ u, tag }, Q] = await Promise.all([own.sharer.extend(7), peer.verifier.extend(7)]);
    const rest = subVec(tag, Q);
    addScaledInto(rest, u, P - D(j, i));
    t.true(rest.every(element => element === 0n));
    const choices = Uint8Array.of(1, 0, 1, 1, 0);
    const [sent, chosen] = await Promise.all([own.otSender.send(5), peer.otReceiver.receive(choices)]);
    choices.forEach((choice, k) => {
      const block = (bytes: Uint8Array) => bytes.slice(16 * k, 16 * k + 16);
      t.deepEqual(block(chosen), block(choice === 1 ? sent.one : sent.zero));
    });
  }
});

test('a second session with the same keys opens; with a changed key it does not', async t => {
  const stores = [memoryStore(), memoryStore(), memoryStore()];
  await openAll(stores, 1, true);
  const again = await openAll(stores, 2, false);
  t.true(again.settled.every(({ status }) => status === 'fulfilled'));
  const changed = partyOf(1, (verifier, sharer) => (sharer === 2 ? 99n : D(verifier, sharer)));
  const { settled } = await openAll(stores, 3, false, [partyOf(0), changed, partyOf(2)]);
  const failures = settled.flatMap(end => (end.status === 'rejected' ? [end.reason.code] : []));
  t.true(failures.includes('DEVIATION'));
});

test('under fixed randomness a pair opens with the same bytes as ever', async t => {
  const frames: Uint8Array[][] = [[], []];
  const keep: OnFrame = (from, _to, frame) => {
    frames[from].push(frame.slice());
    return frame;
  };
  const [a, b] = await openTwo(memoryNetwork(2, keep));
  t.is(toHex(hash('test', ...frames.flat())), 'af98c53f9f163e7ee8e4b0cfbfa898c3c5cd0bdba675aeb4eef8d121d838e0ef');
  t.deepEqual([a.traffic.sent, a.traffic.received], [b.traffic.received, b.traffic.sent]);
});

test('a pair that has failed does nothing any more', async t => {
  const channels = memoryNetwork(2);
  const [a] = await openTwo(channels);
  channels[0].close();
  await t.throwsAsync(a.sharer.extend(1), { code: 'SESSION_ENDED' });
  await t.throwsAsync(a.otSender.send(1), { code: 'SESSION_ENDED' });
});
