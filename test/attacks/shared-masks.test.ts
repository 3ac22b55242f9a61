/**
 * Attacks on the randomness of preprocessing and proofs, played against the code with that one defence taken away: a mask or a
 * raw tuple that serves twice, one point where two are asked for.
 *
 * Defences are taken away by patching prototypes: tests here run one after the other.
 */
import test from 'ava';
import { hash, prgVec } from '../../src/crypto/index.js';
import { fp, inner, P, subVec, type Vec, vec } from '../../src/field/index.js';
import { BlockChecks } from '../../src/ledger/checks.js';
import { transferLayout } from '../../src/operations/index.js';
import { unitVector } from '../../src/operations/shape.js';
import type { Randomness } from '../../src/ports.js';
import { extracted, headsOf, matrixLength, rawLength } from '../../src/preprocessing/extraction.js';
import { ProductLot } from '../../src/preprocessing/products.js';
import { drawTaus, proofHolds, proofWeights } from '../../src/proof/index.js';
import { CoinToss, type Outgoing, Rounds } from '../../src/session/index.js';
import { runBlock, type World } from '../harness/banks.js';
import { dealShares, makeParties, reconstruct } from '../harness/dealer.js';
import { sample } from '../src/field/vectors.js';
import { applyAll, openedWorld, results } from '../src/ledger/cheaters.js';
import { forgedTransfer } from '../src/ledger/forgers.js';
import { made, runLot } from '../src/preprocessing/lots-of-products.js';
import { seeded } from '../src/preprocessing/talks.js';

const { step } = Rounds.prototype;
const { finish } = CoinToss.prototype;
const { judge } = BlockChecks.prototype;

test.afterEach.always(() => {
  Object.assign(Rounds.prototype, { step });
  Object.assign(CoinToss.prototype, { finish });
  Object.assign(BlockChecks.prototype, { judge });
});

// --- one tau ----------------------------------------------------------------------------------------------------------

/** A negative amount; its proof is bent so that f*g - h, wrong as it is, has a root at the point that the holder guessed. */
function bentTransfer(world: World, tau: bigint) {
  const { circuit, amount } = transferLayout(world.network);
  return forgedTransfer(world, [0, 3, 0n], {
    change: x => {
      x[amount.at] = P - 60n;
    },
    after: x => {
      const { matrix } = proofWeights(circuit, [tau, tau]);
      const row = (k: number) => matrix.subarray(k * circuit.length, (k + 1) * circuit.length);
      const [f, g, h] = [0, 1, 2].map(k => inner(row(k), x));
      const h0 = circuit.proof.at + 4;
      // h(tau) = ... + lambda_0(tau)*h_0
      const by = fp.mul(fp.sub(fp.mul(f, g), h), fp.inv(row(2)[h0]));
      x[h0] = fp.add(x[h0], by);
    },
  });
}

/** What a guess of 2^-49 is in a test: a coin known before. */
function foreseenCoin(): readonly [bigint, bigint] {
  const coin = hash('test/foreseen');
  CoinToss.prototype.finish = () => coin;
  return drawTaus(hash('covault/coin/tau', coin));
}

test.serial('a holder that guesses one of the two points is rejected at the other', async t => {
  const world = await openedWorld(2, 3);
  for (const tau of foreseenCoin()) {
    for (const { statuses } of results(await runBlock(world, [bentTransfer(world, tau)]))) {
      t.deepEqual(statuses, [{ kind: 'rejected', reason: 'proof' }]);
    }
  }
});

test.serial('with one tau a holder that guesses it takes what is another’s', async t => {
  const world = await openedWorld(2, 3);
  const envelope = bentTransfer(world, foreseenCoin()[0]);
  BlockChecks.prototype.judge = function (header, opened) {
    const reason = judge.call(this, header, opened);
    const first = opened.subarray(1, 4);
    return reason === 'proof' && proofHolds(BigUint64Array.of(...first, ...first)) ? undefined : reason;
  };
  t.deepEqual(applyAll(world, results(await runBlock(world, [envelope]))), [160n, 200n, 300n, 340n, 0n, 0n]);
});

// --- M^ shared --------------------------------------------------------------------------------------------------------

const shape = { tuples: 2, selectors: 3, columns: 2 };

/** The payload columns are the second thing that a bank draws for a lot: the last of them is M^. */
function sharedSacrifice(random: Randomness): Randomness {
  let calls = 0;
  return {
    bytes: count => {
      const bytes = random.bytes(count);
      if (calls++ !== 1) return bytes;
      const columnBytes = 8 * rawLength(shape);
      const last = bytes.subarray(shape.columns * columnBytes);
      const { selectors, tuples } = shape;
      last.copyWithin(8 * selectors, 0, 8 * selectors); // heads of tuple 1 are those of tuple 0
      for (let tail = tuples * selectors; tail < rawLength(shape); tail += tuples) {
        last.copyWithin(8 * (tail + 1), 8 * tail, 8 * (tail + 1));
      }
      return bytes;
    },
  };
}

class SharedSacrifice extends ProductLot {
  constructor(...[o, size, context]: ConstructorParameters<typeof ProductLot>) {
    super({ ...o, random: sharedSacrifice(o.random) }, size, context);
  }
}

/**
 * Two reads of one page, its balances paid 7 from slot 2 to slot 0 between them. What a coalition makes of what is opened:
 * s_0^-1 * sum_c s_c*(column_c - M_c of the one - of the other) + s_0^-1 * (rho of the one - of the other).
 */
async function seenBetween(lotOf: typeof ProductLot): Promise<bigint[]> {
  let rho: Vec = vec([]);
  let seed = new Uint8Array(0);
  Rounds.prototype.step = async function (label: string, message: Outgoing) {
    const heard = await step.call(this, label, message);
    if (label === 'rho') rho = heard.opened.slice();
    return heard;
  };
  CoinToss.prototype.finish = function (...given) {
    seed = Uint8Array.from(finish.apply(this, given));
    return seed;
  };
  const { parties, results: lots } = await runLot({ banks: 2, shape, lotOf: () => lotOf });
  const ours = made(lots);
  const payload = [0, 1].map(c =>
    reconstruct(
      parties,
      ours.map(lot => lot.payload[c]),
    ),
  );
  const s = prgVec(seed, matrixLength(shape) + 2).slice(matrixLength(shape));
  const keys = sample(3, 5);
  const columns = [
    [vec([100, 200, 300]), keys],
    [vec([107, 200, 293]), keys],
  ];
  const K = shape.selectors;
  const opened = (t: number, c: number) => subVec(columns[t][c], payload[c].slice(t * K, (t + 1) * K));
  return Array.from({ length: K }, (_, k) => {
    const terms = [0, 1].map(c => fp.mul(s[c], fp.sub(opened(1, c)[k], opened(0, c)[k])));
    const all = fp.add(terms.reduce(fp.add), fp.sub(rho[K + k], rho[k]));
    return fp.mul(all, fp.inv(s[0]));
  });
}

test.serial('with one M^ for two tuples, two reads of a page tell who paid whom and how much', async t => {
  const paid = [7n, 0n, P - 7n];
  t.notDeepEqual(await seenBetween(ProductLot), paid);
  t.deepEqual(await seenBetween(SharedSacrifice), paid);
});

// --- two outputs ------------------------------------------------------------------------------------------------------

/** y in F^3 with y * (R - R') = 0: the two columns' cross product. */
function annihilator(difference: Vec): Vec {
  const [a, b] = [difference.subarray(0, 3), difference.subarray(3, 6)];
  const minor = (i: number, j: number) => fp.sub(fp.mul(a[i], b[j]), fp.mul(a[j], b[i]));
  return BigUint64Array.of(minor(1, 2), minor(2, 0), minor(0, 1));
}

test('with two outputs from one raw tuple, two reads of a page tell whether their slots are the same, and which', t => {
  const parties = makeParties(2, seeded('two outputs'));
  const size = { tuples: 1, selectors: 3 };
  const [R, other] = [sample(matrixLength(size), 3), sample(matrixLength(size), 4)];
  const selectorsOf = (raw: Vec, matrix: Vec) => {
    const shares = dealShares(parties, raw, seeded(`raw ${raw[0]}`));
    t.is(headsOf(shares[0], size).length, 3);
    return reconstruct(
      parties,
      shares.map(each => extracted(each, size, matrix)),
    );
  };
  const y = annihilator(subVec(R, other));
  /** Which pairs of slots are left, of nine, after E = e - u was opened for both. */
  const possible = (u: Vec, v: Vec, slots: readonly [number, number]) => {
    const E = [u, v].map((mask, k) => subVec(unitVector(3, slots[k]), mask));
    const seen = inner(y, subVec(E[0], E[1]));
    const pairs = [0, 1, 2].flatMap(a => [0, 1, 2].map(b => [a, b] as const));
    return pairs.filter(([a, b]) => inner(y, subVec(unitVector(3, a), unitVector(3, b))) === seen);
  };
  const [one, two] = [sample(rawLength(size), 1), sample(rawLength(size), 2)];
  t.deepEqual(possible(selectorsOf(one, R), selectorsOf(one, other), [2, 0]), [[2, 0]]);
  t.deepEqual(possible(selectorsOf(one, R), selectorsOf(one, other), [1, 1]).length, 3); // the same slot
  t.deepEqual(possible(selectorsOf(one, R), selectorsOf(two, other), [2, 0]), []);
});
