/** `covault log verify` on a data folder: sealed or not, it sees the whole chain, and no hole in it is passed over. */
import test from 'ava';
import { storedLog } from '../../../node/commands/verify-log.js';
import { logKey, putCertified, Sealing } from '../../../src/agreement/index.js';
import { under } from '../../../src/codec/index.js';
import { utf8 } from '../../../src/crypto/index.js';
import { verifyLog } from '../../../src/ledger/log.js';
import { segmentHeightsMax, unsealedHeights } from '../../../src/limits.js';
import type { Store } from '../../../src/ports.js';
import { untilDone } from '../../harness/ledgers.js';
import { memoryStore } from '../../harness/memory-store.js';
import { certify, makeBanks, makeChain } from '../../src/ledger/records.js';

const banks = makeBanks(2);
const height = unsealedHeights + segmentHeightsMax + 3;
const contents = Array.from({ length: height }, (_, k) => ({ entries: [`${k}/0`, `${k}/1`], burned: [`burned ${k}`] }));
const log = makeChain(banks, contents).map(record => ({ record, certificate: certify(banks, record) }));

async function stored() {
  const store = memoryStore();
  for (const certified of log) await store.commit(putCertified(certified));
  return store;
}

async function seal(store: Store): Promise<number> {
  const sealing = await Sealing.open(store);
  return untilDone(store, () => sealing.next(height));
}

test('a sealed folder verifies as it did before', async t => {
  const store = await stored();
  const before = await verifyLog(banks.network, storedLog(store));
  t.is(before.height, height);
  t.is(before.envelopes, 2 * height);
  t.is(await seal(store), 1);
  t.deepEqual(await verifyLog(banks.network, storedLog(store)), before);
});

test('a hole, a lost segment and a changed one do not verify', async t => {
  const hole = await stored();
  await hole.commit([{ type: 'del', key: logKey(7) }]);
  await t.throwsAsync(verifyLog(banks.network, storedLog(hole)), { code: 'BAD_CERTIFICATE' });
  const sealed = await stored();
  await seal(sealed);
  for await (const [key, value] of sealed.range(...under(utf8('log-segment/')))) {
    const lost = sealed.fork();
    await lost.commit([{ type: 'del', key }]);
    await t.throwsAsync(verifyLog(banks.network, storedLog(lost)), { code: 'BAD_CERTIFICATE' });
    for (const at of [40, value.length >> 1, value.length - 1]) {
      const changed = value.slice();
      changed[at] ^= 1;
      const other = sealed.fork();
      await other.commit([{ type: 'put', key, value: changed }]);
      await t.throwsAsync(verifyLog(banks.network, storedLog(other)), { code: 'BAD_CERTIFICATE' });
    }
  }
});
