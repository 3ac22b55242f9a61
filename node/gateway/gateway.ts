/**
 * A bank's HTTP server for wallets and operators: Fastify over a `BankService`.
 *
 *     connection   bounded in number, in all and of one address, and in time (`connections.ts`)
 *     request      bounded in rate and in bytes, by itself and with all others (`held-bytes.ts`); checked by its schema
 *     answer       JSON, or an error of the one table in `replies.ts`
 *
 * Bound to the host it is given: 127.0.0.1 unless configured, TLS being a reverse proxy's work. A client is the address that
 * connects; what a proxy says of it counts only if the proxy is listed. No page of another origin may read answers unless its
 * origin is listed. Bodies are never logged. The wallet's pages are served at /wallet/.
 */
import rateLimit from '@fastify/rate-limit';
import websocket from '@fastify/websocket';
import type { FastifyInstance } from 'fastify';
import type { BankService } from '../../src/bank/index.js';
import { envelopeBytesMax, gatewayRequestsPerMinute, submissionMessageBytesMax } from '../../src/limits.js';
import type { Log } from '../../src/ports.js';
import type { ConnectionLimits } from './connections.js';
import { describeApi } from './description.js';
import { HeldBytes, type HeldLimits, usualHeldLimits } from './held-bytes.js';
import { LookupLimit, type LookupRates } from './lookup-limit.js';
import { type LinkFigures, type Metrics, makeMetrics } from './metrics.js';
import { addPages } from './pages.js';
import { addRoutes } from './routes.js';
import { schemas } from './schemas.js';
import { listen, makeServer, perMinute } from './server.js';
import { type SubmissionLimits, Submissions } from './submissions.js';

export interface GatewayOptions extends LookupRates {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** The text of the network file, handed out as it is. */
  readonly networkFile: string;
  /** Without it nobody may ask for an audit over HTTP. */
  readonly auditToken?: string;
  /** Origins whose pages may read answers: https://wallet.example. None by default. */
  readonly corsOrigins?: readonly string[];
  /** The wallet as static files, and the origins of the gateways it talks to. Without it there are no pages here. */
  readonly wallet?: { readonly folder: string; readonly connect: readonly string[] } | undefined;
  readonly requestsPerMinute?: number;
  /** Networks whose X-Forwarded-For says who the client is. None by default: the client is whoever connects. */
  readonly trustProxy?: readonly string[];
  /** Of the host, which the bank does not know. */
  readonly links?: () => LinkFigures;
  readonly submissionLimits?: Partial<SubmissionLimits>;
  readonly connectionLimits?: Partial<ConnectionLimits>;
  readonly heldLimits?: Partial<HeldLimits>;
  readonly log: Log;
}

export interface Gateway {
  readonly url: string;
  /** Ends long polls, then connections. */
  stop(): Promise<void>;
}

/** Throws PORT_IN_USE, BAD_CONFIG (the host is no address of this machine, or the port may not be used). */
export async function startGateway(service: BankService, options: GatewayOptions): Promise<Gateway> {
  const { app, abort } = await buildGateway(service, options);
  const url = await listen(app, options, 'gateway');
  options.log.info('gateway listens', { url });
  return {
    url,
    stop: async () => {
      abort.abort();
      await app.close();
    },
  };
}

/** Everything but the listening; tests inject requests. `abort` ends long polls. */
export async function buildGateway(
  service: BankService,
  options: GatewayOptions,
): Promise<{ app: FastifyInstance; abort: AbortController }> {
  const abort = new AbortController();
  const { app, connections } = makeServer({ ...options, what: 'gateway', bodyLimit: envelopeBytesMax });
  addCors(app, options.corsOrigins ?? []);
  await app.register(rateLimit, perMinute(options.requestsPerMinute ?? gatewayRequestsPerMinute));
  const held = new HeldBytes(app, { ...usualHeldLimits, ...options.heldLimits });
  const metrics = makeMetrics(service, options.links, () => ({
    connections: connections.figures(),
    held: held.figures(),
  }));
  await describeApi(app, description);
  await app.register(websocket, { options: { maxPayload: submissionMessageBytesMax } });
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  const { networkFile, auditToken, links, log, corsOrigins = [], submissionLimits: limits } = options;
  const lookups = new LookupLimit(app, service, options);
  const submissions = new Submissions({ service, lookups, log, corsOrigins, stopping: abort.signal, limits });
  await app.register(async routes => {
    addRoutes(routes, { service, networkFile, auditToken, links, lookups, submissions, stopping: abort.signal });
    addMachineRoutes(routes, metrics);
  });
  if (options.wallet) await addWallet(app, options.wallet);
  app.addHook('preClose', async () => abort.abort());
  await app.ready();
  return { app, abort };
}

const description = {
  title: 'Covault gateway',
  description: 'What one bank offers to wallets and to its operator. Binary values are lower-case hex.',
  securitySchemes: {
    auditToken: { type: 'http', scheme: 'bearer', description: "a file in the bank's data folder" },
  },
} as const;

function addMachineRoutes(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    const { method } = request;
    metrics.observe({ method, route, status: reply.statusCode, seconds: reply.elapsedTime / 1000 });
  });
  app.get('/metrics', { schema: schemas.metrics }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
  app.get('/openapi.json', { schema: schemas.openapi }, async () => app.swagger());
}

async function addWallet(app: FastifyInstance, wallet: NonNullable<GatewayOptions['wallet']>): Promise<void> {
  await addPages(app, { ...wallet, prefix: '/wallet/', permissions: ['camera'], trustedTypes: ['covault-worker'] });
  const schema = { hide: true };
  for (const url of ['/', '/wallet']) app.get(url, { schema }, async (_request, reply) => reply.redirect('/wallet/'));
}

/** Off unless origins are listed. Credentials are never asked for: the audit token is no browser's. */
function addCors(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers;
    reply.header('vary', 'Origin');
    if (origin === undefined || !origins.includes(origin)) return;
    reply.header('access-control-allow-origin', origin);
    if (request.method !== 'OPTIONS') return;
    reply.headers({
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'content-type',
      'access-control-max-age': '600',
    });
    return reply.code(204).send();
  });
}
