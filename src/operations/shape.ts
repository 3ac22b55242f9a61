/**
 * What every operation's layout depends on, and nothing else.
 */
import type { Vec } from '../field/index.js';
import { maskToField } from '../field/index.js';
import type { Randomness } from '../ports.js';

export interface Shape {
  /** K, slots in a page. */
  readonly pageSize: number;
  /** m: amounts are below 2^m. */
  readonly amountBits: number;
}

/** Layouts are made once per shape. */
export function perShape<T>(make: (shape: Shape) => T): (shape: Shape) => T {
  const made = new Map<number, T>();
  return ({ pageSize, amountBits }) => {
    const key = pageSize * 64 + amountBits; // amountBitsMax is below 64
    let layout = made.get(key);
    if (layout === undefined) {
      layout = make({ pageSize, amountBits });
      made.set(key, layout);
    }
    return layout;
  };
}

/** Uniform field elements (up to the 2^-61 with which p is read as 0). */
export const randomElements = (random: Randomness, count: number): Vec => maskToField(random.bytes(8 * count));

export const bitsOf = (value: bigint, count: number): Vec =>
  BigUint64Array.from({ length: count }, (_, i) => (value >> BigInt(i)) & 1n);

/** The unit vector of a slot. */
export function unitVector(length: number, slot: number): Vec {
  const e = new BigUint64Array(length);
  e[slot] = 1n;
  return e;
}
