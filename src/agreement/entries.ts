/**
 * Recovery entries of all banks, as one bank holds them: those that came with signatures at the height it works on, and
 * those it keeps.
 *
 *     recovery/kept/bank height    the entry of that bank in the block at that height         (bank u8, height u64 big endian)
 *
 * A bank commits a block only with the entries of all others in hand, in the transaction that commits it: an honest bank
 * that stands at a height can rebuild every other up to there. Its own is kept for one height, to answer with a certificate.
 * What an entry's own head calls of no more use goes, a few at a time.
 *
 * Source: protocol.md, section 10.
 */
import { numberedKey, under } from '../codec/index.js';
import { concatBytes, equalBytes, utf8 } from '../crypto/index.js';
import { assert } from '../errors.js';
import type { Certificate, LedgerRecord } from '../ledger/log.js';
import { entryHash, entryHead } from '../ledger/recovery-entry.js';
import { entriesDroppedMax } from '../limits.js';
import type { Store, StoreOp } from '../ports.js';
import type { Place } from './statements.js';

const keptPrefix = utf8('recovery/kept/');

const keptOf = (bank: number): Uint8Array => concatBytes(keptPrefix, Uint8Array.of(bank));

export const keptKey = (bank: number, height: number): Uint8Array => numberedKey(keptOf(bank), height);

/** The entries kept of a bank, ascending by height. */
export async function* keptEntries(store: Store, bank: number): AsyncGenerator<Uint8Array> {
  for await (const [, entry] of store.range(...under(keptOf(bank)))) yield entry;
}

/** What is kept, by bank. */
export interface Kept {
  /** Of the last height: none where a bank has come to it without. */
  readonly last: readonly (Uint8Array | undefined)[];
  /** The lowest height; the next one where nothing is kept. */
  readonly oldest: readonly number[];
}

/** `height`: the last committed. */
export async function loadKept(store: Store, banks: number, height: number): Promise<Kept> {
  const last: (Uint8Array | undefined)[] = [];
  const oldest: number[] = [];
  for (let bank = 0; bank < banks; bank++) {
    last.push(await store.get(keptKey(bank, height)));
    let first = height + 1;
    const [from, below] = under(keptOf(bank));
    for await (const [, entry] of store.range(from, below, 1)) first = entryHead(entry).height;
    oldest.push(first);
  }
  return { last, oldest };
}

export const nothingKept = (banks: number, height: number): Kept => ({
  last: Array.from({ length: banks }, () => undefined),
  oldest: Array.from({ length: banks }, () => height + 1),
});

interface Heard extends Place {
  readonly from: number;
  readonly bank: number;
  readonly entry: Uint8Array;
}

export class Entries {
  readonly #self: number;
  #last: readonly (Uint8Array | undefined)[];
  readonly #oldest: number[];
  #heard: Heard[] = [];

  constructor(self: number, { last, oldest }: Kept) {
    this.#self = self;
    this.#last = last;
    this.#oldest = [...oldest];
  }

  /** Of the last committed height, by bank; none unless all are there. */
  get last(): readonly Uint8Array[] | undefined {
    return this.#last.every(entry => entry !== undefined) ? (this.#last as Uint8Array[]) : undefined;
  }

  /**
   * An entry of `bank`, told by `from`; one of each is held for a place. What is for no place that can come up is passed over.
   * False: `from` has told another one before, and the first counts. Throws MALFORMED.
   */
  add(from: number, bank: number, entry: Uint8Array, at: Place): boolean {
    const { height, attempt } = entryHead(entry);
    const isNext = height === at.height + 1 && attempt === 1;
    if (bank === this.#self || (!isNext && (height !== at.height || attempt > at.attempt + 1))) return true;
    const before = this.#told(from, { height, attempt }, bank);
    if (before) return equalBytes(before.entry, entry);
    this.#heard.push({ from, bank, height, attempt, entry });
    return true;
  }

  /** The one that this signature of that bank commits to. */
  find({ height, attempt }: Place, bank: number, commitment: Uint8Array): Uint8Array | undefined {
    const isOf = (h: Heard) => h.bank === bank && h.height === height && h.attempt === attempt;
    return this.#heard.find(heard => isOf(heard) && equalBytes(entryHash(heard.entry), commitment))?.entry;
  }

  /** `from` has told another one for that place: what an honest bank tells, it tells with the entry that belongs to it. */
  contradicts(from: number, place: Place, bank: number, commitment: Uint8Array): boolean {
    const told = this.#told(from, place, bank);
    return told !== undefined && !equalBytes(entryHash(told.entry), commitment);
  }

  #told(from: number, { height, attempt }: Place, bank: number): Heard | undefined {
    return this.#heard.find(h => h.from === from && h.bank === bank && h.height === height && h.attempt === attempt);
  }

  /** By bank; none unless all are there. `own`: this bank's. */
  all(record: LedgerRecord, certificate: Certificate, own: Uint8Array): readonly Uint8Array[] | undefined {
    const found = certificate.map(({ commitment }, bank) =>
      bank === this.#self ? own : this.find(record, bank, commitment),
    );
    return found.every(entry => entry !== undefined) ? (found as Uint8Array[]) : undefined;
  }

  /** Of attempts that this bank has given up unsigned nothing is needed. */
  forget(isOver: (attempt: number) => boolean, height: number): void {
    this.#heard = this.#heard.filter(heard => heard.height !== height || !isOver(heard.attempt));
  }

  /** Ops that keep them, in the transaction that commits the height. */
  commit(entries: readonly Uint8Array[], height: number): StoreOp[] {
    this.#last = entries;
    this.#heard = this.#heard.filter(heard => heard.height > height);
    const ops: StoreOp[] = [];
    entries.forEach((entry, bank) => {
      const { height: of, keepFrom } = entryHead(entry);
      assert(of === height, 'an entry of this height');
      ops.push({ type: 'put', key: keptKey(bank, height), value: entry });
      const below = bank === this.#self ? height : keepFrom;
      for (let n = 0; n < entriesDroppedMax && this.#oldest[bank] < below; n++) {
        ops.push({ type: 'del', key: keptKey(bank, this.#oldest[bank]++) });
      }
    });
    return ops;
  }
}
