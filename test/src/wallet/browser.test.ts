/** The wallet as a browser loads it: bundled, with the package's `browser` field in force. */
import test from 'ava';
import { decodeNetworkFile, encodeNetworkFile } from '../../../src/network/index.js';
import type * as library from '../../../src/wallet/index.js';
import { bundleForBrowser, importBundle } from '../../harness/browser-bundle.js';
import { FakeBanks } from '../../harness/fake-bank.js';
import { cheap, memoryWalletStore, quickClock } from './wallets.js';

const result = await bundleForBrowser('wallet');

test('the bundle asks for nothing from outside: no Node built-in, no bank', t => {
  for (const { imports } of Object.values(result.metafile.outputs)) t.deepEqual(imports, []);
  const inputs = Object.keys(result.metafile.inputs);
  t.deepEqual(
    inputs.filter(path => /primitives-node|^node:|src\/(agreement|bank)\/|libsodium|\bnode\/host/.test(path)),
    [],
  );
  t.true(inputs.some(path => /primitives-browser\.(ts|js)$/.test(path)));
});

for (const pageSize of [1, 3]) {
  test(`for K = ${pageSize} the bundle pays, and banks in Node open its envelopes`, async t => {
    const { Wallet } = await importBundle<typeof library>(result);
    const banks = new FakeBanks({ balances: [100n, 50n, 0n], pageSize });
    const { network, gateways } = decodeNetworkFile(encodeNetworkFile(banks.network, banks.gateways));
    const store = memoryWalletStore();
    const options = {
      store,
      passphrase: 'pass',
      network,
      gateways,
      fetch: banks.fetch,
      connect: banks.connect,
      clock: quickClock,
    };
    const wallet = await Wallet.create({ ...options, cost: cheap });
    for (const account of [0, 1]) await wallet.openAccount({ claim: banks.claim(account) });
    t.like(await wallet.transfer({ from: 0, to: 1, amount: 60n }), { verdict: 'settled' });
    t.like(await wallet.transfer({ from: 0, to: 1, amount: 60n }), { verdict: 'cancelled' });
    t.is((await wallet.balance(1)).balance, 110n);
    const batch = [1n, 2n].map(amount => ({ from: 1, to: 0, amount, reference: `back ${amount}` }));
    t.like(await wallet.transferMany(batch), [{ verdict: 'settled' }, { verdict: 'settled' }]);
    t.is((await (await Wallet.open(options)).balance(0)).balance, 43n);
  });
}
