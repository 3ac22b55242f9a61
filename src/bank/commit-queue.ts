/**
 * Transactions of one bank, one after the other. Those that wait for the disk are written together, each whole, in order.
 */
import type { Store, StoreOp } from '../ports.js';

export class CommitQueue {
  readonly #store: Store;
  readonly #failed: (error: unknown) => void;
  #last: Promise<void> = Promise.resolve();
  #pending: { readonly ops: StoreOp[]; readonly done: Promise<void> } | undefined;

  /** `failed`: the disk did not take it; nothing later may be promised. */
  constructor(store: Store, failed: (error: unknown) => void) {
    this.#store = store;
    this.#failed = failed;
  }

  /** On the disk when it resolves, with all that was asked for before. */
  commit(ops: readonly StoreOp[]): Promise<void> {
    if (this.#pending) {
      this.#pending.ops.push(...ops);
      return this.#pending.done;
    }
    const all = [...ops];
    const done = this.#last.then(() => {
      this.#pending = undefined;
      return this.#store.commit(all);
    });
    done.catch(this.#failed);
    this.#pending = { ops: all, done };
    this.#last = done;
    return done;
  }

  /** Nothing is under way any more. Never rejects. */
  async idle(): Promise<void> {
    await this.#last.catch(() => {});
  }
}
