/**
 * Frames of a session that stands at their sender already and not yet here: kept until one forms, few for every sender,
 * the oldest dropped first. An honest bank is at most the first messages of each conversation ahead.
 */
import { earlyBytesMax, earlyFramesMax } from '../limits.js';
import type { Use } from './transport.js';

export interface EarlyFrame {
  readonly from: number;
  readonly use: Use;
  readonly frame: Uint8Array;
}

export class EarlyFrames {
  /** By sender. */
  readonly #kept = new Map<number, { readonly frames: EarlyFrame[]; bytes: number }>();

  keep(from: number, use: Use, frame: Uint8Array): void {
    const own = this.#kept.get(from) ?? { frames: [], bytes: 0 };
    this.#kept.set(from, own);
    own.frames.push({ from, use, frame });
    own.bytes += frame.length;
    while (own.frames.length > earlyFramesMax || own.bytes > earlyBytesMax) {
      own.bytes -= own.frames.shift()?.frame.length ?? 0;
    }
  }

  /** All of them, each sender's in order; none is kept. */
  take(): EarlyFrame[] {
    const all = [...this.#kept.values()].flatMap(({ frames }) => frames);
    this.#kept.clear();
    return all;
  }
}
