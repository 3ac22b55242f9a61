/**
 * Fuzz targets: envelopes, packets, and the entries of a bank's own store. A store is no stranger, but a disk may be
 * damaged or put back, and a bank must say so instead of going on.
 *
 * Of a store, the first byte chooses the entry that the rest replaces.
 */
import { decodeDay, decodeDayFile, encodeDay, encodeDayFile } from '../../node/console/day-file.js';
import { History } from '../../node/console/history.js';
import { decodeQuestions, encodeQuestions } from '../../node/intake/messages.js';
import { decodeCertified, encodeCertified } from '../../src/agreement/certified.js';
import {
  durablePrefix,
  putAdopted,
  putAdoption,
  putBurned,
  putEarly,
  putHalted,
  putMarked,
  putSigned,
  putVoid,
} from '../../src/agreement/durable.js';
import {
  type Adoption,
  announceGroup,
  decodeAdoption,
  encodeAdoption,
  loadDurable,
  putCertified,
} from '../../src/agreement/index.js';
import { decodeSeen, putSeen, type SeenEntry, seenKey } from '../../src/agreement/seen-entry.js';
import { decodeSegment, encodeSegment } from '../../src/agreement/segment.js';
import { decodeMacKeys, encodeMacKeys } from '../../src/bank/mac-keys.js';
import { decodeAll, Writer } from '../../src/codec/index.js';
import { concatBytes, utf8 } from '../../src/crypto/index.js';
import {
  decodeEnvelope,
  decodeHeader,
  encodeEnvelope,
  encodeHeader,
  SubmissionSession,
} from '../../src/envelope/index.js';
import { P } from '../../src/field/index.js';
import { loadLedger } from '../../src/ledger/ledger-store.js';
import { noReceipts, recordHash } from '../../src/ledger/log.js';
import { decodePage, encodePage, genesisPage } from '../../src/ledger/pages.js';
import {
  decodePrepared,
  encodePrepared,
  type Prepared,
  readOpened,
  readRekeyed,
  readShares,
  writeOpened,
  writeRekeyed,
  writeShares,
} from '../../src/ledger/prepared.js';
import { decodeSecrets, encodeSecrets } from '../../src/ledger/recovery-secrets.js';
import type { StoreOp } from '../../src/ports.js';
import {
  makeWorld,
  openEnvelope,
  rekeyEnvelope,
  revealEnvelope,
  runBlock,
  settleBlock,
  transferEnvelope,
} from '../harness/banks.js';
import { GrowingLedger } from '../harness/ledgers.js';
import { memoryStore } from '../harness/memory-store.js';
import { seedOf } from '../node/host/world.js';
import { entryOf } from '../src/agreement/cluster.js';
import { certify, idOf, makeChain } from '../src/ledger/records.js';
import { announced, banks, evidences, record } from './message-targets.js';
import { bytesCodes, type FuzzTarget } from './target.js';

const chain = makeChain(banks, [{ entries: ['a', 'b'] }, { burned: ['c'] }, { entries: ['d'] }]).map(each => ({
  record: each,
  certificate: certify(banks, each),
}));
const storeCodes = [...bytesCodes, 'STORE_DAMAGED'] as const;

const adoption: Adoption = {
  certified: chain[1],
  entries: [new Uint8Array(9), new Uint8Array(0)],
  signatures: [new Uint8Array(64), undefined, new Uint8Array(64).fill(2)],
};

type Entry = readonly [key: Uint8Array, value: Uint8Array];
const entriesOf = (ops: readonly StoreOp[]): Entry[] =>
  ops.flatMap(op => (op.type === 'put' ? [[op.key, op.value]] : []));
/** Every entry as the input that leaves it as it is. */
const samplesOf = (entries: readonly Entry[]) => entries.map(([, value], k) => concatBytes(Uint8Array.of(k), value));
const replaced = (entries: readonly Entry[], [which = 0, ...value]: Uint8Array): Entry[] =>
  entries.map((entry, k) => (k === which % entries.length ? [entry[0], Uint8Array.from(value)] : entry));

const agreement = entriesOf([
  putCertified(chain[0])[0],
  putMarked(1, [idOf('a')]),
  putEarly([idOf('b')]),
  putSigned(1, {
    record: chain[1].record,
    hash: recordHash(chain[1].record),
    ...chain[1].certificate[0],
    entry: new Uint8Array(9),
  }),
  putVoid({ height: 2, attempt: 2, bank: 1, root: undefined, signature: new Uint8Array(64) }),
  putBurned(idOf('c'), true),
  putHalted(evidences[2]),
  putAdopted({ height: 2, attempt: 1, recordHash: idOf('r') }),
  putAdoption(adoption),
  putSigned(3, {
    record: undefined,
    hash: idOf('r'),
    ...chain[1].certificate[0],
    entry: entryOf({ height: 2, attempt: 3 }, 0),
  }),
]);

const seenId = announced[0].id;
const stock = { vole: 400, triples: 1, selections: 2 };
const waitingEntry = (over: Partial<SeenEntry['planning']>, done = false): SeenEntry => ({
  planning: {
    kind: 'transfer',
    debits: 3,
    opens: undefined,
    rekeys: undefined,
    signedBy: undefined,
    expiry: 900,
    stock,
    ...over,
  },
  keyHash: idOf('key'),
  done,
  announcements: done
    ? []
    : [announced[0], ...announceGroup(banks.network.id, 1, 3, [seenId], () => new Uint8Array(64))],
});
const seen: SeenEntry[] = [
  waitingEntry({}),
  waitingEntry({ kind: 'open', debits: undefined, opens: 7 }),
  waitingEntry({ kind: 'reveal', debits: undefined }, true),
  waitingEntry({ kind: 'audit', debits: undefined }),
  waitingEntry({ kind: 'rekey', debits: undefined, rekeys: 5, signedBy: 5 }),
];

function agreementTargets(): FuzzTarget[] {
  const common = { codes: storeCodes } as const;
  return [
    {
      ...common,
      name: 'log entry',
      covers: ['src/agreement/certified.ts decodeCertified'],
      form: 'canonical',
      samples: [encodeCertified({ record, certificate: certify(banks, record) })],
      again: bytes => encodeCertified(decodeCertified(bytes)),
    },
    {
      ...common,
      name: 'adoption',
      covers: ['src/agreement/adopting.ts decodeAdoption', 'src/agreement/adopting.ts readAdopted'],
      form: 'canonical',
      samples: [encodeAdoption(adoption)],
      again: bytes => encodeAdoption(decodeAdoption(bytes)),
    },
    {
      ...common,
      name: 'segment of the log',
      covers: ['src/agreement/segment.ts decodeSegment'],
      form: 'stable',
      samples: [encodeSegment(chain)],
      again: bytes => encodeSegment(decodeSegment(bytes)),
    },
    {
      ...common,
      name: 'store of the agreement',
      covers: ['src/agreement/durable.ts loadDurable'],
      form: 'value',
      samples: samplesOf(agreement),
      again: bytes => void loadDurable(replaced(agreement, bytes), 3),
    },
    {
      ...common,
      name: 'key in the store of the agreement',
      covers: ['src/agreement/durable.ts loadDurable'],
      form: 'value',
      samples: agreement.map(([key], k) => concatBytes(Uint8Array.of(k), key.slice(durablePrefix.length))),
      again: ([which = 0, ...rest]) => {
        const key = concatBytes(durablePrefix, Uint8Array.from(rest));
        const renamed = agreement.map((entry, k): Entry => (k === which % agreement.length ? [key, entry[1]] : entry));
        return void loadDurable(renamed, 3);
      },
    },
    {
      ...common,
      name: 'entry of the pool',
      covers: ['src/agreement/seen-entry.ts decodeSeen'],
      form: 'canonical',
      samples: entriesOf(seen.map(entry => putSeen(seenId, entry))).map(([, value]) => value),
      again: bytes => {
        const { id, ...entry } = decodeSeen(seenKey(seenId), bytes, 3);
        return entriesOf([putSeen(id, entry)])[0][1];
      },
    },
  ];
}

async function ledgerTargets(pageSize: number): Promise<FuzzTarget[]> {
  const world = makeWorld({ banks: 3, pageSize, balances: [5n, 6n, 0n], amountBits: 8 });
  const { network } = world;
  const [party] = world.parties;
  const open = [openEnvelope(world, 0), openEnvelope(world, 2)];
  const opened = await settleBlock(world, open);
  const { envelope } = transferEnvelope(world, 0, 2, 1n);
  const [outcome] = await runBlock(world, [envelope, rekeyEnvelope(world, 0)]);
  if (outcome.status === 'rejected') throw outcome.reason;
  const { seal } = new SubmissionSession(network, world.random);
  const envelopes = [
    ...open,
    envelope,
    transferEnvelope(world, 0, 2, 1n, seal).envelope,
    revealEnvelope(world, 0).envelope,
    rekeyEnvelope(world, 0),
  ];
  const named = (what: string) => `${what}, pages of ${pageSize}`;
  const shares = outcome.value.prepared.changes[0].change;
  return [
    {
      name: named('envelope'),
      covers: ['src/envelope/envelope.ts decodeEnvelope'],
      form: 'canonical',
      codes: bytesCodes,
      samples: envelopes.map(encodeEnvelope),
      again: bytes => encodeEnvelope(decodeEnvelope(bytes)),
    },
    {
      name: named('envelope header'),
      covers: ['src/envelope/header.ts decodeHeader'],
      form: 'canonical',
      codes: bytesCodes,
      samples: envelopes.map(({ header }) => encodeHeader(header)),
      again: bytes => encodeHeader({ ...decodeHeader(bytes) }), // a copy: of the header itself the bytes are known
    },
    {
      name: named('intake batch'),
      covers: ['node/intake/messages.ts decodeQuestions'],
      form: 'canonical',
      codes: bytesCodes,
      samples: [
        encodeQuestions(
          envelopes.map(({ id, header, packets }) => ({
            from: 1,
            unopened: { id, header, length: 9, signed: undefined, packet: packets[0] },
          })),
        ),
      ],
      again: bytes => encodeQuestions(decodeQuestions(bytes)),
    },
    {
      name: named('prepared state'),
      covers: ['src/ledger/prepared.ts decodePrepared'],
      form: 'canonical',
      codes: bytesCodes,
      samples: [opened.prepared, outcome.value.prepared, rekeyedPrepared].map(encodePrepared),
      again: bytes => encodePrepared(decodePrepared(network, party, bytes)),
    },
    {
      name: named('opened account'),
      covers: ['src/ledger/prepared.ts readOpened'],
      form: 'canonical',
      codes: bytesCodes,
      samples: opened.prepared.opens.map(openedBytes),
      again: bytes => openedBytes(decodeAll(bytes, 'opened', r => readOpened(r, network, party))),
    },
    {
      name: named('new keys of an account'),
      covers: ['src/ledger/prepared.ts readRekeyed'],
      form: 'canonical',
      codes: bytesCodes,
      samples: [opened, outcome.value].flatMap(({ prepared }) => prepared.rekeys.map(rekeyedBytes)),
      again: bytes => rekeyedBytes(decodeAll(bytes, 'new keys', r => readRekeyed(r, network, party))),
    },
    {
      name: named('shares'),
      covers: ['src/ledger/prepared.ts readShares'],
      form: 'canonical',
      codes: bytesCodes,
      samples: [sharesBytes(shares)],
      again: bytes => sharesBytes(decodeAll(bytes, 'shares', r => readShares(r, party, shares.length))),
    },
    {
      name: named('stored page'),
      covers: ['src/ledger/pages.ts decodePage'],
      form: 'canonical',
      codes: bytesCodes,
      samples: [encodePage(genesisPage(network, party, 0))],
      again: bytes => encodePage(decodePage(network, party, bytes)),
    },
    await ledgerStoreTarget(pageSize),
  ];
}

const rekeyedBytes = (rekeyed: Parameters<typeof writeRekeyed>[1]): Uint8Array => {
  const w = new Writer();
  writeRekeyed(w, rekeyed);
  return w.done();
};

const openedBytes = (opened: Parameters<typeof writeOpened>[1]): Uint8Array => {
  const w = new Writer();
  writeOpened(w, opened);
  return w.done();
};

const sharesBytes = (shares: Parameters<typeof writeShares>[1]): Uint8Array => {
  const w = new Writer();
  writeShares(w, shares);
  return w.done();
};

async function ledgerStoreTarget(pageSize: number): Promise<FuzzTarget> {
  const { network, parties } = makeWorld({ banks: 2, pageSize, balances: [5n, 6n, 0n], amountBits: 8 });
  const store = memoryStore();
  const ledger = new GrowingLedger({ network, parties, stores: [store] });
  await ledger.grow(1, [0, 2]);
  await ledger.grow(2, [], [0]);
  const entries: Entry[] = [];
  for await (const entry of store.range(Uint8Array.of(0), Uint8Array.of(255))) entries.push(entry as Entry);
  const put = ([key, value]: Entry) => ({ type: 'put', key, value }) as const;
  return {
    name: `store of the ledger, pages of ${pageSize}`,
    covers: ['src/ledger/ledger-store.ts loadLedger'],
    form: 'value',
    codes: storeCodes,
    samples: samplesOf(entries),
    again: async bytes => {
      const damaged = memoryStore();
      await damaged.commit(replaced(entries, bytes).map(put));
      await loadLedger(damaged, network, parties[0]);
      return undefined;
    },
  };
}

const rekeyedPrepared: Prepared = {
  height: 3,
  attempt: 1,
  changes: [],
  opens: [],
  rekeys: [],
  receipts: noReceipts,
  newMacs: {
    digest: idOf('d'),
    ops: [
      { type: 'put', key: utf8('a'), value: new Uint8Array(3) },
      { type: 'del', key: utf8('b') },
    ],
  },
};

const secretsTarget: FuzzTarget = {
  name: 'secrets of a recovery entry',
  covers: ['src/ledger/recovery-secrets.ts decodeSecrets'],
  form: 'canonical',
  codes: bytesCodes,
  samples: [{ identitySeed: seedOf(0), lift: 3, deltas: [0n, 5n, P - 1n], links: new Uint8Array(9) }].map(
    encodeSecrets,
  ),
  again: bytes => encodeSecrets(decodeSecrets(bytes)),
};

const keysTarget: FuzzTarget = {
  name: 'MAC keys',
  covers: ['src/bank/mac-keys.ts decodeMacKeys'],
  form: 'canonical',
  codes: bytesCodes,
  samples: [encodeMacKeys({ lift: 2, deltas: [7n, 0n, P - 1n] })],
  again: bytes => encodeMacKeys(decodeMacKeys(bytes)),
};

const networkId = new Uint8Array(32).fill(7);
/** Of the console, in all that a minute can have. */
const consoleDay = (() => {
  const history = new History(0);
  history.record(1, [
    { kind: 'settled', pi: 0 },
    { kind: 'rejected', reason: 'proof' },
  ]);
  history.latency(1, 30);
  const look = {
    queue: 9,
    connected: 1,
    stockSeconds: 1.5,
    memoryBytes: 4e8,
    dataBytes: 3e6,
    diskFreeBytes: 5e9,
    isAble: true,
  };
  history.look(2, look);
  const less = { stockSeconds: undefined, dataBytes: undefined, diskFreeBytes: undefined, isAble: false };
  for (const minute of [1, 2]) history.look(60_000 * minute, { ...look, queue: 1, ...less });
  return history.past;
})();
const dayTargets: readonly FuzzTarget[] = [
  {
    name: 'day of the console',
    covers: ['node/console/day-file.ts decodeDay'],
    form: 'canonical',
    codes: bytesCodes,
    samples: [encodeDay(consoleDay), encodeDay([])],
    again: bytes => encodeDay(decodeDay(bytes)),
  },
  {
    name: "file of the console's day",
    covers: ['node/console/day-file.ts decodeDayFile'],
    form: 'canonical',
    codes: bytesCodes,
    samples: [encodeDayFile(consoleDay, networkId)],
    again: bytes => encodeDayFile(decodeDayFile(bytes, networkId), networkId),
  },
];

export const storeTargets: readonly FuzzTarget[] = [
  ...dayTargets,
  ...agreementTargets(),
  ...(await ledgerTargets(1)),
  ...(await ledgerTargets(3)),
  secretsTarget,
  keysTarget,
];
