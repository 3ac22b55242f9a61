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

test.serial('a payroll that is killed again and again, and loses a bank, pays every line once', async t => {
  t.timeout(240_000);
  const alice = await holder('alice', 0);
  const bob = await holder('bob', 1);
  const file = join(net.folder, 'payroll.csv');
  const lines = Array.from({ length: 45 }, (_, i) => `1,0.${i % 9 === 0 ? '10' : '02'},salary ${i}`);
  await writeFile(file, ['to,amount,reference', ...lines].join('\n'));
  const args = ['transfer', '--from', '0', '--batch', file, '--json'];

  // kill -9: before anything, just after the first envelopes went out, and when some are settled
  for (const sign of [/Sent to/, /Sent to/, /[1-9][0-9]* of 45/, /(?:1[5-9]|[2-9][0-9]) of 45/]) {
    const run = start('node/main.js', args, alice.env);
    await run.said(sign);
    run.child.kill('SIGKILL');
    const { code } = await run.ended;
    t.is(code, null);
  }
  // the bank that serves goes away in the middle of the last run, and comes back
  const last = start('node/main.js', args, alice.env);
  await last.said(/(?:2[0-9]|3[0-9]) of 45/);
  banks[0].child.kill('SIGKILL');
  await banks[0].ended;
  banks[0] = await startBank(net.configOf(names[0]));
  const ended = await last.ended;
  t.is(ended.code, exitCodes.done, ended.err + ended.out);
  t.like(JSON.parse(ended.out), { settled: 45, cancelled: 0, rejected: 0, open: 0 });
  const total = 5 * 10 + 40 * 2;
  t.is(await alice.balance(), (100 - total / 100).toFixed(2));
  t.is(await bob.balance(), (100 + total / 100).toFixed(2));

  // again: as before, without a bank asked to pay
  const again = await covault(args, alice.env);
  t.is(again.code, exitCodes.done);
  t.deepEqual(JSON.parse(again.out).lines, JSON.parse(ended.out).lines);
  t.is(await alice.balance(), (100 - total / 100).toFixed(2));
});

test.serial('a payroll that changes a line, or goes over the balance, ends as README says', async t => {
  t.timeout(60_000);
  const carol = { ...process.env, COVAULT_NETWORK: net.networkFile, COVAULT_WALLET: join(net.folder, 'alice.wallet') };
  const env = { ...carol, COVAULT_PASSPHRASE: 'the passphrase of alice' } as Record<string, string>;
  const file = join(net.folder, 'changed.csv');
  await writeFile(file, 'from,to,amount,reference\n0,1,0.03,salary 1\n0,1,1,bonus\n');
  const changed = await covault(['transfer', '--batch', file], env);
  t.is(changed.code, exitCodes.caller);
  t.regex(changed.err, /line 2: .*\(REFERENCE_REUSED\)/);
  await writeFile(file, 'from,to,amount,reference\n0,1,99,too much\n0,1,1,bonus\n');
  const poor = await covault(['transfer', '--batch', file], env);
  t.is(poor.code, exitCodes.cancelled, poor.err);
  t.regex(poor.out, /2 +too much +cancelled\n1 settled, 1 cancelled, 0 rejected, 0 open/);
});
