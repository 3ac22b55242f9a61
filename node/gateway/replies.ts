/**
 * What a client is told when something went wrong: one table from error codes to HTTP.
 *
 *     caller   400, or what the table says: mend the request
 *     retry    503, or 429, with Retry-After: later, or at another bank
 *     fatal    500: tell the bank's operator
 *
 *     body     { "error": { "code", "message", "facts" } }
 *
 * Whatever is no `CovaultError` and no refusal of the HTTP framework is a mistake of ours: 500 INTERNAL, without its text.
 */
import { CovaultError, type ErrorCode, errorTable, type Facts } from '../../src/errors.js';

const statusOfAction = { caller: 400, retry: 503, fatal: 500 } as const;

/** Where the action alone says too little. */
const statusOfCode: Partial<Record<ErrorCode, number>> = {
  UNAUTHORIZED: 401,
  NOT_FOUND: 404,
  UNKNOWN_ENVELOPE: 404,
  UNKNOWN_ACCOUNT: 404,
  SEEN_BEFORE: 409,
  SLOT_OPEN: 409,
  SLOT_CLOSED: 409,
  OVERSIZED: 413,
  RATE_LIMITED: 429,
};

/** A wallet that has other banks goes there at once; one that has not asks again soon. */
const soonSeconds = 1;

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: { readonly code: ErrorCode; readonly message: string; readonly facts: Facts } };
}

export function httpStatus(code: ErrorCode): number {
  return statusOfCode[code] ?? statusOfAction[errorTable[code]];
}

export function errorReply(error: unknown): Reply {
  const known = error instanceof CovaultError ? error : fromFramework(error);
  const { code, message, facts } = known;
  const status = statusOfFramework(error) ?? httpStatus(code);
  const headers = errorTable[code] === 'retry' ? { 'retry-after': String(facts.retryAfterSeconds ?? soonSeconds) } : {};
  return { status, headers, body: { error: { code, message, facts } } };
}

/** Only refusals keep the framework's status: 415 says more than 400. */
function statusOfFramework(error: unknown): number | undefined {
  if (error instanceof CovaultError || !hasStatus(error)) return undefined;
  return error.statusCode === 415 ? 415 : undefined;
}

function fromFramework(error: unknown): CovaultError {
  if (!hasStatus(error) || error.statusCode < 400 || error.statusCode > 503) {
    return new CovaultError('INTERNAL', 'the gateway failed; its log says more');
  }
  if (error.statusCode === 413) return new CovaultError('OVERSIZED', 'the body is too large');
  if (error.statusCode === 503) return new CovaultError('NOT_READY', 'the gateway is stopping or took too long');
  if (error.statusCode >= 500) return new CovaultError('INTERNAL', 'the gateway failed; its log says more');
  return new CovaultError('MALFORMED', error.message, { what: 'request' });
}

function hasStatus(error: unknown): error is Error & { statusCode: number } {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number';
}
