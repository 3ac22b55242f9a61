/**
 * One pair of banks, made ready: OTs both ways, VOLE both ways, and the proof that both keys are the old ones.
 *
 *   1  base OTs and extension, lower index as sender, then the other way        `soft-spoken.ts`
 *   2  base VOLE, lower index as sharer, then the other way: 61 OTs each        `vole.ts`
 *   3  key link, lower index as sharer, then the other way                      `key-link.ts`
 *   4  from here on VOLE at scale, on the base VOLE of 2                          `lpn-vole.ts`
 *
 * Nothing is returned, and so nothing can be opened in the session, before both links have passed. Everything that follows
 * within the pair is strictly ordered: both ends call the same methods with the same counts, one at a time. After a failure
 * all of them throw SESSION_ENDED.
 *
 * Cost: about 84 KB each way, 0.2 s and some 25 turns, once a session.
 *
 * Source: protocol.md, section 4, steps 1 to 5.
 */
import { hash } from '../crypto/index.js';
import { CovaultError, isCode } from '../errors.js';
import type { Channel, Randomness } from '../ports.js';
import type { Party } from '../sharing/index.js';
import { inTurn, inwardOf, openBase, outwardOf } from './both-ways.js';
import { Conversation } from './conversation.js';
import { type Group, ristretto255 } from './group.js';
import { LinkSharer, LinkVerifier } from './key-link.js';
import type { LinkStock } from './link-stock.js';
import { type LpnParameters, type LpnStages, lpnStages } from './lpn-parameters.js';
import { LpnSharer, LpnVerifier } from './lpn-vole.js';
import type { OtReceiver, OtSender } from './ot.js';
import type { Direction } from './ot-hash.js';
import type { VoleSharer, VoleVerifier } from './vole.js';

export interface Pair {
  readonly peer: number;
  readonly otSender: OtSender;
  readonly otReceiver: OtReceiver;
  readonly sharer: VoleSharer;
  readonly verifier: VoleVerifier;
  /** Bytes of this pair so far. */
  readonly traffic: { readonly sent: number; readonly received: number };
}

export interface PairOptions {
  readonly party: Party;
  readonly peer: number;
  readonly channel: Channel;
  readonly sessionId: Uint8Array;
  readonly random: Randomness;
  readonly links: LinkStock;
  /** This bank's log holds no record: then, without a stock, it may start afresh. */
  readonly mayStartFresh: boolean;
  /** Told at once, whatever else ends the session meanwhile: a failed bet on a key must not go unnamed. */
  readonly deviated?: (error: CovaultError) => void;
  /** Equal at both ends. */
  readonly lpn?: LpnStages;
  /** Of the base OTs: seam for tests, equal at both ends. */
  readonly group?: Group;
}

/**
 * Throws: DEVIATION naming the peer (burns the pair's key, durably, before it is thrown), PAIR_BURNED (it was burned
 * before: nothing has been said to the peer), LINK_STOCK_EMPTY, and what the channel throws.
 */
export async function openPair(o: PairOptions): Promise<Pair> {
  if (await o.links.isBurned(o.peer)) {
    throw new CovaultError(
      'PAIR_BURNED',
      'the key of this pair is burned: the operators must re-key it',
      {
        peer: o.peer,
      },
      o.peer,
    );
  }
  const talk = new Conversation(o.channel, o.peer);
  const burning = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await talk.exclusive(call);
    } catch (error) {
      if (isCode(error, 'DEVIATION')) {
        o.deviated?.(error);
        if (error.culprit === o.peer) await o.links.burn(o.peer);
      }
      throw error;
    }
  };
  const machines = await burning(() => setUp(o, talk));
  const guarded = <A, B>(call: (a: A) => Promise<B>) => {
    return (a: A) => burning(() => call(a));
  };
  return {
    peer: o.peer,
    otSender: { send: (count, to) => burning(() => machines.otSender.send(count, to)) },
    otReceiver: { receive: (choices, to) => burning(() => machines.otReceiver.receive(choices, to)) },
    sharer: { extend: guarded(count => machines.sharer.extend(count)), wipe: () => machines.sharer.wipe() },
    verifier: { extend: guarded(count => machines.verifier.extend(count)), wipe: () => machines.verifier.wipe() },
    traffic: talk.traffic,
  };
}

/** Loads ahead what the first pair of a process would wait for. */
export async function warmUp(): Promise<void> {
  await ristretto255();
}

async function setUp(o: PairOptions, talk: Conversation) {
  const { party, peer, random, links, group } = o;
  const contextOf = ({ sender, receiver }: Direction) =>
    hash('covault/pair', o.sessionId, Uint8Array.of(sender, receiver));
  const [outward, inward] = [outwardOf(talk), inwardOf(talk)];
  const link = (direction: Direction) => ({ talk, context: contextOf(direction), links, random });
  const D = party.deltas[peer];
  const { otSender, otReceiver, sharer, verifier } = await openBase({ talk, random, key: D, contextOf, group });
  await inTurn(
    talk,
    () => new LinkSharer(link(outward)).run(sharer, o.mayStartFresh),
    () => new LinkVerifier(link(inward)).run(verifier, D),
  );
  const { first, main } = o.lpn ?? lpnStages;
  const stage = (direction: Direction, parameters: LpnParameters, once: boolean) => ({
    talk,
    context: hash('covault/pair/lpn', contextOf(direction), Uint8Array.of(Number(once))),
    random,
    parameters,
    once,
  });
  const firstSharer = new LpnSharer(stage(outward, first, true), otReceiver, sharer);
  const firstVerifier = new LpnVerifier(stage(inward, first, true), D, otSender, verifier);
  return {
    otSender,
    otReceiver,
    sharer: new LpnSharer(stage(outward, main, false), otReceiver, firstSharer),
    verifier: new LpnVerifier(stage(inward, main, false), D, otSender, firstVerifier),
  };
}
