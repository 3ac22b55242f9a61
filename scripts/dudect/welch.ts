/**
 * Do two classes of inputs take the same time? Welch's t-test on what was measured, as it is and cropped.
 *
 *     t = (m_0 - m_1) / sqrt(s_0^2/N_0 + s_1^2/N_1)
 *
 * Cropping: times above a percentile of all times are left out, for many percentiles, since what the machine adds (interrupts,
 * collections) lies in the upper tail and hides what is looked for. The largest |t| counts. Under H0 a single t is above 4.5
 * with probability below 10^-5; the crops are not independent, and beyond 10 nobody calls it chance.
 *
 * Source: Reparaz, Balasch, Verbauwhede: dude, is my code constant time? (DATE 2017, ePrint 2016/1123).
 */

export interface Leakage {
  /** Of the crop with the largest |t|. */
  readonly t: number;
  /** Mean of class 1 less that of class 0 there, in the unit of the times. */
  readonly difference: number;
  /** Mean of both there. */
  readonly mean: number;
  /** Times that this crop keeps. */
  readonly kept: number;
}

/** |t| from which a leak is certain, and from which one looks again. */
export const leaks = 10;
export const suspicious = 4.5;

const crops = 100;
/** Fewer of one class say nothing. */
const keptMin = 500;

/** Shapes: one time for each measurement, and its class, 0 or 1. */
export function leakage(times: Float64Array, classes: Uint8Array): Leakage {
  const sorted = times.slice().sort();
  let worst = welch(times, classes, Number.POSITIVE_INFINITY);
  for (let crop = 0; crop < crops; crop++) {
    // dudect's percentiles: dense near the top
    const percentile = 1 - 0.5 ** ((10 * (crop + 1)) / crops);
    const limit = sorted[Math.floor(percentile * (sorted.length - 1))];
    const found = welch(times, classes, limit);
    if (found.kept >= keptMin && Math.abs(found.t) > Math.abs(worst.t)) worst = found;
  }
  return worst;
}

/** Of the times up to the limit. */
export function welch(times: Float64Array, classes: Uint8Array, limit: number): Leakage {
  const count = [0, 0];
  const mean = [0, 0];
  const squares = [0, 0];
  times.forEach((time, i) => {
    if (time > limit) return;
    const k = classes[i];
    const before = time - mean[k];
    mean[k] += before / ++count[k];
    squares[k] += before * (time - mean[k]);
  });
  const error = Math.sqrt([0, 1].reduce((sum, k) => sum + squares[k] / (count[k] - 1) / count[k], 0));
  const difference = mean[1] - mean[0];
  const t = Math.min(...count) < 2 || !(error > 0) ? 0 : difference / error;
  return { t, difference, mean: (mean[0] + mean[1]) / 2, kept: 2 * Math.min(...count) };
}
