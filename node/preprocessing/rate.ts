/** How much a second, over the last half minute. */
const windowSeconds = 30;

export class Rate {
  readonly #now: () => number;
  readonly #start: number;
  /** By whole second, ascending. */
  readonly #amounts: { readonly second: number; amount: number }[] = [];

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
    this.#start = now();
  }

  add(amount: number): void {
    const second = this.#forget();
    const last = this.#amounts.at(-1);
    if (last?.second === second) last.amount += amount;
    else this.#amounts.push({ second, amount });
  }

  perSecond(): number {
    this.#forget();
    const sum = this.#amounts.reduce((total, { amount }) => total + amount, 0);
    return sum / Math.min(windowSeconds, Math.max(1, (this.#now() - this.#start) / 1000));
  }

  /** What lies outside the window. Gives the second that runs. */
  #forget(): number {
    const second = Math.floor(this.#now() / 1000);
    while (this.#amounts.length > 0 && this.#amounts[0].second <= second - windowSeconds) this.#amounts.shift();
    return second;
  }
}
