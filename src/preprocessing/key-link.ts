/**
 * The key link: proves to the sharer i that the verifier j uses the key of all earlier sessions, D.
 *
 *     w, T_w = Q_w + D*w          an element of the durable stock, never opened, spent once (`link-stock.ts`)
 *     w', T' = Q' + D'*w'         a fresh element of this session, D' the key j uses now
 *
 *     i -> j   number, e = w - w', commitment to O = T_w - T'
 *     j -> i   commitment to V = Q_w - Q' + D*e        (or: I do not hold that number; it costs the element, no more)
 *     i        durably marks w spent, whatever happens next
 *     i -> j   opens O;  j accuses if O is not V
 *     j -> i   opens V;  i accuses if V is not O
 *
 * If D' = D then O = V. If not, O - V = (D - D')*w' with w' unknown to j: it commits to O with probability 1/p = 2^-61. When O
 * is opened to a j with another key, j learns w from it: so w serves once, spent before it opens. j opens nothing unless O
 * was right: a wrong guess of O by i is named, and learns nothing of D. Commitments are salted: 61 bits can be searched.
 *
 * Then the stock is filled up again from this session:
 *
 *     i -> j   epoch, lowest number it holds, first new number, how many; likewise the roster versions that get a reserved one
 *     j        stores the new keys, durably          j -> i   confirms          i   stores the elements, durably
 *
 * A crash between the two stores leaves keys at j under numbers that i gives out again: j replaces them.
 * Fresh start: i alone decides, and only if it may (its log holds no record) and it holds no stock: then there is no link to check,
 * and a new random epoch begins. An empty stock halts the pair. After a re-keying the stocks are there already (`rekeying.ts`).
 *
 * Source: protocol.md, section 4, step 4.
 */
import { decodeAll, Writer } from '../codec/index.js';
import { type Commitment, checkCommitment, commit, equalBytes, hash } from '../crypto/index.js';
import { assert, CovaultError, deviation, isCode } from '../errors.js';
import { encodeVec, P, single, type Vec } from '../field/index.js';
import { linkStockCount, reservedLinksCount } from '../limits.js';
import type { Randomness } from '../ports.js';
import type { Conversation } from './conversation.js';
import {
  epochBytes,
  keyOf,
  type LinkElement,
  type LinkKey,
  type LinkStock,
  offerable,
  reservedNumber,
  type SharerStock,
} from './link-stock.js';
import type { VoleSharer, VoleVerifier } from './vole.js';

/** One for each number that j may turn out to lack, the last of them the reserved one of this roster version. */
const offersMax = linkStockCount + 1;
/** Fresh elements of every link: one an offer, then a whole stock, then what is reserved. */
const voleCount = offersMax + linkStockCount + reservedLinksCount;
const reservedAt = offersMax + linkStockCount;
const offerModes = { halt: 0, link: 1, fresh: 2 } as const;
const openingBytes = 32;
const commitmentBytes = 32;
const valueBytes = 8;
const offerBytes = 1 + epochBytes + 8 + valueBytes + commitmentBytes;
const refillBytes = epochBytes + 8 + 8 + 4 + 4 + 4;
const sharerLabel = 'covault/key-link/sharer';
const verifierLabel = 'covault/key-link/verifier';

export interface LinkSetup {
  readonly talk: Conversation;
  /** Session and direction. */
  readonly context: Uint8Array;
  readonly links: LinkStock;
  readonly random: Randomness;
}

interface Offer {
  readonly mode: number;
  readonly epoch: Uint8Array;
  readonly number: number;
  readonly e: bigint;
  readonly commitment: Uint8Array;
}

/** Bank i. Once a session. */
export class LinkSharer {
  readonly #o: LinkSetup;

  constructor(o: LinkSetup) {
    this.#o = o;
  }

  /**
   * When it resolves, the peer's key is that of all earlier sessions, and the stock is full.
   * Throws: DEVIATION naming the verifier; LINK_STOCK_EMPTY.
   */
  async run(vole: VoleSharer, mayStartFresh: boolean): Promise<void> {
    const { talk, links, random } = this.#o;
    const stock = await links.held(talk.peer);
    const fresh = await vole.extend(voleCount);
    if (stock === undefined && mayStartFresh) {
      const epoch = random.bytes(epochBytes).slice();
      await talk.send('linkOffer', encodeOffer({ ...nothing, mode: offerModes.fresh, epoch }));
      return this.#refill({ epoch, next: 0, elements: [], reserved: [] }, fresh);
    }
    await this.#link(stock, fresh);
    const left = await links.held(talk.peer);
    assert(left !== undefined, 'a stock stays');
    return this.#refill(left, fresh);
  }

  /** Offers element after element until the verifier holds one. */
  async #link(stock: SharerStock | undefined, fresh: { u: Vec; tag: Vec }): Promise<void> {
    const { talk, links } = this.#o;
    const elements = stock ? offerable(stock, links.rosterVersion) : [];
    for (const [attempt, element] of elements.entries()) {
      const e = single.sub(element.w, fresh.u[attempt]);
      const O = encodeValue(single.sub(element.T, fresh.tag[attempt]));
      const done = await this.#attempt(stock!.epoch, element, e, O);
      if (done) return;
      await links.spend(talk.peer, element.number);
    }
    await talk.send('linkOffer', encodeOffer(nothing));
    throw emptyStock(talk.self, talk.peer);
  }

  /** False when the verifier does not hold that number. */
  async #attempt(epoch: Uint8Array, element: LinkElement, e: bigint, O: Uint8Array): Promise<boolean> {
    const { talk, links, random } = this.#o;
    const context = attemptContext(this.#o.context, epoch, element.number, e);
    const own = commit(sharerLabel, context, O, random);
    const { number } = element;
    await talk.send('linkOffer', encodeOffer({ mode: offerModes.link, epoch, number, e, commitment: own.commitment }));
    const answer = await talk.receive('linkAnswer', 0, commitmentBytes);
    if (answer.length === 0) return false;
    await links.spend(talk.peer, number); // durable, before anything is opened
    await talk.send('linkOpening', encodeOpening(O, own));
    const reply = await talk.receive('linkReply', valueBytes + openingBytes);
    const [V, opening] = [reply.slice(0, valueBytes), reply.slice(valueBytes)];
    if (!checkCommitment(verifierLabel, context, V, opening, answer) || !this.holds(O, V)) {
      throw deviation(talk.peer, 'key link: another key than in earlier sessions');
    }
    return true;
  }

  async #refill(stock: SharerStock, fresh: { u: Vec; tag: Vec }): Promise<void> {
    const { talk, links } = this.#o;
    const count = linkStockCount - stock.elements.length;
    const lowest = stock.elements[0]?.number ?? stock.next;
    const { epoch, next } = stock;
    const version = links.rosterVersion;
    const reserved = stock.reserved.filter(({ number }) => number >= reservedNumber(version));
    const versions = missingVersions(version, reserved);
    await talk.send('linkRefill', encodeRefill({ epoch, lowest, first: next, count, versions }));
    await talk.receive('linkConfirmation', 0);
    const added = Array.from({ length: count }, (_, k) => {
      const at = offersMax + k;
      return { number: next + k, w: fresh.u[at], T: fresh.tag[at] };
    });
    const more = versions.map((of, k) => {
      const at = reservedAt + k;
      return { number: reservedNumber(of), w: fresh.u[at], T: fresh.tag[at] };
    });
    const elements = [...stock.elements, ...added];
    await links.keep(talk.peer, { epoch, next: next + count, elements, reserved: [...reserved, ...more] });
  }

  protected holds(O: Uint8Array, V: Uint8Array): boolean {
    return equalBytes(O, V);
  }
}

/** Bank j. Once a session. */
export class LinkVerifier {
  readonly #o: LinkSetup;

  constructor(o: LinkSetup) {
    this.#o = o;
  }

  /** Throws: DEVIATION naming the sharer; LINK_STOCK_EMPTY when the sharer says so. */
  async run(vole: VoleVerifier, D: bigint): Promise<void> {
    const { talk } = this.#o;
    const fresh = await vole.extend(voleCount);
    for (let attempt = 0; ; attempt++) {
      const offer = this.#offer(await talk.receive('linkOffer', offerBytes));
      if (offer.mode === offerModes.halt) throw emptyStock(talk.peer, talk.self);
      if (offer.mode === offerModes.fresh) return this.#refill(fresh, offer.epoch);
      if (attempt === offersMax) throw deviation(talk.peer, 'key link: more offers than a stock holds');
      if (await this.#attempt(offer, fresh[attempt], D)) return this.#refill(fresh, offer.epoch);
    }
  }

  #offer(bytes: Uint8Array): Offer {
    return decodedFrom(this.#o.talk.peer, bytes, decodeOffer);
  }

  /** False when this bank does not hold that number. */
  async #attempt(offer: Offer, freshQ: bigint, D: bigint): Promise<boolean> {
    const { talk, links, random } = this.#o;
    const key = keyOf(await links.keys(talk.peer), offer.epoch, offer.number);
    if (key === undefined) {
      await talk.send('linkAnswer', new Uint8Array(0));
      return false;
    }
    const context = attemptContext(this.#o.context, offer.epoch, offer.number, offer.e);
    const V = encodeValue(single.add(single.sub(key.Q, freshQ), single.mul(D, offer.e)));
    const own = commit(verifierLabel, context, V, random);
    await talk.send('linkAnswer', own.commitment);
    const message = await talk.receive('linkOpening', valueBytes + openingBytes);
    const [O, opening] = [message.slice(0, valueBytes), message.slice(valueBytes)];
    if (!checkCommitment(sharerLabel, context, O, opening, offer.commitment) || !this.holds(O, V)) {
      throw deviation(talk.peer, 'key link: the element does not fit the key');
    }
    await links.forget(talk.peer, offer.number);
    await talk.send('linkReply', encodeOpening(V, own));
    return true;
  }

  async #refill(fresh: Vec, epoch: Uint8Array): Promise<void> {
    const { talk, links } = this.#o;
    const refill = decodedFrom(talk.peer, await talk.receive('linkRefill', refillBytes), decodeRefill);
    const old = await links.keys(talk.peer);
    const same = old !== undefined && equalBytes(old.epoch, epoch);
    const kept = (same ? old.keys : []).filter(({ number }) => number >= refill.lowest && number < refill.first);
    const sound = equalBytes(refill.epoch, epoch) && refill.first + refill.count <= Number.MAX_SAFE_INTEGER;
    const version = links.rosterVersion;
    const [next = version + 1] = refill.versions;
    const fits = next > version && next + refill.versions.length - 1 <= version + reservedLinksCount;
    if (!sound || !fits || kept.length + refill.count > linkStockCount)
      throw deviation(talk.peer, 'key link: no such refill');
    const added: LinkKey[] = Array.from({ length: refill.count }, (_, k) => {
      return { number: refill.first + k, Q: fresh[offersMax + k] };
    });
    const isKept = (number: number) =>
      number >= reservedNumber(version) && !refill.versions.some(of => reservedNumber(of) === number);
    const reserved = [
      ...(same ? old.reserved : []).filter(({ number }) => isKept(number)),
      ...refill.versions.map((of, k) => ({ number: reservedNumber(of), Q: fresh[reservedAt + k] })),
    ];
    reserved.sort((a, b) => a.number - b.number);
    await links.keepKeys(talk.peer, { epoch, keys: [...kept, ...added], reserved });
    await talk.send('linkConfirmation', new Uint8Array(0));
  }

  protected holds(O: Uint8Array, V: Uint8Array): boolean {
    return equalBytes(O, V);
  }
}

const nothing: Offer = {
  mode: offerModes.halt,
  epoch: new Uint8Array(epochBytes),
  number: 0,
  e: 0n,
  commitment: new Uint8Array(commitmentBytes),
};

function emptyStock(sharer: number, verifier: number): CovaultError {
  return new CovaultError('LINK_STOCK_EMPTY', 'no link element is left for this pair', { sharer, verifier });
}

/** Of the next roster versions those for which nothing is reserved yet. */
function missingVersions(version: number, reserved: readonly LinkElement[]): number[] {
  const all = Array.from({ length: reservedLinksCount }, (_, k) => version + 1 + k);
  return all.filter(of => reserved.every(({ number }) => number < reservedNumber(of)));
}

/** What a commitment is bound to, but for its role and value. */
function attemptContext(context: Uint8Array, epoch: Uint8Array, number: number, e: bigint): Uint8Array {
  return hash('covault/key-link', context, new Writer(64).fixed(epoch).u64(number).big64(e).done());
}

function encodeValue(value: bigint): Uint8Array {
  return encodeVec(BigUint64Array.of(value));
}

function encodeOpening(value: Uint8Array, { opening }: Commitment): Uint8Array {
  return new Writer(64).fixed(value).fixed(opening).done();
}

function encodeOffer(o: Offer): Uint8Array {
  return new Writer(128).u8(o.mode).fixed(o.epoch).u64(o.number).big64(o.e).fixed(o.commitment).done();
}

function decodeOffer(bytes: Uint8Array): Offer {
  return decodeAll(bytes, 'link offer', reader => {
    const mode = reader.u8();
    if (mode > offerModes.fresh) throw reader.malformed('mode');
    const [epoch, number, e] = [reader.fixed(epochBytes), reader.u64(), reader.big64()];
    if (e >= P) throw reader.malformed('an element is not below p');
    return { mode, epoch, number, e, commitment: reader.fixed(commitmentBytes) };
  });
}

interface Refill {
  readonly epoch: Uint8Array;
  readonly lowest: number;
  readonly first: number;
  readonly count: number;
  /** Consecutive: those that get a reserved element. */
  readonly versions: readonly number[];
}

function encodeRefill({ epoch, lowest, first, count, versions }: Refill): Uint8Array {
  const w = new Writer(64).fixed(epoch).u64(lowest).u64(first).u32(count);
  return w
    .u32(versions[0] ?? 0)
    .u32(versions.length)
    .done();
}

function decodeRefill(bytes: Uint8Array): Refill {
  return decodeAll(bytes, 'link refill', reader => {
    const [epoch, lowest, first, count] = [reader.fixed(epochBytes), reader.u64(), reader.u64(), reader.u32()];
    const [from, versions] = [reader.u32(), reader.u32()];
    if (versions > reservedLinksCount) throw reader.malformed('it reserves too many');
    return { epoch, lowest, first, count, versions: Array.from({ length: versions }, (_, k) => from + k) };
  });
}

/** Whatever a peer's message fails to decode as is its fault. */
function decodedFrom<T>(peer: number, bytes: Uint8Array, decode: (bytes: Uint8Array) => T): T {
  try {
    return decode(bytes);
  } catch (error) {
    if (!isCode(error, 'MALFORMED')) throw error;
    throw deviation(peer, 'key link: a malformed message');
  }
}
