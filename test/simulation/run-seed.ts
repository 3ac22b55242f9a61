/** One seed as the command runs it, here or in a worker. */
import { canaries, runCanary } from './canaries.js';
import type { CheckerName } from './checkers/checkers.js';
import { drawScenario, type Outcome, runScenario } from './simulation.js';

export interface SeedOptions {
  /** With the first bug on that this checker must find. */
  readonly canary?: CheckerName;
}

export function runSeed(seed: number, { canary }: SeedOptions, trace?: (line: string) => void): Promise<Outcome> {
  const options = trace ? { trace } : {};
  const found = canaries.find(({ checker }) => checker === canary);
  return found ? runCanary(found, `${seed}`, options) : runScenario(drawScenario(`${seed}`), options);
}
