/** Every alert appears when it should and only then, says what to do, and names the bank it is about. */
import test from 'ava';
import { type AlertCode, type AlertLevel, alertLevels } from '../../../node/console/alert-levels.js';
import { alertsOf, type Findings } from '../../../node/console/alerts.js';
import { poolEnvelopesMax } from '../../../src/limits.js';
import { status } from '../gateway/fake-bank.js';

const well: Findings = {
  status,
  machine: {
    memoryBytes: 3e8,
    memoryLimitBytes: 2e9,
    diskFreeBytes: 5e10,
    diskBytes: 1e11,
    dataBytes: 1e8,
    loopDelayMs: 20,
    uptimeSeconds: 60,
  },
  version: '0.1.0',
  diskFullInDays: null,
  injectedDelayMs: 0,
  supplyBrokenAt: null,
  failedAuditAt: null,
  slow: [],
  withoutSessionSeconds: 0,
  empty: [],
  rejectedIntegrity: 0,
  rejectedOthers: 0,
  failedChecks: 0,
  stalls: 0,
  threadsLost: 0,
};
const halted = { ...status, phase: 'halted', halted: 'why' } as const;
const evidence = {
  kind: 'accusation',
  accuser: status.name,
  culprit: 'ubz',
  why: 'a share does not fit its tag',
} as const;
const ofVersion = (version: string) => ({ ...status, peers: [{ ...status.peers[0], version }] });
const withStock = (made: number, usedPerSecond = 9) => ({
  ...status,
  stock: {
    ...status.stock,
    vole: { made, used: 0, low: 100, high: 200, madePerSecond: 5, usedPerSecond, secondsLeft: 2 },
  },
});
const machine = (over: Partial<Findings['machine']>) => ({ machine: { ...well.machine, ...over } });

const cases: readonly [AlertCode, Partial<Findings>, string?][] = [
  ['halted-on-own-evidence', { status: { ...halted, evidence } }, 'ubz'],
  [
    'halted-on-own-evidence',
    { status: { ...halted, evidence: { kind: 'accusation', accuser: status.name, why: 'a digest differs' } } },
  ],
  [
    'halted-on-word',
    { status: { ...halted, evidence: { ...evidence, accuser: 'ubz', culprit: 'jp_norgan' } } },
    'jp_norgan',
  ],
  ['halted-own-fault', { status: halted }],
  ['supply-changed', { supplyBrokenAt: 4 }],
  ['audit-failed', { failedAuditAt: 4 }],
  [
    'bank-away',
    { status: { ...status, phase: 'connecting', peers: [{ name: 'ubz', connected: false, sinceMs: 9_000 }] } },
    'ubz',
  ],
  ['bank-slow', { slow: [{ bank: 'ubz', seconds: 12 }] }, 'ubz'],
  ['bank-slow', { slow: [{ bank: 'ubz', seconds: 40 }] }, 'ubz'],
  ['versions-differ', { status: ofVersion('0.2.0') }, 'ubz'],
  ['no-session', { withoutSessionSeconds: 70 }],
  ['attempts-fail', { status: { ...status, attempt: 3 } }],
  ['stock-empty', { status: withStock(0), empty: ['vole'] }],
  ['stock-low', { status: withStock(40) }],
  ['stock-low', { status: withStock(40, 3) }],
  ['queue-full', { status: { ...status, pool: { known: poolEnvelopesMax, ready: 0 } } }],
  ['queue-filling', { status: { ...status, pool: { known: poolEnvelopesMax / 2, ready: 0 } } }],
  ['disk-full', machine({ diskFreeBytes: 1e8 })],
  ['disk-low', machine({ diskFreeBytes: 2e9 })],
  ['disk-low', { ...machine({ diskFreeBytes: 2e9 }), diskFullInDays: 3 }],
  ['disk-filling', { diskFullInDays: 7 }],
  ['memory-high', machine({ memoryBytes: 1.9e9 })],
  ['machine-busy', machine({ loopDelayMs: 900 })],
  ['rejects-integrity', { rejectedIntegrity: 1 }],
  ['rejects-others', { rejectedOthers: 1 }],
  ['checks-failed', { failedChecks: 1 }],
  ['preprocessing-stalled', { stalls: 1 }],
  ['thread-lost', { threadsLost: 1 }],
  ['frames-delayed', { injectedDelayMs: 25 }],
];

test('nothing is wrong with a bank that is well', t => {
  t.deepEqual(alertsOf(well), []);
  t.deepEqual(alertsOf({ ...well, diskFullInDays: 8 }), []);
  t.deepEqual(alertsOf({ ...well, status: ofVersion('0.1.0') }), [], 'nor where all run the same');
  const gone = { ...status, peers: [{ name: 'ubz', connected: false, sinceMs: 1, version: '0.2.0' }] };
  const codes = alertsOf({ ...well, status: gone }).map(({ code }) => code);
  t.deepEqual(codes, ['bank-away'], 'what a bank ran before it went away is no matter');
});

for (const [i, [code, over, bank]] of cases.entries()) {
  test(`case ${i}: ${code} alone is told, with what to do`, t => {
    const alerts = alertsOf({ ...well, ...over });
    t.deepEqual(
      alerts.map(alert => alert.code),
      [code],
    );
    const [{ title, text, action, bank: about }] = alerts;
    for (const said of [title, text, action]) t.true(said.length > 10);
    t.is(about, bank);
  });
}

test('every alert there is has a case, at every level it may have and at no other', t => {
  const seen = new Map<AlertCode, Set<AlertLevel>>();
  for (const [, over] of cases) {
    for (const { code, level } of alertsOf({ ...well, ...over }))
      seen.set(code, (seen.get(code) ?? new Set()).add(level));
  }
  const sorted = (levels: Iterable<AlertLevel>) => [...levels].sort();
  const expected = Object.entries(alertLevels).map(([code, levels]) => [code, sorted(levels)]);
  t.deepEqual(
    Object.fromEntries([...seen].map(([code, levels]) => [code, sorted(levels)])),
    Object.fromEntries(expected),
  );
});

test('what must be done stands before what must be watched', t => {
  const alerts = alertsOf({ ...well, injectedDelayMs: 1, failedChecks: 1, supplyBrokenAt: 1 });
  t.deepEqual(
    alerts.map(({ level }) => level),
    ['act', 'watch', 'note'],
  );
});

test('a bank is blamed on own evidence alone: the word of another is given as its word', t => {
  const [alert] = alertsOf({
    ...well,
    status: { ...halted, evidence: { ...evidence, accuser: 'ubz', culprit: 'bnq' } },
  });
  t.regex(alert.text, /ubz has halted and accuses bnq/);
  t.regex(alert.text, /may be true or not/);
});
