/**
 * Runs both stories many times and says whether their views can be told apart: by shape, by any bit, by any element that the
 * coalition works out, by the difference of any two elements opened in the last block, or by a trained distinguisher.
 *
 * The probability of a false alarm is at most `alpha` for a whole comparison, a fifth for each of the five tests.
 */
import { fp } from '../../src/field/index.js';
import { BitCounts, criticalAccuracy, criticalGap, Distinguisher, ElementCounts, type Gap } from './statistics.js';
import { type Class, classes } from './stories.js';
import type { View } from './view.js';

export const alpha = 2 ** -20;
const tests = 5;

export interface Finding {
  readonly test: string;
  readonly features: number;
  /** A gap between frequencies, or a share of right guesses. */
  readonly found: number;
  readonly critical: number;
}

export interface Comparison {
  readonly runsOfEach: number;
  readonly viewBytes: number;
  readonly pieces: number;
  /** The first piece that has another name or length in some run. */
  readonly otherShape: string | undefined;
  readonly findings: readonly Finding[];
  /** By which tests the classes are told apart. */
  readonly toldBy: readonly string[];
}

/** `runsOfEach` views of each class, in turn; an even number. */
export async function compareViews(
  runsOfEach: number,
  view: (story: Class, run: number) => Promise<View>,
): Promise<Comparison> {
  const half = runsOfEach / 2;
  const first = await view(0, -1);
  const [trained, rest] = [new BitCounts(first.bytes.length), new BitCounts(first.bytes.length)];
  const elements = new ElementCounts(first.elements.length);
  const differences = new ElementCounts((first.opened.length * (first.opened.length - 1)) / 2);
  let distinguishers: readonly [Distinguisher, Distinguisher] | undefined;
  for (let run = 0; run < runsOfEach; run++) {
    if (run === half) distinguishers = [new Distinguisher(trained, 'all'), new Distinguisher(trained, 'best')];
    for (const story of classes) {
      const { shape, bytes, elements: values, opened } = await view(story, run);
      const otherShape = otherPiece(first.shape, shape);
      if (otherShape !== undefined) return toldByShape(run, first, otherShape);
      (run < half ? trained : rest).add(story, bytes);
      for (const distinguisher of distinguishers ?? []) distinguisher.play(story, bytes);
      elements.add(story, values);
      differences.add(story, pairs(opened));
    }
  }
  trained.addAll(rest);
  const gap = (test: string, { features, largest }: Gap): Finding => ({
    test,
    features,
    found: largest,
    critical: criticalGap(runsOfEach, features, alpha / tests),
  });
  const guessed = (test: string, { accuracy, features }: Distinguisher): Finding => ({
    test,
    features,
    found: accuracy,
    critical: criticalAccuracy(runsOfEach - half, alpha / tests),
  });
  const [all, best] = distinguishers as readonly [Distinguisher, Distinguisher];
  const findings: Finding[] = [
    gap('bits', trained.gap()),
    // a view that nothing is worked out of has none
    ...(elements.features > 0 ? [gap('elements', elements.gap())] : []),
    ...(differences.features > 0 ? [gap('differences', differences.gap())] : []),
    guessed('all bits together', all),
    guessed('the best bits together', best),
  ];
  return {
    runsOfEach,
    viewBytes: first.bytes.length,
    pieces: first.shape.length,
    otherShape: undefined,
    findings,
    toldBy: findings.filter(({ found, critical }) => found >= critical).map(({ test }) => test),
  };
}

function otherPiece(expected: readonly string[], shape: readonly string[]): string | undefined {
  const at = expected.findIndex((piece, k) => piece !== shape[k]);
  if (at >= 0) return `${expected[at]} became ${shape[at]}`;
  return shape[expected.length];
}

function toldByShape(run: number, { bytes, shape }: View, otherShape: string): Comparison {
  const known = { runsOfEach: run, viewBytes: bytes.length, pieces: shape.length };
  return { ...known, otherShape, findings: [], toldBy: ['shape'] };
}

function* pairs(values: BigUint64Array): Generator<bigint> {
  const list = [...values];
  for (let i = 0; i < list.length; i++) for (let j = 0; j < i; j++) yield fp.sub(list[i], list[j]);
}
