/**
 * A transfer: what the holder builds, and the record the banks make of it.
 *
 *     x     tag mask | a_0 .. a_(m-1) | comparison (r, leaf products, sigma, omega, tree masks) |
 *           K > 1: presented spending key | e_f | e_t | f_rec = a*e_f | t_rec = a*e_t | f_d = theta*f_rec | t_d = theta*t_rec
 *           K = 1: delta = theta*a
 *           | receipt mask | proof
 *     verdict   v = pi ^ theta: known to the holder alone, who knows theta
 *     record    v*a off the payer's slot and onto the payee's: pi = 0: (f_d, t_d);  pi = 1: (f_rec - f_d, t_rec - t_d)
 *
 * Nothing tells a cancelled transfer from an applied one. Source: protocol.md, section 7.
 */
import { assert, CovaultError } from '../errors.js';
import { fp, mulAddInto, mulVec, powersVec, scaleVec, single, type Vec, zeros } from '../field/index.js';
import type { Randomness } from '../ports.js';
import { type Circuit, CircuitBuilder, type Field, prove } from '../proof/index.js';
import { combineRows, runShares, type Shares, segmentsPublic } from '../sharing/index.js';
import { type CompareLayout, declareCompare, fillCompare, thetaForm } from './compare.js';
import { bitsOf, perShape, randomElements, type Shape, unitVector } from './shape.js';

export interface TransferLayout {
  readonly circuit: Circuit;
  readonly amount: Field;
  /** The mask of the receipt (`receipt.ts`). */
  readonly receipt: number;
  readonly compare: CompareLayout;
  /** K > 1: the presented spending key; and the unit vectors of payer and payee. */
  readonly hidden: { readonly key: number; readonly payer: Field; readonly payee: Field } | undefined;
  /** f_rec and f_d (K = 1: a is not a field of its own, delta stands for f_d). */
  readonly payer: { readonly full: Field | undefined; readonly masked: Field };
  readonly payee: { readonly full: Field | undefined; readonly masked: Field };
}

export const transferLayout = perShape(({ pageSize: K, amountBits }: Shape): TransferLayout => {
  const builder = new CircuitBuilder();
  const amount = builder.field(amountBits);
  builder.bits(amount);
  const compare = declareCompare(builder);
  const a = builder.form(
    Array.from({ length: amountBits }, (_, i) => ({ index: amount.at + i, coefficient: 1n << BigInt(i) })),
  );
  const theta = builder.form(thetaForm(compare));
  if (K === 1) {
    const delta = builder.field(1);
    builder.gate(theta, a, builder.element(delta.at));
    const side = { full: undefined, masked: delta };
    const receipt = builder.field(1).at;
    return { circuit: builder.build(), amount, receipt, compare, hidden: undefined, payer: side, payee: side };
  }
  const key = builder.field(1).at;
  const [payer, payee, payerFull, payeeFull, payerMasked, payeeMasked] = Array.from({ length: 6 }, () =>
    builder.field(K),
  );
  const products = (factor: number, from: Field, to: Field) => {
    for (let k = 0; k < K; k++) builder.gate(factor, builder.element(from.at + k), builder.element(to.at + k));
  };
  builder.bits(payer);
  builder.bits(payee);
  products(a, payer, payerFull);
  products(a, payee, payeeFull);
  products(theta, payerFull, payerMasked);
  products(theta, payeeFull, payeeMasked);
  const receipt = builder.field(1).at;
  return {
    circuit: builder.build(),
    amount,
    receipt,
    compare,
    hidden: { key, payer, payee },
    payer: { full: payerFull, masked: payerMasked },
    payee: { full: payeeFull, masked: payeeMasked },
  };
});

export interface TransferSecrets {
  /** In the smallest unit, 0 <= amount < 2^amountBits. */
  readonly amount: bigint;
  /** Slots in their pages; for K = 1 both are 0. */
  readonly payerSlot: number;
  readonly payeeSlot: number;
  /** K > 1 only. */
  readonly spendingKey: bigint | undefined;
  /** Of the receipt; without one, a random one that nobody is told. */
  readonly receiptMask?: bigint | undefined;
}

/**
 * The holder's input vector, proof included, and theta, without which the verdict cannot be read.
 * Throws: BAD_AMOUNT.
 */
export function buildTransfer(shape: Shape, secrets: TransferSecrets, random: Randomness): { x: Vec; theta: bigint } {
  const { amount } = secrets;
  if (amount < 0n || amount >= 1n << BigInt(shape.amountBits)) {
    throw new CovaultError(
      'BAD_AMOUNT',
      `an amount is at least 0 and below 2^${shape.amountBits} of the smallest unit`,
      {
        amountBits: shape.amountBits,
      },
    );
  }
  const K = shape.pageSize;
  const layout = transferLayout(shape);
  const x = zeros(layout.circuit.length);
  x.set(randomElements(random, 1));
  x.set(bitsOf(amount, shape.amountBits), layout.amount.at);
  const theta = fillCompare(layout.compare, x, random);
  if (layout.hidden) {
    assert(secrets.spendingKey !== undefined, 'pages of more than one slot need a spending key');
    x[layout.hidden.key] = secrets.spendingKey;
    fillSide(x, K, secrets.payerSlot, amount, theta, layout.hidden.payer, layout.payer);
    fillSide(x, K, secrets.payeeSlot, amount, theta, layout.hidden.payee, layout.payee);
  } else {
    x[layout.payer.masked.at] = single.mul(theta, amount);
  }
  x[layout.receipt] = secrets.receiptMask ?? randomElements(random, 1)[0];
  prove(layout.circuit, x, randomElements(random, 4));
  return { x, theta };
}

function fillSide(
  x: Vec,
  K: number,
  slot: number,
  amount: bigint,
  theta: bigint,
  unit: Field,
  side: TransferLayout['payer'],
): void {
  assert(slot >= 0 && slot < K && side.full !== undefined, 'a slot of the page');
  const e = unitVector(K, slot);
  const full = scaleVec(e, amount);
  x.set(e, unit.at);
  x.set(full, side.full.at);
  x.set(scaleVec(full, theta), side.masked.at);
}

/** [a] of W input vectors: `starts` says where in `inputs` they begin. */
export function amountShares({ amount }: TransferLayout, inputs: Shares, starts: Uint32Array): Shares {
  const shared = powersVec(2n, amount.length);
  const segments = { starts: starts.map(start => start + amount.at), columns: amount.length, shared, own: zeros(0) };
  return segmentsPublic(inputs, segments);
}

/**
 * What W transfers add to the payers' pages and to the payees', K elements each, transfer by transfer.
 * `amounts` are [a], by transfer.
 */
export function transferRecords(
  layout: TransferLayout,
  inputs: Shares,
  starts: Uint32Array,
  amounts: Shares,
  pis: Uint8Array,
): { payer: Shares; payee: Shares } {
  const side = ({ full, masked }: TransferLayout['payer'], sign: bigint): Shares => {
    const K = masked.length;
    const at = (field: Field) => {
      const runs = starts.map(start => start + field.at);
      return runShares(inputs, runs, field.length);
    };
    // pi = 0: delta; pi = 1: full - delta
    const weights = (zero: bigint, one: bigint): Vec => {
      const all = zeros(K * pis.length);
      const byPi = [fp.mod(zero), fp.mod(one)];
      for (let k = 0; k < pis.length; k++) all.fill(byPi[pis[k]], k * K, (k + 1) * K);
      return all;
    };
    const [ofFull, ofDelta] = [weights(0n, sign), weights(sign, -sign)];
    return combineRows([at(masked), full ? at(full) : amounts], ofFull.length, ([delta, whole]) => {
      const change = mulVec(delta, ofDelta);
      mulAddInto(change, whole, ofFull);
      return change;
    });
  };
  return { payer: side(layout.payer, -1n), payee: side(layout.payee, 1n) };
}
