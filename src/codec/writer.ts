/**
 * Canonical binary encoding: little endian, fixed widths, every variable part prefixed by its length (u32).
 * One value has one encoding; `reader.ts` refuses every other.
 */
import { assert } from '../errors.js';

export class Writer {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  #grow(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }

  u8(value: number): this {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xff, 'u8');
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xffff, 'u16');
    const at = this.#grow(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  u32(value: number): this {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff, 'u32');
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  /** Heights and positions: u64 on the wire, a safe integer in memory. */
  u64(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, 'u64');
    const at = this.#grow(8);
    this.#view.setBigUint64(at, BigInt(value), true);
    return this;
  }

  big64(value: bigint): this {
    assert(value >= 0n && value < 1n << 64n, 'big64');
    const at = this.#grow(8);
    this.#view.setBigUint64(at, value, true);
    return this;
  }

  /** Bytes of a length both sides know. */
  fixed(value: Uint8Array): this {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** Bytes prefixed by their length. */
  bytes(value: Uint8Array): this {
    return this.u32(value.length).fixed(value);
  }

  text(value: string): this {
    return this.bytes(new TextEncoder().encode(value));
  }

  list<T>(values: readonly T[], write: (writer: this, value: T) => void): this {
    this.u32(values.length);
    for (const value of values) write(this, value);
    return this;
  }

  /** Nothing is written after it. Without a copy where the capacity was right. */
  done(): Uint8Array {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#length);
  }
}
