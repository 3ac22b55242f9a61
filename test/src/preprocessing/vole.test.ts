/** VOLE from OT, and its check. */
import test from 'ava';
import { prg } from '../../../src/crypto/index.js';
import { addScaledInto, equalVec, P, subVec, type Vec, vec } from '../../../src/field/index.js';
import { kinds } from '../../../src/preprocessing/conversation.js';
import type { OtReceiver, OtSender } from '../../../src/preprocessing/ot.js';
import { CopeeSharer, CopeeVerifier, voleBatchMax } from '../../../src/preprocessing/vole.js';
import type { OnFrame } from '../../harness/memory-channel.js';
import { flip, reason, seeded, tamper, twoBanks, values } from './talks.js';

/** Bits 0, 2 and 60 are 1, bits 1 and 3 are 0. */
const D = (1n << 60n) + 0x123456789abcde5n;

/** OTs from a dealer: the extension has tests of its own. */
const otSender: OtSender = {
  send: async count => ({
    zero: prg(new Uint8Array(16).fill(1), 16 * count),
    one: prg(new Uint8Array(16), 16 * count),
  }),
};
const otReceiver: OtReceiver = {
  async receive(choices) {
    const { zero, one } = await otSender.send(choices.length);
    return zero.map((byte, at) => (choices[at >> 4] === 1 ? one[at] : byte));
  },
};

async function setup(onFrame?: OnFrame, Verifier = CopeeVerifier, key = D) {
  const { talks, run } = twoBanks(onFrame);
  const [sharer, verifier] = values(
    await run(
      CopeeSharer.open(talks[0], otSender, seeded('sharer')),
      Verifier.open(talks[1], otReceiver, key, seeded('verifier')),
    ),
  );
  return { extend: (count: number) => run(sharer.extend(count), verifier.extend(count)) };
}

/** T - Q - D*u */
function rest({ u, tag }: { u: Vec; tag: Vec }, Q: Vec, key = D): Vec {
  const difference = subVec(tag, Q);
  addScaledInto(difference, u, P - key);
  return difference;
}
const zero = (v: Vec) => v.every(element => element === 0n);

for (const count of [0, 1, 7, 433]) {
  test(`T = Q + D*u for ${count} elements`, async t => {
    const [own, Q] = values(await (await setup()).extend(count));
    t.deepEqual([own.u.length, own.tag.length, Q.length], [count, count, count]);
    t.true(zero(rest(own, Q)));
  });
}

for (const key of [1n, P - 1n, 1n << 60n]) {
  test(`T = Q + D*u for D = ${key}`, async t => {
    const [own, Q] = values(await (await setup(undefined, CopeeVerifier, key)).extend(7));
    t.true(zero(rest(own, Q, key)));
  });
}

test('batches follow each other and no element comes twice', async t => {
  const { extend } = await setup();
  const seen = new Set<bigint>();
  for (const count of [7, voleBatchMax + 5, 1]) {
    const [own, Q] = values(await extend(count));
    t.true(zero(rest(own, Q)));
    for (const element of [...own.u, ...own.tag, ...Q]) seen.add(element);
  }
  t.is(seen.size, 3 * (7 + voleBatchMax + 5 + 1));
});

/** One element of row i is that of u + 1: what a sharer with two vectors sends. */
const length = 8;
const otherU = (row: number) =>
  tamper(0, kinds.voleRows, frame => {
    const at = 1 + 8 * (row * length + 3);
    const view = new DataView(frame.buffer, frame.byteOffset);
    view.setBigUint64(at, vec([view.getBigUint64(at, true) + 1n])[0], true);
    return frame;
  });

for (const row of [0, 2, 60]) {
  test(`a sharer with another u in row ${row}, where D has a 1, is named`, async t => {
    const [, verifier] = await (await setup(otherU(row))).extend(length - 1);
    t.like(reason(verifier), { code: 'DEVIATION', culprit: 0 });
  });
}

test('a sharer that bets on a 0 of D and wins has changed nothing', async t => {
  const [own, Q] = values(await (await setup(otherU(3))).extend(length - 1));
  t.true(zero(rest(own, Q)));
});

test('canary: without the check a sharer with two vectors spoils an element unseen', async t => {
  class Gullible extends CopeeVerifier {
    protected override holds(): boolean {
      return true;
    }
  }
  const [own, Q] = values(await (await setup(otherU(2), Gullible)).extend(length - 1));
  const off = rest(own, Q);
  t.is(off[3], 4n, 'Q is off by 2^row');
  t.true(equalVec(subVec(off, vec([0, 0, 0, 4, 0, 0, 0])), vec([0, 0, 0, 0, 0, 0, 0])));
});

for (const at of [1, 9]) {
  test(`a response changed at byte ${at} names the sharer`, async t => {
    const [, verifier] = await (await setup(tamper(0, kinds.voleResponse, flip(at)))).extend(7);
    t.like(reason(verifier), { code: 'DEVIATION', culprit: 0 });
  });
}

test('an element that is not below p names the sharer', async t => {
  const cheat = tamper(0, kinds.voleRows, frame => frame.fill(0xff, 1, 9));
  const [, verifier] = await (await setup(cheat)).extend(7);
  t.like(reason(verifier), { code: 'DEVIATION', culprit: 0 });
});
