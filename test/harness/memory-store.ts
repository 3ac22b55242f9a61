/**
 * A store in memory, for tests: the contract of `src/ports.ts`, which `test/node/storage` checks on this and on the one
 * on the disk.
 *
 * Bytes are copied in and out, as a disk would. `fork` is what the disk holds at this instant: start a bank on it and it
 * is the bank that was killed just now. A commit is in the store when `commit` is called or not at all; `onCommit` may
 * throw instead, and then nothing of it is.
 */
import { compare } from 'uint8arrays/compare';
import { fromHex, toHex } from '../../src/crypto/bytes.js';
import { assert } from '../../src/errors.js';
import type { Store, StoreOp } from '../../src/ports.js';

export interface MemoryStore extends Store {
  close(): Promise<void>;
  /** A store of its own with what this one holds now. */
  fork(): MemoryStore;
  /** Keys held. */
  readonly count: number;
}

export type OnCommit = (ops: readonly StoreOp[]) => void | Promise<void>;

export function memoryStore(onCommit: OnCommit = () => {}, entries = new Map<string, Uint8Array>()): MemoryStore {
  let open = true;
  const check = () => assert(open, 'the store is open');
  return {
    async get(key) {
      check();
      return entries.get(toHex(key))?.slice();
    },
    async commit(ops) {
      check();
      await onCommit(ops);
      for (const op of ops) {
        if (op.type === 'put') entries.set(toHex(op.key), op.value.slice());
        else entries.delete(toHex(op.key));
      }
    },
    async *range(from, below, limit = -1) {
      check();
      const found = [...entries]
        .map(([key, value]) => [fromHex(key), value.slice()] as const)
        .filter(([key]) => compare(key, from) >= 0 && compare(key, below) < 0)
        .sort(([a], [b]) => compare(a, b));
      yield* limit < 0 ? found : found.slice(0, limit);
    },
    async close() {
      open = false;
    },
    fork: () => memoryStore(() => {}, new Map(entries)),
    get count() {
      return entries.size;
    },
  };
}
