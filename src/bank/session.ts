/**
 * One session of this bank: its conversations, its stock, and everything that ends with it.
 *
 *     preprocessing   one channel for the whole session
 *     computation     one channel for each attempt (h, k) and what it rests on; frames of one that starts later here are kept
 *
 * Closing ends every conversation with SESSION_ENDED; nothing of a session is stored. Source: protocol.md, section 4.
 */
import { type Ground, isBehind } from '../agreement/index.js';
import { equalBytes } from '../crypto/index.js';
import { CovaultError, deviation } from '../errors.js';
import { computationFramesMax, preprocessingFramesHigh, preprocessingFramesMax, stepTimeoutMs } from '../limits.js';
import type { Channel, Clock } from '../ports.js';
import type { Stock } from '../preprocessing/index.js';
import type { BankStatus, PreprocessingWork } from './api.js';
import { Inbox } from './inbox.js';
import { encodeAgreementFrame, encodePreprocessingFrame, sessionPrefixBytes, type Transport } from './transport.js';

/** What the bank needs of a stock beside reserving: `SessionStock` in production, a dealer's in tests. */
export interface LiveStock extends Stock {
  /** Resolves with whatever ended its production: it fails in idle times too. */
  readonly ended: Promise<unknown>;
  levels(): BankStatus['stock'];
  /** What making it has cost, where that is known. Peers by bank. */
  work?(): PreprocessingWork;
  close(): void;
}

export interface SessionOptions {
  readonly id: Uint8Array;
  readonly self: number;
  readonly count: number;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly openStock: (channel: Channel) => Promise<LiveStock>;
  /** Frames of a computation that one bank may send ahead. */
  readonly framesMax?: number;
  /** The attempt this bank is at: what lies behind it is passed over, what lies far ahead no honest bank sends. */
  readonly standing: () => Ground;
}

export class Session {
  readonly id: Uint8Array;
  readonly prefix: Uint8Array;
  readonly stock: Promise<LiveStock>;
  readonly #o: SessionOptions;
  readonly #preprocessing: Inbox;
  readonly #computations = new Map<string, { readonly ground: Ground; readonly inbox: Inbox }>();
  #live: LiveStock | undefined;
  #ended: Error | undefined;

  constructor(options: SessionOptions) {
    this.#o = options;
    this.id = options.id;
    this.prefix = options.id.slice(0, sessionPrefixBytes);
    const { count } = options;
    this.#preprocessing = new Inbox({
      count,
      framesMax: preprocessingFramesMax,
      framesHigh: preprocessingFramesHigh,
    });
    this.stock = options.openStock(
      this.#preprocessing.channel(options.self, (to, frame) =>
        options.transport.send(to, 'preprocessing', encodePreprocessingFrame(this.prefix, frame)),
      ),
    );
    this.stock.then(
      live => {
        this.#live = live;
        if (this.#ended) live.close();
      },
      () => {}, // whoever waits for it is told
    );
  }

  owns(prefix: Uint8Array): boolean {
    return equalBytes(prefix, this.prefix);
  }

  get levels(): ReturnType<LiveStock['levels']> | undefined {
    return this.#live?.levels();
  }

  get work(): PreprocessingWork | undefined {
    return this.#live?.work?.();
  }

  preprocessingFrame(from: number, frame: Uint8Array): Promise<boolean> {
    return this.#preprocessing.pushWhenRoom(from, frame);
  }

  /** Throws: DEVIATION of a bank that sends what lockstep does not allow. */
  computationFrame(from: number, ground: Ground, frame: Uint8Array): void {
    const at = this.#o.standing();
    if (isBehind(ground, at)) return;
    const { height, attempt, base } = ground;
    // an attempt begins with all banks' voids of the one before, a height with all banks' signatures or beside that attempt
    const isNext =
      height === at.height
        ? attempt <= at.attempt + 1 && base === at.base
        : height === at.height + 1 && attempt === 1 && base <= at.attempt + 1;
    if (!isNext) throw deviation(from, 'a computation attempts ahead');
    if (!this.#inbox(ground).push(from, frame)) throw deviation(from, 'a computation messages ahead');
  }

  #inbox({ height, attempt, base }: Ground): Inbox {
    const key = `${height}/${attempt}/${base}`;
    const known = this.#computations.get(key);
    if (known) return known.inbox;
    this.#forgetBehind();
    const { count, clock, framesMax = computationFramesMax } = this.#o;
    const inbox = new Inbox({ count, framesMax, timeout: { clock, ms: stepTimeoutMs } });
    this.#computations.set(key, { ground: { height, attempt, base }, inbox });
    return inbox;
  }

  /** What nobody will run any more, with the frames that were sent for it: few are kept, whatever is voided meanwhile. */
  #forgetBehind(): void {
    const at = this.#o.standing();
    for (const [key, { ground, inbox }] of this.#computations) {
      if (!isBehind(ground, at)) continue;
      const { height, attempt } = ground;
      inbox.close(new CovaultError('ATTEMPT_VOID', 'the attempt lies behind', { height, attempt }));
      this.#computations.delete(key);
    }
  }

  /** The channel of one attempt's computation: nothing leaves before the attempt's ids are `marked` on the disk. */
  computation(ground: Ground, marked: Promise<void>): Channel {
    const { self, transport } = this.#o;
    const { height, attempt, base } = ground;
    const inbox = this.#inbox(ground);
    return inbox.channel(self, async (to, bytes) => {
      await marked;
      if (inbox.ended) throw inbox.ended; // the attempt is void by now: it says nothing more
      const frame = { kind: 'computation', session: this.prefix, height, attempt, base, bytes } as const;
      await transport.send(to, 'agreement', encodeAgreementFrame(frame));
    });
  }

  /** Banks the running computation waits for; where it waits for stock, those that preprocessing waits for. */
  waitingFor(stockToo: boolean): number[] {
    const computing = [...new Set([...this.#computations.values()].flatMap(({ inbox }) => inbox.waitingFor()))];
    return computing.length === 0 && stockToo ? this.#preprocessing.waitingFor() : computing;
  }

  /** After this the attempt sends and hears nothing more. */
  abort(ground: Ground): void {
    const { height, attempt } = ground;
    this.#inbox(ground).close(new CovaultError('ATTEMPT_VOID', 'the attempt is void', { height, attempt }));
  }

  /** A height is committed: its attempts are forgotten. */
  forget(height: number): void {
    for (const [key, { ground, inbox }] of this.#computations) {
      if (ground.height > height) continue;
      inbox.close(new CovaultError('ATTEMPT_VOID', 'the height is committed', { height }));
      this.#computations.delete(key);
    }
  }

  close(why: string): void {
    if (this.#ended) return;
    this.#ended = new CovaultError('SESSION_ENDED', `the session has ended: ${why}`);
    this.#preprocessing.close(this.#ended);
    for (const { inbox } of this.#computations.values()) inbox.close(this.#ended);
    this.#live?.close();
  }
}
