/**
 * In the thread: the preprocessing channel of one session, whose other half is in the process.
 *
 *     receive     asks for one frame (pull) and waits for it: what nobody asked for waits where it always did, with its bound
 *     send        hands the frame over; waits while more than `preprocessingSendBytesHigh` are not with the link yet
 *
 * Once the channel is over, whoever waits, and whoever comes later, gets the reason.
 */
import { assert } from '../../src/errors.js';
import { preprocessingSendBytesHigh } from '../../src/limits.js';
import type { Channel } from '../../src/ports.js';
import { type FromThread, ownFrame, type Post } from './messages.js';

interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

interface Peer {
  receiver: Waiting<Uint8Array> | undefined;
  /** Bytes handed over that the link has not taken. */
  unsentBytes: number;
  senders: Waiting<void>[];
}

export class PortChannel implements Channel {
  readonly self: number;
  readonly count: number;
  readonly #session: number;
  readonly #post: Post<FromThread>;
  readonly #peers: readonly Peer[];
  #over: { readonly error: unknown } | undefined;

  constructor(session: number, { self, count }: { self: number; count: number }, post: Post<FromThread>) {
    this.self = self;
    this.count = count;
    this.#session = session;
    this.#post = post;
    this.#peers = Array.from({ length: count }, () => ({ receiver: undefined, unsentBytes: 0, senders: [] }));
  }

  async send(to: number, frame: Uint8Array): Promise<void> {
    if (this.#over) throw this.#over.error;
    const peer = this.#peers[to];
    const own = ownFrame(frame);
    peer.unsentBytes += own.frame.length; // before it is gone
    this.#post({ type: 'send', session: this.#session, to, frame: own.frame }, own.handOver);
    if (peer.unsentBytes <= preprocessingSendBytesHigh) return;
    await new Promise<void>((resolve, reject) => peer.senders.push({ resolve, reject }));
  }

  receive(from: number): Promise<Uint8Array> {
    if (this.#over) return Promise.reject(this.#over.error);
    const peer = this.#peers[from];
    assert(peer.receiver === undefined, 'one receiver per bank at a time');
    return new Promise((resolve, reject) => {
      peer.receiver = { resolve, reject };
      this.#post({ type: 'pull', session: this.#session, from });
    });
  }

  arrived(from: number, frame: Uint8Array): void {
    if (this.#over) return;
    const peer = this.#peers[from];
    const { receiver } = peer;
    assert(receiver !== undefined, 'a frame that was asked for');
    peer.receiver = undefined;
    receiver.resolve(frame);
  }

  sent(to: number, bytes: number): void {
    const peer = this.#peers[to];
    peer.unsentBytes -= bytes;
    assert(peer.unsentBytes >= 0, 'only what was handed over is sent');
    if (peer.unsentBytes > preprocessingSendBytesHigh) return;
    for (const { resolve } of peer.senders.splice(0)) resolve();
  }

  end(error: unknown): void {
    if (this.#over) return;
    this.#over = { error };
    for (const peer of this.#peers) {
      peer.receiver?.reject(error);
      peer.receiver = undefined;
      for (const { reject } of peer.senders.splice(0)) reject(error);
    }
  }
}
