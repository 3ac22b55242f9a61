/**
 * Reading one secret slot of a public page, many reads at once: [column at e], each with a selection tuple of its own
 * ([u], [M], [<u, M>]).
 *
 *     opened    E = e - u,   D = column - M                       both uniform: u and M are bank-made and serve once
 *     result    <e, column> = <E, D> + <E, [M]> + <[u], D> + [<u, M>]
 *
 * Source: protocol.md, section 7, Select.
 */
import { innerSegments, type Vec, zeros } from '../field/index.js';
import { addPublicInto, addShares, gatherShares, type Party, type Shares, segmentsPublic } from '../sharing/index.js';

/** One column of selection tuples, one behind the other. */
export interface SelectionColumn {
  /** [u], K elements a tuple; the same for all columns. */
  readonly u: Shares;
  /** [M], K elements a tuple. */
  readonly mask: Shares;
  /** [<u, M>], one element a tuple. */
  readonly product: Shares;
}

/** Read k is with tuple `tuples[k]`. Shapes: E and D have K elements a read, the result has one. */
export function select(
  party: Party,
  tuples: Uint32Array,
  E: Vec,
  D: Vec,
  { u, mask, product }: SelectionColumn,
): Shares {
  const columns = u.length / product.length;
  const inner = (s: Shares, own: Vec) =>
    segmentsPublic(s, { starts: tuples.map(tuple => tuple * columns), columns, shared: zeros(0), own });
  const linear = addShares(addShares(inner(mask, E), inner(u, D)), gatherShares(product, tuples));
  const starts = tuples.map((_, k) => k * columns);
  addPublicInto(party, linear, innerSegments([D], { starts, columns, shared: zeros(0), own: E })[0]);
  return linear;
}
