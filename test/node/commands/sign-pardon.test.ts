/** What a bank looks at before it signs a pardon. */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { signPardon } from '../../../node/commands/sign-pardon.js';
import { createIdentity, storeFolder } from '../../../node/keys.js';
import { openLevelStore } from '../../../node/storage/index.js';
import { seededRandom, utf8 } from '../../../src/crypto/index.js';
import { encodeNetworkFile, makeNetwork } from '../../../src/network/index.js';
import { makeParties } from '../../harness/dealer.js';
import { ledgerOfPages, rekeyablePages } from '../../harness/large-ledger.js';
import { temporaryFolder } from '../../harness/temporary-folder.js';

async function bankWith(pageCount: number) {
  const folder = await temporaryFolder();
  const banks = await Promise.all(
    ['a', 'b', 'c'].map(name =>
      createIdentity({ dataFolder: join(folder, name), name, recoveryFile: join(folder, `${name}.json`) }),
    ),
  );
  const sizes = { accounts: 256 * (pageCount + 1), pageSize: 256, amountBits: 40, scale: 2, funded: [] };
  const network = makeNetwork({ salt: new Uint8Array(32), rosterVersion: 0, banks, ...sizes });
  const [networkFile, dataFolder] = [join(folder, 'network.json'), join(folder, 'a')];
  await writeFile(networkFile, encodeNetworkFile(network, {}));
  const open = () => openLevelStore(storeFolder(dataFolder), { networkId: network.id });
  const [party] = makeParties(3, seededRandom(utf8('pardon')));
  if (pageCount > 0) {
    const store = await open();
    await store.commit(ledgerOfPages(network, party, pageCount));
    await store.close();
  }
  return { dataFolder, open, sign: () => signPardon(dataFolder, networkFile) };
}

test('a ledger that is too large is not signed for; what it holds is as it was', async t => {
  const { dataFolder, sign } = await bankWith(rekeyablePages + 1);
  const before = await readdir(dataFolder);
  await t.throwsAsync(sign(), { code: 'OVERSIZED' });
  t.deepEqual(await readdir(dataFolder), before, 'nothing is kept as signed');
});

test('one that fits is; of one that is in use, or not there, the bank says that it has not looked', async t => {
  const { open, sign } = await bankWith(rekeyablePages);
  const { signed, notLookedAt } = await sign();
  t.like(signed, { bank: 'a', rosterVersion: 1 });
  t.is(notLookedAt, undefined);
  const running = await open();
  t.regex((await sign()).notLookedAt ?? '', /runs/);
  await running.close();
  const none = await bankWith(0);
  t.regex((await none.sign()).notLookedAt ?? '', /no ledger/);
});
