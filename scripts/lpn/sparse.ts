/**
 * What an attacker gains from rows with few nonzero entries (the local code of Wolverine and emp: d = 10 in each row).
 * No published estimator of LPN for such generators counts it: they take A as random.
 *
 * Take columns C, |C| = c, and only the rows whose d entries all lie in C. Once these are more than c, they depend on each
 * other, though they are far fewer than k + 1; the attacker guesses that they are free of noise, and checks:
 *
 *     K A_R = 0      sigma = K b_R = K e_R       K: r x |R|, the dependencies of the rows R in C; sigma = 0: right guess
 *
 * That is the domain reduction of Chen, Shu, Zhou (COLT 2025, arXiv 2407.19215). How small can c be?
 *
 *   random   C at random: n (c/k)^d = c                                                    the paper's
 *   peeled   C left when columns with the fewest rows are taken off one after the other     ours, measured here on a code
 *   floor    no C below it carries that many rows, in expectation over the code             bound: what no search can beat
 *
 * And up to p of the rows may be noisy (Lee-Brickell): sigma then is a combination of p columns of K. Its coefficients are
 * solved for, not searched, so that the size of the field is no help: for p = 2, modulo sigma two columns of K are parallel,
 * which a table of normalised columns finds; every noisy row more is one more column to project away.
 *
 * The floor holds for rows with random coefficients. With coefficients 1, even covers of fewer rows exist; finding them is
 * the refutation problem for sparse parities, far dearer here (n < k^1.3, d = 10).
 */
import { firstWhere, log2Binomial, log2Sum } from './numbers.js';
import type { Lpn } from './published.js';

export interface SparseLpn extends Lpn {
  /** Nonzero entries in each row of A. */
  readonly d: number;
}

/** Noisy rows that are tried for at most. */
const noisyRowsMax = 5;

/** Fewest columns that, chosen at random, carry as many rows: n (c/k)^d >= c. */
export function randomColumns({ n, k, d }: SparseLpn): number {
  return firstWhere(1, k, c => n * (c / k) ** d >= c);
}

/**
 * First moment: C(k, c) * Pr[Bin(n, (c/k)^d) >= c] < 1 below this c. Chernoff for the second factor: an upper bound on it,
 * so that what is returned is a lower bound on c.
 */
export function fewestColumns({ n, k, d }: SparseLpn): number {
  return firstWhere(Math.ceil(k / 8), k, c => {
    const mean = n * (c / k) ** d;
    const rare = mean >= c ? 0 : c * Math.log(c / mean) - c + mean;
    return log2Binomial(k, Math.min(c, k - c)) * Math.LN2 >= rare;
  });
}

/** What is left when peeling stops: the rows R, by index, and how many columns C they stand in. */
export interface Core {
  readonly rows: readonly number[];
  readonly columns: number;
}

/** Peels a code as long as it keeps `spare` rows more than columns. A smaller code of the same n/k keeps the same share. */
export function peel({ n, k, d }: SparseLpn, code: Int32Array, spare = 1): Core {
  const degree = new Int32Array(k);
  for (const column of code) degree[column]++;
  const rowsOf = transpose(code, degree, d);
  const byDegree: number[][] = Array.from({ length: Math.max(...degree) + 1 }, () => []);
  for (let column = 0; column < k; column++) byDegree[degree[column]].push(column);
  const leftAt = new Int32Array(n).fill(k + 1); // the number of columns with whose removal a row left
  let rowCount = n;
  let coreColumns = k;
  for (let columns = k, lowest = 0; columns > 0; ) {
    while (byDegree[lowest].length === 0) lowest++;
    const column = byDegree[lowest].pop() as number;
    if (degree[column] !== lowest) continue; // an old entry: the column stands lower by now, or is gone
    degree[column] = gone;
    columns--;
    for (const row of rowsOf(column)) {
      if (leftAt[row] <= k) continue;
      leftAt[row] = columns;
      rowCount--;
      for (const other of code.subarray(row * d, (row + 1) * d)) {
        if (degree[other] === gone) continue;
        byDegree[--degree[other]].push(other);
        lowest = Math.min(lowest, degree[other]);
      }
    }
    if (rowCount >= columns + spare) coreColumns = columns;
  }
  const rows = Array.from({ length: n }, (_, row) => row).filter(row => leftAt[row] > k || leftAt[row] < coreColumns);
  return { rows, columns: coreColumns };
}

const gone = -1;

/** For each column the rows it stands in; rows lie flat, d entries each. */
function transpose(rows: Int32Array, degree: Int32Array, d: number): (column: number) => Int32Array {
  const start = new Int32Array(degree.length + 1);
  for (let column = 0; column < degree.length; column++) start[column + 1] = start[column] + degree[column];
  const next = start.slice();
  const flat = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) flat[next[rows[i]]++] = Math.floor(i / d);
  return column => flat.subarray(start[column], start[column + 1]);
}

/** The columns of each row, d after d. Mulberry32: enough for a code that is only counted in. */
export function randomCode({ n, k, d }: SparseLpn, seed: number): Int32Array {
  let state = seed >>> 0;
  return new Int32Array(n * d).map(() => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return Math.floor((((x ^ (x >>> 14)) >>> 0) / 2 ** 32) * k);
  });
}

/** log2 of the chance that exactly p of `rows` guessed rows are noisy: one of t blocks' noise lies there with rows/n. */
function log2Noisy({ n, t }: Lpn, rows: number, p: number): number {
  return log2Binomial(t, p) + p * Math.log2(rows / n) + (t - p) * Math.log2(1 - rows / n);
}

/** Cost of the attack where the rows in c columns are found dependent at a price of 2^`solve`: the best number of errors. */
export function guessCore(lpn: Lpn, c: number, solve: number): number {
  let best = Infinity;
  let chance = -Infinity;
  for (let p = 0; p <= noisyRowsMax; p++) {
    const dependencies = p + 2; // leaves a wrong guess to pass with 1/q^2 for each set of p rows
    chance = log2Sum(chance, log2Noisy(lpn, c + dependencies, p));
    const sets = p <= 2 ? 0 : log2Binomial(c, p - 2);
    const search = sets + Math.log2(c) + Math.log2(dependencies + 3);
    best = Math.min(best, log2Sum(solve, search) - chance);
  }
  return best;
}

/** Wiedemann, blocked: about 3c products of a matrix of d c entries with a vector yield all the dependencies wanted. */
export const sparseSolve = (c: number, d: number) => Math.log2(3 * d * c * c);

/** The same guess on a code of dense rows: k + r rows, matrix inversion k^2.8. Lee-Brickell instead of Pooled Gauss. */
export const denseLeeBrickell = (lpn: Lpn) => guessCore(lpn, lpn.k, 2.8 * Math.log2(lpn.k));
