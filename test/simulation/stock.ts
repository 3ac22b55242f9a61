/**
 * Correlations of a run, by the test dealer: the same for all banks of a session, made at once, handed out after a while.
 * Real preprocessing has tests of its own.
 */
import type { LiveStock } from '../../src/bank/index.js';
import { hash, toHex } from '../../src/crypto/index.js';
import { CovaultError } from '../../src/errors.js';
import type { Network } from '../../src/network/index.js';
import type { Reserved } from '../../src/preprocessing/index.js';
import type { Party } from '../../src/sharing/index.js';
import { Dealer } from '../harness/dealer.js';
import type { Draws } from './draws.js';
import type { StockFailure } from './faults.js';
import type { Schedule } from './schedule.js';

export interface StockOptions {
  readonly schedule: Schedule;
  readonly draws: Draws;
  readonly network: Network;
  readonly parties: readonly Party[];
  readonly reserved: (bank: number, session: string, lot: Reserved) => void;
  /** What a stock hands out instead: a canary's. */
  readonly hands: (bank: number, lot: Reserved) => Reserved;
}

const none = { made: 0, used: 0 } as const;

export class Stocks {
  readonly #o: StockOptions;
  readonly #dealers = new Map<string, Dealer>();
  /** By bank: ends the production of the session that is open. */
  readonly #fail: ((error: CovaultError) => void)[] = [];

  constructor(options: StockOptions) {
    this.#o = options;
  }

  /** As `BankPorts.openStock`. */
  async open(bank: number, id: Uint8Array): Promise<LiveStock> {
    const { network, parties, reserved, hands, draws } = this.#o;
    const session = toHex(id);
    const dealer = this.#dealers.get(session) ?? new Dealer(parties, network.pageSize, hash('simulation/dealer', id));
    this.#dealers.set(session, dealer);
    const ended = new Promise<unknown>(resolve => {
      this.#fail[bank] = resolve;
    });
    const failed = ended.then(error => Promise.reject(error));
    failed.catch(() => {});
    await Promise.race([this.#wait(draws.between(1, 60)), failed]);
    const stock = dealer.stock(bank);
    return {
      positions: () => stock.positions(),
      reserve: async (at, counts) => {
        const lot = hands(bank, await stock.reserve(at, counts));
        await Promise.race([this.#wait(draws.chance(0.1) ? draws.between(5, 80) : 0), failed]);
        reserved(bank, session, lot);
        return lot;
      },
      ended,
      levels: () => ({ vole: none, triples: none, selections: none }),
      close: () => {},
    };
  }

  /** The production of this bank's stock fails. */
  fail(bank: number, code: StockFailure): void {
    this.#fail[bank]?.(new CovaultError(code, 'the preprocessing has failed'));
  }

  #wait(ms: number): Promise<void> {
    return ms === 0 ? Promise.resolve() : new Promise(resolve => this.#o.schedule.after(ms, resolve));
  }
}
