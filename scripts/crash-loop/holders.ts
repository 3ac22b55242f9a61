/**
 * Holders that pay each other without a pause, each a wallet of the library: what they were told is what must hold.
 *
 * A wallet goes on by itself while banks are killed: it fails over, and pays a reference once whatever happens. An amount is
 * settled when its wallet has read so from final records. Afterwards every balance must be what those verdicts make it.
 */

import type { Network } from '../../src/network/index.js';
import { type Claim, decodeClaim, type Gateways, Wallet } from '../../src/wallet/index.js';

/** Nobody's real wallet: a strong passphrase would cost half a second each. */
const cost = { N: 2 ** 10, r: 8, p: 1 };

interface Holder {
  readonly wallet: Wallet;
  readonly account: number;
  /** What the verdicts so far make it. */
  balance: bigint;
}

export interface Outcome {
  /** Payments that came to a verdict. */
  readonly payments: number;
  /** Holders that have less than the verdicts make it, or a payment without one. */
  readonly lost: number;
  /** Holders that have more, or whose payer has paid more than once. */
  readonly appliedTwice: number;
}

export class Holders {
  readonly #holders: Holder[] = [];
  readonly #amounts: () => bigint;
  #going = true;
  #payments = 0;
  #failures = 0;

  private constructor(amounts: () => bigint) {
    this.#amounts = amounts;
  }

  /** One holder for every claim file's text, with its account open. `start`: what each account is funded with. */
  static async open(
    claims: readonly string[],
    start: bigint,
    network: Network,
    gateways: Gateways,
    amounts: () => bigint,
  ): Promise<Holders> {
    const holders = new Holders(amounts);
    await Promise.all(
      claims.map(async text => {
        const claim: Claim = decodeClaim(text);
        const store = { load: async () => undefined, save: async () => {} };
        const wallet = await Wallet.create({ store, passphrase: 'of a test', network, gateways, cost });
        const { account } = await wallet.openAccount({ claim });
        holders.#holders.push({ wallet, account, balance: start });
      }),
    );
    return holders;
  }

  /** Pays until `stop`; resolves when every payment has come to its verdict. `failed`: a wallet has given up. */
  async pay(failed: (error: unknown) => void): Promise<void> {
    await Promise.all(
      this.#holders.map(async (holder, i) => {
        for (let k = 0; this.#going; k++) {
          const other = this.#holders[(i + 1 + (k % (this.#holders.length - 1))) % this.#holders.length];
          await this.#payOnce(holder, other, `payment ${k}`).catch(error => {
            this.#failures++;
            this.#going = false;
            failed(error);
          });
        }
      }),
    );
  }

  async #payOnce(from: Holder, to: Holder, reference: string): Promise<void> {
    const amount = this.#amounts();
    const order = { from: from.account, to: to.account, amount, reference };
    const { verdict } = await from.wallet.transfer(order);
    this.#payments++;
    if (verdict !== 'settled') return;
    from.balance -= amount;
    to.balance += amount;
  }

  stop(): void {
    this.#going = false;
  }

  /** Once all have stopped: every holder reads its balance. */
  async check(): Promise<Outcome> {
    const differences = await Promise.all(
      this.#holders.map(async ({ wallet, account, balance }) => (await wallet.balance(account)).balance - balance),
    );
    return {
      payments: this.#payments,
      lost: this.#failures + differences.filter(difference => difference < 0n).length,
      appliedTwice: differences.filter(difference => difference > 0n).length,
    };
  }
}
