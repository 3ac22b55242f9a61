/**
 * What a command tells the shell that ran it.
 *
 *     0  done
 *     1  something is broken: a peer deviated, a log or a store is damaged, a mistake of ours
 *     2  the call is wrong: mend it
 *     3  the transfer was cancelled
 *     4  not now: try again, or at another bank
 */
import { CommanderError } from 'commander';
import { CovaultError } from '../../src/errors.js';

export const exitCodes = { done: 0, broken: 1, usage: 2, cancelled: 3, retry: 4 } as const;

const ofAction = { caller: exitCodes.usage, retry: exitCodes.retry, fatal: exitCodes.broken } as const;

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  return error instanceof CovaultError ? ofAction[error.action] : exitCodes.broken;
}
