/**
 * What checkers see of a run: what passes the ports of all banks, and what holders are told. Nothing of the inside of a bank.
 */
import type { RecordBytes, Use } from '../../src/bank/index.js';
import type { Vec } from '../../src/field/index.js';
import type { LedgerRecord } from '../../src/ledger/log.js';
import type { Network } from '../../src/network/index.js';
import type { StoreOp } from '../../src/ports.js';
import type { Reserved } from '../../src/preprocessing/index.js';
import type { Party } from '../../src/sharing/index.js';
import type { Entries } from './disk.js';
import type { Sent } from './holders.js';

/** Who knows everything. */
export interface Truth {
  readonly network: Network;
  readonly parties: readonly Party[];
  readonly sealingSecrets: readonly Uint8Array[];
  /** Every envelope that a holder has made, by hex id. */
  readonly sent: ReadonlyMap<string, Sent>;
}

/** What a bank answers when it is asked where an envelope stands. */
export interface Told {
  readonly bank: number;
  readonly id: string;
  readonly state: 'unknown' | 'pending' | 'recorded' | 'final';
  readonly height: number | undefined;
}

export interface Observer {
  /** A frame leaves a bank, whether or not it arrives. */
  sent?(from: number, to: number, use: Use, frame: Uint8Array): void;
  /** It is handed to a bank. */
  arrived?(from: number, to: number, use: Use, frame: Uint8Array): void;
  /** A stock hands out correlations; `session`: its id in hex. */
  reserved?(bank: number, session: string, lot: Reserved): void;
  /** A transaction is on a disk, which holds `entries` now. */
  landed?(bank: number, ops: readonly StoreOp[], entries: Entries): void;
  /** Some disk holds the record of this height, for the first time. */
  recorded?(record: LedgerRecord): void;
  /** All banks' shares of the balances after this height, together. */
  opened?(height: number, balances: Vec): void;
  /** `submit` has resolved. */
  acknowledged?(bank: number, id: string): void;
  told?(told: Told): void;
  /** Some wallet's reading of a bank's log, as it came. */
  read?(wallet: number, records: readonly RecordBytes[]): void;
  /** A bank's process is gone: what it had not stored is lost. */
  crashed?(bank: number): void;
  /** A bank comes back on an old copy of its disk, which lacks so many of its last records. */
  restored?(bank: number, behind: number): void;
  /** A bank has halted, or could not start. */
  halted?(bank: number, why: string): void;
  /** Nothing more happens. */
  ended?(standings: readonly Standing[]): void;
}

/** Where a bank stands when a run ends: all of them, running or not. */
export interface Standing {
  readonly bank: number;
  readonly height: number;
  readonly finalHeight: number;
  /** Envelopes it knows and has not decided. */
  readonly undecided: number;
  readonly phase: string;
}

/** What a checker says when the system has broken its promise. */
export interface Violation {
  readonly checker: string;
  readonly what: string;
  readonly atMs: number;
}

export type Report = (what: string) => void;

/** All banks run, stand at one final height, and have nothing to decide. */
export function isQuiet(standings: readonly Standing[]): boolean {
  const [first] = standings;
  return standings.every(
    ({ phase, height, finalHeight, undecided }) =>
      phase === 'idle' && height === first.height && finalHeight === height && undecided === 0,
  );
}
