/**
 * In the process: the preprocessing thread of this bank, kept for session after session.
 *
 *     started at once --> serving --> stopped (`stop`: what has to be durable is, or `preprocessingStopMs` are over)
 *                            `------> lost: its sessions end with WORKER_LOST; the next session starts another thread,
 *                                     not before `preprocessingRestartMs`
 */
import type { Worker } from 'node:worker_threads';
import type { LiveStock, PreprocessingWork } from '../../src/bank/index.js';
import { assert, CovaultError } from '../../src/errors.js';
import { preprocessingRestartMs, preprocessingStopMs } from '../../src/limits.js';
import type { Channel, Clock, Log, Store, StoreOp } from '../../src/ports.js';
import { lotsFor } from '../../src/preprocessing/index.js';
import { packError } from '../threads/index.js';
import type { FromThread, Post, ThreadData, ToThread } from './messages.js';
import { Rate } from './rate.js';
import { RemoteStock } from './remote-stock.js';
import { startThread } from './start-thread.js';

/** Of a session that has ended a deviation may still be found out: so many sessions later it is not any more. */
const sessionsKept = 8;

export interface PreprocessingOptions extends ThreadData {
  /** Where the link stock lives. */
  readonly store: Pick<Store, 'get' | 'commit'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Seam for tests: they end threads. */
  readonly start?: (data: ThreadData) => Worker;
}

interface Thread {
  readonly worker: Worker;
  readonly post: Post<ToThread>;
  /** Resolves when it has ended, however it did. */
  readonly gone: Promise<void>;
  readonly stocks: Map<number, RemoteStock>;
  /** What it failed with, where it said so. */
  why: string | undefined;
  /** Milliseconds in which it was not idle, when last looked at. */
  busyMs: number;
}

export class Preprocessing {
  readonly #o: PreprocessingOptions;
  readonly #peers: { bytesSent: number; bytesReceived: number }[];
  readonly #storing = new Set<Promise<void>>();
  readonly #busyRate: Rate;
  #thread: Thread | undefined;
  #lostAt: number | undefined;
  #threadsLost = 0;
  /** Of threads that are gone. */
  #pastBusyMs = 0;
  #session = 0;
  #stopped = false;

  constructor(options: PreprocessingOptions) {
    this.#o = options;
    this.#peers = options.party.deltas.map(() => ({ bytesSent: 0, bytesReceived: 0 }));
    this.#busyRate = new Rate(() => options.clock.now());
    this.#thread = this.#start();
  }

  /** Throws: what `openStock` throws; WORKER_LOST. */
  async open(
    id: Uint8Array,
    channel: Channel,
    mayStartFresh: boolean,
    deviated: (error: CovaultError) => void,
  ): Promise<LiveStock> {
    const session = ++this.#session;
    if (!this.#thread) await this.#pause();
    if (this.#stopped) throw new CovaultError('SESSION_ENDED', 'the preprocessing has stopped');
    this.#thread ??= this.#start();
    const { stocks, post } = this.#thread;
    const stock = new RemoteStock({
      session,
      channel,
      lots: this.#o.lots ?? lotsFor(this.#o.pageSize),
      post,
      deviated,
      count: (bank, sent, received) => {
        this.#peers[bank].bytesSent += sent;
        this.#peers[bank].bytesReceived += received;
      },
      work: () => this.#work(),
      now: () => this.#o.clock.now(),
    });
    stocks.set(session, stock);
    for (const [number, { isOver }] of stocks) if (isOver && number <= session - sessionsKept) stocks.delete(number);
    post({ type: 'open', session, id, mayStartFresh });
    return stock.opened;
  }

  /** Ends all sessions, then the thread; nothing of it reaches the store afterwards. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const thread = this.#thread;
    if (thread) {
      thread.post({ type: 'stop' });
      const late = setTimeout(() => void thread.worker.terminate(), preprocessingStopMs);
      await thread.gone;
      clearTimeout(late);
    }
    await Promise.allSettled(this.#storing);
  }

  /** After a loss, so that a thread that fails at once keeps nobody busy. */
  async #pause(): Promise<void> {
    const left = (this.#lostAt ?? 0) + preprocessingRestartMs - this.#o.clock.now();
    if (this.#lostAt === undefined || left <= 0) return;
    await new Promise<void>(resolve => this.#o.clock.after(left, resolve));
  }

  #start(): Thread {
    const { party, pageSize, rosterVersion, linksPrefix, lots, lpn, start = startThread } = this.#o;
    const worker = start({ party, pageSize, rosterVersion, linksPrefix, ...(lots && { lots }), ...(lpn && { lpn }) });
    const post: Post<ToThread> = (message, handOver = []) => worker.postMessage(message, handOver);
    const gone = new Promise<void>(resolve => worker.once('exit', () => resolve()));
    const thread: Thread = { worker, post, gone, stocks: new Map(), why: undefined, busyMs: 0 };
    worker.on('message', (news: FromThread) => {
      try {
        this.#told(thread, news);
      } catch (error) {
        this.#failed(thread, error);
      }
    });
    for (const event of ['error', 'messageerror']) worker.on(event, error => this.#failed(thread, error));
    worker.on('exit', () => this.#gone(thread));
    return thread;
  }

  /** The thread, or what is heard of it, is not as it should be: it ends. */
  #failed(thread: Thread, error: unknown): void {
    thread.why ??= error instanceof Error ? error.message : 'unknown';
    void thread.worker.terminate();
  }

  #gone(thread: Thread): void {
    this.#pastBusyMs += thread.busyMs;
    thread.busyMs = 0;
    if (this.#thread === thread) this.#thread = undefined;
    if (!this.#stopped) {
      this.#threadsLost++;
      this.#lostAt = this.#o.clock.now();
      this.#o.log.warn('the preprocessing thread has ended', { why: thread.why ?? 'unknown' });
    }
    const error = this.#stopped
      ? new CovaultError('SESSION_ENDED', 'the preprocessing has stopped')
      : new CovaultError('WORKER_LOST', `the preprocessing thread has ended: ${thread.why ?? 'unknown'}`);
    for (const stock of thread.stocks.values()) stock.end(error);
    thread.stocks.clear();
  }

  #told(thread: Thread, news: FromThread): void {
    switch (news.type) {
      case 'get':
        this.#store(thread, news.ticket, [news.key], () => this.#o.store.get(news.key));
        break;
      case 'commit':
        this.#store(thread, news.ticket, keysOf(news.ops), async () => {
          await this.#o.store.commit(news.ops);
          return undefined;
        });
        break;
      default: {
        assert(news.session <= this.#session, 'a session that was opened');
        if (news.type === 'made') this.#look(thread);
        thread.stocks.get(news.session)?.told(news);
      }
    }
  }

  #store(
    thread: Thread,
    ticket: number,
    keys: readonly Uint8Array[],
    operation: () => Promise<Uint8Array | undefined>,
  ): void {
    const { linksPrefix } = this.#o;
    const isOwn = (key: Uint8Array) => linksPrefix.every((byte, at) => key[at] === byte);
    assert(keys.every(isOwn), 'the thread reaches the link stock and nothing else');
    const answer = async () => {
      try {
        const value = await operation();
        thread.post({ type: 'stored', ticket, ...(value && { value }) });
      } catch (error) {
        thread.post({ type: 'stored', ticket, error: packError(error) });
      }
    };
    const storing = answer().finally(() => this.#storing.delete(storing));
    this.#storing.add(storing);
  }

  #work(): PreprocessingWork {
    if (this.#thread) this.#look(this.#thread);
    const busyMs = this.#pastBusyMs + (this.#thread?.busyMs ?? 0);
    return {
      peers: this.#peers.map(peer => ({ ...peer })),
      busySeconds: Math.round(busyMs / 10) / 100,
      busy: Math.min(1, Math.round(this.#busyRate.perSecond() / 10) / 100),
      threadsLost: this.#threadsLost,
    };
  }

  #look(thread: Thread): void {
    const { active } = thread.worker.performance.eventLoopUtilization();
    this.#busyRate.add(Math.max(0, active - thread.busyMs));
    thread.busyMs = Math.max(thread.busyMs, active);
  }
}

function keysOf(ops: readonly StoreOp[]): Uint8Array[] {
  return ops.map(({ key }) => key);
}
