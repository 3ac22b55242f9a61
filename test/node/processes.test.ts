/** Banks as processes over libp2p: payments, strangers, a bank that is killed. */
import { randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import { tcp } from '@libp2p/tcp';
import { multiaddr } from '@multiformats/multiaddr';
import test, { type ExecutionContext } from 'ava';
import { createLibp2p } from 'libp2p';
import { exitCodes } from '../../node/commands/exit.js';
import '../../node/host/polyfill.js';
import { decodeNetworkFile } from '../../src/network/index.js';
import { Wallet } from '../../src/wallet/index.js';
import {
  cleanUp,
  covault,
  type Ended,
  type Net,
  newNetwork,
  type RunningBank,
  start,
  startBank,
  takenPort,
  untilReady,
} from './real-processes.js';

/** Three banks that run, K = 1, two holders; the tests stand in the order of its life. */
const names = ['jp_norgan', 'ubz', 'bnq'] as const;
let net: Net;
const banks: RunningBank[] = [];

/** Two banks of another network, never both started. */
let other: Net;

/** Strong passphrases cost half a second a command; `wallet create` as users run it has a test of its own. */
const cheap = { N: 2 ** 10, r: 8, p: 1 };

/** A holder with a wallet file of its own. */
async function holder(name: string) {
  const env = {
    COVAULT_NETWORK: net.networkFile,
    COVAULT_WALLET: join(net.folder, `${name}.wallet`),
    COVAULT_PASSPHRASE: `the passphrase of ${name}`,
  };
  const save = (text: string) => writeFile(env.COVAULT_WALLET, text, { mode: 0o600 });
  const { network, gateways } = decodeNetworkFile(await readFile(net.networkFile, 'utf8'));
  const store = { load: async () => undefined, save };
  await Wallet.create({ store, passphrase: env.COVAULT_PASSPHRASE, network, gateways, cost: cheap });
  const run = (...args: string[]) => covault(args, env);
  const pay = (from: number, to: number, amount: string, reference: string, ...more: string[]) =>
    ['transfer', '--from', `${from}`, '--to', `${to}`, '--amount', amount, '--reference', reference, ...more] as const;
  const balance = async (account: number) => {
    const { out, err } = await run('balance', `${account}`, '--json');
    return out === '' ? err : JSON.parse(out).balances[0].balance;
  };
  return { env, run, pay, balance };
}

let alice: Awaited<ReturnType<typeof holder>>;
let bob: Awaited<ReturnType<typeof holder>>;

/** A command that is refused: its exit code, and the code of the error it prints with --json. */
async function refused(args: readonly string[], env: Record<string, string> = {}) {
  const { code, out, err } = await covault([...args, '--json'], env);
  try {
    return { exit: code, ...JSON.parse(out).error };
  } catch {
    return { exit: code, out, err };
  }
}

const ok = (t: ExecutionContext, ended: Ended, what: RegExp = /./) => {
  t.is(ended.code, exitCodes.done, ended.err);
  t.regex(ended.out, what);
};

test.before(async () => {
  net = await newNetwork('--banks', names.join(), '--accounts', '3', '--page-size', '1', '--fund-all', '100');
  other = await newNetwork('--banks', 'one,two', '--accounts', '2', '--page-size', '2', '--fund-all', '1');
  [alice, bob] = [await holder('alice'), await holder('bob')];
  banks.push(...(await Promise.all(names.map(name => startBank(net.configOf(name))))));
  await untilReady(...banks);
});

test.after.always(cleanUp);

test.serial('two holders open accounts; a payment made twice under one reference pays once', async t => {
  t.timeout(60_000);
  for (const [who, account] of [
    [alice, 0],
    [bob, 1],
  ] as const) {
    ok(t, await who.run('account', 'open', '--claim', net.claimOf(account)), /cov1/);
  }
  const wallet = join(net.folder, 'carol.wallet');
  ok(t, await alice.run('wallet', 'create', '--wallet', wallet), /^([a-z]+ ){11}[a-z]+\n$/);
  t.is((await stat(wallet)).mode & 0o777, 0o600);
  const rent = alice.pay(0, 1, '10.50', 'rent', '--bank', names[0]);
  ok(t, await alice.run(...rent), /^settled at height \d+ \(reference rent\)\n$/);
  ok(t, await alice.run(...rent), /^settled/);
  t.deepEqual([await alice.balance(0), await bob.balance(1)], ['89.50', '110.50']);

  const reused = await refused(alice.pay(0, 1, '10.51', 'rent'), alice.env);
  t.like(reused, { exit: exitCodes.caller, code: 'REFERENCE_REUSED' });
  const overdraft = await alice.run(...alice.pay(0, 1, '89.51', 'too much', '--json'));
  t.is(overdraft.code, exitCodes.cancelled);
  t.like(JSON.parse(overdraft.out), { verdict: 'cancelled', reference: 'too much' });
  t.is(await alice.balance(0), '89.50');
});

test.serial(
  'a payee reads what was paid for; who was given a viewing code sees a balance until consent is withdrawn',
  async t => {
    t.timeout(90_000);
    const [{ address }] = JSON.parse((await bob.run('account', 'list', '--json')).out).accounts;
    const memo = ['--memo', 'for May, thanks'];
    ok(t, await alice.run('transfer', '--from', '0', '--to', address, '--amount', '0', ...memo), /^settled/);
    const history = JSON.parse((await bob.run('history', '--json')).out).history;
    t.like(
      history.find(({ memo: told }: { memo?: string }) => told === 'for May, thanks'),
      { kind: 'received', account: 1, amount: '0.00' },
    );
    ok(t, await alice.run('history', '--account', '0'), /to 1 +0\.00 +paid .*for May, thanks\n/);
    ok(t, await alice.run('statement', '--account', '0', '--csv'), /,sent,-10\.50,1,rent,\n/);

    const { link } = JSON.parse((await alice.run('consent', 'give', '--account', '0', '--to', 'tax', '--json')).out);
    const auditor = { COVAULT_NETWORK: net.networkFile, COVAULT_WALLET: join(net.folder, 'none') };
    ok(t, await covault(['consent', 'open', link], auditor), /^account +balance +height\n0 +89\.50 +\d+\n$/);
    ok(t, await alice.run('consent', 'withdraw', '--account', '0'), /1 viewing code is void/);
    t.like(await refused(['consent', 'open', link], auditor), { exit: exitCodes.caller, code: 'CONSENT_WITHDRAWN' });
    t.is(await alice.balance(0), '89.50');
  },
);

test.serial('strangers and garbage get nowhere, and the network goes on', async t => {
  t.timeout(60_000);
  const stranger = await createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
  });
  t.teardown(() => stranger.stop());
  const protocol = `/covault/${JSON.parse(await readFile(net.networkFile, 'utf8')).summary.id.slice(0, 16)}/agreement/2`;
  // any: libp2p throws an event at times, which is no Error
  await t.throwsAsync(stranger.dialProtocol(multiaddr(banks[0].address), protocol), { any: true });
  await banks[0].said(new RegExp(`"peer":"${stranger.peerId}".*stranger-refused`));
  t.deepEqual(stranger.getConnections(), []);

  const [, peerPort] = /tcp\/(\d+)/.exec(banks[0].address) ?? [];
  for (const port of [Number(peerPort), Number(new URL(banks[0].gateway).port)]) {
    await Promise.all([1, 433, 70_001].map(bytes => throwAt(port, randomBytes(bytes))));
    await throwAt(port, Buffer.from('\x13/multistream/1.0.0\n\x07/noise\n'.repeat(50)));
    await throwAt(port, Buffer.from('POST /v1/envelopes HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n'));
  }
  const forged = await fetch(`${banks[0].gateway}/v1/envelopes`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: randomBytes(20_000),
  });
  t.true(forged.status >= 400 && forged.status < 500, `${forged.status}`);
  const ready = await (await fetch(`${banks[0].gateway}/v1/ready`)).json();
  t.deepEqual(ready, { ready: true, connected: names.slice(1), waitingFor: [] });
  ok(t, await bob.run(...bob.pay(1, 0, '0.50', 'change')), /^settled/);
  t.is(await bob.balance(1), '110.00');
});

/** Sends bytes to a port and waits for the other side to be done with them, or for a second. */
function throwAt(port: number, bytes: Uint8Array): Promise<void> {
  return new Promise(done => {
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.resume().on('error', () => {});
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on('close', () => done());
  });
}

test.serial('a bank killed while a payment is on its way: decided once, when it is back', async t => {
  t.timeout(90_000);
  const [, killed] = banks;
  const underWay = start('node/main.js', alice.pay(0, 1, '20', 'under way', '--bank', names[0]), alice.env);
  await underWay.said(/Sent to/);
  killed.child.kill('SIGKILL');
  await killed.ended;

  // a wallet told the dead bank asks another, and says who is waited for
  const waiting = start('node/main.js', bob.pay(1, 0, '1', 'while it is down', '--bank', names[1]), bob.env);
  await waiting.said(/Sent to (jp_norgan|bnq)/);
  await waiting.said(/Waiting for ubz/);
  t.like(await refused(bob.pay(1, 0, '1', 'second'), bob.env), { exit: exitCodes.caller, code: 'STORE_LOCKED' });
  await untilLost(banks[0], names[1]); // until then the link counts as one that may resume
  const status = await covault(['bank', 'status', '--config', net.configOf(names[0])]);
  ok(t, status, /^waits for ubz$/m);
  t.regex(status.out, /^bank +ubz: not connected$/m);
  t.regex(status.out, /^bank +bnq: connected, covault \d+\.\d+\.\d+$/m);

  banks[1] = await startBank(net.configOf(names[1]));
  ok(t, await underWay.ended, /^settled/);
  ok(t, await waiting.ended, /^settled/);
  ok(t, await alice.run(...alice.pay(0, 1, '20', 'under way')), /^settled/);
  ok(t, await bob.run(...bob.pay(1, 0, '1', 'while it is down')), /^settled/);
  t.deepEqual([await alice.balance(0), await bob.balance(1)], ['71.00', '129.00']);
});

async function untilLost({ gateway }: RunningBank, name: string): Promise<void> {
  for (;;) {
    const { connected } = (await (await fetch(`${gateway}/v1/ready`)).json()) as { connected: string[] };
    if (!connected.includes(name)) return;
    await new Promise(next => setTimeout(next, 50));
  }
}

test.serial('a wallet told a gateway where nobody is, or that of no bank, asks the next', async t => {
  t.timeout(60_000);
  const nobody = await takenPort();
  await nobody.close();
  const dead = await alice.run(...alice.pay(0, 1, '1', 'dead gateway', '--bank', `http://127.0.0.1:${nobody.port}`));
  ok(t, dead, /^settled/);
  t.regex(dead.err, /Sent to (jp_norgan|ubz|bnq)/);
  t.like(await refused(alice.pay(0, 1, '1', 'nobody', '--bank', 'nobody'), alice.env), {
    exit: exitCodes.caller,
    code: 'BAD_CONFIG',
  });
  t.is(await alice.balance(0), '70.00');
});

test.serial('what a holder gets wrong is refused before anything is sent', async t => {
  t.timeout(60_000);
  const before = await heightOf(banks[0]);
  const address = JSON.parse((await alice.run('account', 'list', '--json')).out).accounts[0].address as string;
  const mistyped = address.slice(0, -1) + (address.endsWith('q') ? 'p' : 'q');
  const claim = JSON.parse(await readFile(net.claimOf(2), 'utf8'));
  const wrongClaim = join(net.folder, 'wrong-claim.json');
  await writeFile(wrongClaim, JSON.stringify({ ...claim, secret: '00'.repeat(32) }));
  const to = (account: string) => alice.pay(0, 1, '1', 'r').with(4, account);
  const wrong: [string, readonly string[], Record<string, string>?][] = [
    ...['-1', '1.234', '1e3', 'NaN', '99999999999999'].map(
      amount => ['BAD_AMOUNT', alice.pay(0, 1, amount, 'r')] as [string, readonly string[]],
    ),
    ['BAD_ADDRESS', to(mistyped)],
    ['BAD_ADDRESS', to('cov1')],
    ['UNKNOWN_ACCOUNT', to('3')],
    ['SLOT_CLOSED', to('2')],
    ['BAD_PASSPHRASE', ['balance'], { COVAULT_PASSPHRASE: 'another' }],
    ['WRONG_NETWORK', ['balance'], { COVAULT_NETWORK: other.networkFile }],
    ['BAD_SIGNATURE', ['account', 'open', '--claim', wrongClaim]],
    ['BAD_SIGNATURE', ['account', 'open', '--account', '2']],
    ['WRONG_NETWORK', ['account', 'open', '--claim', other.claimOf(0)]],
    ['SLOT_OPEN', ['account', 'open', '--claim', net.claimOf(1)]],
  ];
  for (const [code, args, env = {}] of wrong) {
    const error = await refused(args, { ...alice.env, ...env });
    t.like(error, { exit: exitCodes.caller, code }, `${args.join(' ')}: ${JSON.stringify(error)}`);
  }
  t.is(await heightOf(banks[0]), before);
});

const heightOf = async ({ gateway }: RunningBank) =>
  ((await (await fetch(`${gateway}/v1/status`)).json()) as { height: number }).height;

test.serial(
  'the log is verified at every gateway, and in a data folder once its bank has stopped in order',
  async t => {
    t.timeout(60_000);
    const network = ['--network', net.networkFile];
    const verified = [];
    for (const { gateway } of banks) {
      const { code, out } = await covault(['log', 'verify', '--gateway', gateway, ...network, '--json']);
      t.is(code, exitCodes.done);
      verified.push(JSON.parse(out));
    }
    t.true(verified[0].height > 0);
    for (const each of verified) t.like(each, { height: verified[0].height, head: verified[0].head });

    const config = net.configOf(names[1]);
    t.like(await refused(['log', 'verify', '--config', config]), { exit: exitCodes.caller, code: 'STORE_LOCKED' });
    t.like(await refused(['bank', 'start', '--config', config]), { exit: exitCodes.caller, code: 'STORE_LOCKED' });
    for (const [i, { child, ended }] of banks.entries()) {
      child.kill(i === 0 ? 'SIGTERM' : 'SIGINT');
      const { code, err } = await ended;
      t.is(code, exitCodes.done, err);
      t.is(JSON.parse(err.trim().split('\n').at(-1) ?? '').msg, 'stopped');
    }
    const data = ['--data', join(net.folder, 'banks', names[1]), ...network];
    for (const source of [['--config', config], data]) {
      const { code, out } = await covault(['log', 'verify', ...source, '--json']);
      t.is(code, exitCodes.done);
      t.like(JSON.parse(out), { height: verified[0].height, head: verified[0].head });
    }
    const foreign = await refused(['log', 'verify', '--config', config, '--network', other.networkFile]);
    t.like(foreign, { exit: exitCodes.failed, code: 'STORE_FOREIGN' });
    t.like(await refused(['bank', 'status', '--config', config]), { exit: exitCodes.retry, code: 'UNREACHABLE' });
    const lonely = await refused(alice.pay(0, 1, '1', 'nobody there', '--timeout', '1'), alice.env);
    t.like(lonely, { exit: exitCodes.retry, facts: { reference: 'nobody there' } });
  },
);

test.serial('what an operator gets wrong ends the start at once, with a code', async t => {
  t.timeout(60_000);
  const taken = await takenPort();
  t.teardown(() => taken.close());
  const gateway = JSON.parse(await readFile(other.configOf('one'), 'utf8')).gateway;
  const begin = async (over: object) =>
    refused(['bank', 'start', '--config', await other.altered('one', { log: { level: 'silent' }, ...over })]);

  // the store has been opened by then, and belongs to this network from here on
  t.like(await begin({ gateway: { ...gateway, port: taken.port } }), {
    exit: exitCodes.caller,
    code: 'PORT_IN_USE',
    facts: { address: `127.0.0.1:${taken.port}` },
  });
  const listen = `/ip4/127.0.0.1/tcp/${taken.port}`;
  const inUse = await begin({ listen: [listen] });
  t.like(inUse, { exit: exitCodes.caller, code: 'PORT_IN_USE' });
  t.true(inUse.message.includes(listen), inUse.message);

  const wrong: [string, object][] = [
    ['mdns', { mdns: 'yes' }],
    ['gateway.port', { gateway: { ...gateway, port: 65_536 } }],
    ['listen[0]', { listen: ['127.0.0.1:4001'] }],
    ['gatway', { gatway: {} }],
    ['name', { name: 'two' }],
  ];
  for (const [i, error] of (await Promise.all(wrong.map(([, over]) => begin(over)))).entries()) {
    const [field] = wrong[i];
    t.like(error, { exit: exitCodes.caller, code: 'BAD_CONFIG', facts: { field } });
    for (const part of [error.facts.file, field, error.facts.expected]) t.true(error.message.includes(part), part);
  }
  t.like(await begin({ networkFile: '../nowhere.json' }), { exit: exitCodes.caller, code: 'FILE_MISSING' });
  t.like(await begin({ networkFile: net.networkFile }), { exit: exitCodes.caller, code: 'BAD_CONFIG' });
  const folder = join(other.folder, 'again');
  const identities = ['one', 'two'].flatMap(name => ['--bank', join(other.folder, 'identities', `${name}.json`)]);
  const sizes = ['--accounts', '2', '--page-size', '2', '--fund-all', '1'];
  const out = ['--out', join(folder, 'network.json'), '--claims', join(folder, 'claims')];
  ok(t, await covault(['network', 'create', ...identities, ...sizes, ...out]), /network [0-9a-f]{64}/);
  const foreign = await begin({ networkFile: '../again/network.json' });
  t.like(foreign, { exit: exitCodes.failed, code: 'STORE_FOREIGN' }, JSON.stringify(foreign));
  t.like(await begin({ dataFolder: '../nowhere' }), { exit: exitCodes.caller, code: 'FILE_MISSING' });
});
