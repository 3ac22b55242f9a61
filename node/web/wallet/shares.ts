/**
 * The splitting of a number among banks, to be looked at: what this device does with every value of a payment.
 *
 *     value = s_1 + ... + s_n  (mod p),   p = 2^61 - 1;   n - 1 of them uniform in [0, p)
 *
 * So any n - 1 of the shares have the same distribution whatever the value is: they tell nothing of it.
 * Not here: what banks hold, which no device sees in one place. Source: protocol.md, section 2.
 */
export const p = 2n ** 61n - 1n;

/** `value` in n shares; all but the last are drawn. */
export function split(value: bigint, count: number): bigint[] {
  const drawn = Array.from({ length: count - 1 }, uniform);
  return [...drawn, modulo(value - drawn.reduce((sum, share) => sum + share, 0n))];
}

export const modulo = (value: bigint): bigint => ((value % p) + p) % p;

/** Uniform in [0, p): 61 random bits, drawn again in the one case that is p. */
function uniform(): bigint {
  for (;;) {
    const [bits] = crypto.getRandomValues(new BigUint64Array(1));
    if (bits >> 3n < p) return bits >> 3n;
  }
}
