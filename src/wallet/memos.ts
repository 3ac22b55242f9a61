/**
 * Finding memos: what payers told the accounts of a wallet, believed only as far as final records prove it.
 *
 *     records     from the last one that was looked through, with a chain of their own: certified, final, without a gap
 *     headers     of settled transfers to the wallet's pages, from any bank; the id in the record is the hash of the header
 *     receipts    of the block; the record holds their hash
 *     a memo      opens under an account's memo key, in its own envelope; counts if the receipt is that of its seed, theta,
 *                 amount and text, to this very slot (`operations/receipt.ts`), and pi XOR theta says that it was paid
 *
 * A memo of a cancelled payment is passed over without a word. So is one that does not agree with its receipt: its payer lies.
 *
 * Cost. A record is checked a second time (n signatures). For every transfer to a page of the wallet, one HPKE opening for each
 * of its accounts there: 0.12 ms of CPU in Node, more in a browser, whose X25519 is JavaScript. With K = 1 these transfers are
 * the account's own; with larger pages those of the page, never the whole ledger's. The bank that is asked learns the pages
 * asked for, as from a look-up of a balance, and nothing of what is found.
 *
 * Not promised: a bank may leave memos out, and keeps them for a while only (`bank/memo-log.ts`); where it says that it has
 * none of so early, another is asked. `again` looks from the first record on, at whichever bank is preferred. The money is there all
 * the same: balances show it.
 *
 * Source: protocol.md, sections 7 (the verdict) and 9 (message 7: what is final); `envelope/memo.ts`, `operations/receipt.ts`.
 */
import { equalBytes, toHex } from '../crypto/index.js';
import { decodeHeader, type Header, headerId, openMemo, receiptMask } from '../envelope/index.js';
import { decodeReceipts, hashReceiptBytes, type LedgerRecord, type Receipts } from '../ledger/log.js';
import { memoHeightsDefault, receivedMax } from '../limits.js';
import { locate, type Network } from '../network/index.js';
import { receiptOf } from '../operations/index.js';
import type { GatewayClient, MemoNews } from './client.js';
import { finalRecords } from './follow.js';
import type { OrderBook } from './order-book.js';
import type { Received } from './state.js';

/** How far to look for memos. */
export interface ReceiveOptions {
  /** Looks from the first record on; what was found before is not found twice. */
  readonly again?: boolean | undefined;
  /** At most so many records in this call. */
  readonly heightsMax?: number | undefined;
  /** Called after each piece: records up to `height` of `of` were looked through. */
  readonly onScan?: ((progress: { readonly height: number; readonly of: number }) => void) | undefined;
}

/** How far was looked, and how many payments were found that were not known before. */
export interface ReceiveResult {
  /** All records up to this one were looked through, */
  readonly height: number;
  /** of those up to this one. Where the first is smaller, call again. */
  readonly of: number;
  readonly found: number;
}

interface OwnAccount {
  readonly account: number;
  readonly page: number;
  readonly slot: number;
  readonly secret: Uint8Array;
}

/** Headers as a bank shows them: of one page, in one block. */
interface Shown {
  readonly receipts: Uint8Array;
  readonly headers: readonly Uint8Array[];
}

/** Throws BAD_CERTIFICATE, UNREACHABLE, NOT_READY (all banks asked lag behind the records). What was looked through stays so. */
export async function receive(
  network: Network,
  book: OrderBook,
  client: GatewayClient,
  wallTime: () => number,
  { again = false, heightsMax = memoHeightsDefault, onScan }: ReceiveOptions,
): Promise<ReceiveResult> {
  if (again) await book.update(state => ({ ...state, scanned: { height: 0, hash: network.id } }));
  const headers = new PageHeaders(client);
  const until = Math.min(book.state.head.height, book.state.scanned.height + heightsMax);
  let found = 0;
  while (book.state.scanned.height < until) {
    const from = book.state.scanned;
    const { records, head } = await client.records(from.height + 1, news => finalRecords(network, from, news));
    if (records.length === 0) break;
    // now: these may have opened an account that the wallet did not have when they were asked for
    const own = ownAccounts(network, book);
    const payments: Received[] = [];
    for (const record of own.length > 0 ? records : []) {
      payments.push(...(await inRecord(network, own, headers, record, wallTime)));
    }
    await book.update(state => {
      if (state.scanned !== from) return state;
      if (payments.length === 0) return { ...state, scanned: head };
      const known = new Set(state.received.map(({ id }) => toHex(id)));
      const fresh = payments.filter(({ id }) => !known.has(toHex(id)));
      found += fresh.length;
      // the oldest go where there are too many
      return { ...state, scanned: head, received: [...state.received, ...fresh].slice(-receivedMax) };
    });
    onScan?.({ height: head.height, of: Math.max(head.height, book.state.head.height) });
  }
  const { height } = book.state.scanned;
  return { height, of: Math.max(height, book.state.head.height), found };
}

function ownAccounts(network: Network, book: OrderBook): OwnAccount[] {
  return book.state.accounts.map(({ account }) => ({
    account,
    ...locate(network, account),
    secret: book.memoSecret(account),
  }));
}

async function inRecord(
  network: Network,
  own: readonly OwnAccount[],
  headers: PageHeaders,
  record: LedgerRecord,
  wallTime: () => number,
): Promise<Received[]> {
  const settled = record.entries.flatMap(({ id, status }) =>
    status.kind === 'settled' ? [{ id, pi: status.pi }] : [],
  );
  if (settled.length === 0) return [];
  const found: Received[] = [];
  // a bank may show a header as often as it likes: it is one payment
  const looked = new Set<number>();
  for (const page of new Set(own.map(account => account.page))) {
    const shown = await headers.of(page, record.height);
    const receipts = shown && receiptsOf(record, shown.receipts);
    if (!receipts) continue;
    for (const header of shown.headers) {
      const id = headerId(header);
      const at = settled.findIndex(entry => equalBytes(entry.id, id));
      if (at < 0 || looked.has(at)) continue;
      looked.add(at);
      const payment = paymentIn(network, own, header, settled[at].pi, receipts.tau, receipts.values[at]);
      if (payment) found.push({ id, ...payment, height: record.height, time: wallTime() });
    }
  }
  return found;
}

/** Nothing where they are not those that the banks have signed. */
function receiptsOf(record: LedgerRecord, bytes: Uint8Array): Receipts | undefined {
  return equalBytes(hashReceiptBytes(bytes), record.receiptsHash) ? decodeReceipts(bytes) : undefined;
}

/** `header` was hashed into an id that a final record holds, so all banks have decoded it. */
function paymentIn(
  network: Network,
  own: readonly OwnAccount[],
  header: Uint8Array,
  pi: 0 | 1,
  tau: bigint,
  y: bigint | undefined,
): Pick<Received, 'account' | 'amount' | 'memo'> | undefined {
  const decoded = decodeHeader(header);
  const a = decoded.arguments;
  if (a.kind !== 'transfer' || y === undefined) return undefined;
  for (const account of own) {
    if (account.page !== a.payeePage) continue;
    const content = toldTo(network, account, decoded, tau, y);
    if (!content) continue;
    const { theta, amount, text } = content;
    return (BigInt(pi) ^ theta) === 1n ? { account: account.account, amount, memo: text } : undefined;
  }
  return undefined;
}

/** What a memo tells this account, if the receipt says the same. */
function toldTo(network: Network, { slot, secret }: OwnAccount, header: Header, tau: bigint, y: bigint) {
  const content = openMemo(header, secret);
  if (!content || content.amount >= 1n << BigInt(network.amountBits)) return undefined;
  const { theta, amount } = content;
  return receiptOf(tau, { mask: receiptMask(content), theta, amount, slot }) === y ? content : undefined;
}

/** What a bank shows of the wallet's pages, a stretch of heights at a time. */
class PageHeaders {
  readonly #client: GatewayClient;
  /** By page: blocks by height, and the first height that is not among them. */
  readonly #known = new Map<number, { readonly blocks: Map<number, Shown>; readonly next: number }>();

  constructor(client: GatewayClient) {
    this.#client = client;
  }

  async of(page: number, height: number): Promise<Shown | undefined> {
    let known = this.#known.get(page);
    if (!known || known.next <= height) {
      known = await this.#ask(page, height);
      this.#known.set(page, known);
    }
    return known.blocks.get(height);
  }

  async #ask(page: number, from: number) {
    const { blocks, next }: MemoNews = await this.#client.memos(from, page);
    return { blocks: new Map(blocks.map(({ height, ...shown }) => [height, shown])), next };
  }
}
