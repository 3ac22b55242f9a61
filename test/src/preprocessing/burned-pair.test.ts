/** A pair whose key was bet on is burned for good. */
import test from 'ava';
import { isCode } from '../../../src/errors.js';
import { LinkStock } from '../../../src/preprocessing/link-stock.js';
import { openPair } from '../../../src/preprocessing/pair.js';
import { memoryNetwork, type OnFrame } from '../../harness/memory-channel.js';
import { memoryStore } from '../../harness/memory-store.js';
import { seeded } from './talks.js';

/** Bank, and whom it was told of. */
const told: [number, number | undefined][] = [];
const stores = [memoryStore(), memoryStore()];

/** Both ends; when one fails, the session ends for the other. */
async function open(session: number, onFrame?: OnFrame) {
  const channels = memoryNetwork(2, onFrame);
  const ends = [0, 1].map(self =>
    openPair({
      party: { self, count: 2, deltas: [self === 1 ? 5n : 0n, self === 0 ? 6n : 0n] },
      peer: 1 - self,
      channel: channels[self],
      sessionId: new Uint8Array(32).fill(session),
      random: seeded(`${session} ${self}`),
      links: new LinkStock(stores[self], Uint8Array.of(1)),
      mayStartFresh: true,
      deviated: error => told.push([self, error.culprit]),
    }).catch(error => {
      channels[0].close();
      throw error;
    }),
  );
  return Promise.allSettled(ends);
}

const codeOf = (outcome: PromiseSettledResult<unknown>) =>
  outcome.status === 'rejected' && isCode(outcome.reason, 'DEVIATION', 'SESSION_ENDED', 'PAIR_BURNED')
    ? outcome.reason.code
    : outcome.status;

test('a failed check burns the pair’s key before it is told, and a burned key enters no session again', async t => {
  let frames = 0;
  const cheat: OnFrame = (from, _to, frame) => {
    // the last byte of a later, long frame of bank 1: a check of bank 0 fails
    if (from === 1 && frame.length > 4096 && frames++ === 1) frame[frame.length - 1] ^= 1;
    return frame;
  };
  const first = await open(1, cheat);
  t.is(codeOf(first[0]), 'DEVIATION');
  t.deepEqual(told, [[0, 1]]);
  t.true(await new LinkStock(stores[0], Uint8Array.of(1)).isBurned(1));
  t.false(await new LinkStock(stores[1], Uint8Array.of(1)).isBurned(0));
  let said = 0;
  const second = await open(2, (from, _to, frame) => {
    if (from === 0) said++;
    return frame;
  });
  t.deepEqual(second.map(codeOf), ['PAIR_BURNED', 'SESSION_ENDED']);
  t.is(said, 0);
});
