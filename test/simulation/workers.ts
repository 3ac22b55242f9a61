/**
 * Seeds over worker processes, in order, until one fails: then those below it are finished, and none is begun.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SeedOptions } from './run-seed.js';
import type { Outcome } from './simulation.js';

export interface Ran {
  readonly seed: number;
  readonly outcome: Outcome;
}

const program = fileURLToPath(new URL('worker.js', import.meta.url));

/** `told` hears of every run. Resolves when all have ended, and all processes with them. */
export async function runSeeds(
  seeds: Iterator<number>,
  workers: number,
  options: SeedOptions,
  told: (ran: Ran) => void,
  signal: AbortSignal,
): Promise<void> {
  let failed = false;
  const next = (): number | undefined => {
    if (failed || signal.aborted) return undefined;
    const { value, done } = seeds.next();
    return done ? undefined : value;
  };
  await Promise.all(
    Array.from({ length: workers }, async () => {
      const child = fork(program, [JSON.stringify(options)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      try {
        for (let seed = next(); seed !== undefined; seed = next()) {
          const outcome = await ask(child, seed);
          if (signal.aborted) break; // an interruption reaches the process too
          if (outcome.violations.length > 0) failed = true;
          told({ seed, outcome });
        }
      } finally {
        child.kill();
      }
    }),
  );
}

/** A process that dies over a seed has failed it. */
function ask(child: ChildProcess, seed: number): Promise<Outcome> {
  return new Promise(resolve => {
    const died = (code: number | null) => {
      const what = `the simulator itself ended (${code})`;
      const violations = [{ checker: 'simulator', what, atMs: 0 }];
      resolve({ violations, masksReused: 0, counts: {}, digest: '' });
    };
    child.once('exit', died);
    child.once('message', outcome => {
      child.off('exit', died);
      resolve(outcome as Outcome);
    });
    child.send(seed);
  });
}
