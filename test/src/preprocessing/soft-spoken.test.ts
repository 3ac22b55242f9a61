/** COT extension and its check. */
import test from 'ava';
import { equalBytes, hash, toHex } from '../../../src/crypto/index.js';
import { kinds } from '../../../src/preprocessing/conversation.js';
import { ristretto255 } from '../../../src/preprocessing/group.js';
import { type PlaceBits, TreePuncturer } from '../../../src/preprocessing/punctured-trees.js';
import {
  otBatchMax,
  placeBitsDefault,
  SoftSpokenReceiver,
  SoftSpokenSender,
} from '../../../src/preprocessing/soft-spoken.js';
import type { OnFrame } from '../../harness/memory-channel.js';
import { flip, reason, seeded, tamper, twoBanks, values } from './talks.js';

/** Every k there is. */
const allPlaceBits: readonly PlaceBits[] = [1, 2, 4, 8];

interface Setup {
  readonly placeBits?: PlaceBits;
  readonly onFrame?: OnFrame;
  readonly Sender?: typeof SoftSpokenSender;
  readonly puncturer?: TreePuncturer;
}

/** Bank 0 sends, bank 1 receives. */
async function setup(o: Setup = {}) {
  const { talks, run } = twoBanks(o.onFrame);
  const { placeBits = placeBitsDefault } = o;
  const direction = { sender: 0, receiver: 1 };
  const common = { context: new Uint8Array(32), direction, group: await ristretto255(), placeBits };
  const ends = await run(
    (o.Sender ?? SoftSpokenSender).open({ ...common, talk: talks[0], random: seeded('sender') }, o.puncturer),
    SoftSpokenReceiver.open({ ...common, talk: talks[1], random: seeded('receiver') }),
  );
  return { ends, run };
}

async function transfer(count: number, o: Setup = {}) {
  const { ends, run } = await setup(o);
  const [sender, receiver] = values(ends);
  const choices = seeded('choices')
    .bytes(count)
    .map(byte => byte & 1);
  return { choices, halves: await run(sender.send(count), receiver.receive(choices)) };
}

/** Positions at which the chosen block is not the receiver's. */
function wrong(choices: Uint8Array, sent: { zero: Uint8Array; one: Uint8Array }, received: Uint8Array): number[] {
  const block = (bytes: Uint8Array, k: number) => bytes.subarray(16 * k, 16 * k + 16);
  return [...choices.keys()].filter(
    k => !equalBytes(block(received, k), block(choices[k] === 1 ? sent.one : sent.zero, k)),
  );
}

for (const [placeBits, counts] of [
  [1, [433]],
  [2, [1, 7, 128, 433]],
  [4, [1, 433]],
  [8, [433]],
] as const) {
  for (const count of counts) {
    test(`k = ${placeBits}: of ${count} pairs the receiver has the blocks it chose, and no others`, async t => {
      const { choices, halves } = await transfer(count, { placeBits });
      const [sent, received] = values(halves);
      t.deepEqual([sent.zero.length, sent.one.length, received.length], [16 * count, 16 * count, 16 * count]);
      t.deepEqual(wrong(choices, sent, received), []);
      const others = choices.map(bit => bit ^ 1);
      t.is(wrong(others, sent, received).length, count);
    });
  }
}

test('batches follow each other, and no position of one is hashed again in the next', async t => {
  const { ends, run } = await setup();
  const [sender, receiver] = values(ends);
  const seen = new Set<string>();
  const counts = [1, otBatchMax + 7, 0, 61];
  for (const count of counts) {
    const choices = new Uint8Array(count).map((_, k) => k & 1);
    const [sent, received] = values(await run(sender.send(count), receiver.receive(choices)));
    t.deepEqual(wrong(choices, sent, received), []);
    for (let k = 0; k < count; k++) seen.add(toHex(sent.zero.subarray(16 * k, 16 * k + 16)));
  }
  t.is(
    seen.size,
    counts.reduce((sum, count) => sum + count, 0),
  );
});

const digests = {
  2: 'b2371df00461644da430b688fe94ebd5c91299c15f5fb2f363021ebcd3020e9f',
  4: 'f76185ad46192f05d4efb664e0e9f269f70e23ae91addfca4ab7c88be54398be',
};
for (const placeBits of [2, 4] as const) {
  test(`k = ${placeBits}: under fixed randomness the wire carries the same bytes as ever`, async t => {
    const frames: Uint8Array[] = [];
    const keep: OnFrame = (_from, _to, frame) => {
      frames.push(frame.slice());
      return frame;
    };
    await transfer(433, { placeBits, onFrame: keep });
    t.is(toHex(hash('test', ...frames)), digests[placeBits]);
  });
}

/** One choice turned in half of the places and not in the others. */
const columnBytes = (433 + 79 + 128) / 8;
const splitChoice = (placeBits: PlaceBits) =>
  tamper(1, kinds.extensionCorrections, frame => {
    for (let i = 0; i < 64 / placeBits; i++) frame[1 + i * columnBytes] ^= 1 << 5;
    return frame;
  });

for (const placeBits of allPlaceBits) {
  test(`k = ${placeBits}: a receiver with different choices in different places is named`, async t => {
    const { halves } = await transfer(433, { placeBits, onFrame: splitChoice(placeBits) });
    t.like(reason(halves[0]), { code: 'DEVIATION', culprit: 1 });
  });

  test(`k = ${placeBits}: canary: without the check of the columns that receiver gets through`, async t => {
    class Gullible extends SoftSpokenSender {
      protected override holds(): boolean {
        return true;
      }
    }
    const { choices, halves } = await transfer(433, { placeBits, onFrame: splitChoice(placeBits), Sender: Gullible });
    const [sent, received] = values(halves);
    t.deepEqual(wrong(choices, sent, received), [5]);
  });
}

for (const at of [1, 9, 17, 2000]) {
  test(`a response changed at byte ${at} names the receiver`, async t => {
    const { halves } = await transfer(433, { onFrame: tamper(1, kinds.extensionResponse, flip(at, 3)) });
    t.like(reason(halves[0]), { code: 'DEVIATION', culprit: 1 });
  });
}

/**
 * Both lowest sums of every tree changed, or of 20: there is no bet on Delta under which all of them pass unseen. With k = 1
 * there are no sums but those of the tags.
 */
const badSums = (placeBits: PlaceBits) =>
  tamper(1, kinds.puncturedTrees, frame => {
    const treeBytes = 32 * placeBits;
    for (let i = 0; i < Math.min(20, 128 / placeBits); i++) {
      const end = 1 + (i + 1) * treeBytes - 32;
      frame[end - 32] ^= 1;
      frame[end - 16] ^= 1;
    }
    return frame;
  });

for (const placeBits of [2, 4, 8] as const) {
  test(`k = ${placeBits}: a receiver whose trees do not fit their sums is named`, async t => {
    const { ends } = await setup({ placeBits, onFrame: badSums(placeBits) });
    t.like(reason(ends[0]), { code: 'DEVIATION', culprit: 1 });
  });

  test(`k = ${placeBits}: canary: without the check of the trees those sums get through`, async t => {
    class Gullible extends TreePuncturer {
      protected override holds(): boolean {
        return true;
      }
    }
    const onFrame = badSums(placeBits);
    const { ends, run } = await setup({ placeBits, onFrame, puncturer: new Gullible() });
    const [sender, receiver] = values(ends);
    const [sent] = await run(sender.send(7), receiver.receive(new Uint8Array(7)));
    t.like(reason(sent), { code: 'DEVIATION', culprit: 1 }, 'and spoil what is built on them');
  });
}

for (const placeBits of allPlaceBits) {
  test(`k = ${placeBits}: a receiver whose tag sums are wrong is named`, async t => {
    const tagSum = 1 + 32 * (placeBits - 1) + 8;
    const { ends } = await setup({ placeBits, onFrame: tamper(1, kinds.puncturedTrees, flip(tagSum)) });
    t.like(reason(ends[0]), { code: 'DEVIATION', culprit: 1 });
  });
}

test('two banks with different k do not get past the trees', async t => {
  const { talks, run } = twoBanks();
  const common = { context: new Uint8Array(32), direction: { sender: 0, receiver: 1 }, group: await ristretto255() };
  const [sender] = await run(
    SoftSpokenSender.open({ ...common, talk: talks[0], random: seeded('sender'), placeBits: 4 }),
    SoftSpokenReceiver.open({ ...common, talk: talks[1], random: seeded('receiver'), placeBits: 2 }),
  );
  t.like(reason(sender), { code: 'DEVIATION', culprit: 1 });
});
