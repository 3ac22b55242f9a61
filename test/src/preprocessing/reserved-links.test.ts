/** Link elements for a bank that is rebuilt: one for each roster version, and none that was ever offered. */
import test from 'ava';
import { hash, prgVec } from '../../../src/crypto/index.js';
import { addScaledInto, fp } from '../../../src/field/index.js';
import { reservedLinksCount } from '../../../src/limits.js';
import { LinkSharer, LinkVerifier } from '../../../src/preprocessing/key-link.js';
import { LinkStock, reservedNumber } from '../../../src/preprocessing/link-stock.js';
import { memoryStore } from '../../harness/memory-store.js';
import { reason, seeded, twoBanks } from './talks.js';

const D = 0x123456789abcdn;
const prefix = Uint8Array.of(9);
let sessions = 0;

/** One session between a sharer (bank 0) and a verifier (bank 1), under one roster version. */
async function session(sharer: LinkStock, verifier: LinkStock, o: { fresh?: boolean; key?: bigint } = {}) {
  const { talks, run } = twoBanks();
  const seed = hash('test', Uint8Array.of(sessions++));
  const stream = (part: number, count: number) => prgVec(hash('test', seed, Uint8Array.of(part)), count);
  const common = { context: new Uint8Array(32), random: seeded(`session ${sessions}`) };
  const sharerVole = {
    async extend(count: number) {
      const tag = stream(1, count);
      addScaledInto(tag, stream(0, count), o.key ?? D);
      return { u: stream(0, count), tag };
    },
    wipe: () => {},
  };
  return run(
    new LinkSharer({ ...common, talk: talks[0], links: sharer }).run(sharerVole, o.fresh ?? false),
    new LinkVerifier({ ...common, talk: talks[1], links: verifier }).run(
      { extend: async count => stream(1, count), wipe: () => {} },
      o.key ?? D,
    ),
  );
}

const passed = (halves: PromiseSettledResult<void>[]) => halves.every(({ status }) => status === 'fulfilled');
const at = (store: ReturnType<typeof memoryStore>, version: number) => new LinkStock(store, prefix, version);

/** After a few sessions under roster version 0, with what recovery entries hold of both. */
async function met() {
  const [sharer, verifier] = [memoryStore(), memoryStore()];
  if (!passed(await session(at(sharer, 0), at(verifier, 0), { fresh: true }))) throw new Error('they meet');
  const backups = [await at(sharer, 0).backup(2), await at(verifier, 0).backup(2)];
  for (let k = 0; k < 3; k++) await session(at(sharer, 0), at(verifier, 0));
  return { sharer, verifier, backups };
}

test('a fresh start reserves one element for each of the next roster versions, at both ends', async t => {
  const { sharer, verifier } = await met();
  const held = (await at(sharer, 0).held(1))?.reserved ?? [];
  const keys = (await at(verifier, 0).keys(0))?.reserved ?? [];
  const numbers = Array.from({ length: reservedLinksCount }, (_, k) => reservedNumber(k + 1));
  t.deepEqual(
    held.map(({ number }) => number),
    numbers,
  );
  held.forEach(({ w, T }, k) => {
    t.is(fp.add(keys[k].Q, fp.mul(D, w)), T);
  });
});

for (const [lost, who] of [
  [0, 'sharer'],
  [1, 'verifier'],
] as const) {
  test(`a rebuilt ${who} passes its first link under the next roster with the element reserved for it, once`, async t => {
    const { sharer, verifier, backups } = await met();
    const stores = [sharer, verifier];
    const rebuild = async (version: number) => {
      stores[lost] = memoryStore();
      await at(stores[lost], version).restore(2, backups[lost]);
    };
    await rebuild(0);
    t.true(passed(await session(at(stores[0], 1), at(stores[1], 1))));
    const held = await at(stores[0], 1).held(1);
    t.false(
      held?.reserved.some(({ number }) => number === reservedNumber(1)),
      'it is spent',
    );
    t.true(
      held?.reserved.some(({ number }) => number === reservedNumber(1 + reservedLinksCount)),
      'and another reserved',
    );
    t.true(passed(await session(at(stores[0], 1), at(stores[1], 1))), 'the stock is full again');
    // lost again: not under the same roster, whose element is spent, but under the next
    await rebuild(0);
    t.is(reason((await session(at(stores[0], 1), at(stores[1], 1)))[0]).code, 'LINK_STOCK_EMPTY');
    t.true(passed(await session(at(stores[0], 2), at(stores[1], 2))));
  });
}

test('a reserved element is offered under no other roster version than its own', async t => {
  const { sharer, backups } = await met();
  const empty = memoryStore();
  await at(empty, 0).restore(2, backups[1]);
  // the verifier holds reserved keys alone, and under version 0 nothing reserved is offered
  t.is(reason((await session(at(sharer, 0), at(empty, 0)))[0]).code, 'LINK_STOCK_EMPTY');
  t.is((await at(sharer, 0).held(1))?.reserved.length, reservedLinksCount);
});

test('a verifier with another key does not pass with a reserved element either', async t => {
  const { verifier, backups } = await met();
  const rebuilt = memoryStore();
  await at(rebuilt, 0).restore(2, backups[0]);
  const [half, other] = await session(at(rebuilt, 1), at(verifier, 1), { key: 0x77777n });
  t.is(half.status, 'rejected');
  t.like(reason(other), { code: 'DEVIATION' });
});

test('what cannot be read is no backup', async t => {
  const { backups } = await met();
  for (const bytes of [backups[0].subarray(1), Uint8Array.of(2), new Uint8Array(0)]) {
    await t.throwsAsync(at(memoryStore(), 0).restore(2, bytes), { code: 'MALFORMED' });
  }
});
