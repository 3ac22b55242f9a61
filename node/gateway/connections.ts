/**
 * Connections to a gateway, and how long and how wide each may be.
 *
 *     in all           so many. One more takes the place of an idle one of whoever has most: a client that comes alone finds
 *                      room however many another holds
 *     of one client    so many: an address, of IPv6 a /64. Not of a reverse proxy, which speaks for many
 *     of one           so many requests on the way at once: who pipelines more is cut off
 *     headers, body    each request must have arrived in time, byte by byte or not at all (Node's own checks, every second)
 *     answer           taken in time once it is made: who reads slowly, or never, is cut off
 *     idle             closed
 *
 * Not here: rates, bytes in memory (`held-bytes.ts`), submission sessions (`submissions.ts`), which are connections too.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import {
  gatewayAnswerTimeoutMs,
  gatewayCheckMs,
  gatewayConnectionsMax,
  gatewayConnectionsPerAddressMax,
  gatewayHeaderBytesMax,
  gatewayHeadersTimeoutMs,
  gatewayIdleMs,
  gatewayPipelinedMax,
  gatewayRequestTimeoutMs,
  gatewayWaitMsMax,
} from '../../src/limits.js';
import { clientOf } from './client-of.js';

export interface ConnectionLimits {
  readonly connections: number;
  readonly perClient: number;
  readonly pipelined: number;
  readonly headersMs: number;
  readonly requestMs: number;
  readonly answerMs: number;
  readonly idleMs: number;
}

export const usualConnectionLimits: ConnectionLimits = {
  connections: gatewayConnectionsMax,
  perClient: gatewayConnectionsPerAddressMax,
  pipelined: gatewayPipelinedMax,
  headersMs: gatewayHeadersTimeoutMs,
  requestMs: gatewayRequestTimeoutMs,
  answerMs: gatewayAnswerTimeoutMs,
  idleMs: gatewayIdleMs,
};

export type CutReason = 'client' | 'full' | 'pipelined' | 'unread';

/** For operators. */
export interface ConnectionFigures {
  readonly open: number;
  /** Since the gateway started, by what was wrong. */
  readonly cut: Readonly<Record<CutReason, number>>;
}

interface Connection {
  readonly client: string;
  /** Requests that are not answered; an upgraded connection keeps its own. */
  onTheWay: number;
}

export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #isProxy: (address: string) => boolean;
  /** Oldest first. */
  readonly #open = new Map<Socket, Connection>();
  readonly #byClient = new Map<string, number>();
  readonly #cut: Record<CutReason, number> = { client: 0, full: 0, pipelined: 0, unread: 0 };

  /** `isProxy`: its connections are many clients'. */
  constructor(limits: ConnectionLimits, isProxy: (address: string) => boolean) {
    this.#limits = limits;
    this.#isProxy = isProxy;
  }

  /** A server whose requests reach the handler only within the limits. */
  server(handler: RequestListener): Server {
    const { headersMs, requestMs, idleMs } = this.#limits;
    const options = {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      keepAliveTimeout: idleMs,
      connectionsCheckingInterval: Math.min(gatewayCheckMs, headersMs),
      maxHeaderSize: gatewayHeaderBytesMax,
    };
    const server = createServer(options, (request, response) => {
      if (this.#begins(request, response)) handler(request, response);
    });
    server.setTimeout(gatewayWaitMsMax + requestMs);
    server.on('connection', (socket: Socket) => this.#opened(socket));
    server.prependListener('upgrade', (_request, socket) => {
      const connection = this.#open.get(socket as Socket);
      if (connection) connection.onTheWay++;
    });
    return server;
  }

  figures(): ConnectionFigures {
    return { open: this.#open.size, cut: { ...this.#cut } };
  }

  #opened(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const client = clientOf(address);
    const count = (this.#byClient.get(client) ?? 0) + 1;
    if (count > this.#limits.perClient && !this.#isProxy(address)) {
      this.#end(socket, 'client');
      return;
    }
    if (this.#open.size >= this.#limits.connections && !this.#makeRoom(client)) {
      this.#end(socket, 'full');
      return;
    }
    this.#open.set(socket, { client, onTheWay: 0 });
    this.#byClient.set(client, count);
    socket.once('close', () => this.#forget(socket));
  }

  #forget(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (!connection) return;
    this.#open.delete(socket);
    const left = (this.#byClient.get(connection.client) ?? 1) - 1;
    if (left === 0) this.#byClient.delete(connection.client);
    else this.#byClient.set(connection.client, left);
  }

  /** At the cost of whoever has most, if that is more than the newcomer will have. */
  #makeRoom(newcomer: string): boolean {
    let [greediest, most] = ['', (this.#byClient.get(newcomer) ?? 0) + 1];
    for (const [client, count] of this.#byClient) if (count > most) [greediest, most] = [client, count];
    if (greediest === '') return false;
    const theirs = [...this.#open].filter(([, { client }]) => client === greediest);
    const [socket] = theirs.find(([, { onTheWay }]) => onTheWay === 0) ?? theirs[0];
    this.#forget(socket);
    this.#end(socket, 'full');
    return true;
  }

  #end(socket: Socket, reason: CutReason): void {
    this.#cut[reason]++;
    socket.destroy();
  }

  /** Whether it goes on: Node reads what has come to its end, also where the connection was cut off in the middle of it. */
  #begins({ socket }: IncomingMessage, response: ServerResponse): boolean {
    const connection = this.#open.get(socket);
    if (!connection) return false;
    if (connection.onTheWay >= this.#limits.pipelined) {
      this.#forget(socket);
      this.#end(socket, 'pipelined');
      return false;
    }
    connection.onTheWay++;
    response.once('close', () => {
      connection.onTheWay--;
    });
    return true;
  }

  /** Its answer is made: the client has so long to take all of it. */
  mustTake({ raw }: { readonly raw: ServerResponse }): void {
    const { socket } = raw;
    if (!socket) return;
    const patience = setTimeout(() => this.#end(socket, 'unread'), this.#limits.answerMs);
    raw.once('close', () => clearTimeout(patience));
  }
}
