/**
 * A consented balance: whoever presents the viewing key learns b, the banks learn y = b + s, uniform.
 *
 *     x     tag mask | output mask s | K > 1: e (unit vector) | presented viewing key | proof
 *     y     b + s, opened; the requester subtracts s
 *
 * Source: protocol.md, section 8.
 */
import { assert } from '../errors.js';
import { type Vec, zeros } from '../field/index.js';
import type { Randomness } from '../ports.js';
import { type Circuit, CircuitBuilder, type Field, prove } from '../proof/index.js';
import { addShares, gatherShares, type Shares } from '../sharing/index.js';
import { perShape, randomElements, type Shape, unitVector } from './shape.js';

export interface RevealLayout {
  readonly circuit: Circuit;
  readonly output: number;
  readonly hidden: { readonly slot: Field; readonly key: number } | undefined;
}

export const revealLayout = perShape(({ pageSize: K }: Shape): RevealLayout => {
  const builder = new CircuitBuilder();
  const output = builder.field(1).at;
  if (K === 1) return { circuit: builder.build(), output, hidden: undefined };
  const slot = builder.field(K);
  const key = builder.field(1).at;
  builder.bits(slot);
  return { circuit: builder.build(), output, hidden: { slot, key } };
});

export interface RevealSecrets {
  readonly slot: number;
  /** K > 1 only. */
  readonly viewingKey: bigint | undefined;
}

/** The requester's input vector and s, to be kept: balance = y - s. */
export function buildReveal(shape: Shape, secrets: RevealSecrets, random: Randomness): { x: Vec; outputMask: bigint } {
  const layout = revealLayout(shape);
  const x = zeros(layout.circuit.length);
  x.set(randomElements(random, 2)); // the tag mask and s stand side by side
  if (layout.hidden) {
    assert(secrets.viewingKey !== undefined, 'pages of more than one slot need a viewing key');
    x.set(unitVector(shape.pageSize, secrets.slot), layout.hidden.slot.at);
    x[layout.hidden.key] = secrets.viewingKey;
  }
  prove(layout.circuit, x, randomElements(random, 4));
  return { x, outputMask: x[layout.output] };
}

/** [y] = [b] + [s] of W reveals: `starts` says where their input vectors begin in `inputs`; `balances` are [b]. */
export const revealOutputs = (layout: RevealLayout, inputs: Shares, starts: Uint32Array, balances: Shares): Shares =>
  addShares(
    balances,
    gatherShares(
      inputs,
      starts.map(start => start + layout.output),
    ),
  );
