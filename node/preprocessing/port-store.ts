/**
 * In the thread: the store behind the link stock. The store is open in the process alone, so every operation is asked of it;
 * durable means what it means there. Ranges are not asked for.
 */
import { assert } from '../../src/errors.js';
import type { Store, StoreOp } from '../../src/ports.js';
import { unpackError } from '../threads/index.js';
import type { FromThread, Post, ToThread } from './messages.js';

interface Asked {
  readonly resolve: (value: Uint8Array | undefined) => void;
  readonly reject: (error: Error) => void;
}

export class PortStore implements Store {
  readonly #post: Post<FromThread>;
  readonly #asked = new Map<number, Asked>();
  #ticket = 0;
  #idle: (() => void)[] = [];

  constructor(post: Post<FromThread>) {
    this.#post = post;
  }

  get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#ask(ticket => ({ type: 'get', ticket, key }));
  }

  async commit(ops: readonly StoreOp[]): Promise<void> {
    await this.#ask(ticket => ({ type: 'commit', ticket, ops }));
  }

  range(): never {
    throw new Error('assertion failed: the link stock reads no ranges');
  }

  stored({ ticket, value, error }: Extract<ToThread, { type: 'stored' }>): void {
    const asked = this.#asked.get(ticket);
    assert(asked !== undefined, 'an answer to a question');
    this.#asked.delete(ticket);
    if (error) asked.reject(unpackError(error));
    else asked.resolve(value);
    if (this.#asked.size === 0) for (const go of this.#idle.splice(0)) go();
  }

  /** Resolves when everything asked for is answered. */
  async idle(): Promise<void> {
    if (this.#asked.size > 0) await new Promise<void>(resolve => this.#idle.push(resolve));
  }

  #ask(question: (ticket: number) => FromThread): Promise<Uint8Array | undefined> {
    const ticket = ++this.#ticket;
    return new Promise((resolve, reject) => {
      this.#asked.set(ticket, { resolve, reject });
      this.#post(question(ticket));
    });
  }
}
