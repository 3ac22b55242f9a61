/** A slot is selected without being told. */
import test from 'ava';
import { hash, seededRandom, utf8 } from '../../../src/crypto/index.js';
import { fp, subVec, type Vec, zeros } from '../../../src/field/index.js';
import { select } from '../../../src/operations/index.js';
import { dealShares, makeParties, reconstruct } from '../../harness/dealer.js';
import { sample } from '../field/vectors.js';

const each = <T>(count: number, of: (k: number) => T) => Array.from({ length: count }, (_, k) => of(k));
const seeded = (name: string) => seededRandom(hash('test', utf8(name)));

for (const [K, tupleCount, tuples] of [
  [2, 1, [0]],
  [16, 7, [3, 0, 6, 1]],
  [7, 5, [4, 3, 2, 1, 0]],
  [256, 2, [1]],
] as const) {
  test(`${tuples.length} reads with tuples of ${K} show each column at its slot, whichever tuple serves which read`, t => {
    const parties = makeParties(3, seeded('parties'));
    const deal = (x: Vec) => dealShares(parties, x, seeded(`deal ${x.length} ${x[0]}`));
    const [u, M, column] = [tupleCount * K, tupleCount * K, tuples.length * K].map(sample);
    const product = zeros(tupleCount).map((_, k) =>
      each(K, i => fp.mul(u[k * K + i], M[k * K + i])).reduce(fp.add, 0n),
    );
    const slots = tuples.map((_, read) => (5 * read + 1) % K);
    const e = zeros(tuples.length * K);
    slots.forEach((slot, read) => {
      e[read * K + slot] = 1n;
    });
    const ofReads = (v: Vec) => zeros(e.length).map((_, i) => v[tuples[Math.floor(i / K)] * K + (i % K)]);
    const [E, D] = [subVec(e, ofReads(u)), subVec(column, ofReads(M))];
    const [us, masks, products] = [u, M, product].map(deal);
    const selected = parties.map((party, i) =>
      select(party, Uint32Array.from(tuples), E, D, { u: us[i], mask: masks[i], product: products[i] }),
    );
    t.deepEqual(
      [...reconstruct(parties, selected)],
      slots.map((slot, read) => column[read * K + slot]),
    );
  });
}
