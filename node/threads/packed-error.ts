/** Errors between a process and its threads: code, facts and culprit stay; of an error of our own, message and place. */
import { CovaultError, type ErrorCode, errorTable, type Facts } from '../../src/errors.js';

export interface PackedError {
  /** Nothing for an error of our own. */
  readonly code: string | undefined;
  readonly message: string;
  readonly facts: Facts;
  readonly culprit: number | undefined;
  readonly stack: string | undefined;
}

export function packError(error: unknown): PackedError {
  const { message, stack } = error instanceof Error ? error : new Error('unknown');
  if (!(error instanceof CovaultError)) return { code: undefined, message, facts: {}, culprit: undefined, stack };
  const { code, facts, culprit } = error;
  return { code, message, facts, culprit, stack: undefined };
}

export function unpackError({ code, message, facts, culprit, stack }: PackedError): Error {
  if (code !== undefined && code in errorTable) return new CovaultError(code as ErrorCode, message, facts, culprit);
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
