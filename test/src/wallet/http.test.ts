/** The wallet's own way out: `fetch`, its clock and its randomness, over a socket. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { Wallet } from '../../../src/wallet/index.js';
import { FakeBanks } from '../../harness/fake-bank.js';
import { cheap, memoryWalletStore } from './wallets.js';

test('without any port given, a wallet goes through the fetch, the clock and the randomness there are', async t => {
  const banks = new FakeBanks({ balances: [100n, 50n], pageSize: 2 });
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = new Uint8Array(Buffer.concat(pieces));
    const method = request.method === 'POST' ? 'POST' : 'GET';
    const signal = new AbortController().signal;
    const asked = { method, headers: {}, signal, ...(method === 'POST' ? { body } : {}) } as const;
    const answer = await banks.fetch(`http://bank-0.test${request.url}`, asked);
    response.writeHead(answer.status, { connection: 'close' }).end(await answer.text());
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const gateways = { 'bank-0': 'http://127.0.0.1:1', 'bank-1': url };
  const options = { store: memoryWalletStore(), passphrase: 'pass', network: banks.network, gateways };
  const wallet = await Wallet.create({ ...options, cost: cheap });
  await Promise.all([0, 1].map(account => wallet.openAccount({ claim: banks.claim(account) })));
  t.like(await wallet.transfer({ from: 0, to: 1, amount: 7n }), { verdict: 'settled' });
  t.is((await wallet.balance(1)).balance, 57n);
});
