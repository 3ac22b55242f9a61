/**
 * The console's server as the page asks it. What the page holds is a session, in this tab's sessionStorage: it belongs to this
 * origin alone, port included, and no browser sends it by itself (`node/console/access.ts` says why it is no cookie).
 */
import { EventParser, type ServerEvent } from './sse.js';

/** What the server refused, or that it did not answer: `code` is of its error table. */
export class ApiError extends Error {
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: string, message: string, retryAfterSeconds?: number) {
    super(message);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const key = 'covault-console-session';

export const hasSession = () => window.sessionStorage.getItem(key) !== null;

export function forgetSession(): void {
  window.sessionStorage.removeItem(key);
}

/** Throws ApiError: UNAUTHORIZED for a wrong token, RATE_LIMITED. */
export async function login(token: string): Promise<void> {
  const answer = await send('/v1/login', { method: 'POST', body: JSON.stringify({ token }) });
  const { session } = (await answer.json()) as { session: string };
  window.sessionStorage.setItem(key, session);
}

/** The session is forgotten here whatever the server says. */
export async function logout(): Promise<void> {
  const leaving = send('/v1/logout', { method: 'POST' });
  forgetSession();
  await leaving.catch(() => {});
}

export async function get<T>(path: string): Promise<T> {
  return (await (await send(path)).json()) as T;
}

export async function post<T>(path: string): Promise<T> {
  return (await (await send(path, { method: 'POST' })).json()) as T;
}

/** Resolves when the stream ends. Throws ApiError when it cannot begin. */
export async function followFeed(on: (event: ServerEvent) => void, signal: AbortSignal): Promise<void> {
  const { body } = await send('/v1/feed', { signal });
  if (!body) return;
  const parser = new EventParser();
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    for (const event of parser.push(next.value)) on(event);
  }
}

async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const session = window.sessionStorage.getItem(key);
  const headers: Record<string, string> = {
    ...(session === null ? {} : { authorization: `Bearer ${session}` }),
    ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  let answer: Response;
  try {
    // no cookie goes with it, and nothing of it is kept
    answer = await fetch(path, { ...init, headers, credentials: 'omit', cache: 'no-store', redirect: 'error' });
  } catch {
    throw new ApiError('UNREACHABLE', 'the console of this bank does not answer');
  }
  if (answer.ok) return answer;
  const { error } = (await answer.json().catch(() => ({}))) as { error?: { code?: unknown; message?: unknown } };
  const retryAfter = Number(answer.headers.get('retry-after') ?? Number.NaN);
  throw new ApiError(
    typeof error?.code === 'string' ? error.code : 'INTERNAL',
    typeof error?.message === 'string' ? error.message : `the console answers with ${answer.status}`,
    Number.isNaN(retryAfter) ? undefined : retryAfter,
  );
}
