/** The wallet as a browser loads it: bundled, with the package's `browser` field in force. */
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { build } from 'esbuild';
import { decodeNetworkFile, encodeNetworkFile } from '../../../src/network/index.js';
import type * as library from '../../../src/wallet/index.js';
import { FakeBanks } from '../../harness/fake-bank.js';
import { cheap, memoryWalletStore, quickClock } from './wallets.js';

const source = (path: string) => fileURLToPath(new URL(`../../../src/${path}`, import.meta.url));

const result = await build({
  entryPoints: [source('wallet/index.ts')],
  bundle: true,
  format: 'esm',
  platform: 'browser', // resolves no Node built-in: one in the import graph fails the build
  target: 'es2023',
  write: false,
  metafile: true,
  logLevel: 'silent',
  plugins: [
    {
      name: 'browser-primitives',
      setup(bundle) {
        const path = source('crypto/primitives-browser.ts');
        bundle.onResolve({ filter: /\/primitives-node\.js$/ }, () => ({ path }));
      },
    },
  ],
});

test('the bundle asks for nothing from outside: no Node built-in, no bank', t => {
  for (const { imports } of Object.values(result.metafile.outputs)) t.deepEqual(imports, []);
  const inputs = Object.keys(result.metafile.inputs);
  t.deepEqual(
    inputs.filter(path => /primitives-node|^node:|src\/(agreement|bank)\/|libsodium|\bnode\/host/.test(path)),
    [],
  );
  t.true(inputs.some(path => path.endsWith('primitives-browser.ts')));
});

for (const pageSize of [1, 3]) {
  test(`for K = ${pageSize} the bundle pays, and banks in Node open its envelopes`, async t => {
    const code = Buffer.from(result.outputFiles[0].contents).toString('base64');
    const { Wallet }: typeof library = await import(`data:text/javascript;base64,${code}`);
    const banks = new FakeBanks({ balances: [100n, 50n, 0n], pageSize });
    const { network, gateways } = decodeNetworkFile(encodeNetworkFile(banks.network, banks.gateways));
    const store = memoryWalletStore();
    const options = { store, passphrase: 'pass', network, gateways, fetch: banks.fetch, clock: quickClock };
    const wallet = await Wallet.create({ ...options, cost: cheap });
    for (const account of [0, 1]) await wallet.openAccount({ claim: banks.claim(account) });
    t.like(await wallet.transfer({ from: 0, to: 1, amount: 60n }), { verdict: 'settled' });
    t.like(await wallet.transfer({ from: 0, to: 1, amount: 60n }), { verdict: 'cancelled' });
    t.is((await wallet.balance(1)).balance, 110n);
    t.is((await (await Wallet.open(options)).balance(0)).balance, 40n);
  });
}
