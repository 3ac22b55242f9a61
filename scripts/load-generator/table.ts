/** A report as lines for people. */
import type { ProfileSummary } from './cpu-profile.js';
import type { Report } from './report.js';

const foldersShown = 25;

export function describeReport(report: Report): string[] {
  const { statement: s, latencyMs: l, whole, generator: g } = report;
  const uses = Object.entries(report.bytesPerTransferPerBankByPhase).map(([use, bytes]) => `${use} ${bytes}`);
  return rows([
    ['threat model', s.threatModel],
    [
      'ledger',
      `${s.accounts} accounts in ${s.pages} pages of ${s.pageSize}; ${s.holders} in use; amounts of ${s.amountBits} bits`,
    ],
    ['network', s.network],
    ['machine', `${s.machine}, Node ${s.node}; ${s.sharedMachine}; load average ${s.loadAverage}`],
    [
      'load',
      `${s.load}; ${s.warmupSeconds} s of warm-up, ${s.seconds} s; ${g.madeAhead} envelopes made ahead, ${g.madeWhileTheClockRan} meanwhile`,
    ],
    ['handed in by', s.submit],
    ['', ''],
    ['settled a second', `${report.settledPerSecond}`],
    ['latency, ms', `p50 ${l.p50}, p95 ${l.p95}, p99 ${l.p99}, max ${l.max}`],
    ...lookupRows(report),
    ['blocks', `${report.blocks}, ${report.transfersPerBlock} transfers and ${report.roundsPerBlock} rounds each`],
    ['bytes a transfer and bank', `${report.bytesPerTransferPerBank}: ${uses.join(', ')}`],
    [
      'CPU a transfer and bank',
      `${report.cpuMsPerTransferPerBank} ms; cores busy by bank: ${report.cpuCoresByBank.join(', ')}`,
    ],
    ['memory by bank', `${report.rssMiBPerBank.join(', ')} MiB`],
    ...Object.entries(report.preprocessing).map(([kind, { made, used, levelBefore, levelAfter }]): [string, string] => [
      `stock: ${kind}`,
      `${made} made, ${used} used; level ${levelBefore} before, ${levelAfter} after`,
    ]),
    [
      'generator',
      `${g.cpuCores} cores; ${g.cpuMsPerEnvelopeMade ?? '-'} ms of CPU an envelope; ${g.refusedForNow} refused for now, ${g.resent} sent again, ${g.turnedAway} turned away`,
    ],
    [
      'start',
      `linked with first correlations after ${report.startSeconds} s; first transfer final after ${report.firstSettledSeconds} s`,
    ],
    ['rejected', `${report.rejected}; voids ${report.voids}, failed checks ${report.failedChecks}`],
    [
      'checked',
      `${whole.applied} applied, ${whole.cancelled} cancelled, ${whole.wrongVerdicts} wrong; ${whole.balancesWrong} of ${whole.balancesRevealed} revealed balances wrong; ${whole.recordsVerified} records verified`,
    ],
    ['conserved', report.conserved ? 'yes: the audit equals the supply' : 'NO'],
  ]).concat(report.profile ? describeProfile(report.profile) : []);
}

function lookupRows({ statement, lookups }: Report): [string, string][] {
  if (statement.lookupsPerSecond === 0) return [];
  const { settledPerSecond, latencyMs: l, refusedForNow, turnedAway } = lookups;
  const asked = `${settledPerSecond} of ${statement.lookupsPerSecond} asked a second`;
  const late = `p50 ${l.p50}, p95 ${l.p95}, p99 ${l.p99} ms`;
  return [['balance look-ups', `${asked}; ${late}; ${refusedForNow} refused for now, ${turnedAway} turned away`]];
}

export function describeProfile({ bank, threads, phases, folders, functions }: ProfileSummary): string[] {
  const total = phases.reduce((sum, { ms }) => sum + ms, 0);
  const share = (ms: number) =>
    `${ms.toFixed(0).padStart(7)} ms ${((100 * ms) / Math.max(1, total)).toFixed(1).padStart(5)} %`;
  const list = (shares: typeof phases) => shares.map(({ name, ms }) => `  ${share(ms)}  ${name}`);
  return [
    '',
    `where the busy time of ${bank} went while the clock ran (threads: ${threads
      .map(({ ms, idleMs }) => `${(ms - idleMs).toFixed(0)} of ${ms.toFixed(0)} ms busy`)
      .join('; ')})`,
    'by phase:',
    ...list(phases),
    'self time by folder:',
    ...list(folders.slice(0, foldersShown)),
    'self time by function:',
    ...list(functions),
  ];
}

function rows(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, text]) => `${name.padEnd(width)}  ${text}`.trimEnd());
}
