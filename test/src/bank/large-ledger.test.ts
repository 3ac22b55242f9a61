/** A pardon of a ledger that one recovery entry does not hold is refused while there is a way back. */
import test from 'ava';
import { putHalted } from '../../../src/agreement/durable.js';
import { durablePrefix, loadDurable } from '../../../src/agreement/index.js';
import { putMacKeys } from '../../../src/bank/index.js';
import { entriesUnder, loadBank } from '../../../src/bank/load.js';
import { ed25519 } from '../../../src/crypto/index.js';
import { fitsRekeying } from '../../../src/ledger/new-macs.js';
import { amended, amendmentStatement } from '../../../src/network/index.js';
import { ledgerOfPages, rekeyablePages } from '../../harness/large-ledger.js';
import { memoryStore } from '../../harness/memory-store.js';
import { NetworkWorld } from '../../harness/network.js';

async function halted(pageCount: number) {
  const world = new NetworkWorld({ banks: 3, pageSize: 256, balances: Array(pageCount * 256).fill(0n) });
  const [{ network }, [party], [identitySeed]] = [world, world.parties, world.identitySeeds];
  let commits = 0;
  const store = memoryStore(() => void commits++);
  await store.commit([
    putMacKeys({ lift: 0, deltas: party.deltas }),
    putHalted({ kind: 'accusation', culprit: 2, why: 'a mistake' }),
    ...ledgerOfPages(network, party, pageCount),
  ]);
  await loadBank({ network, party, store, identitySeed });
  const statement = amendmentStatement(network, { lift: 1 });
  const signatures = world.identitySeeds.map(seed => ed25519.sign(seed, statement));
  const pardoned = amended(network, { lift: 1, signatures });
  const evidence = async () => loadDurable(await entriesUnder(store, durablePrefix), 3).halted;
  return { network, pardoned, evidence, commits: () => commits, disk: { party, store, identitySeed } };
}

test('one page more than fits: nothing is written, the evidence stays, and the old network file still starts', async t => {
  const { network, pardoned, evidence, commits, disk } = await halted(rekeyablePages + 1);
  t.deepEqual(
    [rekeyablePages, rekeyablePages + 1].map(count => fitsRekeying(network, count)),
    [true, false],
  );
  const before = commits();
  await t.throwsAsync(loadBank({ network: pardoned, ...disk }), { code: 'OVERSIZED' });
  t.is(commits(), before);
  const { agreement, isRekeying } = await loadBank({ network, ...disk });
  t.false(isRekeying);
  t.like(agreement.halted, { culprit: 2 });
  t.truthy(await evidence());
});

test('as many as fit: the pardon is taken up, and the old network file is refused from then on', async t => {
  const { network, pardoned, evidence, disk } = await halted(rekeyablePages);
  const { agreement, isRekeying } = await loadBank({ network: pardoned, ...disk });
  t.true(isRekeying);
  t.is(agreement.halted, undefined);
  t.is(await evidence(), undefined);
  await t.throwsAsync(loadBank({ network, ...disk }), { code: 'BAD_CONFIG' });
});
