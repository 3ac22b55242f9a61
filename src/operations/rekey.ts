/**
 * Replacing an account's keys: whoever was shown the viewing key sees nothing any more. So consent is withdrawn.
 *
 *     x     tag mask | K > 1: presented spending key | e (unit vector) | d_s, d_v = new - old of both keys |
 *                             s = d_s*e | v = d_v*e | proof
 *     record    s onto the page's column of spending keys, v onto that of viewing keys, at the block's end
 *
 * For K = 1 the new keys are Ed25519 public keys in the header, signed under the old spending key. For K > 1 the presented key
 * is the old spending key (`authority.ts`). What d_s and d_v are made of is not proved: any value is a key, e is one open slot
 * of the page, and the spending key of just that slot was presented, so a holder can spoil its own keys alone. Two of one
 * page in a block would add up to a key that nobody knows: a page has one a block.
 *
 * Source: protocol.md, section 8.
 */
import { assert } from '../errors.js';
import { fp, scaleVec, type Vec, zeros } from '../field/index.js';
import type { Randomness } from '../ports.js';
import { type Circuit, CircuitBuilder, type Field, prove } from '../proof/index.js';
import { concatShares, type Party, type Shares, sliceShares } from '../sharing/index.js';
import { perShape, randomElements, type Shape, unitVector } from './shape.js';

export interface RekeyLayout {
  readonly circuit: Circuit;
  /** K > 1 only. */
  readonly hidden:
    | {
        readonly key: number;
        readonly slot: Field;
        /** d_s, d_v */
        readonly changes: Field;
        readonly spending: Field;
        readonly viewing: Field;
      }
    | undefined;
}

export const rekeyLayout = perShape(({ pageSize: K }: Shape): RekeyLayout => {
  const builder = new CircuitBuilder();
  if (K === 1) return { circuit: builder.build(), hidden: undefined };
  const key = builder.field(1).at;
  const slot = builder.field(K);
  const changes = builder.field(2);
  const [spending, viewing] = [builder.field(K), builder.field(K)];
  builder.bits(slot);
  [spending, viewing].forEach((product, which) => {
    const change = builder.element(changes.at + which);
    for (let k = 0; k < K; k++) builder.gate(change, builder.element(slot.at + k), builder.element(product.at + k));
  });
  return { circuit: builder.build(), hidden: { key, slot, changes, spending, viewing } };
});

/** The keys of one account, K > 1. */
export interface SharedKeys {
  readonly spending: bigint;
  readonly viewing: bigint;
}

export interface RekeySecrets {
  readonly slot: number;
  readonly before: SharedKeys;
  readonly after: SharedKeys;
}

/** The holder's input vector; `secrets` for K > 1 only. */
export function buildRekey(shape: Shape, secrets: RekeySecrets | undefined, random: Randomness): Vec {
  const { circuit, hidden } = rekeyLayout(shape);
  const x = zeros(circuit.length);
  x.set(randomElements(random, 1));
  if (hidden) {
    assert(secrets !== undefined, 'pages of more than one slot need the keys');
    const { slot, before, after } = secrets;
    const e = unitVector(shape.pageSize, slot);
    const changes = [fp.sub(after.spending, before.spending), fp.sub(after.viewing, before.viewing)];
    x[hidden.key] = before.spending;
    x.set(e, hidden.slot.at);
    x.set(changes, hidden.changes.at);
    x.set(scaleVec(e, changes[0]), hidden.spending.at);
    x.set(scaleVec(e, changes[1]), hidden.viewing.at);
  }
  prove(circuit, x, randomElements(random, 4));
  return x;
}

/** [s] and [v], K elements each, one behind the other; K > 1 only. `x`: one input vector. */
export function rekeyRecord(party: Party, { hidden }: RekeyLayout, x: Shares): Shares | undefined {
  if (!hidden) return undefined;
  const at = ({ at: from, length }: Field) => sliceShares(x, from, from + length);
  return concatShares(party, [at(hidden.spending), at(hidden.viewing)]);
}
