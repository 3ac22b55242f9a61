/**
 * Envelopes under way: submitted, waited for, timed.
 *
 *     latency   from the call that submits (open loop: from the moment it was due, so that a late sender hides nothing)
 *               to the moment at which its record is seen final
 *
 * Times are of `performance.now()` of this process.
 */
import { toHex } from '../../src/crypto/index.js';
import type { LedgerRecord, Status } from '../../src/ledger/log.js';
import type { Made } from './envelope-maker.js';
import type { Submitter } from './submitter.js';

export interface Sent extends Made {
  readonly at: number;
  finalAt: number | undefined;
  status: Status | undefined;
}

export class Traffic {
  /** All that was ever sent, by hex id. */
  readonly sent = new Map<string, Sent>();
  underway = 0;
  readonly #submitter: Submitter;
  readonly #doneOf = new Map<string, () => void>();
  #failure: unknown;

  constructor(submitter: Submitter) {
    this.#submitter = submitter;
  }

  /** Resolves when its record is final. `at`: when it was due. */
  async send(made: Made, at = performance.now()): Promise<Sent> {
    if (this.#failure) throw this.#failure;
    const id = toHex(made.id);
    const sent: Sent = { ...made, at, finalAt: undefined, status: undefined };
    this.sent.set(id, sent);
    this.underway++;
    const done = new Promise<void>(resolve => this.#doneOf.set(id, resolve));
    await this.#submitter.submit(made.bytes);
    await done;
    if (this.#failure) throw this.#failure;
    return sent;
  }

  /** A final record. */
  hear({ entries }: LedgerRecord): void {
    const now = performance.now();
    for (const { id, status } of entries) {
      const name = toHex(id);
      const sent = this.sent.get(name);
      if (!sent || sent.finalAt !== undefined) continue;
      sent.finalAt = now;
      sent.status = status;
      // what it was made of is not needed any more
      (sent as { bytes: Uint8Array }).bytes = new Uint8Array(0);
      this.underway--;
      this.#doneOf.get(name)?.();
      this.#doneOf.delete(name);
    }
  }

  /** Everybody who waits is told. */
  fail(error: unknown): void {
    this.#failure ??= error;
    for (const done of this.#doneOf.values()) done();
    this.#doneOf.clear();
  }
}
