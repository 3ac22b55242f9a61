/**
 * For benchmarks alone: frames to other banks, each a fixed time later than they were sent, as over a longer wire.
 *
 *     send ──▶ line of one bank and use: (due, frame), (due, frame) .. ──▶ the link, in order
 *
 * A line, not a sleep before each frame: any number of frames are on the way at once, so the delay costs time and no
 * throughput. A sender waits only while more than `linkQueueBytes` of its line are under way. When the link goes down,
 * what was under way is lost, as on a wire.
 *
 * Not delayed: the link's own acknowledgements, beats and hellos, and the TCP connection under it.
 */
import type { Transport } from '../../src/bank/index.js';
import { linkQueueBytes } from '../../src/limits.js';
import type { Clock } from '../../src/ports.js';
import { type Use, uses } from './framing.js';

interface Delayed {
  readonly due: number;
  readonly frame: Uint8Array;
}

interface Line {
  frames: Delayed[];
  bytes: number;
  waiting: (() => void)[];
  /** One timer a line: for its first frame. */
  stopTimer: (() => void) | undefined;
}

const newLine = (): Line => ({ frames: [], bytes: 0, waiting: [], stopTimer: undefined });

export class DelayLine implements Transport {
  readonly #to: Transport;
  readonly #delayMs: number;
  readonly #clock: Clock;
  readonly #lines = new Map<string, Line>();

  constructor(to: Transport, delayMs: number, clock: Clock) {
    this.#to = to;
    this.#delayMs = delayMs;
    this.#clock = clock;
  }

  /** Never rejects: a link that goes down says so by itself. */
  async send(to: number, use: Use, frame: Uint8Array): Promise<void> {
    const line = this.#line(to, use);
    line.frames.push({ due: this.#clock.now() + this.#delayMs, frame });
    line.bytes += frame.length;
    this.#schedule(to, use, line);
    if (line.bytes > linkQueueBytes) await new Promise<void>(resolve => line.waiting.push(resolve));
  }

  /** The link to that bank is down: what is on the way will not arrive. */
  drop(to: number): void {
    for (const use of uses) {
      const key = `${to}/${use}`;
      const line = this.#lines.get(key);
      if (!line) continue;
      this.#lines.delete(key);
      line.stopTimer?.();
      for (const go of line.waiting) go();
    }
  }

  #line(to: number, use: Use): Line {
    const key = `${to}/${use}`;
    const line = this.#lines.get(key) ?? newLine();
    this.#lines.set(key, line);
    return line;
  }

  #schedule(to: number, use: Use, line: Line): void {
    const [first] = line.frames;
    if (first === undefined || line.stopTimer) return;
    line.stopTimer = this.#clock.after(Math.max(0, first.due - this.#clock.now()), () => {
      line.stopTimer = undefined;
      this.#deliver(to, use, line);
    });
  }

  /** All that are due; the clock of timers is coarse, so what is due within half a millisecond goes too. */
  #deliver(to: number, use: Use, line: Line): void {
    const until = this.#clock.now() + 0.5;
    let count = 0;
    while (count < line.frames.length && line.frames[count].due <= until) count++;
    for (const { frame } of line.frames.splice(0, count)) {
      line.bytes -= frame.length;
      this.#to.send(to, use, frame).catch(() => {}); // the link's end is told by linkDown
    }
    if (line.bytes <= linkQueueBytes) for (const go of line.waiting.splice(0)) go();
    this.#schedule(to, use, line);
  }
}
