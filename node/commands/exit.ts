/**
 * How a command ends, for shells and scripts.
 *
 *     0   done; a transfer: settled
 *     1   anything else: a bank deviated, a file is damaged, a fault of our own
 *     2   the call is wrong: mend it, nothing has happened
 *     3   a transfer was cancelled: not enough funds
 *     4   not now: no bank answers, or not in time; the same call again is safe
 */
import { type Command, CommanderError } from 'commander';
import { CovaultError } from '../../src/errors.js';
import { type Output, printJson } from './output.js';

export const exitCodes = { done: 0, failed: 1, caller: 2, cancelled: 3, retry: 4 } as const;

/** Ends a command with this code, after it has said what there is to say. */
export class Exit extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.name = 'Exit';
    this.exitCode = exitCode;
  }
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof Exit) return error.exitCode;
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.caller;
  if (!(error instanceof CovaultError)) return exitCodes.failed;
  return { caller: exitCodes.caller, retry: exitCodes.retry, fatal: exitCodes.failed }[error.action];
}

/** Runs a program on its arguments (without node and script), says what went wrong, and gives the exit code. */
export async function runProgram(program: Command, args: readonly string[], output: Output): Promise<number> {
  overrideExit(program);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    sayError(error, args.includes('--json'), output);
    return exitCodeOf(error);
  }
}

/** No command ends the process by itself: what it holds is given back first. */
function overrideExit(command: Command): void {
  command.exitOverride();
  for (const each of command.commands) overrideExit(each);
}

function sayError(error: unknown, json: boolean, output: Output): void {
  if (error instanceof Exit || error instanceof CommanderError) return; // these have said it
  const known = error instanceof CovaultError;
  const code = known ? error.code : 'INTERNAL';
  const message = error instanceof Error ? error.message : 'unknown';
  if (json) printJson(output, { error: { code, message, facts: known ? error.facts : {} } });
  else output.note(`covault: ${message} (${code})`);
}
