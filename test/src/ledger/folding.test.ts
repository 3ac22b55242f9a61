/** Folding never changes what a ledger is: not at the end, not at any crash; and it hides no damage. */
import test, { type ExecutionContext } from 'ava';
import { under } from '../../../src/codec/index.js';
import { toHex, utf8 } from '../../../src/crypto/index.js';
import { fp } from '../../../src/field/index.js';
import { Folding } from '../../../src/ledger/folding.js';
import { loadLedger, loadState, recordSharesKey } from '../../../src/ledger/ledger-store.js';
import { encodePage, pageOf } from '../../../src/ledger/pages.js';
import type { LedgerState } from '../../../src/ledger/state.js';
import { foldedHeightsMax, unfoldedHeights } from '../../../src/limits.js';
import type { Store } from '../../../src/ports.js';
import { makeWorld } from '../../harness/banks.js';
import { reconstruct } from '../../harness/dealer.js';
import { foldAll, GrowingLedger, untilDone } from '../../harness/ledgers.js';
import { type MemoryStore, memoryStore } from '../../harness/memory-store.js';

const long = unfoldedHeights + 2 * foldedHeightsMax + 7;

async function grown(pageSize: number, heights: number): Promise<GrowingLedger> {
  const balances = Array.from({ length: 7 * pageSize }, (_, account) => (account % 3 === 0 ? 1_000n : 0n));
  const { network, parties } = makeWorld({ banks: 2, pageSize, balances });
  const ledger = new GrowingLedger({ network, parties, stores: [memoryStore(), memoryStore()] });
  const opens = new Map([
    [2, [1]],
    [3, [2 * pageSize]],
    [heights - 1, [7 * pageSize - 1]],
  ]);
  for (let h = 1; h <= heights; h++) await ledger.grow(h % 5, opens.get(h));
  return ledger;
}

/** Everything a state holds. */
function contents(state: LedgerState): string[] {
  const { accounts, pageSize } = state.network;
  const pages = Array.from({ length: accounts / pageSize }, (_, page) => toHex(encodePage(pageOf(state, page))));
  return [...pages, toHex(state.stateHash), `${state.height}`, `${state.supply}`];
}

async function keysUnder(store: Store, prefix: string): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for await (const [key] of store.range(...under(utf8(prefix)))) found.push(key);
  return found;
}

const storeOf = ({ stores }: GrowingLedger, bank: number) => stores[bank] as MemoryStore;

for (const pageSize of [1, 4]) {
  test(`K = ${pageSize}: base and what is above it are what all records were`, async t => {
    const ledger = await grown(pageSize, long);
    const { network, parties } = ledger;
    const folded: LedgerState[] = [];
    for (const { self } of parties) {
      const store = storeOf(ledger, self);
      const unfolded = await loadState(store, network, parties[self]);
      t.deepEqual(contents(unfolded), contents(ledger.states[self]));
      t.is(await foldAll(store, network, parties[self]), 2);
      const left = (await keysUnder(store, 'ledger/log/')).length;
      t.true(left >= unfoldedHeights && left < unfoldedHeights + foldedHeightsMax, `${left} are left`);
      const state = await loadState(store, network, parties[self]);
      t.deepEqual(contents(state), contents(unfolded));
      folded.push(state);
    }
    const balances = reconstruct(
      parties,
      folded.map(state => state.balances),
    );
    balances.forEach((balance, account) => {
      const expected = ledger.balances[account];
      t.is(balance, fp.sub(expected < 0n ? 0n : expected, expected < 0n ? -expected : 0n));
    });
  });

  test(`K = ${pageSize}: a crash at any commit leaves the ledger before the step or after it`, async t => {
    const ledger = await grown(pageSize, long);
    const { network, parties } = ledger;
    const whole = contents(ledger.states[1]);
    for (let survived = 0; survived < 3; survived++) {
      const disk = new Map<string, Uint8Array>();
      let left = survived;
      const dying = memoryStore(() => {
        if (left-- === 0) throw new Error('the power is gone');
      }, disk);
      left = Number.POSITIVE_INFINITY;
      for await (const [key, value] of storeOf(ledger, 1).range(new Uint8Array(), Uint8Array.of(255))) {
        await dying.commit([{ type: 'put', key, value }]);
      }
      left = survived;
      if (survived < 2) await t.throwsAsync(foldAll(dying, network, parties[1]));
      else t.is(await foldAll(dying, network, parties[1]), 2);
      const again = dying.fork();
      const { state, base } = await loadLedger(again, network, parties[1]);
      t.is(base.height, survived * foldedHeightsMax);
      t.deepEqual(contents(state), whole);
      await foldAll(again, network, parties[1]);
      t.deepEqual(contents(await loadState(again, network, parties[1])), whole);
    }
  });
}

test('blocks go on between the making of a step and its commit', async t => {
  const ledger = await grown(1, long - 3);
  const { network, parties } = ledger;
  const store = storeOf(ledger, 0);
  const folding = new Folding(store, await loadLedger(store, network, parties[0]));
  const step = await folding.next();
  for (let k = 0; k < 3; k++) {
    const [prepared] = await ledger.grow(4);
    folding.committed(prepared, ledger.states[0].stateHash);
  }
  await store.commit(step?.ops ?? []);
  step?.done();
  await untilDone(store, () => folding.next());
  t.is(folding.height, 2 * foldedHeightsMax);
  t.deepEqual(contents(await loadState(store, network, parties[0])), contents(ledger.states[0]));
});

test('a short log is left alone', async t => {
  const ledger = await grown(1, unfoldedHeights + foldedHeightsMax - 1);
  t.is(await foldAll(storeOf(ledger, 0), ledger.network, ledger.parties[0]), 0);
});

/** Refuses a ledger that was changed in this way, after folding; and takes the same one unchanged. */
async function refuses(t: ExecutionContext, damage: (store: MemoryStore) => Promise<void>): Promise<void> {
  const ledger = await grown(1, long);
  const store = storeOf(ledger, 0);
  await foldAll(store, ledger.network, ledger.parties[0]);
  await loadState(store, ledger.network, ledger.parties[0]);
  await damage(store);
  await t.throwsAsync(loadState(store, ledger.network, ledger.parties[0]), { code: 'STORE_DAMAGED' });
}

const del = (key: Uint8Array) => ({ type: 'del', key }) as const;

async function flip(store: Store, key: Uint8Array, at: number): Promise<void> {
  const value = (await store.get(key)) ?? new Uint8Array();
  value[at < 0 ? value.length + at : at] ^= 1;
  await store.commit([{ type: 'put', key, value }]);
}

const pageKey = (prefix: string, page: number) => Uint8Array.from([...utf8(prefix), 0, 0, 0, 0, 0, 0, 0, page]);

for (const [what, key] of [
  ['page of the base', pageKey('ledger/base-page/', 2)],
  ['running page', pageKey('ledger/page/', 2)],
  ['record above the base', recordSharesKey(long - 2)],
  ['base', utf8('ledger/base')],
  ['head', utf8('ledger/head')],
] as const) {
  test(`one bit changed in a ${what} is damage, wherever it is`, async t => {
    for (const at of [0, 12, 20, -1]) await refuses(t, store => flip(store, key, at));
  });

  test(`a ${what} that is lost is damage`, async t => {
    await refuses(t, store => store.commit([del(key)]));
  });
}

test('a page lost from both places is damage', async t => {
  await refuses(t, store => store.commit([del(pageKey('ledger/base-page/', 2)), del(pageKey('ledger/page/', 2))]));
});

test('half a step on the disk would be damage: that is why a step is one commit', async t => {
  const ledger = await grown(1, long);
  const { network, parties } = ledger;
  const store = storeOf(ledger, 0);
  const folding = new Folding(store, await loadLedger(store, network, parties[0]));
  const { ops = [] } = (await folding.next()) ?? {};
  for (const part of [ops.slice(0, 1), ops.slice(0, -1), ops.slice(-1), ops.slice(1)]) {
    const half = store.fork();
    await half.commit(part);
    await t.throwsAsync(loadState(half, network, parties[0]), { code: 'STORE_DAMAGED' });
  }
  await store.commit(ops);
  t.deepEqual(contents(await loadState(store, network, parties[0])), contents(ledger.states[0]));
});

test('a record that was damaged before it is folded stops the folding', async t => {
  for (const damage of [
    (store: Store) => store.commit([del(recordSharesKey(3))]),
    (store: Store) => flip(store, recordSharesKey(3), 0),
    (store: Store) => flip(store, recordSharesKey(3), -1),
    (store: Store) => flip(store, recordSharesKey(4), 24),
  ]) {
    const ledger = await grown(1, long);
    const store = storeOf(ledger, 0);
    const folding = new Folding(store, await loadLedger(store, ledger.network, ledger.parties[0]));
    await damage(store);
    await t.throwsAsync(folding.next(), { code: 'STORE_DAMAGED' });
  }
});
