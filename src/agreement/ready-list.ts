/**
 * What one sponsor has ready, by its own numbers: kept in order as it comes, because it nearly always comes in order.
 */
export class ReadyList<T> {
  #items = new Map<number, T>();
  #highest = -1;
  #ordered = true;

  set(sequence: number, item: T): void {
    if (sequence < this.#highest) this.#ordered = false;
    else this.#highest = sequence;
    this.#items.set(sequence, item);
  }

  delete(sequence: number): void {
    this.#items.delete(sequence);
  }

  /** By number. */
  ascending(): Iterable<T> {
    if (!this.#ordered) {
      this.#items = new Map([...this.#items].sort(([a], [b]) => a - b));
      this.#ordered = true;
    }
    return this.#items.values();
  }
}
