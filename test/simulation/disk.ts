/**
 * A bank's disk: what has landed survives a crash, what is under way may or may not, a whole transaction at a time and in
 * order. A torn one is none: that is the contract of `Store`, and what a log with checksums makes of it.
 *
 *     commit   under way for a drawn time, then landed, then promised
 *     full     commits fail, those under way too
 *     crash    of those under way a drawn number has landed; whoever waits waits for ever
 *     copy     all that has landed; `restore` puts an old one in its place
 */
import { fromHex, toHex } from '../../src/crypto/index.js';
import type { Store, StoreOp } from '../../src/ports.js';
import type { Draws } from './draws.js';
import type { Schedule } from './schedule.js';

/** By hex key. */
export type Entries = Map<string, Uint8Array>;

export interface DiskEvents {
  /** One begins. False: the process has crashed over it. */
  operation(of: 'operation' | 'transaction'): boolean;
  /** A transaction is on the disk. */
  landed(ops: readonly StoreOp[]): void;
}

export interface DiskOptions {
  readonly schedule: Schedule;
  readonly draws: Draws;
  readonly events: DiskEvents;
  /** What of a transaction the disk takes: a canary's. */
  readonly takes: (ops: readonly StoreOp[]) => readonly StoreOp[];
}

interface Write {
  readonly ops: readonly StoreOp[];
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

/** Milliseconds a transaction takes, at most. */
const commitMs = 4;

export class Disk {
  readonly #o: DiskOptions;
  #entries: Entries = new Map();
  #underWay: Write[] = [];
  #freeAtMs = 0;
  full = false;
  /** Times by which it is slower than others. */
  slowness = 1;

  constructor(options: DiskOptions) {
    this.#o = options;
  }

  /** The store of one process; `isAlive` until that has crashed. */
  store(isAlive: () => boolean): Store {
    const begin = async (of: 'operation' | 'transaction'): Promise<void> => {
      if (!isAlive() || !this.#o.events.operation(of)) await forever();
    };
    const read = async (): Promise<void> => {
      await begin('operation');
      const { schedule, draws } = this.#o;
      await new Promise<void>(resolve => schedule.after(draws.between(0, 1), resolve));
      if (!isAlive()) await forever();
    };
    const entries = () => this.#entries;
    return {
      get: async key => {
        await read();
        return entries().get(toHex(key))?.slice();
      },
      commit: async ops => {
        if (!isAlive()) await forever();
        const written = this.#write(ops.map(op => (op.type === 'put' ? { ...op, value: op.value.slice() } : op)));
        await begin('transaction');
        await written;
      },
      async *range(from, below, limit = -1) {
        await read();
        yield* entriesBetween(entries(), from, below, limit);
      },
    };
  }

  /** It is under way before anybody can crash over it. */
  #write(ops: readonly StoreOp[]): Promise<void> {
    const { schedule, draws } = this.#o;
    return new Promise((done, failed) => {
      const write: Write = { ops, done, failed };
      this.#underWay.push(write);
      this.#freeAtMs = Math.max(this.#freeAtMs, schedule.nowMs) + draws.between(0, commitMs * this.slowness);
      schedule.at(this.#freeAtMs, () => this.#finish(write));
    });
  }

  #finish(write: Write): void {
    if (this.#underWay[0] !== write) return; // its process has crashed
    this.#underWay.shift();
    if (this.full) write.failed(new Error('ENOSPC: no space left on device'));
    else {
      this.#land(write.ops);
      write.done();
    }
  }

  #land(ops: readonly StoreOp[]): void {
    const taken = this.#o.takes(ops);
    for (const op of taken) {
      if (op.type === 'put') this.#entries.set(toHex(op.key), op.value);
      else this.#entries.delete(toHex(op.key));
    }
    this.#o.events.landed(taken);
  }

  /** The process is gone. */
  crash(): void {
    const landed = this.full ? 0 : this.#o.draws.below(this.#underWay.length + 1);
    for (const { ops } of this.#underWay.splice(0).slice(0, landed)) this.#land(ops);
  }

  /** What has landed. */
  get entries(): Entries {
    return this.#entries;
  }

  copy(): Entries {
    return new Map(this.#entries);
  }

  restore(copy: Entries): void {
    this.#entries = new Map(copy);
  }
}

function* entriesBetween(entries: Entries, from: Uint8Array, below: Uint8Array, limit: number) {
  const [low, high] = [toHex(from), toHex(below)];
  const keys = [...entries.keys()].filter(key => key >= low && key < high).sort();
  // as they are now, whatever is written while somebody reads on
  const found = (limit < 0 ? keys : keys.slice(0, limit)).map(key => [key, entries.get(key) as Uint8Array] as const);
  for (const [key, value] of found) yield [fromHex(key), value.slice()] as const;
}

/** What a process that has crashed waits for. Each time another: whatever waits for one promise is kept by it. */
export const forever = (): Promise<never> => new Promise(() => {});
