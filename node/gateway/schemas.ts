/**
 * What the gateway takes and gives, as JSON schema: checked on every request, and the source of /openapi.json.
 * Binary values are lower-case hex.
 */
import { errorTable } from '../../src/errors.js';
import {
  accountsMax,
  gatewayAccountsMax,
  gatewayRecordsMax,
  gatewayWaitMsMax,
  submissionIdleMs,
  submissionMessageBytesMax,
  submissionRefusalsMax,
  submissionsPerAddressMax,
  submissionTextBytesMax,
  submissionWindow,
} from '../../src/limits.js';

export const hex = (bytes?: number) => ({
  type: 'string',
  pattern: bytes === undefined ? '^([0-9a-f]{2})*$' : `^[0-9a-f]{${2 * bytes}}$`,
});
export const text = { type: 'string' } as const;
export const count = { type: 'integer', minimum: 0 } as const;
export const list = (items: object, more: object = {}) => ({ type: 'array', items, ...more });
export const object = (properties: Record<string, object>, optional: readonly string[] = []) => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter(name => !optional.includes(name)),
});

const states = ['unknown', 'pending', 'recorded', 'final'] as const;

/** A component of the descriptions: schemas refer to it as `error#`. */
export const errorSchema = {
  $id: 'error',
  description: 'code says what happened; facts are typed and never secret',
  ...object({
    error: object({
      code: { type: 'string', enum: Object.keys(errorTable) },
      message: text,
      facts: { type: 'object', additionalProperties: true },
    }),
  }),
};

const id = { description: 'the id', ...object({ id: { ...hex(32), description: 'envelope id' } }) };

const networkFile = {
  description: 'The network file: wallets pin the id made of its genesis',
  ...object({
    covault: { type: 'integer', description: 'version of the format' },
    genesis: hex(),
    gateways: { type: 'object', additionalProperties: text },
    summary: { type: 'object', additionalProperties: true },
  }),
  additionalProperties: true,
};

const envelopeState = {
  description: 'where it stands',
  ...object(
    {
      id: hex(32),
      state: { type: 'string', enum: states },
      height: { ...count, description: 'of the record it stands in' },
      waitingFor: list(text, { description: 'banks without which it does not go on' }),
    },
    ['height'],
  ),
};

const records = {
  description: 'the records',
  ...object({
    records: list(
      object({
        height: count,
        record: hex(),
        certificate: hex(),
        committed: { type: ['array', 'null'], items: hex(64), description: 'null: the next record proves it final' },
      }),
      { description: 'fewer than asked for where they are large' },
    ),
    height: { ...count, description: 'of the last record this bank had committed when it began to read' },
  }),
};

const memos = {
  description: 'transfers by block',
  ...object({
    since: { ...count, description: 'of lower heights this bank keeps nothing, or not all: another may' },
    blocks: list(
      object({
        height: count,
        receipts: { ...hex(), description: 'of all settled transfers of the block: the record holds their hash' },
        headers: list(hex(), {
          description: 'of settled transfers, in the order of the record; ids are hashes of them',
        }),
      }),
      { description: 'ascending; blocks with nothing for the page are left out' },
    ),
    next: { ...count, description: 'all lower heights that this bank keeps were looked through: go on here' },
  }),
};

const readiness = {
  description: 'which banks are there',
  ...object({ ready: { type: 'boolean' }, connected: list(text), waitingFor: list(text) }),
};

const rate = { type: 'number', minimum: 0 } as const;
const stockLevel = object(
  {
    made: { ...count, description: 'elements, in this session' },
    used: count,
    low: { ...count, description: 'more are made when fewer are ahead' },
    high: { ...count, description: 'and until as many are' },
    madePerSecond: { ...rate, description: 'over the last half minute' },
    usedPerSecond: rate,
    secondsLeft: { ...rate, description: 'until it runs dry at this rate, were none made; absent while none is used' },
  },
  ['low', 'high', 'madePerSecond', 'usedPerSecond', 'secondsLeft'],
);
const preprocessing = {
  description: 'the thread that makes the stock, since the process started',
  ...object({
    peers: list(object({ name: text, bytesSent: count, bytesReceived: count })),
    busySeconds: { ...rate, description: 'in which it was not idle' },
    busy: { ...rate, maximum: 1, description: 'part of the time, over the last half minute' },
    threadsLost: { ...count, description: 'threads that ended on their own' },
  }),
};
const place = { description: 'an attempt at a height', ...object({ height: count, attempt: count }) };
const status = {
  description: 'as it is now',
  ...object(
    {
      name: text,
      networkId: hex(32),
      height: count,
      finalHeight: count,
      attempt: count,
      phase: { type: 'string', enum: ['connecting', 'preparing', 'idle', 'settling', 'halted'] },
      halted: { ...text, description: 'why, where it has halted' },
      evidence: {
        description: 'what it has halted with; its own is kept over restarts',
        ...object(
          {
            kind: {
              type: 'string',
              enum: ['proof', 'accusation'],
              description: 'proof convinces anybody, an accusation only the bank that saw what it is about',
            },
            accuser: { ...text, description: 'the bank that says so' },
            culprit: { ...text, description: 'the bank it names, if it names one' },
            why: text,
          },
          ['culprit'],
        ),
      },
      recovery: {
        description:
          'what is under way, or was done at the start of this process, to bring the network on after a halt',
        ...object(
          {
            rekeying: { type: 'boolean', description: 'a pardon is being carried out' },
            adopting: place,
            adopted: place,
          },
          ['rekeying', 'adopting', 'adopted'],
        ),
      },
      waitingFor: list(text),
      version: { ...text, description: "of this bank's software" },
      peers: list(
        object(
          {
            name: text,
            connected: { type: 'boolean' },
            sinceMs: { type: 'number' },
            version: { ...text, description: 'of its software, as it last said' },
          },
          ['version'],
        ),
      ),
      pool: object({ known: count, ready: count }),
      stock: object({ vole: stockLevel, triples: stockLevel, selections: stockLevel }),
      preprocessing,
      counters: { type: 'object', additionalProperties: { type: 'number' } },
      links: {
        description: 'bytes on the wire to and from all other banks, before encryption, since the process started',
        ...object({
          sentBytes: object({ envelopes: count, agreement: count, preprocessing: count }),
          receivedBytes: count,
          injectedDelayMs: { ...count, description: 'above 0: a benchmark, whose frames are late on purpose' },
        }),
      },
    },
    ['halted', 'evidence', 'recovery', 'links', 'preprocessing'],
  ),
};

const submissionText =
  `A WebSocket for submitters of many envelopes; messages are binary, integers little endian, texts a
u32 length and UTF-8. The client sends: number u32 (0, 1, 2, ...), then the bytes of one envelope. The gateway sends, first:
0 (u8), window u32; then for each envelope: 1, number u32, id (32 bytes): accepted; or 2, number u32, error code (text),
message (text, at most ${submissionTextBytesMax} bytes): refused; after acceptance 3, number u32, state u8 (0 forgotten,
1 recorded, 2 final), height u64. An envelope is on the way until it is refused, final or forgotten; at most the window
(${submissionWindow}) may be on the way. A message has at most ${submissionMessageBytesMax} bytes. A session without anything
on the way ends after ${submissionIdleMs / 1000} s of silence; one with ${submissionRefusalsMax} wrong envelopes ends at once; an address has
at most ${submissionsPerAddressMax}. It closes with 1001 (idle, stopping), 1008 (a rule was broken), 1009 (a message too large); the reason is an
error code. What was accepted goes on without the session; the same bytes may be sent again, here or elsewhere.`.replace(
    /\n/g,
    ' ',
  );

/** What a route answers that is no JSON. */
export const media = (description: string, type: string, schema: object) => ({
  description,
  content: { [type]: { schema } },
});
const refusal = (description: string) => media(description, 'application/json', { $ref: 'error#' });
const refusals = {
  '4xx': refusal('The call is wrong; or, with Retry-After, too soon. `code` says which.'),
  '5xx': refusal('Not now: 503, with Retry-After. Or this bank has failed: 500.'),
};
export const answers = (ok: object, code = 200) => ({ [code]: ok, ...refusals });

export const schemas = {
  network: { summary: 'The network file', response: answers(networkFile) },
  submit: {
    summary: 'Hand in an envelope; the same bytes again give the same id',
    description:
      'Balance look-ups (reveal) have rates of their own, of an address and of all together: 429 with Retry-After when one is ' +
      'used up, 503 while payments fill the pool.',
    consumes: ['application/octet-stream'],
    body: { description: 'the bytes of one envelope' },
    response: answers(id, 202),
  },
  submissions: {
    summary: 'A submission session: many envelopes over one WebSocket, the fate of each streamed back',
    description: submissionText,
    response: answers({ description: 'the session is open', type: 'null' }, 101),
  },
  envelope: {
    summary: 'Where an envelope stands; with waitMs, answers when that differs from `known`',
    params: id,
    querystring: {
      type: 'object',
      properties: {
        known: { type: 'string', enum: states },
        waitMs: { type: 'integer', minimum: 0, maximum: gatewayWaitMsMax, default: 0 },
      },
      additionalProperties: false,
    },
    response: answers(envelopeState),
  },
  records: {
    summary: 'Records with their certificates, ascending',
    querystring: {
      type: 'object',
      properties: {
        from: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER, default: 1 },
        count: { type: 'integer', minimum: 1, maximum: gatewayRecordsMax, default: 100 },
      },
      additionalProperties: false,
    },
    response: answers(records),
  },
  memos: {
    summary: 'Settled transfers with their memos, to accounts of a page or to all: payees try to open them',
    querystring: {
      type: 'object',
      properties: {
        from: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER, default: 1 },
        page: { type: 'integer', minimum: 0, maximum: accountsMax },
      },
      additionalProperties: false,
    },
    response: answers(memos),
  },
  accounts: {
    summary: 'Accounts that are open, ascending',
    querystring: {
      type: 'object',
      properties: {
        from: { type: 'integer', minimum: 0, maximum: accountsMax, default: 0 },
        count: { type: 'integer', minimum: 1, maximum: gatewayAccountsMax, default: 1000 },
      },
      additionalProperties: false,
    },
    response: answers({ description: 'numbers of accounts', ...object({ open: list(count) }) }),
  },
  health: {
    summary: 'The process answers',
    response: answers({ description: 'it does', ...object({ ok: { type: 'boolean' } }) }),
  },
  ready: {
    summary: 'Whether all banks are there; 503 names the ones that are not',
    response: { ...answers(readiness), 503: readiness },
  },
  status: { summary: 'What this bank does', response: answers(status) },
  audit: {
    summary: "Open the sum of all balances: the operator's, from this machine, with the audit token",
    security: [{ auditToken: [] }],
    response: answers(id, 202),
  },
  copy: {
    summary:
      "What this bank keeps of another that has lost its disk: the operator's, from this machine, with the audit token",
    description: 'A file for `covault bank recover`. What is secret in it is sealed to that bank.',
    security: [{ auditToken: [] }],
    params: {
      type: 'object',
      properties: { bank: { type: 'string', pattern: '^[\\w.-]{1,64}$' } },
      required: ['bank'],
    },
    response: answers(media('the file', 'application/octet-stream', { type: 'string', format: 'binary' })),
  },
  metrics: {
    summary: 'Metrics for Prometheus',
    response: answers(media('in the text format of Prometheus', 'text/plain', text)),
  },
  openapi: {
    summary: 'This description',
    response: answers({ description: 'OpenAPI 3.1', type: 'object', additionalProperties: true }),
  },
} as const;
