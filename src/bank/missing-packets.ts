/**
 * Which packets that other banks propose, and that are not here, this bank asks their sponsors for.
 *
 * A sponsor forwards in the order of its numbers, and its link keeps that. So what is at or below the highest number that has come was
 * passed over or refused, and is asked for; what is above is on its way, however far behind a busy link is, and asked for only if it
 * does not come for some blocks. Each once until the next block.
 *
 * Source: protocol.md, section 5.
 */
import type { Announcement } from '../agreement/index.js';
import { toHex } from '../crypto/index.js';
import { wantBlocks, wantedIdsMax } from '../limits.js';

export class MissingPackets {
  /** By sponsor: the highest number that its link has brought. */
  readonly #arrived: number[];
  /** Sponsor and id asked for since the last block, in this session. */
  readonly #asked = new Set<string>();
  /** By sponsor and id: the block at which it was first missed, above all that had come. */
  readonly #missed = new Map<string, number>();
  /** Counted since the start. */
  #block = 0;

  constructor(banks: number) {
    this.#arrived = new Array(banks).fill(0);
  }

  /** A new link brings all that is undecided from the beginning. */
  linkUp(sponsor: number): void {
    this.#arrived[sponsor] = 0;
  }

  arrived({ sponsor, sequence }: Announcement): void {
    this.#arrived[sponsor] = Math.max(this.#arrived[sponsor], sequence);
  }

  startSession(): void {
    this.#asked.clear();
  }

  blockApplied(): void {
    this.#block++;
    this.#asked.clear();
    for (const [name, since] of this.#missed) if (this.#block - since > 2 * wantBlocks) this.#missed.delete(name);
  }

  /** Of these, which are one sponsor's and not here: the ids that it is asked for. */
  due(announcements: readonly Announcement[]): Uint8Array[] {
    const due = announcements.filter(a => !this.#asked.has(nameOf(a)) && !this.#isOnItsWay(a)).slice(0, wantedIdsMax);
    for (const announcement of due) this.#asked.add(nameOf(announcement));
    return due.map(({ id }) => id);
  }

  #isOnItsWay(announcement: Announcement): boolean {
    if (announcement.sequence <= this.#arrived[announcement.sponsor]) return false;
    const name = nameOf(announcement);
    const since = this.#missed.get(name) ?? this.#block;
    this.#missed.set(name, since);
    return this.#block - since < wantBlocks;
  }
}

const nameOf = ({ sponsor, id }: Announcement): string => `${sponsor}/${toHex(id)}`;
