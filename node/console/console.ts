/**
 * The console of one bank: a page and an API for its operators, on a port of their own, behind a token. Off unless the config
 * has a `console`, at loopback unless it says otherwise.
 *
 *     BankService ── followed ──► ConsoleModel ── every second ──► Feed ──► who looks
 *                                      ▲                                     page: static, no secret in it
 *     log, links, machine ─────────────┘                           Access ── everything else
 *
 * Not here: what wallets use (`gateway/`); TLS, which is a reverse proxy's or an ssh tunnel's work.
 */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import type { BankService } from '../../src/bank/index.js';
import {
  consoleAnswersBytesMax,
  consoleAnswersBytesPerClientMax,
  consoleBodiesBytesMax,
  consoleBodyBytesMax,
  consoleConnectionsMax,
  consoleRequestsPerMinute,
  consoleTickMs,
} from '../../src/limits.js';
import { decodeNetworkFile } from '../../src/network/index.js';
import type { Clock, Log } from '../../src/ports.js';
import {
  addPages,
  type ConnectionLimits,
  describeApi,
  HeldBytes,
  type HeldLimits,
  type LinkFigures,
  type Listening,
  listen,
  makeServer,
  perMinute,
} from '../gateway/index.js';
import { systemClock } from '../host/clock.js';
import { Access } from './access.js';
import { DayFile } from './day-file.js';
import { RecentEvents } from './events.js';
import { Feed } from './feed.js';
import { followSubmissions } from './latency.js';
import { addRoutes } from './routes.js';
import { ConsoleModel } from './state.js';

export interface ConsoleOptions extends Listening {
  readonly token: string;
  readonly networkFile: string;
  readonly dataFolder: string;
  /** Where the day outlives this process; without it, it does not. */
  readonly dayFile?: string | undefined;
  readonly version: string;
  /** The page as static files; without it there is the API alone. */
  readonly pages?: string | undefined;
  readonly links?: () => LinkFigures;
  /** What listens to the bank's log. */
  readonly events?: RecentEvents;
  readonly log: Log;
  readonly clock?: Clock;
  readonly wallNow?: () => number;
  readonly tickMs?: number;
  readonly connectionLimits?: Partial<ConnectionLimits>;
  readonly heldLimits?: Partial<HeldLimits>;
}

export interface Console {
  readonly url: string;
  /** The same bank, to be given to the gateway: what is handed in there is followed. */
  readonly service: BankService;
  stop(): Promise<void>;
}

export interface BuiltConsole {
  readonly app: FastifyInstance;
  readonly service: BankService;
  readonly model: ConsoleModel;
  readonly feed: Feed;
  /** Looks once, and tells those who look. */
  tick(): Promise<void>;
}

/** Throws PORT_IN_USE, BAD_CONFIG (the host is no address of this machine, or the port may not be used). */
export async function startConsole(bank: BankService, options: ConsoleOptions): Promise<Console> {
  const { app, service, tick } = await buildConsole(bank, options);
  const url = await listen(app, options, 'console');
  options.log.info('console listens', { url });
  const clock = options.clock ?? systemClock;
  let cancel = () => {};
  let isOver = false;
  const again = () => {
    cancel = clock.after(options.tickMs ?? consoleTickMs, () => void tick().finally(() => isOver || again()));
  };
  await tick();
  again();
  return {
    url,
    service,
    stop: async () => {
      isOver = true;
      cancel();
      await app.close();
    },
  };
}

/** Everything but the listening and the ticking; tests inject requests. */
export async function buildConsole(bank: BankService, options: ConsoleOptions): Promise<BuiltConsole> {
  const { token, networkFile, log, clock = systemClock, wallNow = Date.now } = options;
  const events = options.events ?? new RecentEvents(wallNow);
  const { dataFolder, version, links } = options;
  const { network } = decodeNetworkFile(networkFile);
  const dayFile = options.dayFile === undefined ? undefined : new DayFile(options.dayFile, network.id, log);
  const from = { service: bank, network, dataFolder, version, links, events, dayFile };
  const model = new ConsoleModel({ ...from, clock, wallNow, log });
  await model.restore();
  const followed = followSubmissions(bank, clock, ms => model.history.latency(wallNow(), ms));
  const feed = new Feed(clock);
  const access = new Access(token, clock);
  const app = await makeConsoleServer(options);
  addRoutes(app, { service: bank, networkFile, access, model, feed, log });
  // the page is for everybody who reaches this port: there is no secret in it
  if (options.pages !== undefined) await addPages(app, { folder: options.pages, prefix: '/' });
  app.addHook('preClose', async () => {
    followed.stop();
    feed.end();
    await model.stop();
  });
  await app.ready();
  const tick = async () => {
    const minute = await model.tick();
    if (minute) feed.send('minute', minute);
    feed.send('state', model.state);
  };
  return { app, service: followed.service, model, feed, tick };
}

/** A half of one address: it cannot take all. */
const usualConnections: Partial<ConnectionLimits> = {
  connections: consoleConnectionsMax,
  perClient: consoleConnectionsMax / 2,
};
const usualHeld: HeldLimits = {
  bodies: consoleBodiesBytesMax,
  bodiesPerClient: consoleBodiesBytesMax / 2,
  answers: consoleAnswersBytesMax,
  answersPerClient: consoleAnswersBytesPerClientMax,
};

async function makeConsoleServer(options: ConsoleOptions): Promise<FastifyInstance> {
  const connectionLimits = { ...usualConnections, ...options.connectionLimits };
  const { app } = makeServer({ what: 'console', bodyLimit: consoleBodyBytesMax, connectionLimits, log: options.log });
  // a browser's form can send text without asking; nothing here takes any
  app.removeContentTypeParser('text/plain');
  await app.register(rateLimit, { global: false, ...perMinute(consoleRequestsPerMinute) });
  // of the whole server and not of its routes: who floods is refused before it is asked for a token
  app.addHook('onRequest', app.rateLimit());
  new HeldBytes(app, { ...usualHeld, ...options.heldLimits });
  await describeApi(app, description);
  return app;
}

const description = {
  title: 'Covault console',
  description: 'What one bank shows its operators. Everything but the login asks for the token or a session.',
  securitySchemes: {
    operator: { type: 'http', scheme: 'bearer', description: "the console's token file, or a session of /v1/login" },
  },
} as const;
