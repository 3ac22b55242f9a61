/**
 * An account's address: its number with the network and a checksum, to be typed and pasted by people.
 *
 *     'cov' 1 bech32m( version (0) | first 5 bytes of the network id | account, u32 big endian )
 *
 * Any 4 wrong characters are found for certain, more with probability 1 - 2^-30. An address tells no more than the
 * account number.
 *
 * Source: bech32m is BIP-350.
 */
import { bech32m } from '@scure/base';
import { concatBytes, equalBytes } from '../crypto/index.js';
import { CovaultError } from '../errors.js';
import type { Network } from '../network/index.js';

const prefix = 'cov';
const version = 0;
const idBytes = 5;
const payloadBytes = 1 + idBytes + 4;

type Place = Pick<Network, 'id' | 'accounts'>;

/** Throws UNKNOWN_ACCOUNT: no such slot in this ledger. */
export function encodeAddress(network: Place, account: number): string {
  checkAccount(network, account);
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, account);
  const payload = concatBytes(Uint8Array.of(version), network.id.subarray(0, idBytes), number);
  return bech32m.encode(prefix, bech32m.toWords(payload));
}

/** Throws BAD_ADDRESS; the fact `why` is 'form', 'checksum', 'version', 'network' or 'account'. */
export function decodeAddress(network: Place, address: string): number {
  const payload = readPayload(address);
  if (payload[0] !== version) throw badAddress('version', 'an address of a later version');
  if (!equalBytes(payload.subarray(1, 1 + idBytes), network.id.subarray(0, idBytes))) {
    throw badAddress('network', 'an address of another network');
  }
  const account = new DataView(payload.buffer, payload.byteOffset).getUint32(1 + idBytes);
  if (account >= network.accounts) throw badAddress('account', 'an address of no account of this ledger');
  return account;
}

/** An address, or an account number in digits. Throws BAD_ADDRESS, UNKNOWN_ACCOUNT. */
export function readAccount(network: Place, text: string): number {
  return /^[0-9]{1,8}$/.test(text) ? checkAccount(network, Number(text)) : decodeAddress(network, text);
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
  if (!payload || payload.length !== payloadBytes) throw badAddress('form', 'an address of another length');
  return payload;
}

function badAddress(why: 'form' | 'checksum' | 'version' | 'network' | 'account', text: string): CovaultError {
  return new CovaultError('BAD_ADDRESS', text, { why });
}
