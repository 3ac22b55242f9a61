/** The headers with memos that a bank keeps. */
import test from 'ava';
import { MemoLog, putMemosSince } from '../../../src/bank/memo-log.js';
import { seededRandom, utf8 } from '../../../src/crypto/index.js';
import { blankMemo, encodeHeader, type Header } from '../../../src/envelope/index.js';
import { isCode } from '../../../src/errors.js';
import { memoryStore } from '../../harness/memory-store.js';

const random = seededRandom(utf8('memo log'));

function headerTo(payeePage: number): Uint8Array {
  const header: Header = {
    networkId: random.bytes(32),
    rosterVersion: 0,
    arguments: { kind: 'transfer', payerPage: 7, payeePage, memo: blankMemo(random) },
    expiry: 9,
    nonce: random.bytes(16),
    explicitBank: 0,
    keyHashes: [random.bytes(32), random.bytes(32)],
    clientTag: 5n,
  };
  return encodeHeader(header);
}

const receipts = { tau: 3n, values: [4n, 5n] };

test('transfers to a page are found from a height on, those of all pages too', async t => {
  const store = memoryStore();
  const log = await MemoLog.open(store);
  const headers = [[1, 2], [2], [], [1, 1]].map(pages => pages.map(headerTo));
  for (const [i, each] of headers.entries()) await store.commit(log.keep({ height: i + 1, receipts, headers: each }));
  const again = await MemoLog.open(store);
  t.deepEqual(await again.find(1, 5, 1), {
    since: 1,
    blocks: [
      { height: 1, receipts, headers: [headers[0][0]] },
      { height: 4, receipts, headers: headers[3] },
    ],
    next: 5,
  });
  t.deepEqual(
    (await again.find(2, 5, undefined)).blocks.map(({ height }) => height),
    [2, 4],
  );
  t.deepEqual(await again.find(2, 4, 1), { since: 1, blocks: [], next: 4 }, 'what is not final is not shown');
});

test('an answer ends after a bound of work, and says where to go on', async t => {
  const store = memoryStore();
  const log = await MemoLog.open(store);
  const headers = Array.from({ length: 700 }, () => headerTo(1));
  for (let height = 1; height <= 24; height++) await store.commit(log.keep({ height, receipts, headers }));
  const seen: number[] = [];
  let answers = 0;
  for (let from = 1; from < 25; answers++) {
    const { blocks, next } = await log.find(from, 25, 1);
    seen.push(...blocks.map(({ height }) => height));
    t.true(next > from);
    from = next;
  }
  t.deepEqual(
    seen,
    Array.from({ length: 24 }, (_, i) => i + 1),
  );
  t.true(answers > 1);
});

test('the oldest are dropped once there is too much, also after a restart, and it is said from where on all are kept', async t => {
  const store = memoryStore();
  const headers = [headerTo(1)];
  const one = 8 + headers[0].length + 40;
  let log = await MemoLog.open(store, 5 * one);
  for (let height = 1; height <= 200; height++) {
    await store.commit(log.keep({ height, receipts, headers }));
    if (height % 50 === 0) log = await MemoLog.open(store, 5 * one);
    if (height % 70 !== 0) continue;
    for (let step = await log.next(); step; step = await log.next()) {
      await store.commit(step.ops);
      step.done();
    }
    const { since, blocks } = await log.find(1, 1_000, 1);
    const kept = blocks.map(each => each.height);
    t.is(since, kept[0]);
    t.deepEqual(await (await MemoLog.open(store)).find(1, 1_000, 1), await log.find(1, 1_000, 1));
    t.true(kept.length >= 4 && kept.length <= 6, `${kept.length}`);
    t.is(kept.at(-1), height);
  }
  t.is(await (await MemoLog.open(memoryStore())).next(), undefined);
});

test('a damaged entry says that the store is damaged, wherever it is met', async t => {
  const store = memoryStore();
  await store.commit((await MemoLog.open(store)).keep({ height: 1, receipts, headers: [headerTo(1)] }));
  await store.commit([putMemosSince(1)]);
  const log = await MemoLog.open(store, 0);
  const entries = [];
  for await (const entry of store.range(utf8('memos/'), utf8('memos0'))) entries.push(entry);
  t.is(entries.length, 3);
  const isDamage = async (call: () => Promise<unknown>, what: string) =>
    t.true(isCode(await t.throwsAsync(call), 'STORE_DAMAGED'), what);
  for (const [key, value] of entries) {
    const put = (bytes: Uint8Array) => store.commit([{ type: 'put', key, value: bytes }]);
    await put(value.subarray(1));
    await isDamage(() => MemoLog.open(store), 'at the start');
    if (value.length > 8) {
      await isDamage(() => log.find(1, 2, undefined), 'when it is asked for');
      await isDamage(() => log.next(), 'when it is to be dropped');
    }
    await put(value);
  }
  t.is((await (await MemoLog.open(store)).find(1, 2, 1)).blocks.length, 1);
});
