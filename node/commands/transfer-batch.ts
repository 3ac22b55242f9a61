/**
 * `covault transfer --batch`: pays a payroll file, each line once, however often it is run.
 *
 * All lines are checked before the first is sent. Ends with 0 if all were settled; else with what there is to do first: 4
 * some are open, run it again; 2 some are rejected; 3 some were cancelled.
 */
import type { BatchResult } from '../../src/wallet/index.js';
import { BatchRefused } from '../../src/wallet/index.js';
import { showBatch } from './batch-progress.js';
import { Exit, exitCodes } from './exit.js';
import { type Output, printJson, printTable } from './output.js';
import { type LineFault, PayrollRefused, readPayroll, readPayrollFile } from './payroll.js';
import { type HolderHost, type HolderOptions, withWallet } from './wallet-host.js';

export interface BatchCommand extends HolderOptions {
  readonly batch: string;
  readonly from?: string | undefined;
}

type Line = BatchResult & { readonly line: number };

export async function transferBatch(options: BatchCommand, host: HolderHost): Promise<void> {
  const { output, terminal } = host;
  try {
    const lines = await pay(options, host, options.json ? undefined : terminal);
    say(output, lines, options.json ?? false);
    const code = exitCodeFor(lines);
    if (code !== exitCodes.done) throw new Exit(code);
  } catch (error) {
    if (!(error instanceof PayrollRefused)) throw error;
    sayFaults(output, error, options.json ?? false);
    throw new Exit(exitCodes.caller);
  }
}

async function pay(options: BatchCommand, host: HolderHost, terminal: HolderHost['terminal']): Promise<Line[]> {
  const text = await readPayrollFile(options.batch);
  return withWallet(options, host, async wallet => {
    const { payments, lines } = readPayroll(text, wallet.network, options.from);
    const display = showBatch(host.output, terminal);
    try {
      const results = await wallet.transferMany(payments, display);
      return results.map((result, i) => ({ line: lines[i], ...result }));
    } catch (error) {
      if (!(error instanceof BatchRefused)) throw error;
      throw new PayrollRefused(error.faults.map(({ index, ...fault }) => ({ line: lines[index], ...fault })));
    } finally {
      display.end();
    }
  });
}

const verdicts = ['settled', 'cancelled', 'rejected', 'open'] as const;

function say(output: Output, lines: readonly Line[], json: boolean): void {
  const counts = verdicts.map(verdict => [verdict, lines.filter(line => line.verdict === verdict).length] as const);
  if (json) {
    printJson(output, { ...Object.fromEntries(counts), lines });
    return;
  }
  const others = lines.filter(({ verdict }) => verdict !== 'settled');
  const rows = others.map(({ line, reference, verdict, reason = '' }) => [`${line}`, reference, verdict, reason]);
  if (rows.length > 0) printTable(output, ['line', 'reference', 'verdict', 'why'], rows);
  output.data(counts.map(([verdict, count]) => `${count} ${verdict}`).join(', '));
  if (lines.some(({ verdict }) => verdict === 'open'))
    output.note('Run the same command again: no line is paid twice.');
}

function exitCodeFor(lines: readonly Line[]): number {
  const has = (verdict: Line['verdict']) => lines.some(line => line.verdict === verdict);
  if (has('open')) return exitCodes.retry;
  if (has('rejected')) return exitCodes.caller;
  return has('cancelled') ? exitCodes.cancelled : exitCodes.done;
}

function sayFaults(output: Output, { code, message, faults }: PayrollRefused, json: boolean): void {
  if (json) {
    printJson(output, { error: { code, message, facts: { faults: faults.length } }, lines: faults });
    return;
  }
  for (const fault of faults) output.note(lineOf(fault));
  output.note(`covault: ${message}`);
}

const lineOf = ({ line, code, message }: LineFault) => `line ${line}: ${message} (${code})`;
