/** Numbers as people read them. */
import * as common from '../common/format.js';

type Rough = number | 'few';

export const minuteMs = 60_000;

const grouped = new Intl.NumberFormat('en-US');
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hour12: false });
const clockSeconds = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});

export const whole = (value: number) => grouped.format(value);
export const timeOf = (at: number) => clock.format(at);
export const secondOf = (at: number) => clockSeconds.format(at);

/** One to four are not told apart: a single envelope is somebody's. */
export const rough = (count: Rough) => (count === 'few' ? '1 to 4' : whole(count));

/** 1.2 M, 480 k, 37. */
export function short(value: number): string {
  if (value >= 10_000_000) return `${Math.round(value / 1e6)} M`;
  if (value >= 1_000_000) return `${(value / 1e6).toFixed(1)} M`;
  if (value >= 10_000) return `${Math.round(value / 1e3)} k`;
  return whole(Number(value.toPrecision(3)));
}

/** 950 ms, 2.3 s. */
export function milliseconds(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

/** 45 s, 3 min, 2 h 10 min, 4 days. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}

/** How long a stock lasts: 1.4 s, 12 s, 5 min. */
export const lasting = (seconds: number) => (seconds < 10 ? `${Number(seconds.toPrecision(2))} s` : duration(seconds));

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let rest = value;
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${unit === 0 || rest >= 100 ? Math.round(rest) : rest.toFixed(1)} ${units[unit]}`;
}

/** For axes: without digits that say nothing. */
export const roundBytes = (value: number) => bytes(value).replace('.0 ', ' ');

/** With commas, as counts are written here. */
export const money = (units: bigint, scale: number) => common.money(units, scale, ',');

export const plural = (count: number, one: string, many = `${one}s`) => `${whole(count)} ${count === 1 ? one : many}`;
/** ab12cd34…ef56 */
export const shortHex = (hex: string, head = 8, tail = 4) =>
  hex.length <= head + tail + 1 ? hex : `${hex.slice(0, head)}…${hex.slice(-tail)}`;
