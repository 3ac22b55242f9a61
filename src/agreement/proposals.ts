/**
 * The proposals of one session, own ones included, by bank, place and round. A bank may be one round, attempt or height
 * ahead of this one, so a few are kept for each; what lies behind is dropped.
 */
import { equalBytes, toHex } from '../crypto/index.js';
import { type Proposal, proposalBytes } from './messages.js';
import type { Place } from './statements.js';

/** The round before, this one, the next, and the first of the next attempt or height: four, and some room. */
const keptMax = 6;

export function samePlace(a: Place, b: Place): boolean {
  return a.height === b.height && a.attempt === b.attempt;
}

export class Proposals {
  readonly #lists: Proposal[][];

  constructor(banks: number) {
    this.#lists = Array.from({ length: banks }, () => []);
  }

  /** False if no honest bank sends that: another proposal for the same round, or too many at once. */
  add(bank: number, proposal: Proposal): boolean {
    const list = this.#lists[bank];
    const before = list.find(p => samePlace(p, proposal) && p.round === proposal.round);
    if (before) return equalBytes(proposalBytes(before), proposalBytes(proposal));
    list.push(proposal);
    return list.length <= keptMax;
  }

  /** Drops what this bank has no more use for: it is now at `place` and `round`. */
  advance(place: Place, round: number): void {
    const ahead = (p: Proposal) =>
      p.height > place.height ||
      (p.height === place.height &&
        (p.attempt > place.attempt || (p.attempt === place.attempt && p.round >= round - 1)));
    this.#lists.forEach((list, bank) => {
      this.#lists[bank] = list.filter(ahead);
    });
  }

  of(bank: number, place: Place, round: number): Proposal | undefined {
    return this.#lists[bank].find(p => samePlace(p, place) && p.round === round);
  }

  /** By bank; none while one is missing. */
  all(place: Place, round: number): readonly Proposal[] | undefined {
    const found = this.#lists.map((_, bank) => this.of(bank, place, round));
    return found.every(p => p !== undefined) ? (found as Proposal[]) : undefined;
  }

  /** The last one of a bank at a place. */
  latest(bank: number, place: Place): Proposal | undefined {
    return this.#lists[bank].filter(p => samePlace(p, place)).at(-1);
  }

  /** Ids that `own` and the last lists of all other banks have in common: is there one? */
  common(self: number, place: Place, own: readonly Uint8Array[]): boolean {
    const others = this.#lists.flatMap((_, bank) => (bank === self ? [] : [this.latest(bank, place)]));
    if (others.some(p => p === undefined)) return false;
    const sets = others.map(p => (p ? namesOf(p) : new Set<string>()));
    return own.some(id => {
      const name = toHex(id);
      return sets.every(set => set.has(name));
    });
  }
}

/** Ready ids in hex: asked for with every envelope that comes while banks have nothing in common. */
const names = new WeakMap<Proposal, ReadonlySet<string>>();

function namesOf(proposal: Proposal): ReadonlySet<string> {
  const known = names.get(proposal);
  if (known) return known;
  const set = new Set(proposal.ready.map(({ id }) => toHex(id)));
  names.set(proposal, set);
  return set;
}
