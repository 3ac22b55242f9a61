/**
 * The public part of an envelope: what every bank sees, and the id that binds all of it.
 *
 *     core    = network id, roster version, kind and public arguments, expiry, nonce, explicit bank, H(k_1) .. H(k_n)
 *     header  = core | t            t: the client tag
 *     id      = H(header)           and the associated data of every packet is the id
 *
 * Canonical: one envelope, one byte string. Source: protocol.md, section 5.
 */
import { decodeAll, type Reader, Writer } from '../codec/index.js';
import { hash } from '../crypto/index.js';
import { P } from '../field/index.js';
import { banksMax, banksMin, memoBytes } from '../limits.js';

export interface TransferArguments {
  readonly kind: 'transfer';
  /** Pages; for pageSize 1 these are the accounts. */
  readonly payerPage: number;
  readonly payeePage: number;
  /** memoBytes, whether it says something or not (`memo.ts`). */
  readonly memo: Uint8Array;
}

export interface OpenArguments {
  readonly kind: 'open';
  readonly account: number;
  /** pageSize 1 only: Ed25519 public keys, 32 bytes each. */
  readonly publicKeys: { readonly spending: Uint8Array; readonly viewing: Uint8Array } | undefined;
}

export interface RevealArguments {
  readonly kind: 'reveal';
  readonly page: number;
}

export interface AuditArguments {
  readonly kind: 'audit';
  /** The bank whose operator asks and signs. */
  readonly bank: number;
}

export interface RekeyArguments {
  readonly kind: 'rekey';
  readonly page: number;
  /** pageSize 1 only: the new ones. */
  readonly publicKeys: OpenArguments['publicKeys'];
}

export type Arguments = TransferArguments | OpenArguments | RevealArguments | AuditArguments | RekeyArguments;
export type Kind = Arguments['kind'];

export interface Core {
  readonly networkId: Uint8Array;
  readonly rosterVersion: number;
  readonly arguments: Arguments;
  /** The last height it may stand in. */
  readonly expiry: number;
  /** 16 random bytes. */
  readonly nonce: Uint8Array;
  /** The bank whose packet holds its share in full. */
  readonly explicitBank: number;
  /** H(k_i), by bank. */
  readonly keyHashes: readonly Uint8Array[];
}

export interface Header extends Core {
  /** t = <rho, x> */
  readonly clientTag: bigint;
}

const kinds = ['transfer', 'open', 'reveal', 'audit', 'rekey'] as const satisfies Kind[];

/**
 * What headers were decoded from: a bank asks for the encoding of one some seven times, for its id, for whoever forwards it, opens
 * it, checks its tag or keeps it. A copy of a header is encoded anew.
 */
const decodedFrom = new WeakMap<Core, Uint8Array>();
const clientTagBytes = 8;

/** Not to be written to. */
export function encodeCore(core: Core): Uint8Array {
  const known = decodedFrom.get(core);
  if (known) return known.subarray(0, known.length - clientTagBytes);
  const w = new Writer(512).fixed(core.networkId).u32(core.rosterVersion);
  writeArguments(w, core.arguments);
  w.u64(core.expiry).fixed(core.nonce).u8(core.explicitBank);
  return w.list(core.keyHashes, (to, keyHash) => to.fixed(keyHash)).done();
}

/** Not to be written to. */
export function encodeHeader(header: Header): Uint8Array {
  const known = decodedFrom.get(header);
  if (known) return known;
  return new Writer(512).fixed(encodeCore(header)).big64(header.clientTag).done();
}

/** `bytes` are kept with it. Throws MALFORMED. Whether it fits the network and the ledger is the admission's question. */
export function decodeHeader(bytes: Uint8Array): Header {
  const header = decodeAll(bytes, 'envelope header', r => {
    const header: Header = {
      networkId: r.fixed(32),
      rosterVersion: r.u32(),
      arguments: readArguments(r),
      expiry: r.u64(),
      nonce: r.fixed(16),
      explicitBank: r.u8(),
      keyHashes: r.list(banksMax, reader => reader.fixed(32)),
      clientTag: r.big64(),
    };
    if (header.keyHashes.length < banksMin) throw r.malformed('too few banks');
    if (header.explicitBank >= header.keyHashes.length) throw r.malformed('no such explicit bank');
    if (header.clientTag >= P) throw r.malformed('the client tag is no field element');
    return header;
  });
  decodedFrom.set(header, bytes);
  return header;
}

/** Of the header of a transfer: a bank looks through many. */
export function payeePageOf(header: Uint8Array): number {
  return new DataView(header.buffer, header.byteOffset, header.length).getUint32(32 + 4 + 1 + 4, true);
}

/** Of what may be a header: the byte behind network id and roster version. */
export function headerKind(bytes: Uint8Array): Kind | undefined {
  return kinds[bytes[32 + 4]];
}

export function envelopeId(header: Header): Uint8Array {
  return headerId(encodeHeader(header));
}

/** The same of a header's bytes. */
export function headerId(header: Uint8Array): Uint8Array {
  return hash('covault/envelope', header);
}

function writeArguments(w: Writer, a: Arguments): void {
  w.u8(kinds.indexOf(a.kind));
  switch (a.kind) {
    case 'transfer':
      w.u32(a.payerPage).u32(a.payeePage).fixed(a.memo);
      break;
    case 'open':
      writePublicKeys(w.u32(a.account), a.publicKeys);
      break;
    case 'reveal':
      w.u32(a.page);
      break;
    case 'audit':
      w.u8(a.bank);
      break;
    case 'rekey':
      writePublicKeys(w.u32(a.page), a.publicKeys);
      break;
  }
}

function writePublicKeys(w: Writer, keys: OpenArguments['publicKeys']): void {
  w.u8(keys ? 1 : 0);
  if (keys) w.fixed(keys.spending).fixed(keys.viewing);
}

function readPublicKeys(r: Reader): OpenArguments['publicKeys'] {
  return r.bool() ? { spending: r.fixed(32), viewing: r.fixed(32) } : undefined;
}

function readArguments(r: Reader): Arguments {
  const kind = kinds[r.u8()];
  switch (kind) {
    case 'transfer':
      return { kind, payerPage: r.u32(), payeePage: r.u32(), memo: r.fixed(memoBytes) };
    case 'open':
      return { kind, account: r.u32(), publicKeys: readPublicKeys(r) };
    case 'reveal':
      return { kind, page: r.u32() };
    case 'audit':
      return { kind, bank: r.u8() };
    case 'rekey':
      return { kind, page: r.u32(), publicKeys: readPublicKeys(r) };
    default:
      throw r.malformed('no such kind of operation');
  }
}
