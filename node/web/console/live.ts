/**
 * What the page knows, as signals: the bank's state, the day's minutes, and whether news comes. One stream feeds it; when that
 * breaks it is begun again, and meanwhile the page says how old its news is.
 */
import { signal } from '@preact/signals';
import type { ConsoleState, MinuteSample } from 'covault/console';
import { ApiError, followFeed, forgetSession, get, hasSession } from './api.js';

export const signedIn = signal(hasSession());
export const state = signal<ConsoleState | undefined>(undefined);
export const minutes = signal<readonly MinuteSample[]>([]);
/** Milliseconds since 1970, by this device's clock: when the last news came, and now. */
export const newsAt = signal(0);
export const now = signal(Date.now());

const minutesMax = 1_440;
const retryMs = 2_000;
/** Without a word for so long, what is shown is old. */
export const staleMs = 6_000;

window.setInterval(() => {
  now.value = Date.now();
}, 1_000);

let ending = new AbortController();

/** From a login until `stopLive`. */
export async function startLive(): Promise<void> {
  ending.abort();
  ending = new AbortController();
  const { signal: ended } = ending;
  newsAt.value = Date.now();
  while (!ended.aborted) {
    try {
      let isFirst = true;
      await followFeed(({ event, data }) => {
        // after the stream has begun, so that no minute falls between the two
        if (isFirst) void readMinutes();
        isFirst = false;
        take(event, data);
      }, ended);
    } catch (error) {
      if (ended.aborted) return;
      if (error instanceof ApiError && error.code === 'UNAUTHORIZED') return endSession();
    }
    await new Promise(resolve => window.setTimeout(resolve, retryMs));
  }
}

function stopLive(): void {
  ending.abort();
}

/** The session is over: the page asks for the token again. */
export function endSession(): void {
  stopLive();
  forgetSession();
  state.value = undefined;
  minutes.value = [];
  signedIn.value = false;
}

/** A day without its past is no reason to show nothing. */
async function readMinutes(): Promise<void> {
  const past = await get<{ minutes: MinuteSample[] }>('/v1/history').catch(() => undefined);
  if (!past) return;
  const last = past.minutes.at(-1)?.at ?? 0;
  minutes.value = [...past.minutes, ...minutes.value.filter(({ at }) => at > last)];
}

function take(event: string, data: string): void {
  newsAt.value = Date.now();
  if (event === 'state') state.value = JSON.parse(data);
  if (event === 'minute') {
    const minute: MinuteSample = JSON.parse(data);
    minutes.value = [...minutes.value.filter(({ at }) => at < minute.at), minute].slice(-minutesMax);
  }
}
