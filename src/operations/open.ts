/**
 * Opening an account: its keys go into a closed slot.
 *
 *     x     tag mask | K > 1: spending key | viewing key
 *
 * For K = 1 the keys are Ed25519 public keys in the header. No proof is needed: any value is a key.
 * Source: protocol.md, section 8.
 */
import { type Vec, zeros } from '../field/index.js';
import type { Randomness } from '../ports.js';
import { type Circuit, CircuitBuilder } from '../proof/index.js';
import { type Shares, sliceShares } from '../sharing/index.js';
import { perShape, randomElements, type Shape } from './shape.js';

export interface OpenLayout {
  readonly circuit: Circuit;
  /** Where the two keys stand, K > 1 only. */
  readonly keys: number | undefined;
}

export const openLayout = perShape(({ pageSize }: Shape): OpenLayout => {
  const builder = new CircuitBuilder();
  const keys = pageSize === 1 ? undefined : builder.field(2).at;
  return { circuit: builder.build(), keys };
});

/** `keys` are field elements; absent for K = 1. */
export function buildOpen(
  shape: Shape,
  keys: { spending: bigint; viewing: bigint } | undefined,
  random: Randomness,
): Vec {
  const layout = openLayout(shape);
  const x = zeros(layout.circuit.length);
  x.set(randomElements(random, 1));
  if (layout.keys !== undefined && keys) x.set([keys.spending, keys.viewing], layout.keys);
  return x;
}

/** [spending], [viewing], K > 1 only. */
export function openKeys(layout: OpenLayout, x: Shares): { spending: Shares; viewing: Shares } | undefined {
  if (layout.keys === undefined) return undefined;
  return {
    spending: sliceShares(x, layout.keys, layout.keys + 1),
    viewing: sliceShares(x, layout.keys + 1, layout.keys + 2),
  };
}
