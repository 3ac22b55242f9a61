/**
 * What follows from the error in which a computation, or the preprocessing of a session, has ended.
 */
import { isCode } from '../errors.js';

export type RunEnd =
  /** Everybody halts; the culprit by roster index, where one is known. */
  | { readonly kind: 'accuse'; readonly culprit: number | undefined; readonly why: string }
  /** Nobody is to blame: the attempt is void, or the session ends. `note` says which trouble it is. */
  | { readonly kind: 'check-failed' | 'thread-lost' | 'timed-out'; readonly note: string; readonly why: string };

/** Nothing for an error that is this bank's own trouble. */
export function endOf(error: unknown): RunEnd | undefined {
  if (isCode(error, 'STOCK_CHECK_FAILED')) {
    return { kind: 'check-failed', note: 'a check of the preprocessing failed', why: error.message };
  }
  if (isCode(error, 'WORKER_LOST')) {
    return { kind: 'thread-lost', note: 'the preprocessing thread has ended', why: error.message };
  }
  if (isCode(error, 'TIMED_OUT')) return { kind: 'timed-out', note: 'a step took too long', why: error.message };
  if (isCode(error, 'DIGEST_MISMATCH', 'IMPOSSIBLE_VERDICT', 'AUDIT_FAILED', 'LINK_STOCK_EMPTY', 'PAIR_BURNED')) {
    return { kind: 'accuse', culprit: error.culprit, why: error.message };
  }
  return undefined;
}
