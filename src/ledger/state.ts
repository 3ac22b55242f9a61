/**
 * What one bank holds of the ledger: its shares of all accounts, which slots are open, and where the log stands.
 *
 *     N accounts = pages * K; account = page * K + slot
 *     columns     balance; for K > 1 spending key and viewing key: sharings of length N
 *     K = 1       the keys are public: Ed25519, in the account table
 *
 * A block changes the state in two steps: `Prepared` is what it would change, made durable before this bank signs;
 * `apply` happens with the certificate. Genesis is not stored: it is public constants and D (protocol.md section 3).
 *
 * Not here: the computation (`settle.ts`), the public record (`record.ts`), the bytes on disk (`ledger-store.ts`).
 */
import { hash } from '../crypto/index.js';
import { assert } from '../errors.js';
import { zeros } from '../field/index.js';
import type { Network } from '../network/index.js';
import {
  addSharesAt,
  type Party,
  publicShares,
  type Shares,
  setSharesInto,
  sliceShares,
  zeroShares,
} from '../sharing/index.js';
import { encodePrepared, type PageChange, type Prepared, type Rekeyed } from './prepared.js';

export interface PublicKeys {
  readonly spending: Uint8Array;
  readonly viewing: Uint8Array;
}

export const genesisHash = ({ id }: Network): Uint8Array => hash('covault/state/genesis', id);

/** `prepared`: as it is encoded. */
export const nextStateHash = (before: Uint8Array, prepared: Uint8Array): Uint8Array =>
  hash('covault/state', before, prepared);

export class LedgerState {
  readonly network: Network;
  readonly party: Party;
  readonly balances: Shares;
  /** K > 1 only. */
  readonly keys: { readonly spending: Shares; readonly viewing: Shares } | undefined;
  /** 1 where the slot is open. */
  readonly open: Uint8Array;
  /** K = 1 only, by account. */
  readonly publicKeys = new Map<number, PublicKeys>();
  /** Of the last record applied; 0 before the first. */
  height = 0;
  supply: bigint;
  /** H over all that was ever applied, in order: what this bank commits to when it signs. */
  stateHash: Uint8Array;

  constructor(network: Network, party: Party) {
    this.network = network;
    this.party = party;
    const start = zeros(network.accounts);
    for (const { account, balance } of network.funded) start[account] = balance;
    this.balances = publicShares(party, start);
    // genesis hands out views of one vector; the state is changed in place
    if (party.self === 0) this.balances.value.set(start);
    this.keys =
      network.pageSize === 1
        ? undefined
        : { spending: zeroShares(party, network.accounts), viewing: zeroShares(party, network.accounts) };
    this.open = new Uint8Array(network.accounts);
    this.supply = network.supply;
    this.stateHash = genesisHash(network);
  }

  /** K flags: 1 where the slot is closed. */
  closed(page: number): Uint8Array {
    const { pageSize } = this.network;
    return this.open.subarray(page * pageSize, (page + 1) * pageSize).map(flag => 1 - flag);
  }

  /** A view of one page of a column. */
  page(column: Shares, page: number): Shares {
    const { pageSize } = this.network;
    return sliceShares(column, page * pageSize, (page + 1) * pageSize);
  }

  /** The state hash that `prepared` leads to. */
  nextHash(prepared: Prepared): Uint8Array {
    return nextStateHash(this.stateHash, encodePrepared(prepared));
  }

  apply(prepared: Prepared): void {
    assert(prepared.height === this.height + 1, 'blocks are applied in order');
    this.stateHash = this.nextHash(prepared);
    addChanges(this.balances, prepared.changes, page => page * this.network.pageSize);
    for (const { account, shared, publicKeys } of prepared.opens) {
      assert(this.open[account] === 0, 'only closed slots are opened');
      this.open[account] = 1;
      if (publicKeys) this.publicKeys.set(account, publicKeys);
      if (this.keys && shared) {
        setSharesInto(this.keys.spending, account, sliceShares(shared, 0, 1));
        setSharesInto(this.keys.viewing, account, sliceShares(shared, 1, 2));
      }
    }
    const pages = new Set(prepared.rekeys.map(({ page }) => page));
    assert(pages.size === prepared.rekeys.length, 'a page is rekeyed once in a block');
    for (const rekeyed of prepared.rekeys) this.#rekey(rekeyed);
    this.height = prepared.height;
  }

  #rekey({ page, shared, publicKeys }: Rekeyed): void {
    const { pageSize } = this.network;
    if (publicKeys) {
      assert(this.open[page] === 1, 'only open accounts get new keys');
      this.publicKeys.set(page, publicKeys);
    }
    if (!this.keys || !shared) return;
    addSharesAt(this.keys.spending, [page * pageSize], [sliceShares(shared, 0, pageSize)]);
    addSharesAt(this.keys.viewing, [page * pageSize], [sliceShares(shared, pageSize, 2 * pageSize)]);
  }
}

/** Adds changes to balances, `at` which place of theirs a page begins: all at once, as long as no page comes a second time. */
export function addChanges(balances: Shares, changes: readonly PageChange[], at: (page: number) => number): void {
  let pages = new Set<number>();
  let first = 0;
  const add = (after: number) => {
    const run = changes.slice(first, after);
    addSharesAt(
      balances,
      run.map(({ page }) => at(page)),
      run.map(({ change }) => change),
    );
    pages = new Set();
    first = after;
  };
  changes.forEach(({ page }, k) => {
    if (pages.has(page)) add(k);
    pages.add(page);
  });
  add(changes.length);
}
