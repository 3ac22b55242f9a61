/**
 * What code has run, from V8's precise coverage at block granularity, through the inspector of the thread that asks.
 *
 *     take        what ran since the last take: functions, and in each the blocks with their counts
 *     area        the places of a function's text that ran: a byte of a map for each character
 *     news        places that had never run before
 *
 * A function has a map of its own: the text of a function inside another counts for the inner one alone, which V8 lists only
 * if it ran. Counts are of no use here, whether a block ran is: many inputs share one take, which costs milliseconds.
 */
import { type Profiler, Session } from 'node:inspector';

/** A place in a function that ran: enough to ask later whether it ran again. */
export interface Place {
  readonly name: string;
  readonly at: number;
}

/** Places that ran, by function: a byte 1 for each character of its text. */
export type Area = ReadonlyMap<string, Uint8Array>;

export class Coverage {
  readonly #session = new Session();
  readonly #isOurs: (url: string) => boolean;

  /** Counts from now on, in scripts whose URL passes. */
  constructor(isOurs: (url: string) => boolean) {
    this.#isOurs = isOurs;
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Since the last take. */
  take(): Area {
    const { result } = this.#post<Profiler.TakePreciseCoverageReturnType>('Profiler.takePreciseCoverage');
    const area = new Map<string, Uint8Array>();
    for (const { url, scriptId, functions } of result) {
      if (!this.#isOurs(url)) continue;
      for (const { ranges } of functions) {
        const [{ startOffset, endOffset, count }] = ranges;
        if (count === 0) continue;
        area.set(`${scriptId}:${startOffset}:${endOffset}`, ranOf(ranges));
      }
    }
    return area;
  }

  close(): void {
    this.#post('Profiler.disable');
    this.#session.disconnect();
  }

  /** The inspector of this thread answers before `post` returns. */
  #post<T>(method: string, parameters: object = {}): T {
    let answer: T | undefined;
    let failure: Error | null = null;
    this.#session.post(method, parameters, (error, result) => {
      failure = error;
      answer = result as T;
    });
    if (failure) throw failure;
    return answer as T;
  }
}

/** Ranges come from the outside in: the last that holds a character says whether it ran. */
export function ranOf(ranges: readonly Profiler.CoverageRange[]): Uint8Array {
  const [{ startOffset, endOffset }] = ranges;
  const ran = new Uint8Array(endOffset - startOffset);
  for (const range of ranges) {
    ran.fill(range.count > 0 ? 1 : 0, range.startOffset - startOffset, range.endOffset - startOffset);
  }
  return ran;
}

/** All that ever ran. */
export class Seen {
  readonly #maps = new Map<string, Uint8Array>();

  get functions(): number {
    return this.#maps.size;
  }

  /** Characters of source. */
  get characters(): number {
    let count = 0;
    for (const map of this.#maps.values()) for (const ran of map) count += ran;
    return count;
  }

  /** The first place of every stretch that is new; nothing is remembered. */
  news(area: Area): Place[] {
    const places: Place[] = [];
    for (const [name, ran] of area) {
      const known = this.#maps.get(name);
      let isInside = false;
      for (let at = 0; at < ran.length; at++) {
        const isNew = ran[at] === 1 && !known?.[at];
        if (isNew && !isInside) places.push({ name, at });
        isInside = isNew;
      }
    }
    return places;
  }

  add(area: Area): void {
    for (const [name, ran] of area) {
      const known = this.#maps.get(name);
      if (!known) this.#maps.set(name, ran.slice());
      else for (let at = 0; at < ran.length; at++) known[at] |= ran[at];
    }
  }
}

/** Did all of these run? */
export const holds = (area: Area, places: readonly Place[]): boolean =>
  places.every(({ name, at }) => area.get(name)?.[at] === 1);
