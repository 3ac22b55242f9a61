/**
 * The conversation of all banks, on the channel that it shares with those of the pairs.
 *
 *     frame = 0 (1 byte) | message of `Rounds`             the pairs' frames begin with another kind
 *
 * All banks run one sequence of protocols, so that order alone tells the two apart between honest banks; the first byte
 * makes a frame that is out of place a deviation of its sender, whatever it holds.
 *
 * While nothing is under way a bank listens: what it hears first is kept for the next message.
 */
import { deviation } from '../errors.js';
import type { Channel } from '../ports.js';
import { kinds } from './conversation.js';
import { inTime, type Patience } from './patience.js';

export class RoundsChannel implements Channel {
  readonly self: number;
  readonly count: number;
  readonly #channel: Channel;
  readonly #patience: Patience | undefined;
  readonly #held = new Map<number, Promise<Uint8Array>>();
  #spoken = false;
  #heard = () => {};

  /** `patience`: for a message that is due; who only listens waits for nobody. */
  constructor(channel: Channel, patience?: Patience) {
    this.self = channel.self;
    this.count = channel.count;
    this.#channel = channel;
    this.#patience = patience;
  }

  send(to: number, frame: Uint8Array): Promise<void> {
    const marked = new Uint8Array(1 + frame.length);
    marked[0] = kinds.rounds;
    marked.set(frame, 1);
    return this.#channel.send(to, marked);
  }

  /** Throws: DEVIATION when it is a message of another conversation; TIMED_OUT. */
  async receive(from: number): Promise<Uint8Array> {
    const held = this.#held.get(from);
    this.#held.delete(from);
    this.#spoken = false;
    const frame = await inTime(held ?? this.#channel.receive(from), from, this.#patience);
    if (frame.length === 0 || frame[0] !== kinds.rounds) {
      throw deviation(from, 'preprocessing: a message to all banks was due');
    }
    return frame.subarray(1);
  }

  /**
   * Calls back when a bank speaks or the session ends, at once if that has happened since the last message. Between two
   * messages only: until the next one nothing else may receive from this channel.
   */
  listen(heard: () => void): void {
    this.#heard = heard;
    for (let bank = 0; bank < this.count; bank++) {
      if (bank !== this.self && !this.#held.has(bank)) this.#hold(bank);
    }
    if (this.#spoken) heard();
  }

  #hold(bank: number): void {
    const frame = this.#channel.receive(bank);
    this.#held.set(bank, frame);
    const arrived = () => {
      if (this.#held.get(bank) !== frame) return; // already taken by the message that it belongs to
      this.#spoken = true;
      this.#heard();
    };
    frame.then(arrived, arrived);
  }
}
