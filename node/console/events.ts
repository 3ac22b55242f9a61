/**
 * What happened last, for the console: lines of the bank's own log with the time, as they go by.
 *
 * The log holds no secret. Left out is what would give records and envelopes a time (`discretion.ts`): commits, and whatever
 * the gateway says of its clients.
 */
import { consoleEventsMax } from '../../src/limits.js';
import type { Log } from '../../src/ports.js';

export interface ConsoleEvent {
  /** Wall clock, milliseconds. */
  readonly at: number;
  readonly level: 'info' | 'warn';
  readonly event: string;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

/** Events that are shown; others pass by. */
export const shownEvents: ReadonlySet<string> = new Set([
  'link up',
  'link down',
  'link misbehaved',
  'bank-misbehaved',
  'stranger-refused',
  'session formed',
  'session ended',
  'halted',
  'internal error',
  'a step took too long',
  'a check of the preprocessing failed',
  'the preprocessing thread has ended',
  'a frame could not be sent',
  'an intake thread has ended',
  'console login',
  'audit asked for at the console',
]);

/** A stack names files of this machine. */
const hiddenFacts: ReadonlySet<string> = new Set(['where']);

export class RecentEvents {
  readonly #wallNow: () => number;
  #events: ConsoleEvent[] = [];

  constructor(wallNow: () => number) {
    this.#wallNow = wallNow;
  }

  /** Newest first. */
  get all(): readonly ConsoleEvent[] {
    return this.#events;
  }

  /** The same log, listened to. */
  listen(log: Log): Log {
    return {
      info: (event, facts) => {
        this.#add('info', event, facts);
        log.info(event, facts);
      },
      warn: (event, facts) => {
        this.#add('warn', event, facts);
        log.warn(event, facts);
      },
    };
  }

  #add(level: ConsoleEvent['level'], event: string, facts: ConsoleEvent['facts'] = {}): void {
    if (!shownEvents.has(event)) return;
    const kept = Object.fromEntries(Object.entries(facts).filter(([name]) => !hiddenFacts.has(name)));
    this.#events = [{ at: this.#wallNow(), level, event, facts: kept }, ...this.#events].slice(0, consoleEventsMax);
  }
}
