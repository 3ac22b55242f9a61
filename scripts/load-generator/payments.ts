/**
 * Who pays whom, how much and when: all of it from one seed, so that two runs see the same traffic.
 *
 *     payers     in turn, in a shuffled order that is shuffled anew each round: as in life, nobody pays twice in a moment
 *     payees     any other holder
 *     amounts    1 to 1/16 of the starting balance; a given share asks for more than there is, and is cancelled
 *     arrivals   exponential gaps (open loop)
 *
 * Holder i has slot floor(i / pages) of page i mod pages: holders spread over pages before they share one.
 */

import { hash, seededRandom, utf8 } from '../../src/crypto/index.js';
import type { Randomness } from '../../src/ports.js';

export interface Payment {
  readonly from: number;
  readonly to: number;
  readonly amount: bigint;
}

export interface Shape {
  readonly holders: number;
  readonly pages: number;
  readonly pageSize: number;
  readonly amountBits: number;
}

const startingBalanceMax = 1_000_000n;

/** All holders together own at most 2^(m-1): half of the amounts can never be paid. */
export function startingBalance({ holders, amountBits }: Shape): bigint {
  const most = (1n << BigInt(amountBits - 1)) / BigInt(holders);
  return most < startingBalanceMax ? most : startingBalanceMax;
}

export const holderAccounts = ({ holders, pages, pageSize }: Shape): number[] =>
  Array.from({ length: holders }, (_, i) => (i % pages) * pageSize + Math.floor(i / pages));

export class Payments {
  readonly #accounts: readonly number[];
  readonly #shape: Shape;
  readonly #overdraw: number;
  readonly #draw: () => number;
  #turn: number[] = [];

  constructor(shape: Shape, overdraw: number, seed: string) {
    this.#shape = shape;
    this.#accounts = holderAccounts(shape);
    this.#overdraw = overdraw;
    this.#draw = fractions(seededRandom(hash('covault/load', utf8(seed))));
  }

  next(): Payment {
    const payer = this.#payer();
    const other = this.#below(this.#accounts.length - 1);
    const payee = other >= payer ? other + 1 : other;
    return { from: this.#accounts[payer], to: this.#accounts[payee], amount: this.#amount() };
  }

  /** Any of them. */
  holder(): number {
    return this.#accounts[this.#below(this.#accounts.length)];
  }

  /** Seconds to the next arrival, of `rate` in a second. */
  gap(rate: number): number {
    return -Math.log(1 - this.#draw()) / rate;
  }

  #payer(): number {
    if (this.#turn.length === 0) {
      this.#turn = this.#accounts.map((_, i) => i);
      for (let i = this.#turn.length - 1; i > 0; i--) {
        const j = this.#below(i + 1);
        [this.#turn[i], this.#turn[j]] = [this.#turn[j], this.#turn[i]];
      }
    }
    return this.#turn.pop() as number;
  }

  #amount(): bigint {
    if (this.#draw() < this.#overdraw) return (1n << BigInt(this.#shape.amountBits)) - 1n - BigInt(this.#below(1024));
    const most = Number(startingBalance(this.#shape) / 16n);
    return BigInt(1 + this.#below(Math.max(1, most)));
  }

  #below(count: number): number {
    return Math.floor(this.#draw() * count);
  }
}

/** Uniform in [0, 1). */
function fractions(random: Randomness): () => number {
  let [words, at] = [new Uint32Array(0), 0];
  return () => {
    if (at === words.length) [words, at] = [new Uint32Array(random.bytes(4096).slice().buffer), 0];
    return words[at++] / 2 ** 32;
  };
}
