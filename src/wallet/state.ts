/**
 * What a wallet knows, as one value that is never changed in place: the next state is written down before it counts.
 *
 *     head      the last final record this wallet has checked; all records up to it were checked one by one
 *     opened    accounts that those records have opened
 *     orders    what the holder asked for, by name; an order has at most one envelope alive
 *
 * Invariant, on which "never pays twice" rests: the record after an envelope's `base` and all later ones up to `head`
 * were looked through for its id while the order was pending. It holds because `base` is `head` at the moment the
 * envelope is made, and `head` moves only through `advance`.
 *
 * Not here: the bytes on the disk (`wallet-file.ts`), where records come from (`follow.ts`).
 * Source: protocol.md, section 10, the wallet's rule.
 */
import { equalBytes } from '../crypto/index.js';
import { decodeEnvelope } from '../envelope/index.js';
import { assert } from '../errors.js';
import { fp } from '../field/index.js';
import type { ChainHead, LedgerRecord, RejectReason, Status } from '../ledger/log.js';

export type Intent =
  | { readonly kind: 'transfer'; readonly from: number; readonly to: number; readonly amount: bigint }
  /** `claim`: the claim key's seed, for a slot that genesis funds. */
  | { readonly kind: 'open'; readonly account: number; readonly claim: Uint8Array | undefined }
  | { readonly kind: 'reveal'; readonly account: number };

/** An envelope as it is sent, again and again if need be: identical bytes. */
export interface Sealed {
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
  /** The last height it may stand in. */
  readonly expiry: number;
  /** The certified head held before it was made. */
  readonly base: ChainHead;
  /** theta of a transfer, the output mask of a reveal, 0 of an open. */
  readonly secret: bigint;
}

/** 'roster': a later roster version is in force. */
export type Why = 'burned' | 'expired' | 'roster' | 'taken' | RejectReason;

export type Outcome =
  | { readonly state: 'pending' }
  | { readonly state: 'settled' | 'cancelled' | 'opened'; readonly height: number }
  | { readonly state: 'revealed'; readonly height: number; readonly balance: bigint }
  /** No record can ever apply this envelope; another one may be made. */
  | { readonly state: 'dead'; readonly height: number; readonly why: Why };

export interface Order {
  readonly name: string;
  readonly intent: Intent;
  /** The newest envelope; absent once its fate is known and needs it no more. */
  readonly sealed: Sealed | undefined;
  /** Envelopes made so far. */
  readonly tries: number;
  readonly outcome: Outcome;
}

export interface KnownAccount {
  readonly account: number;
  readonly label: string;
}

export interface WalletState {
  readonly seedPhrase: string;
  readonly networkId: Uint8Array;
  readonly accounts: readonly KnownAccount[];
  readonly head: ChainHead;
  readonly opened: ReadonlySet<number>;
  readonly orders: ReadonlyMap<string, Order>;
}

/** Opens and reveals are one at a time for each account; transfers go by their payment reference. */
export const orderName = {
  transfer: (reference: string) => `transfer ${reference}`,
  open: (account: number) => `open ${account}`,
  reveal: (account: number) => `reveal ${account}`,
};

export function startState(seedPhrase: string, networkId: Uint8Array): WalletState {
  const head = { height: 0, hash: networkId };
  return { seedPhrase, networkId, accounts: [], head, opened: new Set(), orders: new Map() };
}

export function putOrder(state: WalletState, order: Order): WalletState {
  return { ...state, orders: new Map(state.orders).set(order.name, order) };
}

/** In one copy: a batch puts many. */
export function putOrders(state: WalletState, orders: readonly Order[]): WalletState {
  if (orders.length === 0) return state;
  const all = new Map(state.orders);
  for (const order of orders) all.set(order.name, order);
  return { ...state, orders: all };
}

export function dropOrder(state: WalletState, name: string): WalletState {
  const orders = new Map(state.orders);
  orders.delete(name);
  return { ...state, orders };
}

export function putAccount(state: WalletState, added: KnownAccount): WalletState {
  const others = state.accounts.filter(({ account }) => account !== added.account);
  return { ...state, accounts: [...others, added].sort((a, b) => a.account - b.account) };
}

/** An order with a new envelope. Only for orders that have none alive. */
export function withSealed(order: Order, sealed: Sealed): Order {
  assert(!order.sealed || order.outcome.state === 'dead', 'an order has one envelope alive');
  return { ...order, sealed, tries: order.tries + 1, outcome: { state: 'pending' } };
}

/** What `records`, final and the next ones in order, mean to this wallet. `head` is that of the last. */
export function advance(state: WalletState, records: readonly LedgerRecord[], head: ChainHead): WalletState {
  assert(records.length === head.height - state.head.height, 'every record is looked through');
  const opened = new Set(state.opened);
  let orders = [...state.orders.values()];
  records.forEach((record, i) => {
    assert(record.height === state.head.height + 1 + i, 'records come in order');
    for (const { status } of record.entries) if (status.kind === 'opened') opened.add(status.account);
    orders = orders.map(order => afterRecord(order, record));
  });
  const accounts = state.accounts.filter(({ account }) => !orders.some(order => isLost(order, account)));
  return { ...state, head, opened, accounts, orders: new Map(orders.map(order => [order.name, order])) };
}

/** Somebody else was faster to open the slot: it is no account of this wallet. */
const isLost = ({ intent, outcome }: Order, account: number): boolean =>
  intent.kind === 'open' && intent.account === account && outcome.state === 'dead' && outcome.why === 'taken';

function afterRecord(order: Order, record: LedgerRecord): Order {
  const { sealed, outcome } = order;
  if (!sealed || outcome.state !== 'pending') return order;
  const next = fate(order.intent, sealed, record);
  if (!next) return order;
  // A decided envelope is needed no more: a dead one is never sent again, a settled one has its outcome.
  return { ...order, outcome: next, sealed: undefined };
}

/** What one record says of one envelope; nothing if it goes on waiting. */
function fate(intent: Intent, sealed: Sealed, record: LedgerRecord): Outcome | undefined {
  const { height } = record;
  const entry = record.entries.find(({ id }) => equalBytes(id, sealed.id));
  if (entry) return outcomeOf(intent, sealed, entry.status, height);
  if (record.burned.some(id => equalBytes(id, sealed.id))) return { state: 'dead', height, why: 'burned' };
  if (intent.kind === 'open' && opens(record, intent.account)) return { state: 'dead', height, why: 'taken' };
  // no block takes an envelope of an earlier roster once a final record names the later
  if (record.rosterVersion > 0 && record.rosterVersion > rosterOf(sealed))
    return { state: 'dead', height, why: 'roster' };
  if (height >= sealed.expiry) return { state: 'dead', height, why: 'expired' };
  return undefined;
}

/** Decoded once: a wallet looks through many records for many envelopes. */
const rosters = new WeakMap<Sealed, number>();

function rosterOf(sealed: Sealed): number {
  const known = rosters.get(sealed);
  if (known !== undefined) return known;
  const { rosterVersion } = decodeEnvelope(sealed.bytes).header;
  rosters.set(sealed, rosterVersion);
  return rosterVersion;
}

const opens = (record: LedgerRecord, account: number) =>
  record.entries.some(({ status }) => status.kind === 'opened' && status.account === account);

function outcomeOf(intent: Intent, sealed: Sealed, status: Status, height: number): Outcome {
  if (status.kind === 'rejected') return { state: 'dead', height, why: status.reason };
  if (intent.kind === 'transfer' && status.kind === 'settled') {
    return { state: (BigInt(status.pi) ^ sealed.secret) === 1n ? 'settled' : 'cancelled', height }; // v = pi XOR theta
  }
  if (intent.kind === 'reveal' && status.kind === 'revealed') {
    return { state: 'revealed', height, balance: fp.sub(status.y, sealed.secret) }; // b = y - s
  }
  assert(intent.kind === 'open' && status.kind === 'opened', 'n banks certify a status of the kind of its operation');
  return { state: 'opened', height };
}
