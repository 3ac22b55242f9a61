/**
 * What is wrong, in words that say what to do. The page shows them, `GET /v1/state` lists them, and docs/operator-guide.md
 * explains each by its code and levels (a test compares).
 *
 *     act     the ledger stands still, or will within minutes: somebody must do something
 *     watch   it goes on, but something is not as it should be
 *     note    good to know
 *
 * Pure: from figures to sentences. Not here: how long something must last before it is worth a word (`waits.ts`).
 */
import type { BankStatus } from '../../src/bank/index.js';
import { poolEnvelopesMax } from '../../src/limits.js';
import type { AlertCode, AlertLevel } from './alert-levels.js';
import type { MachineFigures } from './machine.js';

export interface Alert {
  readonly code: AlertCode;
  readonly level: AlertLevel;
  /** What is the matter. */
  readonly title: string;
  /** What it means. */
  readonly text: string;
  /** What to do. */
  readonly action: string;
  /** The bank it is about. */
  readonly bank?: string;
}

/** What alerts are made of. */
export interface Findings {
  readonly status: BankStatus;
  readonly machine: MachineFigures;
  /** Of this bank's software. */
  readonly version: string;
  /** At the rate of the day, where it has one (`disk-trend.ts`). */
  readonly diskFullInDays: number | null;
  readonly injectedDelayMs: number;
  readonly supplyBrokenAt: number | null;
  readonly failedAuditAt: number | null;
  /** Banks that are connected and have been waited for, for so many seconds. */
  readonly slow: readonly { readonly bank: string; readonly seconds: number }[];
  /** All banks are connected and there has been no session for so many seconds. */
  readonly withoutSessionSeconds: number;
  /** Kinds of stock that have been empty for some seconds. */
  readonly empty: readonly string[];
  /** In the last hour. */
  readonly rejectedIntegrity: number;
  readonly rejectedOthers: number;
  readonly failedChecks: number;
  readonly stalls: number;
  readonly threadsLost: number;
}

const stockNames: Readonly<Record<string, string>> = {
  vole: 'VOLE elements',
  triples: 'triples',
  selections: 'selection tuples',
};

/** The thread begins to make more at `low`; a stock that is far below it is used faster than it is made. */
const stockLowPart = 0.5;
const mebibyte = 1024 * 1024;
const diskFullBytes = 512 * mebibyte;
const diskLowBytes = 4096 * mebibyte;
const diskLowPart = 0.05;
const diskFillingDays = 7;
const memoryHighPart = 0.9;
const loopDelayHighMs = 500;

/** Most pressing first. */
export function alertsOf(findings: Findings): readonly Alert[] {
  const all = [
    ...haltAlerts(findings),
    ...ledgerAlerts(findings),
    ...bankAlerts(findings),
    ...stockAlerts(findings),
    ...machineAlerts(findings),
    ...oddities(findings),
  ];
  const order: readonly AlertLevel[] = ['act', 'watch', 'note'];
  return order.flatMap(level => all.filter(alert => alert.level === level));
}

function haltAlerts({ status }: Findings): Alert[] {
  const { phase, halted, evidence, name } = status;
  if (phase !== 'halted') return [];
  if (!evidence) return [ownFault(halted ?? 'it does not say why')];
  return [evidence.accuser === name ? ownEvidence(evidence) : anothersWord(evidence)];
}

type Evidence = NonNullable<BankStatus['evidence']>;

const about = (culprit: string | undefined) => (culprit === undefined ? {} : { bank: culprit });

function ownEvidence({ kind, culprit, why }: Evidence): Alert {
  const named =
    culprit === undefined ? 'a check failed' : `${kind === 'proof' ? 'proof' : 'evidence'} against ${culprit}`;
  const seen =
    culprit === undefined
      ? `This bank saw what no honest network does, and nobody can be named: ${why}.`
      : `This bank saw ${culprit} deviate: ${why}. It keeps the evidence on its disk, over restarts too, and computes with ${culprit} no more.`;
  return {
    code: 'halted-on-own-evidence',
    level: 'act',
    title: `The network has stopped: ${named}`,
    text: `${seen} Balances are as the last record left them.`,
    action:
      'Delete nothing. Call the operators of all banks on a second channel, compare the last record and its hash, keep copies of every log and data folder.',
    ...about(culprit),
  };
}

function anothersWord({ accuser, culprit, why }: Evidence): Alert {
  return {
    code: 'halted-on-word',
    level: 'act',
    title: `The network has stopped: ${accuser} says so`,
    text: `${accuser} has halted${culprit === undefined ? '' : ` and accuses ${culprit}`}: ${why}. This bank has seen nothing of it itself; it may be true or not.`,
    action: `Call the operators of ${accuser}: their console shows what they saw. Blame nobody on a word alone. Keep copies of the log and the data folder.`,
    ...about(culprit),
  };
}

function ownFault(why: string): Alert {
  return {
    code: 'halted-own-fault',
    level: 'act',
    title: 'This bank has stopped: trouble of its own',
    text: `Its disk, its machine or its program failed: ${why}. The other banks wait for it; nothing is lost that it has promised.`,
    action:
      'Look at the disk and at the end of the log of this bank. Mend the cause, then start the bank again: it rejoins by itself.',
  };
}

function ledgerAlerts({ supplyBrokenAt, failedAuditAt }: Findings): Alert[] {
  const action =
    'Stop taking payments, call the operators of all banks, and run `covault log verify` against every bank.';
  return [
    ...(supplyBrokenAt === null
      ? []
      : [
          {
            code: 'supply-changed' as const,
            level: 'act' as const,
            title: `The supply changed at height ${supplyBrokenAt}`,
            text: 'A record on this disk states another supply than genesis. No certified record may.',
            action,
          },
        ]),
    ...(failedAuditAt === null
      ? []
      : [
          {
            code: 'audit-failed' as const,
            level: 'act' as const,
            title: `An audit failed at height ${failedAuditAt}`,
            text: 'The sum of all balances was not the supply.',
            action,
          },
        ]),
  ];
}

function bankAlerts({ status, version, slow, withoutSessionSeconds }: Findings): Alert[] {
  const away = status.peers.filter(({ connected }) => !connected);
  const alerts = away.map(
    ({ name, sinceMs }): Alert => ({
      code: 'bank-away',
      level: 'act',
      title: `${name} is away`,
      text: `No link to ${name} for ${duration(sinceMs / 1000)}. Nothing settles without every bank; payments wait and are not lost.`,
      action: `Call the operators of ${name}: is their bank running, and does it reach this one? This bank links again by itself.`,
      bank: name,
    }),
  );
  if (status.phase === 'halted') return alerts;
  for (const { bank, seconds } of slow) {
    alerts.push({
      code: 'bank-slow',
      level: seconds >= 30 ? 'act' : 'watch',
      title: `${bank} is slow`,
      text: `It is connected, but this bank has waited for it for ${duration(seconds)}. A step that takes 30 s is voided and tried again.`,
      action: `Ask the operators of ${bank} for their console: processor, disk, event loop. Look at the line between you.`,
      bank,
    });
  }
  if (away.length === 0 && withoutSessionSeconds >= 60) {
    alerts.push({
      code: 'no-session',
      level: 'act',
      title: 'All banks are connected, and no session forms',
      text: `For ${duration(withoutSessionSeconds)} the banks have not agreed on a session.`,
      action: 'Compare versions and network ids with the other operators; read "session ended" under recent events.',
    });
  }
  if (status.attempt > 2) {
    alerts.push({
      code: 'attempts-fail',
      level: 'watch',
      title: `Attempt ${status.attempt} at height ${status.height + 1}`,
      text: 'Attempts at this block were voided: a link broke, a bank restarted, or a step took too long. Nothing is lost.',
      action: 'Look whom the banks wait for. If it goes on for minutes, call the operators of that bank.',
    });
  }
  return [...alerts, ...versionAlerts(status.peers, version)];
}

/** It may be wanted for an hour, of an upgrade: banks that understand each other need not run the same. */
function versionAlerts(peers: BankStatus['peers'], own: string): Alert[] {
  return peers.flatMap(({ name, connected, version }): Alert[] => {
    if (!connected || version === undefined || version === own) return [];
    return [
      {
        code: 'versions-differ',
        level: 'watch',
        title: `${name} runs another version`,
        text: `${name} says that it runs covault ${version}; this bank runs ${own}.`,
        action: `Agree with the operators of ${name} on one version; the changelog says which understand each other.`,
        bank: name,
      },
    ];
  });
}

function stockAlerts({ status, empty }: Findings): Alert[] {
  if (status.phase === 'halted') return [];
  const alerts: Alert[] = [];
  for (const [kind, level] of Object.entries(status.stock)) {
    const { secondsLeft, madePerSecond = 0, usedPerSecond = 0, made, used, low } = level;
    const name = stockNames[kind] ?? kind;
    if (empty.includes(kind)) {
      alerts.push({
        code: 'stock-empty',
        level: 'act',
        title: `Out of ${name}`,
        text: 'Blocks wait until the banks have made more, and take fewer envelopes meanwhile.',
        action: `Look at the preprocessing thread of every bank: the slowest sets the pace. More processor, or fewer payments a second.`,
      });
    } else if (low !== undefined && secondsLeft !== undefined && made - used < stockLowPart * low) {
      alerts.push({
        code: 'stock-low',
        level: usedPerSecond > madePerSecond ? 'act' : 'watch',
        title: `${secondsLeft < 1 ? 'Less than a second' : `${Math.round(secondsLeft)} s`} of ${name} left`,
        text: `${grouped(usedPerSecond)} are used and ${grouped(madePerSecond)} made a second. When it runs dry, blocks wait.`,
        action:
          'Give the banks a core more each, or slow submitters down (gateway.requestsPerMinute) until the stock has grown again.',
      });
    }
  }
  return alerts;
}

function machineAlerts({ status, machine, diskFullInDays }: Findings): Alert[] {
  const alerts: Alert[] = [];
  const { known } = status.pool;
  if (known >= poolEnvelopesMax / 2) {
    const isFull = known >= 0.95 * poolEnvelopesMax;
    alerts.push({
      code: isFull ? 'queue-full' : 'queue-filling',
      level: isFull ? 'act' : 'watch',
      title: isFull ? 'The queue is full' : 'The queue is filling',
      text: isFull
        ? 'Wallets are told to come later or to go to another bank.'
        : 'More envelopes come than are settled; balance look-ups are refused already, so that payments find room.',
      action: 'Look whether a bank is away or the stock is low; else submitters send more than this network settles.',
    });
  }
  const { diskFreeBytes, diskBytes, memoryBytes, memoryLimitBytes, loopDelayMs } = machine;
  if (diskFreeBytes !== undefined && diskBytes !== undefined) {
    const isFull = diskFreeBytes < diskFullBytes;
    if (isFull || diskFreeBytes < Math.min(diskLowBytes, diskLowPart * diskBytes)) {
      alerts.push({
        code: isFull ? 'disk-full' : 'disk-low',
        level: isFull ? 'act' : 'watch',
        title: isFull ? 'The disk is almost full' : 'The disk is filling',
        text: `${gigabytes(diskFreeBytes)} are free. A bank that cannot write stops, and with it the network.`,
        action: 'Make room or grow the file system. Never delete anything in the data folder.',
      });
    } else if (diskFullInDays !== null && diskFullInDays <= diskFillingDays) {
      alerts.push({
        code: 'disk-filling',
        level: 'watch',
        title: `The disk is full in about ${plural(diskFullInDays, 'day')}`,
        text: `${gigabytes(diskFreeBytes)} are free, and less with every hour of the day that this console remembers.`,
        action:
          'See what grows: the data folder, or something else on this file system. Make room or grow the file system in time.',
      });
    }
  }
  if (memoryBytes > memoryHighPart * memoryLimitBytes) {
    alerts.push({
      code: 'memory-high',
      level: 'watch',
      title: 'Memory is short',
      text: `The bank has ${gigabytes(memoryBytes)} of ${gigabytes(memoryLimitBytes)}. The system ends a process that has too much; the bank rejoins after a restart.`,
      action: 'Give the machine or the container more memory: 1 GB a bank is comfortable.',
    });
  }
  if (loopDelayMs > loopDelayHighMs) {
    alerts.push({
      code: 'machine-busy',
      level: 'watch',
      title: 'This machine is too busy',
      text: `The bank's main thread was held up for ${duration(loopDelayMs / 1000)}. All banks wait for the slowest.`,
      action: 'See what else runs on this machine; a bank wants two cores of its own.',
    });
  }
  return alerts;
}

function oddities(findings: Findings): Alert[] {
  const { rejectedIntegrity, rejectedOthers, failedChecks, stalls, threadsLost, injectedDelayMs } = findings;
  const alerts: Alert[] = [];
  if (rejectedIntegrity > 0) {
    alerts.push({
      code: 'rejects-integrity',
      level: 'watch',
      title: 'Envelopes failed their integrity check',
      text: 'In the last hour. Either a wallet is broken, or one of the banks changes its share of what holders send; the protocol names nobody for it.',
      action:
        'Compare with the other operators. If it happens to wallets that are known to be good, one of the banks refuses service.',
    });
  }
  if (rejectedOthers > 0) {
    alerts.push({
      code: 'rejects-others',
      level: 'note',
      title: 'Envelopes were rejected',
      text: "In the last hour: a proof, a sum or a key was wrong. Holders' wallets make such envelopes only when they are broken or tampered with.",
      action: 'Nothing, unless it goes on: then find the wallet or the version that makes them.',
    });
  }
  if (failedChecks > 0) {
    alerts.push({
      code: 'checks-failed',
      level: 'watch',
      title: 'A check of the preprocessing failed',
      text: 'In the last hour. The session ended and a new one was formed; the protocol names nobody for it. One of the banks is faulty or malicious.',
      action: 'Compare with the other operators; if it goes on, run each pair of banks alone on a test network.',
    });
  }
  if (stalls > 0) {
    alerts.push({
      code: 'preprocessing-stalled',
      level: 'watch',
      title: 'A bank said nothing while correlations were made',
      text: 'In the last hour. After a minute of silence the session ended and a new one was formed; nobody is accused of it.',
      action:
        'Ask the other operators whose preprocessing thread was lost or starved; look at processor and memory there.',
    });
  }
  if (threadsLost > 0) {
    alerts.push({
      code: 'thread-lost',
      level: 'watch',
      title: 'The preprocessing thread ended on its own',
      text: 'In the last hour. It was started again; what it had made is gone.',
      action: 'Look for "out of memory" in the log of the machine.',
    });
  }
  if (injectedDelayMs > 0) {
    alerts.push({
      code: 'frames-delayed',
      level: 'note',
      title: `Frames are ${injectedDelayMs} ms late on purpose`,
      text: 'The config says benchmarkOnly.injectedDelayMs.',
      action: 'Remove it, unless this is a benchmark.',
    });
  }
  return alerts;
}

/** 5 s, 3 min, 2 h, 4 days. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}

const grouped = (value: number) => Math.round(value).toLocaleString('en-US');
const plural = (count: number, one: string) => `${count} ${count === 1 ? one : `${one}s`}`;
const gigabytes = (bytes: number) =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
