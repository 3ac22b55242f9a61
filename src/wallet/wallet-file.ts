/**
 * A wallet on paper: one text for many accounts, sealed under a passphrase.
 *
 *     { "covaultWallet": 1, "kdf": { "name": "scrypt", N, r, p, "salt" }, "cipher": "aes-256-gcm", "nonce", "sealed" }
 *
 *     key      scrypt(passphrase, salt)       once per opening: saving again costs no second scrypt
 *     sealed   AES-256-GCM of the state as JSON; associated data: the whole header, so that no parameter can be changed
 *     nonce    12 random bytes a save; 2^32 saves under one key are far away
 *
 * Trust: without the passphrase the file shows its size and nothing else. It does not show that it is an old copy: a
 * wallet put back from a backup has forgotten what it sent since, and must not be asked to pay those references again.
 */
import { aeadOpen, aeadSeal, fromHex, passwordKey, type ScryptCost, toHex, utf8 } from '../crypto/index.js';
import { CovaultError, isCode } from '../errors.js';
import type { Randomness } from '../ports.js';
import type { Intent, KnownAccount, Order, Outcome, Sealed, WalletState } from './state.js';

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
    covaultWallet: 1,
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
  try {
    const plaintext = aeadOpen(key.key, fromHex(header.nonce), sealed, utf8(JSON.stringify(header)));
    return { state: readState(JSON.parse(new TextDecoder().decode(plaintext)) as WrittenState), key };
  } catch (error) {
    if (!isCode(error, 'MALFORMED')) throw error;
    throw new CovaultError('BAD_PASSPHRASE', 'the wallet does not open: a wrong passphrase, or a damaged file');
  }
}

/** Of AES-GCM: nothing sealed is shorter. */
const tagBytes = 16;

interface Header {
  covaultWallet: 1;
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
  if (file.covaultWallet !== 1) malformed('covaultWallet');
  if (kdf.name !== 'scrypt') malformed('kdf.name');
  if (file.cipher !== 'aes-256-gcm') malformed('cipher');
  const salt = hex(kdf.salt, 'kdf.salt', /^[0-9a-f]{32}$/);
  const header: Header = {
    covaultWallet: 1,
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

// What is below has been written by this file and was authenticated: shapes are not checked again.

interface WrittenSealed {
  id: string;
  bytes: string;
  expiry: number;
  base: { height: number; hash: string };
  secret: string;
}

interface WrittenOrder {
  name: string;
  intent: { kind: Intent['kind']; from?: number; to?: number; account?: number; amount?: string; claim?: string };
  sealed?: WrittenSealed | undefined;
  tries: number;
  outcome: { state: Outcome['state']; height?: number; balance?: string; why?: string };
}

interface WrittenState {
  seedPhrase: string;
  network: string;
  accounts: KnownAccount[];
  head: { height: number; hash: string };
  opened: number[];
  orders: WrittenOrder[];
}

function writeState(state: WalletState): WrittenState {
  return {
    seedPhrase: state.seedPhrase,
    network: toHex(state.networkId),
    accounts: [...state.accounts],
    head: { height: state.head.height, hash: toHex(state.head.hash) },
    opened: [...state.opened],
    orders: [...state.orders.values()].map(order => ({
      name: order.name,
      intent: writeIntent(order.intent),
      sealed: order.sealed && writeSealed(order.sealed),
      tries: order.tries,
      outcome:
        order.outcome.state === 'revealed'
          ? { ...order.outcome, balance: order.outcome.balance.toString() }
          : order.outcome,
    })),
  };
}

function readState(written: WrittenState): WalletState {
  const orders = written.orders.map((order): [string, Order] => [
    order.name,
    {
      name: order.name,
      intent: readIntent(order.intent),
      sealed: order.sealed && readSealed(order.sealed),
      tries: order.tries,
      outcome: readOutcome(order.outcome),
    },
  ]);
  return {
    seedPhrase: written.seedPhrase,
    networkId: fromHex(written.network),
    accounts: written.accounts,
    head: { height: written.head.height, hash: fromHex(written.head.hash) },
    opened: new Set(written.opened),
    orders: new Map(orders),
  };
}

function writeIntent(intent: Intent): WrittenOrder['intent'] {
  if (intent.kind === 'transfer') return { ...intent, amount: intent.amount.toString() };
  if (intent.kind === 'reveal') return intent;
  const { claim, ...rest } = intent;
  return claim ? { ...rest, claim: toHex(claim) } : rest;
}

function readIntent(written: WrittenOrder['intent']): Intent {
  const { kind, from = 0, to = 0, account = 0, amount = '0', claim } = written;
  if (kind === 'transfer') return { kind, from, to, amount: BigInt(amount) };
  if (kind === 'reveal') return { kind, account };
  return { kind, account, claim: claim === undefined ? undefined : fromHex(claim) };
}

/** An envelope is written at every save while it is alive, and never changes: its hex is made once. */
const writtenOnce = new WeakMap<Sealed, WrittenSealed>();

function writeSealed(sealed: Sealed): WrittenSealed {
  const known = writtenOnce.get(sealed);
  if (known) return known;
  const { id, bytes, expiry, base, secret } = sealed;
  const written = {
    id: toHex(id),
    bytes: toHex(bytes),
    expiry,
    base: { height: base.height, hash: toHex(base.hash) },
    secret: secret.toString(),
  };
  writtenOnce.set(sealed, written);
  return written;
}

function readSealed({ id, bytes, expiry, base, secret }: WrittenSealed): Sealed {
  return {
    id: fromHex(id),
    bytes: fromHex(bytes),
    expiry,
    base: { height: base.height, hash: fromHex(base.hash) },
    secret: BigInt(secret),
  };
}

function readOutcome(written: WrittenOrder['outcome']): Outcome {
  const { balance, ...rest } = written;
  return (balance === undefined ? rest : { ...rest, balance: BigInt(balance) }) as Outcome;
}
