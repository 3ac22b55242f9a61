/**
 * The day as the console remembers it: one sample a minute, 1,440 of them. What is older is forgotten; Prometheus keeps what
 * must be kept.
 *
 * Counts are given roughly (`discretion.ts`); the exact ones go to the file of the day (`day-file.ts`) and nowhere else.
 */
import { type RejectReason, rejectReasons, type Status } from '../../src/ledger/log.js';
import { consoleLatenciesMax, consoleMinutesMax } from '../../src/limits.js';
import { type RoughCount, rough, roughTotal, twoDigits } from './discretion.js';

/** One minute, complete. */
export interface MinuteSample {
  /** Its beginning: milliseconds since 1970. */
  readonly at: number;
  /** Envelopes that records decided: all kinds, rejected ones included. */
  readonly decided: RoughCount;
  readonly blocks: RoughCount;
  readonly rejected: RoughCount;
  /** From taking an envelope here to its record: of those followed. Nothing where there was none. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** The most that waited. */
  readonly queue: RoughCount;
  /** The fewest other banks that were connected. */
  readonly connected: number;
  /** The fewest seconds that a kind of stock would have lasted; nothing where none was used. */
  readonly stockSeconds: number | null;
  readonly memoryBytes: number;
  /** At its end: of the data folder, and free on its file system. */
  readonly dataBytes: number | null;
  readonly diskFreeBytes: number | null;
  /** Part of the minute in which the bank could settle: neither halted nor without another bank. */
  readonly able: number;
}

/** Of the minutes remembered, and the present one. */
export interface DayTotals {
  readonly since: number;
  readonly decided: RoughCount;
  readonly settled: RoughCount;
  readonly lookups: RoughCount;
  readonly opened: RoughCount;
  readonly rekeyed: RoughCount;
  readonly rejected: Readonly<Record<RejectReason, RoughCount>>;
}

/** What is looked at every second. */
export interface Look {
  readonly queue: number;
  readonly connected: number;
  readonly stockSeconds: number | undefined;
  readonly memoryBytes: number;
  readonly dataBytes: number | undefined;
  readonly diskFreeBytes: number | undefined;
  readonly isAble: boolean;
}

/** What was decided, exactly. */
export interface Counts {
  blocks: number;
  settled: number;
  lookups: number;
  opened: number;
  rekeyed: number;
  readonly rejected: Record<RejectReason, number>;
}

interface Present {
  readonly at: number;
  readonly counts: Counts;
  readonly latencies: number[];
  readonly looks: Look[];
}

/** A minute that is over: as it is shown, and what it is made of. */
export interface PastMinute {
  readonly sample: MinuteSample;
  readonly counts: Readonly<Counts>;
}

export const minuteMs = 60_000;
const dayMs = consoleMinutesMax * minuteMs;
/** Of so many envelopes, and so long back, is the latency that the page shows as "now": a quiet network has few. */
const recentLatencies = 64;
const recentMs = 600_000;

export class History {
  #past: PastMinute[] = [];
  /** The last minute that `look` gave. */
  #told: PastMinute | undefined;
  #present: Present;
  /** Of the last minute: when, how many. */
  #decidedAt: { readonly at: number; readonly count: number }[] = [];
  #recent: { readonly at: number; readonly ms: number }[] = [];
  readonly #began: number;

  /** `now`: wall clock, as in all that follows. */
  constructor(now: number) {
    this.#began = now;
    this.#present = emptyMinute(now);
  }

  /** Minutes of a process before this one, oldest first: before anything else. Those of another day, or to come, are left out. */
  restore(past: readonly PastMinute[]): void {
    const { at: present } = this.#present;
    this.#past = past.filter(({ sample }) => sample.at < present && sample.at >= present - dayMs);
    this.#told = this.#past.at(-1);
  }

  /** For the file of the day. */
  get past(): readonly PastMinute[] {
    return this.#past;
  }

  /** One record was committed. */
  record(now: number, statuses: readonly Status[]): void {
    this.#turn(now);
    const { counts } = this.#present;
    counts.blocks++;
    for (const status of statuses) count(counts, status);
    if (statuses.length > 0) this.#decidedAt.push({ at: now, count: statuses.length });
  }

  latency(now: number, ms: number): void {
    this.#turn(now);
    const { latencies } = this.#present;
    if (latencies.length < consoleLatenciesMax) latencies.push(ms);
    this.#recent.push({ at: now, ms });
    if (this.#recent.length > recentLatencies) this.#recent.shift();
  }

  /** Once a second. Gives the minute that has become complete, if one has. */
  look(now: number, look: Look): MinuteSample | undefined {
    this.#turn(now);
    this.#present.looks.push(look);
    const last = this.#past.at(-1);
    if (last === this.#told) return undefined;
    this.#told = last;
    return last?.sample;
  }

  /** Complete minutes, oldest first. */
  get minutes(): readonly MinuteSample[] {
    return this.#past.map(({ sample }) => sample);
  }

  /** Envelopes decided a second, over the last minute; `few`: some, but under five in that minute. */
  perSecond(now: number): number | 'few' {
    this.#decidedAt = this.#decidedAt.filter(({ at }) => now - at < minuteMs);
    const shown = rough(this.#decidedAt.reduce((sum, { count: each }) => sum + each, 0));
    return shown === 'few' ? shown : twoDigits(shown / (minuteMs / 1000));
  }

  /** Of the last ten minutes, at most 64 envelopes. */
  latencyNow(now: number): { readonly p50Ms: number; readonly p95Ms: number } | undefined {
    this.#recent = this.#recent.filter(({ at }) => now - at < recentMs);
    const { p50Ms, p95Ms } = percentiles(this.#recent.map(({ ms }) => ms));
    return p50Ms === null || p95Ms === null ? undefined : { p50Ms, p95Ms };
  }

  totals(): DayTotals {
    const all = [...this.#past.map(({ counts }) => counts), this.#present.counts];
    const sum = (of: (counts: Readonly<Counts>) => number) =>
      roughTotal(all.reduce((total, counts) => total + of(counts), 0));
    return {
      since: this.#past[0]?.sample.at ?? this.#began,
      decided: sum(decidedOf),
      settled: sum(({ settled }) => settled),
      lookups: sum(({ lookups }) => lookups),
      opened: sum(({ opened }) => opened),
      rekeyed: sum(({ rekeyed }) => rekeyed),
      rejected: byReason(reason => sum(({ rejected }) => rejected[reason])),
    };
  }

  /** Exact, for alerts: of the last `minutes` complete ones and the present one. */
  rejectedLately(reason: RejectReason, minutes: number): number {
    const all = [...this.#past.slice(-minutes).map(({ counts }) => counts), this.#present.counts];
    return all.reduce((sum, { rejected }) => sum + rejected[reason], 0);
  }

  /** The present minute becomes the past when its time is over; minutes in which nobody looked are missing. */
  #turn(now: number): void {
    if (now - this.#present.at < minuteMs && now >= this.#present.at) return;
    const { counts, looks } = this.#present;
    if (looks.length > 0) this.#past.push({ counts, sample: sampleOf(this.#present) });
    this.#present = emptyMinute(now);
    const { at: present } = this.#present;
    while (this.#past.length > consoleMinutesMax || (this.#past[0]?.sample.at ?? present) < present - dayMs) {
      this.#past.shift();
    }
  }
}

function emptyMinute(now: number): Present {
  const counts = { blocks: 0, settled: 0, lookups: 0, opened: 0, rekeyed: 0, rejected: byReason(() => 0) };
  return { at: Math.floor(now / minuteMs) * minuteMs, counts, latencies: [], looks: [] };
}

function sampleOf({ at, counts, latencies, looks }: Present): MinuteSample {
  const seconds = looks.flatMap(({ stockSeconds }) => (stockSeconds === undefined ? [] : [stockSeconds]));
  const last = looks[looks.length - 1];
  return {
    at,
    ...shownCounts(counts),
    ...percentiles(latencies),
    queue: rough(Math.max(...looks.map(({ queue }) => queue))),
    connected: Math.min(...looks.map(({ connected }) => connected)),
    stockSeconds: seconds.length === 0 ? null : Math.min(...seconds),
    memoryBytes: Math.max(...looks.map(({ memoryBytes }) => memoryBytes)),
    dataBytes: last.dataBytes ?? null,
    diskFreeBytes: last.diskFreeBytes ?? null,
    able: twoDigits(looks.filter(({ isAble }) => isAble).length / looks.length),
  };
}

/** What a minute shows of them. */
export function shownCounts(counts: Readonly<Counts>): Pick<MinuteSample, 'decided' | 'blocks' | 'rejected'> {
  return { decided: rough(decidedOf(counts)), blocks: rough(counts.blocks), rejected: rough(rejectedOf(counts)) };
}

function count(counts: Counts, status: Status): void {
  switch (status.kind) {
    case 'settled':
      counts.settled++;
      break;
    case 'revealed':
      counts.lookups++;
      break;
    case 'opened':
      counts.opened++;
      break;
    case 'rekeyed':
      counts.rekeyed++;
      break;
    case 'rejected':
      counts.rejected[status.reason]++;
      break;
    case 'audited': // shown with its height
      break;
  }
}

const rejectedOf = ({ rejected }: Readonly<Counts>) => Object.values(rejected).reduce((sum, each) => sum + each, 0);
const decidedOf = (counts: Readonly<Counts>) =>
  counts.settled + counts.lookups + counts.opened + counts.rekeyed + rejectedOf(counts);

function byReason<T>(of: (reason: RejectReason) => T): Record<RejectReason, T> {
  return Object.fromEntries(rejectReasons.map(reason => [reason, of(reason)])) as Record<RejectReason, T>;
}

/** Nearest rank, in whole milliseconds. */
function percentiles(latencies: readonly number[]): { readonly p50Ms: number | null; readonly p95Ms: number | null } {
  if (latencies.length === 0) return { p50Ms: null, p95Ms: null };
  const sorted = [...latencies].sort((a, b) => a - b);
  const rank = (part: number) => Math.round(sorted[Math.ceil(part * sorted.length) - 1]);
  return { p50Ms: rank(0.5), p95Ms: rank(0.95) };
}
