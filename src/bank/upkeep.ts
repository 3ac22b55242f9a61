/**
 * What keeps the data folder small, beside the blocks: shares of old records fold into the base, old public records are
 * sealed into segments, the oldest memos are dropped. A step at a time, each one transaction of its own, begun only when a block
 * is on the disk.
 *
 * Nothing waits for it, and nothing is lost if it never runs. A disk on which it finds damage stops the bank.
 */
import type { Sealing } from '../agreement/index.js';
import type { Folding } from '../ledger/folding.js';
import type { Prepared } from '../ledger/prepared.js';
import type { StoreOp } from '../ports.js';
import type { MemoLog } from './memo-log.js';

interface Step {
  readonly ops: readonly StoreOp[];
  done(): void;
}

export interface UpkeepPorts {
  readonly folding: Folding;
  readonly sealing: Sealing;
  readonly memos: MemoLog;
  readonly commit: (ops: readonly StoreOp[]) => Promise<void>;
  readonly failed: (error: unknown) => void;
}

export class Upkeep {
  readonly #p: UpkeepPorts;
  #height: number;
  #working: Promise<void> | undefined;
  #stopped = false;

  /** `height`: of the last record. */
  constructor(ports: UpkeepPorts, height: number) {
    this.#p = ports;
    this.#height = height;
  }

  /** What an earlier run, or a program from before there was a base, has left to do. */
  start(): void {
    this.#go();
  }

  /** A block is on the disk; `stateHash`: what it led to. */
  committed(prepared: Prepared, stateHash: Uint8Array): void {
    this.#p.folding.committed(prepared, stateHash);
    this.#height = prepared.height;
    this.#go();
  }

  #go(): void {
    if (this.#stopped || this.#working) return;
    this.#working = this.#work()
      .catch(this.#p.failed)
      .finally(() => {
        this.#working = undefined;
      });
  }

  async #work(): Promise<void> {
    for (let step = await this.#next(); step && !this.#stopped; step = await this.#next()) {
      await this.#p.commit(step.ops);
      step.done();
    }
  }

  async #next(): Promise<Step | undefined> {
    if (this.#stopped) return undefined;
    const { folding, sealing, memos } = this.#p;
    return (await folding.next()) ?? (await sealing.next(this.#height)) ?? (await memos.next());
  }

  /** Nothing more reaches the store once it resolves. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#working;
  }
}
