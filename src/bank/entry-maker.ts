/**
 * This bank's recovery entries: one a block, made from what the block would change, right before the record is signed.
 *
 * The secrets go into the first entry of every sweep, so that what others keep always holds them, and into the first
 * after the links of a session have passed: elements may have been reserved. Source: protocol.md, section 10.
 */

import type { Prepared } from '../ledger/prepared.js';
import { encodeContent, sealEntry } from '../ledger/recovery-entry.js';
import type { RecoverySweep, SweepStep } from '../ledger/recovery-sweep.js';
import type { LedgerState } from '../ledger/state.js';
import type { Randomness } from '../ports.js';

interface Made {
  readonly step: SweepStep;
  readonly hasSecrets: boolean;
}

export class EntryMaker {
  readonly #state: LedgerState;
  readonly #sweep: RecoverySweep;
  readonly #secrets: () => Promise<Uint8Array>;
  readonly #random: Randomness;
  /** By attempt at the next height. */
  readonly #made = new Map<number, Made>();
  #secretsDue = true;

  /** `secrets`: encoded as they stand when they are asked for. */
  constructor(state: LedgerState, sweep: RecoverySweep, secrets: () => Promise<Uint8Array>, random: Randomness) {
    this.#state = state;
    this.#sweep = sweep;
    this.#secrets = secrets;
    this.#random = random;
  }

  /** Link elements may have been reserved. */
  secretsChanged(): void {
    this.#secretsDue = true;
  }

  /** `prepared` rests on the state as it is. */
  async make(prepared: Prepared): Promise<Uint8Array> {
    const { network, party } = this.#state;
    const { height, attempt } = prepared;
    const step = this.#sweep.step(prepared);
    const hasSecrets = step.isFirst || this.#secretsDue;
    const content = encodeContent(this.#state, prepared, {
      touchedCount: step.touchedCount,
      sweptPages: step.pages,
      secrets: hasSecrets ? await this.#secrets() : undefined,
    });
    this.#made.set(attempt, { step, hasSecrets });
    const head = { height, attempt, keepFrom: step.keepFrom };
    return sealEntry(network, party.self, head, content, this.#random);
  }

  /** The block stands. */
  committed(prepared: Prepared): void {
    const made = this.#made.get(prepared.attempt);
    this.#sweep.committed(prepared, made?.step);
    if (made?.hasSecrets) this.#secretsDue = false;
    this.#made.clear();
  }
}
