/**
 * Adopting a record: how banks come together again that a proven cheat has brought apart.
 *
 *     apart       one bank has committed (h, k) late; another has signed a later attempt at h and refuses that certificate
 *     adopt       H('covault/adopt', network id, h, k, record hash): "of all attempts at h, this is the one"
 *     adoption    the record with its certificate and everybody's recovery entries, and all n banks' words: replaces the rule
 *                 that a later signature stands against it
 *
 * A bank signs for one k of a height only, on its disk first, if it holds certificate and prepared state and has committed
 * no other attempt there. From then on it does nothing but wait for the adoption: a bank that halts signs no record and
 * accepts no certificate. The words travel between operators, as files; banks that are apart are halted in any case.
 *
 * Not here: what a bank looks at before it signs (`bank/adopt.ts`). Lifting what the proof says of the cheat is another matter.
 *
 * Source: protocol.md, section 10.
 */
import { decodeAll, type Reader, Writer } from '../codec/index.js';
import { equalBytes, hash } from '../crypto/index.js';
import { CovaultError, isCode } from '../errors.js';
import { recordHash, type Verify, verifyCertificate } from '../ledger/log.js';
import { entryHash, entryHead } from '../ledger/recovery-entry.js';
import { banksMax, recoveryEntryBytesMax } from '../limits.js';
import type { Network } from '../network/index.js';
import { type Certified, decodeCertified, encodeCertified } from './certified.js';
import { type Place, samePlace } from './statements.js';

/** What a bank has signed. */
export interface Adopted extends Place {
  readonly recordHash: Uint8Array;
}

export interface Adoption {
  readonly certified: Certified;
  /** Everybody's, by bank: those that the certificate commits to. */
  readonly entries: readonly Uint8Array[];
  /** By bank; some may be missing yet. */
  readonly signatures: readonly (Uint8Array | undefined)[];
}

export function adoptedBy({ certified: { record } }: Pick<Adoption, 'certified'>): Adopted {
  return { height: record.height, attempt: record.attempt, recordHash: recordHash(record) };
}

export function adoptStatement(networkId: Uint8Array, { height, attempt, recordHash: of }: Adopted): Uint8Array {
  return hash('covault/adopt', networkId, new Writer(12).u64(height).u32(attempt).done(), of);
}

/** Throws BAD_CERTIFICATE: the certificate, an entry, or a word that is there does not hold. */
export function checkAdoption(network: Network, verify: Verify, adoption: Adoption): void {
  const { certified, entries, signatures } = adoption;
  const { record, certificate } = certified;
  verifyCertificate(network, record, certificate, verify);
  const refused = (why: string) => new CovaultError('BAD_CERTIFICATE', `adoption: ${why}`, { height: record.height });
  const isOf = (entry: Uint8Array, bank: number) =>
    equalBytes(entryHash(entry), certificate[bank].commitment) && isAt(entry, record);
  if (entries.length !== certificate.length || !entries.every(isOf)) throw refused('entries of another record');
  const statement = adoptStatement(network.id, adoptedBy(adoption));
  if (signatures.length !== network.banks.length) throw refused('not one place a bank');
  signatures.forEach((signature, bank) => {
    if (signature && !verify(bank, statement, signature)) {
      throw refused(`the word of ${network.banks[bank].name} does not hold`);
    }
  });
}

/** Its bank may have signed anything. */
function isAt(entry: Uint8Array, place: Place): boolean {
  try {
    return samePlace(entryHead(entry), place);
  } catch (error) {
    if (!isCode(error, 'MALFORMED')) throw error;
    return false;
  }
}

export const isWhole = ({ signatures }: Adoption): boolean => signatures.every(signature => signature !== undefined);

export function encodeAdoption({ certified, entries, signatures }: Adoption): Uint8Array {
  const w = new Writer(4096).bytes(encodeCertified(certified)).list(entries, (to, entry) => to.bytes(entry));
  return w.list(signatures, (to, signature) => (signature ? to.u8(1).fixed(signature) : to.u8(0))).done();
}

/** Throws MALFORMED, OVERSIZED. Whether it holds is the question of `checkAdoption`. */
export function decodeAdoption(bytes: Uint8Array): Adoption {
  return decodeAll(bytes, 'adoption', r => ({
    certified: decodeCertified(r.bytes(bytes.length)),
    entries: r.list(banksMax, from => from.bytes(recoveryEntryBytesMax)),
    signatures: r.list(banksMax, from => (from.bool() ? from.fixed(64) : undefined)),
  }));
}

export function writeAdopted(w: Writer, { height, attempt, recordHash: of }: Adopted): Writer {
  return w.u64(height).u32(attempt).fixed(of);
}

export function readAdopted(r: Reader): Adopted {
  return { height: r.u64(), attempt: r.u32(), recordHash: r.fixed(32) };
}
