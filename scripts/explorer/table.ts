/**
 * Many small whole numbers, without an object for each: a list that grows, and a set of rows of one width in which each row
 * stands once and has a number. A search of millions of states fits in memory that way.
 */
import { assert } from '../../src/errors.js';

export class Ints {
  #data = new Int32Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): number {
    if (this.#length === this.#data.length) {
      const grown = new Int32Array(this.#length * 2);
      grown.set(this.#data);
      this.#data = grown;
    }
    this.#data[this.#length] = value;
    return ++this.#length;
  }

  at(index: number): number {
    assert(index < this.#length, 'an index within the list');
    return this.#data[index];
  }

  /** Until the next push. */
  view(): Int32Array {
    return this.#data.subarray(0, this.#length);
  }
}

/** Open addressing, at most half full. */
export class Rows {
  readonly #width: number;
  readonly #data = new Ints();
  #slots = new Int32Array(2048).fill(-1);
  #count = 0;

  constructor(width: number) {
    this.#width = width;
  }

  get count(): number {
    return this.#count;
  }

  /** The row's number: `count` before, if it is new. */
  add(row: readonly number[]): number {
    assert(row.length === this.#width, 'all rows have one width');
    if (this.#count * 2 >= this.#slots.length) this.#grow();
    const mask = this.#slots.length - 1;
    let slot = hashOf(row) & mask;
    for (; this.#slots[slot] >= 0; slot = (slot + 1) & mask) {
      if (this.#is(this.#slots[slot], row)) return this.#slots[slot];
    }
    this.#slots[slot] = this.#count;
    for (const value of row) this.#data.push(value);
    return this.#count++;
  }

  get(number: number): number[] {
    return [...this.#data.view().subarray(number * this.#width, (number + 1) * this.#width)];
  }

  #is(number: number, row: readonly number[]): boolean {
    const data = this.#data.view();
    const start = number * this.#width;
    return row.every((value, i) => data[start + i] === value);
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let number = 0; number < this.#count; number++) {
      let slot = hashOf(this.get(number)) & mask;
      while (slots[slot] >= 0) slot = (slot + 1) & mask;
      slots[slot] = number;
    }
    this.#slots = slots;
  }
}

function hashOf(row: readonly number[]): number {
  let h = 0x2545f491;
  for (const value of row) {
    h = Math.imul(h ^ value, 0x9e3779b1);
    h ^= h >>> 15;
  }
  return h >>> 0;
}
