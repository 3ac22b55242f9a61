/**
 * Strict, bounded decoding of what `writer.ts` writes. Whatever is truncated, too long or not canonical throws MALFORMED
 * or OVERSIZED before anything is allocated for it; `end()` refuses trailing bytes.
 */
import { CovaultError } from '../errors.js';

export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  #at = 0;

  /** `what` names the thing in errors: 'envelope', 'record'. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  malformed(why: string): CovaultError {
    return new CovaultError('MALFORMED', `malformed ${this.#what}: ${why}`, { what: this.#what, at: this.#at });
  }

  #take(count: number): number {
    if (count > this.remaining) throw this.malformed('it ends too early');
    const at = this.#at;
    this.#at += count;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): number {
    const value = this.#view.getBigUint64(this.#take(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.malformed('a number is too large');
    return Number(value);
  }

  big64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  bool(): boolean {
    const value = this.u8();
    if (value > 1) throw this.malformed('a flag is neither 0 nor 1');
    return value === 1;
  }

  /** A copy of the next `count` bytes. */
  fixed(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.slice(at, at + count);
  }

  /** All that is left, as a view: for whoever owns what is read. */
  rest(): Uint8Array {
    const at = this.#take(this.remaining);
    return this.#bytes.subarray(at);
  }

  bytes(bytesMax: number): Uint8Array {
    const at = this.#prefixed(bytesMax);
    return this.#bytes.slice(at, this.#at);
  }

  /** The same without a copy: it lives and changes with what is being read. */
  view(bytesMax: number): Uint8Array {
    const at = this.#prefixed(bytesMax);
    return this.#bytes.subarray(at, this.#at);
  }

  /** Takes a length and so many bytes: where these begin. */
  #prefixed(bytesMax: number): number {
    const count = this.u32();
    if (count > bytesMax)
      throw new CovaultError('OVERSIZED', `oversized ${this.#what}`, { what: this.#what, count, bytesMax });
    return this.#take(count);
  }

  text(bytesMax: number): string {
    const bytes = this.bytes(bytesMax);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw this.malformed('text is not UTF-8');
    }
  }

  list<T>(countMax: number, read: (reader: this) => T): T[] {
    const count = this.u32();
    if (count > countMax)
      throw new CovaultError('OVERSIZED', `oversized ${this.#what}`, { what: this.#what, count, countMax });
    const values: T[] = [];
    for (let i = 0; i < count; i++) values.push(read(this));
    return values;
  }

  /** Everything must have been read. */
  end(): void {
    if (this.remaining !== 0) throw this.malformed('it has bytes too many');
  }
}

/** Decodes the whole of `bytes` with one function. */
export function decodeAll<T>(bytes: Uint8Array, what: string, read: (reader: Reader) => T): T {
  const reader = new Reader(bytes, what);
  const value = read(reader);
  reader.end();
  return value;
}
