/**
 * A trusted dealer of correlations, for tests only: it knows every key and every mask.
 *
 * It gives n banks in one process the same relations as `src/preprocessing/`, at no cost, from one seed.
 */
import { seededRandom } from '../../src/crypto/index.js';
import { assert } from '../../src/errors.js';
import {
  addScaledInto,
  addVec,
  inner,
  maskToField,
  mulVec,
  scaleVec,
  subVec,
  type Vec,
  zeros,
} from '../../src/field/index.js';
import type { Randomness } from '../../src/ports.js';
import type { Positions, Reserved, Stock, StockCounts } from '../../src/preprocessing/index.js';
import type { Party, Shares } from '../../src/sharing/index.js';

/** The MAC keys of n banks: nonzero, random. */
export function makeParties(count: number, random: Randomness): Party[] {
  return Array.from({ length: count }, (_, self) => ({
    self,
    count,
    deltas: Array.from({ length: count }, (_, i) => (i === self ? 0n : maskToField(random.bytes(8))[0] || 1n)),
  }));
}

/** [x] at every bank: uniform shares and keys, tags that fit. */
export function dealShares(parties: readonly Party[], x: Vec, random: Randomness): Shares[] {
  const count = parties.length;
  const draw = () => maskToField(random.bytes(8 * x.length));
  const values = parties.slice(1).map(draw);
  values.unshift(values.reduce(subVec, x));
  const keys = parties.map(j => parties.map(i => (i.self === j.self ? zeros(0) : draw())));
  return parties.map(({ self }) => ({
    length: x.length,
    value: values[self],
    tags: Array.from({ length: count }, (_, j) => {
      if (j === self) return zeros(0);
      const tag = keys[j][self].slice();
      addScaledInto(tag, values[self], parties[j].deltas[self]);
      return tag;
    }),
    keys: keys[self],
  }));
}

/** What a sharing says, from all banks' parts: the value and whether all tags fit. */
export function reconstruct(parties: readonly Party[], shares: readonly Shares[]): Vec {
  for (const { self: j, deltas } of parties) {
    for (const { self: i } of parties) {
      if (i === j) continue;
      const expected = addVec(shares[j].keys[i], scaleVec(shares[i].value, deltas[i]));
      assert(
        expected.every((tag, k) => tag === shares[i].tags[j][k]),
        `tags of bank ${i} fit the keys of bank ${j}`,
      );
    }
  }
  return shares.map(s => s.value).reduce(addVec);
}

/** What a lot is made of, before it is shared: where a canary spoils it. Rows of `u` by sharer and verifier. */
export interface Drawn {
  readonly u: readonly (readonly Vec[])[];
  readonly selectors: Vec;
  readonly masks: readonly Vec[];
}

export class Dealer {
  readonly #parties: readonly Party[];
  readonly #pageSize: number;
  readonly #random: Randomness;
  readonly #spoil: (drawn: Drawn) => void;
  readonly #lots = new Map<string, { readonly lots: Reserved[]; taken: number }>();

  constructor(parties: readonly Party[], pageSize: number, seed: Uint8Array, spoil: (drawn: Drawn) => void = () => {}) {
    this.#spoil = spoil;
    this.#parties = parties;
    this.#pageSize = pageSize;
    this.#random = seededRandom(seed);
  }

  /** One bank's stock; positions start at 0. */
  stock(bank: number): Stock & { readonly used: Positions[] } {
    let next: Positions = { vole: 0, triples: 0, selections: 0 };
    const used: Positions[] = [];
    return {
      used,
      positions: () => next,
      reserve: async (at, counts) => {
        assert(at.vole >= next.vole && at.triples >= next.triples && at.selections >= next.selections, 'forward only');
        next = {
          vole: at.vole + counts.vole,
          triples: at.triples + counts.triples,
          selections: at.selections + counts.selections,
        };
        used.push(at);
        return this.#take(bank, at, counts);
      },
    };
  }

  #take(bank: number, at: Positions, counts: StockCounts): Reserved {
    const key = [at, counts].map(c => `${c.vole}/${c.triples}/${c.selections}`).join(' ');
    let lot = this.#lots.get(key);
    if (!lot) {
      lot = { lots: this.#deal(counts), taken: 0 };
      this.#lots.set(key, lot);
    }
    if (++lot.taken === this.#parties.length) this.#lots.delete(key);
    return lot.lots[bank];
  }

  #deal(counts: StockCounts): Reserved[] {
    const parties = this.#parties;
    const K = this.#pageSize;
    const draw = (length: number) => maskToField(this.#random.bytes(8 * length));
    const deal = (x: Vec) => dealShares(parties, x, this.#random);
    const u = parties.map(() => parties.map(() => draw(counts.vole)));
    const q = parties.map(() => parties.map(() => draw(counts.vole)));
    const [alpha, beta] = [draw(counts.triples), draw(counts.triples)];
    const triples = [alpha, beta, mulVec(alpha, beta)].map(deal);
    const selectors = draw(counts.selections * K);
    const masks = [0, 1].map(() => draw(counts.selections * K));
    this.#spoil({ u, selectors, masks });
    const products = masks.map(mask =>
      BigUint64Array.from({ length: counts.selections }, (_, t) =>
        inner(selectors.subarray(t * K, (t + 1) * K), mask.subarray(t * K, (t + 1) * K)),
      ),
    );
    const [us, m0, m1, p0, p1] = [selectors, ...masks, ...products].map(deal);
    return parties.map(({ self }) => ({
      sharer: parties.map(({ self: j, deltas }) => {
        if (j === self) return { u: zeros(0), tag: zeros(0) };
        const tag = q[j][self].slice();
        addScaledInto(tag, u[self][j], deltas[self]);
        return { u: u[self][j], tag };
      }),
      verifier: parties.map(({ self: i }) => (i === self ? zeros(0) : q[self][i])),
      triples: { alpha: triples[0][self], beta: triples[1][self], product: triples[2][self] },
      selections: { u: us[self], masks: [m0[self], m1[self]], products: [p0[self], p1[self]] },
    }));
  }
}
