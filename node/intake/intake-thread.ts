/**
 * In the process: one intake thread, and the batches it has not answered yet.
 *
 *     started at once --> answering, batch by batch, in order --> stopped (`stop`)
 *                                                          `----> lost: who asked is told, with all that is unanswered
 */
import type { Worker } from 'node:worker_threads';
import { contentOf, type Unopened } from '../../src/bank/index.js';
import type { PacketContent } from '../../src/envelope/index.js';
import { assert } from '../../src/errors.js';
import { intakeBatchesMax, intakeStopMs } from '../../src/limits.js';
import { type Answer, encodeQuestions, type FromThread, type ToThread, unpackAnswers } from './messages.js';

/** One envelope, and who waits for it. */
export interface Asked {
  readonly from: number;
  readonly unopened: Unopened;
  readonly resolve: (content: PacketContent | undefined) => void;
  readonly reject: (error: unknown) => void;
  /** Threads that were lost over it. */
  losses: number;
}

export interface IntakeThreadOptions {
  readonly self: number;
  readonly worker: Worker;
  /** It takes another batch. */
  readonly room: () => void;
  /** It has ended, whyever: it answers none of these. */
  readonly gone: (unanswered: readonly Asked[], why: string) => void;
}

export class IntakeThread {
  readonly #o: IntakeThreadOptions;
  readonly #ended: Promise<void>;
  readonly #unanswered = new Map<number, readonly Asked[]>();
  #batch = 0;
  #why = 'unknown';

  constructor(options: IntakeThreadOptions) {
    this.#o = options;
    const { worker, gone } = options;
    worker.on('message', (opened: FromThread) => {
      try {
        this.#answered(opened);
      } catch (error) {
        this.#failed(error);
      }
    });
    for (const event of ['error', 'messageerror']) worker.on(event, error => this.#failed(error));
    this.#ended = new Promise(resolve => {
      worker.on('exit', () => {
        const left = [...this.#unanswered.values()].flat();
        this.#unanswered.clear();
        gone(left, this.#why);
        resolve();
      });
    });
  }

  /** One batch is worked on, and the next is there when it is done. */
  get hasRoom(): boolean {
    return this.#unanswered.size < intakeBatchesMax;
  }

  get isIdle(): boolean {
    return this.#unanswered.size === 0;
  }

  give(batch: readonly Asked[]): void {
    const asked = encodeQuestions(batch);
    this.#unanswered.set(++this.#batch, batch);
    this.#post({ type: 'open', batch: this.#batch, asked }, [asked.buffer as ArrayBuffer]);
  }

  /** Resolves when it has ended, by itself or by force. */
  async stop(): Promise<void> {
    this.#post({ type: 'stop' });
    const late = setTimeout(() => void this.#o.worker.terminate(), intakeStopMs);
    await this.#ended;
    clearTimeout(late);
  }

  #post(message: ToThread, handOver: ArrayBuffer[] = []): void {
    this.#o.worker.postMessage(message, handOver);
  }

  #answered(opened: FromThread): void {
    const batch = this.#unanswered.get(opened.batch);
    const answers = unpackAnswers(opened);
    assert(batch !== undefined && answers.length === batch.length, 'an answer to every question');
    this.#unanswered.delete(opened.batch);
    for (const [i, asked] of batch.entries()) this.#tell(asked, answers[i]);
    this.#o.room();
  }

  #tell({ unopened, resolve, reject }: Asked, answer: Answer): void {
    if (answer instanceof Error) reject(answer);
    else resolve(answer && contentOf(answer, unopened, this.#o.self));
  }

  /** The thread, or what is heard of it, is not as it should be: it ends. */
  #failed(error: unknown): void {
    this.#why = error instanceof Error ? error.message : 'unknown';
    void this.#o.worker.terminate();
  }
}
