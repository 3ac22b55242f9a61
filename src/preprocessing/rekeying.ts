/**
 * Re-keying of one pair: bank j draws a new key D' towards bank i, and i's tags of all its shares x come to stand under it.
 *
 *     before     T = Q + D*x          D may be burned: it enters no OT and no VOLE here
 *     after      T' = Q' + D'*x       made as every input (protocol.md, section 3), over VOLE under D'
 *
 *     i -> j   an element of the durable stock under D: its number           T_w = Q_w + D*w, never opened
 *     j -> i   held, or not (it costs the element)
 *     both     VOLE under D': (u, T_u) at i, Q_u at j
 *     i -> j   d = (x, w) - u              T' = T_u,  Q' = Q_u - D'*d: [x] and [w] under the new key
 *     j -> i   a random seed of chi, drawn once d is here
 *     i        durably marks w spent, whatever happens next
 *     i -> j   y = <chi, x> + w and both its tags, <chi, T> + T_w and <chi, T'> + T'_w
 *     j        checks both. Either wrong: i is named                         j -> i   done
 *
 * If i has put other values under the new key, y must be another one under each: with a true tag under both it passes with
 * probability 1/p twice (it guesses a key, or chi falls into the kernel of the difference). y says nothing: w is uniform and
 * serves once. i sends values and j compares: j sends nothing that depends on a key. A j that has changed D learns nothing
 * from <chi, T> + T_w that it could not compute from y; a wrong D' is caught by the key link of the next session, whose stock
 * is made here: numbers, elements and keys of a new epoch from the same VOLE.
 *
 * Cost: 488 bytes an element of x and direction (`vole.ts`), and 8 more.
 *
 * Not here: who orders it, and how all banks switch at once (`bank/rekeying.ts`).
 *
 * Source: protocol.md, section 11.
 */
import { Writer } from '../codec/index.js';
import { equalBytes, hash, prgVec } from '../crypto/index.js';
import { CovaultError, deviation, isCode } from '../errors.js';
import {
  addScaledInto,
  addVec,
  concatVec,
  decodeVec,
  encodeVec,
  fp,
  inner,
  scaleVec,
  subVec,
  type Vec,
} from '../field/index.js';
import { linkStockCount, reservedLinksCount } from '../limits.js';
import type { Channel, Randomness } from '../ports.js';
import { inTurn, openBase } from './both-ways.js';
import { Conversation } from './conversation.js';
import type { Group } from './group.js';
import {
  epochBytes,
  keyOf,
  type LinkStock,
  offerable,
  reservedNumber,
  type SharerStock,
  type VerifierStock,
} from './link-stock.js';
import type { Direction } from './ot-hash.js';
import type { CopeeSharer, CopeeVerifier } from './vole.js';

/** Corrections in one message. */
const correctionsMax = 1 << 16;
const seedBytes = 16;
const offerBytes = epochBytes + 8 + epochBytes;
const openingBytes = 24;
const linkCount = linkStockCount + reservedLinksCount;

export interface RekeyOptions {
  readonly peer: number;
  readonly channel: Channel;
  readonly sessionId: Uint8Array;
  readonly random: Randomness;
  /** Under the old keys: one element of it is spent. */
  readonly links: LinkStock;
  /** D, D' of this bank towards the peer. */
  readonly oldKey: bigint;
  readonly newKey: bigint;
  /** This bank's shares, and its tags of them that the peer's old key verifies. */
  readonly value: Vec;
  readonly tag: Vec;
  /** Keys of the peer's shares; of the same length. */
  readonly key: Vec;
  /** Of the base OTs: seam for tests, equal at both ends. */
  readonly group?: Group;
}

/** Under the new keys. */
export interface Rekeyed {
  readonly tag: Vec;
  readonly key: Vec;
  /** Link stocks of a new epoch, for `LinkStock`. */
  readonly held: SharerStock;
  readonly keys: VerifierStock;
}

/** Throws: DEVIATION naming the peer; LINK_STOCK_EMPTY: this pair has nothing left to prove it with. */
export async function rekeyPair(o: RekeyOptions): Promise<Rekeyed> {
  const talk = new Conversation(o.channel, o.peer);
  const { random, newKey: key, group } = o;
  const contextOf = ({ sender, receiver }: Direction) =>
    hash('covault/rekey', o.sessionId, Uint8Array.of(sender, receiver));
  return talk.exclusive(async () => {
    const { sharer, verifier } = await openBase({ talk, random, key, contextOf, group });
    try {
      const [own, other] = await inTurn(
        talk,
        () => new RekeySharer(o, talk).run(sharer),
        () => new RekeyVerifier(o, talk).run(verifier),
      );
      return { ...own, ...other };
    } finally {
      sharer.wipe();
      verifier.wipe();
    }
  });
}

/** Bank i. */
export class RekeySharer {
  readonly #o: RekeyOptions;
  readonly #talk: Conversation;

  constructor(o: RekeyOptions, talk: Conversation) {
    this.#o = o;
    this.#talk = talk;
  }

  async run(vole: CopeeSharer): Promise<Pick<Rekeyed, 'tag' | 'held'>> {
    const { value, tag, links, peer, random } = this.#o;
    const talk = this.#talk;
    const epoch = random.bytes(epochBytes).slice();
    const element = await this.#element(epoch);
    const { length } = value;
    const fresh = await vole.extend(length + 1 + linkCount);
    const x = concatVec(value, BigUint64Array.of(element.w));
    await this.#correct(subVec(x, fresh.u.slice(0, length + 1)));
    const chi = prgVec(await talk.receive('rekeyChallenge', seedBytes), length);
    await links.spend(peer, element.number); // durable, before anything is opened
    const y = fp.add(inner(chi, value), element.w);
    const before = fp.add(inner(chi, tag), element.T);
    const after = fp.add(inner(chi, fresh.tag.slice(0, length)), fresh.tag[length]);
    await talk.send('rekeyOpening', encodeVec(BigUint64Array.of(y, before, after)));
    await talk.receive('rekeyDone', 0);
    const at = (k: number) => ({ w: fresh.u[length + 1 + k], T: fresh.tag[length + 1 + k] });
    const held = {
      epoch,
      next: linkStockCount,
      elements: Array.from({ length: linkStockCount }, (_, k) => ({ number: k, ...at(k) })),
      reserved: reservedOf(links).map((number, k) => ({ number, ...at(linkStockCount + k) })),
    };
    return { tag: fresh.tag.slice(0, length), held };
  }

  /** One that the verifier holds. */
  async #element(epoch: Uint8Array) {
    const { links, peer } = this.#o;
    const stock = await links.held(peer);
    for (const element of stock ? offerable(stock, links.rosterVersion) : []) {
      const offer = new Writer(offerBytes).fixed(stock!.epoch).u64(element.number).fixed(epoch).done();
      await this.#talk.send('rekeyOffer', offer);
      if ((await this.#talk.receive('rekeyAnswer', 1))[0] === 1) return element;
      await links.spend(peer, element.number);
    }
    throw new CovaultError('LINK_STOCK_EMPTY', 'no link element is left to re-key this pair with', {
      sharer: this.#talk.self,
      verifier: peer,
    });
  }

  /** x + w, less u. A cheat puts other values in here. */
  async #correct(d: Vec): Promise<void> {
    const changed = this.corrections(d);
    for (let at = 0; at < changed.length; at += correctionsMax) {
      await this.#talk.send('rekeyCorrections', encodeVec(changed.slice(at, at + correctionsMax)));
    }
  }

  protected corrections(d: Vec): Vec {
    return d;
  }
}

/** Bank j. */
export class RekeyVerifier {
  readonly #o: RekeyOptions;
  readonly #talk: Conversation;

  constructor(o: RekeyOptions, talk: Conversation) {
    this.#o = o;
    this.#talk = talk;
  }

  async run(vole: CopeeVerifier): Promise<Pick<Rekeyed, 'key' | 'keys'>> {
    const { key, links, peer, random, oldKey, newKey } = this.#o;
    const talk = this.#talk;
    const { epoch, Q: spent } = await this.#offered();
    const { length } = key;
    const fresh = await vole.extend(length + 1 + linkCount);
    const after = fresh.slice(0, length + 1);
    addScaledInto(after, await this.#corrections(length + 1), fp.neg(newKey));
    const seed = random.bytes(seedBytes).slice();
    await talk.send('rekeyChallenge', seed);
    const opened = this.#decoded(await talk.receive('rekeyOpening', openingBytes));
    const chi = prgVec(seed, length);
    const due = (Q: Vec, Qw: bigint, D: bigint) =>
      addVec(BigUint64Array.of(fp.add(inner(chi, Q), Qw)), scaleVec(opened.slice(0, 1), D));
    const holds = this.holds(
      encodeVec(opened.slice(1)),
      encodeVec(concatVec(due(key, spent, oldKey), due(after.slice(0, length), after[length], newKey))),
    );
    if (!holds) throw deviation(peer, 're-keying: the shares under the new key are not those under the old one');
    await talk.send('rekeyDone', new Uint8Array(0));
    const at = (k: number) => fresh[length + 1 + k];
    const keys = {
      epoch,
      keys: Array.from({ length: linkStockCount }, (_, k) => ({ number: k, Q: at(k) })),
      reserved: reservedOf(links).map((number, k) => ({ number, Q: at(linkStockCount + k) })),
    };
    return { key: after.slice(0, length), keys };
  }

  /** Of an element that this bank holds: forgotten here as well, durably, before anything is opened. */
  async #offered(): Promise<{ readonly epoch: Uint8Array; readonly Q: bigint }> {
    const { links, peer } = this.#o;
    const talk = this.#talk;
    for (let offers = 0; offers <= linkStockCount; offers++) {
      const offer = await talk.receive('rekeyOffer', offerBytes);
      const number = Number(new DataView(offer.buffer, offer.byteOffset).getBigUint64(epochBytes, true));
      const found = keyOf(await links.keys(peer), offer.subarray(0, epochBytes), number);
      if (found) await links.forget(peer, number);
      await talk.send('rekeyAnswer', Uint8Array.of(found ? 1 : 0));
      if (found) return { epoch: offer.slice(epochBytes + 8), Q: found.Q };
    }
    throw deviation(peer, 're-keying: more offers than a stock holds');
  }

  async #corrections(length: number): Promise<Vec> {
    const parts: Vec[] = [];
    for (let at = 0; at < length; at += correctionsMax) {
      const bytes = await this.#talk.receive('rekeyCorrections', 8 * Math.min(correctionsMax, length - at));
      parts.push(this.#decoded(bytes));
    }
    return concatVec(...parts);
  }

  #decoded(bytes: Uint8Array): Vec {
    try {
      return decodeVec(bytes);
    } catch (error) {
      if (!isCode(error, 'MALFORMED')) throw error;
      throw deviation(this.#o.peer, 're-keying: an element is not below p');
    }
  }

  protected holds(opened: Uint8Array, due: Uint8Array): boolean {
    return equalBytes(opened, due);
  }
}

/** Numbers of the elements kept for later roster versions. */
function reservedOf({ rosterVersion }: LinkStock): number[] {
  return Array.from({ length: reservedLinksCount }, (_, k) => reservedNumber(rosterVersion + 1 + k));
}
