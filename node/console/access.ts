/**
 * Who may look at the console: the bank's operators, who can read its token file.
 *
 *     token     32 random bytes in a file of the bank's (mode 600). A program sends it with each request; a person gives it to
 *               the page once, which changes it for a session
 *     session   32 random bytes made here, kept here as a hash only; ends on leaving, unused, or with its working day
 *     both      travel in the Authorization header alone: never in an address, a log line or a cookie
 *
 * Why no cookie: cookies know no ports. One of http://127.0.0.1:8101 is sent to whatever else listens on that machine, another
 * user's program too, and every page of that host is "same site" with it. A session in the page's sessionStorage belongs to
 * one origin, port included, and to one tab, and no browser sends it by itself: there is nothing for a forged request to ride
 * on. A script of ours that went wrong could read it; the page's content policy admits no other, and what it could read is a
 * session and not the token.
 *
 * Guesses are counted by address and in all, and refused unheard beyond a bound; sessions that stand are not affected.
 */
import { createHash } from 'node:crypto';
import { systemRandom, toHex } from '../../src/crypto/index.js';
import { CovaultError } from '../../src/errors.js';
import {
  consoleAddressesMax,
  consoleGuessesInAllMax,
  consoleGuessesMax,
  consoleGuessWindowMs,
  consoleSessionIdleMs,
  consoleSessionMs,
  consoleSessionsMax,
} from '../../src/limits.js';
import type { Clock, Randomness } from '../../src/ports.js';
import { bearer, clientOf, sameText } from '../gateway/index.js';

export interface Credentials {
  readonly ip: string;
  /** The Authorization header. */
  readonly authorization: string | undefined;
}

interface Session {
  readonly begun: number;
  used: number;
}

export class Access {
  readonly #token: string;
  readonly #clock: Clock;
  readonly #random: Randomness;
  /** By the hash of what the page holds, in the order of their beginning. */
  readonly #sessions = new Map<string, Session>();
  readonly #guesses: Guesses;

  constructor(token: string, clock: Clock, random: Randomness = systemRandom) {
    this.#token = token;
    this.#clock = clock;
    this.#random = random;
    this.#guesses = new Guesses(clock);
  }

  /** Changes the token for a session: what the page sends from now on. Throws RATE_LIMITED, UNAUTHORIZED. */
  login(ip: string, token: string): { readonly session: string; readonly expiresInSeconds: number } {
    this.#guess(ip, token);
    this.#forgetEnded();
    // the oldest goes: whoever forgets to leave must not lock the others out
    for (const [oldest] of this.#sessions) {
      if (this.#sessions.size < consoleSessionsMax) break;
      this.#sessions.delete(oldest);
    }
    const session = toHex(this.#random.bytes(32));
    const now = this.#clock.now();
    this.#sessions.set(nameOf(session), { begun: now, used: now });
    return { session, expiresInSeconds: consoleSessionMs / 1000 };
  }

  /** Ends the session of this request; the token goes on. */
  logout({ authorization }: Credentials): void {
    this.#sessions.delete(nameOf(bearer(authorization)));
  }

  /** Throws UNAUTHORIZED, RATE_LIMITED. */
  check({ ip, authorization }: Credentials): void {
    const given = bearer(authorization);
    if (given === '') throw unauthorized();
    if (!this.isLive(given)) this.#guess(ip, given);
  }

  /** Whether this is a session that stands; asking keeps it alive. */
  isLive(session: string): boolean {
    this.#forgetEnded();
    const found = this.#sessions.get(nameOf(session));
    if (!found) return false;
    found.used = this.#clock.now();
    return true;
  }

  #guess(ip: string, token: string): void {
    const client = clientOf(ip);
    this.#guesses.admit(client);
    if (sameText(token, this.#token)) return;
    this.#guesses.wrong(client);
    throw unauthorized();
  }

  #forgetEnded(): void {
    const now = this.#clock.now();
    for (const [name, { begun, used }] of this.#sessions) {
      if (now - begun >= consoleSessionMs || now - used >= consoleSessionIdleMs) this.#sessions.delete(name);
    }
  }
}

/** Wrong tokens in the present window. */
class Guesses {
  readonly #clock: Clock;
  #began: number;
  #inAll = 0;
  readonly #of = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#began = clock.now();
  }

  /** Throws RATE_LIMITED. */
  admit(client: string): void {
    const left = this.#began + consoleGuessWindowMs - this.#clock.now();
    if (left <= 0) this.#begin();
    const isOver = (this.#of.get(client) ?? 0) >= consoleGuessesMax || this.#inAll >= consoleGuessesInAllMax;
    if (!isOver) return;
    const retryAfterSeconds = Math.max(1, Math.ceil(left / 1000));
    throw new CovaultError('RATE_LIMITED', 'too many wrong tokens', { retryAfterSeconds });
  }

  wrong(client: string): void {
    this.#inAll++;
    if (this.#of.size < consoleAddressesMax || this.#of.has(client)) {
      this.#of.set(client, (this.#of.get(client) ?? 0) + 1);
    }
  }

  #begin(): void {
    this.#began = this.#clock.now();
    this.#inAll = 0;
    this.#of.clear();
  }
}

const nameOf = (session: string) => createHash('sha256').update(session).digest('hex');

function unauthorized(): CovaultError {
  return new CovaultError('UNAUTHORIZED', "the console asks for the token in the bank's console token file");
}
