import test from 'ava';
import { addScaledInto, P, subVec, type Vec } from '../../../src/field/index.js';
import {
  type LpnParameters,
  lpnStages,
  reservedCountOf,
  rowCountOf,
} from '../../../src/preprocessing/lpn-parameters.js';
import { LpnSharer, LpnVerifier } from '../../../src/preprocessing/lpn-vole.js';
import type { OnFrame } from '../../harness/memory-channel.js';
import { dealtOts, dealtVole } from './dealt-correlations.js';
import { seeded, twoBanks, values } from './talks.js';

const D = (1n << 60n) + 0x123456789abcde5n;
/** 56 rows, of which 27 are the next round's. */
const small: LpnParameters = { base: 19, blocks: 7, blockBits: 3 };

function setup(parameters = small, onFrame?: OnFrame, once = false) {
  const { talks, run } = twoBanks(onFrame);
  const [ots, vole] = [dealtOts(), dealtVole(D)];
  const context = Uint8Array.of(5);
  let drawn = 0;
  const source = {
    extend: (count: number) => {
      drawn += count;
      return vole.sharer.extend(count);
    },
  };
  const sharer = new LpnSharer(
    { talk: talks[0], context, random: seeded('sharer'), parameters, once },
    ots.receiver,
    source,
  );
  const verifierSetup = { talk: talks[1], context, random: seeded('verifier'), parameters, once };
  const verifier = new LpnVerifier(verifierSetup, D, ots.sender, vole.verifier);
  return {
    extend: (count: number) => run(sharer.extend(count), verifier.extend(count)),
    drawn: () => drawn,
  };
}

/** T - Q - D*u */
function rest({ u, tag }: { u: Vec; tag: Vec }, Q: Vec): Vec {
  const difference = subVec(tag, Q);
  addScaledInto(difference, u, P - D);
  return difference;
}
const isZero = (v: Vec) => v.every(element => element === 0n);

test('T = Q + D*u, in any portions and over many rounds, and only the first round draws from the source', async t => {
  const { extend, drawn } = setup();
  const seen = new Set<bigint>();
  const counts = [0, 1, 7, 28, 29, 30, 433];
  for (const count of counts) {
    const [own, Q] = values(await extend(count));
    t.deepEqual([own.u.length, own.tag.length, Q.length], [count, count, count]);
    t.true(isZero(rest(own, Q)));
    for (const element of [...own.u, ...own.tag, ...Q]) seen.add(element);
  }
  t.is(seen.size, 3 * counts.reduce((sum, count) => sum + count), 'no element comes twice');
  t.is(drawn(), reservedCountOf(small));
});

test('nothing is drawn and nothing said before elements are asked for', async t => {
  let frames = 0;
  const { extend, drawn } = setup(small, (_from, _to, frame) => {
    frames++;
    return frame;
  });
  values(await extend(0));
  t.is(drawn(), 0);
  t.is(frames, 0);
});

test('a round of the real parameters', async t => {
  const { first, main } = lpnStages;
  t.is(rowCountOf(main), 636_928);
  t.is(rowCountOf(main) - reservedCountOf(main), 571_683);
  t.true(rowCountOf(first) >= reservedCountOf(main), 'a first stage is enough for a round');
  const { extend } = setup(main);
  const [own, Q] = values(await extend(433));
  t.true(isZero(rest(own, Q)));
});

test('parameters that make no more than they take are refused', t => {
  t.throws(() => setup({ base: 49, blocks: 7, blockBits: 3 }), { message: /makes more than it takes/ });
});

test('a first stage hands out all rows of one round, and has no other', async t => {
  const { extend, drawn } = setup(small, undefined, true);
  const [own, Q] = values(await extend(56));
  t.true(isZero(rest(own, Q)));
  t.is(drawn(), reservedCountOf(small));
  const [sharer] = await extend(1);
  t.is(sharer.status, 'rejected');
});
