/** A pardon brings all there is under the new MAC keys: balances, keys that accounts were given since, what recovery entries hold. */
import test, { type ExecutionContext } from 'ava';
import { loadMacKeys, rebuild } from '../../../src/bank/index.js';
import { equalBytes, toHex } from '../../../src/crypto/index.js';
import { decodeHeader, type Envelope, encodeEnvelope, headerId, openMemo } from '../../../src/envelope/index.js';
import { fp } from '../../../src/field/index.js';
import { loadState } from '../../../src/ledger/ledger-store.js';
import { decodeRecord, hashReceipts } from '../../../src/ledger/log.js';
import { rekeyEnvelope, revealEnvelope, transferEnvelope } from '../../harness/banks.js';
import { balances, pay, settle, statuses } from '../../harness/holders.js';
import { memoSecret, paymentWithMemo } from '../../harness/memo-payment.js';
import { memoryStore } from '../../harness/memory-store.js';
import { type NetworkWorld, until } from '../../harness/network.js';
import { all, atOneHeight, checkDisks, copiesOf, haltedWorld, pardonAndStart, restarts } from './pardoned.js';

async function read(world: NetworkWorld, account: number, version: number): Promise<bigint | undefined> {
  const { envelope, outputMask } = revealEnvelope(world, account, version);
  const [status] = await settle(world, 1, envelope);
  return status.kind === 'revealed' ? fp.sub(status.y, outputMask) : undefined;
}

async function refused(t: ExecutionContext, world: NetworkWorld, ...stale: Envelope[]): Promise<void> {
  for (const envelope of stale) {
    if (world.network.pageSize === 1) {
      await t.throwsAsync(world.bank(0).submit(encodeEnvelope(envelope)), { code: 'BAD_SIGNATURE' } as object);
    } else t.deepEqual(await settle(world, 0, envelope), [{ kind: 'rejected', reason: 'authority' }]);
  }
}

/** The sum of all balances, as the banks open it. */
async function audited(world: NetworkWorld): Promise<bigint | undefined> {
  const id = await world.bank(0).audit();
  for (const bank of all) {
    await until('final', async () => (await world.bank(bank).envelope(id)).state === 'final');
  }
  const status = (await statuses(world, 0)).get(toHex(id));
  return status?.kind === 'audited' ? status.sum : undefined;
}

/** At every bank, under the receipts that its record vouches for. */
async function showsMemo(t: ExecutionContext, world: NetworkWorld, paid: Envelope, text: string): Promise<void> {
  for (const bank of all) {
    const { blocks } = await world.bank(bank).memos(1, undefined);
    const shown = blocks.flatMap(block => block.headers.map(header => ({ ...block, header })));
    const found = shown.find(({ header }) => equalBytes(headerId(header), paid.id));
    if (!found) return t.fail('the header is shown');
    t.is(openMemo(decodeHeader(found.header), memoSecret)?.text, text);
    const [{ record }] = await world.bank(bank).records(found.height, 1);
    t.deepEqual(hashReceipts(found.receipts), decodeRecord(record).receiptsHash);
  }
}

for (const pageSize of [1, 2]) {
  test(`K = ${pageSize}: new keys of accounts, memos and balances outlive a pardon, and the sum is what it was`, async t => {
    const page = pageSize === 1 ? 1 : 0;
    const paid: Envelope[] = [];
    const world = await haltedWorld(t, pageSize, { rekeyed: restarts }, async running => {
      paid.push(paymentWithMemo(running, 0, 2, 5n, 'for the bread'));
      const [status] = await settle(running, 0, paid[0]);
      t.is(status.kind, 'settled');
      t.deepEqual(await settle(running, 1, rekeyEnvelope(running, 1)), [{ kind: 'rekeyed', page }]);
      t.true(await pay(running, 0, 0, 1, 1n));
    });
    const due = [42n, 68n, 0n].map((balance, k) => balance + [-5n, 0n, 5n][k]);
    await pardonAndStart(world);
    await showsMemo(t, world, paid[0], 'for the bread');
    await refused(
      t,
      world,
      transferEnvelope(world, 1, 0, 1n).envelope,
      revealEnvelope(world, 1).envelope,
      rekeyEnvelope(world, 1),
    );
    t.deepEqual(await balances(world, [0, 2]), [due[0], due[2]]);
    t.is(await read(world, 1, 1), due[1]);
    // all of it is used once more: the new spending key pays and gives way to a third, and the memo's receipt is made
    await settle(world, 0, transferEnvelope(world, 1, 0, 3n, undefined, 1).envelope);
    t.deepEqual(await settle(world, 2, rekeyEnvelope(world, 1, 1)), [{ kind: 'rekeyed', page }]);
    const again = paymentWithMemo(world, 0, 2, 2n, 'for the salt');
    await settle(world, 1, again);
    await showsMemo(t, world, again, 'for the salt');
    await refused(t, world, revealEnvelope(world, 1, 1).envelope);
    const after = [due[0] + 3n - 2n, due[1] - 3n, due[2] + 2n];
    t.deepEqual(await balances(world, [0, 2]), [after[0], after[2]]);
    t.is(await read(world, 1, 2), after[1]);
    t.is(await audited(world), 110n);
    // and a second pardon takes it on
    for (const bank of all) await world.kill(bank);
    await checkDisks(t, world, [...after, 0n]);
    await pardonAndStart(world);
    t.is(await read(world, 1, 2), after[1]);
    t.is(await audited(world), 110n);
    await until('all stand at one height', () => atOneHeight(world));
    for (const bank of all) await world.kill(bank);
    await checkDisks(t, world, [...after, 0n]);
  });

  test(`K = ${pageSize}: a disk that is lost after a pardon and a rekey is rebuilt as it was`, async t => {
    const page = pageSize === 1 ? 1 : 0;
    const world = await haltedWorld(t, pageSize, { rekeyed: restarts }, async running => {
      t.deepEqual(await settle(running, 1, rekeyEnvelope(running, 1)), [{ kind: 'rekeyed', page }]);
    });
    await pardonAndStart(world);
    const rebuilds = async () => {
      await until('all stand at one height', () => atOneHeight(world));
      const copies = await copiesOf(world);
      const store = memoryStore();
      await rebuild({ network: world.network, self: 2, recoverySecret: world.recoverySecrets[2], copies, store });
      const disk = world.stores[2];
      const deltas = (await loadMacKeys(disk))?.deltas ?? [];
      const states = [store, disk].map(each => loadState(each, world.network, { self: 2, count: 3, deltas }));
      const [rebuilt, own] = await Promise.all(states);
      t.deepEqual([rebuilt.balances, rebuilt.keys], [own.balances, own.keys]);
      t.deepEqual([rebuilt.publicKeys, rebuilt.open, rebuilt.stateHash], [own.publicKeys, own.open, own.stateHash]);
    };
    await rebuilds();
    t.deepEqual(await settle(world, 0, rekeyEnvelope(world, 1, 1)), [{ kind: 'rekeyed', page }]);
    t.true(await pay(world, 0, 0, 2, 4n));
    await rebuilds();
  });
}
