/**
 * In the process: the stock of one session, which the thread makes.
 *
 *     opening --> open --> ended: what the thread says; SESSION_ENDED (`close`); WORKER_LOST (the thread is gone)
 *
 * Frames pass through as they are pulled and sent. A session that has ended is still listened to: a deviation that is found
 * meanwhile must not go unnamed. What arrives for nobody is overwritten.
 */
import type { BankStatus, LiveStock, PreprocessingWork, StockLevel } from '../../src/bank/index.js';
import { assert, CovaultError } from '../../src/errors.js';
import type { Channel } from '../../src/ports.js';
import {
  kindNames,
  type LotKind,
  type Lots,
  type Positions,
  type Reserved,
  type StockCounts,
} from '../../src/preprocessing/index.js';
import { packError, unpackError } from '../threads/index.js';
import { buffersOfReserved, ownFrame, type Post, type SessionNews, type ToThread } from './messages.js';
import { Rate } from './rate.js';

export interface RemoteStockOptions {
  readonly session: number;
  readonly channel: Channel;
  readonly lots: Lots;
  readonly post: Post<ToThread>;
  readonly deviated: (error: CovaultError) => void;
  /** Counts bytes of preprocessing by bank, sent and received. */
  readonly count: (bank: number, sent: number, received: number) => void;
  readonly work: () => PreprocessingWork;
  readonly now: () => number;
}

interface Waiting {
  readonly resolve: (reserved: Reserved) => void;
  readonly reject: (error: unknown) => void;
}

type Counters = Record<LotKind, { made: number; used: number; readonly madeRate: Rate; readonly usedRate: Rate }>;

export class RemoteStock implements LiveStock {
  readonly #o: RemoteStockOptions;
  readonly #counters: Counters;
  readonly #waiting = new Map<number, Waiting>();
  #position: Positions = { vole: 0, triples: 0, selections: 0 };
  #ticket = 0;
  #failure: { readonly error: unknown } | undefined;
  /** Itself, once the pairs are open. */
  readonly opened: Promise<this>;
  readonly ended: Promise<unknown>;
  #onOpened!: (stock: this) => void;
  #onNotOpened!: (error: unknown) => void;
  #onEnded!: (error: unknown) => void;

  constructor(options: RemoteStockOptions) {
    this.#o = options;
    const counter = () => ({ made: 0, used: 0, madeRate: new Rate(options.now), usedRate: new Rate(options.now) });
    this.#counters = { vole: counter(), triples: counter(), selections: counter() };
    this.opened = new Promise((resolve, reject) => {
      [this.#onOpened, this.#onNotOpened] = [resolve, reject];
    });
    this.ended = new Promise(resolve => {
      this.#onEnded = resolve;
    });
  }

  positions(): Positions {
    return this.#position;
  }

  levels(): BankStatus['stock'] {
    const level = (kind: LotKind) => levelOf(this.#counters[kind], this.#o.lots[kind]);
    return { vole: level('vole'), triples: level('triples'), selections: level('selections') };
  }

  get isOver(): boolean {
    return this.#failure !== undefined;
  }

  work(): PreprocessingWork {
    return this.#o.work();
  }

  async reserve(at: Positions, counts: StockCounts): Promise<Reserved> {
    if (this.#failure) throw this.#failure.error;
    for (const kind of kindNames) {
      assert(at[kind] >= this.#position[kind], 'positions only move up');
      assert(counts[kind] >= 0 && counts[kind] <= (this.#o.lots[kind]?.max ?? 0), 'a block fits the stock');
    }
    const moved = (kind: LotKind) => at[kind] + counts[kind];
    this.#position = { vole: moved('vole'), triples: moved('triples'), selections: moved('selections') };
    for (const kind of kindNames) {
      this.#counters[kind].used = moved(kind);
      this.#counters[kind].usedRate.add(counts[kind]);
    }
    const ticket = ++this.#ticket;
    return new Promise((resolve, reject) => {
      this.#waiting.set(ticket, { resolve, reject });
      this.#o.post({ type: 'reserve', session: this.#o.session, ticket, at, counts });
    });
  }

  close(): void {
    if (this.#failure) return;
    this.#o.post({ type: 'close', session: this.#o.session });
    this.end(new CovaultError('SESSION_ENDED', 'the stock is closed'));
  }

  /** Whatever it was: who waits is told, and so is everyone who comes later. */
  end(error: unknown): void {
    if (this.#failure) return;
    this.#failure = { error };
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#onNotOpened(error);
    this.opened.catch(() => {}); // whoever waits for it is told
    this.#onEnded(error);
  }

  told(news: SessionNews): void {
    switch (news.type) {
      case 'opened':
        this.#onOpened(this);
        break;
      case 'made':
        this.#made(news.made);
        break;
      case 'reserved':
        this.#reserved(news.ticket, news.reserved);
        break;
      case 'refused':
        this.#take(news.ticket)?.reject(unpackError(news.error));
        break;
      case 'deviated': {
        const error = unpackError(news.error);
        assert(error instanceof CovaultError, 'a deviation has a code');
        this.#o.deviated(error);
        break;
      }
      case 'ended':
        this.end(unpackError(news.error));
        break;
      case 'pull':
        void this.#pull(news.from);
        break;
      case 'send':
        void this.#send(news.to, news.frame);
        break;
    }
  }

  #made(made: Readonly<Record<LotKind, number>>): void {
    for (const kind of kindNames) {
      const counter = this.#counters[kind];
      assert(made[kind] >= counter.made, 'more is made, never less');
      counter.madeRate.add(made[kind] - counter.made);
      counter.made = made[kind];
    }
  }

  #reserved(ticket: number, reserved: Reserved): void {
    const waiting = this.#take(ticket);
    if (waiting) waiting.resolve(reserved);
    else for (const buffer of buffersOfReserved(reserved)) new Uint8Array(buffer).fill(0);
  }

  /** Nobody waits once the stock has ended. */
  #take(ticket: number): Waiting | undefined {
    const waiting = this.#waiting.get(ticket);
    assert(waiting !== undefined || this.#failure !== undefined, 'an answer to a reservation');
    this.#waiting.delete(ticket);
    return waiting;
  }

  async #pull(from: number): Promise<void> {
    try {
      const { frame, handOver } = ownFrame(await this.#o.channel.receive(from));
      this.#o.count(from, 0, frame.length);
      this.#o.post({ type: 'frame', session: this.#o.session, from, frame }, handOver);
    } catch (error) {
      this.#over(error);
    }
  }

  async #send(to: number, frame: Uint8Array): Promise<void> {
    const bytes = frame.length;
    try {
      await this.#o.channel.send(to, frame);
      this.#o.count(to, bytes, 0);
      this.#o.post({ type: 'sent', session: this.#o.session, to, bytes });
    } catch (error) {
      this.#over(error);
    }
  }

  #over(error: unknown): void {
    this.#o.post({ type: 'over', session: this.#o.session, error: packError(error) });
  }
}

function levelOf({ made, used, madeRate, usedRate }: Counters[LotKind], plan: Lots[LotKind]): StockLevel {
  if (!plan) return { made, used };
  const usedPerSecond = usedRate.perSecond();
  return {
    made,
    used,
    low: plan.low,
    high: plan.high,
    madePerSecond: Math.round(madeRate.perSecond()),
    usedPerSecond: Math.round(usedPerSecond),
    ...(usedPerSecond > 0 && { secondsLeft: Math.round((10 * Math.max(0, made - used)) / usedPerSecond) / 10 }),
  };
}
