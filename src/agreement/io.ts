/**
 * What goes into the agreement machine, and what comes out. `machine.ts` says how a driver must treat it.
 */
import type { LedgerRecord } from '../ledger/log.js';
import type { StoreOp } from '../ports.js';
import type { Positions } from '../preprocessing/index.js';
import type { Announcement } from './announcement.js';
import type { Certified } from './certified.js';
import type { Planned } from './plan.js';
import type { Blame, Evidence, Ground, Place, Proof } from './statements.js';

/** What the computation of an attempt gets. */
export interface RunBlock {
  /** Session id. */
  readonly session: Uint8Array;
  /** Hash of the record it follows; none while that is not committed: then nothing of a balance is read before it is. */
  readonly previous: Uint8Array | undefined;
  readonly entries: readonly Planned[];
  /** Indices into `entries`. */
  readonly waves: readonly (readonly number[])[];
  /** Ascending: what the record lists as burned. */
  readonly burned: readonly Uint8Array[];
  readonly proposalsDigest: Uint8Array;
  /** Where the block's correlations start. */
  readonly at: Positions;
}

export type TimerName = 'propose' | 'certificate';

export type Input =
  /** Once, first. */
  | { readonly type: 'restart' }
  /** All n banks have formed it. Its id: 32 bytes. */
  | { readonly type: 'session'; readonly id: Uint8Array }
  | { readonly type: 'session-lost' }
  | { readonly type: 'message'; readonly from: number; readonly bytes: Uint8Array }
  /** An envelope became ready. */
  | { readonly type: 'pool-changed' }
  /** Answers `look-up`: which of those ids stand in a record. */
  | { readonly type: 'looked-up'; readonly query: number; readonly found: readonly Uint8Array[] }
  /** The running block needs the balances from here on: the next one may begin beside it. */
  | ({ readonly type: 'proved' } & Ground)
  | ({ readonly type: 'computed'; readonly record: LedgerRecord; readonly entry: Uint8Array } & Ground)
  /** The run ended, or took longer than stepTimeoutMs for a step, and nobody is to blame. */
  | ({ readonly type: 'failed' } & Ground)
  /** Outside a session: another bank shows a record further on than this bank's next. Bytes of `encodeCertified`. */
  | { readonly type: 'ahead'; readonly from: number; readonly certified: Uint8Array }
  /** A check outside failed: in the computation, in preprocessing. */
  | { readonly type: 'accuse'; readonly culprit: number | undefined; readonly why: string }
  /** From the pool: a sponsor contradicted itself. */
  | { readonly type: 'proof'; readonly proof: Proof }
  | { readonly type: 'timer'; readonly name: TimerName };

export interface StoreOutput {
  readonly type: 'store';
  readonly ops: readonly StoreOp[];
  /** It marks the ids of this attempt: the run that follows may begin, and sends nothing before this is on the disk. */
  readonly marks?: Place;
  /** Add the prepared state of this attempt, under its attempt: it is kept until the height is committed. */
  readonly prepare?: Place;
  /** Apply the prepared state of this record's attempt, and drop all others of its height. */
  readonly apply?: LedgerRecord;
  /** Hex ids that the pool forgets with these ops: what is kept of them elsewhere goes in the same transaction, no sooner. */
  readonly forgotten: readonly string[];
}

export type Output =
  | StoreOutput
  | { readonly type: 'send'; readonly to: number; readonly bytes: Uint8Array }
  /** Which of these ids stand in a record? (`logIdKey`) */
  | { readonly type: 'look-up'; readonly query: number; readonly ids: readonly Uint8Array[] }
  | ({ readonly type: 'run'; readonly block: RunBlock } & Ground)
  | ({ readonly type: 'abort'; readonly session: Uint8Array } & Ground)
  /** Proposed by another bank, unknown here: ask their sponsors. */
  | { readonly type: 'missing'; readonly announcements: readonly Announcement[] }
  /** A crash may swallow it: the log is what counts. */
  | ({ readonly type: 'committed' } & Certified)
  /** By bank, of this height's committed statements; none where the next certified record says it. */
  | { readonly type: 'final'; readonly height: number; readonly signatures: readonly Uint8Array[] | undefined }
  | { readonly type: 'timer'; readonly name: TimerName; readonly ms: number }
  | { readonly type: 'cancel'; readonly name: TimerName }
  /** Give up the session and form another. */
  | { readonly type: 'end-session'; readonly why: string }
  /**
   * `accuser`: roster index of whose word it is. This bank: what it has seen itself, or proof; another: that bank told it, and
   * names whom `blame` names; none: nobody accuses anybody, the disk is an old copy.
   */
  | {
      readonly type: 'halt';
      readonly accuser: number | undefined;
      readonly blame: Blame;
      readonly evidence: Evidence;
    };
