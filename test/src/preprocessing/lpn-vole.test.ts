/** VOLE by LPN, over rounds. */
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
  const { channels, talks, run } = twoBanks(onFrame);
  const [ots, vole] = [dealtOts(), dealtVole(D)];
  const context = Uint8Array.of(5);
  let drawn = 0;
  const reserved: Vec[] = [];
  const source = {
    extend: async (count: number) => {
      drawn += count;
      const rows = await vole.sharer.extend(count);
      reserved.push(rows.u, rows.tag);
      return rows;
    },
    wipe() {},
  };
  const sharer = new LpnSharer(
    { talk: talks[0], context, random: seeded('sharer'), parameters, once },
    ots.receiver,
    source,
  );
  const verifierSetup = { talk: talks[1], context, random: seeded('verifier'), parameters, once };
  const verifier = new LpnVerifier(verifierSetup, D, ots.sender, vole.verifier);
  return {
    sharer,
    verifier,
    close: channels[0].close,
    extend: (count: number) => run(sharer.extend(count), verifier.extend(count)),
    drawn: () => drawn,
    /** What the sharer has drawn, and keeps the next round's rows in. */
    reserved,
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

/** Every vector of some length that is made while `run` runs. */
async function vectorsMade(run: () => Promise<unknown>): Promise<Vec[]> {
  const made: Vec[] = [];
  const Original = BigUint64Array;
  const spy = new Proxy(Original, {
    construct(target, args) {
      const vector = Reflect.construct(target, args) as Vec;
      if (typeof args[0] === 'number' && args[0] > 0) made.push(vector);
      return vector;
    },
  });
  globalThis.BigUint64Array = spy;
  try {
    await run();
  } finally {
    globalThis.BigUint64Array = Original;
  }
  return made;
}

test.serial('rounds come and go in the same memory, and what was handed out is not in it', async t => {
  const { extend } = setup();
  const [first, firstQ] = values(await extend(29));
  const before = [first.u, first.tag, firstQ].map(vector => vector.slice());
  const long = (vectors: Vec[]) => vectors.filter(({ length }) => length === rowCountOf(small)).length;
  const made = await vectorsMade(async () => values(await extend(29 * 8)));
  t.is(long(made), 0, 'no other memory for the leaves of a round');
  t.deepEqual([first.u, first.tag, firstQ], before);
});

test.serial('when a session ends nothing of a round is left, and nothing is handed out', async t => {
  const { extend, sharer, verifier, reserved } = setup();
  const handedOut: Vec[] = [];
  const made = await vectorsMade(async () => {
    const [own, Q] = values(await extend(30));
    handedOut.push(own.u, own.tag, Q);
  });
  const isState = (vector: Vec) =>
    [small.base, rowCountOf(small)].includes(vector.length) &&
    !handedOut.some(({ buffer }) => buffer === vector.buffer);
  // borrowed for a check and given back, others have been wiped already
  const held = [...made.filter(isState), ...reserved].filter(vector => !isZero(vector));
  t.is(held.length, 7, 'x, T_x, w; Q_x, v; the reserved rows');
  sharer.wipe();
  verifier.wipe();
  t.true(held.every(isZero));
  t.false(handedOut.some(isZero), 'what was handed out is its owner’s');
  await t.throwsAsync(sharer.extend(1), { code: 'SESSION_ENDED' });
  await t.throwsAsync(verifier.extend(1), { code: 'SESSION_ENDED' });
});

test.serial('a session that ends in the middle of a round leaves nothing of it', async t => {
  let said = 0;
  const held: { close: () => void } = { close: () => {} };
  const { extend, close } = setup(small, (_from, _to, frame) => {
    if (++said === 4) held.close(); // in the check, after the trees
    return frame;
  });
  held.close = close;
  const made = await vectorsMade(async () => {
    for (const half of await extend(1)) t.is(half.status, 'rejected');
  });
  const round = made.filter(({ length }) => length === rowCountOf(small));
  t.is(round.length, 2);
  t.true(round.every(isZero));
});
