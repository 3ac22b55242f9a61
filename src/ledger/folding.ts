/**
 * Folding: the lower end of this bank's log of shares goes into the base, a step at a time.
 *
 *     step    base pages touched by records c+1..c' are read, changed, written; base at c'; records c+1..c' deleted
 *
 * A step is one atomic batch, so there is no half checkpoint to recover from: after a crash the disk stands before the
 * step or after it, and both are whole (`ledger-store.ts`). It writes keys that no block writes, so blocks go on beside
 * it. It costs what the pages in it cost, never the size of the ledger, and it is bounded (`limits.ts`): a bank with a
 * million accounts stalls no longer than one with ten. Before a record goes, it must lead to the state hash that was seen
 * when it was written: what the disk has made of it since is found while it is still there. Balances are added up from the
 * records and never copied from the running pages: what went wrong in those is still found by the next start.
 *
 * Who needs a folded record? Nobody else: public records and certificates stay (`agreement/sealed-log.ts`), prepared states
 * of undecided attempts have keys of their own, and what other banks may ask for is at most a height behind. The newest
 * `unfoldedHeights` stay for whoever looks for the cause of something.
 *
 * Recovery entries (`recovery-entry.ts`) carry running balances, not records: what folds here is of no concern to them.
 *
 * Source: protocol.md, section 10.
 */
import { equalBytes } from '../crypto/index.js';
import { asDamage, storeDamaged } from '../errors.js';
import {
  foldedHeightsMax,
  foldedPageBytesMax,
  foldedPagesMax,
  unfoldedHeights,
  unfoldedPageBytesMax,
} from '../limits.js';
import { locate, type Network } from '../network/index.js';
import type { Store, StoreOp } from '../ports.js';
import type { Party } from '../sharing/index.js';
import {
  type Base,
  basePageKey,
  type LoadedLedger,
  putBase,
  recordSharesKey,
  toggled,
  type Unfolded,
  unfoldedOf,
} from './ledger-store.js';
import {
  addToPage,
  checkPageNumber,
  decodePage,
  encodePage,
  genesisPage,
  openInPage,
  type Page,
  pageBytes,
  rekeyInPage,
} from './pages.js';
import { decodePrepared, type Prepared } from './prepared.js';
import { nextStateHash } from './state.js';

/** `ops` in one commit; `done` once they are on the disk. */
export interface FoldStep {
  readonly ops: readonly StoreOp[];
  done(): void;
}

interface Touched {
  readonly before: Uint8Array | undefined;
  readonly page: Page;
}

export class Folding {
  readonly #store: Store;
  readonly #network: Network;
  readonly #party: Party;
  #base: Base;
  /** A queue from `#first` on: an old folder has a million of them, and `shift` would move them all. */
  #unfolded: Unfolded[];
  #first = 0;
  #pageCount: number;

  constructor(store: Store, { state, base, unfolded }: LoadedLedger) {
    this.#store = store;
    this.#network = state.network;
    this.#party = state.party;
    this.#base = base;
    this.#unfolded = [...unfolded];
    this.#pageCount = unfolded.reduce((sum, { pageCount }) => sum + pageCount, 0);
  }

  /** Of the base: what records up to here changed is in its pages alone. */
  get height(): number {
    return this.#base.height;
  }

  /** A block is on the disk; `stateHash`: what it led to. */
  committed(prepared: Prepared, stateHash: Uint8Array): void {
    const unfolded = unfoldedOf(prepared, stateHash);
    this.#unfolded.push(unfolded);
    this.#pageCount += unfolded.pageCount;
  }

  /** The next step, if one is due. One at a time. Throws STORE_DAMAGED. */
  async next(): Promise<FoldStep | undefined> {
    const heightsMax = this.#due();
    if (heightsMax === 0) return undefined;
    try {
      return await this.#step(heightsMax);
    } catch (error) {
      throw asDamage(error);
    }
  }

  /** How many heights the next step folds at most. At least one record stays: the last, which may not be final. */
  #due(): number {
    const held = this.#unfolded.length - this.#first;
    const bytes = this.#pageCount * pageBytes(this.#network);
    const tooMany = held >= unfoldedHeights + foldedHeightsMax;
    if (held < 2 || (!tooMany && bytes <= unfoldedPageBytesMax)) return 0;
    return Math.min(foldedHeightsMax, held - 1);
  }

  async #step(heightsMax: number): Promise<FoldStep> {
    const pages = new Map<number, Touched>();
    const pagesMax = Math.min(foldedPagesMax, foldedPageBytesMax / pageBytes(this.#network));
    const ops: StoreOp[] = [];
    let { height, stateHash, digest } = this.#base;
    let count = 0;
    while (count < heightsMax && (count === 0 || pages.size < pagesMax)) {
      height++;
      const bytes = await this.#store.get(recordSharesKey(height));
      if (!bytes) throw storeDamaged('the log has a gap');
      await this.#apply(decodePrepared(this.#network, this.#party, bytes), height, pages);
      stateHash = nextStateHash(stateHash, bytes);
      if (!equalBytes(stateHash, this.#unfolded[this.#first + count].stateHash))
        throw storeDamaged('a record has changed');
      ops.push({ type: 'del', key: recordSharesKey(height) });
      count++;
    }
    for (const [number, { before, page }] of pages) {
      const value = encodePage(page);
      if (before) digest = toggled(digest, number, before);
      digest = toggled(digest, number, value);
      ops.push({ type: 'put', key: basePageKey(number), value });
    }
    const base = { ...this.#base, height, stateHash, digest };
    return { ops: [...ops, putBase(base)], done: () => this.#folded(base, count) };
  }

  async #apply(prepared: Prepared, height: number, pages: Map<number, Touched>): Promise<void> {
    if (prepared.height !== height) throw storeDamaged('the log has a gap');
    for (const { page, change } of prepared.changes) addToPage((await this.#page(pages, page)).page, change);
    for (const opened of prepared.opens) {
      const at = locate(this.#network, opened.account);
      const { page } = await this.#page(pages, at.page);
      if (!openInPage(page, at.slot, opened)) throw storeDamaged('a record opens a slot that is open');
    }
    for (const rekeyed of prepared.rekeys) {
      const { page } = await this.#page(pages, rekeyed.page);
      if (!rekeyInPage(page, rekeyed)) throw storeDamaged('a record gives new keys to a slot that is closed');
    }
  }

  async #page(pages: Map<number, Touched>, number: number): Promise<Touched> {
    const known = pages.get(number);
    if (known) return known;
    checkPageNumber(this.#network, number);
    const before = await this.#store.get(basePageKey(number));
    const page = before
      ? decodePage(this.#network, this.#party, before)
      : genesisPage(this.#network, this.#party, number);
    const touched = { before, page };
    pages.set(number, touched);
    return touched;
  }

  #folded(base: Base, count: number): void {
    this.#base = base;
    for (let k = 0; k < count; k++) this.#pageCount -= this.#unfolded[this.#first + k].pageCount;
    this.#first += count;
    if (this.#first < this.#unfolded.length / 2) return;
    this.#unfolded = this.#unfolded.slice(this.#first);
    this.#first = 0;
  }
}
