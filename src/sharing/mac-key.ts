/**
 * A MAC key: D_ji in F*, which bank j draws towards bank i. Tags of i's shares x verify under it: T = Q + D*x.
 *
 * Source: protocol.md, section 3.
 */
import { P } from '../field/index.js';
import type { Randomness } from '../ports.js';

/** Uniform in F*. */
export function drawKey(random: Randomness): bigint {
  for (;;) {
    const bytes = random.bytes(8);
    const value = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true) & P;
    if (value > 0n && value < P) return value;
  }
}
