/**
 * Where envelopes stand that were decided not long ago: what followers ask for, without asking the disk.
 *
 *     recorded(height, ids)   a record is committed: it, and all before it, are remembered up to a bound
 *     final(height)           answers with the ids that have become final with it; with nothing where the record is older
 *                             than this process
 */
import { recentOutcomesMax } from '../limits.js';

export class Outcomes {
  /** Height by hex id, oldest first. */
  readonly #heights = new Map<string, number>();
  /** Recorded and not known to be final. */
  #open: { readonly height: number; readonly ids: readonly string[] }[] = [];

  recorded(height: number, ids: readonly string[]): void {
    for (const id of ids) this.#heights.set(id, height);
    this.#open.push({ height, ids });
    for (const [id] of this.#heights) {
      if (this.#heights.size <= recentOutcomesMax) break;
      this.#heights.delete(id);
    }
  }

  final(height: number): string[] | undefined {
    if (!this.#open.some(record => record.height === height)) return undefined;
    const done = this.#open.filter(record => record.height <= height);
    this.#open = this.#open.filter(record => record.height > height);
    return done.flatMap(({ ids }) => ids);
  }

  /** Nothing for one that was decided long ago, or before this process started: the disk knows. */
  heightOf(id: string): number | undefined {
    return this.#heights.get(id);
  }
}
