/** What a careless or malicious sender makes of good bytes, for fast-check. */
import fc from 'fast-check';
import { concatBytes } from '../../src/crypto/index.js';

export function spoiled(samples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const sample = fc.constantFrom(...samples);
  const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  const at = (bytes: Uint8Array, where: number) => Math.floor(where * bytes.length);
  const over = (bytes: Uint8Array, from: number, piece: Uint8Array) =>
    concatBytes(bytes.subarray(0, from), piece, bytes.subarray(from + piece.length));
  return fc.oneof(
    sample,
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(sample, place, fc.integer({ min: 1, max: 255 })).map(([bytes, where, flip]) => {
      const changed = bytes.slice();
      if (changed.length > 0) changed[at(bytes, where)] ^= flip;
      return changed;
    }),
    fc.tuple(sample, place).map(([bytes, where]) => bytes.slice(0, at(bytes, where))),
    fc.tuple(sample, fc.uint8Array({ minLength: 1, maxLength: 9 })).map(([bytes, more]) => concatBytes(bytes, more)),
    // a length or a number as large as can be
    fc
      .tuple(sample, place, fc.constantFrom(4, 8))
      .map(([bytes, where, width]) => over(bytes, at(bytes, where), new Uint8Array(width).fill(255))),
    // two things put together from two places
    fc
      .tuple(sample, sample, place, place)
      .map(([a, b, i, j]) => concatBytes(a.subarray(0, at(a, i)), b.subarray(at(b, j)))),
  );
}
