/** The disk of one of three banks is deleted; it is rebuilt, the network amended, and payments go on. Real processes. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { exitCodes } from '../../node/commands/exit.js';
import { decodeNetworkFile } from '../../src/network/index.js';
import { Wallet } from '../../src/wallet/index.js';
import {
  cleanUp,
  covault,
  type Ended,
  type Net,
  newNetwork,
  type RunningBank,
  startBank,
  untilReady,
} from './real-processes.js';

const names = ['jp_norgan', 'ubz', 'bnq'] as const;
const lost = 'bnq';
const others = ['jp_norgan', 'ubz'] as const;

const ok = (t: ExecutionContext, ended: Ended, what: RegExp = /./) => {
  t.is(ended.code, exitCodes.done, ended.err);
  t.regex(ended.out, what);
};

async function stop(bank: RunningBank): Promise<void> {
  bank.child.kill('SIGKILL');
  await bank.ended;
}

/** Amounts as the holder reads them, whoever the network file names. */
async function holder(net: Net) {
  const env = {
    COVAULT_WALLET: join(net.folder, 'alice.wallet'),
    COVAULT_PASSPHRASE: 'the passphrase of alice',
    COVAULT_NETWORK: net.networkFile,
  };
  const { network, gateways } = decodeNetworkFile(await readFile(net.networkFile, 'utf8'));
  const save = (text: string) => writeFile(env.COVAULT_WALLET, text, { mode: 0o600 });
  const store = { load: async () => undefined, save };
  await Wallet.create({
    store,
    passphrase: env.COVAULT_PASSPHRASE,
    network,
    gateways,
    cost: { N: 2 ** 10, r: 8, p: 1 },
  });
  const run = (...args: string[]) => covault(args, env);
  const pay = (amount: string, reference: string) =>
    run('transfer', '--from', '0', '--to', '1', '--amount', amount, '--reference', reference);
  const balances = async () => {
    const { out, err } = await run('balance', '0', '1', '--json');
    return out === '' ? err : JSON.parse(out).balances.map(({ balance }: { balance: string }) => balance);
  };
  return { env, run, pay, balances };
}

test.after.always(cleanUp);

test('a bank whose disk is gone is rebuilt by the others, comes back under a new roster, and nothing is lost', async t => {
  t.timeout(240_000);
  const net = await newNetwork('--banks', names.join(), '--accounts', '3', '--page-size', '1', '--fund-all', '100');
  const file = (name: string) => join(net.folder, name);
  const banks = new Map<string, RunningBank>();
  const startAll = async () => {
    await Promise.all(names.map(async name => banks.set(name, await startBank(net.configOf(name)))));
    await untilReady(...banks.values());
  };
  await startAll();
  const alice = await holder(net);
  for (const account of [0, 1]) ok(t, await alice.run('account', 'open', '--claim', net.claimOf(account)));
  ok(t, await alice.pay('10.50', 'first'), /^settled/);

  // the disk is gone; the others say whom they wait for
  await stop(banks.get(lost) as RunningBank);
  const folder = JSON.parse(await readFile(net.configOf(lost), 'utf8')).dataFolder;
  const dataFolder = join(net.folder, 'configs', folder);
  await rm(dataFolder, { recursive: true });
  const says = async () => (await covault(['bank', 'status', '--config', net.configOf('ubz')])).out;
  while (!/bnq: not connected/.test(await says())) await new Promise(next => setTimeout(next, 200));
  t.regex(await says(), /waits for bnq\n/);

  for (const by of others) {
    const out = file(`${by}.copy`);
    ok(t, await covault(['bank', 'copy', '--of', lost, '--config', net.configOf(by), '--out', out]));
  }
  const noSuch = ['bank', 'copy', '--of', 'nobody', '--config', net.configOf('ubz'), '--out', file('no.copy')];
  t.is((await covault(noSuch)).code, exitCodes.caller);
  const recover = ['bank', 'recover', '--config', net.configOf(lost), '--recovery-key', file(`recovery/${lost}.json`)];
  const one = await covault([...recover, '--copy', file('ubz.copy')]);
  t.is(one.code, exitCodes.caller);
  t.regex(one.err, /a copy is missing, of jp_norgan/);
  const copies = others.flatMap(by => ['--copy', file(`${by}.copy`)]);
  const recovered = await covault([...recover, ...copies]);
  ok(t, recovered, /"covaultBank": 1/);
  t.regex(recovered.err, /bnq is rebuilt up to height \d+/);
  const identity = file('bnq.public.json');
  await writeFile(identity, recovered.out);
  const again = await covault([...recover, ...copies]);
  t.is(again.code, exitCodes.caller, 'a data folder is never written over');
  // under the old roster it does not start: it has another sealing key there
  t.is((await covault(['bank', 'start', '--config', net.configOf(lost)])).code, exitCodes.caller);

  // every bank signs; without one of them there is no new roster
  const signatures: string[] = [];
  const change = ['--network', net.networkFile, '--bank', identity];
  for (const name of names) {
    const signed = await covault(['network', 'sign', ...change, '--config', net.configOf(name)]);
    ok(t, signed, /"covaultAmendment": 1/);
    await writeFile(file(`${name}.signature`), signed.out);
    signatures.push('--signature', file(`${name}.signature`));
  }
  const amended = file('network-1.json');
  const unsigned = await covault(['network', 'amend', ...change, ...signatures.slice(2), '--out', amended]);
  t.is(unsigned.code, exitCodes.caller);
  t.regex(unsigned.err, /not signed by jp_norgan/);
  ok(t, await covault(['network', 'amend', ...change, ...signatures, '--out', amended]), /roster version 1/);

  for (const by of others) await stop(banks.get(by) as RunningBank);
  await rename(net.networkFile, file('network-0.json'));
  await rename(amended, net.networkFile);
  await startAll();
  t.deepEqual(await alice.balances(), ['89.50', '110.50']);
  ok(t, await alice.pay('9.50', 'second'), /^settled/);
  t.deepEqual(await alice.balances(), ['80.00', '120.00']);
  ok(t, await covault(['bank', 'audit', '--config', net.configOf(lost)]));
  for (const name of names) {
    const { gateway } = banks.get(name) as RunningBank;
    ok(t, await covault(['log', 'verify', '--gateway', gateway, '--network', net.networkFile]), /the log holds/);
    // whoever holds the old file checks the same log with it
    ok(t, await covault(['log', 'verify', '--gateway', gateway, '--network', file('network-0.json')]));
  }
});
