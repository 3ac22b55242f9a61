/**
 * Where commands print: data on standard output, everything else on standard error.
 */
import { CommanderError } from 'commander';
import { CovaultError } from '../../src/errors.js';

export interface Output {
  /** A line of data. */
  out(line: string): void;
  /** A line for the person at the terminal. */
  say(line: string): void;
}

export const terminal: Output = {
  out: line => void process.stdout.write(`${line}\n`),
  say: line => void process.stderr.write(`${line}\n`),
};

/** One JSON object on one line, or lines for people. */
export function print(to: Output, json: boolean | undefined, data: object, lines: readonly string[]): void {
  if (json) to.out(JSON.stringify(data));
  else for (const line of lines) to.out(line);
}

/** Commander has said what it had to say by itself. */
export function sayError(to: Output, error: unknown): void {
  if (error instanceof CommanderError) return;
  if (error instanceof CovaultError) to.say(`covault: ${error.message} (${error.code})`);
  else to.say(`covault: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
}
