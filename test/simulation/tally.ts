/** What runs have been through: faults that met nothing prove nothing. */
import { toHex } from '../../src/crypto/index.js';
import type { LedgerRecord } from '../../src/ledger/log.js';
import type { Sent } from './holders.js';
import type { Observer } from './observer.js';

export type Counts = Readonly<Record<string, number>>;

export class Tally implements Observer {
  readonly #sent: ReadonlyMap<string, Sent>;
  readonly #counts = new Map<string, number>();

  constructor(sent: ReadonlyMap<string, Sent>) {
    this.#sent = sent;
  }

  add(what: string, count = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + count);
  }

  acknowledged(): void {
    this.add('acknowledged');
  }

  recorded({ attempt, entries, burned }: LedgerRecord): void {
    this.add('records');
    if (attempt > 1) this.add('records of later attempts');
    if (entries.length === 0) this.add('empty records');
    if (burned.length > 0) this.add('envelopes burned', burned.length);
    for (const { id, status } of entries) {
      const theta = this.#sent.get(toHex(id))?.theta;
      if (status.kind !== 'settled' || theta === undefined) this.add(status.kind);
      else this.add((BigInt(status.pi) ^ theta) === 1n ? 'paid' : 'cancelled');
    }
  }

  get counts(): Counts {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

export function addCounts(a: Counts, b: Counts): Counts {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return Object.fromEntries(names.map(name => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}
