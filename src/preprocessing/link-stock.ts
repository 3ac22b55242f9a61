/**
 * The durable stock of link elements of every ordered pair: what ties a peer's key of today to that of all sessions before.
 *
 *     T_w = Q_w + D*w        sharer keeps (number, w, T_w), verifier keeps (number, Q_w), under one random epoch
 *
 * A number below `next` that is not held is spent: a mark that nothing takes back, as numbers only rise within an epoch. The
 * sharer spends lowest first, so what it holds is an interval. What is stored here has been confirmed durable by the other
 * end: the verifier stores first, says so, then the sharer stores. A sharer without an entry never had a confirmed stock.
 *
 * Each entry is one value, written whole: the store's atomic commit is the only order there is to think about.
 * Everything here is secret and outlives sessions, and an old copy of it must never come back to life (protocol.md, section
 * 10). So of every pair one element is reserved for each of the next roster versions, offered in none before, and in its own
 * only when nothing else is left: a rebuilt bank has these alone (`backup`, `restore`), all others count as spent.
 *
 * Source: protocol.md, section 4, step 4.
 */
import { decodeAll, Reader, Writer } from '../codec/index.js';
import { equalBytes } from '../crypto/index.js';
import { assert, storeDamaged } from '../errors.js';
import { P } from '../field/index.js';
import { banksMax, linkStockCount } from '../limits.js';
import type { Store, StoreOp } from '../ports.js';

export const epochBytes = 16;

/** Numbers of reserved elements, above all others: one for each roster version. */
const reservedFrom = 2 ** 52;
export const reservedNumber = (rosterVersion: number): number => reservedFrom + rosterVersion;
/** Elements that one roster version may number: a rebuilt bank gives out none that it may have given out before. */
const numbersOfVersion = 2 ** 32;

/** An element at the sharer. */
export interface LinkElement {
  readonly number: number;
  readonly w: bigint;
  readonly T: bigint;
}

/** An element at the verifier. */
export interface LinkKey {
  readonly number: number;
  readonly Q: bigint;
}

export interface SharerStock {
  readonly epoch: Uint8Array;
  /** The number the next new element gets. */
  readonly next: number;
  /** Unspent, ascending. */
  readonly elements: readonly LinkElement[];
  /** For later roster versions and, unspent, this one; ascending. */
  readonly reserved: readonly LinkElement[];
}

export interface VerifierStock {
  readonly epoch: Uint8Array;
  readonly keys: readonly LinkKey[];
  readonly reserved: readonly LinkKey[];
}

/** What a sharer may spend under this roster version, in order: what is reserved for it last. */
export function offerable({ elements, reserved }: SharerStock, rosterVersion: number): readonly LinkElement[] {
  const own = reservedNumber(rosterVersion);
  return [...elements, ...reserved.filter(({ number }) => number === own)];
}

/** The verifier's key of an element that it holds. */
export function keyOf(stock: VerifierStock | undefined, epoch: Uint8Array, number: number): LinkKey | undefined {
  if (!stock || !equalBytes(stock.epoch, epoch)) return undefined;
  return [...stock.keys, ...stock.reserved].find(key => key.number === number);
}

/** What there is of one pair. */
export interface PairStock {
  readonly held: SharerStock | undefined;
  readonly keys: VerifierStock | undefined;
  readonly burned: boolean;
}

const roles = ['sharer', 'verifier', 'burned'] as const;
type Role = (typeof roles)[number];

/** The correlations that two banks keep over a session's end, for the next one's links and a re-keying. */
export class LinkStock {
  readonly #store: Store;
  readonly #prefix: Uint8Array;
  /** Of the session: the same at all banks in it. */
  readonly rosterVersion: number;

  /** @param prefix what all keys of this stock in the store begin with */
  constructor(store: Store, prefix: Uint8Array, rosterVersion = 0) {
    this.#store = store;
    this.#prefix = prefix;
    this.rosterVersion = rosterVersion;
  }

  /** What this bank holds as sharer towards `verifier`; nothing if no stock was ever confirmed. */
  async held(verifier: number): Promise<SharerStock | undefined> {
    const bytes = await this.#store.get(this.#key('sharer', verifier));
    return bytes && decoded(bytes, readSharer);
  }

  /** Durable when it resolves: from then on the element is gone. */
  async spend(verifier: number, number: number): Promise<void> {
    const stock = await this.held(verifier);
    const isOther = (element: LinkElement) => element.number !== number;
    assert(stock !== undefined && ![...stock.elements, ...stock.reserved].every(isOther), 'an element is spent once');
    const [elements, reserved] = [stock.elements.filter(isOther), stock.reserved.filter(isOther)];
    await this.keep(verifier, { ...stock, elements, reserved });
  }

  /** Durable when it resolves. Only once the verifier has confirmed that it holds the keys. */
  async keep(verifier: number, stock: SharerStock): Promise<void> {
    assert(stock.elements.length <= linkStockCount, 'a stock is bounded');
    await this.#put('sharer', verifier, encodeSharer(stock));
  }

  /** What this bank holds as verifier of `sharer`. */
  async keys(sharer: number): Promise<VerifierStock | undefined> {
    const bytes = await this.#store.get(this.#key('verifier', sharer));
    return bytes && decoded(bytes, readVerifier);
  }

  /** Durable when it resolves: in place of whatever was held. */
  async keepKeys(sharer: number, stock: VerifierStock): Promise<void> {
    assert(stock.keys.length <= linkStockCount, 'a stock is bounded');
    await this.#put('verifier', sharer, encodeVerifier(stock));
  }

  /** Durable when it resolves: from then on the key is gone. */
  async forget(sharer: number, number: number): Promise<void> {
    const stock = await this.keys(sharer);
    const isOther = (key: LinkKey) => key.number !== number;
    assert(stock !== undefined && ![...stock.keys, ...stock.reserved].every(isOther), 'a key is used once');
    const [keys, reserved] = [stock.keys.filter(isOther), stock.reserved.filter(isOther)];
    await this.keepKeys(sharer, { ...stock, keys, reserved });
  }

  /**
   * A check under this bank's key towards that peer has failed: a failed bet on one bit has taught the peer that bit, so
   * the key enters no OT or VOLE ever again (protocol.md, section 11). Durable when it resolves.
   */
  async burn(peer: number): Promise<void> {
    await this.#put('burned', peer, Uint8Array.of(1));
  }

  async isBurned(peer: number): Promise<boolean> {
    return (await this.#store.get(this.#key('burned', peer))) !== undefined;
  }

  /** What of it a recovery entry holds: for every peer what is reserved, in both roles, and whether the pair is burned. */
  async backup(banks: number): Promise<Uint8Array> {
    const all: PairStock[] = [];
    for (let peer = 0; peer < banks; peer++) {
      all.push({ held: await this.held(peer), keys: await this.keys(peer), burned: await this.isBurned(peer) });
    }
    return this.backupOf(all);
  }

  /** By bank. */
  backupOf(all: readonly PairStock[]): Uint8Array {
    const w = new Writer(1024);
    for (const { held, keys, burned } of all) {
      w.u8(held ? 1 : 0).u8(keys ? 1 : 0);
      if (held) writeElements(w.fixed(held.epoch), held.reserved);
      if (keys) writeKeys(w.fixed(keys.epoch), keys.reserved);
      w.u8(burned ? 1 : 0);
    }
    return w.done();
  }

  /** Ops that put stocks under a new key in place of all that was held of a pair. */
  replaced(peer: number, { held, keys }: { readonly held: SharerStock; readonly keys: VerifierStock }): StoreOp[] {
    return [
      { type: 'put', key: this.#key('sharer', peer), value: encodeSharer(held) },
      { type: 'put', key: this.#key('verifier', peer), value: encodeVerifier(keys) },
      { type: 'del', key: this.#key('burned', peer) },
    ];
  }

  /** Into an empty stock, for the roster versions after this one. Throws MALFORMED. */
  async restore(banks: number, backup: Uint8Array): Promise<void> {
    const r = new Reader(backup, 'reserved link elements');
    for (let peer = 0; peer < banks; peer++) {
      const [hasElements, hasKeys] = [r.bool(), r.bool()];
      const next = (this.rosterVersion + 1) * numbersOfVersion;
      const held = hasElements && { epoch: r.fixed(epochBytes), next, elements: [], reserved: readElements(r) };
      const keys = hasKeys && { epoch: r.fixed(epochBytes), keys: [], reserved: readKeys(r) };
      if (held) await this.keep(peer, held);
      if (keys) await this.keepKeys(peer, keys);
      if (r.bool()) await this.burn(peer);
    }
    r.end();
  }

  #key(role: Role, peer: number): Uint8Array {
    assert(Number.isInteger(peer) && peer >= 0 && peer < banksMax, 'a roster index');
    return new Writer().fixed(this.#prefix).u8(roles.indexOf(role)).u8(peer).done();
  }

  #put(role: Role, peer: number, value: Uint8Array): Promise<void> {
    return this.#store.commit([{ type: 'put', key: this.#key(role, peer), value }]);
  }
}

function encodeSharer({ epoch, next, elements, reserved }: SharerStock): Uint8Array {
  const w = new Writer(2048).fixed(epoch).u64(next);
  return writeElements(writeElements(w, elements), reserved).done();
}

/** A stock from before there were reserved elements ends before them. */
function readSharer(r: Reader): SharerStock {
  const [epoch, next, elements] = [r.fixed(epochBytes), r.u64(), readElements(r)];
  if (elements.some(element => element.number >= next)) throw r.malformed('numbers');
  return { epoch, next, elements, reserved: r.remaining === 0 ? [] : readElements(r) };
}

function encodeVerifier({ epoch, keys, reserved }: VerifierStock): Uint8Array {
  return writeKeys(writeKeys(new Writer(2048).fixed(epoch), keys), reserved).done();
}

function readVerifier(r: Reader): VerifierStock {
  const [epoch, keys] = [r.fixed(epochBytes), readKeys(r)];
  return { epoch, keys, reserved: r.remaining === 0 ? [] : readKeys(r) };
}

function writeElements(writer: Writer, elements: readonly LinkElement[]): Writer {
  return writer.list(elements, (w, element) => w.u64(element.number).big64(element.w).big64(element.T));
}

function readElements(reader: Reader): LinkElement[] {
  const elements = reader.list(linkStockCount, r => ({ number: r.u64(), w: field(r), T: field(r) }));
  if (!ascending(elements)) throw reader.malformed('numbers');
  return elements;
}

function writeKeys(writer: Writer, keys: readonly LinkKey[]): Writer {
  return writer.list(keys, (w, key) => w.u64(key.number).big64(key.Q));
}

function readKeys(reader: Reader): LinkKey[] {
  const keys = reader.list(linkStockCount, r => ({ number: r.u64(), Q: field(r) }));
  if (!ascending(keys)) throw reader.malformed('numbers');
  return keys;
}

function field(reader: Reader): bigint {
  const value = reader.big64();
  if (value >= P) throw reader.malformed('an element is not below p');
  return value;
}

function ascending(items: readonly { readonly number: number }[]): boolean {
  return items.every((item, k) => k === 0 || items[k - 1].number < item.number);
}

function decoded<T>(bytes: Uint8Array, read: (reader: Reader) => T): T {
  try {
    return decodeAll(bytes, 'link stock', read);
  } catch {
    throw storeDamaged('the link stock cannot be read');
  }
}
