/** The commands that found a network and look after a bank. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Command } from 'commander';
import { exitCodeOf, exitCodes } from '../../../node/commands/exit.js';
import { registerOperatorCommands } from '../../../node/commands/operator.js';
import type { Output } from '../../../node/commands/output.js';
import { startGateway } from '../../../node/gateway/index.js';
import { storeFolder } from '../../../node/keys.js';
import { openLevelStore } from '../../../node/storage/index.js';
import { version } from '../../../node/version.js';
import { putCertified } from '../../../src/agreement/durable.js';
import { Writer } from '../../../src/codec/index.js';
import { toHex } from '../../../src/crypto/index.js';
import { CovaultError, type ErrorCode } from '../../../src/errors.js';
import { encodeRecord, type LedgerRecord, recordHash, writeCertificate } from '../../../src/ledger/log.js';
import { decodeNetworkFile, encodeNetworkFile } from '../../../src/network/index.js';
import { decodeClaim, makeClaim } from '../../../src/wallet/index.js';
import { temporaryFolder } from '../../harness/temporary-folder.js';
import { type Banks, certify, makeBanks, makeChain, signCommitted } from '../../src/ledger/records.js';
import { FakeBank, memoryLog, statusWithThread } from '../gateway/fake-bank.js';

const newFolder = () => temporaryFolder();

interface Ran {
  readonly out: string[];
  readonly said: string[];
  readonly error: unknown;
}

async function covault(...args: string[]): Promise<Ran> {
  const ran = { out: [] as string[], said: [] as string[], error: undefined as unknown };
  const to: Output = { data: line => void ran.out.push(line), note: line => void ran.said.push(line) };
  const program = new Command('covault')
    .exitOverride()
    .configureOutput({ writeOut: text => to.data(text), writeErr: text => to.note(text) });
  registerOperatorCommands(program, to);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    ran.error = error;
  }
  return ran;
}

async function fails(t: ExecutionContext, code: ErrorCode, exit: number, ...args: string[]): Promise<Ran> {
  const ran = await covault(...args);
  t.true(ran.error instanceof CovaultError, `${args.join(' ')}: ${String(ran.error)}`);
  t.is((ran.error as CovaultError).code, code);
  t.is(exitCodeOf(ran.error), exit);
  t.deepEqual(ran.out, []);
  return ran;
}

async function initBanks(folder: string, ...names: string[]): Promise<string[]> {
  const files = [];
  for (const name of names) {
    const { out, error } = await covault('bank', 'init', '--data', join(folder, name), '--name', name);
    if (error) throw error;
    const file = join(folder, `${name}.public.json`);
    await writeFile(file, out.join('\n'));
    files.push(file);
  }
  return files;
}

test('two banks make a network whose funded accounts can be claimed', async t => {
  const folder = await newFolder();
  const [a, b] = await initBanks(folder, 'jp_norgan', 'ubz');
  t.is((await stat(join(folder, 'ubz.recovery-key.json'))).mode & 0o777, 0o600);
  const [out, claims] = [join(folder, 'network.json'), join(folder, 'claims')];
  const numbers = ['--accounts', '12', '--page-size', '4', '--scale', '2', '--amount-bits', '32'];
  const funds = ['--fund-all', '100', '--fund', '3=0.05', '--fund', '11=0'];
  const gateways = ['--gateway', 'ubz=http://127.0.0.1:8002'];
  const files = ['--out', out, '--claims', claims, '--json'];
  const create = ['network', 'create', '--bank', a, '--bank', b, ...numbers, ...funds, ...gateways, ...files];
  const made = await covault(...create);
  t.is(made.error, undefined);

  const file = decodeNetworkFile(await readFile(out, 'utf8'));
  const { network } = file;
  t.deepEqual(file.gateways, { ubz: 'http://127.0.0.1:8002' });
  t.deepEqual(
    network.banks.map(bank => bank.name),
    ['jp_norgan', 'ubz'],
  );
  t.deepEqual([network.pages, network.amountBits, network.supply], [3, 32, 100_005n]);
  const said = JSON.parse(made.out[0]);
  t.is(said.id, toHex(network.id));
  t.is(said.claims.length, 11);
  const claim = join(claims, '3.json');
  t.is((await stat(claim)).mode & 0o777, 0o600);
  const { account, balance, secret } = decodeClaim(await readFile(claim, 'utf8'));
  t.deepEqual([account, balance], [3, 5n]);
  t.notThrows(() => makeClaim(network, 3, secret));

  const before = await readFile(out, 'utf8');
  await fails(t, 'FILE_EXISTS', exitCodes.caller, ...create);
  t.is(await readFile(out, 'utf8'), before);
});

test('a public identity is the same on one line and on several', async t => {
  const folder = await newFolder();
  const init = (name: string, ...more: string[]) =>
    covault('bank', 'init', '--data', join(folder, name), '--name', name, ...more);
  const [one, several] = [await init('a', '--json'), await init('b')];
  t.is(one.out[0].split('\n').length, 1);
  t.deepEqual(Object.keys(JSON.parse(one.out[0])), Object.keys(JSON.parse(several.out[0])));
  t.is(JSON.parse(one.out[0]).name, 'a');
});

test('a network that cannot be is refused, and nothing is written', async t => {
  const folder = await newFolder();
  const [a, b] = await initBanks(folder, 'a', 'b');
  const [out, claims] = [join(folder, 'network.json'), join(folder, 'claims')];
  const create = (banks: string[], ...more: string[]) => [
    ...['network', 'create', '--accounts', '8', '--page-size', '4', '--out', out, '--claims', claims],
    ...banks.flatMap(file => ['--bank', file]),
    ...more,
  ];
  const wrong: [ErrorCode, string[]][] = [
    ['BAD_NETWORK_FILE', create([a])],
    ['BAD_NETWORK_FILE', create([a, a])],
    ['BAD_NETWORK_FILE', create([a, b], '--page-size', '3')],
    ['BAD_NETWORK_FILE', create([a, b], '--amount-bits', '61')],
    ['BAD_NETWORK_FILE', create([a, b], '--gateway', 'c=http://127.0.0.1:1')],
    ['BAD_CONFIG', create([a, b], '--gateway', 'http://127.0.0.1:1')],
    ['BAD_CONFIG', create([a, b], '--fund', '8=1')],
    ['BAD_CONFIG', create([a, b], '--fund', '1=1', '--fund', '1=2')],
    ['BAD_AMOUNT', create([a, b], '--fund', '1=-1')],
    ['BAD_AMOUNT', create([a, b], '--fund', '1=0.001')],
    ['BAD_AMOUNT', create([a, b], '--fund-all', 'much')],
    ['FILE_MISSING', create([a, join(folder, 'none.json')])],
    ['MALFORMED', create([a, join(folder, 'b', 'identity.json')])],
  ];
  for (const [code, args] of wrong) await fails(t, code, exitCodes.caller, ...args);
  await t.throwsAsync(stat(out));
  await t.throwsAsync(stat(claims));
});

test('a call that is wrong ends with the code for that, and help with success', async t => {
  const wrong = [
    ['bank'],
    ['bank', 'init'],
    ['bank', 'start'],
    ['network', 'create', '--accounts', 'ten'],
    ['log', 'check'],
  ];
  for (const args of wrong) t.is(exitCodeOf((await covault(...args)).error), exitCodes.caller, args.join(' '));
  for (const args of [
    ['bank', 'init'],
    ['bank', 'start'],
    ['bank', 'audit'],
    ['network', 'create'],
    ['log', 'verify'],
  ]) {
    const { out, error } = await covault(...args, '--help');
    t.is(exitCodeOf(error), exitCodes.done);
    t.regex(out.join('\n'), /Example/);
  }
  for (const args of [[], ['--gateway', 'http://127.0.0.1:1', '--data', 'x'], ['--data', 'x'], ['--gateway', 'no url']])
    await fails(t, 'BAD_CONFIG', exitCodes.caller, 'log', 'verify', ...args);
});

test('a bank is not started with a config of another name, nor before it is made', async t => {
  const folder = await newFolder();
  const file = join(folder, 'bank.json');
  const listen = ['/ip4/127.0.0.1/tcp/0'];
  const config = { name: 'other', dataFolder: 'ubz', networkFile: 'network.json', listen, gateway: { port: 0 } };
  await writeFile(file, JSON.stringify(config));
  await fails(t, 'FILE_MISSING', exitCodes.caller, 'bank', 'start', '--config', file);
  await initBanks(folder, 'ubz');
  const { error } = await fails(t, 'BAD_CONFIG', exitCodes.caller, 'bank', 'start', '--config', file);
  t.is((error as CovaultError).facts.field, 'name');
});

async function serve(t: ExecutionContext, { network }: Banks): Promise<{ bank: FakeBank; url: string }> {
  const bank = new FakeBank();
  const options = { host: '127.0.0.1', port: 0, auditToken: 'ab'.repeat(32), log: memoryLog() };
  const gateway = await startGateway(bank, { ...options, networkFile: encodeNetworkFile(network, {}) });
  t.teardown(() => gateway.stop());
  return { bank, url: gateway.url };
}

function show(banks: Banks, bank: FakeBank, records: readonly LedgerRecord[]): void {
  bank.now = { ...bank.now, height: records.length };
  bank.log = records.map(record => ({
    height: record.height,
    record: encodeRecord(record),
    certificate: writeCertificate(new Writer(), certify(banks, record)).done(),
    committed: record.height === records.length ? signCommitted(banks, record) : undefined,
  }));
}

const contents = Array.from({ length: 103 }, (_, i) => ({ entries: [`e${i}`], burned: i % 50 === 0 ? [`b${i}`] : [] }));

test('the log of a gateway is verified from genesis to its end', async t => {
  const banks = makeBanks(2);
  const { bank, url } = await serve(t, banks);
  const empty = await covault('log', 'verify', '--gateway', url, '--json');
  t.is(exitCodeOf(empty.error), exitCodes.failed); // it says that it is at height 7, and shows nothing
  bank.now = { ...bank.now, height: 0 };
  t.is(JSON.parse((await covault('log', 'verify', '--gateway', url, '--json')).out[0]).height, 0);

  const records = makeChain(banks, contents);
  show(banks, bank, records);
  const file = join(await newFolder(), 'network.json');
  await writeFile(file, encodeNetworkFile(banks.network, {}));
  const { out, said, error } = await covault('log', 'verify', '--gateway', url, '--network', file, '--json');
  t.is(error, undefined);
  t.deepEqual(said, []);
  t.deepEqual(JSON.parse(out[0]), {
    networkId: toHex(banks.network.id),
    height: 103,
    finalHeight: 103,
    head: toHex(recordHash(records[102])),
    envelopes: 103,
    burned: 3,
  });
});

test('a log that is broken anywhere ends with failure', async t => {
  const banks = makeBanks(2);
  const { bank, url } = await serve(t, banks);
  const records = makeChain(banks, contents.slice(0, 4));
  const verify = () => fails(t, 'BAD_CERTIFICATE', exitCodes.failed, 'log', 'verify', '--gateway', url);
  show(banks, bank, [records[0], records[1], records[3]]);
  await verify();
  show(banks, bank, [...records.slice(0, 3), { ...records[3], supply: 1n }]);
  await verify();
  show(makeBanks(2, 'others'), bank, records);
  await verify();
  show(banks, bank, records);
  const whole = bank.log;
  bank.log = whole.map((entry, i) => (i === 2 ? { ...entry, record: entry.record.slice(1) } : entry));
  await verify();
  bank.log = whole.map((entry, i) => (i === 3 ? { ...entry, committed: [new Uint8Array(64)] } : entry));
  await verify();
  bank.log = whole.slice(0, 3);
  await verify();
  bank.log = whole;
  t.is((await covault('log', 'verify', '--gateway', url)).error, undefined);
  const other = join(await newFolder(), 'network.json');
  await writeFile(other, encodeNetworkFile(makeBanks(2, 'others').network, {}));
  await fails(t, 'BAD_CERTIFICATE', exitCodes.failed, 'log', 'verify', '--gateway', url, '--network', other);
});

test('the log in a data folder is verified, and a hole in it is found', async t => {
  const banks = makeBanks(2);
  const folder = await newFolder();
  const network = join(folder, 'network.json');
  await writeFile(network, encodeNetworkFile(banks.network, {}));
  const args = ['log', 'verify', '--data', folder, '--network', network];
  await fails(t, 'FILE_MISSING', exitCodes.caller, ...args);

  const records = makeChain(banks, contents.slice(0, 4));
  const write = async (some: readonly LedgerRecord[]) => {
    const store = await openLevelStore(storeFolder(folder), { networkId: banks.network.id });
    await store.commit(some.flatMap(record => putCertified({ record, certificate: certify(banks, record) })));
    await store.close();
  };
  await write([records[0], records[1], records[3]]);
  await fails(t, 'BAD_CERTIFICATE', exitCodes.failed, ...args);
  await write([records[2]]);
  const { out, error } = await covault(...args, '--json');
  t.is(error, undefined);
  t.is(JSON.parse(out[0]).height, 4);

  await writeFile(network, encodeNetworkFile(makeBanks(2, 'others').network, {}));
  await fails(t, 'STORE_FOREIGN', exitCodes.failed, ...args);
});

test('a status is printed for people and for machines, and nobody at home is said to be so', async t => {
  const { bank, url } = await serve(t, makeBanks(2));
  bank.now = { ...bank.now, waitingFor: ['ubz'], phase: 'halted', halted: 'bank 1 deviated' };
  t.deepEqual(JSON.parse((await covault('bank', 'status', '--gateway', url, '--json')).out[0]), {
    ...bank.now,
    version,
  });
  const text = (await covault('bank', 'status', '--gateway', url)).out.join('\n');
  for (const part of ['halted, because bank 1 deviated', 'waits for ubz', 'vole: 100 made, 40 used']) {
    t.true(text.includes(part), part);
  }
  bank.now = statusWithThread;
  t.deepEqual((await covault('bank', 'status', '--gateway', url)).out.join('\n').split('\n').slice(6, 14), [
    'stock     vole: 650,000 ahead, kept between 393,216 and 786,432; 1.4 s left',
    '            a second: 480,123 made, 470,001 used; this session: 1,900,000 made, 1,250,000 used',
    'stock     triples: 63 ahead, kept between 32 and 64; none used now',
    '            a second: 0 made, 0 used; this session: 64 made, 1 used',
    'stock     selections: 5 made, 5 used',
    'thread    of preprocessing: busy 34% of the time, 12.25 s since start; 1 lost',
    'traffic   ubz: 12.3 MB of preprocessing sent, 2.0 MB received',
    'since start: blocks 7, settled 9, rejected 1, voids 0, failedChecks 0, stalls 0, messages 300, bytesSent 123456',
  ]);
  await fails(t, 'UNREACHABLE', exitCodes.retry, 'bank', 'status', '--gateway', 'http://127.0.0.1:1');
});

test('an audit is asked for with the token of the data folder', async t => {
  const { url } = await serve(t, makeBanks(2));
  const folder = await newFolder();
  const config = join(folder, 'bank.json');
  const listen = ['/ip4/127.0.0.1/tcp/0'];
  const port = Number(new URL(url).port);
  await writeFile(config, JSON.stringify({ dataFolder: '.', networkFile: 'network.json', listen, gateway: { port } }));
  await fails(t, 'UNAUTHORIZED', exitCodes.caller, 'bank', 'audit', '--config', config);
  await writeFile(join(folder, 'audit-token'), `${'ab'.repeat(32)}\n`);
  t.deepEqual((await covault('bank', 'audit', '--config', config, '--json')).out, [
    JSON.stringify({ id: 'aa'.repeat(32) }),
  ]);
});
