/** Sealing takes nothing from the public log: every record and every id is where it was asked for, whenever it is asked. */
import test, { type ExecutionContext } from 'ava';
import {
  type Certified,
  encodeCertified,
  logKey,
  putCertified,
  readLog,
  Sealing,
  sealedHeightOf,
} from '../../../src/agreement/index.js';
import { chained, decodeSegment, encodeSegment } from '../../../src/agreement/segment.js';
import { heightOf, readRecords } from '../../../src/bank/public-log.js';
import { under } from '../../../src/codec/index.js';
import { toHex, utf8 } from '../../../src/crypto/index.js';
import { isCode } from '../../../src/errors.js';
import { P } from '../../../src/field/index.js';
import { recordHash, rejectReasons, type Status } from '../../../src/ledger/log.js';
import { blockEnvelopesMax, segmentBytesMax, segmentHeightsMax, unsealedHeights } from '../../../src/limits.js';
import type { Store, StoreOp } from '../../../src/ports.js';
import { untilDone } from '../../harness/ledgers.js';
import { type MemoryStore, memoryStore } from '../../harness/memory-store.js';
import { certify, idOf, makeBanks, makeRecord } from '../ledger/records.js';

const banks = makeBanks(2);
const { network } = banks;
const long = unsealedHeights + 2 * segmentHeightsMax + 5;

const statuses: Status[] = [
  { kind: 'settled', pi: 1 },
  { kind: 'settled', pi: 1 },
  { kind: 'settled', pi: 0 },
  ...rejectReasons.map(reason => ({ kind: 'rejected', reason }) as const),
  { kind: 'revealed', y: P - 1n },
  { kind: 'opened', account: 3 },
  { kind: 'audited', sum: 100n },
];

/** Of every kind of status, with burned ids, attempts and a supply that change. */
function makeLog(heights: number): Certified[] {
  const log: Certified[] = [];
  let previous = network.id;
  for (let height = 1; height <= heights; height++) {
    const entries = statuses.slice(0, height % (statuses.length + 1));
    const record = makeRecord(network, {
      height,
      previous,
      attempt: height % 20 === 0 ? 3 : 1,
      supply: height < 40 ? network.supply : network.supply - 1n,
      digest: idOf(`digest ${height}`),
      entries: entries.map((status, i) => ({ id: idOf(`${height}/${i}`), status })),
      burned: height % 7 === 0 ? [idOf(`burned ${height}`)] : [],
      recoveryHashes: height % 11 === 0 ? [idOf(`recovery ${height}`)] : [],
    });
    log.push({ record, certificate: certify(banks, record) });
    previous = recordHash(record);
  }
  return log;
}

const log = makeLog(long);

async function stored(): Promise<MemoryStore> {
  const store = memoryStore();
  for (const certified of log) await store.commit(putCertified(certified));
  return store;
}

async function sealAll(store: Store, height = long): Promise<number> {
  const sealing = await Sealing.open(store);
  return untilDone(store, () => sealing.next(height));
}

async function read(store: Store, from: number, below: number): Promise<string[]> {
  const found: string[] = [];
  for await (const certified of readLog(store, from, below)) found.push(toHex(encodeCertified(certified)));
  return found;
}

const written = (from: number, below: number) =>
  log.slice(Math.max(from, 1) - 1, below - 1).map(certified => toHex(encodeCertified(certified)));

/** Every record is read, and the ids of every n-th are found. */
async function holdsAll(t: ExecutionContext, store: Store, nth = 1) {
  t.deepEqual(await read(store, 1, Number.MAX_SAFE_INTEGER), written(1, long + 1));
  for (const { record } of log.filter((_, k) => k % nth === 0)) {
    for (const { id } of record.entries) t.is(await heightOf(store, id), record.height);
  }
}

async function count(store: Store, prefix: string): Promise<number> {
  let found = 0;
  for await (const _ of store.range(...under(utf8(prefix)))) found++;
  return found;
}

test('a sealed log hands out every record and finds every id as before, and only the newest stand one by one', async t => {
  const store = await stored();
  await holdsAll(t, store, 10);
  const before = await readRecords(store, 1, long, undefined);
  t.is(await sealAll(store), 2);
  await holdsAll(t, store);
  t.deepEqual(await readRecords(store, 1, long, undefined), before);
  t.is(await count(store, 'log/'), unsealedHeights + 5);
  const newest = log.slice(2 * segmentHeightsMax).flatMap(({ record }) => record.entries);
  t.is(await count(store, 'log-id/'), newest.length);
  t.is(await sealAll(store), 0, 'and once more there is nothing to do');
});

test('any range is read across the borders of segments', async t => {
  const store = await stored();
  await sealAll(store);
  const border = segmentHeightsMax;
  for (const [from, below] of [
    [0, 4],
    [border - 1, border + 3],
    [border, border + 1],
    [border + 1, border + 2],
    [2 * border - 1, 2 * border + 4],
    [5, 5],
    [9, 3],
    [long, long + 9],
    [long + 1, long + 9],
  ]) {
    t.deepEqual(await read(store, from, below), from < below ? written(from, below) : [], `${from} to ${below}`);
  }
});

test('a reader whom a sealing overtakes misses nothing', async t => {
  for (const at of [1, 2, segmentHeightsMax, segmentHeightsMax + 1, long - 1]) {
    const store = await stored();
    const found: string[] = [];
    for await (const certified of readLog(store, 1, long + 1)) {
      found.push(toHex(encodeCertified(certified)));
      if (found.length === at) await sealAll(store);
    }
    t.deepEqual(found, written(1, long + 1));
  }
  const store = await stored();
  const overtaken: Store = { ...store, range: racing(store, () => sealAll(store)) };
  t.deepEqual(await read(overtaken, 3, 9), written(3, 9));
});

/** Something happens between the first look and the second. */
function racing(store: Store, happens: () => Promise<unknown>): Store['range'] {
  let looks = 0;
  return async function* (...range) {
    if (looks++ === 1) await happens();
    yield* store.range(...range);
  };
}

test('an id that shares its first bytes with a sealed one is another id', async t => {
  const store = await stored();
  await sealAll(store);
  const { id } = log[8].record.entries[0];
  const near = id.slice();
  near[31] ^= 1;
  t.is(await sealedHeightOf(store, id), 9);
  t.is(await sealedHeightOf(store, near), undefined);
  t.is(await heightOf(store, idOf('never')), undefined);
  const last = Uint8Array.from([...id.subarray(0, 8), 0, 0, 0, 0, 0, 0, 0, 2]);
  await store.commit([{ type: 'put', key: Uint8Array.from([...utf8('log-at/'), ...last]), value: new Uint8Array() }]);
  t.is(await sealedHeightOf(store, id), 9, 'also behind one at a lower height');
});

test('a crash at any commit leaves each record in one place', async t => {
  for (let survived = 0; survived < 3; survived++) {
    let left = Number.POSITIVE_INFINITY;
    const disk = new Map<string, Uint8Array>();
    const dying = memoryStore(() => {
      if (left-- === 0) throw new Error('the power is gone');
    }, disk);
    for (const certified of log) await dying.commit(putCertified(certified));
    left = survived;
    if (survived < 2) await t.throwsAsync(sealAll(dying));
    else t.is(await sealAll(dying), 2);
    const again = dying.fork();
    await holdsAll(t, again, 10);
    await sealAll(again);
    await holdsAll(t, again, 10);
  }
});

test('large records make short segments', async t => {
  const store = memoryStore();
  let previous = network.id;
  const heights = unsealedHeights + segmentHeightsMax;
  for (let height = 1; height <= heights; height++) {
    const entries = Array.from({ length: blockEnvelopesMax }, (_, i) => {
      const id = idOf('').slice();
      new DataView(id.buffer).setUint32(0, height * 1000 + i);
      return { id, status: { kind: 'settled', pi: 1 } } as const;
    });
    const record = makeRecord(network, { height, previous, entries });
    await store.commit([{ type: 'put', key: logKey(height), value: encodeCertified({ record, certificate: [] }) }]);
    previous = recordHash(record);
  }
  const sealing = await Sealing.open(store);
  const step = await sealing.next(heights);
  const puts = (ops: readonly StoreOp[]) => ops.filter(({ type }) => type === 'put').length;
  t.true(puts(step?.ops ?? []) < segmentBytesMax / 32 + 2 * blockEnvelopesMax);
  await store.commit(step?.ops ?? []);
  step?.done();
  t.is((await read(store, 1, heights + 1)).length, heights);
});

test('a log with a hole or a foreign record is damaged: nothing of it is sealed, and no end is made up', async t => {
  for (const damage of [
    { type: 'del', key: logKey(5) },
    { type: 'put', key: logKey(5), value: encodeCertified(log[5]) },
    {
      type: 'put',
      key: logKey(5),
      value: encodeCertified({ ...log[4], record: { ...log[4].record, digest: idOf('x') } }),
    },
    { type: 'put', key: logKey(5), value: encodeCertified(log[4]).slice(1) },
  ] satisfies StoreOp[]) {
    const store = await stored();
    await store.commit([damage]);
    await t.throwsAsync(sealAll(store), { code: 'STORE_DAMAGED' });
  }
  const store = await stored();
  await store.commit([{ type: 'del', key: logKey(5) }]);
  await t.throwsAsync(read(store, 1, long), { code: 'STORE_DAMAGED' });
});

test('a segment that is lost or changed is damaged', async t => {
  const sealed = await stored();
  await sealAll(sealed);
  for await (const [key, value] of sealed.range(...under(utf8('log-segment/')))) {
    const lost = sealed.fork();
    await lost.commit([{ type: 'del', key }]);
    await t.throwsAsync(read(lost, 1, long), { code: 'STORE_DAMAGED' });
    const cut = sealed.fork();
    await cut.commit([{ type: 'put', key, value: value.slice(0, -1) }]);
    await t.throwsAsync(read(cut, 1, long), { code: 'STORE_DAMAGED' });
    const { id } = log[8].record.entries[0];
    await t.throwsAsync(
      sealedHeightOf(cut, id).then(async () => read(cut, 1, long)),
      { code: 'STORE_DAMAGED' },
    );
  }
});

test('a segment holds what went in, and one bit of it changed is refused or another record', t => {
  const some = log.slice(0, 13);
  const segment = encodeSegment(some);
  const bytesOf = (records: readonly Certified[]) => records.map(record => toHex(encodeCertified(record))).join();
  t.is(bytesOf(decodeSegment(segment)), bytesOf(some));
  for (let cut = 0; cut < segment.length; cut += 7) refused(() => decodeSegment(segment.slice(0, cut)));
  refused(() => decodeSegment(Uint8Array.from([...segment, 0])));
  for (let at = 0; at < segment.length; at++) {
    const changed = segment.slice();
    changed[at] ^= 1;
    try {
      if (bytesOf(decodeSegment(changed)) === bytesOf(some)) t.fail(`byte ${at} says nothing`);
    } catch (error) {
      if (!isCode(error, 'MALFORMED')) throw error;
    }
  }

  function refused(decode: () => unknown) {
    t.throws(decode, { code: 'MALFORMED' });
  }
});

test('only a chain makes a segment', t => {
  t.true(chained(log.slice(3, 9)));
  t.false(chained([log[3], log[5]]));
  t.false(chained([log[3], { ...log[4], record: { ...log[4].record, previous: idOf('elsewhere') } }]));
  t.throws(() => encodeSegment([log[3], log[5]]));
  t.throws(() => encodeSegment([]));
});
