/**
 * What all banks' shares say together, height by height: read from their disks as each block lands, as a bank that starts
 * would read them. Tells the other checkers; reports a disk that a bank would refuse, and tags that do not fit.
 */
import { toHex } from '../../../src/crypto/index.js';
import type { Vec } from '../../../src/field/index.js';
import { loadLedger } from '../../../src/ledger/ledger-store.js';
import type { Network } from '../../../src/network/index.js';
import type { StoreOp } from '../../../src/ports.js';
import type { Party, Shares } from '../../../src/sharing/index.js';
import { reconstruct } from '../../harness/dealer.js';
import { memoryStore } from '../../harness/memory-store.js';
import type { Entries } from '../disk.js';
import type { Observer, Report } from '../observer.js';
import { headKey, ledgerPrefix, startsWith } from './keys.js';

export class SharesTogether implements Observer {
  readonly #network: Network;
  readonly #parties: readonly Party[];
  readonly #opened: (height: number, balances: Vec) => void;
  readonly #report: Report;
  /** By height, then by bank. */
  readonly #balances = new Map<number, (Shares | undefined)[]>();

  constructor(
    network: Network,
    parties: readonly Party[],
    opened: (height: number, balances: Vec) => void,
    report: Report,
  ) {
    this.#network = network;
    this.#parties = parties;
    this.#opened = opened;
    this.#report = report;
  }

  landed(bank: number, ops: readonly StoreOp[], entries: Entries): void {
    if (!ops.some(op => op.type === 'put' && startsWith(op.key, headKey))) return;
    const prefix = toHex(ledgerPrefix);
    const ledger = new Map([...entries].filter(([key]) => key.startsWith(prefix)));
    // promises of this end before the next event
    void this.#load(bank, ledger).catch(error => this.#report(`bank ${bank}: ${error.message}`));
  }

  async #load(bank: number, ledger: Entries): Promise<void> {
    const { state } = await loadLedger(memoryStore(undefined, ledger), this.#network, this.#parties[bank]);
    const together = this.#balances.get(state.height) ?? this.#parties.map(() => undefined);
    this.#balances.set(state.height, together);
    together[bank] = state.balances;
    const all = together.filter(shares => shares !== undefined);
    if (all.length < together.length) return;
    this.#balances.delete(state.height);
    this.#opened(state.height, reconstruct(this.#parties, all));
  }
}
