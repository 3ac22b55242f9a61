/**
 * Frames of one conversation, by sender, until somebody asks for them: the receiving half of a channel.
 *
 * `close` ends it for good: whoever waits, and whoever comes later, gets the reason. A sender that runs further ahead
 * than `framesMax` is told apart by `push` answering false.
 */
import { assert, CovaultError } from '../errors.js';
import type { Channel, Clock } from '../ports.js';

interface Waiting {
  readonly resolve: (frame: Uint8Array) => void;
  readonly reject: (error: Error) => void;
  readonly cancel: () => void;
}

interface Lane {
  readonly frames: Uint8Array[];
  waiting: Waiting | undefined;
  /** Those who pushed and wait for room. */
  room: (() => void)[];
}

export interface InboxOptions {
  readonly count: number;
  /** Frames one sender may have waiting; past them `push` answers false. */
  readonly framesMax: number;
  /** `pushWhenRoom` waits while this many are waiting. */
  readonly framesHigh?: number;
  /** Somebody who waits longer gets TIMED_OUT. */
  readonly timeout?: { readonly clock: Clock; readonly ms: number };
}

export class Inbox {
  readonly #options: InboxOptions;
  readonly #lanes: Lane[];
  #ended: Error | undefined;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#lanes = Array.from({ length: options.count }, () => ({ frames: [], waiting: undefined, room: [] }));
  }

  /** Senders somebody waits for. */
  waitingFor(): number[] {
    return [...this.#lanes.keys()].filter(from => this.#lanes[from].waiting !== undefined);
  }

  push(from: number, frame: Uint8Array): boolean {
    if (this.#ended) return true;
    const lane = this.#lanes[from];
    const { waiting } = lane;
    if (waiting) {
      lane.waiting = undefined;
      waiting.cancel();
      waiting.resolve(frame);
      return true;
    }
    if (lane.frames.length >= this.#options.framesMax) return false;
    lane.frames.push(frame);
    return true;
  }

  /** For senders that may be slowed down: resolves once there is room again. */
  async pushWhenRoom(from: number, frame: Uint8Array): Promise<boolean> {
    if (!this.push(from, frame)) return false;
    const lane = this.#lanes[from];
    if (!this.#ended && lane.frames.length >= (this.#options.framesHigh ?? Infinity)) {
      await new Promise<void>(resolve => lane.room.push(resolve));
    }
    return true;
  }

  pull(from: number): Promise<Uint8Array> {
    if (this.#ended) return Promise.reject(this.#ended);
    const lane = this.#lanes[from];
    assert(lane.waiting === undefined, 'one receiver per bank at a time');
    const frame = lane.frames.shift();
    if (frame !== undefined) {
      this.#makeRoom(lane);
      return Promise.resolve(frame);
    }
    return new Promise((resolve, reject) => {
      const { timeout } = this.#options;
      const late = () => {
        lane.waiting = undefined;
        reject(new CovaultError('TIMED_OUT', `bank ${from} has not answered in time`, { from }));
      };
      lane.waiting = { resolve, reject, cancel: timeout ? timeout.clock.after(timeout.ms, late) : () => {} };
    });
  }

  #makeRoom(lane: Lane): void {
    if (lane.frames.length >= (this.#options.framesHigh ?? Infinity)) return;
    for (const resolve of lane.room.splice(0)) resolve();
  }

  close(reason: Error): void {
    if (this.#ended) return;
    this.#ended = reason;
    for (const lane of this.#lanes) {
      lane.frames.length = 0;
      this.#makeRoom(lane);
      lane.waiting?.cancel();
      lane.waiting?.reject(reason);
      lane.waiting = undefined;
    }
  }

  get ended(): Error | undefined {
    return this.#ended;
  }

  /** The channel that reads here and sends through `send`. */
  channel(self: number, send: (to: number, frame: Uint8Array) => Promise<void>): Channel {
    return {
      self,
      count: this.#options.count,
      send: async (to, frame) => {
        if (this.#ended) throw this.#ended;
        await send(to, frame);
      },
      receive: from => this.pull(from),
    };
  }
}
