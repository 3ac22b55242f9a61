/**
 * The state of a bank from its recovery entries: genesis, then entry after entry, page after page as the last leaves it.
 *
 * The changes of a signed attempt that is not decided follow from its entry too: what it makes of a page, less what the page
 * is. Source: protocol.md, section 10; `ledger/recovery-entry.ts`.
 */
import { keptKey } from '../agreement/index.js';
import { CovaultError } from '../errors.js';
import { ledgerOps } from '../ledger/ledger-store.js';
import { checkPageNumber, genesisPage, openInPage, type Page, rekeyInPage } from '../ledger/pages.js';
import type { Prepared } from '../ledger/prepared.js';
import { type EntryContent, entryHead, openEntry } from '../ledger/recovery-entry.js';
import { decodeSecrets, type RecoverySecrets } from '../ledger/recovery-secrets.js';
import type { Network } from '../network/index.js';
import type { StoreOp } from '../ports.js';
import { type Party, setSharesInto, sliceShares, subShares } from '../sharing/index.js';

export interface StateOptions {
  readonly network: Network;
  readonly self: number;
  readonly recoverySecret: Uint8Array;
  /** Of the last record. */
  readonly height: number;
  /** Of this bank, checked against the certificate of that height. */
  readonly entries: (height: number) => Uint8Array | undefined;
}

export interface RebuiltState {
  readonly height: number;
  readonly party: Party;
  readonly secrets: RecoverySecrets;
  /** What the block would change that an entry of the next height tells of; it does not tell what a re-keying changes. */
  prepared(content: EntryContent, attempt: number): Prepared | undefined;
  /** All that the ledger is on the disk. */
  ops(supply: bigint): StoreOp[];
}

/** Throws CANNOT_REBUILD, PACKET_UNREADABLE, MALFORMED. */
export function rebuildState({ network, self, recoverySecret, height, entries }: StateOptions): RebuiltState {
  const last = entries(height);
  if (!last) throw missing(height);
  const reader: Party = { self, count: network.banks.length, deltas: [] };
  const contents: EntryContent[] = [];
  for (let at = entryHead(last).keepFrom; at <= height; at++) {
    const entry = entries(at);
    if (!entry) throw missing(at);
    contents.push(openEntry(network, reader, recoverySecret, entry));
  }
  const [sealed] = contents.flatMap(({ secrets }) => secrets ?? []).slice(-1);
  if (!sealed) throw cannotRebuild('no entry holds the secrets of the bank');
  const secrets = decodeSecrets(sealed);
  const party: Party = { ...reader, deltas: secrets.deltas };
  const pages = new Pages(network, party);
  for (const content of contents) pages.take(content);
  pages.check();
  const { touchedCount, stateHash } = contents[contents.length - 1];
  if (pages.count !== touchedCount) throw cannotRebuild('some pages are in none of the entries');
  return {
    height,
    party,
    secrets,
    prepared: (content, attempt) => {
      const isRekeying = content.secrets && decodeSecrets(content.secrets).lift !== secrets.lift;
      return isRekeying ? undefined : pages.prepared(content, height + 1, attempt);
    },
    ops: supply => [
      ...ledgerOps({ height, supply, stateHash }, pages.entries),
      { type: 'put', key: keptKey(self, height), value: last },
    ],
  };
}

/** Those that differ from genesis. */
class Pages {
  readonly #network: Network;
  readonly #party: Party;
  readonly #pages = new Map<number, Page>();
  /** Got new keys while their slot was not open: right only if a later entry has the page in full. */
  readonly #unfounded = new Set<number>();

  constructor(network: Network, party: Party) {
    this.#network = network;
    this.#party = party;
  }

  get count(): number {
    return this.#pages.size;
  }

  get entries(): Iterable<readonly [number, Page]> {
    return this.#pages;
  }

  take({ swept, changedPages, changed, opened, rekeyed }: EntryContent): void {
    const K = this.#network.pageSize;
    for (const { number, page } of swept) {
      checkPageNumber(this.#network, number);
      this.#pages.set(number, page);
      this.#unfounded.delete(number);
    }
    changedPages.forEach((number, k) => {
      setSharesInto(this.#page(number).columns[0], 0, sliceShares(changed, k * K, (k + 1) * K));
    });
    for (const each of opened) {
      if (!openInPage(this.#page(Math.floor(each.account / K)), each.account % K, each)) {
        throw cannotRebuild('an entry opens a slot that is open');
      }
    }
    for (const each of rekeyed) {
      if (!rekeyInPage(this.#page(each.page), each)) this.#unfounded.add(each.page);
    }
  }

  check(): void {
    if (this.#unfounded.size > 0) throw cannotRebuild('an entry gives new keys to a slot that is closed');
  }

  #page(number: number): Page {
    const known = this.#pages.get(number);
    if (known) return known;
    checkPageNumber(this.#network, number);
    const page = genesisPage(this.#network, this.#party, number);
    this.#pages.set(number, page);
    return page;
  }

  prepared(content: EntryContent, height: number, attempt: number): Prepared {
    const { changedPages, changed, opened, rekeyed, receipts } = content;
    const K = this.#network.pageSize;
    const before = (number: number) =>
      (this.#pages.get(number) ?? genesisPage(this.#network, this.#party, number)).columns[0];
    const changes = changedPages.map((page, k) => {
      checkPageNumber(this.#network, page);
      return { page, change: subShares(sliceShares(changed, k * K, (k + 1) * K), before(page)) };
    });
    for (const { page } of rekeyed) checkPageNumber(this.#network, page);
    return { height, attempt, changes, opens: opened, rekeys: rekeyed, receipts };
  }
}

const missing = (height: number) =>
  cannotRebuild(`none of the other banks has its entry of height ${height}; it does not come back without`);

export function cannotRebuild(why: string): CovaultError {
  return new CovaultError('CANNOT_REBUILD', `the bank cannot be rebuilt: ${why}`);
}
