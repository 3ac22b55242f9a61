/**
 * One history: what any disk holds as the record of a height is the same record, certified by all banks, on top of the one
 * before; and no two records of one height ever have all signatures, shown to anybody or not. (A signature counts while somebody
 * has it. It is gone when its bank, and every bank that has committed it, has been set back to an old copy of its disk, and those
 * that had only heard it have crashed.)
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

/** A bank's disk, as one that has a signature; its process goes by the index itself. */
const diskOf = (bank: number): number => -1 - bank;

/** Who has the signature of each bank, itself or in a certificate. */
type Holders = readonly Set<number>[];

export class History implements Observer {
  readonly #network: Network;
  readonly #verify: Verify;
  readonly #report: Report;
  /** By height and hex hash. */
  readonly #signed = new Map<number, Map<string, Holders>>();
  /** Records whose certificate and place in the chain were looked at, by hex hash. */
  readonly #checked = new Set<string>();
  /** The last on its disk, by bank. */
  readonly #heights: number[];

  constructor(network: Network, verify: Verify, report: Report) {
    this.#network = network;
    this.#verify = verify;
    this.#report = report;
    this.#heights = network.banks.map(() => 0);
  }

  landed(bank: number, ops: readonly StoreOp[]): void {
    for (const op of ops) if (op.type === 'put' && startsWith(op.key, logPrefix)) this.#record(bank, op.value);
  }

  #record(bank: number, bytes: Uint8Array): void {
    const { record, certificate } = decodeCertified(bytes);
    const { height } = record;
    const hash = toHex(recordHash(record));
    const known = this.#whole(height);
    if (known.some(each => each !== hash)) this.#report(`bank ${bank} holds another record of height ${height}`);
    this.#heights[bank] = height;
    for (const signer of this.#network.banks.keys()) this.#sign(height, hash, signer, diskOf(bank));
    if (this.#checked.has(hash)) return;
    this.#checked.add(hash);
    const before = height === 1 ? [toHex(this.#network.id)] : this.#whole(height - 1);
    if (!before.includes(toHex(record.previous))) this.#report(`the record of height ${height} follows no other`);
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

  restored(bank: number, behind: number): void {
    this.#forget(bank, signer => signer === bank);
    this.#heights[bank] -= behind;
    this.#forget(diskOf(bank), () => true, this.#heights[bank] + 1);
  }

  #forget(holder: number, isForgotten: (signer: number) => boolean, from = 0): void {
    for (const [height, records] of this.#signed) {
      if (height < from) continue;
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
    const records = this.#signed.get(height) ?? new Map<string, Holders>();
    this.#signed.set(height, records);
    const holders = records.get(hash) ?? this.#network.banks.map(() => new Set<number>());
    records.set(hash, holders);
    holders[signer].add(holder);
    if (this.#whole(height).length > 1) this.#report(`two records of height ${height} have all signatures`);
  }

  /** Hex hashes of the records of this height that have all signatures. */
  #whole(height: number): string[] {
    const records = [...(this.#signed.get(height) ?? [])];
    return records.filter(([, holders]) => holders.every(of => of.size > 0)).map(([hash]) => hash);
  }
}
