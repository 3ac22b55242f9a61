/** Logarithms to base 2 of the numbers that attacks' costs are made of. All inputs are public; plain floating point. */

/** log2 of C(n - a, t) / C(n, t): the chance that t random positions of n miss a given ones. */
export function log2Miss(n: number, a: number, t: number): number {
  let sum = 0;
  for (let i = 0; i < t; i++) sum += Math.log2((n - a - i) / (n - i));
  return sum;
}

/** log2 of C(n, m) by its product: exact to rounding, m steps. */
export function log2Binomial(n: number, m: number): number {
  let sum = 0;
  for (let i = 0; i < m; i++) sum += Math.log2((n - i) / (m - i));
  return sum;
}

/** log2(2^a + 2^b + ...). */
export function log2Sum(...terms: readonly number[]): number {
  const top = Math.max(...terms);
  return top === -Infinity ? top : top + Math.log2(terms.reduce((sum, term) => sum + 2 ** (term - top), 0));
}

/** Smallest integer in [low, high] of which `holds` is true, where it is false below some point and true from there. */
export function firstWhere(low: number, high: number, holds: (x: number) => boolean): number {
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
