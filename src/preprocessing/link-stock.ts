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
 * Everything here is secret and outlives sessions: it belongs into recovery entries, and an old copy of it must never come
 * back to life (protocol.md, section 10).
 *
 * Source: protocol.md, section 4, step 4.
 */
import { decodeAll, type Reader, Writer } from '../codec/index.js';
import { assert, storeDamaged } from '../errors.js';
import { P } from '../field/index.js';
import { banksMax, linkStockCount } from '../limits.js';
import type { Store } from '../ports.js';

export const epochBytes = 16;

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
}

export interface VerifierStock {
  readonly epoch: Uint8Array;
  readonly keys: readonly LinkKey[];
}

const roles = ['sharer', 'verifier', 'burned'] as const;
type Role = (typeof roles)[number];

export class LinkStock {
  readonly #store: Store;
  readonly #prefix: Uint8Array;

  /** @param prefix what all keys of this stock in the store begin with */
  constructor(store: Store, prefix: Uint8Array) {
    this.#store = store;
    this.#prefix = prefix;
  }

  /** What this bank holds as sharer towards `verifier`; nothing if no stock was ever confirmed. */
  async held(verifier: number): Promise<SharerStock | undefined> {
    const bytes = await this.#store.get(this.#key('sharer', verifier));
    return bytes && decoded(bytes, readSharer);
  }

  /** Durable when it resolves: from then on the element is gone. */
  async spend(verifier: number, number: number): Promise<void> {
    const stock = await this.held(verifier);
    assert(stock?.elements.some(element => element.number === number) ?? false, 'an element is spent once');
    await this.keep(verifier, { ...stock!, elements: stock!.elements.filter(element => element.number !== number) });
  }

  /** Durable when it resolves. Only once the verifier has confirmed that it holds the keys. */
  async keep(verifier: number, stock: SharerStock): Promise<void> {
    assert(stock.elements.length <= linkStockCount, 'a stock is bounded');
    await this.#put('sharer', verifier, encodeSharer(stock));
  }

  /**
   * As sharer, forgets that there ever was a stock: the next session may start afresh, if its caller allows it.
   * Trust: only at a re-keying which the operator ordered; otherwise this lets a changed key in.
   */
  async forget(verifier: number): Promise<void> {
    await this.#store.commit([{ type: 'del', key: this.#key('sharer', verifier) }]);
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

  #key(role: Role, peer: number): Uint8Array {
    assert(Number.isInteger(peer) && peer >= 0 && peer < banksMax, 'a roster index');
    return new Writer().fixed(this.#prefix).u8(roles.indexOf(role)).u8(peer).done();
  }

  #put(role: Role, peer: number, value: Uint8Array): Promise<void> {
    return this.#store.commit([{ type: 'put', key: this.#key(role, peer), value }]);
  }
}

function encodeSharer({ epoch, next, elements }: SharerStock): Uint8Array {
  const writer = new Writer(2048).fixed(epoch).u64(next);
  return writer.list(elements, (w, element) => w.u64(element.number).big64(element.w).big64(element.T)).done();
}

function readSharer(reader: Reader): SharerStock {
  const [epoch, next] = [reader.fixed(epochBytes), reader.u64()];
  const elements = reader.list(linkStockCount, r => ({ number: r.u64(), w: field(r), T: field(r) }));
  if (!ascending(elements) || elements.some(element => element.number >= next)) throw reader.malformed('numbers');
  return { epoch, next, elements };
}

function encodeVerifier({ epoch, keys }: VerifierStock): Uint8Array {
  return new Writer(2048)
    .fixed(epoch)
    .list(keys, (w, key) => w.u64(key.number).big64(key.Q))
    .done();
}

function readVerifier(reader: Reader): VerifierStock {
  const epoch = reader.fixed(epochBytes);
  const keys = reader.list(linkStockCount, r => ({ number: r.u64(), Q: field(r) }));
  if (!ascending(keys)) throw reader.malformed('numbers');
  return { epoch, keys };
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
