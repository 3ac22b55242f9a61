/**
 * A message taken apart into spans that tile it: every byte belongs to exactly one field, so that a field nobody knew of
 * cannot go untouched.
 *
 *     span     what cannot be divided: a number, a hash, a vector of elements
 *     group    what carries its own length or count in front: it can be emptied, or be longer or shorter, and still decode
 */
import { assert } from '../../src/errors.js';

export type SpanType =
  /** Bytes of which any others are as well formed. */
  | 'bytes'
  /** Little endian. */
  | 'number'
  /** A roster index. */
  | 'bank'
  /** Which of several things follows; a length; a count: any other value is read as something else. */
  | 'shape'
  /** Field elements of 8 bytes. */
  | 'elements';

export interface Span {
  readonly name: string;
  readonly at: number;
  readonly length: number;
  readonly type: SpanType;
}

export interface Group {
  readonly name: string;
  /** Where its contents begin: behind a u32. */
  readonly at: number;
  readonly length: number;
  /** Bytes of one item. */
  readonly unit: number;
  readonly counts: 'bytes' | 'items';
}

export class Walker {
  readonly spans: Span[] = [];
  readonly groups: Group[] = [];
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.#at;
  }

  span(name: string, length: number, type: SpanType = 'bytes'): this {
    assert(length >= 0 && length <= this.left, `the message has a ${name}`);
    if (length > 0) this.spans.push({ name, at: this.#at, length, type });
    this.#at += length;
    return this;
  }

  u8(name: string, type: SpanType = 'number'): number {
    this.span(name, 1, type);
    return this.#view.getUint8(this.#at - 1);
  }

  u16(name: string): this {
    return this.span(name, 2, 'number');
  }

  u32(name: string): this {
    return this.span(name, 4, 'number');
  }

  u64(name: string): this {
    return this.span(name, 8, 'number');
  }

  elements(name: string, count: number): this {
    return this.span(name, 8 * count, 'elements');
  }

  /** Length u32, then the bytes; `inside` says what they are. */
  var(name: string, unit: number, inside: (length: number) => unknown): this {
    const length = this.#count(`length of ${name}`);
    const end = this.#at + length;
    this.groups.push({ name, at: this.#at, length, unit, counts: 'bytes' });
    inside(length);
    assert(this.#at === end, `${name} is tiled`);
    return this;
  }

  /** Count u32, then items of `unit` bytes each; only the first is taken apart. */
  list(name: string, unit: number, first: () => unknown): this {
    const count = this.#count(`count of ${name}`);
    this.groups.push({ name, at: this.#at, length: count * unit, unit, counts: 'items' });
    if (count > 0) first();
    return this.span(`other ${name}`, Math.max(0, count - 1) * unit);
  }

  /** Count u32, then items of different lengths: `each` walks one, and names its fields only when it is the first. */
  items(name: string, each: (isFirst: boolean) => unknown): this {
    const count = this.#count(`count of ${name}`);
    for (let i = 0; i < count; i++) each(i === 0);
    return this;
  }

  rest(name: string, type: SpanType = 'bytes'): this {
    return this.span(name, this.left, type);
  }

  end(): void {
    assert(this.left === 0, 'every byte of a message belongs to a field');
  }

  #count(name: string): number {
    this.span(name, 4, 'shape');
    return this.#view.getUint32(this.#at - 4, true);
  }
}
