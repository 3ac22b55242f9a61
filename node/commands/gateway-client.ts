/**
 * A bank's gateway as the operator's commands ask it: one request, one JSON object.
 *
 * Not here: what wallets do (fail-over, checks of what a bank says).
 */
import type { ReadableStream } from 'node:stream/web';
import { CovaultError, type ErrorCode, errorTable } from '../../src/errors.js';
import { gatewayRequestTimeoutMs } from '../../src/limits.js';

/** Throws UNREACHABLE, or what the gateway says. */
export async function askGateway(
  gateway: string,
  path: string,
  request: { readonly method?: 'POST'; readonly headers?: Record<string, string> } = {},
): Promise<Record<string, unknown>> {
  if (!/^https?:\/\//.test(gateway) || !URL.canParse(gateway)) {
    throw new CovaultError('BAD_CONFIG', '--gateway: expected a URL like http://127.0.0.1:8001', { field: 'gateway' });
  }
  let status: number;
  let body: unknown;
  try {
    const signal = AbortSignal.timeout(gatewayRequestTimeoutMs);
    const answer = await fetch(gateway.replace(/\/+$/, '') + path, { ...request, signal });
    status = answer.status;
    body = await answer.json();
  } catch {
    throw new CovaultError('UNREACHABLE', `no gateway answers at ${gateway}`, { gateway });
  }
  if (!isObject(body)) throw new CovaultError('UNREACHABLE', `no gateway of a bank answers at ${gateway}`, { gateway });
  if (status >= 200 && status < 300) return body;
  throw refusal(gateway, status, body);
}

/** The body of an answer, as it comes. Throws UNREACHABLE, or what the gateway says. */
export async function streamGateway(
  gateway: string,
  path: string,
  headers: Record<string, string>,
): Promise<ReadableStream<Uint8Array>> {
  const url = gateway.replace(/\/+$/, '') + path;
  const answer = await fetch(url, { headers }).catch(() => undefined);
  if (!answer?.body) throw new CovaultError('UNREACHABLE', `no gateway answers at ${gateway}`, { gateway });
  if (answer.ok) return answer.body as ReadableStream<Uint8Array>;
  const body: unknown = await answer.json().catch(() => undefined);
  throw refusal(gateway, answer.status, isObject(body) ? body : {});
}

function refusal(gateway: string, status: number, body: Record<string, unknown>): CovaultError {
  const { code, message } = isObject(body.error) ? body.error : {};
  if (!isErrorCode(code)) {
    return new CovaultError('UNREACHABLE', `${gateway} answers with ${status}`, { gateway, status });
  }
  return new CovaultError(code, typeof message === 'string' ? message : code, { gateway });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isErrorCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(errorTable, code);
