/**
 * What a wallet asks of its host, with what there is in every browser and in Node as defaults.
 */
import { systemRandom } from '../crypto/index.js';
import { CovaultError } from '../errors.js';
import type { Clock, Randomness } from '../ports.js';

/** A request to a gateway. Aborted when the wallet has waited long enough. */
export interface GatewayRequest {
  readonly method: 'GET' | 'POST';
  readonly headers: Record<string, string>;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal;
}

/** What a gateway has answered, with any status. */
export interface GatewayAnswer {
  readonly status: number;
  /** The body. Rejects when it breaks off. */
  text(): Promise<string>;
}

/** HTTP, in the shape of `fetch`. Rejects when there is no answer. */
export type GatewayPort = (url: string, request: GatewayRequest) => Promise<GatewayAnswer>;

/** A WebSocket as far as a submission session needs it. */
export interface SubmissionSocket {
  /** One binary message; its bytes may be used again afterwards. */
  send(message: Uint8Array): void;
  /** `closed` follows. */
  close(): void;
}

/** What a socket calls back with. */
export interface SubmissionEvents {
  /** Binary ones, in order. The first comes once it is open. */
  readonly message: (bytes: Uint8Array) => void;
  /** Once, also when it was never open. */
  readonly closed: () => void;
}

/** Begins to open a WebSocket; a failure is told by `closed`. */
export type SubmissionPort = (url: string, on: SubmissionEvents) => SubmissionSocket;

/** Where the sealed wallet lives: one text. */
export interface WalletStore {
  /** What was saved last, if anything was. */
  load(): Promise<string | undefined>;
  /** All of it or nothing, and durable when the promise resolves: money is sent only afterwards. */
  save(text: string): Promise<void>;
}

/** What a wallet asks of its host. Where nothing is given, that of the browser, or of Node. */
export interface Surroundings {
  readonly fetch?: GatewayPort | undefined;
  /** For batches. The default is the WebSocket of browsers and of Node 22; in Node 20 the host brings one. */
  readonly connect?: SubmissionPort | undefined;
  readonly random?: Randomness | undefined;
  readonly clock?: Clock | undefined;
  /** Milliseconds since 1970: records carry no time, so history says when this device has seen them. */
  readonly wallTime?: (() => number) | undefined;
}

export const defaultFetch: GatewayPort = (url, request) => globalThis.fetch(url, { ...request, redirect: 'error' });

export const defaultConnect: SubmissionPort = (url, on) => {
  const { WebSocket } = globalThis as { WebSocket?: typeof globalThis.WebSocket }; // Node 20 has none
  if (!WebSocket) throw new CovaultError('BAD_CONFIG', 'no WebSocket here: give `connect`', { field: 'connect' });
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }) => (data instanceof ArrayBuffer ? on.message(new Uint8Array(data)) : socket.close());
  socket.onerror = () => {}; // a close follows
  socket.onclose = () => on.closed();
  return { send: message => socket.send(message.slice()), close: () => socket.close() };
};

export const defaultWallTime = (): number => globalThis.Date.now();

export const defaultRandom = systemRandom;

export const defaultClock: Clock = {
  now: () => globalThis.performance.now(),
  after(ms, call) {
    const timer = globalThis.setTimeout(call, ms);
    return () => globalThis.clearTimeout(timer);
  },
};
