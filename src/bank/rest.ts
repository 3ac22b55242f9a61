/**
 * What a computation rests on that was begun beside the block before it: the commit of that block, or its end.
 */
import { CovaultError } from '../errors.js';

export class Rest {
  /** The hash of its record. Rejects with ATTEMPT_VOID. */
  readonly committed: Promise<Uint8Array>;
  #resolve!: (hash: Uint8Array) => void;
  #reject!: (error: Error) => void;

  constructor() {
    this.committed = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.committed.catch(() => {}); // whoever waits is told; nobody may have come to wait
  }

  commit(hash: Uint8Array): void {
    this.#resolve(hash);
  }

  void(): void {
    this.#reject(new CovaultError('ATTEMPT_VOID', 'the attempt it rests on is void'));
  }
}
