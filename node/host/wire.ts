/**
 * A connection with its three streams as what a link needs of it (`link-parts.ts`).
 *
 * One broken stream is a broken connection: whatever failed, everything above starts again from what was acknowledged,
 * and that needs all three. Nothing here throws into libp2p, and nothing of libp2p throws out of here.
 *
 * `drain` of libp2p is a hint. Before a piece is sent the stream must say that it needs no drain and hold less than a
 * piece itself: a stream whose window is used up signals `drain` for its connection's buffer too.
 */
import type { Connection, Stream } from '@libp2p/interface';
import { pipe } from 'it-pipe';
import { CovaultError } from '../../src/errors.js';
import { pieceBytesMax } from '../../src/limits.js';
import { decodeMessages, type Use, unframe, uses } from './framing.js';
import type { PeerLink } from './link.js';
import type { Wire } from './link-parts.js';
import { readable } from './readable.js';

export type Streams = Readonly<Record<Use, Stream>>;

/** Bytes to and from one bank, since this process started. */
export interface Traffic {
  bytesIn: number;
  bytesOut: number;
  /** Of bytesOut. */
  readonly bytesOutBy: Record<Use, number>;
}

export const noTraffic = (): Traffic => ({
  bytesIn: 0,
  bytesOut: 0,
  bytesOutBy: { envelopes: 0, agreement: 0, preprocessing: 0 },
});

/** How long a peer may take to read the bye. */
const flushMs = 500;

/** At once. A muxer that is closing already may throw when it is aborted. */
export function dropConnection(connection: Connection, why: string): void {
  try {
    connection.abort(new Error(why));
  } catch {
    connection.close().catch(() => {});
  }
}

export class StreamWire implements Wire {
  readonly connection: Connection;
  readonly #streams: Streams;
  readonly #traffic: Traffic;
  #closed = false;
  /** Settles when a connection that is given up gently is closed. */
  flushed: Promise<void> = Promise.resolve();

  constructor(connection: Connection, streams: Streams, traffic: Traffic) {
    this.connection = connection;
    this.#streams = streams;
    this.#traffic = traffic;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The link says hello, and hears what comes. */
  join(link: PeerLink, failed: (error: unknown) => void): void {
    const lost = (why: string) => {
      this.close(why, false);
      link.lost(this, why);
    };
    link.attach(this);
    for (const use of uses) {
      const stream = this.#streams[use];
      stream.addEventListener('drain', () => link.writable(this, use));
      // What came before the end is read before the end is: a bye is worth more than a broken connection.
      this.#read(link, use).then(
        () => lost(`the ${use} stream ended`),
        error => {
          if (error instanceof CovaultError) link.nonsense(this, error.message);
          else if (!this.#closed) failed(error);
          lost(`the ${use} stream failed`);
        },
      );
    }
  }

  #read(link: PeerLink, use: Use): Promise<void> {
    const count = async function* (this: StreamWire, source: AsyncIterable<Uint8Array>) {
      for await (const part of source) {
        this.#traffic.bytesIn += part.length;
        yield part;
      }
    }.bind(this);
    return pipe(readable(this.#streams[use]), count, unframe, decodeMessages, async messages => {
      for await (const message of messages) link.receive(this, use, message);
    });
  }

  ready(use: Use): boolean {
    const stream = this.#streams[use];
    return !this.#closed && !stream.writableNeedsDrain && stream.writeBufferLength < pieceBytesMax;
  }

  send(use: Use, bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#traffic.bytesOut += bytes.length;
    this.#traffic.bytesOutBy[use] += bytes.length;
    try {
      this.#streams[use].send(bytes);
    } catch {
      // The stream closes, and says so itself if it had not: its event ends this wire.
      this.#streams[use].abort(new Error('it does not take bytes any more'));
    }
  }

  close(why: string, gently: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    const { connection } = this;
    if (!gently) {
      dropConnection(connection, why);
      return;
    }
    // The peer closes when it has read the bye. Closing first would reset the connection if the peer was sending, and
    // take the bye with it.
    this.flushed = new Promise(resolve => {
      const timer = setTimeout(() => dropConnection(connection, why), flushMs);
      connection.addEventListener('close', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
