/**
 * Reads the records that this bank commits, in order, and counts what is in them: kinds, rejects by reason, audits, and
 * whether the supply is what genesis made it at every height. It reads what everybody may read, from this bank's own disk.
 *
 * Not here: signatures. This bank checked them before it committed; the page checks them again, in the browser.
 */
import type { BankService } from '../../src/bank/index.js';
import { decodeRecord, type LedgerRecord, type Status } from '../../src/ledger/log.js';
import { consoleAuditsMax, consoleRecordsAtOnce, consoleRecordsBefore } from '../../src/limits.js';
import type { Log } from '../../src/ports.js';

export interface Audit {
  readonly height: number;
  /** The sum of all balances was the supply. (One that was not stops the network before it has a record.) */
  readonly holds: boolean;
}

export interface Conservation {
  /** Of genesis: nothing is issued or redeemed in this version. In the smallest unit. */
  readonly supply: string;
  /** Records looked at: the supply of each is compared. */
  readonly from: number;
  readonly to: number;
  /** The first at which it differed. */
  readonly brokenAt: number | null;
  /** Newest first. */
  readonly audits: readonly Audit[];
}

export class LogWatch {
  readonly #service: BankService;
  readonly #supply: bigint;
  readonly #log: Log;
  readonly #counted: (statuses: readonly Status[]) => void;
  readonly #from: number;
  /** From here on records are new, and counted. */
  readonly #new: number;
  #next: number;
  #brokenAt: number | undefined;
  #audits: Audit[] = [];
  #reading: Promise<void> | undefined;
  #hasFailed = false;

  /** `counted`: once for every record committed from now on. */
  constructor(service: BankService, supply: bigint, log: Log, counted: (statuses: readonly Status[]) => void) {
    this.#service = service;
    this.#supply = supply;
    this.#log = log;
    this.#counted = counted;
    const { height } = service.status();
    this.#new = height + 1;
    this.#from = Math.max(1, this.#new - consoleRecordsBefore);
    this.#next = this.#from;
  }

  get conservation(): Conservation {
    return {
      supply: this.#supply.toString(),
      from: this.#from,
      to: this.#next - 1,
      brokenAt: this.#brokenAt ?? null,
      audits: this.#audits,
    };
  }

  /** Reads what has come; one reading at a time. Never rejects. */
  catchUp(): Promise<void> {
    this.#reading ??= this.#read()
      .catch(error => {
        if (!this.#hasFailed) {
          this.#log.warn('the console cannot read the log', {
            why: error instanceof Error ? error.message : 'unknown',
          });
        }
        this.#hasFailed = true;
      })
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }

  async #read(): Promise<void> {
    while (this.#next <= this.#service.status().height) {
      const records = await this.#service.records(this.#next, consoleRecordsAtOnce);
      if (records.length === 0) return;
      for (const { record } of records) this.#take(decodeRecord(record));
    }
  }

  #take({ height, entries, supply }: LedgerRecord): void {
    this.#next = height + 1;
    if (supply !== this.#supply) this.#brokenAt ??= height;
    for (const { status } of entries) {
      if (status.kind !== 'audited') continue;
      this.#audits = [{ height, holds: status.sum === supply }, ...this.#audits].slice(0, consoleAuditsMax);
    }
    if (height >= this.#new) this.#counted(entries.map(({ status }) => status));
  }
}
