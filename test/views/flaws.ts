/**
 * Builds with one mask taken away, or used twice, or a message whose length tells: each must be told apart, by the tests named.
 */
import { concatBytes } from '../../src/crypto/index.js';
import type { Flaw } from './block-view.js';

export interface NamedFlaw extends Flaw {
  readonly name: string;
  /** At least by these. */
  readonly toldBy: readonly string[];
}

/** Where the holder draws the bits of r and sigma. */
const comparisonBytes = 9;

export const flaws: readonly NamedFlaw[] = [
  {
    name: 'balances are opened without a mask',
    spoil: ({ masks }) => void masks[0].fill(0n),
    toldBy: ['bits', 'elements', 'differences'],
  },
  {
    name: 'one selection tuple serves twice',
    spoil: ({ selectors, masks }, K) => {
      for (const row of [selectors, ...masks]) row.copyWithin(K, 0, K);
    },
    toldBy: ['differences'],
  },
  {
    name: 'inputs are corrected without a mask',
    spoil: ({ u }) => {
      for (const row of u.flat()) row.fill(0n);
    },
    toldBy: ['bits', 'elements'],
  },
  {
    name: 'the comparison has no mask, and the verdict none',
    holder: random => ({
      bytes: count => (count === comparisonBytes ? new Uint8Array(comparisonBytes) : random.bytes(count)),
    }),
    toldBy: ['bits', 'elements', 'differences'],
  },
  {
    name: 'a message is longer when a transfer is cancelled',
    wire: (frame, story) => (story === 1 ? concatBytes(frame, Uint8Array.of(0)) : frame),
    toldBy: ['shape'],
  },
];
