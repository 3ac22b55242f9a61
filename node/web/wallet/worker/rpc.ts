/**
 * Calls from the page to its worker, and what the worker tells without being asked, as messages.
 *
 *     page -> worker   { id, method, args }
 *     worker -> page   { id, value } or { id, failure }, once each; { event } at any time
 *
 * Values are copied, never shared: what the page is not told stays in the worker. Errors keep code and facts of the library.
 */

/** What went wrong, as data. `code` is the library's, or BROKEN for a mistake of ours. */
export interface FailureFacts {
  readonly code: string;
  readonly message: string;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

/** An error of the library on the page's side of the messages. */
class Failure extends Error {
  readonly code: string;
  readonly facts: FailureFacts['facts'];

  constructor({ code, message, facts }: FailureFacts) {
    super(message);
    this.name = 'Failure';
    this.code = code;
    this.facts = facts;
  }
}

/** Methods of a service, as the other side of the messages sees them. */
export type Remote<S> = {
  readonly [M in keyof S]: S[M] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;
};

interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

type Reply<E> =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: FailureFacts }
  | { readonly event: E };

/** The end of the messages that a `Worker` is, or the worker's own global scope. */
interface Port {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (message: MessageEvent) => void): void;
}

/** The worker's side: answers calls by the methods of `service`; gives what tells events. */
export function serve<E>(port: Port, makeService: (tell: (event: E) => void) => object): void {
  const send = (reply: Reply<E>) => port.postMessage(reply);
  const service = makeService(event => send({ event })) as Record<string, (...args: readonly unknown[]) => unknown>;
  port.addEventListener('message', async ({ data }: MessageEvent<Call>) => {
    const { id, method, args } = data;
    try {
      send({ id, value: await service[method](...args) });
    } catch (error) {
      send({ id, failure: failureOf(error) });
    }
  });
}

/** By shape: an error of a bundle of its own is no instance of ours. */
export function failureOf(error: unknown): FailureFacts {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string' && 'facts' in error) {
    return { code: error.code, message: error.message, facts: error.facts as FailureFacts['facts'] };
  }
  return { code: 'BROKEN', message: error instanceof Error ? error.message : 'unknown', facts: {} };
}

/** The page's side. */
export function connect<S extends object, E>(port: Port, hear: (event: E) => void): Remote<S> {
  let next = 0;
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  port.addEventListener('message', ({ data }: MessageEvent<Reply<E>>) => {
    if ('event' in data) return hear(data.event);
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if ('failure' in data) call?.reject(new Failure(data.failure));
    else call?.resolve(data.value);
  });
  const call = (method: string, args: readonly unknown[]) =>
    new Promise((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve, reject });
      port.postMessage({ id, method, args } satisfies Call);
    });
  // never a thenable: a remote may be handed through promises
  const get = (_: object, method: string | symbol) =>
    typeof method === 'string' && method !== 'then' ? (...args: unknown[]) => call(method, args) : undefined;
  return new Proxy({}, { get }) as Remote<S>;
}
