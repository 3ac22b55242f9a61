/**
 * The links between n banks, as `node/host/` keeps them: of each pair one link at a time, numbered; three streams in it,
 * each in order; between streams any order.
 *
 *     stall       frames are late, nobody notices: a connection that was resumed
 *     loss        stalled for longer than `linkLossMs`: each end hears of it by itself, what was on the way is gone
 *     connect     a new link, which each end hears of by itself; one that still believes in the old one hears its end first
 *     crash       the others hear of it after `linkLossMs`, or when the new process connects
 *
 * A stream waits while its receiver has not taken the frame before; a sender waits while too many wait in a stream. What has
 * arrived is at times taken together, as from a socket: the second frame before all that the first one sets going is over.
 */
import type { Use } from '../../src/bank/index.js';
import { CovaultError } from '../../src/errors.js';
import { linkLossMs } from '../../src/limits.js';
import type { Draws } from './draws.js';
import type { Schedule } from './schedule.js';

/** A running process. */
export interface Endpoint {
  linkUp(bank: number): void;
  linkDown(bank: number, why: string): void;
  frame(from: number, use: Use, frame: Uint8Array): Promise<void>;
}

/** What a canary does to a frame on its way: none, one or several arrive. */
export type Carries = (from: number, to: number, use: Use, frame: Uint8Array) => readonly Uint8Array[];

export interface ChannelOptions {
  readonly schedule: Schedule;
  readonly draws: Draws;
  readonly banks: number;
  /** Milliseconds from one bank to another. */
  readonly delayMs: { readonly least: number; readonly most: number };
  readonly carries: Carries;
  readonly arrived: (from: number, to: number, use: Use, frame: Uint8Array) => void;
}

interface Pair {
  readonly ends: readonly [number, number];
  /** The last that was begun. */
  link: number;
  /** Which link each end believes in; 0 is none. By bank. */
  readonly views: Map<number, number>;
  stalledUntilMs: number;
}

interface Stream {
  readonly frames: { readonly link: number; readonly atMs: number; readonly frame: Uint8Array }[];
  readonly waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[];
  busy: boolean;
  stalledUntilMs: number;
}

/** Frames in one stream before its sender waits. */
const streamFramesHigh = 12;

export class Channels {
  readonly #o: ChannelOptions;
  readonly #ends: (Endpoint | undefined)[];
  readonly #pairs: Pair[];
  readonly #streams = new Map<string, Stream>();
  /** Times by which a bank is slower than the others. */
  readonly slowness: number[];

  constructor(options: ChannelOptions) {
    const { banks } = options;
    this.#o = options;
    this.#ends = Array.from({ length: banks }, () => undefined);
    this.slowness = Array.from({ length: banks }, () => 1);
    this.#pairs = Array.from({ length: banks }, (_, b) =>
      Array.from({ length: b }, (_, a) => {
        const views = new Map([
          [a, 0],
          [b, 0],
        ]);
        return { ends: [a, b] as const, link: 0, views, stalledUntilMs: 0 };
      }),
    ).flat();
  }

  /** A process has started. */
  attach(bank: number, end: Endpoint): void {
    this.#ends[bank] = end;
    for (const pair of this.#of(bank)) this.#connectSoon(pair);
  }

  /** It has crashed. */
  detach(bank: number): void {
    const { schedule, draws } = this.#o;
    this.#ends[bank] = undefined;
    for (const pair of this.#of(bank)) {
      pair.views.set(bank, 0);
      this.#clear(pair);
      const { link } = pair;
      const other = otherOf(pair, bank);
      schedule.after(linkLossMs + draws.between(0, 1_000), () => this.#down(pair, other, link, 'not resumed in time'));
    }
  }

  /** Nothing passes between them for so long. */
  stall(a: number, b: number, ms: number): void {
    const { schedule, draws } = this.#o;
    const pair = this.#pair(a, b);
    pair.stalledUntilMs = Math.max(pair.stalledUntilMs, schedule.nowMs + ms);
    const { link } = pair;
    for (const bank of pair.ends) {
      const lostMs = linkLossMs + draws.between(0, 1_000);
      if (ms > lostMs) schedule.after(lostMs, () => this.#down(pair, bank, link, 'not resumed in time'));
    }
    this.#connectSoon(pair);
  }

  /** One stream in one direction is late, and nobody notices. */
  stallStream(from: number, to: number, use: Use, ms: number): void {
    const stream = this.#stream(from, to, use);
    stream.stalledUntilMs = Math.max(stream.stalledUntilMs, this.#o.schedule.nowMs + ms);
  }

  /** As `Transport.send`. */
  async send(from: number, to: number, use: Use, frame: Uint8Array): Promise<void> {
    const { schedule, draws, delayMs, carries } = this.#o;
    const link = this.#pair(from, to).views.get(from) as number;
    if (link === 0) throw ended();
    const stream = this.#stream(from, to, use);
    const slow = this.slowness[from] * this.slowness[to];
    const atMs = schedule.nowMs + slow * draws.between(delayMs.least, delayMs.most);
    for (const each of carries(from, to, use, frame.slice())) stream.frames.push({ link, atMs, frame: each });
    this.#pump(from, to, use, stream);
    if (stream.frames.length <= streamFramesHigh) return;
    await new Promise<void>((resolve, reject) => stream.waiting.push({ resolve, reject }));
  }

  #pump(from: number, to: number, use: Use, stream: Stream): void {
    const [head] = stream.frames;
    if (stream.busy || !head) return;
    const pair = this.#pair(from, to);
    if ((pair.views.get(to) as number) < head.link) return; // its receiver has not heard of that link yet
    stream.busy = true;
    const atMs = Math.max(head.atMs, pair.stalledUntilMs, stream.stalledUntilMs);
    this.#o.schedule.at(atMs, () => {
      if (this.#streams.get(key(from, to, use)) !== stream) return;
      void this.#deliver(from, to, use, stream);
    });
  }

  async #deliver(from: number, to: number, use: Use, stream: Stream): Promise<void> {
    const { schedule, draws } = this.#o;
    const pair = this.#pair(from, to);
    const isLate = Math.max(pair.stalledUntilMs, stream.stalledUntilMs) > schedule.nowMs;
    for (let taken = isLate ? 0 : 1; taken > 0; taken--) {
      const frame = stream.frames.shift();
      const end = this.#ends[to];
      if (frame && end && pair.views.get(to) === frame.link) {
        this.#o.arrived(from, to, use, frame.frame);
        await end.frame(from, use, frame.frame);
      }
      const [next] = stream.frames;
      const isUp = this.#streams.get(key(from, to, use)) === stream;
      if (isUp && next && next.atMs <= schedule.nowMs && draws.chance(1 / 2)) taken++;
    }
    stream.busy = false;
    if (stream.frames.length <= streamFramesHigh) for (const { resolve } of stream.waiting.splice(0)) resolve();
    if (this.#streams.get(key(from, to, use)) === stream) this.#pump(from, to, use, stream);
  }

  /** A new link, once nothing keeps them apart, if one is needed then. */
  #connectSoon(pair: Pair): void {
    const { schedule, draws } = this.#o;
    schedule.at(Math.max(schedule.nowMs, pair.stalledUntilMs) + draws.between(1, 300), () => this.#connect(pair));
  }

  #connect(pair: Pair): void {
    const { schedule, draws } = this.#o;
    const { ends, views } = pair;
    if (pair.stalledUntilMs > schedule.nowMs) return; // it ends by itself
    if (ends.some(bank => !this.#ends[bank]) || ends.every(bank => views.get(bank) === pair.link && pair.link > 0))
      return;
    this.#clear(pair);
    const link = ++pair.link;
    for (const bank of ends) {
      schedule.after(draws.between(0, 50), () => {
        const other = otherOf(pair, bank);
        const end = this.#ends[bank];
        if (pair.link !== link || !end) return;
        this.#down(pair, bank, views.get(bank) as number, 'the peer is a new process, or has forgotten the link');
        if (this.#ends[bank] !== end) return; // it has crashed over that
        views.set(bank, link);
        end.linkUp(other);
        this.#pumpAll(pair);
      });
    }
  }

  #down(pair: Pair, bank: number, link: number, why: string): void {
    if (link === 0 || pair.views.get(bank) !== link) return;
    const other = otherOf(pair, bank);
    const isWhole =
      this.#ends[other] && pair.views.get(other) === link && pair.stalledUntilMs <= this.#o.schedule.nowMs;
    if (isWhole && pair.link === link) return; // it was resumed in time
    pair.views.set(bank, 0);
    if (pair.link === link) this.#clear(pair);
    this.#ends[bank]?.linkDown(other, why);
    if (this.#ends[other]) this.#connectSoon(pair);
  }

  /** What was on the way is gone, and whoever waited to send is told. */
  #clear(pair: Pair): void {
    const [a, b] = pair.ends;
    for (const [from, to] of [
      [a, b],
      [b, a],
    ]) {
      for (const use of uses) {
        const stream = this.#streams.get(key(from, to, use));
        this.#streams.delete(key(from, to, use));
        for (const { reject } of stream?.waiting ?? []) reject(ended());
      }
    }
  }

  #pumpAll(pair: Pair): void {
    const [a, b] = pair.ends;
    for (const use of uses) {
      this.#pump(a, b, use, this.#stream(a, b, use));
      this.#pump(b, a, use, this.#stream(b, a, use));
    }
  }

  #stream(from: number, to: number, use: Use): Stream {
    const known = this.#streams.get(key(from, to, use));
    if (known) return known;
    const stream: Stream = { frames: [], waiting: [], busy: false, stalledUntilMs: 0 };
    this.#streams.set(key(from, to, use), stream);
    return stream;
  }

  #of(bank: number): Pair[] {
    return this.#pairs.filter(({ ends }) => ends.includes(bank));
  }

  #pair(a: number, b: number): Pair {
    const [low, high] = a < b ? [a, b] : [b, a];
    return this.#pairs[(high * (high - 1)) / 2 + low];
  }
}

export const uses = ['envelopes', 'agreement', 'preprocessing'] as const satisfies readonly Use[];

const key = (from: number, to: number, use: Use): string => `${from}/${to}/${use}`;

const otherOf = ({ ends: [a, b] }: Pair, bank: number): number => (bank === a ? b : a);

const ended = (): CovaultError => new CovaultError('SESSION_ENDED', 'the link is down');
