/**
 * Which lot is made next: a function of what all banks have said, so that all make the same ones in the same order.
 *
 *     made      elements of a kind that the lots so far have made: the same at all banks
 *     at        below this a bank needs nothing any more
 *     until     a bank wants elements up to here: to serve a block that waits (urgent), or to have some ahead
 *
 *   skip     what lies below every bank's `at` is not made at all: `made` moves to the lowest `at`
 *   choose   the kinds that somebody wants more of, what is urgent first; then the one with the fewest lots ahead of the
 *            slowest bank; then in the order of `kindNames`
 *   bound    no lot begins `max` or more elements ahead of the slowest bank: the stock of every bank is bounded, whatever
 *            another bank says it wants. Blocks keep their banks together; one that runs ahead waits.
 *
 * Not here: messages (`session-stock.ts`).
 */
import { type Reader, Writer } from '../codec/index.js';
import { assert } from '../errors.js';
import { blockEnvelopesMax, stockTuplesMax, stockVoleMax } from '../limits.js';
import { rawLength } from './extraction.js';

export const kindNames = ['vole', 'triples', 'selections'] as const;
export type LotKind = (typeof kindNames)[number];

/** Elements: of one lot; when a bank begins to want more; when it has enough; what it holds at most, but for a lot. */
export interface LotPlan {
  readonly size: number;
  readonly low: number;
  readonly high: number;
  readonly max: number;
  /** Of the first lot, where it is smaller: lots double until they are whole, so that a session's first block is served early. */
  readonly first?: number;
}

/** For every kind that the network needs. Equal at all banks, but for low and high. */
export type Lots = Readonly<Partial<Record<LotKind, LotPlan>>>;

/** What one bank says of one kind. */
export interface Want {
  readonly at: number;
  readonly until: number;
  readonly urgent: boolean;
}
export type Wants = ReadonlyMap<LotKind, Want>;

/**
 * Raw selectors in one lot; its OTs, each way, are 61 times as many. Triples: one batch of the extension. Selections: two,
 * because a lot costs some thirty messages one after the other whatever its size. While a batch is at work a bank holds about
 * 20 MB for each peer.
 */
const rawSelectors = { triples: 2048, selections: 4096 };

/**
 * A block of 256 transfers at K = 1 takes 122,881 elements, the largest three times as many: lots of about 256 transfers, more
 * of them when less than one of the largest blocks is ahead, until there are two. A network that settles 1,000 transfers a
 * second uses 480,000 elements a second. What is ahead costs 24 bytes an element and peer; behind it stand the rows that the
 * rounds of VOLE at scale have not expanded yet.
 */
const vole: LotPlan = { size: 131_072, low: 393_216, high: 786_432, max: stockVoleMax, first: 4_096 };

/** K = 1 needs no bank-made product: payer and payee are public, authority is a signature. */
export function lotsFor(pageSize: number): Lots {
  if (pageSize === 1) return { vole };
  const high = Math.min(blockEnvelopesMax, Math.max(32, Math.floor(8192 / pageSize)));
  const low = Math.ceil(high / 2);
  const size = Math.max(1, Math.floor(rawSelectors.selections / rawOf(pageSize)));
  return {
    vole,
    triples: { size: Math.floor(rawSelectors.triples / rawOf(1)), low, high, max: stockTuplesMax },
    selections: { size, low, high, max: stockTuplesMax },
  };
}

/** Raw selectors of one tuple. */
function rawOf(selectors: number): number {
  return rawLength({ tuples: 1, selectors });
}

export function checkLots(lots: Lots): void {
  for (const plan of Object.values(lots)) {
    assert(firstOf(plan) > 0 && firstOf(plan) <= plan.size, 'lots grow');
    assert(plan.size > 0 && plan.low > 0 && plan.low <= plan.high && plan.high <= plan.max, 'marks of a stock ascend');
  }
}

function firstOf({ size, first }: LotPlan): number {
  return first ?? size;
}

/** Elements of the lot that begins at `made`, which is the same at all banks. */
export function lotSize(plan: LotPlan, made: number): number {
  return Math.min(plan.size, Math.max(firstOf(plan), made));
}

export function kindsOf(lots: Lots): LotKind[] {
  return kindNames.filter(kind => lots[kind] !== undefined);
}

/** What must be equal at all banks. */
export function encodeLots(lots: Lots): Uint8Array {
  const w = new Writer(64);
  for (const kind of kindNames) {
    const plan = lots[kind];
    w.u32(plan?.size ?? 0);
    w.u32(plan?.max ?? 0);
    w.u32(plan ? firstOf(plan) : 0);
  }
  return w.done();
}

export function encodeWants(kinds: readonly LotKind[], wants: Wants): Uint8Array {
  const w = new Writer(64);
  for (const kind of kinds) {
    const { at, until, urgent } = wants.get(kind)!;
    w.u64(at).u64(until).u8(Number(urgent));
  }
  return w.done();
}

/** Throws: MALFORMED. */
export function readWants(kinds: readonly LotKind[], reader: Reader): Wants {
  return new Map(
    kinds.map(kind => {
      const want: Want = { at: reader.u64(), until: reader.u64(), urgent: reader.bool() };
      if (want.until < want.at) throw reader.malformed('a bank wants what it needs no more');
      return [kind, want];
    }),
  );
}

/** Below every bank's `at`: nobody needs it. */
export function floorOf(kind: LotKind, wants: readonly Wants[]): number {
  return Math.min(...wants.map(want => want.get(kind)!.at));
}

/** The kind of the next lot, or nothing. `made` has been moved past what is skipped. */
export function nextLot(
  lots: Lots,
  made: Readonly<Record<LotKind, number>>,
  wants: readonly Wants[],
): LotKind | undefined {
  const candidates = kindsOf(lots).flatMap(kind => {
    const { size, max } = lots[kind]!;
    const ahead = made[kind] - floorOf(kind, wants);
    const wanting = wants.map(want => want.get(kind)!).filter(({ until }) => until > made[kind]);
    if (wanting.length === 0 || ahead >= max) return [];
    return [{ kind, urgent: wanting.some(({ urgent }) => urgent), lotsAhead: Math.floor(ahead / size) }];
  });
  candidates.sort((a, b) => Number(b.urgent) - Number(a.urgent) || a.lotsAhead - b.lotsAhead);
  return candidates[0]?.kind;
}
