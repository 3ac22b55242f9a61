/**
 * What a command says: data on standard output, everything else on standard error.
 *
 * Text from outside (names, messages of banks) is shown without control characters: it must not move a cursor.
 */
import process from 'node:process';

export interface Output {
  /** A line for who asked, or for the next program in a pipe. */
  readonly data: (line: string) => void;
  /** A line for whoever watches. */
  readonly note: (line: string) => void;
}

export const processOutput: Output = {
  data: line => void process.stdout.write(`${plain(line)}\n`),
  note: line => void process.stderr.write(`${plain(line)}\n`),
};

/** Lines stay lines; nothing else that steers a terminal stays. */
export function plain(text: string): string {
  return text.replace(/[^\P{C}\n\t]/gu, '?');
}

/** One line; bigints as decimal strings. */
export function printJson(output: Output, value: unknown): void {
  output.data(JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? each.toString() : each)));
}

/** Columns, as wide as they need. */
export function printTable(output: Output, header: readonly string[], rows: readonly (readonly string[])[]): void {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map(row => row[column].length)));
  for (const row of all)
    output.data(
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
}

/** Says a thing once, until something else is to be said. */
export function onceInARow(say: (line: string) => void): (line: string) => void {
  let last: string | undefined;
  return line => {
    if (line !== last) say(line);
    last = line;
  };
}
