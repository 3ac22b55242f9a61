/** Envelopes forged by holders who know all there is to know: each is rejected at the check that is there for it. */
import test from 'ava';
import type { Envelope } from '../../../src/envelope/index.js';
import { fp, P, type Vec } from '../../../src/field/index.js';
import type { Status } from '../../../src/ledger/record.js';
import { type PlainLedger, plainTransfer } from '../../../src/ledger/rules.js';
import { transferLayout } from '../../../src/operations/index.js';
import { revealLayout } from '../../../src/operations/reveal.js';
import {
  accountKeys,
  applied,
  balancesOf,
  makeWorld,
  openEnvelope,
  settleBlock,
  transferEnvelope,
  type World,
} from '../../harness/banks.js';
import {
  bitGates,
  type Forgery,
  failingGates,
  forgedReveal,
  forgedTransfer,
  mend,
  productGates,
  resultOf,
  withMask,
} from './forgers.js';

const start = [100n, 200n, 300n, 400n, 500n, 600n];
/** Slot 2 of page 0 stays closed, though genesis funded it. */
const opened = [0, 1, 3, 4, 5];
const minusOne = P - 1n;
const half = fp.inv(2n);

async function openedWorld(banks: number, pageSize: number): Promise<World> {
  const world = makeWorld({ banks, pageSize, balances: start });
  await settleBlock(
    world,
    opened.map(account => openEnvelope(world, account)),
  );
  return world;
}

const rejected = (reason: 'integrity' | 'proof' | 'linear' | 'authority'): Status => ({ kind: 'rejected', reason });

interface Attempt {
  readonly what: string;
  readonly reason: 'integrity' | 'proof' | 'linear' | 'authority';
  readonly envelope: Envelope;
}

/** All of them in one block, beside an honest transfer that goes through; then nothing else has moved. */
async function allRejected(
  t: { deepEqual(a: unknown, b: unknown, message?: string): void; true(value: boolean): void },
  world: World,
  attempts: readonly Attempt[],
): Promise<void> {
  const before = balancesOf(world);
  const honest = transferEnvelope(world, 3, 4, 7n);
  const settled = await settleBlock(world, [...attempts.map(({ envelope }) => envelope), honest.envelope]);
  attempts.forEach(({ what, reason }, e) => {
    t.deepEqual(settled.statuses[e], rejected(reason), what);
  });
  t.true(applied(settled, attempts.length, honest.theta));
  before[3] -= 7n;
  before[4] += 7n;
  t.deepEqual(balancesOf(world), before);
}

for (const banks of [2, 3]) {
  for (const pageSize of [1, 3]) {
    const size = `${banks} banks, pages of ${pageSize}`;
    const order = [0, 1, 50n] as const;

    test(`amounts that are no amounts are rejected by the proof: ${size}`, async t => {
      const world = await openedWorld(banks, pageSize);
      const { amount, circuit } = transferLayout(world.network);
      const attempt = (what: string, change: (x: Vec) => void): Attempt => ({
        what,
        reason: 'proof',
        envelope: forgedTransfer(world, order, {
          change: x => {
            change(x);
            mend(circuit, x);
            t.true(
              failingGates(circuit, x).every(g => bitGates(circuit).includes(g)),
              what,
            );
          },
        }),
      });
      const clear = (x: Vec) => x.fill(0n, amount.at, amount.at + amount.length);
      const only = (index: number, value: bigint) => (x: Vec) => {
        clear(x);
        x[amount.at + index] = value;
      };
      await allRejected(t, world, [
        attempt('minus fifty in one element', only(0, P - 50n)),
        attempt('minus one in every element', x => x.fill(minusOne, amount.at, amount.at + amount.length)),
        attempt('a bit that is 2', only(3, 2n)),
        attempt('a last bit that is 2: the amount is 2^m', only(amount.length - 1, 2n)),
        attempt('a sum that wraps to 5', x => {
          clear(x);
          // 2^(m-1) * x = 5 mod p
          x[amount.at + amount.length - 1] = fp.mul(5n, fp.inv(1n << BigInt(amount.length - 1)));
        }),
        attempt('a sum that wraps to 0 from elements that are not 0', x => {
          clear(x);
          x[amount.at] = P - 2n;
          x[amount.at + 1] = 1n;
        }),
        attempt('half a unit', only(0, half)),
      ]);
    });

    test(`every gate that does not hold is found, each alone: ${size}`, async t => {
      const world = await openedWorld(banks, pageSize);
      const { circuit } = transferLayout(world.network);
      const forge = (what: string, gate: number, forgery: Forgery): Attempt => ({
        what: `gate ${gate}: ${what}`,
        reason: 'proof',
        envelope: forgedTransfer(world, order, {
          ...forgery,
          after: x => t.deepEqual(failingGates(circuit, x), [gate]),
        }),
      });
      // with n = 3 every third gate: the sides of a check are the same code for any n
      const some = (gates: number[]) => gates.filter((_, k) => banks === 2 || k % 3 === 0);
      await allRejected(t, world, [
        ...some(productGates(circuit)).map(g => forge('a product that is one more', g, { wrong: g })),
        ...some(bitGates(circuit)).map(g =>
          forge('a bit that is 2', g, {
            change: x => {
              x[resultOf(circuit, g)] = 2n;
            },
          }),
        ),
      ]);
    });

    test(`a changed proof, or that of another input, is rejected by the proof: ${size}`, async t => {
      const world = await openedWorld(banks, pageSize);
      const { circuit, amount } = transferLayout(world.network);
      const { at, length } = circuit.proof;
      const places = [0, 1, 2, 3, 4, 5, 6, 7, length - 1];
      await allRejected(t, world, [
        ...places.map(
          (k): Attempt => ({
            what: `proof element ${k}`,
            reason: 'proof',
            envelope: forgedTransfer(world, order, {
              after: x => {
                x[at + k] = fp.add(x[at + k], 1n);
              },
            }),
          }),
        ),
        {
          what: 'a true claim with the proof of another',
          reason: 'proof',
          envelope: forgedTransfer(world, order, {
            after: x => {
              x[amount.at] ^= 1n;
              mend(circuit, x);
              t.deepEqual(failingGates(circuit, x), []);
            },
          }),
        },
      ]);
    });

    test(`a client tag that does not fit is rejected for its integrity, whatever else is wrong: ${size}`, async t => {
      const world = await openedWorld(banks, pageSize);
      const { amount } = transferLayout(world.network);
      await allRejected(t, world, [
        { what: 'the tag alone', reason: 'integrity', envelope: forgedTransfer(world, order, { tag: 1n }) },
        {
          what: 'the tag and a bit',
          reason: 'integrity',
          envelope: forgedTransfer(world, order, {
            tag: minusOne,
            change: x => {
              x[amount.at] = 2n;
            },
          }),
        },
      ]);
    });
  }

  test(`slots that are no slots, and keys of others, are rejected at the right check: ${banks} banks`, async t => {
    const world = await openedWorld(banks, 3);
    const { hidden } = transferLayout(world.network);
    const reveal = revealLayout(world.network).hidden;
    if (!hidden || !reveal) return t.fail('pages of three slots hide them');
    const vectors = [
      ['two ones', [1n, 1n, 0n], 'linear'],
      ['no one at all', [0n, 0n, 0n], 'linear'],
      ['the closed slot', [0n, 0n, 1n], 'linear'],
      ['an open and the closed slot', [1n, 0n, 1n], 'linear'],
      ['one taken from another', [2n, minusOne, 0n], 'proof'],
      ['minus one and two ones', [minusOne, 1n, 1n], 'proof'],
      ['minus one', [minusOne, 0n, 0n], 'proof'],
      ['halves', [half, half, 0n], 'proof'],
    ] as const;
    const put = (at: number, e: readonly bigint[]) => (x: Vec) => x.set(e, at);
    const attempts = vectors.flatMap(([what, e, reason]): Attempt[] => [
      {
        what: `payer: ${what}`,
        reason,
        envelope: forgedTransfer(world, [0, 3, 9n], { change: put(hidden.payer.at, e) }),
      },
      {
        what: `payee: ${what}`,
        reason,
        envelope: forgedTransfer(world, [3, 0, 9n], { change: put(hidden.payee.at, e) }),
      },
      { what: `reveal: ${what}`, reason, envelope: forgedReveal(world, 0, { change: put(reveal.slot.at, e) }) },
    ]);
    const spending = (key: bigint): Forgery => ({ change: put(hidden.key, [key]) });
    const [own, other] = [accountKeys(0), accountKeys(1)];
    const keys: [string, bigint][] = [
      ['0', 0n],
      ['another account', other.spending],
      ['the viewing key', own.viewing],
      ['one more', fp.add(own.spending, 1n)],
    ];
    attempts.push(
      ...keys.map(
        ([what, key]): Attempt => ({
          what: `key: ${what}`,
          reason: 'authority',
          envelope: forgedTransfer(world, [0, 3, 9n], spending(key)),
        }),
      ),
      {
        what: 'the closed slot with its key 0',
        reason: 'linear',
        envelope: forgedTransfer(world, [0, 3, 9n], {
          change: x => {
            x.set([0n, 0n, 1n], hidden.payer.at);
            x[hidden.key] = 0n;
          },
        }),
      },
      {
        what: 'own key, slot of another',
        reason: 'authority',
        envelope: forgedTransfer(world, [0, 3, 9n], { change: put(hidden.payer.at, [0n, 1n, 0n]) }),
      },
      {
        what: 'a reveal under the spending key',
        reason: 'authority',
        envelope: forgedReveal(world, 0, { change: put(reveal.key, [own.spending]) }),
      },
      {
        what: 'a reveal of another account',
        reason: 'authority',
        envelope: forgedReveal(world, 0, { change: put(reveal.slot.at, [0n, 1n, 0n]) }),
      },
    );
    await allRejected(t, world, attempts);
  });
}

const top = (1n << 60n) - 1n;

interface Edge {
  readonly amountBits: number;
  readonly balances: readonly bigint[];
  /** From, to, amount. */
  readonly payments: readonly (readonly [number, number, bigint])[];
}

const edges: Record<string, Edge> = {
  'amounts from 0 to a little more than all': {
    amountBits: 40,
    balances: [0n, 100n, 0n],
    payments: [
      [0, 1, 0n], // b = a = 0
      [0, 1, 1n], // b = 0
      [1, 0, 0n], // a = 0
      [1, 1, 30n], // payer = payee
      [1, 1, 101n], // payer = payee, and too much
      [1, 2, 101n], // b = a - 1
      [1, 2, 99n],
      [1, 2, 1n], // b = a, and then 0
      [0, 2, (1n << 40n) - 1n], // the largest amount, nothing to pay it from
    ],
  },
  'the largest balance, amounts of 40 bits': {
    amountBits: 40,
    balances: [top, 0n, 0n],
    payments: [
      [0, 1, (1n << 40n) - 1n],
      [1, 0, (1n << 40n) - 1n],
      [0, 0, (1n << 40n) - 1n],
      [0, 2, 0n],
      [1, 0, (1n << 40n) - 1n],
    ],
  },
  'the largest balance in one amount of 60 bits': {
    amountBits: 60,
    balances: [top, 0n, 0n],
    payments: [
      [1, 0, top], // x = -(2^60 - 1)
      [0, 0, top],
      [0, 1, top], // x = 0
      [0, 1, 1n], // x = -1
      [1, 2, top - 1n], // x = 1
      [2, 1, top],
    ],
  },
};

for (const [name, { amountBits, balances, payments }] of Object.entries(edges)) {
  for (const [banks, pageSize] of [
    [2, 1],
    [3, 3],
  ]) {
    // r = p is what 61 ones are: the one value that stands for 0 twice
    test(`edge values are settled right, with masks of all ones and all zeros: ${name}, ${banks} banks, pages of ${pageSize}`, async t => {
      for (const [r, sigma] of [
        [P, 0],
        [P, 1],
        [0n, 0],
        [0n, 1],
        [1n, 1],
        [P - 1n, 0],
      ] as const) {
        const world = makeWorld({ banks, pageSize, balances, amountBits });
        await settleBlock(
          world,
          balances.map((_, account) => openEnvelope(world, account)),
        );
        let ledger: PlainLedger = balances.map(balance => ({ balance, open: true }));
        const holder = { network: world.network, random: withMask(world.random, r, sigma), height: 0 };
        for (const [from, to, amount] of payments) {
          const { envelope, theta } = transferEnvelope(holder, from, to, amount);
          t.is(theta, (r & 1n) ^ BigInt(sigma));
          const settled = await settleBlock(world, [envelope]);
          const plain = plainTransfer(ledger, from, to, amount);
          ledger = plain.ledger;
          t.is(applied(settled, 0, theta), plain.outcome === 'settled', `${from} to ${to}: ${amount}`);
          t.deepEqual(
            balancesOf(world),
            ledger.map(({ balance }) => balance),
          );
        }
      }
    });
  }
}
