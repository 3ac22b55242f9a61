/** A payroll with real processes: killed in the middle, run again, at a network whose bank is killed too. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { exitCodes } from '../../node/commands/exit.js';
import { decodeNetworkFile } from '../../src/network/index.js';
import { Wallet } from '../../src/wallet/index.js';
import {
  cleanUp,
  covault,
  type Net,
  newNetwork,
  type RunningBank,
  start,
  startBank,
  untilReady,
} from './real-processes.js';

const names = ['jp_norgan', 'ubz', 'bnq'] as const;
const cheap = { N: 2 ** 10, r: 8, p: 1 };
let net: Net;
const banks: RunningBank[] = [];

async function holder(name: string, account: number) {
  const env = {
    COVAULT_NETWORK: net.networkFile,
    COVAULT_WALLET: join(net.folder, `${name}.wallet`),
    COVAULT_PASSPHRASE: `the passphrase of ${name}`,
  };
  const { network, gateways } = decodeNetworkFile(await readFile(net.networkFile, 'utf8'));
  const save = (text: string) => writeFile(env.COVAULT_WALLET, text, { mode: 0o600 });
  const store = { load: async () => undefined, save };
  await Wallet.create({ store, passphrase: env.COVAULT_PASSPHRASE, network, gateways, cost: cheap });
  const opened = await covault(['account', 'open', '--claim', net.claimOf(account)], env);
  if (opened.code !== 0) throw new Error(opened.err);
  const balance = async () =>
    JSON.parse((await covault(['balance', `${account}`, '--json'], env)).out).balances[0].balance;
  return { env, balance };
}

test.before(async () => {
  net = await newNetwork('--banks', names.join(), '--accounts', '2', '--page-size', '1', '--fund-all', '100');
  banks.push(...(await Promise.all(names.map(name => startBank(net.configOf(name))))));
  await untilReady(...banks);
});

test.after.always(cleanUp);

test.serial('a payroll that is killed again and again, and loses banks in between, pays every line once', async t => {
  t.timeout(240_000);
  const alice = await holder('alice', 0);
  const bob = await holder('bob', 1);
  const file = join(net.folder, 'payroll.csv');
  const write = (count: number) => {
    const lines = Array.from({ length: count }, (_, i) => `1,0.0${1 + (i % 5)},salary ${i}`);
    return writeFile(file, ['to,amount,reference', ...lines].join('\n'));
  };
  const args = ['transfer', '--from', '0', '--batch', file, '--json'];
  const run = () => start('node/main.js', args, alice.env);
  const killedAt = async (sign: RegExp) => {
    const running = run();
    await running.said(sign);
    running.child.kill('SIGKILL');
    t.is((await running.ended).code, null);
  };

  // kill -9 when the first envelopes go out, and when the first lines are settled
  await write(100);
  await killedAt(/Sent to/);
  await killedAt(/[1-9][0-9]* of 100/);
  // with a bank away nothing settles: killed for certain with envelopes on the way
  banks[2].child.kill('SIGKILL');
  await banks[2].ended;
  await write(120);
  await killedAt(/Sent to/);
  // and the next run loses the bank it talks to: the others get the same bytes
  const last = run();
  await last.said(/Sent to jp_norgan/);
  banks[0].child.kill('SIGKILL');
  await banks[0].ended;
  await last.said(/Sent to ubz/);
  for (const at of [0, 2]) banks[at] = await startBank(net.configOf(names[at]));
  const ended = await last.ended;
  t.is(ended.code, exitCodes.done, ended.err + ended.out);
  t.like(JSON.parse(ended.out), { settled: 120, cancelled: 0, rejected: 0, open: 0 });
  const total = (120 / 5) * (1 + 2 + 3 + 4 + 5);
  t.is(await alice.balance(), (100 - total / 100).toFixed(2));
  t.is(await bob.balance(), (100 + total / 100).toFixed(2));

  // again: as before, and nobody is asked to pay
  const again = await covault(args, alice.env);
  t.is(again.code, exitCodes.done);
  t.notRegex(again.err, /Sent to/);
  t.deepEqual(JSON.parse(again.out).lines, JSON.parse(ended.out).lines);
  t.is(await alice.balance(), (100 - total / 100).toFixed(2));
});

test.serial('a payroll that changes a line, or goes over the balance, ends as README says', async t => {
  t.timeout(60_000);
  const carol = { ...process.env, COVAULT_NETWORK: net.networkFile, COVAULT_WALLET: join(net.folder, 'alice.wallet') };
  const env = { ...carol, COVAULT_PASSPHRASE: 'the passphrase of alice' } as Record<string, string>;
  const file = join(net.folder, 'changed.csv');
  await writeFile(file, 'from,to,amount,reference\n0,1,0.05,salary 1\n0,1,1,bonus\n');
  const changed = await covault(['transfer', '--batch', file], env);
  t.is(changed.code, exitCodes.caller);
  t.regex(changed.err, /line 2: .*\(REFERENCE_REUSED\)/);
  await writeFile(file, 'from,to,amount,reference\n0,1,97,too much\n0,1,1,bonus\n');
  const poor = await covault(['transfer', '--batch', file], env);
  t.is(poor.code, exitCodes.cancelled, poor.err);
  t.regex(poor.out, /2 +too much +cancelled\n1 settled, 1 cancelled, 0 rejected, 0 open/);
});
