/**
 * What a wallet asks of its host, with what there is in every browser and in Node as defaults.
 */
import { systemRandom } from '../crypto/index.js';
import type { Clock, Randomness } from '../ports.js';

export interface GatewayRequest {
  readonly method: 'GET' | 'POST';
  readonly headers: Record<string, string>;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal;
}

export interface GatewayAnswer {
  readonly status: number;
  text(): Promise<string>;
}

/** HTTP, in the shape of `fetch`. Rejects when there is no answer. */
export type GatewayPort = (url: string, request: GatewayRequest) => Promise<GatewayAnswer>;

/** Where the sealed wallet lives: one text. */
export interface WalletStore {
  load(): Promise<string | undefined>;
  /** All of it or nothing, and durable when the promise resolves: money is sent only afterwards. */
  save(text: string): Promise<void>;
}

export interface Surroundings {
  readonly fetch?: GatewayPort | undefined;
  readonly random?: Randomness | undefined;
  readonly clock?: Clock | undefined;
}

export const defaultFetch: GatewayPort = (url, request) => globalThis.fetch(url, { ...request, redirect: 'error' });

export const defaultRandom = systemRandom;

export const defaultClock: Clock = {
  now: () => globalThis.performance.now(),
  after(ms, call) {
    const timer = globalThis.setTimeout(call, ms);
    return () => globalThis.clearTimeout(timer);
  },
};
