/**
 * Two banks talking, strictly in turn: frames of a known kind and length.
 *
 *     frame = kind (1 byte) | body
 *
 * Order is all that tells messages apart; the kind only catches two ends that are out of step, and a body of another
 * length than the protocol's is a deviation of the peer. A conversation in which anything failed is over: its streams
 * stand at different positions at the two ends.
 *
 * Not here: time-outs and lost links, which are the host's; its channel throws.
 */
import { assert, CovaultError, deviation } from '../errors.js';
import { frameBytesMax } from '../limits.js';
import type { Channel } from '../ports.js';

/** Every message of the pairwise protocols; and of the one of all banks on the same channel (`rounds-channel.ts`). */
export const kinds = {
  rounds: 0,
  baseOtSender: 1,
  baseOtReceiver: 2,
  puncturedTrees: 3,
  extensionCorrections: 4,
  extensionChallenge: 5,
  extensionResponse: 6,
  voleRows: 7,
  voleChallenge: 8,
  voleResponse: 9,
  linkOffer: 10,
  linkAnswer: 11,
  linkOpening: 12,
  linkReply: 13,
  linkRefill: 14,
  linkConfirmation: 15,
  productCorrections: 16,
  pointShifts: 17,
  pointSums: 18,
  pointChallenge: 19,
  pointCommitment: 20,
  pointResponse: 21,
  pointOpening: 22,
  rekeyOffer: 23,
  rekeyAnswer: 24,
  rekeyCorrections: 25,
  rekeyChallenge: 26,
  rekeyOpening: 27,
  rekeyDone: 28,
} as const;

export type Kind = keyof typeof kinds;

export class Conversation {
  readonly self: number;
  readonly peer: number;
  readonly #channel: Channel;
  #busy = false;
  #over = false;
  /** Bytes this bank sent and received in this conversation. */
  readonly traffic = { sent: 0, received: 0 };

  constructor(channel: Channel, peer: number) {
    assert(peer !== channel.self && peer >= 0 && peer < channel.count, 'a conversation is with another bank');
    this.self = channel.self;
    this.peer = peer;
    this.#channel = channel;
  }

  async send(kind: Kind, body: Uint8Array): Promise<void> {
    assert(body.length < frameBytesMax, 'a message of preprocessing fits a frame');
    const frame = new Uint8Array(1 + body.length);
    frame[0] = kinds[kind];
    frame.set(body, 1);
    this.traffic.sent += frame.length;
    await this.#channel.send(this.peer, frame);
  }

  /** The body of the next frame. Throws: DEVIATION when it is of another kind or length. */
  async receive(kind: Kind, ...lengths: readonly number[]): Promise<Uint8Array> {
    const frame = await this.#channel.receive(this.peer);
    this.traffic.received += frame.length;
    if (frame.length === 0 || frame[0] !== kinds[kind]) {
      throw deviation(this.peer, 'preprocessing: another message was due', { due: kind });
    }
    if (lengths.length > 0 && !lengths.includes(frame.length - 1)) {
      throw deviation(this.peer, 'preprocessing: a message of wrong length', { kind, bytes: frame.length - 1 });
    }
    return frame.slice(1);
  }

  /** One protocol at a time; after a failure none. */
  async exclusive<T>(protocol: () => Promise<T>): Promise<T> {
    if (this.#over) throw new CovaultError('SESSION_ENDED', 'the conversation has failed', { peer: this.peer });
    assert(!this.#busy, 'the protocols of one pair run one at a time');
    this.#busy = true;
    try {
      return await protocol();
    } catch (error) {
      this.#over = true;
      throw error;
    } finally {
      this.#busy = false;
    }
  }
}
