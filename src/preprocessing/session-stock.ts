/**
 * The stock of one session: all banks make the same lots in the same order, when one of them runs low.
 *
 *     begin     a bank that wants more says so; one that hears another joins in; otherwise they sleep
 *     wants     everybody's wants, then a digest round: now all know the same, and the next lot follows (`lots.ts`)
 *     lot       vole: every pair extends, both ways       triples, selections: `products.ts`
 *     then      again from the beginning
 *
 * A round that brings no lot though one was wanted (a bank stands still, and the others are as far ahead of it as they may
 * be) is not repeated until some bank has other wants, or positions, to tell.
 *
 * A kind's elements are numbered as they are made, so positions are equal at all banks without a word about them. The
 * digest round is there for the innocent: two banks that were told different wants would begin different lots and accuse
 * each other. (A digest is 256 bits: two that are told different things pass as one with 2^-128. The checks of what is made,
 * 61 bits each, are in `vole-check.ts` and `products.ts`.)
 *
 * Anything that fails ends the stock: all it holds is destroyed, its pairs' VOLE with it, who waits is told, and so is everyone
 * who comes later.
 *
 *     open --> running --> ended: STOCK_CHECK_FAILED (a check that names nobody; make a new session)
 *                                 DEVIATION (a peer; halt), SESSION_ENDED (the channel, or `close`)
 *                                 TIMED_OUT (a peer says nothing while it is its turn; make a new session)
 *
 * Source: protocol.md, section 4.
 */
import { Writer } from '../codec/index.js';
import { equalBytes, hash } from '../crypto/index.js';
import { assert, CovaultError, isCode } from '../errors.js';
import type { Vec } from '../field/index.js';
import type { Network } from '../network/index.js';
import type { Channel, Log, Randomness } from '../ports.js';
import { Rounds } from '../session/index.js';
import { type Party, rowsOf, type Shares, sharesFromRows } from '../sharing/index.js';
import type { Group } from './group.js';
import type { LinkStock } from './link-stock.js';
import {
  checkLots,
  encodeLots,
  encodeWants,
  floorOf,
  kindNames,
  kindsOf,
  type LotKind,
  type Lots,
  lotSize,
  lotsFor,
  nextLot,
  readWants,
  type Want,
  type Wants,
} from './lots.js';
import type { LpnStages } from './lpn-parameters.js';
import { openPair, type Pair } from './pair.js';
import { type Patience, patient } from './patience.js';
import { ProductLot, type ProductShape } from './products.js';
import { RoundsChannel } from './rounds-channel.js';
import type { Positions, Reserved, Stock, StockCounts } from './stock.js';
import { Stream } from './stream.js';
import { voleWith } from './vole-both.js';

export interface StockOptions {
  readonly party: Party;
  /** For preprocessing alone. */
  readonly channel: Channel;
  readonly sessionId: Uint8Array;
  readonly random: Randomness;
  readonly network: Pick<Network, 'pageSize'>;
  readonly links: LinkStock;
  /** As for `openPair`. */
  readonly mayStartFresh: boolean;
  /** As for `openPair`; also what shows among all banks. */
  readonly deviated?: (error: CovaultError) => void;
  readonly log?: Log;
  /** Sizes must be equal at all banks. */
  readonly lots?: Lots;
  /** Likewise. */
  readonly lpn?: LpnStages;
  /** As for `openPair`. */
  readonly group?: Group;
  /** Where there is a clock: how long another bank may say nothing while it is its turn. */
  readonly patience?: Patience;
  /** Called when a lot has been made. */
  readonly progress?: () => void;
}

/** A stock on pairs that are open already. */
export type SessionStockOptions = Omit<StockOptions, 'links' | 'mayStartFresh' | 'group'> & {
  /** By bank; nothing at the own place. */
  readonly pairs: readonly (Pair | undefined)[];
  /** Seam for tests of cheats. */
  readonly Products?: typeof ProductLot;
};

/** Columns of a page that are selected from: balance and key. */
const columnCount = 2;

/**
 * Opens all pairs and begins to make stock.
 * Cost: as `openPair` with every other bank, at the same time.
 * Throws: DEVIATION naming a peer (burns the pair's key), LINK_STOCK_EMPTY, SESSION_ENDED, TIMED_OUT.
 */
export async function openStock(options: StockOptions): Promise<SessionStock> {
  const { party } = options;
  const channel = patient(options.channel, options.patience);
  const pairs = await Promise.all(
    Array.from({ length: party.count }, (_, peer) =>
      peer === party.self ? undefined : openPair({ ...options, channel, peer }),
    ),
  );
  return new SessionStock({ ...options, pairs });
}

interface Waiting {
  readonly at: Positions;
  readonly end: Positions;
  readonly resolve: (reserved: Reserved) => void;
  readonly reject: (error: unknown) => void;
}

export class SessionStock implements Stock {
  readonly #o: SessionStockOptions;
  readonly #lots: Lots;
  readonly #kinds: readonly LotKind[];
  readonly #channel: RoundsChannel;
  readonly #context: Uint8Array;
  readonly #streams: Readonly<Record<LotKind, Stream>>;
  /** Kinds that fell below their low mark and have not reached the high one. */
  readonly #filling = new Set<LotKind>();
  /** What this bank said of its wants when no lot followed though somebody wanted one: it does not say that again. */
  #stalled: Uint8Array | undefined;
  #position: Positions = { vole: 0, triples: 0, selections: 0 };
  #waiting: Waiting[] = [];
  #failure: { readonly error: unknown } | undefined;
  #wake = () => {};
  /** Resolves with what ended the stock. Never rejects. */
  readonly ended: Promise<unknown>;
  #end!: (error: unknown) => void;

  constructor(options: SessionStockOptions) {
    const { party, sessionId, channel, lots = lotsFor(options.network.pageSize) } = options;
    const { pageSize } = options.network;
    checkLots(lots);
    this.#o = options;
    this.#lots = lots;
    this.#kinds = kindsOf(lots);
    this.#channel = new RoundsChannel(channel, options.patience);
    this.#context = hash('covault/stock', sessionId, encodeLots(lots), new Writer().u32(pageSize).done());
    const shared = (width: number) => rowWidths(party, width);
    const [one, K] = [shared(1), shared(pageSize)];
    this.#streams = {
      vole: new Stream(voleWidths(party)),
      triples: new Stream([one, one, one].flat()),
      selections: new Stream([K, K, K, one, one].flat()),
    };
    this.ended = new Promise(resolve => {
      this.#end = resolve;
    });
    void this.#run();
  }

  positions(): Positions {
    return this.#position;
  }

  /** Elements of each kind made and taken since the session began. */
  levels(): Readonly<Record<LotKind, { readonly made: number; readonly used: number }>> {
    const level = (kind: LotKind) => ({ made: this.#streams[kind].made, used: this.#position[kind] });
    return { vole: level('vole'), triples: level('triples'), selections: level('selections') };
  }

  reserve(at: Positions, counts: StockCounts): Promise<Reserved> {
    return new Promise((resolve, reject) => {
      if (this.#failure) throw this.#failure.error;
      for (const kind of kindNames) {
        assert(at[kind] >= this.#position[kind], 'positions only move up');
        const max = this.#lots[kind]?.max ?? 0;
        assert(counts[kind] >= 0 && counts[kind] <= max, 'a block fits the stock');
      }
      const end = sum(at, counts);
      this.#position = end;
      this.#waiting.push({ at, end, resolve, reject });
      this.#serve();
      this.#wake();
    });
  }

  /** Destroys the stock. The channel is its owner's to close. */
  close(): void {
    this.#fail(new CovaultError('SESSION_ENDED', 'the stock is closed'));
  }

  async #run(): Promise<void> {
    try {
      for (let number = 0; ; number++) {
        await this.#work();
        if (this.#failure) return;
        await this.#lot(number);
        this.#serve();
      }
    } catch (error) {
      if (isCode(error, 'DEVIATION')) this.#o.deviated?.(error);
      this.#fail(nameless(error));
    }
  }

  /** Sleeps until this bank or another wants a lot. */
  async #work(): Promise<void> {
    while (!this.#failure && !this.#speaks()) {
      const heard = await new Promise<boolean>(resolve => {
        this.#wake = () => resolve(false);
        this.#channel.listen(() => resolve(true));
      });
      if (heard) return;
    }
  }

  #speaks(): boolean {
    const wants = this.#wants();
    if (this.#stalled) return !equalBytes(this.#stalled, encodeWants(this.#kinds, wants));
    return this.#wanting(wants);
  }

  #wanting(wants: Wants): boolean {
    return [...wants].some(([kind, { until }]) => until > this.#streams[kind].made);
  }

  #wants(): Wants {
    return new Map(this.#kinds.map(kind => [kind, this.#want(kind)]));
  }

  #want(kind: LotKind): Want {
    const { low, high } = this.#lots[kind]!;
    const at = (this.#waiting[0]?.at ?? this.#position)[kind];
    const { made } = this.#streams[kind];
    const needed = this.#position[kind];
    if (made - needed < low) this.#filling.add(kind);
    if (made - needed >= high) this.#filling.delete(kind);
    const until = this.#filling.has(kind) ? needed + high : needed;
    return { at, until, urgent: made < needed && at < needed };
  }

  async #lot(number: number): Promise<void> {
    const { party } = this.#o;
    const context = (part: string) => hash(`covault/stock/${part}`, this.#context, new Writer().u64(number).done());
    const rounds = new Rounds(party, this.#channel, context('wants'));
    const own = encodeWants(this.#kinds, this.#wants());
    const { broadcasts } = await rounds.step('wants', { broadcast: own });
    const wants = broadcasts.map((bytes, bank) => rounds.parse(bank, 'wants', bytes, r => readWants(this.#kinds, r)));
    await rounds.step('wants digest', {});
    for (const kind of this.#kinds) this.#streams[kind].skip(floorOf(kind, wants));
    const kind = nextLot(this.#lots, this.#made(), wants);
    this.#stalled = kind === undefined && wants.some(each => this.#wanting(each)) ? own : undefined;
    if (kind === undefined) return;
    const size = lotSize(this.#lots[kind]!, this.#streams[kind].made);
    const rows = kind === 'vole' ? await this.#vole(size) : await this.#products(kind, size, context('products'));
    if (this.#failure) return;
    this.#streams[kind].append(size, rows);
    this.#o.progress?.();
  }

  #made(): Record<LotKind, number> {
    const { vole, triples, selections } = this.#streams;
    return { vole: vole.made, triples: triples.made, selections: selections.made };
  }

  async #vole(count: number): Promise<Vec[]> {
    const { party, pairs } = this.#o;
    const rows = await Promise.all(
      pairs.map(async (pair, peer) => {
        if (pair === undefined) return [none, none, none];
        const [{ u, tag }, key] = await voleWith(party.self, peer, pair, count);
        return [u, tag, key];
      }),
    );
    return rows.flat();
  }

  async #products(kind: 'triples' | 'selections', tuples: number, context: Uint8Array): Promise<Vec[]> {
    const { party, pairs, channel: raw, patience, random, network, Products = ProductLot } = this.#o;
    const channel = patient(raw, patience);
    const options = { party, channel, toAll: this.#channel, pairs, random };
    const shape: ProductShape =
      kind === 'triples'
        ? { tuples, selectors: 1, columns: 1 }
        : { tuples, selectors: network.pageSize, columns: columnCount };
    const { u, payload, products } = await new Products(options, shape, context).make();
    // copies: what is returned are views of one large vector, and most of that is not needed any more
    return [u, ...payload, ...products].flatMap(rowsOf).map(row => row.slice());
  }

  /** Hands out what is made, in the order in which it was asked for. */
  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const { at, end, resolve } = next;
      if (!kindNames.every(kind => end[kind] === at[kind] || end[kind] <= this.#streams[kind].made)) return;
      this.#waiting.shift();
      resolve(this.#take(at, end));
    }
  }

  #take(at: Positions, end: Positions): Reserved {
    const { party } = this.#o;
    const rows = (kind: LotKind) => this.#streams[kind].take(at[kind], end[kind]);
    const vole = rows('vole');
    const [alpha, beta, product] = sharings(party, rows('triples'));
    const [u, mask0, mask1, product0, product1] = sharings(party, rows('selections'));
    return {
      sharer: Array.from({ length: party.count }, (_, j) => ({ u: vole[3 * j], tag: vole[3 * j + 1] })),
      verifier: Array.from({ length: party.count }, (_, i) => vole[3 * i + 2]),
      triples: { alpha, beta, product },
      selections: { u, masks: [mask0, mask1], products: [product0, product1] },
    };
  }

  #fail(error: unknown): void {
    if (this.#failure) return;
    this.#failure = { error };
    for (const stream of Object.values(this.#streams)) stream.clear();
    for (const pair of this.#o.pairs) {
      pair?.sharer.wipe();
      pair?.verifier.wipe();
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(error);
    if (isCode(error, 'STOCK_CHECK_FAILED')) this.#o.log?.warn('stock check failed', error.facts);
    this.#end(error);
    this.#wake();
  }
}

const none: Vec = new BigUint64Array(0);

function sum(a: Positions, b: StockCounts): Positions {
  return { vole: a.vole + b.vole, triples: a.triples + b.triples, selections: a.selections + b.selections };
}

/** Rows of a sharing with `width` elements a position, as `rowsOf` lists them: value, tags, keys. */
function rowWidths({ self, count }: Party, width: number): number[] {
  const others = Array.from({ length: count }, (_, bank) => (bank === self ? 0 : width));
  return [width, ...others, ...others];
}

/** u, T, Q by bank. */
function voleWidths({ self, count }: Party): number[] {
  return Array.from({ length: 3 * count }, (_, row) => (Math.floor(row / 3) === self ? 0 : 1));
}

function sharings({ count }: Party, rows: readonly Vec[]): Shares[] {
  const each = 1 + 2 * count;
  return Array.from({ length: rows.length / each }, (_, k) => sharesFromRows(rows.slice(k * each, (k + 1) * each)));
}

/**
 * Among three or more banks, digests that differ name nobody. No key entered what they are about: a failed check of the
 * stock like the others, that ends the session and nothing else.
 */
function nameless(error: unknown): unknown {
  if (!isCode(error, 'DIGEST_MISMATCH') || error.culprit !== undefined) return error;
  return new CovaultError('STOCK_CHECK_FAILED', error.message, { check: 'digest' });
}
