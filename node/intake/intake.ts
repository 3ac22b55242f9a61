/**
 * In the process: the intake threads of this bank. What one turn of the process brings goes in one batch, and what comes
 * while the threads are busy waits here, by sender: of each in its own order, one sender after the other, so that no bank's
 * flood keeps the others', or this bank's own holders', waiting.
 *
 * A thread that is lost is replaced, not before `intakeRestartMs`; what it had not answered is asked again, first, once.
 * What is lost with the second thread too is answered with WORKER_LOST. Submission sessions are derived anew.
 */
import type { Worker } from 'node:worker_threads';
import type { Intake, Unopened } from '../../src/bank/index.js';
import type { PacketContent } from '../../src/envelope/index.js';
import { CovaultError } from '../../src/errors.js';
import { intakeBatchMax, intakeRestartMs } from '../../src/limits.js';
import type { Clock, Log } from '../../src/ports.js';
import { type Asked, IntakeThread } from './intake-thread.js';
import type { ThreadData } from './messages.js';
import { startThread } from './start-thread.js';

export interface IntakeOptions extends ThreadData {
  /** At least one. */
  readonly threads: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Seam for tests: they end threads. */
  readonly start?: (data: ThreadData) => Worker;
}

/** Threads lost over an envelope before it is refused. */
const lossesMax = 2;

export class IntakeThreads implements Intake {
  readonly #o: IntakeOptions;
  readonly #secret: Uint8Array;
  /** What no thread has yet, by sender. */
  readonly #lanes: readonly Asked[][];
  readonly #threads = new Set<IntakeThread>();
  readonly #restarts = new Set<() => void>();
  #waiting = 0;
  /** Whose turn it is. */
  #lane = 0;
  #isTurnOpen = false;
  #stopped = false;

  /** `sealingSecret` is copied: its owner wipes it. */
  constructor(options: IntakeOptions) {
    this.#o = options;
    this.#secret = options.sealingSecret.slice();
    this.#lanes = Array.from({ length: options.count }, () => []);
    for (let i = 0; i < options.threads; i++) this.#start();
  }

  open(from: number, unopened: Unopened): Promise<PacketContent | undefined> {
    if (this.#stopped) return Promise.reject(ended());
    return new Promise((resolve, reject) => {
      this.#lanes[from].push({ from, unopened, resolve, reject, losses: 0 });
      this.#waiting++;
      this.#turn();
    });
  }

  /** What is not answered yet ends with SESSION_ENDED; then the threads end, and the secret is wiped. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const cancel of this.#restarts) cancel();
    for (const lane of this.#lanes) for (const { reject } of lane.splice(0)) reject(ended());
    await Promise.all([...this.#threads].map(thread => thread.stop()));
    this.#secret.fill(0);
  }

  /** Those that come in the same turn go together. */
  #turn(): void {
    if (this.#isTurnOpen) return;
    this.#isTurnOpen = true;
    queueMicrotask(() => {
      this.#isTurnOpen = false;
      this.#share();
    });
  }

  /** First to threads that have nothing to do. */
  #share(): void {
    while (this.#waiting > 0) {
      const idle = [...this.#threads].filter(({ isIdle }) => isIdle);
      const thread = idle[0] ?? [...this.#threads].find(({ hasRoom }) => hasRoom);
      if (!thread) return;
      thread.give(this.#take(Math.min(intakeBatchMax, Math.ceil(this.#waiting / Math.max(1, idle.length)))));
    }
  }

  /** One of each sender in turn. */
  #take(count: number): Asked[] {
    const batch: Asked[] = [];
    while (batch.length < count) {
      const asked = this.#lanes[this.#lane].shift();
      this.#lane = (this.#lane + 1) % this.#lanes.length;
      if (asked) batch.push(asked);
    }
    this.#waiting -= batch.length;
    return batch;
  }

  #start(): void {
    const { self, count, start = startThread } = this.#o;
    const thread = new IntakeThread({
      self,
      worker: start({ self, count, sealingSecret: this.#secret.slice() }),
      room: () => this.#share(),
      gone: (unanswered, why) => this.#gone(thread, unanswered, why),
    });
    this.#threads.add(thread);
    this.#turn();
  }

  #gone(thread: IntakeThread, unanswered: readonly Asked[], why: string): void {
    this.#threads.delete(thread);
    if (this.#stopped) {
      for (const { reject } of unanswered) reject(ended());
      return;
    }
    this.#o.log.warn('an intake thread has ended', { why });
    // last first, so that each stands before those that came after it
    for (const asked of unanswered.toReversed()) this.#askAgain(asked, why);
    const cancel = this.#o.clock.after(intakeRestartMs, () => {
      this.#restarts.delete(cancel);
      this.#start();
    });
    this.#restarts.add(cancel);
    this.#share();
  }

  #askAgain(asked: Asked, why: string): void {
    if (++asked.losses >= lossesMax) {
      asked.reject(new CovaultError('WORKER_LOST', `the intake thread has ended: ${why}`));
      return;
    }
    this.#lanes[asked.from].unshift(asked);
    this.#waiting++;
  }
}

const ended = () => new CovaultError('SESSION_ENDED', 'the intake has stopped');
