/**
 * The minutes of a span as few enough points to read: each is a minute, or several together. Counts become means of a minute,
 * latencies the median of what the minutes say, bytes those of the last; a part in which nobody looked is a gap.
 */
import type { MinuteSample } from 'covault/console';
import { bytes, milliseconds, minuteMs, rough, short, timeOf } from './format.js';

export interface Point {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Nothing: a gap. */
  readonly value: number | null;
  readonly said: string;
}

/** 1 to 4 in a minute are drawn as 2. */
export const drawn = (count: number | 'few') => (count === 'few' ? 2 : count);

interface Part {
  readonly at: number;
  readonly minutes: readonly MinuteSample[];
}

/** Parts of `minutesEach` minutes that have any. */
export function partsOf(shown: readonly MinuteSample[], from: number, minutesEach: number): Part[] {
  const each = minutesEach * minuteMs;
  const parts = new Map<number, MinuteSample[]>();
  for (const minute of shown) {
    const at = from + Math.floor((minute.at - from) / each) * each;
    const part = parts.get(at);
    if (part) part.push(minute);
    else parts.set(at, [minute]);
  }
  return [...parts].map(([at, minutes]) => ({ at, minutes }));
}

export function countPoints(parts: readonly Part[], of: (minute: MinuteSample) => number | 'few'): Point[] {
  return parts.map(({ at, minutes }) => {
    const value = minutes.reduce((sum, minute) => sum + drawn(of(minute)), 0) / minutes.length;
    const only = minutes.length === 1 ? minutes[0] : undefined;
    return { at, value, said: only ? rough(of(only)) : short(value) };
  });
}

export function latencyPoints(parts: readonly Part[], of: 'p50Ms' | 'p95Ms'): Point[] {
  return parts.map(({ at, minutes }) => {
    const known = minutes.flatMap(minute => minute[of] ?? []).sort((a, b) => a - b);
    const value = known[Math.floor(known.length / 2)] ?? null;
    return { at, value, said: value === null ? 'none' : milliseconds(value) };
  });
}

/** Of what is at the end of a minute: that of the last. */
export function bytePoints(parts: readonly Part[], of: 'dataBytes' | 'diskFreeBytes'): Point[] {
  return parts.map(({ at, minutes }) => {
    const value = minutes.at(-1)?.[of] ?? null;
    return { at, value, said: value === null ? 'not known' : bytes(value) };
  });
}

/** "14:03", or "14:00 to 14:10". */
export const partSaid = (at: number, minutesEach: number) =>
  minutesEach === 1 ? timeOf(at) : `${timeOf(at)} to ${timeOf(at + minutesEach * minuteMs)}`;
