/**
 * From a run to figures: what they are of, and what they are made of.
 *
 *     settledPerSecond          transfers seen final while the clock ran, over its seconds; cancelled ones settle too
 *     latencyMs                 of transfers submitted while the clock ran
 *     bytesPerTransferPerBank   all that one bank sent to all others, by phase, over transfers settled in the same time:
 *                               framing included, encryption and TCP not
 *     roundsPerBlock            messages of the computation, plus propose, sign, committed
 *     cpuMsPerTransferPerBank   user and system time of the bank's process, all threads; with look-ups, both this and bytes
 *                               are over envelopes of either kind
 *     preprocessing             made and used while the clock ran, by one bank; level: in stock before and after, below 0
 *                               where a block has reserved what is not made yet
 *     lookups                   of balances; latency to the answer that the record is final
 *     firstSettledSeconds       from spawning the first bank to the first transfer final: start of the processes, store, links,
 *                               keys of pairs, first preprocessing, two accounts opened, the transfer; envelopes made before
 */
import { cpus, loadavg, totalmem } from 'node:os';
import { blockEnvelopesMax } from '../../src/limits.js';
import type { BankFigures } from './bank-figures.js';
import type { ProfileSummary } from './cpu-profile.js';
import { startingBalance } from './payments.js';
import type { RunResult } from './run.js';
import type { Sent } from './traffic.js';

export type Report = ReturnType<typeof makeReport>;

const agreementMessages = 3;
const round = (value: number, places = 1) => Math.round(value * 10 ** places) / 10 ** places;
const kinds = ['vole', 'triples', 'selections'] as const;
const uses = ['envelopes', 'agreement', 'preprocessing'] as const;

export function makeReport(run: RunResult, profile: ProfileSummary | undefined) {
  const { before, after, checked, transfers } = run;
  const [start, end] = run.window;
  const seconds = (end - start) / 1000;
  const inside = (at: number | undefined) => at !== undefined && at >= start && at < end;
  const settled = transfers.filter(({ finalAt, status }) => inside(finalAt) && status?.kind === 'settled');
  const latencies = (sent: readonly Sent[]) =>
    sent.filter(({ at }) => inside(at)).map(({ at, finalAt }) => (finalAt as number) - at);
  const lookedUp = run.lookups.sent.filter(({ finalAt, status }) => inside(finalAt) && status?.kind === 'revealed');
  const delta = (of: (bank: BankFigures) => number) => after.banks.map((bank, i) => of(bank) - of(before.banks[i]));
  const counted = delta(({ counters }) => counters.settled);
  const blocks = delta(({ counters }) => counters.blocks)[0];
  // banks' figures are over the transfers that banks counted between the same two samples
  const perTransfer = (all: readonly number[]) => mean(all.map((each, i) => each / Math.max(1, counted[i])));
  const bytesBy = bytesByPhase(of => round(perTransfer(delta(of)), 0));
  const sent = delta(({ sentBytes }) => uses.reduce((sum, use) => sum + sentBytes[use], 0));
  const cpu = delta(({ cpuSeconds }) => 1000 * cpuSeconds);
  const messages = delta(({ counters }) => counters.messages)[0] / Math.max(1, blocks);
  const loaded = run.samples.filter(({ at }) => at >= start && at <= end);
  return {
    settledPerSecond: round(settled.length / seconds),
    latencyMs: latencyFigures(latencies(transfers)),
    bytesPerTransferPerBank: round(perTransfer(sent), 0),
    bytesPerTransferPerBankByPhase: bytesBy,
    roundsPerBlock: blocks > 0 ? round(messages + agreementMessages) : 0,
    transfersPerBlock: round(counted[0] / Math.max(1, blocks)),
    blocks,
    cpuMsPerTransferPerBank: round(perTransfer(cpu), 2),
    cpuCoresByBank: cpu.map(ms => round(ms / (after.at - before.at), 2)),
    rssMiBPerBank: after.banks.map((_, i) =>
      round(Math.max(...[before, after, ...loaded].map(({ banks }) => banks[i].rssBytes)) / 2 ** 20, 0),
    ),
    preprocessing: Object.fromEntries(kinds.map(kind => [kind, stockFigures(before.banks[0], after.banks[0], kind)])),
    conserved: checked.conserved,
    rejected: delta(({ counters }) => counters.rejected)[0],
    settled: settled.length,
    voids: delta(({ counters }) => counters.voids)[0],
    failedChecks: delta(({ counters }) => counters.failedChecks)[0],
    lookups: {
      settledPerSecond: round(lookedUp.length / seconds),
      latencyMs: latencyFigures(latencies(run.lookups.sent)),
      refusedForNow: run.lookups.refusals,
      turnedAway: run.lookups.turnedAway,
    },
    whole: {
      transfers: transfers.length,
      applied: checked.applied,
      cancelled: checked.cancelled,
      wrongVerdicts: checked.wrongVerdicts,
      balancesRevealed: checked.balancesRevealed,
      balancesWrong: checked.balancesWrong,
      recordsVerified: checked.recordsVerified,
    },
    generator: {
      cpuCores: round(run.generatorCpuSeconds / seconds, 2),
      cpuMsPerEnvelopeMade: run.cpuMsPerEnvelope === undefined ? null : round(run.cpuMsPerEnvelope, 2),
      madeAhead: run.madeAhead,
      madeWhileTheClockRan: run.madeMeanwhile,
      submit: run.options.submit,
      submitter: run.submitter,
      refusedForNow: run.refusals,
      resent: run.resent,
      turnedAway: run.turnedAway,
    },
    startSeconds: round(run.startSeconds, 2),
    firstSettledSeconds: round(run.firstSettledSeconds, 2),
    statement: statement(run),
    ...(profile ? { profile } : {}),
  };
}

/** Computation and agreement share the streams of one use; the computation's share is by the banks' own count. */
function bytesByPhase(perTransfer: (of: (bank: BankFigures) => number) => number) {
  return {
    envelopes: perTransfer(({ sentBytes }) => sentBytes.envelopes),
    computationAndAgreement: perTransfer(({ sentBytes }) => sentBytes.agreement),
    ofThatComputation: perTransfer(({ counters }) => counters.bytesSent),
    preprocessing: perTransfer(({ sentBytes }) => sentBytes.preprocessing),
  };
}

/** Figures without this mean nothing. */
function statement(run: RunResult) {
  const { options } = run;
  const { banks, pageSize, pages, holders, delayMs, rate, outstanding, lone, amountBits } = options;
  return {
    threatModel: `malicious, up to ${banks - 1} of ${banks} banks and any holders corrupt; every check on`,
    banks,
    pageSize,
    pages,
    accounts: pages * pageSize,
    holders,
    startingBalance: Number(startingBalance(options)),
    amountBits,
    overdrawnShare: options.overdraw,
    network: `${banks} processes, libp2p (TCP, noise) over loopback, ${delayMs} ms one-way delay injected`,
    load: lone
      ? 'lone: one at a time, with pauses'
      : rate
        ? `open loop, ${rate}/s, Poisson`
        : `closed loop, ${outstanding} under way`,
    submit: run.submitter,
    lookupsPerSecond: options.lookups,
    payers: 'in turn in shuffled order; payees uniform',
    envelopesMadeAhead: options.prepared,
    seconds: options.seconds,
    warmupSeconds: options.warmup,
    blockEnvelopesMax,
    seed: options.seed,
    profiled: options.profile,
    machine: `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, ${round(totalmem() / 2 ** 30, 0)} GiB`,
    node: process.version,
    /** Above what the banks and the generator keep busy: others were at work, and figures of time mean little. */
    loadAverage: round(loadavg()[0], 1),
    sharedMachine: 'all banks, the generator and whatever else runs share the cores',
  };
}

function stockFigures(before: BankFigures, after: BankFigures, kind: (typeof kinds)[number]) {
  const [from, to] = [before.stock[kind], after.stock[kind]];
  return {
    made: to.made - from.made,
    used: to.used - from.used,
    levelBefore: from.made - from.used,
    levelAfter: to.made - to.used,
  };
}

function latencyFigures(latencies: readonly number[]) {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), mean: round(mean(sorted)), max: at(1), count: sorted.length };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Whether all that can be checked came out right. */
export const isRight = ({ conserved, rejected, whole }: Report): boolean =>
  conserved && rejected === 0 && whole.wrongVerdicts === 0 && whole.balancesWrong === 0;
