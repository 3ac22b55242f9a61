/**
 * Paying a batch: many orders at once over one submission session, none ever twice.
 *
 *     waiting  ->  alive, unsent  ->  on the way  ->  settled | cancelled        by final records alone
 *        ^              ^                |
 *        |              +-- link lost ---+                                       the same bytes, to the next bank
 *        +---------------- dead ---------+                                       a new envelope, or rejected
 *
 * Envelopes are made some at a time, in the batch's order, and saved in one go before the first of them is sent; what is on
 * the way is bounded, so the wallet file is too. One HPKE session for all that this call makes; what an earlier call has
 * stored goes out as it is. News from the gateway only say when to read records: what they say of an envelope is not
 * believed, and a refusal leaves a payment open, never unpaid (`order-book.ts`).
 *
 * Ends when every payment is decided, or nothing was decided for `timeoutMs`, or no bank serves for `unreachableMs`, or
 * every bank refuses what is left. Called again with the same payments it goes on where it was.
 */
import { SubmissionSession } from '../envelope/index.js';
import { assert, CovaultError, type ErrorCode, errorTable } from '../errors.js';
import {
  batchChunk,
  batchGatherMs,
  batchPollMs,
  batchWindow,
  followWaitMs,
  followWaitsMax,
  walletPauseMs,
} from '../limits.js';
import type { Network } from '../network/index.js';
import type { Clock, Randomness } from '../ports.js';
import type { AskedTransfer } from './batch-plan.js';
import type { GatewayClient } from './client.js';
import { isDone, isHopeless, type OrderBook } from './order-book.js';
import type { SubmissionPort } from './ports.js';
import type { CallOptions } from './progress.js';
import { SubmissionLink, type SubmissionNews } from './submission-link.js';

/** What became of one payment of a batch, at the same place in the list. */
export interface BatchResult {
  readonly reference: string;
  /** `rejected`: not paid, and nothing under way. `open`: run the batch again. */
  readonly verdict: 'settled' | 'cancelled' | 'rejected' | 'open';
  /** Of the record that decided it. */
  readonly height?: number;
  /** Why it is rejected, or with which code the banks refuse it. */
  readonly reason?: string;
}

/** How many payments of a batch are decided; `total` of them in all. */
export interface BatchProgress {
  readonly total: number;
  readonly settled: number;
  readonly cancelled: number;
  readonly rejected: number;
}

/** What a batch may be told, beside what every call may be told. */
export interface BatchOptions extends CallOptions {
  /** Called when it begins, and whenever more is decided. */
  readonly onBatch?: ((progress: BatchProgress) => void) | undefined;
}

export interface BatchSurroundings {
  readonly network: Network;
  readonly book: OrderBook;
  readonly client: GatewayClient;
  readonly connect: SubmissionPort;
  readonly clock: Clock;
  readonly random: Randomness;
  readonly timeoutMs: number;
  readonly unreachableMs: number;
}

/** Used once. */
export class Batch {
  readonly #o: BatchSurroundings;
  readonly #options: BatchOptions;
  readonly #asked: readonly AskedTransfer[];
  /** No envelope alive, in order. */
  readonly #waiting: AskedTransfer[] = [];
  /** An envelope alive, and not with this link. */
  readonly #unsent = new Set<string>();
  /** With this link, or known to have arrived somewhere. */
  readonly #sent = new Set<string>();
  /** By name: the code every bank refuses it with. */
  readonly #refused = new Map<string, ErrorCode>();
  readonly #decided = new Set<string>();
  readonly #rejected = new Map<string, string>();
  readonly #failures = new Map<string, number>();
  #session: SubmissionSession | undefined;
  #link: SubmissionLink | undefined;
  /** Envelopes this bank refuses, for the other banks. */
  #toOthers: string[] = [];
  #isNews = false;
  #wake = () => {};
  #sendAt = 0;
  #lastDecision: number;
  #lastTurn: number;

  constructor(surroundings: BatchSurroundings, asked: readonly AskedTransfer[], options: BatchOptions) {
    this.#o = surroundings;
    this.#asked = asked;
    this.#options = options;
    this.#lastDecision = this.#lastTurn = surroundings.clock.now();
  }

  /** Never throws for what banks do: what is not decided is open. Throws what saving throws. */
  async run(): Promise<BatchResult[]> {
    for (const asked of this.#asked) this.#place(asked);
    this.#report();
    try {
      while (this.#undecided() > 0 && !this.#isOver()) await this.#step();
    } catch (error) {
      if (!(error instanceof CovaultError) || error.action !== 'retry') throw error;
      this.#options.onProgress?.({ kind: 'trouble', code: error.code, message: error.message });
    } finally {
      this.#link?.close();
    }
    return this.#asked.map(asked => this.#result(asked));
  }

  async #step(): Promise<void> {
    const { book, client, clock } = this.#o;
    if (!this.#link?.isOpen) await this.#connect();
    this.#sendUnsent();
    while (this.#waiting.length > 0 && this.#unsent.size === 0 && this.#onTheWay() + batchChunk <= batchWindow) {
      await this.#begin();
      this.#sendUnsent();
    }
    await this.#askOthers();
    await this.#news(this.#unsent.size > 0 ? walletPauseMs : batchPollMs);
    await book.syncPatiently(client, this.#options);
    this.#collect();
    // a bank that takes envelopes and lets none into a block is not asked for ever
    const quietSince = Math.max(this.#lastDecision, this.#lastTurn);
    if (clock.now() - quietSince > followWaitMs * followWaitsMax) this.#turn();
  }

  /** Where a payment stands when the batch begins, or when its envelope is dead. */
  #place(asked: AskedTransfer): void {
    const order = this.#o.book.state.orders.get(asked.name);
    if (order && isDone(order)) this.#decided.add(asked.name);
    else if (order?.outcome.state === 'pending') this.#unsent.add(asked.name);
    else this.#waiting.push(asked);
  }

  /** The next envelopes, on the disk before any of them is sent. */
  async #begin(): Promise<void> {
    const { network, random, book } = this.#o;
    if (!this.#session || this.#session.isFull) this.#session = new SubmissionSession(network, random);
    const next = this.#waiting.splice(0, batchChunk);
    await book.beginAll(next, this.#session.seal);
    for (const asked of next) this.#place(asked);
  }

  #sendUnsent(): void {
    const { book, clock } = this.#o;
    if (clock.now() < this.#sendAt) return;
    for (const name of this.#unsent) {
      if (!this.#link || this.#link.room === 0) return;
      const sealed = book.state.orders.get(name)?.sealed;
      assert(sealed !== undefined, 'what is pending has its envelope');
      this.#link.send(name, sealed.bytes);
      this.#unsent.delete(name);
      this.#sent.add(name);
    }
  }

  #heard(name: string, news: SubmissionNews): void {
    if (news.kind === 'refused') this.#refusal(name, news.code);
    if (news.kind === 'news' && news.state === 'forgotten') this.#again(name); // another bank, or the records, know more
    if (news.kind === 'accepted' || (news.kind === 'news' && news.state === 'recorded')) return; // not in the records yet
    this.#isNews = true;
    this.#wake();
  }

  #refusal(name: string, code: ErrorCode): void {
    if (code === 'SEEN_BEFORE' || code === 'EXPIRED') return; // the records say what became of it
    if (errorTable[code] === 'caller') this.#toOthers.push(name);
    else this.#again(name);
  }

  #again(name: string): void {
    if (!this.#sent.delete(name)) return;
    this.#unsent.add(name);
    this.#sendAt = this.#o.clock.now() + walletPauseMs;
  }

  /** What one bank refuses as wrong, another may take; only when all refuse it is it left alone. */
  async #askOthers(): Promise<void> {
    const { book, client } = this.#o;
    for (const name of this.#toOthers.splice(0)) {
      const sealed = book.state.orders.get(name)?.sealed;
      if (!sealed) continue;
      try {
        await client.submit(sealed.bytes);
      } catch (error) {
        if (!(error instanceof CovaultError)) throw error;
        if (error.code === 'EXPIRED') continue;
        if (error.action === 'caller') this.#refused.set(name, error.code);
        else this.#again(name);
      }
    }
  }

  async #connect(): Promise<void> {
    const { client, clock, connect, unreachableMs } = this.#o;
    const until = clock.now() + unreachableMs;
    for (;;) {
      try {
        this.#link = await SubmissionLink.open(client.url, connect, clock, {
          news: (name, news) => this.#heard(name, news),
          closed: () => this.#lost(),
        });
        this.#options.onProgress?.({ kind: 'sent', bank: client.bank });
        return;
      } catch (error) {
        if (!(error instanceof CovaultError) || error.action !== 'retry' || clock.now() >= until) throw error;
        this.#options.onProgress?.({ kind: 'trouble', code: error.code, message: error.message });
        client.turn();
        await this.#pause(walletPauseMs);
      }
    }
  }

  #turn(): void {
    this.#lastTurn = this.#o.clock.now();
    this.#o.client.turn();
    this.#link?.close();
  }

  #lost(): void {
    for (const name of this.#sent) if (!this.#refused.has(name)) this.#unsent.add(name);
    this.#sent.clear();
    this.#wake();
  }

  /** Until there is news, and a little longer for more; or for so long. */
  async #news(ms: number): Promise<void> {
    if (!this.#isNews) {
      await new Promise<void>(go => {
        const stop = this.#o.clock.after(ms, go);
        this.#wake = () => {
          stop();
          go();
        };
      });
    }
    this.#wake = () => {};
    if (this.#isNews) await this.#pause(batchGatherMs);
    this.#isNews = false;
  }

  #pause(ms: number): Promise<void> {
    return new Promise(next => void this.#o.clock.after(ms, next));
  }

  /** What the records have decided. */
  #collect(): void {
    const { book, clock } = this.#o;
    let changed = false;
    for (const asked of this.#asked) {
      const { name } = asked;
      if (this.#decided.has(name) || this.#rejected.has(name)) continue;
      const order = book.state.orders.get(name);
      if (!order || order.outcome.state === 'pending') continue;
      this.#unsent.delete(name);
      this.#sent.delete(name);
      this.#refused.delete(name);
      changed = true;
      if (order.outcome.state === 'dead') this.#dead(asked, order.outcome.why);
      else this.#decided.add(name);
    }
    if (!changed) return;
    this.#lastDecision = clock.now();
    this.#report();
  }

  #dead(asked: AskedTransfer, why: Parameters<typeof isHopeless>[0]): void {
    const failures = (this.#failures.get(asked.name) ?? 0) + 1;
    this.#failures.set(asked.name, failures);
    if (isHopeless(why, failures)) {
      this.#rejected.set(asked.name, why);
    } else if (!this.#waiting.includes(asked)) {
      this.#waiting.push(asked);
      this.#options.onProgress?.({ kind: 'renewed', why });
    }
  }

  #onTheWay(): number {
    return this.#sent.size + this.#unsent.size;
  }

  #undecided(): number {
    return this.#asked.length - this.#decided.size - this.#rejected.size;
  }

  #isOver(): boolean {
    const { clock, timeoutMs } = this.#o;
    if (clock.now() - this.#lastDecision >= timeoutMs) return true;
    return this.#undecided() === this.#refused.size;
  }

  #report(): void {
    const results = this.#asked.map(asked => this.#result(asked).verdict);
    const count = (verdict: BatchResult['verdict']) => results.filter(each => each === verdict).length;
    this.#options.onBatch?.({
      total: results.length,
      settled: count('settled'),
      cancelled: count('cancelled'),
      rejected: count('rejected'),
    });
  }

  #result({ name, reference }: AskedTransfer): BatchResult {
    const outcome = this.#o.book.state.orders.get(name)?.outcome;
    if (outcome?.state === 'settled' || outcome?.state === 'cancelled') {
      return { reference, verdict: outcome.state, height: outcome.height };
    }
    const reason = this.#rejected.get(name) ?? this.#refused.get(name);
    const verdict = this.#rejected.has(name) ? 'rejected' : 'open';
    return { reference, verdict, ...(reason === undefined ? {} : { reason }) };
  }
}
