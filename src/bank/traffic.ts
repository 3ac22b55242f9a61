/**
 * Frames and bytes to and from other banks, for each use, since the process started: what a bank's network costs it.
 */
import type { Transport, Use } from './transport.js';

export interface TrafficCounts {
  readonly framesSent: number;
  readonly bytesSent: number;
  readonly framesReceived: number;
  readonly bytesReceived: number;
}

export type Traffic = Readonly<Record<Use, TrafficCounts>>;

type Counting = { -readonly [K in keyof TrafficCounts]: number };

const zero = (): Counting => ({ framesSent: 0, bytesSent: 0, framesReceived: 0, bytesReceived: 0 });

export class TrafficMeter {
  readonly #counts = { envelopes: zero(), agreement: zero(), preprocessing: zero() };

  /** The same transport, counted. */
  counted(transport: Transport): Transport {
    return {
      send: (to, use, frame) => {
        const counts = this.#counts[use];
        counts.framesSent++;
        counts.bytesSent += frame.length;
        return transport.send(to, use, frame);
      },
    };
  }

  received(use: Use, frame: Uint8Array): void {
    const counts = this.#counts[use];
    counts.framesReceived++;
    counts.bytesReceived += frame.length;
  }

  /** As it stands now. */
  read(): Traffic {
    const { envelopes, agreement, preprocessing } = this.#counts;
    return { envelopes: { ...envelopes }, agreement: { ...agreement }, preprocessing: { ...preprocessing } };
  }
}
