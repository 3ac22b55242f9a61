/**
 * Every error code of the library, and what the one who meets it may do.
 *
 *   caller   the call or the input is wrong: mend it, nothing has happened
 *   retry    nothing is wrong with it: later, or at another bank
 *   fatal    a peer deviated or this bank's own store is damaged: stop, tell an operator
 *
 * Facts are typed and never secret: no share, key, seed or amount. Assertions are for our own mistakes.
 */

export const errorTable = {
  // bytes and values from outside
  MALFORMED: 'caller',
  OVERSIZED: 'caller',
  BAD_AMOUNT: 'caller',
  BAD_ADDRESS: 'caller',
  BAD_VIEWING_CODE: 'caller',
  /** The holder has replaced the keys since the code was given, or it never was this account's. */
  CONSENT_WITHDRAWN: 'caller',
  BAD_CONFIG: 'caller',
  BAD_PASSPHRASE: 'caller',
  BAD_SEED_PHRASE: 'caller',
  BAD_NETWORK_FILE: 'caller',
  // envelopes, at the gateway and before a proposal
  WRONG_NETWORK: 'caller',
  WRONG_ROSTER: 'caller',
  EXPIRED: 'caller',
  EXPIRY_TOO_FAR: 'caller',
  SEEN_BEFORE: 'caller',
  UNKNOWN_ACCOUNT: 'caller',
  SLOT_CLOSED: 'caller',
  SLOT_OPEN: 'caller',
  BAD_SIGNATURE: 'caller',
  PACKET_UNREADABLE: 'caller',
  REJECTED: 'caller',
  REFERENCE_REUSED: 'caller',
  UNKNOWN_ENVELOPE: 'caller',
  /** Banks refuse to take a payment, or a look-up under a viewing code; only final records say what became of it. */
  REFUSED: 'retry',
  RATE_LIMITED: 'retry',
  POOL_FULL: 'retry',
  NOT_READY: 'retry',
  UNREACHABLE: 'retry',
  TIMED_OUT: 'retry',
  // conversations between banks
  SESSION_ENDED: 'retry',
  ATTEMPT_VOID: 'retry',
  STOCK_CHECK_FAILED: 'retry',
  /** A thread of the bank is gone, and will be replaced: the next session, or the next try, has another. */
  WORKER_LOST: 'retry',
  DEVIATION: 'fatal',
  EQUIVOCATION: 'fatal',
  DIGEST_MISMATCH: 'fatal',
  IMPOSSIBLE_VERDICT: 'fatal',
  LINK_STOCK_EMPTY: 'fatal',
  PAIR_BURNED: 'fatal',
  AUDIT_FAILED: 'fatal',
  // this bank's own house
  STORE_DAMAGED: 'fatal',
  STORE_FORMAT: 'fatal',
  STORE_FOREIGN: 'fatal',
  STORE_LOCKED: 'caller',
  /** The other banks' copies do not make a whole of this bank. */
  CANNOT_REBUILD: 'caller',
  /** Not that record, or not by this bank. */
  CANNOT_ADOPT: 'caller',
  BAD_CERTIFICATE: 'fatal',
  PORT_IN_USE: 'caller',
  FILE_EXISTS: 'caller',
  FILE_MISSING: 'caller',
  // the gateway
  NOT_FOUND: 'caller',
  UNAUTHORIZED: 'caller',
  INTERNAL: 'fatal',
} as const satisfies Record<string, 'caller' | 'retry' | 'fatal'>;

/** What has happened: a key of `errorTable`. */
export type ErrorCode = keyof typeof errorTable;

/** What an error may say: never a share, key, seed or amount. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

/** Every error of the library that is not a mistake of its own. */
export class CovaultError extends Error {
  readonly code: ErrorCode;
  readonly facts: Facts;
  /** Roster index of the bank that deviated, where the protocol can name one. */
  readonly culprit: number | undefined;

  constructor(code: ErrorCode, message: string, facts: Facts = {}, culprit?: number) {
    super(message);
    this.name = 'CovaultError';
    this.code = code;
    this.facts = facts;
    this.culprit = culprit;
  }

  /** What the one who meets it may do: mend the call, try again, or tell an operator. */
  get action(): 'caller' | 'retry' | 'fatal' {
    return errorTable[this.code];
  }
}

/** A peer sent what no honest bank sends; `culprit` is its roster index. */
export function deviation(culprit: number, check: string, facts: Facts = {}): CovaultError {
  return new CovaultError('DEVIATION', `bank ${culprit} deviated: ${check}`, { check, ...facts }, culprit);
}

/** What lies on this bank's disk is not what it wrote there. */
export function storeDamaged(why: string, facts: Facts = {}): CovaultError {
  const remedy =
    'Do not start this bank from it, nor from a copy of it: have it rebuilt from what the other banks keep (`covault bank recover`)';
  return new CovaultError('STORE_DAMAGED', `the data folder is damaged: ${why}. ${remedy}`, facts);
}

/** What reading an own entry ended in: whatever is wrong with its bytes is damage. */
export function asDamage(error: unknown): unknown {
  if (!isCode(error, 'MALFORMED', 'OVERSIZED')) return error;
  return storeDamaged(`an entry cannot be read: ${error.message}`);
}

/** Whether this is an error of the library with one of these codes. */
export function isCode<C extends ErrorCode>(
  error: unknown,
  ...codes: C[]
): error is CovaultError & { readonly code: C } {
  return error instanceof CovaultError && (codes as ErrorCode[]).includes(error.code);
}

/** For our own mistakes: stays on in production. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${what}`);
}
