/**
 * An account's address: its number with the network and a checksum, to be typed and pasted by people; in its longer form with the
 * key under which the account is sent memos.
 *
 *     'cov' 1 bech32m( version (0) | first 5 bytes of the network id | account, u32 big endian )
 *     'cov' 1 bech32m( version (1) | first 5 bytes of the network id | account, u32 big endian | X25519 public key )
 *
 * Any 4 wrong characters are found for certain, more with probability 1 - 2^-30. An address tells no more than the
 * account number and that key, which is one account's alone.
 *
 * Source: bech32m is BIP-350.
 */
import { bech32m } from '@scure/base';
import { concatBytes, equalBytes } from '../crypto/index.js';
import { checkMemoText } from '../envelope/index.js';
import { CovaultError } from '../errors.js';
import type { Network } from '../network/index.js';
import { type IntendedMemo, isOwn, type WalletState } from './state.js';
import type { TransferOptions } from './wallet-types.js';

const prefix = 'cov';
const [bare, withKey] = [0, 1];
const memoKeyBytes = 32;
const idBytes = 5;
const payloadBytes = 1 + idBytes + 4;

type Place = Pick<Network, 'id' | 'accounts'>;

/** A payee, as an address names it. */
export interface Payee {
  readonly account: number;
  /** To seal memos to it. */
  readonly memoKey: Uint8Array | undefined;
}

/** Throws UNKNOWN_ACCOUNT: no such slot in this ledger. */
export function encodeAddress(network: Place, account: number, memoKey?: Uint8Array): string {
  checkAccount(network, account);
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, account);
  const version = Uint8Array.of(memoKey ? withKey : bare);
  const payload = concatBytes(version, network.id.subarray(0, idBytes), number, memoKey ?? new Uint8Array());
  return bech32m.encode(prefix, bech32m.toWords(payload));
}

/** Throws BAD_ADDRESS; the fact `why` is 'form', 'checksum', 'version', 'network' or 'account'. */
export function decodeAddress(network: Place, address: string): number {
  return decodePayee(network, address).account;
}

/** The same with its memo key, if it has one. */
export function decodePayee(network: Place, address: string): Payee {
  const payload = readPayload(address);
  const [version] = payload;
  if (version !== bare && version !== withKey) throw badAddress('version', 'an address of a later version');
  if (payload.length !== payloadBytes + (version === withKey ? memoKeyBytes : 0)) {
    throw badAddress('form', 'an address of another length');
  }
  if (!equalBytes(payload.subarray(1, 1 + idBytes), network.id.subarray(0, idBytes))) {
    throw badAddress('network', 'an address of another network');
  }
  const account = new DataView(payload.buffer, payload.byteOffset).getUint32(1 + idBytes);
  if (account >= network.accounts) throw badAddress('account', 'an address of no account of this ledger');
  return { account, memoKey: version === withKey ? payload.slice(payloadBytes) : undefined };
}

/** An address, or an account number, in digits or as it is. Throws BAD_ADDRESS, UNKNOWN_ACCOUNT. */
export function readAccount(network: Place, account: number | string): number {
  return readPayee(network, account).account;
}

/** The same, with the memo key of an address that has one. */
export function readPayee(network: Place, payee: number | string): Payee {
  const isNumber = typeof payee === 'number' || /^[0-9]{1,8}$/.test(payee);
  return isNumber ? { account: checkAccount(network, Number(payee)), memoKey: undefined } : decodePayee(network, payee);
}

/**
 * Whom a payment goes to, with what it tells them. Throws BAD_ADDRESS, with why 'memo-key': it has none; UNKNOWN_ACCOUNT,
 * OVERSIZED.
 */
export function payeeOf(
  network: Place,
  state: WalletState,
  { to, memo }: Pick<TransferOptions, 'to' | 'memo'>,
): { account: number; memo: IntendedMemo | undefined } {
  const { account, memoKey } = readPayee(network, to);
  if (memo === undefined) return { account, memo: undefined };
  const text = checkMemoText(memo);
  if (isOwn(state, account)) return { account, memo: { text } };
  if (memoKey) return { account, memo: { text, key: memoKey } };
  throw badAddress('memo-key', 'a memo needs an address with a memo key: the long one that the payee’s wallet shows');
}

/** Throws UNKNOWN_ACCOUNT. */
export function checkAccount(network: Place, account: number): number {
  if (Number.isInteger(account) && account >= 0 && account < network.accounts) return account;
  throw new CovaultError('UNKNOWN_ACCOUNT', `accounts of this ledger are 0 to ${network.accounts - 1}`);
}

function readPayload(address: string): Uint8Array {
  if (!/^(?:cov1[02-9ac-hj-np-z]+|COV1[02-9AC-HJ-NP-Z]+)$/.test(address)) {
    throw badAddress('form', `an address starts with ${prefix}1 and has letters and digits`);
  }
  const decoded = bech32m.decodeUnsafe(address);
  if (!decoded) throw badAddress('checksum', 'a mistyped address: its checksum is wrong');
  const payload = bech32m.fromWordsUnsafe(decoded.words);
  if (!payload || payload.length < payloadBytes) throw badAddress('form', 'an address of another length');
  return payload;
}

function badAddress(
  why: 'form' | 'checksum' | 'version' | 'network' | 'account' | 'memo-key',
  text: string,
): CovaultError {
  return new CovaultError('BAD_ADDRESS', text, { why });
}
