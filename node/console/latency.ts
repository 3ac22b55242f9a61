/**
 * How long envelopes take that are handed in at this bank: from taking one to its record. A few at a time are followed, with
 * the call that wallets follow them by; neither ids nor times are kept.
 */
import type { BankService } from '../../src/bank/index.js';
import { consoleFollowedMax, gatewayWaitMsMax } from '../../src/limits.js';
import type { Clock } from '../../src/ports.js';

export interface Followed {
  /** The same bank, to be given to the gateway. */
  readonly service: BankService;
  stop(): void;
}

/** `took`: milliseconds, once for each envelope followed. */
export function followSubmissions(bank: BankService, clock: Clock, took: (ms: number) => void): Followed {
  const stopping = new AbortController();
  let followed = 0;

  async function follow(id: Uint8Array, since: number): Promise<void> {
    while (!stopping.signal.aborted) {
      const { state } = await bank.envelopeChange(id, 'pending', gatewayWaitMsMax, stopping.signal);
      if (state === 'recorded' || state === 'final') return took(clock.now() - since);
      if (state === 'unknown') return;
    }
  }

  async function submit(envelope: Uint8Array): Promise<Uint8Array> {
    const since = clock.now();
    const id = await bank.submit(envelope);
    if (followed < consoleFollowedMax && !stopping.signal.aborted) {
      followed++;
      // a bank that fails says so by itself
      void follow(id, since)
        .catch(() => {})
        .finally(() => {
          followed--;
        });
    }
    return id;
  }

  return {
    // whatever else a bank offers, it offers through this too
    service: new Proxy(bank, {
      get(target, key) {
        if (key === 'submit') return submit;
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }),
    stop: () => stopping.abort(),
  };
}
