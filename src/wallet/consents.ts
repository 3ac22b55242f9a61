/**
 * Consent: a viewing code given away, remembered with whom it was given to, opened on the other side, withdrawn.
 *
 *     give       the account's viewing key as a code (`viewing-code.ts`)
 *     open       a reveal under that key: the banks show the balance masked, whoever asks takes its own mask off
 *     withdraw   a rekey of the account
 *
 * What the other side sees is one balance as all banks have computed it and signed; the key opens nothing else: no payment,
 * no history, no other account. It may look at any time: the banks see look-ups of a page, and from which address they come.
 *
 * Source: protocol.md, section 8.
 */
import { hash, toHex, utf8 } from '../crypto/index.js';
import { assert, CovaultError, isCode } from '../errors.js';
import {
  balanceBits,
  consentsMax,
  expiryHeightsDefault,
  keyVersionMax,
  labelLengthMax,
  walletTimeoutMs,
  walletUnreachableMs,
} from '../limits.js';
import type { Gateways, Network } from '../network/index.js';
import { encodeAddress } from './address.js';
import { GatewayClient } from './client.js';
import { newSeedPhrase } from './keys.js';
import { changingKeys, foreignAccount, OrderBook } from './order-book.js';
import { defaultClock, defaultFetch, defaultRandom, defaultWallTime, type Surroundings } from './ports.js';
import type { CallOptions } from './progress.js';
import { dropOrder, isOwn, isRekeying, type Order, orderName, startState } from './state.js';
import { decodeViewingCode, encodeViewingCode, type ViewingCode, viewingLink, viewingQr } from './viewing-code.js';
import { scryptCostDefault } from './wallet-file.js';

/** Secret: whoever has one of these sees the balance. */
export interface GivenConsent {
  readonly account: number;
  readonly label: string;
  readonly code: string;
  readonly link: string;
  /** The link as QR codes hold it best. */
  readonly qr: string;
}

/** A viewing code that was given, as the wallet remembers it: without the code. */
export interface ConsentInfo {
  readonly account: number;
  /** Whom it was given to. */
  readonly label: string;
  /** Milliseconds since 1970. */
  readonly givenAt: number;
  /** The last record the wallet had checked then. */
  readonly height: number;
  readonly state: 'given' | 'withdrawing' | 'withdrawn';
  readonly withdrawnAtHeight?: number;
}

/** What a viewing code shows. */
export interface ViewedBalance {
  readonly account: number;
  readonly address: string;
  /** In the smallest unit. */
  readonly balance: bigint;
  /** Of the block at whose start the account held it. */
  readonly height: number;
  /** All banks: each has signed that record. */
  readonly banks: readonly string[];
}

/** Throws UNKNOWN_ACCOUNT, MALFORMED, OVERSIZED. */
export async function giveConsent(
  network: Network,
  book: OrderBook,
  { account, label, now }: { account: number; label: string; now: number },
): Promise<GivenConsent> {
  if (label.length < 1 || label.length > labelLengthMax) {
    throw new CovaultError('MALFORMED', `say whom it is for, in 1 to ${labelLengthMax} characters`, { what: 'label' });
  }
  if (!isOwn(book.state, account)) throw foreignAccount(account);
  if (book.isRunning(orderName.rekey(account)) || isRekeying(book.state, account)) throw changingKeys(account);
  let code = '';
  await book.update(state => {
    if (state.consents.length >= consentsMax) {
      throw new CovaultError('OVERSIZED', `a wallet remembers ${consentsMax} consents`, { consentsMax });
    }
    const version = book.keyVersion(state, account);
    code = encodeViewingCode(network, { account, version, key: book.viewingKey(account) });
    const consent = { account, label, version, givenAt: now, height: state.head.height };
    return { ...state, consents: [...state.consents, consent] };
  });
  return { account, label, code, link: viewingLink(code), qr: viewingQr(code) };
}

/** In the order of giving. */
export function consentInfos(book: OrderBook): ConsentInfo[] {
  const { state } = book;
  return state.consents.map(({ account, label, version, givenAt, height, withdrawnAtHeight }) => {
    const isOut = version < book.keyVersion(state, account);
    const about = { account, label, givenAt, height };
    if (!isOut) return { ...about, state: isRekeying(state, account) ? 'withdrawing' : 'given' };
    return { ...about, state: 'withdrawn', ...(withdrawnAtHeight === undefined ? {} : { withdrawnAtHeight }) };
  });
}

/** Throws UNKNOWN_ACCOUNT, SLOT_CLOSED, NOT_READY, REJECTED, codes to retry. `withdrawn`: how many of what was given end by it. */
export async function withdrawConsent(
  book: OrderBook,
  client: GatewayClient,
  account: number,
  options: CallOptions,
): Promise<{ account: number; height: number; withdrawn: number }> {
  await book.syncPatiently(client, options);
  const name = orderName.rekey(account);
  const stored = book.state.orders.get(name)?.intent;
  const version = book.keyVersion(book.state, account) + 1;
  if (version > keyVersionMax) throw new CovaultError('REJECTED', 'this account has had too many keys', { account });
  const intent =
    stored?.kind === 'rekey' && stored.version >= version ? stored : ({ kind: 'rekey', account, version } as const);
  const withdrawn = consentInfos(book).filter(each => each.account === account && each.state !== 'withdrawn').length;
  const { outcome } = await book.carryOut({ name, intent }, client, options);
  assert(outcome.state === 'rekeyed', 'a rekey that is done has its height');
  return { account, height: outcome.height, withdrawn };
}

/** Throws IMPOSSIBLE_VERDICT. */
export function shownBalance({ outcome }: Order): { balance: bigint; height: number } {
  assert(outcome.state === 'revealed', 'a reveal that is done shows a balance');
  const { balance, height } = outcome;
  if (balance >= 1n << BigInt(balanceBits)) {
    throw new CovaultError('IMPOSSIBLE_VERDICT', 'the banks show a balance that none can be', { height });
  }
  return { balance, height };
}

/**
 * That consent was withdrawn is what all banks have signed: a record that has the keys replaced (K = 1), or one that rejects the
 * look-up for its key (K > 1). Where a page is an account, gateways refuse a key at once, with BAD_SIGNATURE: the word of
 * gateways, which must not make anybody believe that consent was withdrawn while no record says so.
 *
 * Throws: BAD_VIEWING_CODE, CONSENT_WITHDRAWN, SLOT_CLOSED, IMPOSSIBLE_VERDICT, codes to retry: REFUSED is that word.
 */
export async function viewUnder(
  network: Network,
  book: OrderBook,
  client: GatewayClient,
  text: string,
  options: CallOptions,
): Promise<ViewedBalance> {
  const { account, version, key } = decodeViewingCode(network, text);
  const checkRecords = async () => {
    await book.syncPatiently(client, options);
    if (network.pageSize === 1 && (book.state.rekeys.get(account) ?? 0) > version) throw ended(account);
  };
  await checkRecords();
  try {
    const shown = await lookUnder(book, client, { account, key }, options);
    const banks = network.banks.map(bank => bank.name);
    return { account, address: encodeAddress(network, account), ...shown, banks };
  } catch (error) {
    if (isCode(error, 'REJECTED') && error.facts.reason === 'authority') throw ended(account);
    if (!isCode(error, 'BAD_SIGNATURE')) throw error;
    await checkRecords(); // the keys may have been replaced since
    throw refused(account, error);
  }
}

/** What an account holds, under this viewing key. Throws: SLOT_CLOSED, REJECTED, IMPOSSIBLE_VERDICT, codes to retry. */
export async function lookUnder(
  book: OrderBook,
  client: GatewayClient,
  { account, key }: Pick<ViewingCode, 'account' | 'key'>,
  options: CallOptions,
): Promise<{ balance: bigint; height: number }> {
  const secret = typeof key === 'bigint' ? utf8(key.toString()) : key;
  const name = orderName.view(account, toHex(hash('covault/wallet/view', secret)).slice(0, 16));
  try {
    return shownBalance(await book.carryOut({ name, intent: { kind: 'reveal', account, key } }, client, options));
  } catch (error) {
    if (error instanceof CovaultError && error.action !== 'retry') await book.update(state => dropOrder(state, name));
    throw error;
  }
}

const ended = (account: number): CovaultError =>
  new CovaultError(
    'CONSENT_WITHDRAWN',
    'this viewing code opens its account no more: the holder has withdrawn consent, or it never was this account’s',
    { account },
  );

const refused = (account: number, { code }: CovaultError): CovaultError =>
  new CovaultError(
    'REFUSED',
    'the banks refuse this viewing code, and no record says that consent was withdrawn: it never was this account’s, or banks lie',
    { account, refusal: code },
  );

/** What looking at a balance takes where there is no wallet. The times are those of `WalletOptions`. */
export interface ViewOptions extends Surroundings, CallOptions {
  readonly network: Network;
  readonly gateways: Gateways;
  readonly timeoutMs?: number | undefined;
  readonly unreachableMs?: number | undefined;
}

/**
 * The same without a wallet: for who was given a code and has none. Checks all records from the first, in memory, and
 * leaves nothing behind.
 */
export async function viewBalance(code: string, options: ViewOptions): Promise<ViewedBalance> {
  const { network, gateways, bank, fetch = defaultFetch, clock = defaultClock, random = defaultRandom } = options;
  const { timeoutMs = walletTimeoutMs, unreachableMs = walletUnreachableMs, wallTime = defaultWallTime } = options;
  decodeViewingCode(network, code); // before anything is asked
  const banks = network.banks.flatMap(({ name }) => (gateways[name] ? [{ name, url: gateways[name] }] : []));
  const nowhere = { load: async () => undefined, save: async () => {} };
  const key = { key: random.bytes(32), salt: random.bytes(16), cost: scryptCostDefault };
  const state = startState(newSeedPhrase(random), network.id);
  const patience = { expiryHeights: expiryHeightsDefault, timeoutMs, unreachableMs };
  const book = new OrderBook({ network, store: nowhere, key, random, clock, wallTime, ...patience }, state);
  return viewUnder(network, book, new GatewayClient(banks, fetch, clock, bank), code, options);
}
