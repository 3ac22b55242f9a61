/**
 * What the console knows of its bank, once a second: one object, the same for the page, `GET /v1/state` and the live feed.
 *
 *     BankStatus ──┐
 *     records  ────┤ LogWatch ── History          figures, roughly (`discretion.ts`)
 *     machine  ────┼─────────────────────────►    alerts, in words
 *     links, log ──┘                              events
 */
import type { BankService, BankStatus, PlaceStatus, StockLevel } from '../../src/bank/index.js';
import { consoleDayWriteMs, liftsMax, poolEnvelopesMax } from '../../src/limits.js';
import type { Network } from '../../src/network/index.js';
import type { Clock, Log } from '../../src/ports.js';
import type { LinkFigures } from '../gateway/index.js';
import { storeFormat } from '../storage/index.js';
import { type Alert, alertsOf } from './alerts.js';
import type { DayFile } from './day-file.js';
import { type RoughCount, rough, twoDigits } from './discretion.js';
import { diskFullInDays } from './disk-trend.js';
import type { ConsoleEvent, RecentEvents } from './events.js';
import { type DayTotals, History, type MinuteSample } from './history.js';
import { type Conservation, LogWatch } from './log-watch.js';
import { Machine, type MachineFigures } from './machine.js';
import { Growth, Waits } from './waits.js';

/** One kind of stock. */
export interface StockState {
  readonly kind: keyof BankStatus['stock'];
  /** Elements, to two digits, as all here. */
  readonly ahead: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly madePerSecond: number | null;
  readonly usedPerSecond: number | null;
  readonly secondsLeft: number | null;
}

/** What all banks have signed for a roster version, and what this bank knows of its being carried out. */
export interface RecoveryState {
  /** Oldest first. */
  readonly amendments: readonly Amended[];
  /** Pardons in the life of a network. */
  readonly liftsMax: number;
  /** The last pardon is being carried out. */
  readonly rekeying: boolean;
  /** This bank has signed to adopt that attempt, and waits for the others. */
  readonly adopting: PlaceStatus | null;
  /** All banks have: it was committed when this process started. */
  readonly adopted: PlaceStatus | null;
}

/** A pardon, by its number; or a bank that came back under new keys. */
export type Amended = { readonly version: number } & (
  | { readonly kind: 'pardon'; readonly lift: number }
  | { readonly kind: 'rebuilt'; readonly bank: string }
);

export interface ConsoleState {
  /** Wall clock, milliseconds since 1970. */
  readonly at: number;
  readonly bank: string;
  readonly network: {
    readonly id: string;
    readonly banks: readonly string[];
    readonly accounts: number;
    readonly pageSize: number;
    readonly scale: number;
  };
  readonly phase: BankStatus['phase'];
  /** Why it has halted. */
  readonly halted: string | null;
  readonly evidence: NonNullable<BankStatus['evidence']> | null;
  readonly height: number;
  readonly finalHeight: number;
  readonly attempt: number;
  readonly waitingFor: readonly string[];
  readonly peers: readonly {
    readonly name: string;
    readonly connected: boolean;
    readonly sinceSeconds: number;
    /** This bank waits for it now. */
    readonly awaited: boolean;
    /** Of its software, as it last said. */
    readonly version: string | null;
  }[];
  /** Envelopes decided a second, over the last minute. */
  readonly perSecond: number | 'few';
  readonly latency: { readonly p50Ms: number; readonly p95Ms: number } | null;
  readonly queue: { readonly known: RoughCount; readonly ready: RoughCount; readonly max: number };
  readonly stock: readonly StockState[];
  /** The thread that makes it: part of the time in which it was not idle. */
  readonly stockBusy: number | null;
  readonly totals: DayTotals;
  readonly conservation: Conservation;
  /** Since the process started. */
  readonly trouble: {
    readonly voids: number;
    readonly failedChecks: number;
    readonly stalls: number;
    readonly threadsLost: number;
  };
  readonly traffic: { readonly sentBytes: number; readonly receivedBytes: number } | null;
  readonly machine: {
    readonly [K in keyof MachineFigures]: MachineFigures[K] extends number ? number : number | null;
  };
  /** At the rate of the day, where the day carries one. */
  readonly diskFullInDays: number | null;
  readonly recovery: RecoveryState;
  readonly versions: {
    readonly covault: string;
    readonly node: string;
    readonly storeFormat: number;
    readonly rosterVersion: number;
  };
  readonly alerts: readonly Alert[];
  readonly events: readonly ConsoleEvent[];
}

export interface StateSources {
  readonly service: BankService;
  readonly network: Network;
  readonly dataFolder: string;
  readonly version: string;
  readonly links: (() => LinkFigures) | undefined;
  readonly events: RecentEvents;
  /** Where the day outlives this process; nothing: it does not. */
  readonly dayFile: DayFile | undefined;
  readonly clock: Clock;
  readonly wallNow: () => number;
  readonly log: Log;
}

const hourMs = 3_600_000;
/** A wait that is worth a word. */
const slowSeconds = 10;
const emptySeconds = 5;

export class ConsoleModel {
  readonly history: History;
  readonly #s: StateSources;
  readonly #watch: LogWatch;
  readonly #machine: Machine;
  readonly #waits: Waits;
  readonly #failedChecks: Growth;
  readonly #stalls: Growth;
  readonly #threadsLost: Growth;
  readonly #amendments: readonly Amended[];
  #diskFullInDays: number | null = null;
  #writtenAt: number;
  #state: ConsoleState | undefined;

  constructor(sources: StateSources) {
    this.#s = sources;
    const { service, network, dataFolder, clock, wallNow, log } = sources;
    this.history = new History(wallNow());
    this.#machine = new Machine(dataFolder, clock);
    this.#watch = new LogWatch(service, network.supply, log, statuses => this.history.record(wallNow(), statuses));
    this.#waits = new Waits(clock);
    this.#failedChecks = new Growth(clock, hourMs);
    this.#stalls = new Growth(clock, hourMs);
    this.#threadsLost = new Growth(clock, hourMs);
    this.#amendments = amendedOf(network);
    this.#writtenAt = clock.now();
  }

  /** Reads the day that a process before this one has left. Before the first tick; never rejects. */
  async restore(): Promise<void> {
    this.history.restore((await this.#s.dayFile?.load()) ?? []);
    this.#diskFullInDays = diskFullInDays(this.history.minutes);
  }

  get state(): ConsoleState {
    this.#state ??= this.#make(this.#s.service.status(), this.#machine.look());
    return this.#state;
  }

  /** Looks again. Gives the minute that has become complete, if one has. */
  async tick(): Promise<MinuteSample | undefined> {
    await this.#watch.catchUp();
    const status = this.#s.service.status();
    const machine = this.#machine.look();
    this.#state = this.#make(status, machine);
    const minute = this.history.look(this.#s.wallNow(), {
      queue: status.pool.known,
      connected: status.peers.filter(({ connected }) => connected).length,
      stockSeconds: shortest(status.stock),
      memoryBytes: machine.memoryBytes,
      dataBytes: machine.dataBytes,
      diskFreeBytes: machine.diskFreeBytes,
      isAble: status.phase === 'idle' || status.phase === 'settling',
    });
    if (minute) this.#turn();
    return minute;
  }

  /** The day goes to the disk once more. Never rejects. */
  async stop(): Promise<void> {
    this.#machine.stop();
    await this.#s.dayFile?.save(this.history.past);
  }

  /** A minute is complete. */
  #turn(): void {
    const { clock, dayFile } = this.#s;
    this.#diskFullInDays = diskFullInDays(this.history.minutes);
    if (!dayFile || clock.now() - this.#writtenAt < consoleDayWriteMs) return;
    this.#writtenAt = clock.now();
    void dayFile.save(this.history.past);
  }

  #make(status: BankStatus, machine: MachineFigures): ConsoleState {
    const { network, links, events, version, wallNow } = this.#s;
    const { history } = this;
    const now = wallNow();
    const figures = links?.();
    const { conservation } = this.#watch;
    const { diskFreeBytes, diskBytes, dataBytes } = machine;
    return {
      at: now,
      bank: status.name,
      network: {
        id: status.networkId,
        banks: network.banks.map(({ name }) => name),
        accounts: network.accounts,
        pageSize: network.pageSize,
        scale: network.scale,
      },
      phase: status.phase,
      halted: status.halted ?? null,
      evidence: status.evidence ?? null,
      height: status.height,
      finalHeight: status.finalHeight,
      attempt: status.attempt,
      waitingFor: status.waitingFor,
      peers: status.peers.map(({ name, connected, sinceMs, version: told }) => ({
        name,
        connected,
        sinceSeconds: Math.round(sinceMs / 1000),
        awaited: status.waitingFor.includes(name),
        version: told ?? null,
      })),
      perSecond: history.perSecond(now),
      latency: history.latencyNow(now) ?? null,
      queue: { known: rough(status.pool.known), ready: rough(status.pool.ready), max: poolEnvelopesMax },
      stock: stockOf(status.stock),
      stockBusy: status.preprocessing?.busy ?? null,
      totals: history.totals(),
      conservation,
      trouble: {
        voids: status.counters.voids,
        failedChecks: status.counters.failedChecks,
        stalls: status.counters.stalls,
        threadsLost: status.preprocessing?.threadsLost ?? 0,
      },
      traffic: figures ? trafficOf(figures) : null,
      machine: {
        ...machine,
        diskFreeBytes: diskFreeBytes ?? null,
        diskBytes: diskBytes ?? null,
        dataBytes: dataBytes ?? null,
      },
      diskFullInDays: this.#diskFullInDays,
      recovery: {
        amendments: this.#amendments,
        liftsMax,
        rekeying: status.recovery?.rekeying ?? false,
        adopting: status.recovery?.adopting ?? null,
        adopted: status.recovery?.adopted ?? null,
      },
      versions: {
        covault: version,
        node: process.version,
        storeFormat,
        rosterVersion: network.rosterVersion,
      },
      alerts: this.#alerts(status, machine, figures?.injectedDelayMs ?? 0, conservation),
      events: events.all,
    };
  }

  #alerts(status: BankStatus, machine: MachineFigures, injectedDelayMs: number, now: Conservation): readonly Alert[] {
    const { peers, waitingFor, phase, counters, preprocessing, stock } = status;
    const waits = this.#waits;
    const slow = peers.flatMap(({ name, connected }) => {
      const seconds = waits.seconds(`for ${name}`, connected && waitingFor.includes(name));
      return seconds >= slowSeconds ? [{ bank: name, seconds }] : [];
    });
    const empty = stockOf(stock).flatMap(({ kind, ahead, low }) => {
      const isEmpty = low !== null && ahead <= 0 && phase !== 'preparing' && phase !== 'connecting';
      return waits.seconds(`empty ${kind}`, isEmpty) >= emptySeconds ? [kind] : [];
    });
    const allConnected = peers.every(({ connected }) => connected);
    const lately = (reason: Parameters<History['rejectedLately']>[0]) => this.history.rejectedLately(reason, 60);
    return alertsOf({
      status,
      machine,
      version: this.#s.version,
      diskFullInDays: this.#diskFullInDays,
      injectedDelayMs,
      supplyBrokenAt: now.brokenAt,
      failedAuditAt: now.audits.find(({ holds }) => !holds)?.height ?? null,
      slow,
      withoutSessionSeconds: waits.seconds('a session', allConnected && phase === 'connecting'),
      empty,
      rejectedIntegrity: lately('integrity'),
      rejectedOthers: lately('proof') + lately('linear') + lately('authority'),
      failedChecks: this.#failedChecks.look(counters.failedChecks),
      stalls: this.#stalls.look(counters.stalls),
      threadsLost: this.#threadsLost.look(preprocessing?.threadsLost ?? 0),
    });
  }
}

const stockKinds = ['vole', 'selections', 'triples'] as const;

/** Kinds that the network needs. */
function stockOf(stock: BankStatus['stock']): StockState[] {
  return stockKinds
    .filter(kind => stock[kind].made > 0 || stock[kind].low !== undefined)
    .map(kind => ({ kind, ...stockState(stock[kind]) }));
}

function stockState(level: StockLevel): Omit<StockState, 'kind'> {
  const { made, used, low, high, madePerSecond, usedPerSecond, secondsLeft } = level;
  const digits = (value: number | undefined) => (value === undefined ? null : twoDigits(value));
  return {
    ahead: twoDigits(Math.max(0, made - used)),
    low: low ?? null,
    high: high ?? null,
    madePerSecond: digits(madePerSecond),
    usedPerSecond: digits(usedPerSecond),
    secondsLeft: digits(secondsLeft),
  };
}

/** By roster version; genesis has one of its own. */
function amendedOf({ genesis, amendments, banks }: Network): readonly Amended[] {
  return amendments.map((each, i) => {
    const version = genesis.rosterVersion + i + 1;
    return 'lift' in each
      ? { version, kind: 'pardon', lift: each.lift }
      : { version, kind: 'rebuilt', bank: banks[each.bank].name };
  });
}

function shortest(stock: BankStatus['stock']): number | undefined {
  const seconds = stockKinds.flatMap(kind => stock[kind].secondsLeft ?? []);
  return seconds.length === 0 ? undefined : twoDigits(Math.min(...seconds));
}

function trafficOf({ sentBytes, receivedBytes }: LinkFigures): { sentBytes: number; receivedBytes: number } {
  const { envelopes, agreement, preprocessing } = sentBytes;
  return { sentBytes: twoDigits(envelopes + agreement + preprocessing), receivedBytes: twoDigits(receivedBytes) };
}
