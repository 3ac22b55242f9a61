/**
 * Balance look-ups (`reveal`) at the gateway. Each takes a place in a block and costs its holder nothing, so that they have
 * limits of their own: payments keep what is above them.
 *
 *     of one address   so many a minute (of IPv6: of one /64)
 *     in all           so many a second
 *     in the pool      none while it is half full: when banks stand still, payments find room
 *
 * By kind, which stands in the header for every sponsor to see. An envelope that comes again counts again. Not here: the limit
 * of all requests (`gateway.ts`); what other banks sponsor, which they limit.
 *
 * Source: protocol.md, section 5 (a sponsor rate-limits its clients before it forwards).
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { BankService } from '../../src/bank/index.js';
import { envelopeKind } from '../../src/envelope/index.js';
import { CovaultError } from '../../src/errors.js';
import { gatewayLookupsPerMinute, gatewayLookupsPerSecond, lookupPoolEnvelopesMax } from '../../src/limits.js';
import { clientOf } from './client-of.js';

export interface LookupRates {
  /** Of one address. */
  readonly lookupsPerMinute?: number;
  /** Of all together. */
  readonly lookupsPerSecond?: number;
}

type Counter = ReturnType<FastifyInstance['createRateLimit']>;

export class LookupLimit {
  readonly #service: BankService;
  readonly #ofAddress: Counter;
  readonly #ofAll: Counter;
  /** Counters answer with what they hold when the answer is read: look-ups that come together are counted one by one. */
  #counting: Promise<unknown> = Promise.resolve();

  /** The plugin that counts is registered already. */
  constructor(app: FastifyInstance, service: BankService, rates: LookupRates) {
    this.#service = service;
    const { lookupsPerMinute = gatewayLookupsPerMinute, lookupsPerSecond = gatewayLookupsPerSecond } = rates;
    this.#ofAddress = app.createRateLimit({
      max: lookupsPerMinute,
      timeWindow: 60_000,
      keyGenerator: ({ ip }) => clientOf(ip),
    });
    this.#ofAll = app.createRateLimit({ max: lookupsPerSecond, timeWindow: 1_000, keyGenerator: () => 'all' });
  }

  /** Before an envelope goes to the bank. Throws RATE_LIMITED, POOL_FULL for a look-up that is one too many. */
  async admit(request: FastifyRequest, envelope: Uint8Array): Promise<void> {
    if (envelopeKind(envelope) !== 'reveal') return;
    const counted = this.#counting.then(() => this.#count(request));
    this.#counting = counted.catch(() => {});
    await counted;
    if (this.#service.status().pool.known >= lookupPoolEnvelopesMax) {
      throw new CovaultError('POOL_FULL', 'payments go first: too many envelopes wait for a balance look-up');
    }
  }

  async #count(request: FastifyRequest): Promise<void> {
    await count(this.#ofAddress, request, 'balance look-ups of one address in a minute');
    await count(this.#ofAll, request, 'balance look-ups in a second');
  }
}

async function count(counter: Counter, request: FastifyRequest, what: string): Promise<void> {
  const counted = await counter(request);
  if (counted.isAllowed || !counted.isExceeded) return;
  const { max, ttlInSeconds } = counted;
  throw new CovaultError('RATE_LIMITED', `more than ${max} ${what}`, { max, retryAfterSeconds: ttlInSeconds });
}
