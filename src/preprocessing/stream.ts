/**
 * The elements of one kind that a bank holds, by position: appended lot by lot, taken from below, destroyed when taken.
 *
 *     row r      `widths[r]` field elements a position; 0: a row this bank has no part in
 *
 * Taking copies; what was held is overwritten. Nothing is handed out twice: positions only move up.
 */
import { assert } from '../errors.js';
import { concatVec, discard, type Vec } from '../field/index.js';

interface Piece {
  readonly from: number;
  readonly to: number;
  readonly rows: readonly Vec[];
  /** Below this it has been overwritten. */
  wiped: number;
}

export class Stream {
  readonly #widths: readonly number[];
  #pieces: Piece[] = [];
  #made = 0;
  #used = 0;

  constructor(widths: readonly number[]) {
    this.#widths = widths;
  }

  /** The position after the last one made. */
  get made(): number {
    return this.#made;
  }

  /** Below this everything is destroyed. */
  get used(): number {
    return this.#used;
  }

  /** Shapes: `widths[r]*count` elements in row r. The stream owns them from now on. */
  append(count: number, rows: readonly Vec[]): void {
    assert(
      rows.length === this.#widths.length && rows.every((row, r) => row.length === this.#widths[r] * count),
      'rows of this kind',
    );
    this.#pieces.push({ from: this.#made, to: this.#made + count, rows, wiped: this.#made });
    this.#made += count;
    this.#destroy();
  }

  /** Positions below this are never made. */
  skip(to: number): void {
    this.#made = Math.max(this.#made, to);
  }

  /** Elements of from <= position < to, row by row. Everything below `to` is destroyed. */
  take(from: number, to: number): Vec[] {
    assert(this.#used <= from && from <= to && (to <= this.#made || from === to), 'taken once, when made');
    const parts = this.#pieces.filter(piece => piece.from < to && piece.to > from);
    const covered = parts.reduce((sum, piece) => sum + Math.min(to, piece.to) - Math.max(from, piece.from), 0);
    assert(covered === to - from, 'no position that was skipped');
    const rows = this.#widths.map((width, r) =>
      concatVec(...parts.map(piece => piece.rows[r].subarray(...range(piece, width, from, to)))),
    );
    this.#used = to;
    this.#destroy();
    return rows;
  }

  /** Everything, and for good. */
  clear(): void {
    for (const { rows } of this.#pieces) for (const row of rows) discard(row);
    this.#pieces = [];
  }

  /** Overwrites what lies below `used`. */
  #destroy(): void {
    for (const piece of this.#pieces) {
      if (piece.to <= this.#used) for (const row of piece.rows) discard(row);
      else if (piece.wiped < this.#used) this.#wipe(piece);
    }
    this.#pieces = this.#pieces.filter(piece => piece.to > this.#used);
  }

  #wipe(piece: Piece): void {
    for (const [r, width] of this.#widths.entries()) {
      piece.rows[r].fill(0n, ...range(piece, width, piece.wiped, this.#used));
    }
    piece.wiped = this.#used;
  }
}

/** Where a range of positions lies in a row of a piece. */
function range(piece: Piece, width: number, from: number, to: number): [number, number] {
  return [(Math.max(from, piece.from) - piece.from) * width, (Math.min(to, piece.to) - piece.from) * width];
}
