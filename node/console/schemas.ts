/**
 * What the console takes and gives, as JSON schema: checked on every request, and the source of its /openapi.json.
 * Times are milliseconds since 1970; counts are rough (`discretion.ts`).
 */
import { rejectReasons } from '../../src/ledger/log.js';
import { consoleMinutesMax } from '../../src/limits.js';
import { answers, gatewaySchemas, hex, list, media, object, text } from '../gateway/index.js';
import { alertCodes } from './alert-levels.js';

const whole = { type: 'integer', minimum: 0 } as const;
const amount = { type: 'number', minimum: 0 } as const;
const flag = { type: 'boolean' } as const;
const orNull = (value: { readonly type: string }, more: object = {}) => ({
  ...value,
  type: [value.type, 'null'],
  ...more,
});
const rough = {
  description: '0, "few" for one to four, or the number',
  anyOf: [whole, { type: 'string', enum: ['few'] }],
};

const sample = object({
  at: { ...whole, description: 'its beginning' },
  decided: rough,
  blocks: rough,
  rejected: rough,
  p50Ms: orNull(whole, { description: 'from taking an envelope here to its record, of those followed' }),
  p95Ms: orNull(whole),
  queue: rough,
  connected: { ...whole, description: 'the fewest other banks' },
  stockSeconds: orNull(amount, { description: 'the fewest that any kind of stock would have lasted' }),
  memoryBytes: whole,
  dataBytes: orNull(whole, { description: "this bank's data folder at its end, in whole megabytes" }),
  diskFreeBytes: orNull(whole, { description: 'free on its file system then' }),
  able: { ...amount, maximum: 1, description: 'part of the minute in which the bank could settle' },
});

const evidence = {
  description: 'what it has halted with, on whose word',
  type: ['object', 'null'],
  properties: { kind: { type: 'string', enum: ['proof', 'accusation'] }, accuser: text, culprit: text, why: text },
  required: ['kind', 'accuser', 'why'],
};

const place = {
  type: ['object', 'null'],
  properties: { height: whole, attempt: whole },
  required: ['height', 'attempt'],
};
const recovery = object({
  amendments: {
    description: 'what all banks have signed since genesis, oldest first: a pardon, or a bank that was rebuilt',
    ...list(
      object({ version: whole, kind: { type: 'string', enum: ['pardon', 'rebuilt'] }, lift: whole, bank: text }, [
        'lift',
        'bank',
      ]),
    ),
  },
  liftsMax: whole,
  rekeying: { ...flag, description: 'the last pardon is being carried out: all MAC keys are drawn anew' },
  adopting: { ...place, description: 'this bank has signed to adopt that attempt, and waits for the words of all' },
  adopted: { ...place, description: 'all have, and it was committed when this process started' },
});

const stock = object({
  kind: { type: 'string', enum: ['vole', 'selections', 'triples'] },
  ahead: { ...amount, description: 'elements made and not used, to two digits' },
  low: orNull(whole),
  high: orNull(whole),
  madePerSecond: orNull(amount),
  usedPerSecond: orNull(amount),
  secondsLeft: orNull(amount, { description: 'at the present rate of use, were none made' }),
});

const totals = object({
  since: whole,
  decided: rough,
  settled: rough,
  lookups: rough,
  opened: rough,
  rekeyed: rough,
  rejected: object(Object.fromEntries(rejectReasons.map(reason => [reason, rough]))),
});

const conservation = object({
  supply: { ...text, description: 'of genesis, in the smallest unit' },
  from: { ...whole, description: 'first record whose supply was compared' },
  to: whole,
  brokenAt: orNull(whole),
  audits: list(object({ height: whole, holds: flag })),
});

const machine = object({
  memoryBytes: whole,
  memoryLimitBytes: whole,
  diskFreeBytes: orNull(whole),
  diskBytes: orNull(whole),
  dataBytes: orNull(whole),
  loopDelayMs: whole,
  uptimeSeconds: whole,
});

const alert = object(
  {
    code: { type: 'string', enum: alertCodes },
    level: { type: 'string', enum: ['act', 'watch', 'note'] },
    title: text,
    text,
    action: text,
    bank: text,
  },
  ['bank'],
);

const state = object({
  at: whole,
  bank: text,
  network: object({ id: hex(32), banks: list(text), accounts: whole, pageSize: whole, scale: whole }),
  phase: { type: 'string', enum: ['connecting', 'preparing', 'idle', 'settling', 'halted'] },
  halted: orNull(text),
  evidence,
  height: whole,
  finalHeight: whole,
  attempt: whole,
  waitingFor: list(text),
  peers: list(
    object({
      name: text,
      connected: flag,
      sinceSeconds: whole,
      awaited: flag,
      version: orNull(text, { description: 'of its software, as it last said' }),
    }),
  ),
  perSecond: {
    description: 'envelopes decided, over the last minute',
    anyOf: [amount, { type: 'string', enum: ['few'] }],
  },
  latency: { type: ['object', 'null'], properties: { p50Ms: whole, p95Ms: whole }, required: ['p50Ms', 'p95Ms'] },
  queue: object({ known: rough, ready: rough, max: whole }),
  stock: list(stock),
  stockBusy: orNull(amount),
  totals,
  conservation,
  trouble: object({ voids: whole, failedChecks: whole, stalls: whole, threadsLost: whole }),
  traffic: {
    type: ['object', 'null'],
    properties: { sentBytes: whole, receivedBytes: whole },
    required: ['sentBytes', 'receivedBytes'],
  },
  machine,
  diskFullInDays: orNull(whole, { description: 'at the rate of the day; nothing where the day carries none' }),
  recovery,
  versions: object({ covault: text, node: text, storeFormat: whole, rosterVersion: whole }),
  alerts: list(alert),
  events: list(
    object({
      at: whole,
      level: { type: 'string', enum: ['info', 'warn'] },
      event: text,
      facts: { type: 'object', additionalProperties: true },
    }),
  ),
});

const security = [{ operator: [] }];

export const schemas = {
  login: {
    summary: 'Change the token for a session: what the page sends from then on',
    body: { ...object({ token: { ...text, minLength: 1, maxLength: 512 } }), additionalProperties: false },
    response: answers({
      description: 'a secret, for the Authorization header',
      ...object({ session: text, expiresInSeconds: whole }),
    }),
  },
  logout: {
    summary: 'End this session',
    security,
    response: answers({ description: 'it has ended', type: 'null' }, 204),
  },
  state: {
    summary: 'The network and this bank at a glance',
    security,
    response: answers({ description: 'as it is now', ...state }),
  },
  history: {
    summary: `The day, minute by minute: at most ${consoleMinutesMax}`,
    security,
    response: answers({ description: 'oldest first', ...object({ minutes: list(sample) }) }),
  },
  feed: {
    summary: 'Live: server-sent events',
    description:
      'event: state, with what /v1/state answers, at once and every second; event: minute, with one of /v1/history. A viewer that ' +
      'does not take what is sent is cut off.',
    security,
    response: answers(media('server-sent events', 'text/event-stream', text)),
  },
  network: { ...gatewaySchemas.network, security },
  records: { ...gatewaySchemas.records, security },
  openapi: { ...gatewaySchemas.openapi, security },
  audit: {
    summary: 'Have the banks open the sum of all balances, which must equal the supply',
    security,
    response: answers({ description: 'the id of its envelope', ...object({ id: hex(32) }) }, 202),
  },
} as const;
