/**
 * What the HTTP servers of a bank have in common, the gateway for wallets and the console for its operators: the bounds of
 * their connections (`connections.ts`), what they answer when something went wrong, how they listen.
 *
 * Not here: bytes in memory (`held-bytes.ts`), which count after a server's own first hooks.
 */
import fastify, { type FastifyInstance } from 'fastify';
import { assert, CovaultError } from '../../src/errors.js';
import { gatewayWaitMsMax } from '../../src/limits.js';
import type { Log } from '../../src/ports.js';
import { inNetworks } from './client-of.js';
import { type ConnectionLimits, Connections, usualConnectionLimits } from './connections.js';
import { errorReply } from './replies.js';

export interface Listening {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

export interface ServerOptions {
  /** Of the server, in its log. */
  readonly what: string;
  readonly bodyLimit: number;
  /** Networks whose X-Forwarded-For says who the client is. None by default: the client is whoever connects. */
  readonly trustProxy?: readonly string[];
  readonly connectionLimits?: Partial<ConnectionLimits>;
  readonly log: Log;
}

/** For the plugin that bounds rates: of one client, a network of IPv6 counting as one. */
export const perMinute = (max: number) => ({
  max,
  timeWindow: 60_000,
  ipv6Subnet: 64 as const,
  errorResponseBuilder: (_request: unknown, { max: allowed, ttl }: { readonly max: number; readonly ttl: number }) =>
    new CovaultError('RATE_LIMITED', `more than ${allowed} requests in a minute`, {
      max: allowed,
      retryAfterSeconds: Math.ceil(ttl / 1000),
    }),
});

/** A server without routes; its connections are bounded in number and in time, its errors answered. */
export function makeServer(options: ServerOptions): {
  readonly app: FastifyInstance;
  readonly connections: Connections;
} {
  const { what, bodyLimit, trustProxy = [], log } = options;
  const connectionLimits = { ...usualConnectionLimits, ...options.connectionLimits };
  const connections = new Connections(connectionLimits, inNetworks(trustProxy));
  const app = fastify({
    serverFactory: handler => connections.server(handler),
    logger: false,
    bodyLimit,
    trustProxy: trustProxy.length > 0 ? [...trustProxy] : false,
    handlerTimeout: gatewayWaitMsMax + connectionLimits.requestMs,
    forceCloseConnections: true,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true, allowUnionTypes: true } },
  });
  app.addHook('onSend', async (_request, reply) => connections.mustTake(reply));
  answerErrors(app, log, what);
  return { app, connections };
}

/** Gives the address. The server is closed when it cannot listen. Throws PORT_IN_USE, BAD_CONFIG. */
export async function listen(app: FastifyInstance, { host, port }: Listening, what: string): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw listenError(error, { host, port }, what);
  }
  const address = app.server.address();
  assert(address !== null && typeof address === 'object', 'a server listens at a port');
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}

function answerErrors(app: FastifyInstance, log: Log, what: string): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, headers, body } = errorReply(error);
    if (status >= 500 && status !== 503) {
      const name = error instanceof Error ? `${error.name}: ${error.message}` : 'not an error';
      log.warn(`${what} request failed`, { route: request.routeOptions.url ?? 'none', code: body.error.code, name });
    }
    return reply.code(status).headers(headers).serializer(JSON.stringify).type('application/json').send(body);
  });
  app.setNotFoundHandler(() => {
    throw new CovaultError('NOT_FOUND', 'there is nothing at this address; /openapi.json lists what there is');
  });
}

function listenError(error: unknown, { host, port }: Listening, what: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    const address = `${host}:${port}`;
    return new CovaultError('PORT_IN_USE', `${what}: another process listens at ${address}`, { address });
  }
  if (code === 'EADDRNOTAVAIL' || code === 'EACCES' || code === 'ENOTFOUND') {
    return new CovaultError('BAD_CONFIG', `${what}: cannot listen at ${host}:${port} (${code})`, { host, port });
  }
  return error;
}
