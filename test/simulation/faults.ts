/**
 * What goes wrong in a run, and when: a record that says all of it, drawn before anything happens.
 *
 * Every fault ends; after the last one the network must go on by itself. Moments are milliseconds of simulated time,
 * banks are roster indices.
 */
import type { Use } from '../../src/bank/index.js';
import { uses } from './channels.js';
import type { Draws } from './draws.js';

export type Fault =
  /** The process is gone at that moment, and comes back. */
  | { readonly kind: 'crash'; readonly atMs: number; readonly bank: number; readonly awayMs: number }
  | CrashAtOperation
  /** All processes at once: a power cut. */
  | { readonly kind: 'blackout'; readonly atMs: number; readonly awayMs: number }
  /** Nothing passes between two banks; past `linkLossMs` both hear of it. */
  | {
      readonly kind: 'disconnect';
      readonly atMs: number;
      readonly banks: readonly [number, number];
      readonly ms: number;
    }
  /** Nothing passes between these banks and the others. */
  | { readonly kind: 'partition'; readonly atMs: number; readonly side: readonly number[]; readonly ms: number }
  /** One stream is late. */
  | {
      readonly kind: 'late-stream';
      readonly atMs: number;
      readonly from: number;
      readonly to: number;
      readonly use: Use;
      readonly ms: number;
    }
  /** Frames from and to a bank, and its disk, take so many times longer. */
  | { readonly kind: 'slow'; readonly atMs: number; readonly bank: number; readonly times: number; readonly ms: number }
  /** No transaction lands; its operator starts it again when there is room. */
  | { readonly kind: 'full-disk'; readonly atMs: number; readonly bank: number; readonly ms: number }
  /** The preprocessing of a session ends with this. */
  | { readonly kind: 'lost-stock'; readonly atMs: number; readonly bank: number; readonly code: StockFailure }
  /** The packets that a bank is opening are not opened. */
  | { readonly kind: 'lost-intake'; readonly atMs: number; readonly bank: number }
  /** The disk is copied; `lostMs` later the process is gone, and comes back on the copy. */
  | {
      readonly kind: 'old-copy';
      readonly atMs: number;
      readonly bank: number;
      readonly lostMs: number;
      readonly awayMs: number;
    };

/**
 * A crash as the bank begins an operation on a port (a frame, a read, a transaction): after that moment it counts operations,
 * or transactions alone, and then lets a few operations of any kind pass, so that a transaction is still under way.
 */
export interface CrashAtOperation {
  readonly kind: 'crash-at-operation';
  readonly atMs: number;
  readonly bank: number;
  readonly of: 'operation' | 'transaction';
  readonly count: number;
  readonly after: number;
  readonly awayMs: number;
}

export type StockFailure = 'STOCK_CHECK_FAILED' | 'WORKER_LOST' | 'TIMED_OUT';

/** A run's faults begin within this. */
export const faultyMs = 6_000;
/** A crash at an operation that has not come within this does not happen. */
export const armedMs = 3_000;

const kinds = [
  'crash',
  'crash-at-operation',
  'crash-at-operation',
  'crash-at-operation',
  'blackout',
  'disconnect',
  'disconnect',
  'partition',
  'late-stream',
  'slow',
  'full-disk',
  'lost-stock',
  'lost-intake',
] as const;

/** By time. A run has at most one `old-copy`: one honest bank less is what the protocol bears. */
export function drawFaults(draws: Draws, banks: number, errands: readonly { readonly atMs: number }[]): Fault[] {
  const count = draws.chance(0.2) ? 6 + draws.below(8) : draws.below(7);
  // mostly when there is something to disturb
  const moment = () =>
    draws.chance(0.6) ? draws.pick(errands).atMs + draws.between(0, 300) : draws.between(0, faultyMs);
  const faults = Array.from({ length: count }, () => drawFault(draws, banks, Math.round(moment())));
  if (draws.chance(0.12)) faults.push(drawOldCopy(draws, banks));
  return faults.sort((a, b) => a.atMs - b.atMs);
}

function drawFault(draws: Draws, banks: number, atMs: number): Fault {
  const kind = draws.pick(kinds);
  const bank = draws.below(banks);
  const other = (bank + 1 + draws.below(banks - 1)) % banks;
  const awayMs = Math.round(draws.chance(0.5) ? draws.between(1, 500) : draws.between(500, 9_000));
  const ms = Math.round(draws.chance(0.5) ? draws.between(50, 4_000) : draws.between(4_000, 12_000));
  switch (kind) {
    case 'crash':
      return { kind, atMs, bank, awayMs };
    case 'crash-at-operation':
      return { kind, atMs, bank, ...drawOperation(draws), awayMs };
    case 'blackout':
      return { kind, atMs, awayMs };
    case 'disconnect':
      return { kind, atMs, banks: [bank, other], ms };
    case 'partition':
      return { kind, atMs, side: drawSide(draws, banks), ms };
    case 'lost-intake':
      return { kind, atMs, bank };
    case 'late-stream':
      return { kind, atMs, from: bank, to: other, use: draws.pick(uses), ms: draws.chance(0.1) ? 35_000 : ms };
    case 'slow':
      return { kind, atMs, bank, times: Math.round(draws.between(2, 30)), ms };
    case 'full-disk':
      return { kind, atMs, bank, ms };
    case 'lost-stock':
      return { kind, atMs, bank, code: draws.pick(['STOCK_CHECK_FAILED', 'WORKER_LOST', 'TIMED_OUT'] as const) };
  }
}

function drawOperation(draws: Draws): Pick<CrashAtOperation, 'of' | 'count' | 'after'> {
  return draws.chance(0.5)
    ? { of: 'operation', count: 1 + draws.below(60), after: 0 }
    : { of: 'transaction', count: 1 + draws.below(12), after: draws.below(4) };
}

/** Some of the banks, not all. */
function drawSide(draws: Draws, banks: number): number[] {
  const out = draws.below(banks);
  const side = Array.from({ length: banks }, (_, bank) => bank).filter(bank => bank !== out && draws.chance(0.6));
  return side.length > 0 ? side : [(out + 1) % banks];
}

function drawOldCopy(draws: Draws, banks: number): Fault {
  const atMs = Math.round(draws.between(0, faultyMs));
  const lostMs = Math.round(draws.chance(0.5) ? draws.between(1, 300) : draws.between(300, 4_000));
  const awayMs = Math.round(draws.between(1, 4_000));
  return { kind: 'old-copy', atMs, bank: draws.below(banks), lostMs, awayMs };
}

/** When the last of them is over. */
export function faultsEndMs(faults: readonly Fault[]): number {
  const ends = faults.map(fault => {
    const begunMs = fault.kind === 'crash-at-operation' ? armedMs : fault.kind === 'old-copy' ? fault.lostMs : 0;
    return fault.atMs + begunMs + ('ms' in fault ? fault.ms : 'awayMs' in fault ? fault.awayMs : 0);
  });
  return Math.max(0, ...ends);
}
