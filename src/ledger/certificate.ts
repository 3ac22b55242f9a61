/**
 * What banks sign about a record, and what n signatures together prove.
 *
 *     signed      H('covault/sign-record', network id, record hash, height, attempt, bank, commitment to its new state)
 *     certificate n of them: the record is the block at its height
 *     committed   H('covault/committed', network id, height, record hash): "my disk holds record and certificate"
 *     final       n of those, or a certified record of the next height: every honest bank can only go on from here
 *
 * Height, attempt and bank are u64, u32 and u8, little endian. Every check here needs the network file and no secret.
 *
 * Source: protocol.md, section 9, messages 6 and 7.
 */
import { type Reader, Writer } from '../codec/index.js';
import { ed25519, equalBytes, hash } from '../crypto/index.js';
import { banksMax } from '../limits.js';
import type { Network } from '../network/index.js';
import { badCertificate, type LedgerRecord, recordHash } from './record.js';

/** One bank's signature under a record. */
export interface RecordSignature {
  /** To the bank's new state: the hash of its recovery entry (`recovery-entry.ts`), 32 bytes. */
  readonly commitment: Uint8Array;
  readonly signature: Uint8Array;
}

/** By bank. */
export type Certificate = readonly RecordSignature[];

/** Where the signatures of a bank are checked; a test may put a cheaper scheme in Ed25519's place. */
export type Verify = (bank: number, message: Uint8Array, signature: Uint8Array) => boolean;

export function rosterVerify(network: Pick<Network, 'banks'>): Verify {
  return (bank, message, signature) =>
    network.banks[bank] !== undefined && ed25519.verify(network.banks[bank].identityKey, message, signature);
}

export function recordStatement(
  networkId: Uint8Array,
  at: { readonly recordHash: Uint8Array; readonly height: number; readonly attempt: number },
  bank: number,
  commitment: Uint8Array,
): Uint8Array {
  const place = new Writer(16).u64(at.height).u32(at.attempt).u8(bank).done();
  return hash('covault/sign-record', networkId, at.recordHash, place, commitment);
}

export function committedStatement(networkId: Uint8Array, height: number, of: Uint8Array): Uint8Array {
  return hash('covault/committed', networkId, new Writer(8).u64(height).done(), of);
}

export function writeCertificate(w: Writer, certificate: Certificate): Writer {
  return w.list(certificate, (to, { commitment, signature }) => to.fixed(commitment).fixed(signature));
}

/** What `writeCertificate` has written. Throws MALFORMED, OVERSIZED. */
export function readCertificate(r: Reader): Certificate {
  return r.list(banksMax, from => ({ commitment: from.fixed(32), signature: from.fixed(64) }));
}

/** Throws BAD_CERTIFICATE; `culprit` is never named: whoever showed it may have been shown it. */
export function verifyCertificate(
  network: Pick<Network, 'id' | 'banks'>,
  record: LedgerRecord,
  certificate: Certificate,
  verify: Verify = rosterVerify(network),
): void {
  if (!equalBytes(record.networkId, network.id)) throw badCertificate('another network', record.height);
  if (certificate.length !== network.banks.length) throw badCertificate('not one signature a bank', record.height);
  const at = { recordHash: recordHash(record), height: record.height, attempt: record.attempt };
  certificate.forEach(({ commitment, signature }, bank) => {
    if (!verify(bank, recordStatement(network.id, at, bank, commitment), signature)) {
      throw badCertificate(`the signature of bank ${bank} is wrong`, record.height);
    }
  });
}

/** What makes a record final. */
export type FinalityProof =
  /** By bank: signatures of `committedStatement`. */
  | { readonly kind: 'committed'; readonly signatures: readonly Uint8Array[] }
  | { readonly kind: 'next'; readonly record: LedgerRecord; readonly certificate: Certificate };

/** Throws BAD_CERTIFICATE. The record itself must have been certified before. */
export function verifyFinal(
  network: Pick<Network, 'id' | 'banks'>,
  of: { readonly height: number; readonly hash: Uint8Array },
  proof: FinalityProof,
  verify: Verify = rosterVerify(network),
): void {
  if (proof.kind === 'next') {
    const { record, certificate } = proof;
    if (record.height !== of.height + 1 || !equalBytes(record.previous, of.hash)) {
      throw badCertificate('the next record does not follow', of.height);
    }
    verifyCertificate(network, record, certificate, verify);
    return;
  }
  if (proof.signatures.length !== network.banks.length) throw badCertificate('not one statement a bank', of.height);
  const statement = committedStatement(network.id, of.height, of.hash);
  proof.signatures.forEach((signature, bank) => {
    if (!verify(bank, statement, signature)) {
      throw badCertificate(`the committed statement of bank ${bank} is wrong`, of.height);
    }
  });
}
