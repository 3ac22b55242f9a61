/** Two banks in a conversation, for the tests of this folder: both halves run, and one that fails ends it for both. */
import { seededRandom } from '../../../src/crypto/index.js';
import type { Randomness } from '../../../src/ports.js';
import { Conversation } from '../../../src/preprocessing/conversation.js';
import { memoryNetwork, type OnFrame } from '../../harness/memory-channel.js';

export function seeded(name: string): Randomness {
  return seededRandom(new TextEncoder().encode(name.padEnd(16, '.')));
}

/** Bank 0 and bank 1. `run` gives what each half came to; the first failure closes the network. */
export function twoBanks(onFrame?: OnFrame) {
  const channels = memoryNetwork(2, onFrame);
  const talks = [new Conversation(channels[0], 1), new Conversation(channels[1], 0)] as const;
  return { channels, talks, run: <A, B>(a: Promise<A>, b: Promise<B>) => both(channels[0].close, a, b) };
}

export async function both<A, B>(close: () => void, a: Promise<A>, b: Promise<B>) {
  const closing = <T>(half: Promise<T>) =>
    half.catch(error => {
      close();
      throw error;
    });
  return Promise.allSettled([closing(a), closing(b)] as const);
}

/** Both values, or the first failure. */
export function values<A, B>([a, b]: [PromiseSettledResult<A>, PromiseSettledResult<B>]): [A, B] {
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') throw b.reason;
  return [a.value, b.value];
}

/** What a half failed with. */
export function reason(half: PromiseSettledResult<unknown>): { code?: string; culprit?: number } {
  return half.status === 'rejected' ? half.reason : {};
}

/** Changes the n-th frame of a kind (its first byte) that goes from one bank. It counts: one network each. */
export function tamper(
  from: number,
  kind: number,
  change: (frame: Uint8Array) => Uint8Array | undefined,
  nth = 0,
): OnFrame {
  let seen = 0;
  return (sender, _to, frame) => (sender === from && frame[0] === kind && seen++ === nth ? change(frame) : frame);
}

/** Flips one bit. */
export const flip =
  (at: number, bit = 0) =>
  (frame: Uint8Array) => {
    frame[at] ^= 1 << bit;
    return frame;
  };
