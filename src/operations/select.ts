/**
 * Reading one secret slot of a public page: [column at e], with a selection tuple ([u], [M], [<u, M>]).
 *
 *     opened    E = e - u,   D = column - M                       both uniform: u and M are bank-made and serve once
 *     result    <e, column> = <E, D> + <E, [M]> + <[u], D> + [<u, M>]
 *
 * Source: protocol.md, section 7, Select.
 */
import { inner, type Vec } from '../field/index.js';
import { addPublic, addShares, innerPublic, type Party, type Shares } from '../sharing/index.js';

/** One column of a selection tuple. */
export interface SelectionColumn {
  /** [u], K elements; the same for all columns of the tuple. */
  readonly u: Shares;
  /** [M], K elements. */
  readonly mask: Shares;
  /** [<u, M>] */
  readonly product: Shares;
}

export function select(party: Party, E: Vec, D: Vec, { u, mask, product }: SelectionColumn): Shares {
  const linear = addShares(addShares(innerPublic(E, mask), innerPublic(D, u)), product);
  return addPublic(party, linear, BigUint64Array.of(inner(E, D)));
}
