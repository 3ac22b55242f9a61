/**
 * The fully linear proof: M claims X_g * Y_g = Z_g about a shared x, checked by opening six elements linear in x.
 *
 *     f, g   of degree M+1: random at 0 and 1, X_g and Y_g at the points 2 .. M+1
 *     h      = f*g, of degree 2M+2: given at 0, 1 and M+2 .. 2M+2; Z_g at 2 .. M+1
 *     check  f(tau)*g(tau) = h(tau) at two distinct points tau_1, tau_2 from the coin, both in [2^16, p)
 *
 * The two random points make the four opened values of f and g uniform and independent: the opening shows nothing else
 * (h follows from them). A false claim passes when both points are roots of a polynomial of degree 2M+2:
 * error ((2M+2)/(p - 2^16))^2, 2^-98 to 2^-104 for M of 190 to 1,800. One point would leave 2^-49 an envelope and about
 * 2^-23 over a ledger's life.
 *
 * Proof layout in x: f_0, f_1, g_0, g_1, h_0, h_1, h_(M+2) .. h_(2M+2).
 *
 * Source: Boneh et al. (ePrint 2019/188), as in Prio3 (RFC draft-irtf-cfrg-vdaf), with two masks; protocol.md section 6.
 */
import { prg } from '../crypto/index.js';
import { assert } from '../errors.js';
import { fp, inner, invVec, mulVec, P, scaleVec, subVec, type Vec, vec, zeros } from '../field/index.js';
import { addFormWeights, type Circuit, evaluateForms } from './circuit.js';

/** Six weight vectors over x: f, g, h at tau_1, then at tau_2; row-major, 6 x length. */
export interface ProofWeights {
  readonly matrix: Vec;
  readonly rows: 6;
}

const tauMin = 1n << 16n;

/** Two distinct points from a 32-byte coin, by rejection from [2^16, p). */
export function drawTaus(coin: Uint8Array): [bigint, bigint] {
  const taus: bigint[] = [];
  const stream = prg(coin, 16 * 64);
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  for (let at = 0; taus.length < 2; at += 8) {
    assert(at < stream.length, 'a run of 128 rejected points has probability below 2^-5000');
    const tau = view.getBigUint64(at, true) & ((1n << 61n) - 1n);
    if (tau >= tauMin && tau < P && !taus.includes(tau)) taus.push(tau);
  }
  return [taus[0], taus[1]];
}

/**
 * Fills the proof part of x. `masks` are four random elements (f_0, f_1, g_0, g_1).
 * Cost: 2(M+1) inner products of M+2 elements.
 */
export function prove(circuit: Circuit, x: Vec, masks: Vec): void {
  const { gates: M, proof } = circuit;
  assert(masks.length === 4 && x.length === circuit.length, 'four masks and the whole input vector');
  if (M === 0) return;
  const values = evaluateForms(circuit, x);
  const f = zeros(M + 2);
  const g = zeros(M + 2);
  f.set(masks.subarray(0, 2));
  g.set(masks.subarray(2, 4));
  for (let k = 0; k < M; k++) {
    f[k + 2] = values[circuit.x[k]];
    g[k + 2] = values[circuit.y[k]];
  }
  x.set(masks, proof.at);
  x.set(mulVec(f.subarray(0, 2), g.subarray(0, 2)), proof.at + 4);
  x.set(mulVec(extrapolate(f), extrapolate(g)), proof.at + 6);
}

/** Values of the polynomial through (0, v_0) .. (N, v_N) at N+1 .. 2N. */
function extrapolate(values: Vec): Vec {
  const N = values.length - 1;
  const weighted = mulVec(barycentric(N), values);
  const inverses = invVec(vec(range(1, 2 * N))).reverse(); // 1/2N .. 1/1
  const sums = zeros(N);
  const factors = zeros(N);
  // l(t) = t * (t-1) ... (t-N)
  let l = 1n;
  for (let k = 1; k <= N + 1; k++) l = fp.mul(l, BigInt(k));
  const steps = invVec(vec(range(1, N)));
  for (let t = N + 1; t <= 2 * N; t++) {
    // 1/(t-k) for k = 0 .. N stands at 2N-t .. 2N-t+N
    sums[t - N - 1] = inner(weighted, inverses.subarray(2 * N - t, 3 * N - t + 1));
    factors[t - N - 1] = l;
    // l(t+1) = l(t) * (t+1) / (t-N)
    if (t < 2 * N) l = fp.mul(fp.mul(l, BigInt(t + 1)), steps[t - N - 1]);
  }
  return mulVec(factors, sums);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

const barycentricCache = new Map<number, Vec>();

/** w_k = (-1)^(N-k) / (k! (N-k)!) for the nodes 0 .. N. */
function barycentric(N: number): Vec {
  const known = barycentricCache.get(N);
  if (known) return known;
  const factorial = zeros(N + 1);
  factorial[0] = 1n;
  for (let k = 1; k <= N; k++) factorial[k] = fp.mul(factorial[k - 1], BigInt(k));
  const inverse = invVec(factorial);
  const w = mulVec(inverse, inverse.slice().reverse());
  for (let k = N - 1; k >= 0; k -= 2) w[k] = fp.neg(w[k]);
  barycentricCache.set(N, w);
  return w;
}

/** lambda_k(tau) for the nodes 0 .. N: the polynomial's value at tau is their inner product with its values there. */
function lagrange(N: number, tau: bigint): Vec {
  const differences = subVec(zeros(N + 1).fill(tau), nodes(N));
  return scaleVec(mulVec(barycentric(N), invVec(differences)), productOf(differences));
}

const nodesCache = new Map<number, Vec>();

/** 0 .. N */
function nodes(N: number): Vec {
  const known = nodesCache.get(N);
  if (known) return known;
  const values = vec(range(0, N));
  nodesCache.set(N, values);
  return values;
}

/** The product of all elements, halves by halves. */
function productOf(values: Vec): bigint {
  let rest = values;
  while (rest.length > 1) {
    const half = rest.length >> 1;
    const products = mulVec(rest.subarray(0, half), rest.subarray(half, 2 * half));
    if (rest.length % 2 === 1) products[0] = fp.mul(products[0], rest[2 * half]);
    rest = products;
  }
  return rest[0];
}

/** The six vectors whose inner products with x are f, g, h at both points. Once per circuit and block. */
export function proofWeights(circuit: Circuit, taus: readonly [bigint, bigint]): ProofWeights {
  const { gates: M, length, proof } = circuit;
  const matrix = zeros(6 * length);
  taus.forEach((tau, which) => {
    const row = (k: number) => matrix.subarray((3 * which + k) * length, (3 * which + k + 1) * length);
    const low = lagrange(M + 1, tau);
    const high = lagrange(2 * M + 2, tau);
    const [f, g, h] = [row(0), row(1), row(2)];
    f.set(low.subarray(0, 2), proof.at);
    g.set(low.subarray(0, 2), proof.at + 2);
    h.set(high.subarray(0, 2), proof.at + 4);
    h.set(high.subarray(M + 2), proof.at + 6);
    addFormWeights(circuit, f, circuit.x, low.subarray(2));
    addFormWeights(circuit, g, circuit.y, low.subarray(2));
    addFormWeights(circuit, h, circuit.z, high.subarray(2, M + 2));
  });
  return { matrix, rows: 6 };
}

/** f*g = h at both points. `opened` are the six opened elements. */
export function proofHolds(opened: Vec): boolean {
  assert(opened.length === 6, 'six opened elements');
  return fp.mul(opened[0], opened[1]) === opened[2] && fp.mul(opened[3], opened[4]) === opened[5];
}
