/**
 * What every conversation of a pair begins with: OTs both ways, and base VOLE both ways upon them.
 *
 *     OTs      this bank as sender, the peer as sender           `soft-spoken.ts`
 *     VOLE     this bank's elements, the peer's elements         `vole.ts`
 *
 * One after the other, and first the direction from the lower index to the higher: in the same order at both ends.
 *
 * Source: protocol.md, section 4, steps 1 to 3.
 */
import type { Randomness } from '../ports.js';
import type { Conversation } from './conversation.js';
import { type Group, ristretto255 } from './group.js';
import type { Direction } from './ot-hash.js';
import { SoftSpokenReceiver, SoftSpokenSender } from './soft-spoken.js';
import { CopeeSharer, CopeeVerifier } from './vole.js';

/** Of two banks, the one that acts here. */
export interface Ends {
  readonly self: number;
  readonly peer: number;
}

export interface BaseSetup {
  readonly talk: Conversation;
  readonly random: Randomness;
  /** D of this bank towards the peer. */
  readonly key: bigint;
  /** Session and direction, as the extensions hash them. */
  readonly contextOf: (direction: Direction) => Uint8Array;
  /** Of the base OTs: seam for tests, equal at both ends. */
  readonly group?: Group | undefined;
}

export interface Base {
  readonly otSender: SoftSpokenSender;
  readonly otReceiver: SoftSpokenReceiver;
  readonly sharer: CopeeSharer;
  readonly verifier: CopeeVerifier;
}

export const outwardOf = ({ self, peer }: Ends): Direction => ({ sender: self, receiver: peer });
export const inwardOf = ({ self, peer }: Ends): Direction => ({ sender: peer, receiver: self });

/** Throws: DEVIATION naming the peer, and what the channel throws. */
export async function openBase({ talk, random, key, contextOf, group: given }: BaseSetup): Promise<Base> {
  const group = given ?? (await ristretto255());
  const setup = (direction: Direction) => ({ talk, context: contextOf(direction), direction, group, random });
  const [otSender, otReceiver] = await inTurn(
    talk,
    () => SoftSpokenSender.open(setup(outwardOf(talk))),
    () => SoftSpokenReceiver.open(setup(inwardOf(talk))),
  );
  const [sharer, verifier] = await inTurn(
    talk,
    () => CopeeSharer.open(talk, otSender, random),
    () => CopeeVerifier.open(talk, otReceiver, key, random),
  );
  return { otSender, otReceiver, sharer, verifier };
}

/** First the direction from the lower index to the higher, then the other: at both ends. */
export async function inTurn<A, B>(
  { self, peer }: Ends,
  outward: () => Promise<A>,
  inward: () => Promise<B>,
): Promise<[A, B]> {
  if (self < peer) {
    const a = await outward();
    return [a, await inward()];
  }
  const b = await inward();
  return [await outward(), b];
}
