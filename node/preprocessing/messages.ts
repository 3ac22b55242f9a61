/**
 * What a bank's process and its preprocessing thread say to each other: one port, in order, both ends our own code.
 *
 *     process --> thread      open, reserve, close: sessions, told apart by a number that only rises
 *                             frame: the answer to one pull       sent: room again for what was sent
 *                             over: the channel has ended         stored: the answer to get or commit
 *                             stop: finish, and end
 *     thread --> process      opened, made, reserved, refused, deviated, ended: what becomes of a session; after ended only deviated
 *                             pull, send: frames from and to banks
 *                             get, commit: the link stock's entries, whose store is open in the process
 *
 * Frames and correlations are handed over (transferred), never copied: who sent them has them no more. Errors keep code, facts
 * and culprit.
 */
import type { StoreOp } from '../../src/ports.js';
import type { LotKind, Lots, LpnStages, Positions, Reserved, StockCounts } from '../../src/preprocessing/index.js';
import type { Party, Shares } from '../../src/sharing/index.js';
import type { PackedError } from '../threads/index.js';

/** What a thread is started with. The MAC keys among it are secret and stay in this process. */
export interface ThreadData {
  readonly party: Party;
  readonly pageSize: number;
  readonly rosterVersion: number;
  /** What the keys of the link stock begin with in the store. */
  readonly linksPrefix: Uint8Array;
  readonly lots?: Lots;
  readonly lpn?: LpnStages;
  /** How long another bank may say nothing, where that is not the usual: for tests. */
  readonly stepTimeoutMs?: number;
}

type InSession<T> = T & { readonly session: number };

export type ToThread =
  | InSession<{ readonly type: 'open'; readonly id: Uint8Array; readonly mayStartFresh: boolean }>
  | InSession<{
      readonly type: 'reserve';
      readonly ticket: number;
      readonly at: Positions;
      readonly counts: StockCounts;
    }>
  | InSession<{ readonly type: 'close' }>
  | InSession<{ readonly type: 'frame'; readonly from: number; readonly frame: Uint8Array }>
  | InSession<{ readonly type: 'sent'; readonly to: number; readonly bytes: number }>
  | InSession<{ readonly type: 'over'; readonly error: PackedError }>
  | { readonly type: 'stored'; readonly ticket: number; readonly value?: Uint8Array; readonly error?: PackedError }
  | { readonly type: 'stop' };

export type FromThread =
  | InSession<{ readonly type: 'opened' }>
  | InSession<{ readonly type: 'made'; readonly made: Readonly<Record<LotKind, number>> }>
  | InSession<{ readonly type: 'reserved'; readonly ticket: number; readonly reserved: Reserved }>
  | InSession<{ readonly type: 'refused'; readonly ticket: number; readonly error: PackedError }>
  | InSession<{ readonly type: 'deviated'; readonly error: PackedError }>
  | InSession<{ readonly type: 'ended'; readonly error: PackedError }>
  | InSession<{ readonly type: 'pull'; readonly from: number }>
  | InSession<{ readonly type: 'send'; readonly to: number; readonly frame: Uint8Array }>
  | { readonly type: 'get'; readonly ticket: number; readonly key: Uint8Array }
  | { readonly type: 'commit'; readonly ticket: number; readonly ops: readonly StoreOp[] };

/** Of a session, from the thread. */
export type SessionNews = Extract<FromThread, { readonly session: number }>;

/** Sends; `handOver` is gone here afterwards. */
export type Post<M> = (message: M, handOver?: ArrayBuffer[]) => void;

/** The frame with a buffer of its own, and that buffer: to be handed over. */
export function ownFrame(frame: Uint8Array): { frame: Uint8Array; handOver: ArrayBuffer[] } {
  const whole = frame.byteLength === frame.buffer.byteLength && frame.buffer instanceof ArrayBuffer;
  const own = whole ? frame : new Uint8Array(frame);
  return { frame: own, handOver: buffersOf([own]) };
}

/** Every buffer of what is reserved; rows without elements may share one. */
export function buffersOfReserved({ sharer, verifier, triples, selections }: Reserved): ArrayBuffer[] {
  const { alpha, beta, product } = triples;
  const { u, masks, products } = selections;
  const sharings: Shares[] = [alpha, beta, product, u, ...masks, ...products];
  return buffersOf([
    ...sharer.flatMap(row => [row.u, row.tag]),
    ...verifier,
    ...sharings.flatMap(({ value, tags, keys }) => [value, ...tags, ...keys]),
  ]);
}

function buffersOf(views: readonly ArrayBufferView[]): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { byteLength, buffer } of views) {
    if (byteLength > 0 && buffer instanceof ArrayBuffer) buffers.add(buffer);
  }
  return [...buffers];
}
