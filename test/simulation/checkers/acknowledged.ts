/**
 * Nothing acknowledged is lost: what a bank has taken is decided in a record, burned in one, or its expiry has come; an `open`
 * also when another has opened the slot, and, for pages of one slot, what is signed under keys that were replaced.
 */
import { toHex } from '../../../src/crypto/index.js';
import type { LedgerRecord } from '../../../src/ledger/log.js';
import type { Sent } from '../holders.js';
import { isQuiet, type Observer, type Report, type Standing } from '../observer.js';

export class NothingLost implements Observer {
  readonly #sent: ReadonlyMap<string, Sent>;
  readonly #report: Report;
  /** By id: who took it. */
  readonly #acknowledged = new Map<string, Set<number>>();
  readonly #decided = new Set<string>();
  readonly #opened = new Set<number>();
  /** By page: how often its keys were replaced, where a page is an account. */
  readonly #rekeys = new Map<number, number>();
  readonly #isPublic: boolean;

  constructor(sent: ReadonlyMap<string, Sent>, isPublic: boolean, report: Report) {
    this.#sent = sent;
    this.#isPublic = isPublic;
    this.#report = report;
  }

  acknowledged(bank: number, id: string): void {
    this.#acknowledged.set(id, (this.#acknowledged.get(id) ?? new Set()).add(bank));
  }

  /** What it alone has taken since may be gone with its disk. */
  restored(bank: number): void {
    for (const banks of this.#acknowledged.values()) banks.delete(bank);
  }

  recorded({ entries, burned }: LedgerRecord): void {
    for (const id of [...entries.map(entry => entry.id), ...burned]) this.#decided.add(toHex(id));
    for (const { status } of entries) {
      if (status.kind === 'opened') this.#opened.add(status.account);
      else if (status.kind === 'rekeyed') this.#rekeys.set(status.page, (this.#rekeys.get(status.page) ?? 0) + 1);
    }
  }

  ended(standings: readonly Standing[]): void {
    if (!isQuiet(standings)) return; // a network that stands still has decided nothing yet
    const height = Math.max(...standings.map(standing => standing.height));
    for (const [id, banks] of this.#acknowledged) {
      const sent = this.#sent.get(id) as Sent;
      const isOvertaken = this.#isOvertaken(sent);
      if (banks.size === 0 || this.#decided.has(id) || isOvertaken || sent.expiry <= height) continue;
      this.#report(`bank ${[...banks]} took a ${sent.order.kind} and nobody knows of it any more (${id.slice(0, 8)})`);
    }
  }

  #isOvertaken({ order, version }: Sent): boolean {
    if (order.kind === 'open') return this.#opened.has(order.account);
    if (order.kind === 'audit' || !this.#isPublic) return false;
    return (this.#rekeys.get(order.kind === 'transfer' ? order.from : order.account) ?? 0) > version;
  }
}
