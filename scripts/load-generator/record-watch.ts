/**
 * Outcomes, read off the public log: records that are final, each once, in order. One small request every few
 * milliseconds, to the banks in turn, in place of a long poll for each envelope.
 *
 * A record is final with all banks' `committed` signatures, or when the next one is there. Signatures are not checked
 * while the clock runs; `checks.ts` checks the whole log afterwards.
 */
import { fromHex } from '../../src/crypto/index.js';
import { decodeRecord, type LedgerRecord } from '../../src/ledger/log.js';
import type { Gateways } from './submitter.js';

const recordsAtOnce = 20;

export class RecordWatch {
  readonly records: LedgerRecord[] = [];
  readonly #gateways: Gateways;
  readonly #everyMs: number;
  readonly #heard: (record: LedgerRecord) => void;
  #turn = 0;
  #running: Promise<void> | undefined;
  #stopped = false;

  /** `everyMs` is how late an outcome may be seen here; every question costs a bank half a millisecond of CPU. */
  constructor(gateways: Gateways, everyMs: number, heard: (record: LedgerRecord) => void) {
    this.#gateways = gateways;
    this.#everyMs = everyMs;
    this.#heard = heard;
  }

  /** Asks again and again until `stop`. `active`: whether there is anything to wait for. */
  start(active: () => boolean, failed: (error: unknown) => void): void {
    this.#running = (async () => {
      while (!this.#stopped) {
        const isBehind = active() && (await this.poll());
        if (!isBehind) await new Promise(next => setTimeout(next, this.#everyMs));
      }
    })().catch(error => {
      if (!this.#stopped) failed(error);
    });
  }

  /** Whether there are more than one answer holds. */
  async poll(bank = this.#turn++ % this.#gateways.count): Promise<boolean> {
    const from = this.records.length + 1;
    const text = await this.#gateways.get(bank, `/v1/records?from=${from}&count=${recordsAtOnce}`);
    const { records } = JSON.parse(text) as { records: { record: string; committed: readonly string[] | null }[] };
    for (const [i, { record, committed }] of records.entries()) {
      if (committed === null && i === records.length - 1) return false;
      // another answer may have been faster
      if (this.records.length >= from + i) continue;
      const read = decodeRecord(fromHex(record));
      this.records.push(read);
      this.#heard(read);
    }
    return records.length === recordsAtOnce;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }
}
