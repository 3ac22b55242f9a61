/**
 * Envelopes on stock: threads make them ahead of the clock, or as they are taken.
 *
 *     ahead(count)   so many wait, and the threads stand still: holders' CPU is then no part of what is measured
 *     take()         one of them; with fewer than `floor` left, or none, the threads start again, and `meanwhile` counts
 *     make(intents)  these, each sealed alone
 *
 * They wait in memory, outside the heap: about 3 KB times the banks each.
 */
import { Worker } from 'node:worker_threads';
import type { Intent } from '../../src/wallet/state.js';
import type { Batch, Order, WorkerSettings } from './envelope-worker.js';

export interface Made {
  readonly intent: Intent;
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
  readonly secret: bigint;
  /** Whose submission session its packets belong to; nobody's: a lone holder made it. */
  readonly submitter: number | undefined;
}

interface Thread {
  readonly worker: Worker;
  busy: boolean;
}

const batchSize = 32;

export class EnvelopeMaker {
  readonly #threads: Thread[];
  readonly #next: () => Intent;
  readonly #floor: number;
  /** 0: every envelope is a lone holder's. */
  readonly #submitters: number;
  #turn = 0;
  #expiry = 0;
  /** Oldest first; taken from `#at` on. */
  #ready: Made[] = [];
  #at = 0;
  #underway = 0;
  #target = 0;
  #settled: (() => void)[] = [];
  #takers: { resolve: (made: Made) => void; reject: (error: unknown) => void }[] = [];
  #failure: unknown;
  #counting = false;
  /** Made while nobody asked for them ahead. */
  meanwhile = 0;

  /**
   * `next`: what the next envelope asks for. `floor`: how many should wait while envelopes are taken. `submitters`: so many
   * have them made in turn, or none.
   */
  constructor(settings: WorkerSettings, threads: number, floor: number, next: () => Intent, submitters = 0) {
    this.#next = next;
    this.#floor = floor;
    this.#submitters = submitters;
    this.#threads = Array.from({ length: threads }, () => {
      const worker = new Worker(new URL('./envelope-worker.js', import.meta.url), { workerData: settings });
      worker.on('error', error => this.#fail(error));
      return { worker, busy: false };
    });
  }

  get waiting(): number {
    return this.#ready.length - this.#at;
  }

  /** The last height that envelopes made from now on may stand in. */
  set expiry(height: number) {
    this.#expiry = height;
  }

  /** Resolves when so many wait. */
  async ahead(count: number): Promise<void> {
    this.#counting = false;
    this.#target = count;
    this.#feed();
    if (this.waiting < count) await new Promise<void>(done => this.#settled.push(done));
    if (this.#failure) throw this.#failure;
    this.#target = this.#floor;
    this.#counting = true;
  }

  take(): Promise<Made> {
    if (this.#failure) return Promise.reject(this.#failure);
    const made = this.#ready[this.#at];
    if (made === undefined) {
      const taken = new Promise<Made>((resolve, reject) => this.#takers.push({ resolve, reject }));
      this.#feed(); // it looks at who waits
      return taken;
    }
    this.#at++;
    if (this.#at >= 4096) {
      this.#ready.splice(0, this.#at);
      this.#at = 0;
    }
    this.#feed();
    return Promise.resolve(made);
  }

  /** These, and nothing else, each sealed alone. */
  make(intents: readonly Intent[]): Promise<Made[]> {
    const chunks: Intent[][] = [];
    for (let at = 0; at < intents.length; at += batchSize) chunks.push(intents.slice(at, at + batchSize));
    return Promise.all(
      chunks.map((chunk, i) => this.#order(this.#threads[i % this.#threads.length], chunk, undefined)),
    ).then(all => all.flat());
  }

  async close(): Promise<void> {
    this.#fail(new Error('no envelope is made any more'));
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #feed(): void {
    for (const thread of this.#threads) {
      const wanted = Math.max(this.#target, this.#takers.length);
      if (thread.busy || this.#failure || this.waiting + this.#underway >= wanted) continue;
      thread.busy = true;
      this.#underway += batchSize;
      if (this.#counting) this.meanwhile += batchSize;
      const submitter = this.#submitters > 0 ? this.#turn++ % this.#submitters : undefined;
      void this.#order(thread, Array.from({ length: batchSize }, this.#next), submitter).then(
        made => {
          thread.busy = false;
          this.#underway -= batchSize;
          this.#arrived(made);
        },
        error => this.#fail(error),
      );
    }
  }

  #arrived(made: readonly Made[]): void {
    for (const each of made) {
      const taker = this.#takers.shift();
      if (taker) taker.resolve(each);
      else this.#ready.push(each);
    }
    this.#feed();
    if (this.waiting >= this.#target && this.#underway === 0) for (const done of this.#settled.splice(0)) done();
  }

  /** A thread answers in the order in which it was asked. */
  #order({ worker }: Thread, intents: readonly Intent[], submitter: number | undefined): Promise<Made[]> {
    const order: Order = { intents, expiry: this.#expiry, submitter };
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      const waiting = waitingOf(worker);
      waiting.push({ resolve: batch => resolve(unpack(order, batch)), reject });
      worker.postMessage(order);
    });
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    for (const { reject } of this.#takers.splice(0)) reject(error);
    for (const { worker } of this.#threads) for (const { reject } of waitingOf(worker).splice(0)) reject(error);
    for (const done of this.#settled.splice(0)) done();
  }
}

interface Asked {
  readonly resolve: (batch: Batch) => void;
  readonly reject: (error: unknown) => void;
}

const asked = new WeakMap<Worker, Asked[]>();

function waitingOf(worker: Worker): Asked[] {
  const known = asked.get(worker);
  if (known) return known;
  const waiting: Asked[] = [];
  asked.set(worker, waiting);
  worker.on('message', (batch: Batch) => waiting.shift()?.resolve(batch));
  return waiting;
}

function unpack({ intents, submitter }: Order, { bytes, lengths, ids, secrets }: Batch): Made[] {
  let at = 0;
  return intents.map((intent, i) => {
    const from = at;
    at += lengths[i];
    return { intent, id: ids[i], bytes: bytes.subarray(from, at), secret: secrets[i], submitter };
  });
}
