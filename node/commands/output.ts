/**
 * What a command says: data on standard output, everything else on standard error.
 *
 * Text from outside (names, messages of banks) is shown without control characters: it must not move a cursor. Colours are
 * put around what is plain already, and only on a terminal that shows them (no NO_COLOR, no TERM=dumb).
 */
import process from 'node:process';
import { styleText } from 'node:util';

export interface Output {
  /** A line for who asked, or for the next program in a pipe. */
  readonly data: (line: string) => void;
  /** A line for whoever watches. */
  readonly note: (line: string) => void;
  /** As `data`, for a line that is plain but for colours: there only where they are shown. */
  readonly painted?: ((line: string) => void) | undefined;
}

/** Whether that stream is a terminal whose user wants colours: https://no-color.org. */
export function showsColours(
  { isTTY }: { readonly isTTY?: boolean },
  { NO_COLOR = '', TERM }: Readonly<Record<string, string | undefined>>,
): boolean {
  return isTTY === true && NO_COLOR === '' && TERM !== 'dumb';
}

export const processOutput: Output = {
  data: line => void process.stdout.write(`${plain(line)}\n`),
  note: line => void process.stderr.write(`${plain(line)}\n`),
  painted: showsColours(process.stdout, process.env) ? line => void process.stdout.write(`${line}\n`) : undefined,
};

/** Lines stay lines; nothing else that steers a terminal stays. */
export function plain(text: string): string {
  return text.replace(/[^\P{C}\n\t]/gu, '?');
}

/** One line; bigints as decimal strings. */
export function printJson(output: Output, value: unknown): void {
  output.data(JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? each.toString() : each)));
}

export type Colour = 'green' | 'yellow' | 'red' | 'gray';

/** By the header of a column: the colour of a cell, if it has one. */
export type Colours = Readonly<Record<string, (cell: string) => Colour | undefined>>;

/** Columns, as wide as they need. A cell is one line. */
export function printTable(
  output: Output,
  header: readonly string[],
  rows: readonly (readonly string[])[],
  colours: Colours = {},
): void {
  const all = [header, ...rows].map(row => row.map(cell => plain(cell).replace(/[\n\t]/g, ' ')));
  const widths = header.map((_, column) => Math.max(...all.map(row => row[column].length)));
  const painted = (cell: string, column: number, isHeader: boolean): string => {
    if (isHeader) return styleText('bold', cell);
    const colour = colours[header[column]]?.(cell);
    return colour === undefined ? cell : styleText(colour, cell);
  };
  for (const [r, row] of all.entries()) {
    const cells = row.map((cell, column) => {
      const text = output.painted ? painted(cell, column, r === 0) : cell;
      return text + ' '.repeat(widths[column] - cell.length);
    });
    (output.painted ?? output.data)(cells.join('  ').trimEnd());
  }
}

/** Says a thing once, until something else is to be said. */
export function onceInARow(say: (line: string) => void): (line: string) => void {
  let last: string | undefined;
  return line => {
    if (line !== last) say(line);
    last = line;
  };
}
