/**
 * Carrying out orders: the part of a wallet that must never pay twice.
 *
 *     stored  ->  sent  ->  recorded  ->  final          settled or cancelled, read with theta
 *                   ^          |
 *                   +-- dead --+                         burned, rejected or expired unseen: a new envelope, same order
 *
 * An order is known by its name. Its envelope, with what reads the verdict, is saved before it is sent; whoever comes
 * again with that name goes on with the stored envelope, in identical bytes, to whichever bank. Another envelope is made
 * only when final records, checked one by one, prove that the one before can never be applied (`state.ts`), and it is
 * saved before it is sent too.
 *
 * Source: protocol.md, section 10, the wallet's rule.
 */
import type { SealPacket } from '../envelope/index.js';
import { assert, CovaultError, isCode } from '../errors.js';
import { followWaitMs, followWaitsMax, walletPauseMs, walletTriesMax } from '../limits.js';
import type { Network } from '../network/index.js';
import type { Clock, Randomness } from '../ports.js';
import type { EnvelopeNews, GatewayClient } from './client.js';
import { finalRecords } from './follow.js';
import { accountKeys, memoSecret, seedOf } from './keys.js';
import type { WalletStore } from './ports.js';
import type { CallOptions } from './progress.js';
import { actingAccount, sealIntent, viewingKeyOf } from './seal.js';
import {
  advance,
  dropOrder,
  type Intent,
  isOwn,
  isRekeying,
  type Order,
  putAccount,
  putOrder,
  putOrders,
  putPoint,
  type WalletState,
  type Why,
  withSealed,
} from './state.js';
import type { ViewingKey } from './viewing-code.js';
import { sealWallet, type WalletKey } from './wallet-file.js';

export interface OrderBookOptions {
  readonly network: Network;
  readonly store: WalletStore;
  readonly key: WalletKey;
  readonly random: Randomness;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallTime: () => number;
  readonly expiryHeights: number;
  readonly timeoutMs: number;
  readonly unreachableMs: number;
}

/** What is asked, and what to say of it. */
export interface Asked {
  readonly name: string;
  readonly intent: Intent;
  /** Transfers: the payment reference. */
  readonly reference?: string | undefined;
  /** Opens: how the account is called. */
  readonly label?: string | undefined;
}

export class OrderBook {
  readonly #o: OrderBookOptions;
  readonly #seed: Uint8Array;
  #state: WalletState;
  /** Changes of the state, one after the other. */
  #changes: Promise<unknown> = Promise.resolve();
  /** Orders being carried out, by name. */
  readonly #running = new Map<string, Promise<Order>>();

  constructor(options: OrderBookOptions, state: WalletState) {
    this.#o = options;
    this.#state = state;
    this.#seed = seedOf(state.seedPhrase);
  }

  get state(): WalletState {
    return this.#state;
  }

  isRunning(name: string): boolean {
    return this.#running.has(name);
  }

  /** The order's outcome, once. A second caller of an order under way waits with the first. */
  async carryOut(asked: Asked, client: GatewayClient, options: CallOptions): Promise<Order> {
    const { name, intent, reference } = asked;
    const running = this.#running.get(name);
    if (running) {
      const order = await running;
      checkSame(order.intent, intent, reference);
      return order;
    }
    const run = this.#run(asked, client, options);
    this.#running.set(name, run);
    try {
      return await run;
    } catch (error) {
      if (reference === undefined || !(error instanceof CovaultError)) throw error;
      throw new CovaultError(error.code, error.message, { ...error.facts, reference }, error.culprit);
    } finally {
      this.#running.delete(name);
    }
  }

  async #run(asked: Asked, client: GatewayClient, options: CallOptions): Promise<Order> {
    const { name, intent, reference } = asked;
    const stored = this.#state.orders.get(name);
    if (stored) checkSame(stored.intent, intent, reference);
    if (stored && intent.kind === 'transfer' && isDone(stored)) return stored;
    await this.syncPatiently(client, options);
    await this.#begin(asked);
    if (reference !== undefined) options.onProgress?.({ kind: 'stored', reference });
    const order = await this.#follow(name, client, options);
    // Only payments are remembered as orders: a balance is old as soon as it is read, the others stand in the records.
    if (intent.kind !== 'transfer') await this.update(state => dropOrder(this.#noted(state, order), name));
    return order;
  }

  /** What an own account holds, for statements. A closed slot receives nothing: at its opening it holds what genesis gave it. */
  #noted(state: WalletState, { intent, outcome }: Order): WalletState {
    const time = this.#o.wallTime();
    if (intent.kind === 'reveal' && intent.key === undefined && outcome.state === 'revealed') {
      const { balance, height } = outcome;
      return putPoint(state, { account: intent.account, balance, height, time });
    }
    if (intent.kind !== 'open' || outcome.state !== 'opened') return state;
    const { account } = intent;
    const balance = this.#o.network.funded.find(slot => slot.account === account)?.balance ?? 0n;
    return putPoint(state, { account, balance, height: outcome.height + 1, time });
  }

  /** The order with an envelope alive, on the disk. What the records have decided already is left as it is. */
  async #begin({ name, intent, label = '' }: Asked): Promise<void> {
    await this.update(state => {
      const order = this.#begun(state, { name, intent });
      if (!order) return state;
      const known = intent.kind === 'open' ? putAccount(state, { account: intent.account, label }) : state;
      return putOrder(known, order);
    });
  }

  /** Many transfers, each with an envelope alive, on the disk in one save. `seal`: a submission session's. */
  async beginAll(asked: readonly Asked[], seal: SealPacket): Promise<void> {
    await this.update(state =>
      putOrders(
        state,
        asked.flatMap(each => this.#begun(state, each, seal) ?? []),
      ),
    );
  }

  /** The order with a new envelope; nothing if it needs none. */
  #begun(state: WalletState, { name, intent }: Asked, seal?: SealPacket): Order | undefined {
    const stored = state.orders.get(name);
    const isAnswered =
      intent.kind !== 'reveal' && stored !== undefined && isDone(stored) && !isOlder(stored.intent, intent);
    const alive = stored && (stored.outcome.state === 'pending' || isAnswered);
    if (alive) return undefined;
    this.check(state, intent);
    const askedAt = this.#o.wallTime();
    const order = { name, intent, sealed: undefined, tries: 0, outcome: { state: 'pending' }, askedAt } as const;
    return withSealed(
      stored && !isDone(stored) && !isOlder(stored.intent, intent) ? stored : order,
      this.#seal(state, intent, seal),
    );
  }

  #seal(state: WalletState, intent: Intent, seal?: SealPacket) {
    const account = actingAccount(intent);
    const keysOf = (version = this.keyVersion(state, account)) =>
      accountKeys(this.#seed, this.#o.network, account, version);
    return sealIntent(this.#o.network, keysOf, intent, state.head, this.#o.expiryHeights, this.#o.random, seal);
  }

  /** How often an account's keys have been replaced: public where a page is an account, else known to its wallet alone. */
  keyVersion(state: WalletState, account: number): number {
    if (this.#o.network.pageSize === 1) return state.rekeys.get(account) ?? 0;
    return state.accounts.find(known => known.account === account)?.version ?? 0;
  }

  memoSecret(account: number): Uint8Array {
    return memoSecret(this.#seed, this.#o.network, account);
  }

  /** Of an account of this wallet's seed phrase: as it is now, or of a version of its keys. */
  viewingKey(account: number, version = this.keyVersion(this.#state, account)): ViewingKey {
    return viewingKeyOf(accountKeys(this.#seed, this.#o.network, account, version));
  }

  /** Whether an intent can succeed, by the final records. Throws; nothing has happened then. */
  check(state: WalletState, intent: Intent): void {
    if (intent.kind === 'open') {
      if (state.opened.has(intent.account)) throw openSlot(intent.account);
      if (!intent.claim && this.#o.network.funded.some(({ account }) => account === intent.account)) {
        throw new CovaultError('BAD_SIGNATURE', 'genesis funds this account: opening it needs its claim file');
      }
      return;
    }
    if (intent.kind === 'reveal' && intent.key !== undefined) {
      if (!state.opened.has(intent.account)) throw closedSlot(intent.account);
      return;
    }
    const acting = actingAccount(intent);
    if (!isOwn(state, acting)) throw foreignAccount(acting);
    for (const account of intent.kind === 'transfer' ? [intent.from, intent.to] : [intent.account]) {
      if (!state.opened.has(account)) throw closedSlot(account);
    }
    this.#checkKeysStay(state, intent, acting);
  }

  /** What is under way under an account's keys, and what replaces them, exclude each other: banks would reject the one. */
  #checkKeysStay(state: WalletState, intent: Intent, account: number): void {
    if (intent.kind !== 'rekey') {
      if (isRekeying(state, account)) throw changingKeys(account);
      return;
    }
    const isUnderWay = ({ intent: other, outcome }: Order) =>
      outcome.state === 'pending' && other.kind !== 'rekey' && actingAccount(other) === account && !isOfCode(other);
    if (![...state.orders.values()].some(isUnderWay)) return;
    const why = 'payments or look-ups of this account are still under way: first these';
    throw new CovaultError('NOT_READY', why, { account });
  }

  /** Sends, reads, sends anew, until final records say how it went. */
  async #follow(name: string, client: GatewayClient, options: CallOptions): Promise<Order> {
    const until = this.#o.clock.now() + this.#o.timeoutMs;
    let known: EnvelopeNews['state'] = 'unknown';
    let sent = false;
    let waits = 0;
    let failures = 0;
    for (;;) {
      const order = this.#state.orders.get(name);
      assert(order !== undefined, 'orders under way are kept');
      if (isDone(order)) return order;
      if (order.outcome.state === 'dead') {
        await this.#renew(order, order.outcome.why, ++failures);
        options.onProgress?.({ kind: 'renewed', why: order.outcome.why });
        [known, sent] = ['unknown', false];
        continue;
      }
      if (this.#o.clock.now() >= until) {
        client.turn(); // the next call begins with another bank
        throw new CovaultError('TIMED_OUT', 'no outcome yet: try again later');
      }
      const { sealed } = order;
      assert(sealed !== undefined, 'a pending order has its envelope');
      if (!sent) {
        await this.#patiently(options, () => this.#send(client, order.intent, sealed.bytes));
        options.onProgress?.({ kind: 'sent', bank: client.bank });
        sent = true;
      }
      const before = this.#state.head.height;
      const news = await this.#patiently(options, () => client.follow(sealed.id, known, followWaitMs));
      options.onProgress?.({ kind: 'waiting', bank: client.bank, state: news.state, waitingFor: news.waitingFor });
      await this.syncPatiently(client, options);
      if (news.state === 'unknown') sent = false; // another bank, or one that has forgotten: it gets the same bytes
      if (news.state === known || news.state === 'unknown') await this.#pause(); // whoever answers at once is not hurried
      // only records are progress: a bank may say of an envelope what it likes
      waits = this.#state.head.height === before ? waits + 1 : 0;
      known = news.state;
      if (waits >= followWaitsMax) {
        client.turn();
        [sent, waits] = [false, 0];
      }
    }
  }

  async #send(client: GatewayClient, intent: Intent, bytes: Uint8Array): Promise<void> {
    try {
      await client.submit(bytes);
    } catch (error) {
      // The bank is further than the records seen here: those say what became of it.
      if (isCode(error, 'EXPIRED')) return;
      if (!(error instanceof CovaultError) || error.action !== 'caller' || intent.kind !== 'transfer') throw error;
      // a bank that takes a payment and says that it does not must not make anybody pay again
      throw new CovaultError('REFUSED', `the payment is kept, but the banks refuse it: ${error.message}`, {
        refusal: error.code,
      });
    }
  }

  /** A dead order gets a new envelope, on the disk. Throws REJECTED, SLOT_OPEN: another would fare no better. */
  async #renew(order: Order, why: Why, failures: number): Promise<void> {
    if (why === 'taken') {
      assert(order.intent.kind === 'open', 'slots are taken');
      const { account } = order.intent;
      await this.update(state => dropOrder(state, order.name));
      throw openSlot(account);
    }
    if (isHopeless(why, failures)) {
      throw new CovaultError('REJECTED', `the banks reject it (${why}); nothing was paid`, { reason: why });
    }
    // whoever else follows this order may have been faster: one envelope alive
    await this.update(state => {
      if (state.orders.get(order.name) !== order) return state;
      if (order.intent.kind !== 'open') this.check(state, order.intent);
      return putOrder(state, withSealed(order, this.#seal(state, order.intent)));
    });
  }

  /** Reads final records as far as this client shows any. Throws BAD_CERTIFICATE, UNREACHABLE. */
  async sync(client: GatewayClient): Promise<void> {
    for (;;) {
      const from = this.#state.head;
      const found = await client.records(from.height + 1, news => finalRecords(this.#o.network, from, news));
      if (found.records.length === 0) return;
      await this.update(state =>
        state.head.height === from.height ? advance(state, found.records, found.head, this.#o.wallTime()) : state,
      );
    }
  }

  /** The same, again and again while no bank serves. */
  syncPatiently(client: GatewayClient, options: CallOptions): Promise<void> {
    return this.#patiently(options, () => this.sync(client));
  }

  /** Again and again while banks ask for patience, up to `unreachableMs`. */
  async #patiently<T>(options: CallOptions, call: () => Promise<T>): Promise<T> {
    const until = this.#o.clock.now() + this.#o.unreachableMs;
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof CovaultError) || error.action !== 'retry' || this.#o.clock.now() >= until) throw error;
        options.onProgress?.({ kind: 'trouble', code: error.code, message: error.message });
        await this.#pause();
      }
    }
  }

  #pause(): Promise<void> {
    return new Promise(resolve => {
      this.#o.clock.after(walletPauseMs, resolve);
    });
  }

  /** The next state: in force only once it is saved. */
  update(change: (state: WalletState) => WalletState): Promise<void> {
    const run = this.#changes.then(async () => {
      const next = change(this.#state);
      if (next === this.#state) return;
      await this.#o.store.save(sealWallet(next, this.#o.key, this.#o.random));
      this.#state = next;
    });
    this.#changes = run.catch(() => {});
    return run;
  }
}

/** A look-up under somebody's viewing code. */
const isOfCode = (intent: Intent): boolean => intent.kind === 'reveal' && intent.key !== undefined;

/** Keys were replaced, and are to be replaced once more. */
const isOlder = (stored: Intent, asked: Intent): boolean =>
  stored.kind === 'rekey' && asked.kind === 'rekey' && stored.version !== asked.version;

export const isDone = ({ outcome: { state } }: Order): boolean => state !== 'pending' && state !== 'dead';

/** Whether another envelope would fare no better. `failures`: of this order, in this call. */
export function isHopeless(why: Why, failures: number): boolean {
  if (why === 'integrity') return failures >= walletTriesMax;
  return why !== 'burned' && why !== 'expired' && why !== 'roster';
}

/** Throws REFERENCE_REUSED. */
export function checkSame(stored: Intent, asked: Intent, reference: string | undefined): void {
  if (stored.kind !== 'transfer' || asked.kind !== 'transfer') return;
  const isSamePayment = stored.from === asked.from && stored.to === asked.to && stored.amount === asked.amount;
  if (isSamePayment && stored.memo?.text === asked.memo?.text) return;
  throw new CovaultError('REFERENCE_REUSED', 'this reference was used for another payment', {
    reference: reference ?? '',
  });
}

export const closedSlot = (account: number) =>
  new CovaultError('SLOT_CLOSED', `account ${account} is not open yet`, { account });

export const foreignAccount = (account: number) =>
  new CovaultError('UNKNOWN_ACCOUNT', 'the account is not in this wallet', { account });

export const changingKeys = (account: number) =>
  new CovaultError('NOT_READY', 'the keys of this account are being replaced: when that is done', { account });

const openSlot = (account: number) =>
  new CovaultError('SLOT_OPEN', `account ${account} was opened by somebody else`, { account });
