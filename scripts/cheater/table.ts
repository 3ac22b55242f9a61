/** What came of all plays: counted, and told line by line. */

import type { Case } from './cases.js';
import { nameOf } from './deviations.js';
import { expectationOf } from './expectations.js';
import { type Outcome, outcomes, type Result } from './play.js';

export interface Row {
  readonly banks: number;
  readonly cheater: number;
  readonly deviation: string;
  readonly outcome: Outcome;
  /** What it may come to. */
  readonly expected: readonly Outcome[];
  readonly why: string;
  readonly faults: readonly string[];
  readonly wronglyNamed: readonly string[];
  readonly noticed: string;
  readonly state: string;
}

export function rowOf({ stage, cheater, deviation, story }: Case, result: Result): Row {
  const { outcomes: expected, why } = expectationOf(deviation);
  const { outcome, faults, wronglyNamed, noticed, standing } = result;
  const statuses = [...standing.statuses.values()].slice(-3).join(', ');
  return {
    banks: stage.banks,
    cheater,
    deviation: `${nameOf(deviation)} (${story.name})`,
    outcome,
    expected,
    why,
    faults,
    wronglyNamed,
    noticed,
    state: `heights ${standing.heights.join(' ')}; ${statuses}`,
  };
}

/** A wrong result or opening; or nobody stopped, though nothing says why that is right. */
export function isUndetected({ outcome, expected, faults }: Row): boolean {
  return faults.length > 0 || (!expected.includes(outcome) && ['unmoved', 'refused'].includes(outcome));
}

export interface Summary {
  readonly deviations: number;
  readonly undetected: number;
  readonly wronglyNamed: number;
  /** Another outcome than expected, though the network stopped and named nobody wrongly. */
  readonly unexpected: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly byBanks: Readonly<Record<string, number>>;
}

export function summarise(rows: readonly Row[]): Summary {
  const count = (holds: (row: Row) => boolean) => rows.filter(holds).length;
  const byOutcome = outcomes.map(outcome => [outcome, count(row => row.outcome === outcome)] as const);
  const sizes = [...new Set(rows.map(({ banks }) => banks))].sort();
  return {
    deviations: rows.length,
    undetected: count(isUndetected),
    wronglyNamed: count(row => row.wronglyNamed.length > 0),
    unexpected: count(row => !isUndetected(row) && !row.expected.includes(row.outcome)),
    outcomes: Object.fromEntries(byOutcome) as Record<Outcome, number>,
    byBanks: Object.fromEntries(sizes.map(size => [size, count(row => row.banks === size)])),
  };
}

export function describeRow(row: Row): string {
  const faults = [...row.faults, ...row.wronglyNamed.map(name => `${name} is named`)];
  const marks =
    faults.length > 0 ? `  WRONG: ${faults.join('; ')}` : row.expected.includes(row.outcome) ? '' : '  UNEXPECTED';
  const noticed = row.noticed ? `  "${row.noticed}"` : '';
  return `n=${row.banks} bank ${row.cheater}  ${row.outcome.padEnd(9)}  ${row.deviation}  ${row.state}${noticed}${marks}`;
}

/** Deviations by the message they change: what they came to. */
export function describeKinds(rows: readonly Row[]): string[] {
  const kinds = [...new Set(rows.map(kindOf))];
  const width = Math.max(...kinds.map(({ length }) => length));
  const line = (name: string, cells: readonly (string | number)[]) =>
    `${name.padEnd(width)}  ${cells.map(cell => `${cell}`.padStart(9)).join(' ')}`;
  return [
    line('message', [...outcomes]),
    ...kinds.map(kind => {
      const own = rows.filter(row => kindOf(row) === kind);
      return line(
        kind,
        outcomes.map(outcome => own.filter(row => row.outcome === outcome).length),
      );
    }),
  ];
}

const kindOf = ({ deviation }: Row): string => deviation.split(', ')[0];
