/** All keys of a store that start with a prefix, as the range [from, below). The prefix must not end in 0xff. */
export function under(prefix: Uint8Array): [from: Uint8Array, below: Uint8Array] {
  const below = prefix.slice();
  below[below.length - 1]++;
  return [prefix, below];
}

/** The prefix and a number as a u64, big endian: keys in the order of their numbers. */
export function numberedKey(prefix: Uint8Array, number: number): Uint8Array {
  const key = new Uint8Array(prefix.length + 8);
  key.set(prefix);
  new DataView(key.buffer).setBigUint64(prefix.length, BigInt(number));
  return key;
}

/** The number that such a key ends in. */
export const numberIn = (key: Uint8Array): number =>
  Number(new DataView(key.buffer, key.byteOffset + key.length - 8).getBigUint64(0));
