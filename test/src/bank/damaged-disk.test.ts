/** A start reads what it stands on; whatever of it is gone or changed stops it, and the refusal says what to do. */
import test from 'ava';
import { under } from '../../../src/codec/index.js';
import { toHex, utf8 } from '../../../src/crypto/index.js';
import { openAll, pay } from '../../harness/holders.js';
import type { MemoryStore } from '../../harness/memory-store.js';
import { NetworkWorld } from '../../harness/network.js';

const damages: readonly (readonly [string, string, (value: Uint8Array) => Uint8Array | undefined])[] = [
  ['a page of the balances changed', 'ledger/page/', value => value.map((byte, k) => (k === 3 ? byte ^ 1 : byte))],
  ['a page of the balances is gone', 'ledger/page/', () => undefined],
  ['shares of a record changed', 'ledger/log/', value => value.map((byte, k) => (k === 30 ? byte ^ 1 : byte))],
  ['shares of a record are gone', 'ledger/log/', () => undefined],
  ['the head is gone', 'ledger/head', () => undefined],
  ['the last statement is gone', 'agreement/last', () => undefined],
  ['the last statement was cut', 'agreement/last', value => value.subarray(1)],
  ['the end of the public log is gone', 'log/', () => undefined],
  ['the end of the public log changed', 'log/', value => value.map((byte, k) => (k === 90 ? byte ^ 1 : byte))],
];

for (const [what, prefix, change] of damages) {
  test(`a bank does not start: ${what}`, async t => {
    const world = new NetworkWorld({ banks: 2, pageSize: 1, balances: [50n, 60n] });
    t.teardown(() => world.stopAll());
    await world.startAll();
    await openAll(world, [0, 1]);
    t.true(await pay(world, 0, 0, 1, 10n));
    await world.kill(1);
    await damage(world.stores[1], prefix, change);
    const error = await t.throwsAsync(world.start(1));
    t.like(error, { code: 'STORE_DAMAGED' });
    t.regex(error?.message ?? '', /covault bank recover/);
  });
}

/** The last value under that prefix. */
async function damage(store: MemoryStore, prefix: string, change: (value: Uint8Array) => Uint8Array | undefined) {
  const entries = [];
  for await (const entry of store.range(...under(utf8(prefix)))) entries.push(entry);
  const own = await store.get(utf8(prefix));
  const [key, value] = own ? [utf8(prefix), own] : (entries.at(-1) ?? [utf8(prefix), undefined]);
  if (!value) throw new Error(`nothing lies at ${toHex(key)}`);
  const changed = change(value);
  await store.commit([changed ? { type: 'put', key, value: changed } : { type: 'del', key }]);
}
