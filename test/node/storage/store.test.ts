/** One suite for every store behind ports.ts, then what only the one on the disk does. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ClassicLevel } from 'classic-level';
import { concat } from 'uint8arrays/concat';
import { openLevelStore } from '../../../node/storage/index.js';
import { toHex, utf8 } from '../../../src/crypto/bytes.js';
import type { Store, StoreOp } from '../../../src/ports.js';
import { memoryStore } from '../../harness/memory-store.js';
import { temporaryFolder } from '../../harness/temporary-folder.js';

type Opened = Store & { close(): Promise<void> };

const networkId = new Uint8Array(32).fill(7);
const bytes = (...values: number[]) => Uint8Array.from(values);
const put = (key: Uint8Array, value: Uint8Array): StoreOp => ({ type: 'put', key, value });
const del = (key: Uint8Array): StoreOp => ({ type: 'del', key });

async function folderFor(t: ExecutionContext): Promise<string> {
  const folder = temporaryFolder();
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'data', 'store');
}

async function keys(store: Store, from: Uint8Array, below: Uint8Array, limit?: number): Promise<string[]> {
  const found: string[] = [];
  for await (const [key] of store.range(from, below, limit)) found.push(toHex(key));
  return found;
}

const stores: readonly (readonly [string, (t: ExecutionContext) => Promise<Opened>])[] = [
  ['memory', async () => memoryStore()],
  ['level', async t => openLevelStore(await folderFor(t), { networkId })],
];

for (const [name, open] of stores) {
  test(`${name}: what was committed is there, what was deleted is not`, async t => {
    const store = await open(t);
    await store.commit([put(bytes(1), utf8('one')), put(bytes(2), utf8('two')), put(bytes(), utf8('empty key'))]);
    await store.commit([del(bytes(2)), put(bytes(1), bytes()), del(bytes(9))]);
    t.deepEqual(await store.get(bytes(1)), bytes());
    t.is(await store.get(bytes(2)), undefined);
    t.deepEqual(await store.get(bytes()), utf8('empty key'));
    await store.close();
  });

  test(`${name}: later operations of one commit win`, async t => {
    const store = await open(t);
    await store.commit([
      put(bytes(1), bytes(1)),
      del(bytes(1)),
      put(bytes(1), bytes(2)),
      put(bytes(3), bytes(3)),
      del(bytes(3)),
    ]);
    t.deepEqual(await store.get(bytes(1)), bytes(2));
    t.is(await store.get(bytes(3)), undefined);
    await store.commit([]);
    await store.close();
  });

  test(`${name}: a range is ordered by bytes, closed below, open above, and has a limit`, async t => {
    const store = await open(t);
    const all = [bytes(0), bytes(1), bytes(1, 0), bytes(1, 255), bytes(2), bytes(128), bytes(255), bytes(255, 255)];
    await store.commit([...all].reverse().map(key => put(key, key)));
    t.deepEqual(await keys(store, bytes(), bytes(255, 255, 255)), all.map(toHex));
    t.deepEqual(await keys(store, bytes(1), bytes(2)), ['01', '0100', '01ff']);
    t.deepEqual(await keys(store, bytes(1), bytes(255), 2), ['01', '0100']);
    t.deepEqual(await keys(store, bytes(1), bytes(255), 0), []);
    t.deepEqual(await keys(store, bytes(2), bytes(2)), []);
    t.deepEqual(await keys(store, bytes(3), bytes(2)), []);
    for await (const [key, value] of store.range(bytes(128), bytes(255))) t.deepEqual(key, value);
    await store.close();
  });

  test(`${name}: an iteration sees the store as it was when it began`, async t => {
    const store = await open(t);
    await store.commit([put(bytes(1), bytes(1)), put(bytes(2), bytes(2)), put(bytes(3), bytes(3))]);
    const seen: string[] = [];
    for await (const [key, value] of store.range(bytes(0), bytes(9))) {
      seen.push(toHex(key) + toHex(value));
      await store.commit([del(bytes(2)), put(bytes(3), bytes(9)), put(bytes(4), bytes(4))]);
    }
    t.deepEqual(seen, ['0101', '0202', '0303']);
    await store.close();
  });

  test(`${name}: the bytes handed out are the caller's own`, async t => {
    const store = await open(t);
    const value = bytes(1, 2, 3);
    await store.commit([put(bytes(1), value)]);
    value[0] = 9;
    (await store.get(bytes(1)))?.fill(8);
    t.deepEqual(await store.get(bytes(1)), bytes(1, 2, 3));
    await store.close();
  });

  test(`${name}: a closed store refuses`, async t => {
    const store = await open(t);
    await store.close();
    await t.throwsAsync(store.get(bytes(1)));
    await t.throwsAsync(store.commit([put(bytes(1), bytes(1))]));
    await t.throwsAsync(keys(store, bytes(0), bytes(1)));
  });
}

test('a fork of the memory store goes its own way', async t => {
  const store = memoryStore();
  await store.commit([put(bytes(1), bytes(1))]);
  const fork = store.fork();
  await store.commit([put(bytes(1), bytes(2))]);
  t.deepEqual(await fork.get(bytes(1)), bytes(1));
});

test('a commit of the memory store that fails leaves nothing', async t => {
  const store = memoryStore(() => {
    throw new Error('disk full');
  });
  await t.throwsAsync(store.commit([put(bytes(1), bytes(1))]));
  t.is(store.count, 0);
});

test('a store on the disk keeps what was committed when it is opened again', async t => {
  const folder = await folderFor(t);
  const first = await openLevelStore(folder, { networkId });
  await first.commit([put(bytes(5), bytes(6))]);
  await first.close();
  const second = await openLevelStore(folder, { networkId });
  t.deepEqual(await second.get(bytes(5)), bytes(6));
  t.deepEqual(await keys(second, bytes(), bytes(255)), ['05'], 'the marks are not among the keys');
  await second.close();
});

test('a store of another network is refused', async t => {
  const folder = await folderFor(t);
  await (await openLevelStore(folder, { networkId })).close();
  const error = await t.throwsAsync(openLevelStore(folder, { networkId: new Uint8Array(32) }));
  t.like(error, { code: 'STORE_FOREIGN' });
  await (await openLevelStore(folder, { networkId })).close();
});

test('a store of another format, or of another program, is refused', async t => {
  const folder = await folderFor(t);
  await (await openLevelStore(folder, { networkId })).close();
  const db = new ClassicLevel<string, Uint8Array>(folder, { valueEncoding: 'view' });
  const older = [1, 2, 3, 4].map(format => bytes(format, 0, 0, 0));
  for (const value of [...older, bytes(6, 0, 0, 0), bytes(0, 0, 0, 0), bytes(5), bytes(5, 0, 0, 0, 0)]) {
    await db.open();
    await db.put('\0format', value);
    await db.close();
    t.like(await t.throwsAsync(openLevelStore(folder, { networkId })), { code: 'STORE_FORMAT' });
  }
  await db.open();
  await db.clear();
  await db.put('somebody', utf8('else'));
  await db.close();
  t.like(await t.throwsAsync(openLevelStore(folder, { networkId })), { code: 'STORE_FORMAT' });
});

test('a value that has changed, has been cut, or lies under another key is not handed out', async t => {
  const folder = await folderFor(t);
  const [at, other] = [bytes(5), bytes(6)];
  const store = await openLevelStore(folder, { networkId });
  await store.commit([put(at, bytes(1, 2, 3)), put(other, bytes(1, 2, 3))]);
  await store.close();
  const db = new ClassicLevel<Uint8Array, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' });
  await db.open();
  const [own, others] = await db.getMany([concat([bytes(1), at]), concat([bytes(1), other])]);
  await db.close();
  if (!own || !others) return t.fail('the values are there');
  const flipped = Uint8Array.from(own, (byte, k) => (k === 1 ? byte ^ 4 : byte));
  for (const value of [flipped, own.subarray(1), own.subarray(0, 4), bytes(), others]) {
    await db.open();
    await db.put(concat([bytes(1), at]), value);
    await db.close();
    const again = await openLevelStore(folder, { networkId });
    t.like(await t.throwsAsync(again.get(at)), { code: 'STORE_DAMAGED' });
    t.like(await t.throwsAsync(keys(again, bytes(), bytes(255))), { code: 'STORE_DAMAGED' });
    t.deepEqual(await again.get(other), bytes(1, 2, 3));
    await again.close();
  }
});

test('a store that is open elsewhere is refused', async t => {
  const folder = await folderFor(t);
  const first = await openLevelStore(folder, { networkId });
  t.like(await t.throwsAsync(openLevelStore(folder, { networkId })), { code: 'STORE_LOCKED' });
  await first.close();
});
