/** Raw VOLE between two banks, both ways: the lower index as sharer first, at both ends. */
import type { Vec } from '../field/index.js';
import type { Pair } from './pair.js';

/** Shapes: `count` elements each way. Throws: DEVIATION naming the peer. */
export async function voleWith(
  self: number,
  peer: number,
  { sharer, verifier }: Pick<Pair, 'sharer' | 'verifier'>,
  count: number,
): Promise<[own: { u: Vec; tag: Vec }, key: Vec]> {
  if (self < peer) {
    const own = await sharer.extend(count);
    return [own, await verifier.extend(count)];
  }
  const key = await verifier.extend(count);
  return [await sharer.extend(count), key];
}
