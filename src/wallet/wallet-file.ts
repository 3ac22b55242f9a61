/**
 * A wallet on paper: one text for many accounts, sealed under a passphrase.
 *
 *     { "covaultWallet": 2, "kdf": { "name": "scrypt", N, r, p, "salt" }, "cipher": "aes-256-gcm", "nonce", "sealed" }
 *
 *     key      scrypt(passphrase, salt)       once per opening: saving again costs no second scrypt
 *     sealed   AES-256-GCM of the state as JSON; associated data: the whole header, so that no parameter can be changed
 *     nonce    12 random bytes a save; 2^32 saves under one key are far away
 *
 * Version 1 had no consents, balances or times, and is read as it is.
 *
 * Trust: without the passphrase the file shows its size and nothing else. It does not show that it is an old copy: a
 * wallet put back from a backup has forgotten what it sent since, and must not be asked to pay those references again.
 */
import { aeadOpen, aeadSeal, fromHex, passwordKey, type ScryptCost, toHex, utf8 } from '../crypto/index.js';
import { CovaultError, isCode } from '../errors.js';
import type { Randomness } from '../ports.js';
import type { WalletState } from './state.js';
import { readState, type WrittenState, writeState } from './written-state.js';

/** 128 MiB and about a third of a second. */
export const scryptCostDefault: ScryptCost = { N: 2 ** 17, r: 8, p: 1 };

/** A passphrase after scrypt, with the salt and cost that a file must name. */
export interface WalletKey {
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
  readonly cost: ScryptCost;
}

/** Throws BAD_PASSPHRASE: an empty one. */
export function newWalletKey(passphrase: string, cost: ScryptCost, random: Randomness): WalletKey {
  if (passphrase === '') throw new CovaultError('BAD_PASSPHRASE', 'a wallet needs a passphrase');
  const salt = random.bytes(16);
  return { key: passwordKey(passphrase, salt, cost), salt, cost };
}

export function sealWallet(state: WalletState, { key, salt, cost }: WalletKey, random: Randomness): string {
  const { N, r, p } = cost;
  const header = {
    covaultWallet: version,
    kdf: { name: 'scrypt', N, r, p, salt: toHex(salt) },
    cipher: 'aes-256-gcm',
    nonce: toHex(random.bytes(12)),
  };
  const plaintext = utf8(JSON.stringify(writeState(state)));
  const sealed = aeadSeal(key, fromHex(header.nonce), plaintext, utf8(JSON.stringify(header)));
  plaintext.fill(0);
  return `${JSON.stringify({ ...header, sealed: toHex(sealed) })}\n`;
}

/** Throws BAD_PASSPHRASE (or the file was changed: the two cannot be told apart), MALFORMED (no wallet file). */
export function openWallet(text: string, passphrase: string): { state: WalletState; key: WalletKey } {
  const { header, sealed } = readHeader(text);
  const { N, r, p } = header.kdf;
  const salt = fromHex(header.kdf.salt);
  const key = { key: passwordKey(passphrase, salt, { N, r, p }), salt, cost: { N, r, p } };
  const plaintext = unseal(key.key, header, sealed);
  return { state: readState(JSON.parse(new TextDecoder().decode(plaintext)) as WrittenState), key };
}

function unseal(key: Uint8Array, header: Header, sealed: Uint8Array): Uint8Array {
  try {
    return aeadOpen(key, fromHex(header.nonce), sealed, utf8(JSON.stringify(header)));
  } catch (error) {
    if (!isCode(error, 'MALFORMED')) throw error;
    throw new CovaultError('BAD_PASSPHRASE', 'the wallet does not open: a wrong passphrase, or a damaged file');
  }
}

/** Of AES-GCM: nothing sealed is shorter. */
const tagBytes = 16;

const version = 2;

interface Header {
  covaultWallet: 1 | typeof version;
  kdf: { name: 'scrypt'; N: number; r: number; p: number; salt: string };
  cipher: 'aes-256-gcm';
  nonce: string;
}

/** The header as `sealWallet` writes it, field by field: nothing else is authenticated. */
function readHeader(text: string): { header: Header; sealed: Uint8Array } {
  const file = asObject(parse(text), 'file');
  const kdf = asObject(file.kdf, 'kdf');
  const number = (name: 'N' | 'r' | 'p'): number => {
    const value = kdf[name];
    return typeof value === 'number' ? value : malformed(`kdf.${name}`);
  };
  const hex = (value: unknown, field: string, length: RegExp): string =>
    typeof value === 'string' && length.test(value) ? value : malformed(field);
  const { covaultWallet } = file;
  if (covaultWallet !== 1 && covaultWallet !== version) return malformed('covaultWallet');
  if (kdf.name !== 'scrypt') malformed('kdf.name');
  if (file.cipher !== 'aes-256-gcm') malformed('cipher');
  const salt = hex(kdf.salt, 'kdf.salt', /^[0-9a-f]{32}$/);
  const header: Header = {
    covaultWallet,
    kdf: { name: 'scrypt', N: number('N'), r: number('r'), p: number('p'), salt },
    cipher: 'aes-256-gcm',
    nonce: hex(file.nonce, 'nonce', /^[0-9a-f]{24}$/),
  };
  const { sealed } = file;
  // by length, and then by `fromHex`: a pattern that repeats a group ends the stack on a wallet of many megabytes
  if (typeof sealed !== 'string' || sealed.length < 2 * tagBytes) return malformed('sealed');
  return { header, sealed: fromHex(sealed) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return malformed('file');
  }
}

function asObject(value: unknown, field: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return malformed(field);
  return value as Record<string, unknown>;
}

function malformed(field: string): never {
  throw new CovaultError('MALFORMED', `malformed wallet file: ${field}`, { what: 'wallet file', field });
}
