/**
 * Opening an account: which slot of the ledger, and what becomes of it.
 *
 *     a claim     the slot that genesis funds for it
 *     a number    that slot
 *     neither     one that this wallet has begun to open and nobody waits for, else a free one, drawn at random among all;
 *                 another one while somebody else is faster
 *
 * Source: protocol.md, section 8.
 */
import { toHex } from '../crypto/index.js';
import { CovaultError, isCode } from '../errors.js';
import { walletTriesMax } from '../limits.js';
import type { Network } from '../network/index.js';
import type { Randomness } from '../ports.js';
import { readAccount } from './address.js';
import { type Claim, makeClaim } from './claim.js';
import type { GatewayClient } from './client.js';
import type { OrderBook } from './order-book.js';
import type { CallOptions } from './progress.js';
import { isOpen, orderName } from './state.js';

/** Which account to open, and how it is called. With none named, and no claim, any. */
export interface OpenOptions extends CallOptions {
  readonly account?: number | string | undefined;
  readonly claim?: Claim | undefined;
  readonly label?: string;
}

/** The account that is open. Throws SLOT_OPEN, SLOT_CLOSED (none is free), UNKNOWN_ACCOUNT, WRONG_NETWORK, BAD_SIGNATURE. */
export async function openAccount(
  network: Network,
  book: OrderBook,
  client: GatewayClient,
  random: Randomness,
  options: OpenOptions,
): Promise<number> {
  const { claim } = options;
  const wanted = claim ? claimed(network, claim, options.account) : options.account;
  if (wanted !== undefined) return openSlot(book, client, readAccount(network, wanted), options);
  const tried = new Set<number>();
  for (;;) {
    await book.syncPatiently(client, options);
    const account = unfinishedOpen(book, tried) ?? freeSlot(network, book, random, tried);
    tried.add(account);
    try {
      return await openSlot(book, client, account, options);
    } catch (error) {
      if (!isCode(error, 'SLOT_OPEN') || tried.size >= walletTriesMax) throw error; // somebody was faster
    }
  }
}

async function openSlot(book: OrderBook, client: GatewayClient, account: number, options: OpenOptions) {
  if (isOpen(book.state, account)) return account;
  const intent = { kind: 'open', account, claim: options.claim?.secret } as const;
  await book.carryOut({ name: orderName.open(account), intent, label: options.label }, client, options);
  return account;
}

function claimed(network: Network, claim: Claim, account: number | string | undefined): number {
  if (toHex(claim.networkId) !== toHex(network.id)) {
    throw new CovaultError('WRONG_NETWORK', 'this claim belongs to another network');
  }
  if (account !== undefined && readAccount(network, account) !== claim.account) {
    throw new CovaultError('UNKNOWN_ACCOUNT', 'the claim is for another account', { account: claim.account });
  }
  return makeClaim(network, claim.account, claim.secret).account;
}

/** An open that was begun and is not being waited for. */
function unfinishedOpen(book: OrderBook, tried: ReadonlySet<number>): number | undefined {
  for (const { name, intent, outcome } of book.state.orders.values()) {
    if (intent.kind !== 'open' || intent.claim || tried.has(intent.account) || book.isRunning(name)) continue;
    if (outcome.state !== 'dead' || outcome.why !== 'taken') return intent.account;
  }
  return undefined;
}

/** Uniform among the closed slots that genesis does not fund and this wallet is not opening. */
function freeSlot(
  { funded, accounts }: Network,
  book: OrderBook,
  random: Randomness,
  tried: ReadonlySet<number>,
): number {
  const { opened, accounts: own } = book.state;
  const busy = new Set([...tried, ...opened, ...funded.map(slot => slot.account), ...own.map(slot => slot.account)]);
  const free: number[] = [];
  for (let account = 0; account < accounts; account++) {
    if (!busy.has(account) && !book.isRunning(orderName.open(account))) free.push(account);
  }
  if (free.length === 0) throw new CovaultError('SLOT_CLOSED', 'no slot of this ledger is free');
  return free[below(random, free.length)];
}

/** Uniform below `count`: 48 random bits leave a bias under 2^-24 for any ledger. */
function below(random: Randomness, count: number): number {
  return Number(new DataView(random.bytes(8).slice().buffer).getBigUint64(0) >> 16n) % count;
}
