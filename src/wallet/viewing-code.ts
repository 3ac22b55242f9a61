/**
 * A viewing code: what a holder gives to somebody who may see one account's balance, to be copied, linked or scanned.
 *
 *     code    'covview' 1 bech32m( version (0) | first 8 bytes of the network id | account, u32 big endian |
 *                                  how often the account's keys were replaced, u16 big endian | viewing key )
 *     key     K > 1: a field element, 8 bytes big endian;  K = 1: an Ed25519 seed, 32 bytes
 *     link    'covault-view:' code                                    QR: the link in capitals, which takes the fewest dots
 *
 * It is a secret: whoever has it sees the balance at any time, until the holder replaces the keys (`rekey`). A page takes it
 * from the fragment of its address, never from the query: that one ends up in logs of servers. At most 90 characters, for
 * which bech32m finds any 4 wrong ones for certain, and more with probability 1 - 2^-30.
 *
 * Source: protocol.md, section 8 ("to consent is to hand over the viewing key"); bech32m is BIP-350.
 */
import { bech32m } from '@scure/base';
import { concatBytes, equalBytes } from '../crypto/index.js';
import { assert, CovaultError } from '../errors.js';
import { P } from '../field/index.js';
import { keyVersionMax } from '../limits.js';
import type { Network } from '../network/index.js';
import { checkAccount } from './address.js';

const prefix = 'covview';
const scheme = 'covault-view:';
const version = 0;
const idBytes = 8;
const headBytes = 1 + idBytes + 4 + 2;

/** K > 1: a field element, K = 1: an Ed25519 seed. */
export type ViewingKey = bigint | Uint8Array;

/** What a viewing code holds. A secret: the key shows the balance of the account, and nothing else. */
export interface ViewingCode {
  readonly account: number;
  /** How often the account's keys had been replaced when the code was given. */
  readonly version: number;
  readonly key: ViewingKey;
}

type Place = Pick<Network, 'id' | 'accounts' | 'pageSize'>;

/** Throws UNKNOWN_ACCOUNT. */
export function encodeViewingCode(network: Place, { account, version: keyVersion, key }: ViewingCode): string {
  checkAccount(network, account);
  assert(keyVersion >= 0 && keyVersion <= keyVersionMax, 'a version of keys');
  assert((typeof key === 'bigint') === network.pageSize > 1, 'the kind of key that this ledger has');
  const head = new Uint8Array(headBytes);
  head[0] = version;
  head.set(network.id.subarray(0, idBytes), 1);
  const view = new DataView(head.buffer);
  view.setUint32(1 + idBytes, account);
  view.setUint16(1 + idBytes + 4, keyVersion);
  return bech32m.encode(prefix, bech32m.toWords(concatBytes(head, keyBytes(key))));
}

/** What is shown and sent. */
export const viewingLink = (code: string): string => scheme + code;

/** The same in capitals: QR codes have an alphabet of capitals, digits and a few signs that takes half the space. */
export const viewingQr = (code: string): string => viewingLink(code).toUpperCase();

/**
 * A code, a link, or either in capitals; spaces around it are passed over.
 * Throws BAD_VIEWING_CODE; the fact `why` is 'form', 'checksum', 'version', 'network', 'account' or 'key'. No message holds it.
 */
export function decodeViewingCode(network: Place, text: string): ViewingCode {
  const payload = readPayload(text.trim());
  if (payload[0] !== version) throw bad('version', 'a viewing code of a later version');
  if (payload.length < headBytes) throw bad('form', 'a viewing code of another length');
  if (!equalBytes(payload.subarray(1, 1 + idBytes), network.id.subarray(0, idBytes))) {
    throw bad('network', 'a viewing code of another network');
  }
  if (payload.length !== headBytes + (network.pageSize > 1 ? 8 : 32)) {
    throw bad('form', 'a viewing code of another length');
  }
  const view = new DataView(payload.buffer, payload.byteOffset);
  const account = view.getUint32(1 + idBytes);
  if (account >= network.accounts) throw bad('account', 'a viewing code of no account of this ledger');
  const key = network.pageSize > 1 ? view.getBigUint64(headBytes) : payload.slice(headBytes);
  if (typeof key === 'bigint' && (key === 0n || key >= P)) throw bad('key', 'a viewing code with a key that is none');
  return { account, version: view.getUint16(1 + idBytes + 4), key };
}

function keyBytes(key: ViewingKey): Uint8Array {
  if (typeof key !== 'bigint') return key;
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, key);
  return bytes;
}

function readPayload(text: string): Uint8Array {
  const parts = /^(?:covault-view:)?(covview1[02-9ac-hj-np-z]+)$/.exec(text);
  const capitals = parts ?? /^(?:COVAULT-VIEW:)?(COVVIEW1[02-9AC-HJ-NP-Z]+)$/.exec(text);
  if (!capitals) throw bad('form', `a viewing code starts with ${scheme} and has letters and digits`);
  const decoded = bech32m.decodeUnsafe(capitals[1]);
  if (!decoded) throw bad('checksum', 'a mistyped viewing code: its checksum is wrong');
  const payload = bech32m.fromWordsUnsafe(decoded.words);
  if (!payload || payload.length === 0) throw bad('form', 'a viewing code of another length');
  return new Uint8Array(payload);
}

type Why = 'form' | 'checksum' | 'version' | 'network' | 'account' | 'key';

function bad(why: Why, text: string): CovaultError {
  return new CovaultError('BAD_VIEWING_CODE', text, { why });
}
