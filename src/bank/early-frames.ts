/**
 * Frames of a session that stands at their sender already and not yet here: kept until one forms, few for every sender and use.
 *
 *     an honest bank     is at most the first messages of each conversation ahead, and in one session at a time: its frames come
 *                        in order, so those of a session before are of the past once one of the next comes
 *     beyond the bounds  nothing more of that session is kept, and `take` says so: whoever heard it with a message missing would
 *                        wait for what never comes (a `status` is said once a session, and a bank may be held without it)
 *
 * Uses do not take each other's room, however much preprocessing comes first. Source: protocol.md, section 4.
 */
import { equalBytes } from '../crypto/index.js';
import { earlyBytesMax, earlyFramesMax } from '../limits.js';
import type { Use } from './transport.js';

export interface EarlyFrame {
  readonly from: number;
  readonly use: Use;
  /** Prefix of its id. */
  readonly session: Uint8Array;
  readonly frame: Uint8Array;
}

interface Kept {
  readonly session: Uint8Array;
  readonly frames: EarlyFrame[];
  bytes: number;
  isComplete: boolean;
}

export class EarlyFrames {
  /** By sender and use. */
  readonly #kept = new Map<string, Kept>();

  keep(early: EarlyFrame): void {
    const { from, use, session, frame } = early;
    const key = `${from}/${use}`;
    let kept = this.#kept.get(key);
    if (!kept || !equalBytes(kept.session, session)) {
      kept = { session: session.slice(), frames: [], bytes: 0, isComplete: true };
      this.#kept.set(key, kept);
    }
    if (kept.frames.length >= earlyFramesMax || kept.bytes + frame.length > earlyBytesMax) kept.isComplete = false;
    if (!kept.isComplete) return;
    kept.frames.push(early);
    kept.bytes += frame.length;
  }

  /**
   * Those of this session, each sender's of one use in order, and whether they are all that came; none of them is kept. What is of
   * another session stays.
   */
  take(session: Uint8Array): { readonly frames: readonly EarlyFrame[]; readonly isComplete: boolean } {
    const of = [...this.#kept].filter(([, kept]) => equalBytes(kept.session, session));
    for (const [key] of of) this.#kept.delete(key);
    return {
      frames: of.flatMap(([, { frames }]) => frames),
      isComplete: of.every(([, { isComplete }]) => isComplete),
    };
  }
}
