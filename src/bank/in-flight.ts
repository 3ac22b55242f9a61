/**
 * What other banks sent and this bank has not stored yet: many at a time, so that they share transactions, and so many of
 * each bank that its stream is paused.
 */
export class InFlight {
  readonly #max: number;
  readonly #failed: (from: number, error: unknown) => void;
  readonly #counts = new Map<number, number>();
  readonly #waiting = new Map<number, (() => void)[]>();

  constructor(max: number, failed: (from: number, error: unknown) => void) {
    this.#max = max;
    this.#failed = failed;
  }

  add(from: number, work: Promise<void>): void {
    this.#counts.set(from, this.#of(from) + 1);
    work
      .catch((error: unknown) => this.#failed(from, error))
      .finally(() => {
        this.#counts.set(from, this.#of(from) - 1);
        if (this.#of(from) < this.#max) for (const go of this.#waiting.get(from)?.splice(0) ?? []) go();
      });
  }

  /** Resolves while fewer than `max` of that bank are under way. */
  async room(from: number): Promise<void> {
    if (this.#of(from) < this.#max) return;
    const waiting = this.#waiting.get(from) ?? [];
    this.#waiting.set(from, waiting);
    await new Promise<void>(resolve => waiting.push(resolve));
  }

  #of(from: number): number {
    return this.#counts.get(from) ?? 0;
  }
}
