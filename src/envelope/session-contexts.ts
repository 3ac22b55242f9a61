/**
 * A bank's memory of submission sessions: HPKE contexts by enc and info, so that a packet costs one AES-GCM (about 10 us)
 * instead of a key agreement and a key schedule (about 0.2 ms).
 *
 * Only a saving: a context that is missing is derived again from enc and the sealing key, after a restart too. Bounded: what
 * was used longest ago goes first, and its key is wiped. One memory for each bank that sends packets, so that none can push
 * out what others use; and a context enters only when a packet has opened under it and k_i has matched, so garbage costs
 * what it cost before and leaves nothing.
 *
 * No bound in time: a context tells nothing that the sealing key beside it in memory would not.
 */
import { type OpenContext, toHex } from '../crypto/index.js';
import { sessionContextsMax } from '../limits.js';

export class SessionContexts {
  /** Used last is last. */
  readonly #known = new Map<string, OpenContext>();
  readonly #countMax: number;

  constructor(countMax = sessionContextsMax) {
    this.#countMax = countMax;
  }

  get count(): number {
    return this.#known.size;
  }

  find(enc: Uint8Array, info: Uint8Array): OpenContext | undefined {
    const name = nameOf(enc, info);
    const known = this.#known.get(name);
    if (known) {
      this.#known.delete(name);
      this.#known.set(name, known);
    }
    return known;
  }

  keep(enc: Uint8Array, info: Uint8Array, context: OpenContext): void {
    this.#known.set(nameOf(enc, info), context);
    if (this.#known.size <= this.#countMax) return;
    const [oldest, dropped] = this.#known.entries().next().value as [string, OpenContext];
    this.#known.delete(oldest);
    dropped.wipe();
  }

  /** Forgets all of them. */
  wipe(): void {
    for (const context of this.#known.values()) context.wipe();
    this.#known.clear();
  }
}

const nameOf = (enc: Uint8Array, info: Uint8Array): string => toHex(enc) + toHex(info);
