/**
 * Ledgers that grow by made-up blocks: true sharings of random transfers, dealt to n banks, written to the stores of one
 * or all of them as a bank writes them. No computation, no agreement: what disks and logs are tested and measured with.
 */
import { putCertified } from '../../src/agreement/index.js';
import { hash, seededRandom, utf8 } from '../../src/crypto/index.js';
import { maskToField, negVec, type Vec, zeros } from '../../src/field/index.js';
import { Folding } from '../../src/ledger/folding.js';
import { commitOps, loadLedger } from '../../src/ledger/ledger-store.js';
import {
  type Certificate,
  encodeRecord,
  hashReceipts,
  hashRecordBytes,
  type LedgerRecord,
  noReceipts,
} from '../../src/ledger/log.js';
import type { Opened, PageChange, Prepared, Rekeyed } from '../../src/ledger/prepared.js';
import { LedgerState } from '../../src/ledger/state.js';
import type { Network } from '../../src/network/index.js';
import type { Randomness, Store, StoreOp } from '../../src/ports.js';
import type { Party } from '../../src/sharing/index.js';
import { dealShares } from './dealer.js';

/** What `growing` needs: `makeWorld` of the harness makes it. */
export interface GrowingOptions {
  readonly network: Network;
  readonly parties: readonly Party[];
  /** Of these banks, in the order of the stores. */
  readonly stores: readonly Store[];
  readonly seed?: string;
}

export class GrowingLedger {
  readonly network: Network;
  readonly parties: readonly Party[];
  /** One may be put in another's place: the same folder, opened again. */
  readonly stores: Store[];
  readonly states: readonly LedgerState[];
  readonly records: LedgerRecord[] = [];
  /** Of the whole ledger, page by page: what all banks' shares together must say. */
  readonly balances: BigInt64Array;
  readonly #random: Randomness;
  #previous: Uint8Array;

  constructor({ network, parties, stores, seed = 'ledger' }: GrowingOptions) {
    this.network = network;
    this.parties = parties;
    this.stores = [...stores];
    this.states = stores.map((_, bank) => new LedgerState(network, parties[bank]));
    this.balances = new BigInt64Array(network.accounts);
    for (const { account, balance } of network.funded) this.balances[account] = balance;
    this.#random = seededRandom(hash('test/ledger', utf8(seed)));
    this.#previous = network.id;
  }

  /** One block with so many transfers of 1 between random pages, these slots opened, and new keys in these pages. */
  async grow(transfers: number, opens: readonly number[] = [], rekeys: readonly number[] = []): Promise<Prepared[]> {
    const prepared = this.#prepare(transfers, opens, rekeys);
    const certified = this.#certified(transfers, opens);
    for (const [bank, store] of this.stores.entries()) {
      this.states[bank].apply(prepared[bank]);
      await store.commit([...commitOps(this.states[bank], prepared[bank], []), ...putCertified(certified)]);
    }
    this.records.push(certified.record);
    this.#previous = hashRecordBytes(encodeRecord(certified.record));
    return prepared;
  }

  #prepare(transfers: number, opens: readonly number[], rekeys: readonly number[]): Prepared[] {
    const { parties } = this;
    const halves = Array.from({ length: transfers }, () => this.#transfer()).flat();
    const opened = opens.map(account => this.#open(account));
    const rekeyed = rekeys.map(page => this.#rekey(page));
    const height = this.records.length + 1;
    return parties.map((_, bank) => ({
      height,
      attempt: 1,
      changes: halves.map(half => half[bank]),
      opens: opened.map(each => each[bank]),
      rekeys: rekeyed.map(each => each[bank]),
      receipts: noReceipts,
    }));
  }

  #transfer(): PageChange[][] {
    const { pageSize, accounts } = this.network;
    const change = zeros(pageSize);
    const [from, to, slot] = [
      this.#below(accounts / pageSize),
      this.#below(accounts / pageSize),
      this.#below(pageSize),
    ];
    change[slot] = 1n;
    this.balances[from * pageSize + slot]--;
    this.balances[to * pageSize + slot]++;
    const deal = (page: number, x: Vec) =>
      dealShares(this.parties, x, this.#random).map(shares => ({ page, change: shares }));
    return [deal(from, negVec(change)), deal(to, change)];
  }

  #open(account: number): Opened[] {
    if (this.network.pageSize === 1) {
      const publicKeys = { spending: this.#random.bytes(32), viewing: this.#random.bytes(32) };
      return this.parties.map(() => ({ account, shared: undefined, publicKeys }));
    }
    const keys = maskToField(this.#random.bytes(16));
    return dealShares(this.parties, keys, this.#random).map(shared => ({ account, shared, publicKeys: undefined }));
  }

  #rekey(page: number): Rekeyed[] {
    const { pageSize } = this.network;
    if (pageSize === 1) {
      const publicKeys = { spending: this.#random.bytes(32), viewing: this.#random.bytes(32) };
      return this.parties.map(() => ({ page, shared: undefined, publicKeys }));
    }
    const changes = maskToField(this.#random.bytes(16 * pageSize));
    return dealShares(this.parties, changes, this.#random).map(shared => ({ page, shared, publicKeys: undefined }));
  }

  #below(count: number): number {
    return new DataView(this.#random.bytes(4).buffer).getUint32(0) % count;
  }

  /** Signatures are random bytes: who reads a log from the disk checked them before it was written. */
  #certified(transfers: number, opens: readonly number[]): { record: LedgerRecord; certificate: Certificate } {
    const { network } = this;
    const id = () => this.#random.bytes(32);
    const settled = () => ({ id: id(), status: { kind: 'settled', pi: this.#below(10) === 0 ? 0 : 1 } }) as const;
    const record: LedgerRecord = {
      networkId: network.id,
      rosterVersion: network.rosterVersion,
      height: this.records.length + 1,
      attempt: 1,
      previous: this.#previous,
      entries: [
        ...Array.from({ length: transfers }, settled),
        ...opens.map(account => ({ id: id(), status: { kind: 'opened', account } }) as const),
      ],
      burned: [],
      digest: this.#random.bytes(32),
      receiptsHash: hashReceipts(noReceipts),
      supply: network.supply,
      recoveryHashes: [],
    };
    const certificate = network.banks.map(() => ({ commitment: id(), signature: this.#random.bytes(64) }));
    return { record, certificate };
  }
}

/** Commits steps until none is due; how many there were. */
export async function untilDone(
  store: Store,
  next: () => Promise<{ readonly ops: readonly StoreOp[]; done(): void } | undefined>,
): Promise<number> {
  let count = 0;
  for (let step = await next(); step; step = await next()) {
    await store.commit(step.ops);
    step.done();
    count++;
  }
  return count;
}

/** As a bank that starts on this store and folds what is due. */
export async function foldAll(store: Store, network: Network, party: Party): Promise<number> {
  const folding = new Folding(store, await loadLedger(store, network, party));
  return untilDone(store, () => folding.next());
}
