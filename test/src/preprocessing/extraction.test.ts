/** Selectors extracted from more raw ones. */
import test from 'ava';
import { fp, type Vec } from '../../../src/field/index.js';
import {
  extracted,
  headsOf,
  matrixLength,
  rawLength,
  rawSums,
  shifted,
  shiftLength,
  shiftOf,
  TAU,
  tupleSums,
} from '../../../src/preprocessing/extraction.js';
import { dealShares, makeParties, reconstruct } from '../../harness/dealer.js';
import { sample } from '../field/vectors.js';
import { seeded } from './talks.js';

const parties = makeParties(3, seeded('extraction'));
const deal = (x: Vec) => dealShares(parties, x, seeded(`shares ${x.length}`));
const each = <T>(count: number, of: (k: number) => T) => Array.from({ length: count }, (_, k) => of(k));
const sum = (terms: readonly bigint[]) => terms.reduce(fp.add, 0n);

for (const [selectors, tuples] of [
  [1, 7],
  [3, 5],
  [16, 2],
  [256, 1],
]) {
  const shape = { tuples, selectors };
  const heads = tuples * selectors;
  const tail = (raw: Vec, t: number, h: number) => raw[heads + h * tuples + t];
  const [v, m, R] = [rawLength(shape), rawLength(shape), matrixLength(shape)].map(sample);
  const [vs, ms] = [deal(v), deal(m)];
  const u = each(heads, k => {
    const terms = each(TAU - 1, h => fp.mul(R[h * heads + k], tail(v, Math.floor(k / selectors), h)));
    return sum([v[k], ...terms]);
  });

  test(`${tuples} tuples of ${selectors}: u is the heads and R times the tails`, t => {
    const opened = reconstruct(
      parties,
      vs.map(each => extracted(each, shape, R)),
    );
    t.deepEqual([...opened], u);
  });

  test(`${tuples} tuples of ${selectors}: delta is R transposed times the payload's heads, less its tails`, t => {
    const opened = reconstruct(
      parties,
      ms.map(each => shiftOf(each, shape, R)),
    );
    const due = each(TAU - 1, h =>
      each(tuples, t => {
        const terms = each(selectors, k => fp.mul(R[h * heads + t * selectors + k], m[t * selectors + k]));
        return fp.sub(sum(terms), tail(m, t, h));
      }),
    );
    t.is(opened.length, shiftLength(shape));
    t.deepEqual([...opened], due.flat());
  });

  test(`${tuples} tuples of ${selectors}: the product of raw ones, shifted, is <u, M>`, t => {
    const terms = v.map((x, k) => fp.mul(x, m[k]));
    const raw = deal(rawSums(terms, shape));
    const delta = reconstruct(
      parties,
      ms.map(each => shiftOf(each, shape, R)),
    );
    const products = reconstruct(
      parties,
      raw.map((product, i) => shifted(product, vs[i], delta, shape)),
    );
    const M = reconstruct(
      parties,
      ms.map(each => headsOf(each, shape)),
    );
    const due = each(tuples, t => sum(each(selectors, k => fp.mul(u[t * selectors + k], M[t * selectors + k]))));
    t.deepEqual([...products], due);
    const us = vs.map(each => extracted(each, shape, R));
    const inner = us.map(each => tupleSums(each, M, shape));
    t.deepEqual([...reconstruct(parties, inner)], due);
  });
}

test('raw selectors that differ in one place, whichever, come to other selectors', t => {
  const shape = { tuples: 1, selectors: 3 };
  const R = sample(matrixLength(shape), 8);
  const out = (raw: Vec) =>
    reconstruct(
      parties,
      deal(raw).map(each => extracted(each, shape, R)),
    ).join();
  const v = sample(rawLength(shape), 9);
  const others = each(v.length, k => v.map((x, at) => (at === k ? fp.add(x, 1n) : x)));
  t.is(new Set([v, ...others].map(out)).size, 1 + v.length);
});

test('three raw selectors make one, and K make K with two more', t => {
  t.is(rawLength({ tuples: 1, selectors: 1 }), 3);
  t.is(rawLength({ tuples: 5, selectors: 16 }), 5 * 18);
});
