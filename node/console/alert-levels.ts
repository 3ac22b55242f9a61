/** Every alert of the console by its code, and how pressing it may be: `alerts.ts` says when, docs/operator-guide.md what to do. */

export type AlertLevel = 'act' | 'watch' | 'note';

/** Every alert there is, with all levels it may have. */
export const alertLevels = {
  'halted-on-own-evidence': ['act'],
  'halted-on-word': ['act'],
  'halted-own-fault': ['act'],
  'supply-changed': ['act'],
  'audit-failed': ['act'],
  'bank-away': ['act'],
  'bank-slow': ['watch', 'act'],
  'no-session': ['act'],
  'attempts-fail': ['watch'],
  'versions-differ': ['watch'],
  'stock-empty': ['act'],
  'stock-low': ['watch', 'act'],
  'queue-full': ['act'],
  'queue-filling': ['watch'],
  'disk-full': ['act'],
  'disk-low': ['watch'],
  'disk-filling': ['watch'],
  'memory-high': ['watch'],
  'machine-busy': ['watch'],
  'rejects-integrity': ['watch'],
  'rejects-others': ['note'],
  'checks-failed': ['watch'],
  'preprocessing-stalled': ['watch'],
  'thread-lost': ['watch'],
  'frames-delayed': ['note'],
} as const satisfies Readonly<Record<string, readonly AlertLevel[]>>;
export type AlertCode = keyof typeof alertLevels;
export const alertCodes = Object.keys(alertLevels) as readonly AlertCode[];
