/**
 * An account of a restored wallet: with which of its keys does it answer?
 *
 * Where a page is an account the records say how often its keys were replaced. For larger pages they say it of the page alone;
 * then look-ups try one version of the keys after the other. Each that fails is a rejected envelope, which tells the banks that
 * somebody of this page looks for keys.
 *
 * Only `authority`, which stands in a record that all banks have signed, says that the keys are others. `integrity` may be the
 * work of one bank, for any envelope: it says nothing of the keys. The wallet changes once, when the keys are found.
 *
 * Source: protocol.md, sections 6 (checks 2 and 5) and 11.
 */
import { isCode } from '../errors.js';
import { keyVersionsTriedMax } from '../limits.js';
import { locate, type Network } from '../network/index.js';
import type { OrderBook } from './order-book.js';
import { type BalancePoint, type KnownAccount, putAccount, putPoint, type WalletState } from './state.js';

/** What the account holds, under a version of its keys. Throws REJECTED. */
export type LookUp = (version: number) => Promise<BalancePoint>;

/** Throws REJECTED: with the reason 'authority', it is of none of the keys; and what `lookUp` throws. Then nothing has changed. */
export async function adopt(
  network: Network,
  book: OrderBook,
  { account, label }: KnownAccount,
  lookUp: LookUp,
): Promise<void> {
  const known = accountIn(book.state, account)?.version ?? 0;
  const { page } = locate(network, account);
  const replaced = network.pageSize === 1 ? 0 : (book.state.rekeys.get(page) ?? 0);
  const found = replaced === 0 ? { version: known } : await findVersion(known, replaced, lookUp);
  await book.update(state => withAdopted(network, state, { account, label, ...found }));
}

async function findVersion(known: number, replaced: number, lookUp: LookUp) {
  for (let version = known; ; version++) {
    try {
      return { version, point: await lookUp(version) };
    } catch (error) {
      const isOther = isCode(error, 'REJECTED') && error.facts.reason === 'authority';
      if (!isOther || version >= Math.min(replaced, keyVersionsTriedMax)) throw error;
    }
  }
}

function withAdopted(
  { id }: Network,
  state: WalletState,
  { account, label, version, point }: KnownAccount & { readonly version: number; readonly point?: BalancePoint },
): WalletState {
  const known = accountIn(state, account);
  // keys that this wallet has replaced meanwhile are newer than those of the look-up
  const next = putAccount(state, { account, label, version: Math.max(version, known?.version ?? 0) });
  const noted = point ? putPoint(next, point) : next;
  // memos to it may lie behind what was looked through without its key
  return known ? noted : { ...noted, scanned: { height: 0, hash: id } };
}

const accountIn = ({ accounts }: WalletState, account: number) => accounts.find(own => own.account === account);
