/**
 * The routes: each one call of `BankService`, and its answer as JSON.
 *
 * Long polls are bounded in time and in number, and end when the client goes away or the gateway stops.
 * Not here: what is refused before a route is reached (`gateway.ts`), schemas (`schemas.ts`).
 */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { BankService, EnvelopeState } from '../../src/bank/index.js';
import { fromHex, toHex } from '../../src/crypto/index.js';
import { CovaultError } from '../../src/errors.js';
import { encodeReceipts } from '../../src/ledger/log.js';
import { gatewayWaitersMax } from '../../src/limits.js';
import { version } from '../version.js';
import type { LookupLimit } from './lookup-limit.js';
import type { LinkFigures } from './metrics.js';
import { recordsAnswer } from './records.js';
import { schemas } from './schemas.js';
import type { Submissions } from './submissions.js';
import { bearer, sameText } from './token.js';

export interface RouteOptions {
  readonly service: BankService;
  /** The network file as it was read. */
  readonly networkFile: string;
  /** Without it nobody may ask for an audit here, or for a copy. */
  readonly auditToken: string | undefined;
  readonly links: (() => LinkFigures) | undefined;
  readonly lookups: LookupLimit;
  readonly submissions: Submissions;
  /** Aborted when the gateway stops. */
  readonly stopping: AbortSignal;
}

export function addRoutes(app: FastifyInstance, options: RouteOptions): void {
  addLedgerRoutes(app, options);
  addEnvelopeRoutes(app, options);
  addSubmissionRoute(app, options);
  addOperatorRoutes(app, options);
  addCopyRoute(app, options);
}

function addLedgerRoutes(app: FastifyInstance, { service, networkFile }: RouteOptions): void {
  app.get('/v1/network', { schema: schemas.network }, async (_request, reply) =>
    reply.type('application/json').serializer(String).send(networkFile),
  );

  app.get<{ Querystring: { from: number; count: number } }>(
    '/v1/records',
    { schema: schemas.records },
    async ({ query }) => recordsAnswer(service, query),
  );

  app.get<{ Querystring: { from: number; page?: number } }>(
    '/v1/memos',
    { schema: schemas.memos },
    async ({ query }) => {
      const { since, blocks, next } = await service.memos(query.from, query.page);
      const shown = blocks.map(({ height, receipts, headers }) => ({
        height,
        receipts: toHex(encodeReceipts(receipts)),
        headers: headers.map(toHex),
      }));
      return { since, blocks: shown, next };
    },
  );

  app.get<{ Querystring: { from: number; count: number } }>(
    '/v1/accounts',
    { schema: schemas.accounts },
    async ({ query }) => ({ open: service.openAccounts(query.from, query.count) }),
  );
}

function addEnvelopeRoutes(app: FastifyInstance, { service, lookups, stopping }: RouteOptions): void {
  let waiters = 0;

  app.post('/v1/envelopes', { schema: schemas.submit }, async (request, reply) => {
    const { body } = request;
    if (!(body instanceof Uint8Array)) throw new CovaultError('MALFORMED', 'the body must be the bytes of an envelope');
    await lookups.admit(request, body);
    const id = await service.submit(new Uint8Array(body));
    return reply.code(202).send({ id: toHex(id) });
  });

  app.get<{ Params: { id: string }; Querystring: { known?: EnvelopeState['state']; waitMs: number } }>(
    '/v1/envelopes/:id',
    { schema: schemas.envelope },
    async ({ params, query, raw }) => {
      const id = fromHex(params.id);
      const now = await service.envelope(id);
      const { known, waitMs } = query;
      if (waitMs === 0 || known === undefined || now.state !== known) return envelopeReply(service, params.id, now);
      if (waiters >= gatewayWaitersMax) throw new CovaultError('RATE_LIMITED', 'too many clients wait here');
      waiters++;
      const gone = new AbortController();
      const leave = () => gone.abort();
      raw.socket.once('close', leave);
      try {
        const signal = AbortSignal.any([gone.signal, stopping]);
        return envelopeReply(service, params.id, await service.envelopeChange(id, known, waitMs, signal));
      } finally {
        raw.socket.off('close', leave);
        waiters--;
      }
    },
  );
}

function addSubmissionRoute(app: FastifyInstance, { submissions }: RouteOptions): void {
  app.route({
    method: 'GET',
    url: '/v1/submissions',
    schema: schemas.submissions,
    onRequest: async request => submissions.check(request),
    handler: async () => {
      throw new CovaultError('MALFORMED', 'a submission session is a WebSocket');
    },
    wsHandler: (socket, request) => submissions.start(socket, request),
  });
}

function addOperatorRoutes(app: FastifyInstance, { service, auditToken, links }: RouteOptions): void {
  app.get('/v1/health', { schema: schemas.health }, async () => ({ ok: true }));

  app.get('/v1/ready', { schema: schemas.ready }, async (_request, reply) => {
    const { peers, waitingFor, phase } = service.status();
    const connected = peers.filter(peer => peer.connected).map(peer => peer.name);
    const ready = connected.length === peers.length && phase !== 'connecting' && phase !== 'halted';
    return reply.code(ready ? 200 : 503).send({ ready, connected, waitingFor });
  });

  app.get('/v1/status', { schema: schemas.status }, async () => ({ ...service.status(), version, links: links?.() }));

  app.post('/v1/audits', { schema: schemas.audit }, async (request, reply) => {
    checkOperator(request, auditToken);
    return reply.code(202).send({ id: toHex(await service.audit()) });
  });
}

/** Streamed: it may be as large as the log. */
function addCopyRoute(app: FastifyInstance, { service, auditToken }: RouteOptions): void {
  app.get<{ Params: { bank: string } }>('/v1/copies/:bank', { schema: schemas.copy }, async (request, reply) => {
    checkOperator(request, auditToken);
    const copy = service.copyOf(request.params.bank);
    if (!copy) throw new CovaultError('NOT_FOUND', 'no other bank of this network has that name');
    return reply.type('application/octet-stream').send(Readable.from(copy));
  });
}

/** From this machine, with the token that lies in the bank's data folder. */
function checkOperator({ ip, headers, socket }: FastifyRequest, token: string | undefined): void {
  const isLoopback = (address: string | undefined) => address === '::1' || /^(::ffff:)?127\./.test(address ?? '');
  // whatever a proxy says, the connection itself is of this machine
  const isLocal = isLoopback(ip) && isLoopback(socket.remoteAddress);
  if (token === undefined || !isLocal || !sameText(bearer(headers.authorization), token)) {
    throw new CovaultError('UNAUTHORIZED', 'only the operator of this bank, on its machine, may ask for that');
  }
}

function envelopeReply(service: BankService, id: string, now: EnvelopeState) {
  return {
    id,
    state: now.state,
    ...('height' in now ? { height: now.height } : {}),
    waitingFor: now.state === 'pending' || now.state === 'recorded' ? service.status().waitingFor : [],
  };
}
