/** All keys of a store that start with a prefix, as the range [from, below). The prefix must not end in 0xff. */
export function under(prefix: Uint8Array): [from: Uint8Array, below: Uint8Array] {
  const below = prefix.slice();
  below[below.length - 1]++;
  return [prefix, below];
}
