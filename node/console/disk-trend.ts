/**
 * When the disk is full, at the rate of the day: said only where the day carries it.
 *
 * The time that is known is cut into six parts. The median of what was free must be smaller in every part than in the one before:
 * a disk that breathes, or on which somebody put one large file, fills at no rate. The rate is the median of the five falls, so
 * that one large file among steady growth does not count either.
 */
import { twoDigits } from './discretion.js';
import type { MinuteSample } from './history.js';

const partsCount = 6;
const spanMsMin = 6 * 3_600_000;
const minuteMs = 60_000;
const dayMs = 24 * 3_600_000;
/** Of the minutes of that time so many must be known, in every part. */
const knownPartMin = 0.5;
/** What is further away is no matter of a day's rate. */
const daysMax = 365;

/** Whole days, at least one; nothing where the minutes do not say. `minutes`: oldest first. */
export function diskFullInDays(minutes: readonly Pick<MinuteSample, 'at' | 'diskFreeBytes'>[]): number | null {
  const known = minutes.flatMap(({ at, diskFreeBytes }) =>
    diskFreeBytes === null ? [] : [{ at, free: diskFreeBytes }],
  );
  const [first, last] = [known[0], known[known.length - 1]];
  if (!first || !last) return null;
  const span = last.at - first.at + minuteMs;
  if (span < spanMsMin) return null;
  const partMs = span / partsCount;
  const parts = Array.from({ length: partsCount }, (_, i) =>
    known.filter(({ at }) => Math.floor((at - first.at) / partMs) === i).map(({ free }) => free),
  );
  if (parts.some(part => part.length < (knownPartMin * partMs) / minuteMs)) return null;
  const medians = parts.map(median);
  const falls = medians.slice(1).map((free, i) => medians[i] - free);
  if (falls.some(fall => fall <= 0)) return null;
  const days = last.free / ((median(falls) / partMs) * dayMs);
  return days > daysMax ? null : Math.max(1, Math.round(twoDigits(days)));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
