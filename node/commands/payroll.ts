/**
 * A payroll file: payments as CSV (RFC 4180), with a header line.
 *
 *     to, amount, reference      every line; the reference names the payment, and is what makes a second run safe
 *     from                       optional column; without it, or where it is empty, --from
 *
 * Strict: an unknown or missing column, a line with more or fewer fields, a text that is no amount. Every fault is told with
 * the number of its line, before anything is sent. References are never made up from file names or line numbers: a line that
 * moves would be paid again.
 */
import { stat } from 'node:fs/promises';
import { CsvError, parse } from 'csv-parse/sync';
import { CovaultError, type ErrorCode } from '../../src/errors.js';
import { batchFileBytesMax } from '../../src/limits.js';
import type { Network } from '../../src/network/index.js';
import { type BatchPayment, parseAmount } from '../../src/wallet/index.js';
import { readTextFile } from '../files.js';

export interface LineFault {
  readonly line: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Nothing was sent. */
export class PayrollRefused extends CovaultError {
  readonly faults: readonly LineFault[];

  constructor(faults: readonly LineFault[]) {
    super(faults[0].code, `${faults.length} line(s) are wrong; nothing was sent`, { faults: faults.length });
    this.faults = faults;
  }
}

export interface Payroll {
  readonly payments: readonly BatchPayment[];
  /** Where each stands in the file, counted from 1. */
  readonly lines: readonly number[];
}

const columns = ['from', 'to', 'amount', 'reference'] as const;
type Column = (typeof columns)[number];

/** Throws FILE_MISSING, OVERSIZED. */
export async function readPayrollFile(file: string): Promise<string> {
  const size = await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
  if (size > batchFileBytesMax) {
    throw new CovaultError('OVERSIZED', `${file} has more than ${batchFileBytesMax} bytes: cut it up`, { file });
  }
  return readTextFile(file, 'the payments, as CSV');
}

/** `from`: for lines that do not say. Throws PayrollRefused. */
export function readPayroll(text: string, network: Network, from: string | undefined): Payroll {
  const [header, ...rows] = readRows(text);
  if (header === undefined) throw refused(1, 'the file is empty: it begins with a header line');
  const at = readHeader(header.fields, header.line, from);
  const faults: LineFault[] = [];
  const payments: BatchPayment[] = [];
  for (const { fields, line } of rows) {
    try {
      const field = (column: Column) => (at[column] === undefined ? '' : fields[at[column]]);
      const payer = field('from') || from || '';
      if (payer === '') throw new CovaultError('BAD_ADDRESS', 'it does not say who pays, and there is no --from');
      const amount = parseAmount(field('amount'), network);
      payments.push({ from: payer, to: field('to'), amount, reference: field('reference') });
    } catch (error) {
      if (!(error instanceof CovaultError)) throw error;
      faults.push({ line, code: error.code, message: error.message });
    }
  }
  if (faults.length > 0) throw new PayrollRefused(faults);
  return { payments, lines: rows.map(({ line }) => line) };
}

interface Row {
  readonly fields: readonly string[];
  /** Its first line. */
  readonly line: number;
}

function readRows(text: string): Row[] {
  if (text.includes('\ufffd'))
    throw refused(1 + text.slice(0, text.indexOf('\ufffd')).split('\n').length - 1, 'no UTF-8');
  try {
    // one kind of line break: the parser counts a CRLF in quotes twice
    const parsed = parse(text.replaceAll('\r\n', '\n'), {
      bom: true,
      info: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as {
      record: string[];
      info: { lines: number };
    }[];
    // the parser says where a record ends; quoted fields may hold line breaks
    return parsed.map(({ record, info }) => ({
      fields: record,
      line: info.lines - record.reduce((breaks, field) => breaks + field.split('\n').length - 1, 0),
    }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw refused(Number(error.lines ?? 1), `malformed CSV (${error.code})`);
  }
}

/** Where each column stands. */
function readHeader(
  fields: readonly string[],
  line: number,
  from: string | undefined,
): Partial<Record<Column, number>> {
  const names = fields.map(field => field.toLowerCase());
  const unknown = names.find(name => !(columns as readonly string[]).includes(name));
  if (unknown !== undefined) throw refused(line, `unknown column "${unknown}": there are ${columns.join(', ')}`);
  if (new Set(names).size < names.length) throw refused(line, 'a column stands there twice');
  const needed = columns.filter(column => column !== 'from' || from === undefined);
  const missing = needed.filter(column => !names.includes(column));
  if (missing.length > 0)
    throw refused(line, `missing: ${missing.join(', ')}${missing.includes('from') ? ' (or --from)' : ''}`);
  return Object.fromEntries(names.map((name, at) => [name, at]));
}

const refused = (line: number, message: string) => new PayrollRefused([{ line, code: 'MALFORMED', message }]);
