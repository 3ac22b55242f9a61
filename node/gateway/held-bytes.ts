/**
 * Bytes of clients that a gateway holds at once: bodies that are coming in or are with the bank, and answers that are not taken
 * yet. Of each so many in all, and of one client a part, so that slow clients cost others neither memory nor their turn.
 *
 * A body counts from its headers on with the length that it declares, or with the longest that the server takes.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { assert, CovaultError } from '../../src/errors.js';
import {
  gatewayAnswersBytesMax,
  gatewayAnswersBytesPerClientMax,
  gatewayBodiesBytesMax,
  gatewayBodiesBytesPerClientMax,
} from '../../src/limits.js';
import { clientOf } from './client-of.js';

export interface HeldLimits {
  readonly bodies: number;
  readonly bodiesPerClient: number;
  readonly answers: number;
  readonly answersPerClient: number;
}

export const usualHeldLimits: HeldLimits = {
  bodies: gatewayBodiesBytesMax,
  bodiesPerClient: gatewayBodiesBytesPerClientMax,
  answers: gatewayAnswersBytesMax,
  answersPerClient: gatewayAnswersBytesPerClientMax,
};

/** For operators. */
export interface HeldFigures {
  readonly bodyBytes: number;
  readonly answerBytes: number;
  /** Requests refused since the gateway started. */
  readonly refused: number;
}

/** Answers below this are not worth counting, and say why a larger one is refused. */
const smallBytes = 16 * 1024;

/** So many in all, and of one. */
class Account {
  readonly #max: number;
  readonly #perClientMax: number;
  readonly #byClient = new Map<string, number>();
  total = 0;

  constructor(max: number, perClientMax: number) {
    this.#max = max;
    this.#perClientMax = perClientMax;
  }

  /** Answers with what gives it back, once. */
  take(client: string, bytes: number): (() => void) | undefined {
    const held = this.#byClient.get(client) ?? 0;
    if (this.total + bytes > this.#max || held + bytes > this.#perClientMax) return undefined;
    this.#add(client, bytes);
    let isTaken = true;
    return () => {
      if (isTaken) this.#add(client, -bytes);
      isTaken = false;
    };
  }

  #add(client: string, bytes: number): void {
    this.total += bytes;
    const held = (this.#byClient.get(client) ?? 0) + bytes;
    if (held === 0) this.#byClient.delete(client);
    else this.#byClient.set(client, held);
  }
}

export class HeldBytes {
  readonly #bodies: Account;
  readonly #answers: Account;
  readonly #bodyLimit: number;
  #refused = 0;

  constructor(app: FastifyInstance, limits: HeldLimits) {
    this.#bodies = new Account(limits.bodies, limits.bodiesPerClient);
    this.#answers = new Account(limits.answers, limits.answersPerClient);
    const { bodyLimit } = app.initialConfig;
    assert(bodyLimit !== undefined, 'a server knows its longest body');
    this.#bodyLimit = bodyLimit;
    app.addHook('onRequest', async (request, reply) => this.#body(request, reply));
    app.addHook('onSend', async (request, reply, payload) => this.#answer(request, reply, payload));
  }

  figures(): HeldFigures {
    return { bodyBytes: this.#bodies.total, answerBytes: this.#answers.total, refused: this.#refused };
  }

  #body({ ip, headers, method }: FastifyRequest, { raw }: FastifyReply): void {
    if (method !== 'POST') return;
    const declared = Number(headers['content-length'] ?? this.#bodyLimit);
    const bytes = Math.min(Number.isSafeInteger(declared) ? declared : this.#bodyLimit, this.#bodyLimit);
    this.#hold(this.#bodies, ip, bytes, raw);
  }

  #answer({ ip }: FastifyRequest, { raw }: FastifyReply, payload: unknown): unknown {
    if (typeof payload === 'string' && payload.length >= smallBytes) {
      this.#hold(this.#answers, ip, Buffer.byteLength(payload), raw);
    }
    return payload;
  }

  #hold(account: Account, ip: string, bytes: number, raw: FastifyReply['raw']): void {
    const giveBack = account.take(clientOf(ip), bytes);
    if (!giveBack) {
      this.#refused++;
      throw new CovaultError('RATE_LIMITED', 'too much is on the way to or from this server');
    }
    raw.once('close', giveBack);
  }
}
