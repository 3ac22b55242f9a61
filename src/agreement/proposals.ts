/**
 * The proposals of one session, own ones included, by bank, place and round. A bank may be one round, attempt or height
 * ahead of this one, so a few are kept for each; what lies behind is dropped. (What rests on an attempt that is void lies
 * behind too.)
 */
import { equalBytes, toHex } from '../crypto/index.js';
import { type Proposal, proposalBytes } from './messages.js';
import { type Ground, isBehind, sameGround } from './statements.js';

/** The round before, this one, the next, two of the next attempt or height: five, and some room. */
const keptMax = 8;

export class Proposals {
  readonly #lists: Proposal[][];

  constructor(banks: number) {
    this.#lists = Array.from({ length: banks }, () => []);
  }

  /** False if no honest bank sends that: another proposal for the same round, or too many at once. */
  add(bank: number, proposal: Proposal): boolean {
    const list = this.#lists[bank];
    const before = list.find(p => sameGround(p, proposal) && p.round === proposal.round);
    if (before) return equalBytes(proposalBytes(before), proposalBytes(proposal));
    list.push(proposal);
    return list.length <= keptMax;
  }

  /** Drops what this bank has no more use for: it is now at `ground` and `round`. */
  advance(ground: Ground, round: number): void {
    const ahead = (p: Proposal) => !isBehind(p, ground) && (!sameGround(p, ground) || p.round >= round - 1);
    this.#lists.forEach((list, bank) => {
      this.#lists[bank] = list.filter(ahead);
    });
  }

  of(bank: number, ground: Ground, round: number): Proposal | undefined {
    return this.#lists[bank].find(p => sameGround(p, ground) && p.round === round);
  }

  /** By bank; none while one is missing. */
  all(ground: Ground, round: number): readonly Proposal[] | undefined {
    const found = this.#lists.map((_, bank) => this.of(bank, ground, round));
    return found.every(p => p !== undefined) ? (found as Proposal[]) : undefined;
  }

  /** The last one of a bank at a place. */
  latest(bank: number, ground: Ground): Proposal | undefined {
    return this.#lists[bank].filter(p => sameGround(p, ground)).at(-1);
  }

  /** Ids that `own` and the last lists of all other banks have in common: is there one? */
  common(self: number, ground: Ground, own: readonly Uint8Array[]): boolean {
    const others = this.#lists.flatMap((_, bank) => (bank === self ? [] : [this.latest(bank, ground)]));
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
