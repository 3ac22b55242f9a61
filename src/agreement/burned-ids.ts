/**
 * Ids whose masks may be known to somebody: never used again. Each stays unlisted until a record lists it as burned.
 * Every change answers with the ops that make it durable.
 */
import { fromHex, toHex } from '../crypto/index.js';
import { burnedListMax } from '../limits.js';
import type { StoreOp } from '../ports.js';
import { delBurned, putBurned } from './durable.js';

export class BurnedIds {
  /** By hex id: does a record list it? */
  readonly #listed: Map<string, boolean>;
  /** Those that none lists: few, where all may be many. */
  readonly #unlisted: Set<string>;

  constructor(listed: ReadonlyMap<string, boolean> = new Map()) {
    this.#listed = new Map(listed);
    this.#unlisted = new Set([...listed].filter(([, isListed]) => !isListed).map(([id]) => id));
  }

  /** `name`: the id in hex. */
  has(name: string): boolean {
    return this.#listed.has(name);
  }

  /** Ascending, as many as fit a proposal. */
  unlisted(): Uint8Array[] {
    return [...this.#unlisted].sort().slice(0, burnedListMax).map(fromHex);
  }

  /** What is burned already stays as it is. */
  burn(ids: readonly Uint8Array[]): StoreOp[] {
    const fresh = ids.filter(id => !this.has(toHex(id)));
    for (const id of fresh) {
      this.#listed.set(toHex(id), false);
      this.#unlisted.add(toHex(id));
    }
    return fresh.map(id => putBurned(id, false));
  }

  /** A committed record lists them. */
  list(ids: readonly Uint8Array[]): StoreOp[] {
    for (const id of ids) {
      this.#listed.set(toHex(id), true);
      this.#unlisted.delete(toHex(id));
    }
    return ids.map(id => putBurned(id, true));
  }

  /** Settled after all: this bank had voided the attempt, and then saw its certificate. */
  unburn(ids: readonly Uint8Array[]): StoreOp[] {
    const ours = ids.filter(id => this.#listed.delete(toHex(id)));
    for (const id of ours) this.#unlisted.delete(toHex(id));
    return ours.map(delBurned);
  }
}
