/**
 * From what all banks proposed to the block: the same at every bank, because it looks at nothing else.
 *
 *     candidates   ids in every ready list and in no burned list
 *     fairness     round robin over sponsors, each in its own order, the starting bank rotating with the height;
 *                  a sponsor has at most blockEnvelopesMax/n places, blockElementsMax/n input elements (a rekey's count
 *                  rekeyWeight times) and wavesMax/n debits of one page; the rest waits
 *     order        reveals, transfers wave by wave, opens, rekeys, audits; one open of a slot and one rekey of a page
 *     waves        debits of one page go to successive waves; debits of different pages share one
 *
 * An id named with two sponsors belongs to the lower roster index. An id for which that sponsor gave two numbers is left
 * out: `contradictions.ts` has found the proof against the sponsor before.
 *
 * Source: protocol.md, sections 5 (fairness), 7 (waves), 8 (order, limits).
 */
import { toHex } from '../crypto/index.js';
import type { Kind } from '../envelope/index.js';
import { assert } from '../errors.js';
import { blockElementsMax, blockEnvelopesMax, rekeyWeight, wavesMax } from '../limits.js';
import type { Positions, StockCounts } from '../preprocessing/index.js';
import type { Numbered } from './announcement.js';

/** What planning needs of an envelope: follows from its header, so all banks have the same. */
export interface Planning {
  readonly kind: Kind;
  /** The page a transfer takes from. */
  readonly debits: number | undefined;
  /** The account an open opens. */
  readonly opens: number | undefined;
  /** The page of which a rekey replaces keys. */
  readonly rekeys: number | undefined;
  /** K = 1: the account under whose keys it is signed; once they are replaced it can stand in no block. */
  readonly signedBy: number | undefined;
  readonly expiry: number;
  /** What the envelope draws from the stock; the block's own mask comes on top. */
  readonly stock: StockCounts;
}

export interface Planned {
  readonly id: Uint8Array;
  readonly sponsor: number;
  readonly planning: Planning;
}

export interface Plan {
  readonly entries: readonly Planned[];
  /** Indices into `entries`. */
  readonly waves: readonly (readonly number[])[];
}

export interface PlanInput {
  /** Counted from 1: rotates the start. */
  readonly height: number;
  /** By bank. */
  readonly ready: readonly (readonly Numbered[])[];
  readonly burned: readonly (readonly Uint8Array[])[];
  /** By hex id, at least for what this bank listed itself. */
  readonly planning: (id: string) => Planning | undefined;
}

export function planBlock(input: PlanInput): Plan {
  const banks = input.ready.length;
  const queues = bySponsor(candidates(input), banks);
  return arrange(choose(queues, input.height % banks, banks));
}

/** Ids that every bank holds ready and none has burned, each with its sponsor. */
export function candidates({ ready, burned, planning }: PlanInput): (Numbered & { planning: Planning })[] {
  const out = new Set(burned.flat().map(toHex));
  const [first, ...others] = ready.map(list => new Map(list.map(a => [toHex(a.id), a])));
  const common: (Numbered & { planning: Planning })[] = [];
  for (const [id, announcement] of first) {
    if (out.has(id)) continue;
    const agreed = lowest(announcement, others, id);
    if (!agreed) continue;
    const known = planning(id);
    assert(known !== undefined, 'a bank knows what it listed');
    common.push({ ...agreed, planning: known });
  }
  return common;
}

/** Of all banks' announcements of one id, that of the lowest sponsor; none where a bank has none, or another number. */
function lowest(first: Numbered, others: readonly ReadonlyMap<string, Numbered>[], id: string): Numbered | undefined {
  let best = first;
  let isTwo = false;
  for (const list of others) {
    const other = list.get(id);
    if (!other) return undefined;
    if (other.sponsor < best.sponsor) {
      best = other;
      isTwo = false;
    } else if (other.sponsor === best.sponsor && other.sequence !== best.sequence) isTwo = true;
  }
  return isTwo ? undefined : best;
}

function bySponsor<T extends Numbered>(items: readonly T[], banks: number): T[][] {
  const queues = Array.from({ length: banks }, () => [] as T[]);
  for (const item of items) queues[item.sponsor].push(item);
  // the id settles what a sponsor that gave one number twice left open
  const before = (a: T, b: T) => a.sequence - b.sequence || (toHex(a.id) < toHex(b.id) ? -1 : 1);
  for (const queue of queues) queue.sort(before);
  return queues;
}

/** In input elements: for what it computes, and for what it changes (`limits.ts`). */
const weightOf = ({ rekeys, stock }: Planning): number => stock.vole * (rekeys === undefined ? 1 : rekeyWeight);

/** One place for each sponsor in turn, until nobody has anything that fits. */
function choose(queues: readonly (Numbered & { planning: Planning })[][], start: number, banks: number): Planned[] {
  const places = Math.floor(blockEnvelopesMax / banks);
  const debitsMax = Math.floor(wavesMax / banks);
  const elementsMax = Math.floor(blockElementsMax / banks);
  const elements = queues.map(() => 0);
  const debits = queues.map(() => new Map<number, number>());
  const used = queues.map(() => 0);
  const next = queues.map(() => 0);
  const opened = new Set<number>();
  const rekeyed = new Set<number>();
  const chosen: Planned[] = [];

  const fits = (sponsor: number, planning: Planning) => {
    const { debits: page, opens, rekeys } = planning;
    return (
      elements[sponsor] + weightOf(planning) <= elementsMax &&
      (page === undefined || (debits[sponsor].get(page) ?? 0) < debitsMax) &&
      (opens === undefined || !opened.has(opens)) &&
      (rekeys === undefined || !rekeyed.has(rekeys))
    );
  };
  const take = (sponsor: number): boolean => {
    while (used[sponsor] < places && next[sponsor] < queues[sponsor].length) {
      const { id, planning } = queues[sponsor][next[sponsor]++];
      if (!fits(sponsor, planning)) continue;
      if (planning.debits !== undefined) {
        debits[sponsor].set(planning.debits, (debits[sponsor].get(planning.debits) ?? 0) + 1);
      }
      if (planning.opens !== undefined) opened.add(planning.opens);
      if (planning.rekeys !== undefined) rekeyed.add(planning.rekeys);
      elements[sponsor] += weightOf(planning);
      used[sponsor]++;
      chosen.push({ id, sponsor, planning });
      return true;
    }
    return false;
  };

  for (let taken = true; taken; ) {
    taken = false;
    for (let k = 0; k < banks; k++) taken = take((start + k) % banks) || taken;
  }
  return chosen;
}

function arrange(chosen: readonly Planned[]): Plan {
  const of = (kind: Kind) => chosen.filter(({ planning }) => planning.kind === kind);
  const waves: Planned[][] = [];
  const depth = new Map<number, number>();
  for (const planned of of('transfer')) {
    const page = planned.planning.debits;
    assert(page !== undefined, 'a transfer debits a page');
    const wave = depth.get(page) ?? 0;
    depth.set(page, wave + 1);
    if (waves[wave] === undefined) waves[wave] = [];
    waves[wave].push(planned);
  }
  const entries = [...of('reveal')];
  const indices = waves.map(wave => wave.map(planned => entries.push(planned) - 1));
  entries.push(...of('open'), ...of('rekey'), ...of('audit'));
  assert(entries.length === chosen.length, 'every kind has its place');
  return { entries, waves: indices };
}

/** What the block draws: its envelopes', and one VOLE element for the mask of its consistency opening. */
export function stockOfPlan({ entries }: Plan): StockCounts {
  const sum = (of: keyof StockCounts) => entries.reduce((total, { planning }) => total + planning.stock[of], 0);
  return {
    vole: sum('vole') + (entries.length > 0 ? 1 : 0),
    triples: sum('triples'),
    selections: sum('selections'),
  };
}

export const positionKinds = ['vole', 'triples', 'selections'] as const satisfies (keyof Positions)[];

/** The larger position wins, kind by kind. */
export function largest(all: readonly Positions[]): Positions {
  const max = (of: keyof Positions) => Math.max(...all.map(at => at[of]));
  return { vole: max('vole'), triples: max('triples'), selections: max('selections') };
}
