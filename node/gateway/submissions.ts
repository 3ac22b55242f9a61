/**
 * Submission sessions at the gateway: one WebSocket a submitter, envelopes in, the fate of each streamed back
 * (`src/envelope/submission-messages.ts`). Every envelope goes through the same `BankService.submit` as any other, and a
 * balance look-up through the same limits (`lookup-limit.ts`).
 *
 *     before the upgrade    the rate of requests (`gateway.ts`), the origin of pages, sessions in all and of one address
 *     while it lasts        numbers in order; at most a window on the way; so many refusals; a backlog of results; silence
 *     its end               1001 idle or stopping, 1008 the client breaks a rule, 1009 a message over its bound; the reason
 *                           is an error code. What is on the way goes on without it
 *
 * WebSockets know no CORS: a page of an origin that is not listed would reach the bank that its user can reach, so it is
 * refused here. No envelope, id or reason of a client is logged.
 */
import { setMaxListeners } from 'node:events';
import type { FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import type { BankService } from '../../src/bank/index.js';
import { decodeSubmission, encodeSubmissionReply, type SubmissionReply } from '../../src/envelope/index.js';
import { CovaultError, type ErrorCode } from '../../src/errors.js';
import {
  gatewayWaitMsMax,
  submissionBacklogBytesMax,
  submissionIdleMs,
  submissionPingMs,
  submissionRefusalsMax,
  submissionsMax,
  submissionsPerAddressMax,
  submissionWindow,
} from '../../src/limits.js';
import type { Log } from '../../src/ports.js';
import { clientOf } from './client-of.js';
import type { LookupLimit } from './lookup-limit.js';

/** From saying why to cutting off. */
const closeMs = 1_000;

export interface SubmissionLimits {
  readonly idleMs: number;
  readonly pingMs: number;
}

export interface SubmissionsOptions {
  readonly service: BankService;
  readonly lookups: LookupLimit;
  readonly log: Log;
  readonly corsOrigins: readonly string[];
  /** Aborted when the gateway stops. */
  readonly stopping: AbortSignal;
  readonly limits?: Partial<SubmissionLimits> | undefined;
}

export class Submissions {
  readonly #o: SubmissionsOptions;
  /** Sessions by client. */
  readonly #open = new Map<string, number>();
  #count = 0;

  constructor(options: SubmissionsOptions) {
    this.#o = options;
    setMaxListeners(0, options.stopping);
  }

  /** Before the upgrade. Throws UNAUTHORIZED, RATE_LIMITED. */
  check({ ip, headers }: FastifyRequest): void {
    const { origin } = headers;
    if (origin !== undefined && !this.#o.corsOrigins.includes(origin)) {
      throw new CovaultError('UNAUTHORIZED', 'pages of this origin may not use this gateway');
    }
    if (this.#isFull(clientOf(ip))) throw new CovaultError('RATE_LIMITED', 'too many submission sessions');
  }

  #isFull(client: string): boolean {
    return this.#count >= submissionsMax || (this.#open.get(client) ?? 0) >= submissionsPerAddressMax;
  }

  start(socket: WebSocket, request: FastifyRequest): void {
    const client = clientOf(request.ip);
    // many upgrades at once have all passed the check before the first of them counted
    if (this.#isFull(client)) {
      socket.terminate();
      return;
    }
    this.#count += 1;
    this.#open.set(client, (this.#open.get(client) ?? 0) + 1);
    new Connection(socket, request, this.#o).run(() => {
      this.#count -= 1;
      const left = (this.#open.get(client) ?? 1) - 1;
      if (left === 0) this.#open.delete(client);
      else this.#open.set(client, left);
    });
  }
}

class Connection {
  readonly #socket: WebSocket;
  readonly #request: FastifyRequest;
  readonly #o: SubmissionsOptions;
  readonly #limits: SubmissionLimits;
  readonly #ended = new AbortController();
  #next = 0;
  #onTheWay = 0;
  #refusals = 0;
  #idle: NodeJS.Timeout | undefined;
  #ping: NodeJS.Timeout | undefined;
  #isAnswering = true;

  constructor(socket: WebSocket, request: FastifyRequest, options: SubmissionsOptions) {
    this.#socket = socket;
    this.#request = request;
    this.#o = options;
    this.#limits = { idleMs: submissionIdleMs, pingMs: submissionPingMs, ...options.limits };
    setMaxListeners(0, this.#ended.signal);
  }

  run(onEnd: () => void): void {
    const stop = () => this.#cut(1001, 'NOT_READY');
    this.#o.stopping.addEventListener('abort', stop);
    this.#socket.on('message', (data: Buffer, isBinary: boolean) => this.#message(data, isBinary));
    this.#socket.on('pong', () => {
      this.#isAnswering = true;
    });
    this.#socket.once('close', () => {
      this.#o.stopping.removeEventListener('abort', stop);
      clearInterval(this.#ping);
      clearTimeout(this.#idle);
      this.#ended.abort();
      onEnd();
    });
    this.#ping = setInterval(() => this.#checkAlive(), this.#limits.pingMs);
    this.#rest();
    this.#send({ kind: 'welcome', window: submissionWindow });
    if (this.#o.stopping.aborted) stop();
  }

  #message(data: Buffer, isBinary: boolean): void {
    if (this.#ended.signal.aborted) return;
    clearTimeout(this.#idle);
    try {
      if (!isBinary) throw new CovaultError('MALFORMED', 'messages are binary');
      // a Buffer's slices are no copies: it must not get further
      const { number, envelope } = decodeSubmission(new Uint8Array(data.buffer, data.byteOffset, data.length));
      if (number !== this.#next) throw new CovaultError('MALFORMED', 'numbers count up');
      if (this.#onTheWay >= submissionWindow) throw new CovaultError('RATE_LIMITED', 'more than the window');
      this.#next += 1;
      this.#onTheWay += 1;
      void this.#carry(number, envelope).finally(() => {
        this.#onTheWay -= 1;
        if (this.#onTheWay === 0) this.#rest();
      });
    } catch (error) {
      this.#cut(1008, error instanceof CovaultError ? error.code : 'INTERNAL');
    }
  }

  /** From the bank's hands to the end of it; the envelope's bytes are held no longer than the bank takes. Never throws. */
  #carry(number: number, envelope: Uint8Array): Promise<void> {
    const accepted = (id: Uint8Array) => {
      this.#send({ kind: 'accepted', number, id });
      return this.#follow(number, id);
    };
    const { lookups, service } = this.#o;
    const submitting = lookups.admit(this.#request, envelope).then(() => service.submit(envelope));
    return submitting.then(accepted).catch(error => this.#refuse(number, error));
  }

  async #follow(number: number, id: Uint8Array): Promise<void> {
    const { signal } = this.#ended;
    let known: 'pending' | 'recorded' = 'pending';
    while (!signal.aborted) {
      const now = await this.#o.service.envelopeChange(id, known, gatewayWaitMsMax, signal);
      if (now.state === known) continue;
      if (now.state === 'unknown') return this.#send({ kind: 'news', number, state: 'forgotten', height: 0 });
      if (now.state === 'pending') continue; // an attempt that was undone is no news
      this.#send({ kind: 'news', number, state: now.state, height: now.height });
      if (now.state === 'final') return;
      known = 'recorded';
    }
  }

  #refuse(number: number, error: unknown): void {
    const known = error instanceof CovaultError;
    if (!known) this.#o.log.warn('submission failed', { name: error instanceof Error ? error.name : 'not an error' });
    const code: ErrorCode = known ? error.code : 'INTERNAL';
    const message = known ? error.message : 'the gateway failed; its log says more';
    this.#send({ kind: 'refused', number, code, message });
    // what arrived earlier is no fault: wallets send again what they are not sure of
    if (known && error.action === 'caller' && code !== 'SEEN_BEFORE') this.#refusals += 1;
    if (this.#refusals >= submissionRefusalsMax) this.#cut(1008, 'RATE_LIMITED');
  }

  #send(reply: SubmissionReply): void {
    if (this.#ended.signal.aborted || this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > submissionBacklogBytesMax) this.#socket.terminate();
    else this.#socket.send(encodeSubmissionReply(reply));
  }

  #rest(): void {
    clearTimeout(this.#idle);
    if (!this.#ended.signal.aborted) this.#idle = setTimeout(() => this.#cut(1001, 'TIMED_OUT'), this.#limits.idleMs);
  }

  /** A client that does not answer, or trickles one message for ever, is gone. */
  #checkAlive(): void {
    if (this.#isAnswering) this.#socket.ping();
    else this.#socket.terminate();
    this.#isAnswering = false;
  }

  /** Says why, and takes nothing more; who does not close in turn is cut off soon: a gateway that stops waits for nobody. */
  #cut(status: number, code: ErrorCode): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.#socket.close(status, code);
    const patience = setTimeout(() => this.#socket.terminate(), closeMs);
    this.#socket.once('close', () => clearTimeout(patience));
  }
}
