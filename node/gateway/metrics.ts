/**
 * What Prometheus reads: a registry of this gateway's own, filled from `BankStatus` when it is read.
 *
 * Nothing here depends on a balance or an amount; account numbers and envelope ids are no labels.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { BankService, BankStatus, StockLevel } from '../../src/bank/index.js';
import { version } from '../version.js';
import type { ConnectionFigures } from './connections.js';
import type { HeldFigures } from './held-bytes.js';

export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  /** `route` is the pattern, not the path: ids are no labels. */
  observe(request: { method: string; route: string; status: number; seconds: number }): void;
}

/** Bytes to and from all other banks, framing included, encryption not, since the process started. */
export interface LinkFigures {
  readonly sentBytes: { readonly envelopes: number; readonly agreement: number; readonly preprocessing: number };
  readonly receivedBytes: number;
  /** Above 0: frames are late on purpose, for a benchmark. */
  readonly injectedDelayMs: number;
}
/** What the gateway itself holds. */
export interface GatewayFigures {
  readonly connections: ConnectionFigures;
  readonly held: HeldFigures;
}
type Preprocessed = NonNullable<BankStatus['preprocessing']>;

const phases: readonly BankStatus['phase'][] = ['connecting', 'preparing', 'idle', 'settling', 'halted'];

const counterHelp: Record<keyof BankStatus['counters'], string> = {
  blocks: 'Blocks committed',
  settled: 'Envelopes that took effect, cancelled transfers included',
  rejected: 'Envelopes rejected',
  voids: 'Attempts voided',
  failedChecks: 'Checks that failed without naming anybody',
  stalls: 'Sessions ended because another bank said nothing while correlations were made',
  messages: 'Lockstep messages of blocks: rounds, divided by blocks',
  bytesSent: 'Bytes of blocks sent to other banks',
};

export function makeMetrics(
  service: BankService,
  links: (() => LinkFigures) | undefined,
  gateway: () => GatewayFigures,
): Metrics {
  const registers = [new Registry()];
  collectDefaultMetrics({ register: registers[0] });
  gauges(service, registers);
  counters(service, registers);
  if (links) linkCounters(links, registers);
  preprocessingCounters(service, registers);
  gatewayFigures(gateway, registers);
  const duration = new Histogram({
    name: 'covault_http_request_seconds',
    help: 'Time to answer a request',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
    registers,
  });
  return {
    contentType: registers[0].contentType,
    text: () => registers[0].metrics(),
    observe: ({ method, route, status, seconds }) => duration.observe({ method, route, status }, seconds),
  };
}

function gauges(service: BankService, registers: Registry[]): void {
  const gauge = (name: string, help: string, read: (status: BankStatus) => number) =>
    new Gauge({ name: `covault_${name}`, help, registers, collect: set(status => [[{}, read(status)]]) });
  const labelled = (name: string, help: string, label: string, read: (status: BankStatus) => [string, number][]) =>
    new Gauge({
      name: `covault_${name}`,
      help,
      labelNames: [label],
      registers,
      collect: set(status => read(status).map(([value, amount]) => [{ [label]: value }, amount])),
    });
  function set(read: (status: BankStatus) => [Record<string, string>, number][]) {
    return function collect(this: Gauge) {
      this.reset();
      for (const [labels, value] of read(service.status())) this.set(labels, value);
    };
  }

  gauge('height', 'Last record committed', status => status.height);
  gauge('final_height', 'Last record final', status => status.finalHeight);
  gauge('attempt', 'Attempt at the next height', status => status.attempt);
  gauge('pool_known', 'Envelopes in the pool', status => status.pool.known);
  gauge('pool_ready', 'Envelopes in the pool that could stand in the next block', status => status.pool.ready);
  labelled('phase', '1 for what the bank does now', 'phase', status =>
    phases.map(phase => [phase, phase === status.phase ? 1 : 0]),
  );
  labelled('link_up', '1 for a bank that is connected', 'bank', status =>
    status.peers.map(({ name, connected }) => [name, connected ? 1 : 0]),
  );
  new Gauge({
    name: 'covault_version_info',
    help: '1 for the software that a bank runs: this one, and the others as they last said',
    labelNames: ['bank', 'version'],
    registers,
    collect: set(({ name, peers }) =>
      [{ name, version }, ...peers].flatMap(bank =>
        bank.version === undefined ? [] : [[{ bank: bank.name, version: bank.version }, 1]],
      ),
    ),
  });
  labelled('waiting_for', '1 for a bank that this one waits for', 'bank', ({ peers, waitingFor }) =>
    peers.map(({ name }) => [name, waitingFor.includes(name) ? 1 : 0]),
  );
  labelled('accused', '1 for a bank that is named by the own evidence with which this one has halted', 'bank', status =>
    status.peers.map(({ name }) => [
      name,
      status.evidence?.accuser === status.name && name === status.evidence.culprit ? 1 : 0,
    ]),
  );
  labelled('stock_level', 'Elements made ahead and not used, in this session', 'kind', ({ stock }) =>
    Object.entries(stock).map(([kind, { made, used }]) => [kind, made - used]),
  );
  const ofStock = (name: string, help: string, key: Exclude<keyof StockLevel, 'made' | 'used'>) =>
    labelled(name, help, 'kind', ({ stock }) =>
      Object.entries(stock).flatMap(([kind, level]): [string, number][] =>
        level[key] === undefined ? [] : [[kind, level[key]]],
      ),
    );
  ofStock('stock_low', 'Elements ahead below which more are made', 'low');
  ofStock('stock_high', 'Elements ahead at which no more are made', 'high');
  ofStock('stock_made_per_second', 'Elements made a second, over the last half minute', 'madePerSecond');
  ofStock('stock_used_per_second', 'Elements used a second, over the last half minute', 'usedPerSecond');
  ofStock('stock_seconds_left', 'Seconds until the stock runs dry at the rate of use, were none made', 'secondsLeft');
  gauge(
    'preprocessing_busy',
    'Part of the time in which the thread was not idle, over the last half minute',
    ({ preprocessing }) => preprocessing?.busy ?? 0,
  );
}

/** What the preprocessing thread has cost since the process started. */
function preprocessingCounters(service: BankService, registers: Registry[]): void {
  const counter = (name: string, help: string, read: (work: Preprocessed) => [Record<string, string>, number][]) =>
    new Counter({
      name: `covault_preprocessing_${name}_total`,
      help,
      labelNames: ['bank'],
      registers,
      collect() {
        this.reset();
        const { preprocessing } = service.status();
        for (const [labels, value] of preprocessing ? read(preprocessing) : []) this.inc(labels, value);
      },
    });
  counter('sent_bytes', 'Bytes of preprocessing sent', ({ peers }) =>
    peers.map(({ name, bytesSent }) => [{ bank: name }, bytesSent]),
  );
  counter('received_bytes', 'Bytes of preprocessing received', ({ peers }) =>
    peers.map(({ name, bytesReceived }) => [{ bank: name }, bytesReceived]),
  );
  counter('busy_seconds', 'Seconds in which the thread was not idle', ({ busySeconds }) => [[{}, busySeconds]]);
  counter('threads_lost', 'Threads that ended on their own', ({ threadsLost }) => [[{}, threadsLost]]);
}

const snake = (name: string) => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);

function counters(service: BankService, registers: Registry[]): void {
  for (const [key, help] of Object.entries(counterHelp) as [keyof BankStatus['counters'], string][]) {
    new Counter({
      name: `covault_${snake(key)}_total`,
      help,
      registers,
      // the bank counts; the registry repeats it
      collect() {
        this.reset();
        this.inc(service.status().counters[key]);
      },
    });
  }
}

function linkCounters(links: () => LinkFigures, registers: Registry[]): void {
  new Counter({
    name: 'covault_link_sent_bytes_total',
    help: 'Bytes on the wire to other banks, before encryption, by use',
    labelNames: ['use'],
    registers,
    collect() {
      this.reset();
      for (const [use, bytes] of Object.entries(links().sentBytes)) this.inc({ use }, bytes);
    },
  });
  new Gauge({
    name: 'covault_injected_delay_ms',
    help: 'Above 0: frames to other banks are late on purpose, for a benchmark',
    registers,
    collect() {
      this.set(links().injectedDelayMs);
    },
  });
}

function gatewayFigures(figures: () => GatewayFigures, registers: Registry[]): void {
  const gauge = (name: string, help: string, read: (now: GatewayFigures) => number) =>
    new Gauge({
      name: `covault_gateway_${name}`,
      help,
      registers,
      collect() {
        this.set(read(figures()));
      },
    });
  gauge('connections', 'Connections that are open', ({ connections }) => connections.open);
  gauge('body_bytes', 'Bytes of requests that are coming in or are with the bank', ({ held }) => held.bodyBytes);
  gauge('answer_bytes', 'Bytes of answers that clients have not taken', ({ held }) => held.answerBytes);
  new Counter({
    name: 'covault_gateway_cut_total',
    help: 'Connections cut off, by what was wrong',
    labelNames: ['why'],
    registers,
    collect() {
      this.reset();
      for (const [why, count] of Object.entries(figures().connections.cut)) this.inc({ why }, count);
    },
  });
  new Counter({
    name: 'covault_gateway_refused_total',
    help: 'Requests refused because too many bytes were on the way',
    registers,
    collect() {
      this.reset();
      this.inc(figures().held.refused);
    },
  });
}
