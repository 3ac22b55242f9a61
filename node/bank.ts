/**
 * The composition root: one bank as a process, every part built and started in order, stopped in reverse.
 *
 *     network file, keys --> store --> MAC keys --> preprocessing (a thread) --> intake (threads) --> Bank (loads its state)
 *         --> host (links) --> console, where there is one --> gateway
 *
 * What goes wrong at a step is thrown with its code, and what was started before is stopped again:
 *     network file BAD_NETWORK_FILE; keys BAD_CONFIG; store STORE_LOCKED, STORE_FORMAT, STORE_FOREIGN, STORE_DAMAGED;
 *     host, console and gateway PORT_IN_USE, BAD_CONFIG.
 */
import { Bank, type BankService, type Intake, openHere, type Transport } from '../src/bank/index.js';
import { under } from '../src/codec/index.js';
import { systemRandom, utf8 } from '../src/crypto/index.js';
import { CovaultError } from '../src/errors.js';
import { decodeNetworkFile } from '../src/network/index.js';
import type { Log, Store } from '../src/ports.js';
import { LinkStock } from '../src/preprocessing/index.js';
import type { Party } from '../src/sharing/index.js';
import type { BankConfig } from './config.js';
import { RecentEvents, startConsole } from './console/index.js';
import { readTextFile } from './files.js';
import { type LinkFigures, pagesFolder, startGateway } from './gateway/index.js';
import { DelayLine, type Host, type Link, startHost, systemClock, uses } from './host/index.js';
import { IntakeThreads } from './intake/index.js';
import { auditToken, consoleDayFile, consoleToken, findSelf, macKeys, readIdentity, storeFolder } from './keys.js';
import { Preprocessing } from './preprocessing/index.js';
import { openLevelStore } from './storage/index.js';
import { version } from './version.js';

/** Where the parts keep their entries in the one store. */
export const bankPrefixes = { agreement: 'agreement/', ledger: 'ledger/', links: 'links/', pool: 'pool/' } as const;

export interface RunningBank {
  readonly service: BankService;
  readonly gatewayUrl: string;
  readonly consoleUrl: string | undefined;
  /** Where other banks dial it. */
  readonly addresses: readonly string[];
  /** Resolves when its MAC keys are new: stop it and start it again. */
  readonly rekeyed: Promise<void>;
  stop(): Promise<void>;
}

/** Starts a bank; it links, forms sessions and settles by itself from here on. */
export async function startBank(config: BankConfig, to: Log): Promise<RunningBank> {
  const events = config.console && new RecentEvents(Date.now);
  const log = events ? events.listen(to) : to;
  const started: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const each of started.splice(0).reverse()) await each();
  };
  try {
    const networkText = await readTextFile(config.networkFile, '`covault network create` writes it');
    const { network, gateways } = decodeNetworkFile(networkText);
    const { dataFolder } = config;
    const keys = await readIdentity(dataFolder);
    const self = findSelf(network, keys.identity);
    const store = await openLevelStore(storeFolder(dataFolder), { networkId: network.id });
    started.push(() => store.close());
    const deltas = await macKeys({ store, network, self, isFresh: await isUnused(store) });
    const party: Party = { self, count: network.banks.length, deltas };
    const linksPrefix = utf8(bankPrefixes.links);
    const preprocessing = new Preprocessing({
      party,
      pageSize: network.pageSize,
      rosterVersion: network.rosterVersion,
      store,
      linksPrefix,
      clock: systemClock,
      log,
    });
    started.push(() => preprocessing.stop());
    const intake = openIntake(config.intakeThreads, party, keys.sealingSecret, log);
    started.push(() => intake.stop());

    // links need the bank and the bank needs links: frames wait until both are there
    let host: Host | undefined;
    let rekeyed = () => {};
    const untilRekeyed = new Promise<void>(resolve => {
      rekeyed = resolve;
    });
    const transport: Transport = {
      send: async (to, use, frame) => {
        if (!host) throw new CovaultError('SESSION_ENDED', 'the links are not up yet');
        await host.send(to, use, frame);
      },
    };
    const { injectedDelayMs } = config.benchmarkOnly;
    const delayed = injectedDelayMs > 0 ? new DelayLine(transport, injectedDelayMs, systemClock) : undefined;
    if (delayed) log.warn('frames to other banks are delayed on purpose: for benchmarks only', { injectedDelayMs });
    const bank = await Bank.open({
      network,
      party,
      identitySeed: keys.identitySeed,
      intake,
      store,
      clock: systemClock,
      random: systemRandom,
      log,
      transport: delayed ?? transport,
      openStock: (...session) => preprocessing.open(...session),
      reservedLinks: () => new LinkStock(store, linksPrefix).backup(network.banks.length),
      rekeying: { links: new LinkStock(store, linksPrefix, network.rosterVersion) },
      rekeyed: () => rekeyed(),
    });
    started.push(() => bank.stop());
    host = await startHost(
      {
        network,
        self,
        identitySeed: keys.identitySeed,
        log,
        listen: config.listen,
        known: config.known,
        mdns: config.mdns,
        version,
      },
      {
        linkUp: (index, _epoch, version) => bank.linkUp(index, version),
        linkDown: (index, why) => {
          delayed?.drop(index);
          bank.linkDown(index, why);
        },
        frame: (from, use, frame) => bank.frame(from, use, frame),
        misbehaved: (index, what) => log.warn('link misbehaved', { bank: network.banks[index].name, what }),
      },
    );
    started.push(() => (host as Host).stop());
    const shared = {
      links: () => linkFigures((host as Host).links(), injectedDelayMs),
      networkFile: networkText,
    };
    const operators =
      config.console &&
      (await startConsole(bank, {
        ...config.console,
        ...shared,
        token: await consoleToken(config.console.tokenFile),
        dataFolder,
        dayFile: consoleDayFile(dataFolder),
        version,
        pages: pagesFolder('console'),
        ...(events ? { events } : {}),
        log,
      }));
    if (operators) started.push(() => operators.stop());
    const { wallet, corsOrigins, ...gatewayConfig } = config.gateway;
    // a wallet that one bank serves talks to all banks of the network file
    const walletOrigins = [...new Set(Object.values(gateways).map(url => new URL(url).origin))];
    const folder = wallet ? pagesFolder('wallet') : undefined;
    if (wallet && !folder) log.warn('no wallet is served: its pages are not built', {});
    const gateway = await startGateway(operators?.service ?? bank, {
      ...gatewayConfig,
      corsOrigins: [...corsOrigins, ...walletOrigins],
      wallet: folder === undefined ? undefined : { folder, connect: walletOrigins },
      ...shared,
      auditToken: await auditToken(dataFolder),
      log,
    });
    started.push(() => gateway.stop());
    return {
      service: bank,
      gatewayUrl: gateway.url,
      consoleUrl: operators?.url,
      addresses: host.addresses,
      rekeyed: untilRekeyed,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** On so many threads of their own; with none, on this one. */
function openIntake(
  threads: number,
  party: Party,
  sealingSecret: Uint8Array,
  log: Log,
): Intake & { stop(): Promise<void> } {
  if (threads === 0) return { ...openHere(party, sealingSecret), stop: async () => {} };
  const { self, count } = party;
  return new IntakeThreads({ self, count, sealingSecret, threads, clock: systemClock, log });
}

/** What the links have sent since the process started. */
function linkFigures(links: readonly Link[], injectedDelayMs: number): LinkFigures {
  const sum = (of: (link: Link) => number) => links.reduce((total, link) => total + of(link), 0);
  const [envelopes, agreement, preprocessing] = uses.map(use => sum(link => link.bytesOutBy[use]));
  return {
    sentBytes: { envelopes, agreement, preprocessing },
    receivedBytes: sum(link => link.bytesIn),
    injectedDelayMs,
  };
}

/** Nothing of the ledger, the links or the pool: the first start. The store's own entries do not count. */
async function isUnused(store: Store): Promise<boolean> {
  for (const prefix of [bankPrefixes.agreement, bankPrefixes.ledger, bankPrefixes.links, bankPrefixes.pool]) {
    for await (const _ of store.range(...under(utf8(prefix)), 1)) return false;
  }
  return true;
}
