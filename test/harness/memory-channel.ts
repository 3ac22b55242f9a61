/**
 * Channels of n banks in one process, for tests: ordered, complete, unbounded queues.
 *
 * A frame is copied when it is sent, as a socket would: a sender that goes on writing to its buffer is found out here
 * neither more nor less than on a wire. `close` ends the session for everybody: what waits and what comes later throws
 * SESSION_ENDED, frames already queued included.
 */
import { assert, CovaultError } from '../../src/errors.js';
import type { Channel } from '../../src/ports.js';

export interface MemoryChannel extends Channel {
  /** Ends the session at every bank of this network. */
  close(): void;
}

/** Sees every frame on its way and may change it, replace it, or drop it (`undefined`). */
export type OnFrame = (from: number, to: number, frame: Uint8Array) => Uint8Array | undefined;

/** The n channels of one network, by roster index. */
export function memoryNetwork(count: number, onFrame: OnFrame = (_from, _to, frame) => frame): MemoryChannel[] {
  const pipes = Array.from({ length: count * count }, () => new Pipe());
  const pipe = (from: number, to: number) => {
    assert(from !== to && to >= 0 && to < count && from >= 0 && from < count, 'two banks of this network');
    return pipes[from * count + to];
  };
  const close = () => {
    for (const each of pipes) each.close();
  };
  return Array.from({ length: count }, (_, self) => ({
    self,
    count,
    close,
    async send(to: number, frame: Uint8Array): Promise<void> {
      const target = pipe(self, to);
      const arriving = onFrame(self, to, frame.slice());
      if (arriving !== undefined) target.push(arriving);
    },
    async receive(from: number): Promise<Uint8Array> {
      return pipe(from, self).pull();
    },
  }));
}

/** One direction between two banks. */
class Pipe {
  #frames: Uint8Array[] = [];
  #waiting: { resolve: (frame: Uint8Array) => void; reject: (error: Error) => void } | undefined;
  #closed = false;

  push(frame: Uint8Array): void {
    if (this.#closed) throw ended();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#frames.push(frame);
    else waiting.resolve(frame);
  }

  pull(): Promise<Uint8Array> {
    if (this.#closed) return Promise.reject(ended());
    const frame = this.#frames.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    assert(this.#waiting === undefined, 'one receiver per bank at a time');
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  close(): void {
    this.#closed = true;
    this.#frames = [];
    this.#waiting?.reject(ended());
    this.#waiting = undefined;
  }
}

function ended(): CovaultError {
  return new CovaultError('SESSION_ENDED', 'the session is over');
}
