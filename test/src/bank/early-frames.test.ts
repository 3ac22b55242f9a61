/**
 * Frames of a session that has not formed here yet: none of them is lost unnoticed. A bank that was marked before a restart is
 * held until every other bank's `status` has come, and that is said once in a session.
 */
import test, { type ExecutionContext } from 'ava';
import { decodeMessage } from '../../../src/agreement/messages.js';
import { EarlyFrames } from '../../../src/bank/early-frames.js';
import type { Use } from '../../../src/bank/index.js';
import {
  decodeAgreementFrame,
  encodeAgreementFrame,
  encodePreprocessingFrame,
  sessionPrefixBytes,
} from '../../../src/bank/transport.js';
import { encodeEnvelope } from '../../../src/envelope/index.js';
import { earlyBytesMax, earlyFramesMax } from '../../../src/limits.js';
import { transferEnvelope } from '../../harness/banks.js';
import { openAll, pay, quiet } from '../../harness/holders.js';
import { NetworkWorld, until } from '../../harness/network.js';

const [first, second] = [1, 2].map(byte => new Uint8Array(sessionPrefixBytes).fill(byte));
const early = (session: Uint8Array, at: number, use: Use = 'agreement', from = 1) => ({
  from,
  use,
  session,
  frame: Uint8Array.of(at),
});
const numbers = (kept: { frames: readonly { frame: Uint8Array }[] }) => kept.frames.map(({ frame }) => frame[0]);

test('they come back in order, once, and only for their session', t => {
  const frames = new EarlyFrames();
  for (const at of [3, 1, 2]) frames.keep(early(first, at));
  t.deepEqual(numbers(frames.take(second)), []);
  const taken = frames.take(first);
  t.deepEqual(numbers(taken), [3, 1, 2]);
  t.true(taken.isComplete);
  t.deepEqual(numbers(frames.take(first)), []);
});

test('what a bank says in its next session takes the place of what it said in the one before, use by use', t => {
  const frames = new EarlyFrames();
  frames.keep(early(first, 1));
  frames.keep(early(first, 2, 'preprocessing'));
  frames.keep(early(first, 3, 'agreement', 2));
  frames.keep(early(second, 4));
  t.deepEqual(numbers(frames.take(first)), [2, 3]);
  t.deepEqual(numbers(frames.take(second)), [4]);
});

test('beyond the bounds of frames and bytes it is said that some are lost, for that session alone', t => {
  const frames = new EarlyFrames();
  for (let at = 0; at < earlyFramesMax; at++) frames.keep(early(first, at));
  frames.keep(early(first, 0, 'preprocessing'));
  const full = frames.take(first);
  t.deepEqual([full.frames.length, full.isComplete], [earlyFramesMax + 1, true]);
  for (let at = 0; at <= earlyFramesMax; at++) frames.keep(early(first, at));
  t.false(frames.take(first).isComplete);
  const half = { ...early(first, 0), frame: new Uint8Array(earlyBytesMax / 2) };
  for (const each of [half, half]) frames.keep(each);
  t.true(frames.take(first).isComplete);
  for (const each of [half, half, early(first, 1)]) frames.keep(each);
  t.false(frames.take(first).isComplete);
  for (const each of [half, half, early(first, 1), early(second, 2)]) frames.keep(each);
  t.deepEqual(frames.take(second), { frames: [early(second, 2)], isComplete: true });
});

/**
 * Bank 0 stops in the middle of a block and starts again, held. Bank 2's word that the session stands comes to it late; meanwhile
 * bank 1 has said its status, and then `flood` comes from it.
 */
async function heldAndFlooded(t: ExecutionContext, flood: (session: Uint8Array) => [use: Use, frame: Uint8Array]) {
  const state = { isMuted: false, isLate: false, late: [] as Uint8Array[], computed: 0, flooded: 0 };
  const world: NetworkWorld = new NetworkWorld({
    banks: 3,
    pageSize: 1,
    balances: [100n, 100n],
    onFrame: (from, to, use, frame) => {
      if (use !== 'agreement') return frame;
      const said = decodeAgreementFrame(frame);
      if (said.kind === 'computation' && from !== 0 && state.isMuted) {
        state.computed++;
        return undefined;
      }
      if (to === 0 && from === 2 && state.isLate && (said.kind === 'confirm' || state.late.length > 0)) {
        state.late.push(frame);
        return undefined;
      }
      if (to === 0 && from === 1 && state.isLate && said.kind === 'message' && state.flooded === 0) {
        if (decodeMessage(said.bytes, 3).kind !== 'status') return frame;
        state.flooded = earlyFramesMax + 6;
        const [otherUse, more] = flood(said.session);
        world.deliver(from, to, use, frame);
        // bank 0 has the status before any of these, whatever their use
        for (let k = 0; k < state.flooded; k++) setImmediate(() => world.deliver(from, to, otherUse, more.slice()));
        setImmediate(() => setImmediate(release));
        return undefined;
      }
      return frame;
    },
  });
  const release = () => {
    state.isLate = false;
    for (const frame of state.late) world.deliver(2, 0, 'agreement', frame);
  };
  t.teardown(() => world.stopAll());
  await world.startAll();
  await openAll(world, [0, 1]);
  await quiet(world);
  state.isMuted = true;
  await world.bank(0).submit(encodeEnvelope(transferEnvelope(world, 0, 1, 1n).envelope));
  await until('a block runs', () => state.computed > 0 && world.bank(0).status().phase === 'settling');
  await world.kill(0);
  Object.assign(state, { isMuted: false, isLate: true });
  await world.start(0);
  t.is(world.bank(0).status().phase, 'connecting');
  await until('it is flooded, and the session stands', () => state.flooded > 0 && !state.isLate);
  await quiet(world);
  t.true(await pay(world, 0, 0, 1, 2n));
  t.deepEqual(
    world.banks.map(bank => bank?.status().halted),
    [undefined, undefined, undefined],
  );
}

test('a bank that is held hears a status that came early, however much preprocessing came after it', async t => {
  await heldAndFlooded(t, session => ['preprocessing', encodePreprocessingFrame(session, Uint8Array.of(1))]);
});

test('a session for which more came early than is kept ends at once, and the next one brings the status', async t => {
  const behind = { kind: 'computation', height: 1, attempt: 1, base: 0, bytes: new Uint8Array(1) } as const;
  await heldAndFlooded(t, session => ['agreement', encodeAgreementFrame({ ...behind, session })]);
});
