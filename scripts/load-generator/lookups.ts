/**
 * Balance look-ups beside the transfers: lone holders who ask over HTTP, each for its own balance, as a Poisson process, and
 * wait in long polls until their record is final. Envelopes are made ahead like the transfers'.
 *
 * Whether the balances are right the records say afterwards (`checks.ts`).
 */
import type { Intent } from '../../src/wallet/state.js';
import { EnvelopeMaker } from './envelope-maker.js';
import type { WorkerSettings } from './envelope-worker.js';
import { type Loop, openLoop } from './loops.js';
import type { LoadOptions } from './options.js';
import { Payments } from './payments.js';
import type { Traffic } from './traffic.js';

/** Arrivals vary. */
const aheadFactor = 1.2;
/** Envelopes that wait while they are made as the clock runs. */
const floor = 32;

export class Lookups {
  readonly #o: LoadOptions;
  readonly #rate: number;
  readonly #draw: Payments;
  readonly #maker: EnvelopeMaker;
  #loop: Loop | undefined;

  /** `rate`: arrivals a second, above 0. */
  constructor(options: LoadOptions, rate: number, settings: WorkerSettings) {
    this.#o = options;
    this.#rate = rate;
    this.#draw = new Payments(options, 0, `${options.seed}: look-ups`);
    const next = (): Intent => ({ kind: 'reveal', account: this.#draw.holder() });
    this.#maker = new EnvelopeMaker(settings, 1, options.prepared ? 0 : floor, next);
  }

  set expiry(height: number) {
    this.#maker.expiry = height;
  }

  get turnedAway(): number {
    return this.#loop?.turnedAway ?? 0;
  }

  async prepare(): Promise<void> {
    const { prepared, seconds, warmup } = this.#o;
    await this.#maker.ahead(prepared ? Math.ceil(this.#rate * (seconds + warmup) * aheadFactor) + floor : 0);
  }

  start(traffic: Traffic, failed: (error: unknown) => void): void {
    this.#loop = openLoop(traffic, this.#maker, this.#rate, this.#draw, failed);
  }

  /** Resolves when all that were sent are final. */
  async stop(): Promise<void> {
    await this.#loop?.stop();
  }

  close(): Promise<void> {
    return this.#maker.close();
  }
}
