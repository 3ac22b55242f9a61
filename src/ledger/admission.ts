/**
 * May this envelope be proposed? All that a bank can tell from the header and its own state, before it spends anything.
 *
 *     every kind   network, roster version, pages and slots that exist
 *     transfer     K = 1: both accounts open; a signature over the id under the payer's spending key
 *     reveal       K = 1: the account open; a signature under its viewing key
 *     rekey        K = 1: the account open; a signature under its spending key; new keys in the header iff K = 1
 *     open         the slot closed; if genesis funds it, a signature under its claim key; keys in the header iff K = 1
 *     audit        a signature by that bank
 *
 * For K > 1 which slots are meant is secret: the linear claims and the authority check see to them (`checks.ts`).
 * Expiry is the pool's question. Source: protocol.md, sections 5, 6 (check 5), 8.
 */
import { ed25519, equalBytes } from '../crypto/index.js';
import type { Arguments, Header } from '../envelope/index.js';
import { CovaultError } from '../errors.js';
import { fundedSlot } from '../network/index.js';
import type { LedgerState } from './state.js';

/**
 * Throws: WRONG_NETWORK, WRONG_ROSTER, UNKNOWN_ACCOUNT, SLOT_CLOSED, SLOT_OPEN, BAD_SIGNATURE, MALFORMED.
 * SLOT_CLOSED depends on the height: a bank that lags behind may admit the envelope later.
 */
export function checkAdmission(
  state: LedgerState,
  header: Header,
  id: Uint8Array,
  signature: Uint8Array | undefined,
): void {
  const signed = checkPublicPart(state, header, signature);
  if (signed) checkSignature(signed, id);
}

/** A signature over an envelope's id, and under whose key it has to stand. */
export interface Signed {
  readonly key: Uint8Array;
  readonly signature: Uint8Array;
}

/**
 * All but the signature itself: answers with what is left to check. It is what may change from block to block, and costs
 * nothing to ask again. Throws what `checkAdmission` throws; BAD_SIGNATURE where one is missing.
 */
export function checkPublicPart(
  state: LedgerState,
  header: Header,
  signature: Uint8Array | undefined,
): Signed | undefined {
  const { network } = state;
  if (!equalBytes(header.networkId, network.id)) throw refuse('WRONG_NETWORK', 'an envelope for another network');
  if (header.rosterVersion !== network.rosterVersion) throw refuse('WRONG_ROSTER', 'an envelope for another roster');
  if (header.keyHashes.length !== network.banks.length) throw refuse('MALFORMED', 'one key part for each bank');
  const key = signingKey(state, header.arguments);
  if (key === undefined) {
    if (signature !== undefined) throw refuse('MALFORMED', 'this operation carries no signature');
    return undefined;
  }
  if (signature === undefined) throw refuse('BAD_SIGNATURE', 'the signature over the envelope id is missing');
  return { key, signature };
}

/** Throws: BAD_SIGNATURE. */
export function checkSignature({ key, signature }: Signed, id: Uint8Array): void {
  if (!ed25519.verify(key, id, signature)) throw refuse('BAD_SIGNATURE', 'the signature over the envelope id is wrong');
}

/** Whose signature the operation asks for, after all that comes before a signature. */
function signingKey(state: LedgerState, a: Arguments): Uint8Array | undefined {
  const { network } = state;
  const hidden = network.pageSize > 1;
  switch (a.kind) {
    case 'transfer':
      for (const page of [a.payerPage, a.payeePage]) requirePage(state, page);
      return hidden ? undefined : openAccountKeys(state, a.payerPage, a.payeePage).spending;
    case 'reveal':
      requirePage(state, a.page);
      return hidden ? undefined : openAccountKeys(state, a.page).viewing;
    case 'rekey':
      requirePage(state, a.page);
      requireKeys(a, hidden);
      return hidden ? undefined : openAccountKeys(state, a.page).spending;
    case 'open':
      if (a.account >= network.accounts) throw refuse('UNKNOWN_ACCOUNT', 'the ledger has no such account');
      if (state.open[a.account]) throw refuse('SLOT_OPEN', 'the account is open already');
      requireKeys(a, hidden);
      return fundedSlot(network, a.account)?.claimKey;
    case 'audit':
      if (a.bank >= network.banks.length) throw refuse('MALFORMED', 'no such bank');
      return network.banks[a.bank].identityKey;
  }
}

function requireKeys({ publicKeys }: { readonly publicKeys: unknown }, hidden: boolean): void {
  if (hidden !== (publicKeys === undefined)) throw refuse('MALFORMED', 'public keys stand in the header iff K = 1');
}

function requirePage(state: LedgerState, page: number): void {
  if (page >= state.network.pages) throw refuse('UNKNOWN_ACCOUNT', 'the ledger has no such page');
}

function openAccountKeys(state: LedgerState, account: number, also = account) {
  const keys = state.publicKeys.get(account);
  if (!keys || !state.open[also]) throw refuse('SLOT_CLOSED', 'an account of this operation is not open');
  return keys;
}

const refuse = (
  code:
    | 'WRONG_NETWORK'
    | 'WRONG_ROSTER'
    | 'UNKNOWN_ACCOUNT'
    | 'SLOT_CLOSED'
    | 'SLOT_OPEN'
    | 'BAD_SIGNATURE'
    | 'MALFORMED',
  why: string,
) => new CovaultError(code, why);
