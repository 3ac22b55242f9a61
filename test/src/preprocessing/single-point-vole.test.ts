/** Single-point VOLE and its check. */
import test from 'ava';
import { addScaledInto, P, subVec, type Vec, zeros } from '../../../src/field/index.js';
import { kinds } from '../../../src/preprocessing/conversation.js';
import type { Forest } from '../../../src/preprocessing/ggm-forest.js';
import { lpnKernel } from '../../../src/preprocessing/lpn-parameters.js';
import { PointSharer, type Points, PointVerifier } from '../../../src/preprocessing/single-point-vole.js';
import type { OnFrame } from '../../harness/memory-channel.js';
import { dealtOts, dealtVole } from './dealt-correlations.js';
import { flip, reason, seeded, tamper, twoBanks, values } from './talks.js';

const D = (1n << 60n) + 0x123456789abcde5n;
const forest: Forest = {
  treeCount: 7,
  depth: 3,
  kernel: lpnKernel,
  context: Uint8Array.of(1),
};

/** Opens whatever it has committed to, also when the sharer's value was another. */
class ShamelessVerifier extends PointVerifier {
  protected override holds(): boolean {
    return true;
  }
}
class GullibleSharer extends PointSharer {
  protected override holds(): boolean {
    return true;
  }
}

async function play(onFrame?: OnFrame, { Sharer = PointSharer, Verifier = PointVerifier, seed = 'sharer' } = {}) {
  const { talks, run } = twoBanks(onFrame);
  const [ots, vole] = [dealtOts(), dealtVole(D)];
  const count = forest.treeCount + 1;
  const rows = forest.treeCount * 2 ** forest.depth;
  const [w, v] = [zeros(rows).fill(433n), zeros(rows).fill(433n)]; // whatever memory holds
  const sharer = new Sharer({ talk: talks[0], forest, random: seeded(seed) });
  const verifier = new Verifier({ talk: talks[1], forest, random: seeded('verifier') }, D);
  const [base, Q] = [await vole.sharer.extend(count), await vole.verifier.extend(count)];
  return run(
    sharer.run(ots.receiver, base, w).then(points => ({ ...points, w })),
    verifier.run(ots.sender, Q, v).then(() => v),
  );
}

/** w - v - D*e */
function rest({ places, values: betas, w }: Points & { readonly w: Vec }, v: Vec): Vec {
  const difference = subVec(w, v);
  const e = zeros(w.length);
  forest.kernel.points(e, places, betas, forest.depth, 0);
  addScaledInto(difference, e, P - D);
  return difference;
}
const isZero = (vector: Vec) => vector.every(element => element === 0n);

test('w = v + D*e, and e has one point in every block', async t => {
  const [points, v] = values(await play());
  t.is(v.length, 56);
  t.true(isZero(rest(points, v)));
  t.false(points.values.includes(0n));
  t.true(points.places.every(place => place < 8));
  t.true(new Set(points.places).size > 1, 'places are drawn');
});

test('a shift is only another beta: the relation is the verifier’s, and the check names the sharer that lies about it', async t => {
  const [, verifier] = await play(tamper(0, kinds.pointShifts, flip(1)));
  t.like(reason(verifier), { code: 'DEVIATION', culprit: 0 });
});

for (const [what, kind, at] of [
  ['another x*', kinds.pointChallenge, 17],
  ['another seed than it uses', kinds.pointChallenge, 1],
  ['another response', kinds.pointResponse, 1],
] as const) {
  test(`a sharer with ${what} is named`, async t => {
    const [, verifier] = await play(tamper(0, kind, flip(at)));
    t.like(reason(verifier), { code: 'DEVIATION', culprit: 0 });
  });
}

for (const [what, kind, at] of [
  ['commitment', kinds.pointCommitment, 1],
  ['opening', kinds.pointOpening, 1],
] as const) {
  test(`a verifier whose ${what} is to something else is named`, async t => {
    const [sharer] = await play(tamper(1, kind, flip(at)));
    t.like(reason(sharer), { code: 'DEVIATION', culprit: 1 });
  });
}

/** Both sums of the first tree's second level are wrong: no place is right. */
const spoilSums = tamperBoth(1 + 32);
function tamperBoth(at: number): () => OnFrame {
  return () => tamper(1, kinds.pointSums, frame => flip(at)(flip(at + 16)(frame)));
}
const spoilD = () => tamper(1, kinds.pointSums, flip(1 + 32 * 21 + 8 * 3));

for (const [what, spoil] of [
  ['trees that do not fit its sums', spoilSums],
  ['another d', spoilD],
] as const) {
  test(`a verifier with ${what} is named, when it opens all the same`, async t => {
    const [sharer] = await play(spoil(), { Verifier: ShamelessVerifier });
    t.like(reason(sharer), { code: 'DEVIATION', culprit: 1 });
  });

  test(`a verifier with ${what} that does not open ends the pair`, async t => {
    const [sharer] = await play(spoil());
    t.is(sharer.status, 'rejected');
  });

  test(`canary: without the sharer’s check ${what} spoil the correlation unseen`, async t => {
    const [points, v] = values(await play(spoil(), { Sharer: GullibleSharer, Verifier: ShamelessVerifier }));
    t.false(isZero(rest(points, v)));
  });
}

test('a verifier that bets on a bit of a place passes only where it has changed nothing', async t => {
  const outcomes = new Set<string>();
  for (let game = 0; game < 16; game++) {
    const onFrame = tamper(1, kinds.pointSums, flip(1));
    const [sharer, verifier] = await play(onFrame, { Verifier: ShamelessVerifier, seed: `sharer ${game}` });
    outcomes.add(sharer.status);
    if (sharer.status === 'rejected') t.like(reason(sharer), { code: 'DEVIATION', culprit: 1 });
    else if (verifier.status === 'fulfilled') t.true(isZero(rest(sharer.value, verifier.value)));
  }
  t.deepEqual([...outcomes].sort(), ['fulfilled', 'rejected']);
});

for (const [kind, from, at, culprit] of [
  [kinds.pointShifts, 0, 8, 0],
  [kinds.pointChallenge, 0, 24, 0],
  [kinds.pointResponse, 0, 8, 0],
  [kinds.pointSums, 1, 32 * 21 + 8, 1],
] as const) {
  test(`an element that is not below p names its sender, in message ${kind} of bank ${from}`, async t => {
    const halves = await play(tamper(from, kind, frame => frame.fill(0xff, at - 7, at + 1)));
    t.like(reason(halves[1 - culprit]), { code: 'DEVIATION', culprit });
  });
}
