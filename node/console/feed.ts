/**
 * The live feed: server-sent events (WHATWG HTML, section 9.2) to those who look, the same bytes to all.
 *
 *     event: state     the whole `ConsoleState`, at once and then every second
 *     event: minute    a `MinuteSample` that has become complete
 *
 * Bounded: so many viewers; so many bytes that one has not taken; so long without taking any. A viewer beyond one of these is
 * cut off, and the others do not notice. Whoever was cut comes again and asks for the state: nothing is sent twice for it.
 */
import type { ServerResponse } from 'node:http';
import { CovaultError } from '../../src/errors.js';
import { consoleBacklogBytesMax, consoleStallMs, consoleViewersMax } from '../../src/limits.js';
import type { Clock } from '../../src/ports.js';

export type FeedEvent = 'state' | 'minute';

interface Viewer {
  readonly reply: ServerResponse;
  /** Asked before every event: a session may have ended meanwhile. */
  readonly mayLook: () => boolean;
  /** Since when bytes have been waiting for it. */
  waitingSince: number | undefined;
}

export class Feed {
  readonly #clock: Clock;
  readonly #viewers = new Set<Viewer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /** Throws RATE_LIMITED: too many look. */
  checkRoom(): void {
    if (this.#viewers.size >= consoleViewersMax) {
      throw new CovaultError('RATE_LIMITED', 'too many look at this console', { retryAfterSeconds: 30 });
    }
  }

  /** From now on this connection is the feed's. Headers have not been sent. */
  add(reply: ServerResponse, mayLook: () => boolean, headers: Readonly<Record<string, string>>): void {
    const viewer: Viewer = { reply, mayLook, waitingSince: undefined };
    this.#viewers.add(viewer);
    reply.once('close', () => this.#viewers.delete(viewer));
    reply.on('drain', () => {
      viewer.waitingSince = undefined;
    });
    reply.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // nginx would gather events otherwise
      'x-accel-buffering': 'no',
    });
    reply.write('retry: 2000\n\n');
  }

  send(event: FeedEvent, value: object, to?: ServerResponse): void {
    if (this.#viewers.size === 0) return;
    const text = `event: ${event}\ndata: ${JSON.stringify(value)}\n\n`;
    for (const viewer of [...this.#viewers]) if (to === undefined || viewer.reply === to) this.#write(viewer, text);
  }

  end(): void {
    for (const { reply } of [...this.#viewers]) reply.destroy();
    this.#viewers.clear();
  }

  #write(viewer: Viewer, text: string): void {
    const { reply, mayLook } = viewer;
    const now = this.#clock.now();
    const isStalled = viewer.waitingSince !== undefined && now - viewer.waitingSince >= consoleStallMs;
    if (isStalled || reply.writableLength > consoleBacklogBytesMax || !mayLook()) {
      this.#viewers.delete(viewer);
      reply.destroy();
      return;
    }
    if (!reply.write(text)) viewer.waitingSince ??= now;
  }
}
