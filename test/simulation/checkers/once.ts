/** No envelope is applied twice: it stands in one record, before its expiry, and never after it was burned or beside that. */
import { toHex } from '../../../src/crypto/index.js';
import type { LedgerRecord } from '../../../src/ledger/log.js';
import type { Sent } from '../holders.js';
import type { Observer, Report } from '../observer.js';

export class AppliedOnce implements Observer {
  readonly #sent: ReadonlyMap<string, Sent>;
  readonly #report: Report;
  readonly #applied = new Map<string, number>();
  readonly #burned = new Map<string, number>();

  constructor(sent: ReadonlyMap<string, Sent>, report: Report) {
    this.#sent = sent;
    this.#report = report;
  }

  recorded({ height, entries, burned }: LedgerRecord): void {
    for (const id of entries.map(entry => toHex(entry.id))) {
      this.#once(id, height);
      this.#applied.set(id, height);
      const expiry = this.#sent.get(id)?.expiry ?? Infinity;
      if (height > expiry) this.#report(`an envelope that expired at ${expiry} stands in height ${height}`);
    }
    for (const id of burned.map(toHex)) {
      const at = this.#applied.get(id);
      if (at !== undefined) this.#report(`an envelope of height ${at} is burned at height ${height}`);
      this.#burned.set(id, height);
    }
  }

  #once(id: string, height: number): void {
    const [applied, burned] = [this.#applied.get(id), this.#burned.get(id)];
    if (applied !== undefined) this.#report(`an envelope of height ${applied} stands in height ${height} too`);
    if (burned !== undefined) this.#report(`an envelope burned at height ${burned} stands in height ${height}`);
  }
}
