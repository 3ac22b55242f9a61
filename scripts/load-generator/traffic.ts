/**
 * Envelopes under way: submitted, waited for, timed.
 *
 *     latency   from the call that submits (open loop: from the moment it was due, so that a late sender hides nothing)
 *               to the moment at which its record is heard or seen to be final
 *     status    what that record says of it: from the records alone, whatever a bank has said
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
  /** Final, as far as a bank said so; its record was not read yet. */
  unread = 0;
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
    if ((await this.#submitter.submit(made)) === 'final') this.#end(id, sent);
    await done;
    if (this.#failure) throw this.#failure;
    return sent;
  }

  /** A final record. */
  hear({ entries }: LedgerRecord): void {
    for (const { id, status } of entries) {
      const name = toHex(id);
      const sent = this.sent.get(name);
      if (!sent || sent.status) continue;
      sent.status = status;
      if (sent.finalAt !== undefined) this.unread--;
      else this.#end(name, sent);
    }
  }

  #end(name: string, sent: Sent): void {
    if (sent.finalAt !== undefined) return;
    sent.finalAt = performance.now();
    // what it was made of is not needed any more
    (sent as { bytes: Uint8Array }).bytes = new Uint8Array(0);
    this.underway--;
    if (!sent.status) this.unread++;
    this.#doneOf.get(name)?.();
    this.#doneOf.delete(name);
  }

  /** Everybody who waits is told. */
  fail(error: unknown): void {
    this.#failure ??= error;
    for (const done of this.#doneOf.values()) done();
    this.#doneOf.clear();
  }
}
