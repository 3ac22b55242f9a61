/**
 * An account of a restored wallet: with which of its keys does it answer?
 *
 * Where a page is an account the records say how often its keys were replaced. For larger pages they say it of the page alone;
 * then look-ups try one version of the keys after the other. Each that fails is a rejected envelope, which tells the banks that
 * somebody of this page looks for keys.
 */
import { isCode } from '../errors.js';
import { keyVersionsTriedMax } from '../limits.js';
import type { Network } from '../network/index.js';
import type { OrderBook } from './order-book.js';
import { dropAccount, dropOrder, type KnownAccount, orderName, putAccount } from './state.js';

/** `lookUp`: a balance under the keys that the wallet takes for the account's. Throws REJECTED: it is of none of them. */
export async function adopt(
  { id, pageSize }: Network,
  book: OrderBook,
  { account, label }: KnownAccount,
  lookUp: () => Promise<unknown>,
): Promise<void> {
  const known = book.state.accounts.find(own => own.account === account);
  // memos to it may lie behind what was looked through without its key
  if (!known) await book.update(state => ({ ...state, scanned: { height: 0, hash: id } }));
  const replaced = pageSize === 1 ? 0 : (book.state.rekeys.get(Math.floor(account / pageSize)) ?? 0);
  for (let version = known?.version ?? 0; ; version++) {
    await book.update(state => putAccount(state, { account, label, version }));
    if (replaced === 0) return;
    try {
      await lookUp();
      return;
    } catch (error) {
      if (!isCode(error, 'REJECTED')) throw error;
      await book.update(state => dropOrder(state, orderName.reveal(account)));
      if (version < Math.min(replaced, keyVersionsTriedMax)) continue;
      await book.update(state => dropAccount(state, account));
      throw error;
    }
  }
}
