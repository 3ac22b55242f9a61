/**
 * What is measured: every operation on secrets, with a fixed and a varying input. A pool of inputs of each class lies ready;
 * what `load` copies is as long for both.
 */
import {
  ed25519,
  equalBytes,
  hash,
  openSealed,
  prg,
  sealTo,
  seededRandom,
  utf8,
  x25519,
} from '../../src/crypto/index.js';
import {
  addScaled,
  addVec,
  equalVec,
  inner,
  maskInto,
  maskToField,
  mulVec,
  scaleVec,
  single,
  type Vec,
  zeros,
} from '../../src/field/index.js';
import { buildTransfer, compare, transferLayout } from '../../src/operations/index.js';
import { keepIf, swapIf, xorIfInto } from '../../src/preprocessing/bits.js';
import { levelBytes, punctureForest } from '../../src/preprocessing/ggm-forest.js';
import { codeOf, lpnKernel } from '../../src/preprocessing/lpn-parameters.js';
import { rowsOf, type Shares, segmentsPublic, zeroShares } from '../../src/sharing/index.js';
import { advance, putOrder, startState, withSealed } from '../../src/wallet/state.js';
import { makeWorld } from '../../test/harness/banks.js';
import { dealShares, makeParties } from '../../test/harness/dealer.js';
import { makeRecord } from '../../test/src/ledger/records.js';
import type { InputClass, Operation } from './measure.js';

const random = seededRandom(hash('dudect'));
const poolSize = 64;
const elements = 512;

/** By class: copies of the one value, and as many others. */
function pool<T>(fixed: () => T, varying: (k: number) => T): (inputClass: InputClass, k: number) => T {
  const pools = [Array.from({ length: poolSize }, fixed), Array.from({ length: poolSize }, (_, k) => varying(k))];
  return (inputClass, k) => pools[inputClass][k % poolSize];
}

const uniform = (count: number): Vec => maskToField(random.bytes(8 * count));
/** Not zeros: an inner product that is 0 leaves the kernel as another kind of bigint than all others do. */
const fixedVector = (count: number): Vec => BigUint64Array.from({ length: count }, (_, i) => BigInt(i + 1));
const words = (count: number): BigUint64Array => new BigUint64Array(random.bytes(8 * count).slice().buffer);

/** An operation on one vector of secrets; zeros against uniform elements. */
function onVector(
  name: string,
  repeats: number,
  run: (x: Vec) => unknown,
  length = elements,
  draw = uniform,
  fixed: (length: number) => BigUint64Array = zeros,
): Operation {
  return {
    name,
    classes: fixed === zeros ? 'zeros, uniform' : 'one vector, many',
    promise: 'constant',
    repeats,
    prepare: () => {
      const x = zeros(length);
      const inputs = pool(
        () => fixed(length),
        () => draw(length),
      );
      return { load: (inputClass, k) => x.set(inputs(inputClass, k)), run: () => run(x) };
    },
  };
}

/** One on an object that cannot be copied into a place: a bigint, a key. */
function onObject<T>(
  name: string,
  classes: string,
  repeats: number,
  fixed: () => T,
  varying: (k: number) => T,
  run: (input: T) => unknown,
  promise: Operation['promise'] = 'constant',
): Operation {
  return {
    name,
    classes,
    promise,
    repeats,
    prepare: () => {
      const inputs = pool(fixed, varying);
      let input = inputs(0, 0);
      return {
        load: (inputClass, k) => {
          input = inputs(inputClass, k);
        },
        run: () => run(input),
      };
    },
  };
}

/** Bytes in one place; `fixed` against random. */
function onBytes(
  name: string,
  classes: string,
  repeats: number,
  fixed: Uint8Array,
  run: (input: Uint8Array) => unknown,
  promise: Operation['promise'] = 'constant',
): Operation {
  return {
    name,
    classes,
    promise,
    repeats,
    prepare: () => {
      const input = new Uint8Array(fixed.length);
      const inputs = pool(
        () => fixed.slice(),
        () => random.bytes(fixed.length).slice(),
      );
      return { load: (inputClass, k) => input.set(inputs(inputClass, k)), run: () => run(input) };
    },
  };
}

const y = uniform(elements);
const ones = zeros(1).fill(1n);
const scalars = uniform(poolSize);
const secretKey = random.bytes(32).slice();
const publicKey = x25519.publicKey(secretKey);
const message = random.bytes(64).slice();

const field: readonly Operation[] = [
  onVector('field: a + b', 8, x => addVec(x, y)),
  onVector('field: a * b', 8, x => mulVec(x, y)),
  onVector('field: reduction of words', 8, x => maskInto(x), elements, words),
  onVector('field: inner product', 8, x => inner(x, y), elements, uniform, fixedVector),
  onObject(
    'field: c * a, c secret',
    '1, uniform',
    8,
    () => ones[0], // an object of its own each time, and nothing else, here and below
    k => scalars[k],
    c => scaleVec(y, c),
  ),
  onObject(
    'field: one element, a - b',
    '1 - 2, uniform',
    32,
    () => uniform(2).fill(1n, 0, 1).fill(2n, 1),
    () => uniform(2),
    pair => single.sub(pair[0], pair[1]),
  ),
];

const parties = makeParties(3, random);
const segments = { starts: Uint32Array.of(0, 128, 256, 384), columns: 128, shared: uniform(3 * 128), own: zeros(0) };

/** A sharing whose rows are filled anew. */
function onShares(name: string, repeats: number, length: number, run: (s: Shares) => unknown): Operation {
  return {
    name,
    classes: 'zeros, uniform',
    promise: 'constant',
    repeats,
    prepare: () => {
      const [shares] = dealShares(parties, zeros(length), random);
      const rows = rowsOf(shares).filter(row => row.length > 0);
      const inputs = pool(
        () => zeros(rows.length * length),
        () => uniform(rows.length * length),
      );
      const load = (inputClass: InputClass, k: number) => {
        const input = inputs(inputClass, k);
        for (const [r, row] of rows.entries()) row.set(input.subarray(r * length, (r + 1) * length));
      };
      return { load, run: () => run(shares) };
    },
  };
}

const shape = { pageSize: 1, amountBits: 40 };
const layout = transferLayout(shape);
const transfers = 4;
const inputLength = layout.circuit.length;
const starts = Uint32Array.from({ length: transfers }, (_, k) => k * inputLength);

/** All that is opened is the same for both classes, and 0 at the end. */
function compareLocally(inputs: Shares): Promise<Uint8Array> {
  const difference = zeroShares(parties[0], transfers);
  return compare(parties[0], layout.compare, inputs, starts, difference, async (label, shares) =>
    label === 'w' ? zeros(transfers) : y.subarray(0, shares.length),
  );
}

const sharing: readonly Operation[] = [
  onShares('shares: dot products of the checks', 1, elements, s => segmentsPublic(s, segments)),
  onVector('shares: T = Q + D*x, x secret', 8, x => addScaled(y, x, parties[0].deltas[1], zeros(elements))),
  onShares('comparison: local work of 4 transfers', 1, transfers * inputLength, compareLocally),
];

const tag = random.bytes(32).slice();

/** As one writes it by mistake. */
function earlyExit(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const comparisons: readonly Operation[] = [
  onBytes('MAC check: equalBytes', 'equal, different', 64, tag, x => equalBytes(x, tag)),
  onBytes('MAC check: equalVec', 'equal, different', 64, tag, x =>
    equalVec(new BigUint64Array(x.buffer, x.byteOffset, 4), new BigUint64Array(tag.buffer, tag.byteOffset, 4)),
  ),
  onBytes('control: a comparison that stops early', 'equal, different', 64, tag, x => earlyExit(x, tag), 'control'),
];

const info = utf8('dudect');
const plaintext = random.bytes(32).slice();

const primitives: readonly Operation[] = [
  // imported each time: keys that lie ready lie in places of their own, and that shows
  onBytes('Ed25519: import and sign, key secret', 'one key, many', 1, tag, seed => ed25519.sign(seed.slice(), message)),
  onBytes('X25519: import and shared point, key secret', 'one key, many', 1, tag, secret =>
    x25519.shared(secret.slice(), publicKey),
  ),
  onObject(
    'HPKE: open',
    'one plaintext, many',
    1,
    () => sealTo(publicKey, plaintext, info, info, random),
    () => sealTo(publicKey, random.bytes(32), info, info, random),
    packet => openSealed(secretKey, packet, info, info),
  ),
  onBytes('AES PRG: 4 KiB, seed secret', 'zeros, random', 1, new Uint8Array(16), seed => prg(seed, 4096)),
];

const depth = 9;
const treeCount = 16;
const forest = { treeCount, depth, kernel: lpnKernel, context: tag };
const leaves = zeros(treeCount * 2 ** depth);
const siblings = random.bytes(treeCount * depth * levelBytes).slice(0, treeCount * depth * 16);
const code = codeOf(random.bytes(16));

/** An operation on the places of the noise; all 0 against uniform ones. */
function onPlaces(name: string, run: (places: Uint32Array) => unknown): Operation {
  return {
    name,
    classes: 'place 0, uniform',
    promise: 'constant',
    repeats: 1,
    prepare: () => {
      const places = new Uint32Array(treeCount);
      const draw = () => Uint32Array.from(random.bytes(2 * treeCount).subarray(treeCount), byte => (byte << 1) & 511);
      const inputs = pool(() => new Uint32Array(treeCount), draw);
      return { load: (inputClass, k) => places.set(inputs(inputClass, k)), run: () => run(places) };
    },
  };
}

const preprocessing: readonly Operation[] = [
  onPlaces('GGM: puncture, places secret', places => punctureForest(forest, leaves, places, siblings)),
  onPlaces('LPN: noise, places secret', places => lpnKernel.points(leaves, places, y.subarray(0, treeCount), depth, 0)),
  onVector('LPN: rows, base secret', 1, base => lpnKernel.addRows(leaves.subarray(0, 1024), code, base, 0), 4096),
  onObject(
    'VOLE: a row kept or not, bit of D',
    '0, 1',
    4,
    () => 0,
    () => 1,
    bit => keepIf(leaves.subarray(0, elements), bit),
  ),
  onObject(
    'OT: exclusive or where the bit is 1',
    '0, 1',
    4,
    () => 0,
    () => 1,
    bit => xorIfInto(target, source, bit),
  ),
  onObject(
    'OT: swap where the bit is 1',
    '0, 1',
    16,
    () => 0,
    () => 1,
    bit => swapIf(bit, tag, message.subarray(0, 32)),
  ),
];

const target = new Uint8Array(4096);
const source = random.bytes(4096).slice();

const network = makeWorld({ banks: 2, pageSize: 8, balances: Array(16).fill(5n) }).network;
const orders = [0n, 1n].map(secret => {
  const sealedOrder = { id: tag, bytes: tag, expiry: 9, base: { height: 0, hash: network.id }, secret };
  const intent = { kind: 'transfer', from: 0, to: 1, amount: 1n } as const;
  const order = { name: 'o', intent, sealed: undefined, tries: 0, outcome: { state: 'pending' } } as const;
  return putOrder(startState('', network.id), withSealed(order, sealedOrder));
});
const record = makeRecord(network, { entries: [{ id: tag, status: { kind: 'settled', pi: 1 } }] });

const wallet: readonly Operation[] = [
  onObject(
    'wallet: verdict of a transfer',
    'settled, cancelled',
    8,
    () => orders[0],
    () => orders[1],
    state => advance(state, [record], { height: 1, hash: tag }),
    'none',
  ),
  onObject(
    'wallet: input of a transfer, amount and slots secret',
    'amount 0, random',
    1,
    () => ({ amount: 0n, payerSlot: 0, payeeSlot: 0, spendingKey: 1n }),
    k => ({ amount: uniform(1)[0] >> 21n, payerSlot: k % 8, payeeSlot: (3 * k) % 8, spendingKey: uniform(1)[0] }),
    secrets => buildTransfer(network, secrets, random),
    'none',
  ),
];

export const operations: readonly Operation[] = [
  ...field,
  ...sharing,
  ...comparisons,
  ...primitives,
  ...preprocessing,
  ...wallet,
];
