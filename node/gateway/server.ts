/**
 * What the HTTP servers of a bank have in common, the gateway for wallets and the console for its operators: how they listen,
 * what they answer when something went wrong, how many connections they hold.
 */
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { assert, CovaultError } from '../../src/errors.js';
import type { Log } from '../../src/ports.js';
import { errorReply } from './replies.js';

export interface Listening {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
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

/** `what`: of the server, in its log. */
export function answerErrors(app: FastifyInstance, log: Log, what: string): void {
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

/** In all, and of one address. */
export function limitConnections(app: FastifyInstance, max: number, perAddressMax: number): void {
  app.server.maxConnections = max;
  const open = new Map<string, number>();
  app.server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (open.get(address) ?? 0) + 1;
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
    if (count > perAddressMax) socket.destroy();
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
