/**
 * Frames of a session that stands at their sender already and not yet here: kept until one forms, bounded by bytes for
 * every sender, the oldest dropped first. Which session they belong to, each frame says itself.
 */
import { earlyBytesMax } from '../limits.js';
import type { Use } from './transport.js';

export interface EarlyFrame {
  readonly from: number;
  readonly use: Use;
  readonly frame: Uint8Array;
}

export class EarlyFrames {
  #kept: EarlyFrame[] = [];

  keep(from: number, use: Use, frame: Uint8Array): void {
    this.#kept.push({ from, use, frame });
    const own = this.#kept.filter(early => early.from === from);
    let bytes = own.reduce((sum, early) => sum + early.frame.length, 0);
    for (const oldest of own) {
      if (bytes <= earlyBytesMax) break;
      bytes -= oldest.frame.length;
      this.#kept.splice(this.#kept.indexOf(oldest), 1);
    }
  }

  /** All of them, in their order; none is kept. */
  take(): EarlyFrame[] {
    const kept = this.#kept;
    this.#kept = [];
    return kept;
  }
}
