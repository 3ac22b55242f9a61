/**
 * A holder's wallet: keys, accounts, payments, balances; over the gateways of several banks, trusting none.
 *
 * A payment is known by its reference, and pays once (`order-book.ts`). One process at a time may have a wallet open: the
 * store's host sees to that.
 *
 * Not here: balances kept up to date.
 */
import { toHex, x25519 } from '../crypto/index.js';
import { assert, CovaultError } from '../errors.js';
import {
  expiryHeightsDefault,
  expiryHeightsMax,
  referenceLengthMax,
  walletTimeoutMs,
  walletUnreachableMs,
} from '../limits.js';
import type { Network } from '../network/index.js';
import type { Randomness } from '../ports.js';
import { encodeAddress, payeeOf, readAccount } from './address.js';
import { adopt } from './adopting.js';
import { checkAmount } from './amount.js';
import { Batch, type BatchOptions, type BatchResult } from './batch.js';
import { type BatchPayment, eachOrRefuse, planBatch } from './batch-plan.js';
import { GatewayClient } from './client.js';
import {
  type ConsentInfo,
  consentInfos,
  type GivenConsent,
  giveConsent,
  lookUnder,
  shownBalance,
  type ViewedBalance,
  viewUnder,
  withdrawConsent,
} from './consents.js';
import { type HistoryEntry, type HistoryRange, historyOf } from './history.js';
import { checkSeedPhrase, newSeedPhrase } from './keys.js';
import { type ReceiveOptions, type ReceiveResult, receive } from './memos.js';
import { type OpenOptions, openAccount } from './opening.js';
import { type Asked, closedSlot, foreignAccount, isDone, OrderBook } from './order-book.js';
import {
  defaultClock,
  defaultConnect,
  defaultFetch,
  defaultRandom,
  defaultWallTime,
  type Surroundings,
} from './ports.js';
import type { CallOptions } from './progress.js';
import { type Intent, isOpen, isOwn, type Order, orderName, startState, type WalletState } from './state.js';
import { type Statement, statementOf } from './statement.js';
import { newWalletKey, openWallet, scryptCostDefault, sealWallet, type WalletKey } from './wallet-file.js';
import type {
  AccountInfo,
  NewWalletOptions,
  PaymentInfo,
  TransferOptions,
  TransferResult,
  WalletOptions,
} from './wallet-types.js';

/**
 * A holder's wallet: one seed phrase, any number of accounts, the gateways of several banks, of which it believes none.
 * Calls may run beside each other; one process at a time may have a wallet open. Amounts are in the smallest unit. Every call
 * that throws a code to retry (`CovaultError.action`) may be made again as it was.
 */
export class Wallet {
  /** The network it belongs to, as the network file says. */
  readonly network: Network;
  readonly #client: GatewayClient;
  readonly #book: OrderBook;
  readonly #random: Randomness;
  readonly #wallTime: () => number;
  /** By account. Each costs an HKDF and an X25519, and never changes. */
  readonly #addresses = new Map<number, string>();
  readonly #batch: Pick<Surroundings, 'connect' | 'clock'> & {
    readonly timeoutMs: number;
    readonly unreachableMs: number;
  };

  private constructor(options: WalletOptions, state: WalletState, key: WalletKey) {
    const { network, gateways, store, expiryHeights = expiryHeightsDefault } = options;
    assert(expiryHeights >= 1 && expiryHeights <= expiryHeightsMax, 'expiryHeights is within bounds');
    const { fetch = defaultFetch, clock = defaultClock, random = defaultRandom, wallTime = defaultWallTime } = options;
    const { timeoutMs = walletTimeoutMs, unreachableMs = walletUnreachableMs } = options;
    const banks = network.banks.flatMap(({ name }) => (gateways[name] ? [{ name, url: gateways[name] }] : []));
    this.network = network;
    this.#client = new GatewayClient(banks, fetch, clock, options.bank);
    this.#random = random;
    this.#wallTime = wallTime;
    this.#batch = { connect: options.connect, clock, timeoutMs, unreachableMs };
    const patience = { expiryHeights, timeoutMs, unreachableMs };
    this.#book = new OrderBook({ network, store, key, random, clock, wallTime, ...patience }, state);
  }

  /** Throws FILE_EXISTS (never over another wallet), BAD_SEED_PHRASE, BAD_PASSPHRASE. */
  static async create(options: NewWalletOptions): Promise<Wallet> {
    const random = options.random ?? defaultRandom;
    if ((await options.store.load()) !== undefined) {
      throw new CovaultError('FILE_EXISTS', 'there is a wallet already; it is not overwritten');
    }
    const phrase =
      options.seedPhrase === undefined ? newSeedPhrase(random, options.words) : checkSeedPhrase(options.seedPhrase);
    const state = startState(phrase, options.network.id);
    const key = newWalletKey(options.passphrase, options.cost ?? scryptCostDefault, random);
    const wallet = new Wallet(options, state, key);
    await options.store.save(sealWallet(state, key, random));
    return wallet;
  }

  /** Throws BAD_PASSPHRASE, BAD_CONFIG (no wallet there), WRONG_NETWORK, MALFORMED. */
  static async open(options: WalletOptions): Promise<Wallet> {
    const text = await options.store.load();
    if (text === undefined) {
      throw new CovaultError('BAD_CONFIG', 'there is no wallet here yet: create one', { field: 'wallet' });
    }
    const { state, key } = openWallet(text, options.passphrase);
    if (toHex(state.networkId) !== toHex(options.network.id)) {
      throw new CovaultError('WRONG_NETWORK', 'this wallet belongs to another network');
    }
    return new Wallet(options, state, key);
  }

  /** All keys come from it. To be shown once and written on paper. */
  get seedPhrase(): string {
    return this.#book.state.seedPhrase;
  }

  /** The last height whose final record this wallet has checked. */
  get height(): number {
    return this.#book.state.head.height;
  }

  /** Own accounts, ascending by number. */
  accounts(): AccountInfo[] {
    return this.#book.state.accounts.map(({ account, label }) => ({
      account,
      address: this.address(account),
      label,
      state: isOpen(this.#book.state, account) ? 'open' : 'opening',
    }));
  }

  /** Everything ever asked to be paid, in the order of asking. */
  payments(): PaymentInfo[] {
    return [...this.#book.state.orders.values()].flatMap(({ name, intent, outcome: { state } }) => {
      if (intent.kind !== 'transfer' || state === 'opened' || state === 'revealed' || state === 'rekeyed') return [];
      const { from, to, amount } = intent;
      return [{ reference: name.slice(orderName.transfer('').length), from, to, amount, state }];
    });
  }

  /** What happened to own accounts, newest first (`history.ts`). Nothing is asked of any bank. */
  history(range: HistoryRange = {}): HistoryEntry[] {
    return historyOf(this.#book.state, range);
  }

  /** Of one account, for a span of time (`statement.ts`). Nothing is asked of any bank. */
  statement({ account, from, to }: Omit<HistoryRange, 'account'> & { readonly account: number | string }): Statement {
    return statementOf(this.network, this.#book.state, { account: this.accountOf(account), from, to });
  }

  /**
   * Looks through final records for memos to own accounts, from where the last call ended, a bounded number of them.
   * Throws BAD_CERTIFICATE, UNREACHABLE, NOT_READY (all banks asked lag behind the records); what was looked through stays so.
   */
  async receive(options: ReceiveOptions & Pick<CallOptions, 'bank'> = {}): Promise<ReceiveResult> {
    const client = this.#client.preferring(options.bank);
    await this.#book.sync(client);
    return receive(this.network, this.#book, client, this.#wallTime, options);
  }

  /** An own account's address, with its memo key. Throws UNKNOWN_ACCOUNT. */
  address(account: number): string {
    if (!isOwn(this.#book.state, account)) throw foreignAccount(account);
    let address = this.#addresses.get(account);
    if (address === undefined) {
      address = encodeAddress(this.network, account, x25519.publicKey(this.#book.memoSecret(account)));
      this.#addresses.set(account, address);
    }
    return address;
  }

  /** Reads final records as far as there are any. Throws BAD_CERTIFICATE, UNREACHABLE. */
  async sync(options: Pick<CallOptions, 'bank'> = {}): Promise<{ height: number }> {
    await this.#book.sync(this.#client.preferring(options.bank));
    return { height: this.height };
  }

  /**
   * Pays once, however often it is called with one reference, and says how it went. 'cancelled': not enough funds.
   * Throws: BAD_AMOUNT, BAD_ADDRESS, UNKNOWN_ACCOUNT, SLOT_CLOSED, REFERENCE_REUSED; then nothing was sent. REJECTED:
   * not paid. Codes to retry, with the fact `reference`: call again with that reference.
   */
  async transfer(options: TransferOptions): Promise<TransferResult> {
    const { reference = `auto-${toHex(this.#random.bytes(12))}` } = options;
    const { account: to, memo } = payeeOf(this.network, this.#book.state, options);
    const amount = checkAmount(options.amount, this.network);
    const intent: Intent = {
      kind: 'transfer',
      from: this.accountOf(options.from),
      to,
      amount,
      ...(memo ? { memo } : {}),
    };
    if (reference.length < 1 || reference.length > referenceLengthMax) {
      throw new CovaultError('MALFORMED', `a reference has 1 to ${referenceLengthMax} characters`, {
        what: 'reference',
      });
    }
    return this.#pay(reference, intent, options);
  }

  /** Goes on with a payment that was asked for before, as it was asked for. Throws NOT_FOUND, and what `transfer` throws. */
  async resume(reference: string, options: CallOptions = {}): Promise<TransferResult> {
    const stored = this.#book.state.orders.get(orderName.transfer(reference));
    if (!stored) throw new CovaultError('NOT_FOUND', 'no payment of this wallet has this reference', { reference });
    return this.#pay(reference, stored.intent, options);
  }

  async #pay(reference: string, intent: Intent, options: CallOptions): Promise<TransferResult> {
    const name = orderName.transfer(reference);
    const { outcome } = await this.#carryOut({ name, intent, reference }, options);
    assert(outcome.state === 'settled' || outcome.state === 'cancelled', 'a transfer that is done has a verdict');
    return { reference, verdict: outcome.state, height: outcome.height };
  }

  /**
   * Pays a batch over a submission session: each payment once, however often it is called with its reference, and many at a
   * time. Payments of one page settle in the batch's order. What is open at the end goes on by another call.
   * `timeoutMs` counts from the last payment that was decided.
   * Throws BatchRefused (`batch-plan.ts`; also UNKNOWN_ACCOUNT, SLOT_CLOSED): then nothing of the batch was sent.
   */
  async transferMany(payments: readonly BatchPayment[], options: BatchOptions = {}): Promise<BatchResult[]> {
    const book = this.#book;
    const client = this.#client.preferring(options.bank);
    const asked = planBatch(this.network, book.state, payments);
    const isUndecided = asked.some(({ name }) => {
      const order = book.state.orders.get(name);
      return !order || !isDone(order);
    });
    if (isUndecided) await book.syncPatiently(client, options);
    eachOrRefuse(asked, ({ name, intent }) => {
      const stored = book.state.orders.get(name);
      if (!stored || stored.outcome.state === 'dead') book.check(book.state, intent);
    });
    const { connect = defaultConnect, clock = defaultClock, timeoutMs, unreachableMs } = this.#batch;
    const { network } = this;
    const surroundings = { network, book, client, connect, clock, random: this.#random, timeoutMs, unreachableMs };
    return new Batch(surroundings, asked, options).run();
  }

  /**
   * What an own account holds, at the start of the block that answers. In the smallest unit.
   * Throws: UNKNOWN_ACCOUNT, SLOT_CLOSED, REJECTED (the account's keys are not this wallet's).
   */
  async balance(account: number | string, options: CallOptions = {}): Promise<{ balance: bigint; height: number }> {
    const intent: Intent = { kind: 'reveal', account: this.accountOf(account) };
    const name = orderName.reveal(intent.account);
    return shownBalance(await this.#carryOut({ name, intent }, options));
  }

  /**
   * A viewing code for somebody: whoever has it sees what this account holds, at any time, until consent is withdrawn. All
   * codes of an account show the same and end together. Throws: UNKNOWN_ACCOUNT, MALFORMED (no label, or one too long).
   */
  async giveConsent(options: { account: number | string; label: string }): Promise<GivenConsent> {
    const account = this.accountOf(options.account);
    return giveConsent(this.network, this.#book, { account, label: options.label, now: this.#wallTime() });
  }

  /** What was given, in the order of giving. */
  consents(): ConsentInfo[] {
    return consentInfos(this.#book);
  }

  /**
   * Replaces the account's keys: no code that was given for it shows anything from the next block on. Once, however often it
   * is called until it is done. Throws: UNKNOWN_ACCOUNT, SLOT_CLOSED, NOT_READY (what is under way under the old keys has to be
   * decided first), REJECTED (the account's keys are not this wallet's).
   */
  async withdrawConsent(
    given: number | string,
    options: CallOptions = {},
  ): Promise<{ account: number; height: number; withdrawn: number }> {
    const client = this.#client.preferring(options.bank);
    return withdrawConsent(this.#book, client, this.accountOf(given), options);
  }

  /**
   * What somebody else's account holds, under a viewing code: computed by all banks, certified by their signatures.
   * Throws: BAD_VIEWING_CODE, CONSENT_WITHDRAWN, SLOT_CLOSED, codes to retry (REFUSED: a page is an account, all gateways refuse
   * the key, and no record says why).
   */
  async view(code: string, options: CallOptions = {}): Promise<ViewedBalance> {
    return viewUnder(this.network, this.#book, this.#client.preferring(options.bank), code, options);
  }

  /**
   * Opens a slot for this wallet: the claim's, the one named, or a free one drawn at random among all.
   * Comes back at once if it is open already. Throws: SLOT_OPEN (somebody else's), UNKNOWN_ACCOUNT, WRONG_NETWORK,
   * BAD_SIGNATURE (a funded slot without its claim).
   */
  async openAccount(options: OpenOptions = {}): Promise<AccountInfo> {
    const client = this.#client.preferring(options.bank);
    return this.#info(await openAccount(this.network, this.#book, client, this.#random, options));
  }

  /**
   * For a restored wallet: an account that was opened with this seed phrase. `balance` shows whether it was. Where keys of its
   * page were replaced, and records do not say of which slot, look-ups find out with which keys it answers.
   * Throws: SLOT_CLOSED, REJECTED (with none of them; with the reason 'integrity': banks made the look-ups fail, try again). Then
   * nothing has changed.
   */
  async adoptAccount(account: number | string, label = '', options: CallOptions = {}): Promise<AccountInfo> {
    const adopted = this.accountOf(account);
    const book = this.#book;
    await this.sync(options);
    if (!book.state.opened.has(adopted)) throw closedSlot(adopted);
    const client = this.#client.preferring(options.bank);
    await adopt(this.network, book, { account: adopted, label }, async version => {
      const key = book.viewingKey(adopted, version);
      const shown = await lookUnder(book, client, { account: adopted, key }, options);
      return { account: adopted, ...shown, time: this.#wallTime() };
    });
    return this.#info(adopted);
  }

  #carryOut(asked: Asked, options: CallOptions): Promise<Order> {
    return this.#book.carryOut(asked, this.#client.preferring(options.bank), options);
  }

  #info(account: number): AccountInfo {
    const info = this.accounts().find(own => own.account === account);
    assert(info !== undefined, 'an account of this wallet');
    return info;
  }

  /** From a number or an address. Throws BAD_ADDRESS, UNKNOWN_ACCOUNT. */
  accountOf(account: number | string): number {
    return readAccount(this.network, account);
  }
}
