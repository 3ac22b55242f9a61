/**
 * What holders are told stays true. Wallets read logs as `wallet/` does: records in order, certified, final by all banks'
 * words or by the next record. What they believe is the history; whatever they take for dead is never applied; whatever a
 * bank says of an envelope's height, the record there says too.
 */
import type { RecordBytes } from '../../../src/bank/index.js';
import { decodeAll } from '../../../src/codec/index.js';
import { toHex } from '../../../src/crypto/index.js';
import { CovaultError } from '../../../src/errors.js';
import {
  type Certificate,
  decodeRecord,
  type FinalityProof,
  type LedgerRecord,
  readCertificate,
  recordHash,
  type Verify,
  verifyCertificate,
  verifyFinal,
} from '../../../src/ledger/log.js';
import type { Network } from '../../../src/network/index.js';
import type { Sent } from '../holders.js';
import { walletCount } from '../holders.js';
import type { Observer, Report, Told } from '../observer.js';

interface Shown {
  readonly record: LedgerRecord;
  readonly certificate: Certificate;
  readonly committed: readonly Uint8Array[] | undefined;
}

export class WalletsView implements Observer {
  readonly #network: Network;
  readonly #sent: ReadonlyMap<string, Sent>;
  readonly #verify: Verify;
  readonly #report: Report;
  /** By wallet: the last record it holds final. */
  readonly #heads: { height: number; hash: string }[];
  /** Hex hash by height, on some disk. */
  readonly #history = new Map<number, string>();
  /** Where an envelope stands, and where somebody was told that it stands. */
  readonly #heights = new Map<string, number>();
  /** Ids that some wallet takes for dead. */
  readonly #dead = new Set<string>();

  constructor(network: Network, sent: ReadonlyMap<string, Sent>, verify: Verify, report: Report) {
    this.#network = network;
    this.#sent = sent;
    this.#verify = verify;
    this.#report = report;
    this.#heads = Array.from({ length: walletCount }, () => ({ height: 0, hash: toHex(network.id) }));
  }

  /** The height a wallet reads next. */
  next(wallet: number): number {
    return this.#heads[wallet].height + 1;
  }

  recorded(record: LedgerRecord): void {
    this.#history.set(record.height, toHex(recordHash(record)));
    for (const { id, status } of record.entries) {
      this.#heights.set(toHex(id), record.height);
      const isDead = status.kind !== 'rejected' && this.#dead.has(toHex(id));
      if (isDead) this.#report(`height ${record.height} applies what a wallet took for dead`);
    }
  }

  told({ bank, id, state, height }: Told): void {
    if (state !== 'recorded' && state !== 'final') return;
    const at = this.#heights.get(id);
    if (at !== height) this.#report(`bank ${bank} says ${state} at ${height}; the envelope stands at ${at}`);
  }

  read(wallet: number, records: readonly RecordBytes[]): void {
    const shown = records.map(show);
    for (const [i, { record, committed }] of shown.entries()) {
      const head = this.#heads[wallet];
      if (record.height !== head.height + 1) return; // another reading was quicker
      const next = shown[i + 1];
      const proof: FinalityProof | undefined = committed
        ? { kind: 'committed', signatures: committed }
        : next && { kind: 'next', ...next };
      if (!proof) return;
      try {
        verifyCertificate(this.#network, record, shown[i].certificate, this.#verify);
        verifyFinal(this.#network, { height: record.height, hash: recordHash(record) }, proof, this.#verify);
      } catch (error) {
        if (!(error instanceof CovaultError)) throw error;
        this.#report(`a bank shows a record that does not hold: ${error.message}`);
        return;
      }
      this.#believe(wallet, record);
    }
  }

  #believe(wallet: number, record: LedgerRecord): void {
    const hash = toHex(recordHash(record));
    const { height } = record;
    if (toHex(record.previous) !== this.#heads[wallet].hash)
      this.#report(`height ${height} follows no other for a wallet`);
    if (this.#history.get(height) !== hash) this.#report(`a wallet holds another record of height ${height} for final`);
    this.#heads[wallet] = { height, hash };
    for (const id of record.burned) this.#dead.add(toHex(id));
    for (const { id, expiry } of this.#sent.values()) {
      const at = this.#heights.get(id);
      if (expiry <= height && (at === undefined || at > height)) this.#dead.add(id);
    }
  }
}

function show({ record, certificate, committed }: RecordBytes): Shown {
  return {
    record: decodeRecord(record),
    certificate: decodeAll(certificate, 'certificate', readCertificate),
    committed,
  };
}
