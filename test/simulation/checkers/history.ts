/**
 * One history: what any disk ever holds as the record of a height is the same record, certified by all banks, on top of the
 * one before; and no two records of one height ever have all signatures, shown to anybody or not. (Not a signature that nobody
 * has: its bank has forgotten it with its disk, and it never arrived, or only at banks that have crashed since.)
 */
import { decodeCertified } from '../../../src/agreement/index.js';
import { decodeMessage } from '../../../src/agreement/messages.js';
import type { Use } from '../../../src/bank/index.js';
import { decodeAgreementFrame } from '../../../src/bank/transport.js';
import { toHex } from '../../../src/crypto/index.js';
import { CovaultError } from '../../../src/errors.js';
import { recordHash, type Verify, verifyCertificate } from '../../../src/ledger/log.js';
import type { Network } from '../../../src/network/index.js';
import type { StoreOp } from '../../../src/ports.js';
import type { Observer, Report } from '../observer.js';
import { logPrefix, startsWith } from './keys.js';

/** Where a certificate has landed: no crash takes that back. */
const someDisk = -1;

export class History implements Observer {
  readonly #network: Network;
  readonly #verify: Verify;
  readonly #report: Report;
  /** Hex hash by height. */
  readonly #hashes = new Map<number, string>();
  /** Who has a bank's signature, itself or in a certificate: by height, hex hash, and bank. */
  readonly #signed = new Map<number, Map<string, readonly Set<number>[]>>();

  constructor(network: Network, verify: Verify, report: Report) {
    this.#network = network;
    this.#verify = verify;
    this.#report = report;
  }

  landed(bank: number, ops: readonly StoreOp[]): void {
    for (const op of ops) if (op.type === 'put' && startsWith(op.key, logPrefix)) this.#record(bank, op.value);
  }

  #record(bank: number, bytes: Uint8Array): void {
    const { record, certificate } = decodeCertified(bytes);
    const { height } = record;
    const hash = toHex(recordHash(record));
    const known = this.#hashes.get(height);
    if (known !== undefined && known !== hash) this.#report(`bank ${bank} holds another record of height ${height}`);
    if (known !== undefined) return;
    this.#hashes.set(height, hash);
    for (const signer of this.#network.banks.keys()) this.#sign(height, hash, signer, someDisk);
    const before = height === 1 ? toHex(this.#network.id) : this.#hashes.get(height - 1);
    if (toHex(record.previous) !== before) this.#report(`the record of height ${height} follows no other`);
    try {
      verifyCertificate(this.#network, record, certificate, this.#verify);
    } catch (error) {
      if (!(error instanceof CovaultError)) throw error;
      this.#report(`the record of height ${height} is not certified: ${error.message}`);
    }
  }

  crashed(bank: number): void {
    // its own are on its disk
    this.#forget(bank, signer => signer !== bank);
  }

  restored(bank: number): void {
    this.#forget(bank, signer => signer === bank);
  }

  #forget(holder: number, isForgotten: (signer: number) => boolean): void {
    for (const records of this.#signed.values()) {
      for (const holders of records.values()) {
        for (const [signer, of] of holders.entries()) if (isForgotten(signer)) of.delete(holder);
      }
    }
  }

  arrived(_from: number, to: number, use: Use, frame: Uint8Array): void {
    this.#heard(use, frame, to);
  }

  sent(from: number, _to: number, use: Use, frame: Uint8Array): void {
    this.#heard(use, frame, from);
  }

  #heard(use: Use, frame: Uint8Array, holder: number): void {
    if (use !== 'agreement') return;
    const decoded = decodeAgreementFrame(frame);
    if (decoded.kind !== 'message') return;
    const message = decodeMessage(decoded.bytes, this.#network.banks.length);
    if (message.kind === 'signed') {
      const { height, recordHash: hash, bank } = message.signed;
      this.#sign(height, toHex(hash), bank, holder);
    } else if (message.kind === 'certificate') {
      const hash = toHex(recordHash(message.record));
      for (const bank of this.#network.banks.keys()) this.#sign(message.record.height, hash, bank, holder);
    }
  }

  #sign(height: number, hash: string, signer: number, holder: number): void {
    const records = this.#signed.get(height) ?? new Map<string, readonly Set<number>[]>();
    this.#signed.set(height, records);
    const holders = records.get(hash) ?? this.#network.banks.map(() => new Set<number>());
    records.set(hash, holders);
    holders[signer].add(holder);
    const whole = [...records.values()].filter(all => all.every(of => of.size > 0));
    if (whole.length > 1) this.#report(`two records of height ${height} have all signatures`);
  }
}
