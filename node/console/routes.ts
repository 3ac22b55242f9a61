/**
 * The console's API: what is shown, the live feed, the records, and one thing to do: an audit. All of it but the login asks
 * for the token or a session in the Authorization header, before a byte of the body is read.
 *
 * No cookie is set or read, so that a page of another origin cannot do anything in an operator's name; no answer says that
 * such a page may read it.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { BankService } from '../../src/bank/index.js';
import { toHex } from '../../src/crypto/index.js';
import type { Log } from '../../src/ports.js';
import { bearer, recordsAnswer } from '../gateway/index.js';
import type { Access } from './access.js';
import type { Feed } from './feed.js';
import { schemas } from './schemas.js';
import type { ConsoleModel } from './state.js';

export interface RouteOptions {
  readonly service: BankService;
  readonly networkFile: string;
  readonly access: Access;
  readonly model: ConsoleModel;
  readonly feed: Feed;
  readonly log: Log;
}

export function addRoutes(app: FastifyInstance, options: RouteOptions): void {
  addLogin(app, options);
  app.register(async inside => {
    inside.addHook('onRequest', async request => options.access.check(credentials(request)));
    addViews(inside, options);
    addFeed(inside, options);
    addLedger(inside, options);
    inside.get('/openapi.json', { schema: schemas.openapi }, async () => app.swagger());
  });
}

function addLogin(app: FastifyInstance, { access, log }: RouteOptions): void {
  app.post<{ Body: { token: string } }>('/v1/login', { schema: schemas.login }, async ({ body, ip }) => {
    const session = access.login(ip, body.token);
    log.info('console login', { from: ip });
    return session;
  });
}

function addViews(app: FastifyInstance, { access, model }: RouteOptions): void {
  app.post('/v1/logout', { schema: schemas.logout }, async (request, reply) => {
    access.logout(credentials(request));
    return reply.code(204).send();
  });
  app.get('/v1/state', { schema: schemas.state }, async () => model.state);
  app.get('/v1/history', { schema: schemas.history }, async () => ({ minutes: model.history.minutes }));
}

function addFeed(app: FastifyInstance, { access, model, feed }: RouteOptions): void {
  app.get('/v1/feed', { schema: schemas.feed }, async (request, reply) => {
    feed.checkRoom();
    const given = bearer(request.headers.authorization);
    const wasSession = access.isLive(given);
    reply.hijack();
    const headers = Object.fromEntries(
      Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]),
    );
    feed.add(reply.raw, () => !wasSession || access.isLive(given), headers);
    feed.send('state', model.state, reply.raw);
  });
}

function addLedger(app: FastifyInstance, { service, networkFile, log }: RouteOptions): void {
  app.get('/v1/network', { schema: schemas.network }, async (_request, reply) =>
    reply.type('application/json').serializer(String).send(networkFile),
  );
  app.get<{ Querystring: { from: number; count: number } }>(
    '/v1/records',
    { schema: schemas.records },
    async ({ query }) => recordsAnswer(service, query),
  );
  app.post('/v1/audits', { schema: schemas.audit }, async ({ ip }, reply) => {
    log.info('audit asked for at the console', { from: ip });
    return reply.code(202).send({ id: toHex(await service.audit()) });
  });
}

const credentials = ({ ip, headers }: FastifyRequest) => ({ ip, authorization: headers.authorization });
