/**
 * What the field's vector loops cost: nanoseconds an element, medians over several runs, copies in and out included.
 * Where the result is a long vector, its fresh memory is in the number, and may cost more than the loop.
 * Measures and never verifies.
 */
import {
  addScaledInto,
  addVec,
  inner,
  invVec,
  matVec,
  mulVec,
  P,
  powersVec,
  scaleVec,
  sumVec,
  type Vec,
} from '../../src/field/index.js';

export interface FieldBench {
  addNs: number;
  multiplyNs: number;
  scaleNs: number;
  addScaledNsPerTerm: number;
  innerNsPerTerm: number;
  sumNsPerTerm: number;
  powersNs: number;
  inverseNs: number;
  matVecNsPerTerm: number;
  /** One whole call of `mulVec` on 500 elements. */
  shortCallNs: number;
}

const longCount = 100_000;
const shortCount = 500;
const runCount = 15;

export async function benchField(): Promise<FieldBench> {
  const a = powersVec(0x123_4567_89ab_cdefn, longCount);
  const b = powersVec(P - 5n, longCount);
  const accumulator = a.slice();
  const [x, y]: Vec[] = [a.slice(0, shortCount), b.slice(0, shortCount)];
  return {
    addNs: nsPerElement(longCount, () => addVec(a, b)),
    multiplyNs: nsPerElement(longCount, () => mulVec(a, b)),
    scaleNs: nsPerElement(longCount, () => scaleVec(a, P - 7n)),
    addScaledNsPerTerm: nsPerElement(longCount, () => addScaledInto(accumulator, b, P - 7n)),
    innerNsPerTerm: nsPerElement(longCount, () => inner(a, b)),
    sumNsPerTerm: nsPerElement(longCount, () => sumVec(a)),
    powersNs: nsPerElement(longCount, () => powersVec(P - 7n, longCount)),
    inverseNs: nsPerElement(longCount, () => invVec(a)),
    matVecNsPerTerm: nsPerElement(longCount, () => matVec(a, shortCount, x)),
    shortCallNs: shortCount * nsPerElement(shortCount * 100, () => repeat(100, () => mulVec(x, y))),
  };
}

function repeat(times: number, call: () => void): void {
  for (let i = 0; i < times; i++) call();
}

function nsPerElement(count: number, call: () => void): number {
  repeat(20, call);
  const runs: number[] = [];
  for (let run = 0; run < runCount; run++) {
    const start = performance.now();
    call();
    runs.push(((performance.now() - start) * 1e6) / count);
  }
  return runs.sort((left, right) => left - right)[runCount >> 1];
}
