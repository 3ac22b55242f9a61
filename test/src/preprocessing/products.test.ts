/** Products of shares: triples and selection tuples. */
import test from 'ava';
import { fixedKeyAes } from '../../../src/crypto/index.js';
import { mod, P, type Vec, zeros } from '../../../src/field/index.js';
import { kinds } from '../../../src/preprocessing/conversation.js';
import { expandInto } from '../../../src/preprocessing/cross-products.js';
import { rawLength, TAU } from '../../../src/preprocessing/extraction.js';
import { LinkStock } from '../../../src/preprocessing/index.js';
import { openPair } from '../../../src/preprocessing/pair.js';
import { ProductLot } from '../../../src/preprocessing/products.js';
import type { OnFrame } from '../../harness/memory-channel.js';
import { memoryStore } from '../../harness/memory-store.js';
import { smallLpn } from '../../harness/small-lpn.js';
import { codes, made, relation, runLot } from './lots-of-products.js';
import { reason, seeded } from './talks.js';

const shape = { tuples: 3, selectors: 3, columns: 2 };
const rows = shape.tuples * shape.selectors;
const raw = rawLength(shape);

for (const banks of [2, 3]) {
  for (const [selectors, columns, tuples] of [
    [1, 1, 7],
    [1, 2, 3],
    [3, 2, 5],
    [16, 2, 3],
  ]) {
    test(`${banks} banks make ${tuples} tuples of ${selectors} selectors and ${columns} columns that hold`, async t => {
      const size = { tuples, selectors, columns };
      const { parties, results } = await runLot({ banks, shape: size });
      const { u, due, held } = relation(parties, made(results), size);
      t.is(u.length, tuples * selectors);
      t.is(new Set(u).size, u.length);
      t.deepEqual(held, due);
      t.true(due.every(column => column.length === tuples && column.every(product => product !== 0n)));
    });
  }
}

for (const banks of [2, 3]) {
  test(`${banks} banks make tuples that hold over real pairs`, async t => {
    const { parties, results } = await runLot({
      banks,
      shape,
      pairs: (parties, channels) =>
        Promise.all(
          parties.map(party =>
            Promise.all(
              parties.map(({ self: peer }) =>
                peer === party.self
                  ? undefined
                  : openPair({
                      party,
                      peer,
                      channel: channels[party.self],
                      sessionId: new Uint8Array(32),
                      random: seeded(`pair ${party.self} ${peer}`),
                      links: new LinkStock(memoryStore(), Uint8Array.of(1)),
                      mayStartFresh: true,
                      lpn: smallLpn,
                    }),
              ),
            ),
          ),
        ),
    });
    const { due, held } = relation(parties, made(results), shape);
    t.deepEqual(held, due);
  });
}

test('a block expands to other elements in every column and at every position, and to the same ones again', t => {
  const expand = (position: number) => {
    const columns = Array.from({ length: 4 }, () => zeros(7));
    expandInto(columns, new Uint8Array(7 * 16), 3, position);
    return columns.slice(0, 3).flatMap(column => [...column]);
  };
  const elements = expand(0);
  t.is(new Set(elements).size, 21);
  t.deepEqual(expand(0), elements);
  t.is(new Set([...elements, ...expand(7)]).size, 42);
  t.true(elements.every(element => element < P));
});

test('an element of a block is pi(y) + y, y the block with position and number of the pair of columns added', t => {
  const blocks = seeded('blocks').bytes(3 * 16);
  const columns = Array.from({ length: 4 }, () => zeros(3));
  expandInto(columns, blocks, 3, 2 ** 33);
  for (let k = 0; k < 3; k++) {
    for (let c = 0; c < 3; c++) {
      const y = new DataView(blocks.slice(16 * k, 16 * k + 16).buffer);
      y.setBigUint64(0, y.getBigUint64(0, true) ^ BigInt(2 ** 33 + k), true);
      y.setBigUint64(8, y.getBigUint64(8, true) ^ BigInt(c >> 1), true);
      const out = new DataView(fixedKeyAes(new Uint8Array(y.buffer)).slice().buffer);
      const half = 8 * (c & 1);
      t.is(columns[c][k], mod((out.getBigUint64(half, true) ^ y.getBigUint64(half, true)) & P));
    }
  }
});

// --- cheats -----------------------------------------------------------------------------------------------------------

class Unchecked extends ProductLot {
  protected override holds(): boolean {
    return true;
  }
}

/** A payload that differs from bit to bit and peer to peer: 1 added in all corrections of a go, from bank 0 to bank 1. */
const otherPayload: OnFrame = (from, to, frame) => {
  if (from !== 0 || to !== 1 || frame[0] !== kinds.productCorrections) return frame;
  if ((frame.length - 1) % (8 * (shape.columns + 1) * raw) !== 0) return frame;
  return shifted(frame, 1, 0, 1n);
};

/** frame[at + 8*index] += by, in the field. */
function shifted(frame: Uint8Array, at: number, index: number, by: bigint): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset);
  const place = at + 8 * index;
  view.setBigUint64(place, mod(view.getBigUint64(place, true) + by), true);
  return frame;
}

/** A bank that inputs another element than it used: selector, payload, product, or the column to be sacrificed. */
function misinput(index: number, Base = ProductLot): typeof ProductLot {
  return class extends Base {
    protected override authenticated(value: Vec): Vec {
      const other = value.slice();
      other[index] = mod(other[index] + 1n);
      return other;
    }
  };
}

/** A column has its heads first, then its tails. */
const cheatAt = {
  selector: 0,
  "selector's tail": rows,
  payload: raw,
  "payload's tail": raw + rows,
  'sacrificed payload': 3 * raw,
  "sacrificed payload's tail": 4 * raw - 1,
  product: 4 * raw,
} as const;

for (const banks of [2, 3]) {
  for (const [what, index] of Object.entries(cheatAt)) {
    test(`among ${banks}, a bank that inputs another ${what} than it used fails the sacrifice and is not named`, async t => {
      const lotOf = (bank: number) => (bank === 1 ? misinput(index) : ProductLot);
      const { results } = await runLot({ banks, shape, lotOf });
      t.deepEqual(codes(results), Array(banks).fill('STOCK_CHECK_FAILED'));
      t.true(results.every(result => reason(result).culprit === undefined));
    });
  }

  test(`among ${banks}, a payload changed in one OT fails the sacrifice when the selector's bit is 1`, async t => {
    const { results } = await runLot({ banks, shape, onFrame: otherPayload });
    t.deepEqual(codes(results), Array(banks).fill('STOCK_CHECK_FAILED'));
  });
}

test('canary: without the sacrifice the same cheats leave wrong products with right tags', async t => {
  const cases = [
    { onFrame: otherPayload, lotOf: () => Unchecked },
    ...[cheatAt.selector, cheatAt["selector's tail"], cheatAt.payload, cheatAt["payload's tail"], cheatAt.product].map(
      index => ({
        lotOf: (bank: number) => (bank === 1 ? misinput(index, Unchecked) : Unchecked),
      }),
    ),
  ];
  for (const cheat of cases) {
    const { parties, results } = await runLot({ banks: 3, shape, ...cheat });
    const { due, held } = relation(parties, made(results), shape);
    t.notDeepEqual(held, due);
  }
});

// Frames of the conversation of all banks, by the number that `Rounds` gives them: context (32 bytes), number (2), ...
const head = 32 + 2 + 32;
const maskAt = raw * (shape.columns + 2) + shape.tuples * (shape.columns + 1);
/** The inputs: a commitment, corrections of everything up to the mask. */
const firstBytes = head + 4 + 32 + 4 + 8 * (maskAt + 1) + 4;
const lengthAt = (frame: Uint8Array, at: number) => new DataView(frame.buffer, frame.byteOffset).getUint32(at, true);

/** Changes message `number` from bank 0 to those in `to`. `at`: where its broadcast, own and opened parts begin. */
function inRound(
  number: number,
  to: readonly number[],
  change: (frame: Uint8Array, at: { broadcast: number; own: number; opened: number }) => Uint8Array,
): OnFrame {
  let context = '';
  return (from, target, frame) => {
    // The first message of all banks names the context: of a length that no message of a pair has here.
    if (frame.length === firstBytes && frame[32] === 0 && frame[33] === 0) context ||= frame.slice(0, 32).join();
    const due = from === 0 && to.includes(target) && frame.length > head && frame.slice(0, 32).join() === context;
    if (!due || frame[32] !== number) return frame;
    const broadcast = head + 4;
    const own = broadcast + lengthAt(frame, head) + 4;
    const opened = own + lengthAt(frame, own - 4) + 4;
    return change(frame, { broadcast, own, opened });
  };
}

const messages = { inputs: 0, reveal: 1, rho: 2, sigma: 3, digest: 4 } as const;
/** Places in what is opened: rho, then delta of every column, then the consistency opening. */
const openedAt = { rho: 0, delta: rows, consistency: rows + (shape.columns + 1) * (TAU - 1) * shape.tuples } as const;

test('a share of the coin that does not fit its commitment is a deviation', async t => {
  const onFrame = inRound(messages.reveal, [1, 2], (frame, { broadcast }) => {
    frame[broadcast] ^= 1;
    return frame;
  });
  const { results } = await runLot({ banks: 3, shape, onFrame });
  t.deepEqual(codes(results).slice(1), ['DEVIATION', 'DEVIATION']);
  t.deepEqual(
    results.slice(1).map(result => reason(result).culprit),
    [0, 0],
  );
});

test('commitments told differently to two banks show before any share of the coin does', async t => {
  const onFrame = inRound(messages.inputs, [2], (frame, { broadcast }) => {
    frame[broadcast] ^= 1;
    return frame;
  });
  const { results } = await runLot({ banks: 3, shape, onFrame });
  t.true(codes(results).every(code => code === 'DIGEST_MISMATCH' || code === 'SESSION_ENDED'));
  t.true(codes(results).includes('DIGEST_MISMATCH'));
});

test('an input that differs between verifiers, opened alike to both, is a deviation', async t => {
  const onFrame = inRound(messages.inputs, [2], (frame, { own }) => shifted(frame, own, 0, 1n));
  const { results } = await runLot({ banks: 3, shape, onFrame });
  t.is(codes(results)[2], 'DEVIATION');
  t.is(reason(results[2]).culprit, 0);
});

test('an input that differs between verifiers, opened to each as it was input, fails the consistency opening', async t => {
  const input = inRound(messages.inputs, [2], (frame, { own }) => shifted(frame, own, maskAt, 1n));
  const opening = inRound(messages.rho, [2], (frame, { opened }) => shifted(frame, opened, openedAt.consistency, 1n));
  const onFrame: OnFrame = (from, to, frame) => {
    const first = input(from, to, frame);
    return first && opening(from, to, first);
  };
  const { results } = await runLot({ banks: 3, shape, onFrame });
  t.deepEqual(codes(results), Array(3).fill('STOCK_CHECK_FAILED'));
  t.true(results.every(result => reason(result).culprit === undefined));
});

for (const [name, number, index] of [
  ['rho', messages.rho, openedAt.rho],
  ['delta', messages.rho, openedAt.delta],
  ['the consistency opening', messages.rho, openedAt.consistency],
  ['sigma', messages.sigma, 0],
] as const) {
  test(`a wrong share of ${name} is a deviation`, async t => {
    const onFrame = inRound(number, [1, 2], (frame, { opened }) => shifted(frame, opened, index, 1n));
    const { results } = await runLot({ banks: 3, shape, onFrame });
    t.deepEqual(codes(results).slice(1), ['DEVIATION', 'DEVIATION']);
    t.deepEqual(
      results.slice(1).map(result => reason(result).culprit),
      [0, 0],
    );
  });
}

test('corrections of the wrong length, kind or range are deviations, and so are inputs of the wrong length', async t => {
  const corrections = (change: (frame: Uint8Array) => Uint8Array): OnFrame => {
    let done = false;
    return (from, to, frame) => {
      if (done || from !== 0 || to !== 1 || frame[0] !== kinds.productCorrections) return frame;
      done = true;
      return change(frame);
    };
  };
  const cheats: OnFrame[] = [
    corrections(frame => frame.slice(0, -8)),
    corrections(frame => frame.fill(kinds.voleRows, 0, 1)),
    corrections(frame => frame.fill(0xff, 1, 9)),
    corrections(() => new Uint8Array(0)),
    inRound(messages.inputs, [1], frame => frame.slice(0, -9)),
    inRound(messages.digest, [1], frame => frame.fill(9, 32, 33)),
  ];
  for (const onFrame of cheats) {
    const { results } = await runLot({ banks: 2, shape, onFrame });
    t.is(codes(results)[1], 'DEVIATION');
    t.is(reason(results[1]).culprit, 0);
  }
});
