/**
 * What a wallet knows, as one value that is never changed in place: the next state is written down before it counts.
 *
 *     head      the last final record this wallet has checked; all records up to it were checked one by one
 *     opened    accounts that those records have opened
 *     rekeys    how often those records have replaced keys of a page
 *     scanned   the last final record that was looked through for memos: what they tell is `received`
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
import { balancePointsMax } from '../limits.js';
import type { ViewingKey } from './viewing-code.js';

export type Intent =
  | {
      readonly kind: 'transfer';
      readonly from: number;
      readonly to: number;
      readonly amount: bigint;
      readonly memo?: IntendedMemo | undefined;
    }
  /** `version`: of the new keys. */
  | { readonly kind: 'rekey'; readonly account: number; readonly version: number }
  /** `claim`: the claim key's seed, for a slot that genesis funds. */
  | { readonly kind: 'open'; readonly account: number; readonly claim: Uint8Array | undefined }
  /** `key`: of a viewing code, for somebody else's account. */
  | { readonly kind: 'reveal'; readonly account: number; readonly key?: ViewingKey };

export interface IntendedMemo {
  readonly text: string;
  /** The payee's, from its address; absent for an own account, which needs no telling. */
  readonly key?: Uint8Array | undefined;
}

/** An envelope as it is sent, again and again if need be: identical bytes. */
export interface Sealed {
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
  /** The last height it may stand in. */
  readonly expiry: number;
  /** The certified head held before it was made. */
  readonly base: ChainHead;
  /** theta of a transfer, the output mask of a reveal, 0 of others. */
  readonly secret: bigint;
}

/** 'roster': a later roster version is in force. */
export type Why = 'burned' | 'expired' | 'roster' | 'taken' | RejectReason;

export type Outcome =
  | { readonly state: 'pending' }
  | { readonly state: 'settled' | 'cancelled' | 'opened' | 'rekeyed'; readonly height: number }
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
  /** When it was asked, and when a record had decided it, by this device's clock: milliseconds since 1970. */
  readonly askedAt?: number | undefined;
  readonly decidedAt?: number | undefined;
}

export interface KnownAccount {
  readonly account: number;
  readonly label: string;
  /** How often its keys were replaced, as far as this wallet did it; absent while they never were. */
  readonly version?: number | undefined;
}

/** A viewing code that was given to somebody: of a version of the account's keys. */
export interface Consent {
  readonly account: number;
  readonly label: string;
  readonly version: number;
  readonly givenAt: number;
  /** The wallet's last record then. */
  readonly height: number;
  readonly withdrawnAtHeight?: number | undefined;
}

/** What an account held at the start of the block of a height. */
export interface BalancePoint {
  readonly account: number;
  readonly balance: bigint;
  readonly height: number;
  readonly time: number;
}

/** A payment that a memo told of and a record proved. */
export interface Received {
  /** Of its envelope. */
  readonly id: Uint8Array;
  readonly account: number;
  readonly amount: bigint;
  readonly memo: string;
  readonly height: number;
  /** When this device found it. */
  readonly time: number;
}

export interface WalletState {
  readonly seedPhrase: string;
  readonly networkId: Uint8Array;
  readonly accounts: readonly KnownAccount[];
  readonly head: ChainHead;
  readonly opened: ReadonlySet<number>;
  /** By page: how often keys of its accounts were replaced, as the records say. */
  readonly rekeys: ReadonlyMap<number, number>;
  readonly consents: readonly Consent[];
  /** In the order of asking. */
  readonly points: readonly BalancePoint[];
  /** In the order of finding. */
  readonly received: readonly Received[];
  /** The last record that was looked through for memos: with a chain of its own, mostly behind `head`. */
  readonly scanned: ChainHead;
  readonly orders: ReadonlyMap<string, Order>;
}

/** Opens and reveals are one at a time for each account; transfers go by their payment reference. */
export const orderName = {
  transfer: (reference: string) => `transfer ${reference}`,
  open: (account: number) => `open ${account}`,
  reveal: (account: number) => `reveal ${account}`,
  /** `code`: tells codes of one account apart. */
  view: (account: number, code: string) => `view ${account} ${code}`,
  rekey: (account: number) => `rekey ${account}`,
};

export function startState(seedPhrase: string, networkId: Uint8Array): WalletState {
  const head = { height: 0, hash: networkId };
  return {
    seedPhrase,
    networkId,
    accounts: [],
    head,
    opened: new Set(),
    rekeys: new Map(),
    consents: [],
    points: [],
    received: [],
    scanned: head,
    orders: new Map(),
  };
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

/** One more balance. Of three that say the same in a row the middle one goes; of too many the oldest. */
export function putPoint(state: WalletState, point: BalancePoint): WalletState {
  const own = state.points.filter(({ account }) => account === point.account);
  const [before, last] = own.slice(-2);
  const isMiddle = last && before?.balance === last.balance && last.balance === point.balance;
  const kept = isMiddle ? state.points.filter(each => each !== last) : state.points;
  return { ...state, points: [...kept, point].slice(-balancePointsMax) };
}

/** An order with a new envelope. Only for orders that have none alive. */
export function withSealed(order: Order, sealed: Sealed): Order {
  assert(!order.sealed || order.outcome.state === 'dead', 'an order has one envelope alive');
  return { ...order, sealed, tries: order.tries + 1, outcome: { state: 'pending' } };
}

/** What `records`, final and the next ones in order, mean to this wallet. `head` is that of the last; `now`: wall time. */
export function advance(
  state: WalletState,
  records: readonly LedgerRecord[],
  head: ChainHead,
  now?: number,
): WalletState {
  assert(records.length === head.height - state.head.height, 'every record is looked through');
  const opened = new Set(state.opened);
  const rekeys = new Map(state.rekeys);
  let orders = [...state.orders.values()];
  records.forEach((record, i) => {
    assert(record.height === state.head.height + 1 + i, 'records come in order');
    for (const { status } of record.entries) {
      if (status.kind === 'opened') opened.add(status.account);
      else if (status.kind === 'rekeyed') rekeys.set(status.page, (rekeys.get(status.page) ?? 0) + 1);
    }
    orders = orders.map(order => afterRecord(order, record, now));
  });
  const accounts = state.accounts.filter(({ account }) => !orders.some(order => isLost(order, account)));
  const next = { ...state, head, opened, rekeys, accounts, orders: new Map(orders.map(order => [order.name, order])) };
  return orders.filter(order => state.orders.get(order.name) !== order).reduce(withNewKeys, next);
}

/** An order that replaced an account's keys: the wallet has the new ones from here on, and no code of the old ones serves. */
function withNewKeys(state: WalletState, { intent, outcome }: Order): WalletState {
  if (intent.kind !== 'rekey' || outcome.state !== 'rekeyed') return state;
  const { account, version } = intent;
  const { height } = outcome;
  const isOut = (consent: Consent) => consent.account === account && consent.version < version;
  return {
    ...state,
    accounts: state.accounts.map(known => (known.account === account ? { ...known, version } : known)),
    consents: state.consents.map(consent =>
      isOut(consent) && consent.withdrawnAtHeight === undefined ? { ...consent, withdrawnAtHeight: height } : consent,
    ),
  };
}

export const isOwn = ({ accounts }: WalletState, account: number): boolean =>
  accounts.some(own => own.account === account);

/** Opened by this wallet, as final records say. */
export function isOpen(state: WalletState, account: number): boolean {
  const opening = state.orders.get(orderName.open(account));
  return isOwn(state, account) && state.opened.has(account) && (!opening || opening.outcome.state === 'opened');
}

/** Its keys are being replaced: an envelope that asks for it may be on the way. */
export const isRekeying = ({ orders }: WalletState, account: number): boolean =>
  orders.get(orderName.rekey(account))?.outcome.state === 'pending';

/** Somebody else was faster to open the slot: it is no account of this wallet. */
const isLost = ({ intent, outcome }: Order, account: number): boolean =>
  intent.kind === 'open' && intent.account === account && outcome.state === 'dead' && outcome.why === 'taken';

function afterRecord(order: Order, record: LedgerRecord, now: number | undefined): Order {
  const { sealed, outcome } = order;
  if (!sealed || outcome.state !== 'pending') return order;
  const next = fate(order.intent, sealed, record);
  if (!next) return order;
  // A decided envelope is needed no more: a dead one is never sent again, a settled one has its outcome.
  return { ...order, outcome: next, sealed: undefined, decidedAt: now };
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
  if (intent.kind === 'rekey' && status.kind === 'rekeyed') return { state: 'rekeyed', height };
  assert(intent.kind === 'open' && status.kind === 'opened', 'n banks certify a status of the kind of its operation');
  return { state: 'opened', height };
}
