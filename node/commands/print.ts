/** What a command says: for machines or for people. */
import { type Output, printJson } from './output.js';

/** One JSON object on one line for machines, or lines for people. */
export function print(to: Output, json: boolean | undefined, value: object, lines: readonly string[]): void {
  if (json) printJson(to, value);
  else for (const line of lines) to.data(line);
}
