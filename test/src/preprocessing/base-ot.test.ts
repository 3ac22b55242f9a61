/** Base oblivious transfer, also against another implementation of the group. */
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import test from 'ava';
import { equalBytes, hash, toHex } from '../../../src/crypto/index.js';
import { receiveBaseOts, sendBaseOts } from '../../../src/preprocessing/base-ot.js';
import { kinds } from '../../../src/preprocessing/conversation.js';
import { type Group, ristretto255 as sodiumGroup } from '../../../src/preprocessing/group.js';
import { reason, seeded, tamper, twoBanks, values } from './talks.js';

const context = new Uint8Array(32).fill(7);
const choices = Uint8Array.of(0, 1, 1, 0, 1, 0, 0);

async function transfer(group: Group, onFrame?: Parameters<typeof twoBanks>[0]) {
  const { talks, run } = twoBanks(onFrame);
  return run(
    sendBaseOts(talks[0], context, choices.length, group, seeded('sender')),
    receiveBaseOts(talks[1], context, choices, group, seeded('receiver')),
  );
}

test('the receiver gets the block it chose, and it is not the other one', async t => {
  const [sent, received] = values(await transfer(await sodiumGroup()));
  choices.forEach((choice, k) => {
    t.true(equalBytes(received[k], choice === 1 ? sent.one[k] : sent.zero[k]));
    t.false(equalBytes(received[k], choice === 1 ? sent.zero[k] : sent.one[k]));
  });
  t.is(new Set([...sent.zero, ...sent.one].map(toHex)).size, 2 * choices.length);
});

/** The same group by another library. */
const nobleGroup: Group = (() => {
  const { Point } = ristretto255;
  const order = Point.Fn.ORDER;
  const little = (bytes: Uint8Array) => BigInt(`0x${toHex(bytes.slice().reverse())}`);
  const encoded = (value: bigint) => Point.Fn.toBytes(value % order);
  return {
    scalar: uniform => encoded(little(uniform)),
    element: uniform => ristretto255_hasher.deriveToCurve!(uniform).toBytes(),
    multiplyBase: scalar => Point.BASE.multiply(little(scalar)).toBytes(),
    multiply: (scalar, element) => Point.fromBytes(element).multiply(little(scalar)).toBytes(),
    add: (a, b) => Point.fromBytes(a).add(Point.fromBytes(b)).toBytes(),
    subtract: (a, b) => Point.fromBytes(a).subtract(Point.fromBytes(b)).toBytes(),
  };
})();

test('another implementation of ristretto255 puts the same bytes on the wire and in the keys', async t => {
  const digests = [];
  for (const group of [await sodiumGroup(), nobleGroup]) {
    const frames: Uint8Array[] = [];
    const [sent, received] = values(
      await transfer(group, (_from, _to, frame) => {
        frames.push(frame.slice());
        return frame;
      }),
    );
    digests.push(toHex(hash('test', ...frames, ...sent.zero, ...sent.one, ...received)));
  }
  t.is(digests[0], digests[1]);
});

test('another context gives other keys', async t => {
  const group = await sodiumGroup();
  const { talks, run } = twoBanks();
  const [sent, received] = values(
    await run(
      sendBaseOts(talks[0], context, 1, group, seeded('sender')),
      receiveBaseOts(talks[1], new Uint8Array(32), Uint8Array.of(1), group, seeded('receiver')),
    ),
  );
  t.false(equalBytes(received[0], sent.one[0]));
  t.false(equalBytes(received[0], sent.zero[0]));
});

test('a sender whose message is no group element is named', async t => {
  for (const bad of [0xff, 0]) {
    const cheat = tamper(0, kinds.baseOtSender, frame => frame.fill(bad, 1, 33));
    const [, received] = await transfer(await sodiumGroup(), cheat);
    t.like(reason(received), { code: 'DEVIATION', culprit: 0 });
  }
});

test('a receiver whose message is no group element is named', async t => {
  const cheat = tamper(1, kinds.baseOtReceiver, frame => frame.fill(0xff, 33, 65));
  const [sent] = await transfer(await sodiumGroup(), cheat);
  t.like(reason(sent), { code: 'DEVIATION', culprit: 1 });
});

test('a message of another length or kind names its sender', async t => {
  const group = await sodiumGroup();
  const [sent] = await transfer(
    group,
    tamper(1, kinds.baseOtReceiver, frame => frame.slice(1)),
  );
  t.like(reason(sent), { code: 'DEVIATION', culprit: 1 });
  const [again] = await transfer(
    group,
    tamper(1, kinds.baseOtReceiver, frame => frame.fill(kinds.voleRows, 0, 1)),
  );
  t.like(reason(again), { code: 'DEVIATION', culprit: 1 });
});
