/** The config of a bank: its defaults, and every reason to refuse one. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { parseConfig, readConfig } from '../../node/config.js';
import { CovaultError } from '../../src/errors.js';
import { temporaryFolder } from '../harness/temporary-folder.js';

const good = {
  name: 'jp_norgan',
  dataFolder: '../data/jp_norgan',
  networkFile: 'network.json',
  listen: ['/ip4/127.0.0.1/tcp/4001'],
  known: ['/dns4/ubz.example/tcp/4001'],
  mdns: true,
  gateway: {
    host: '127.0.0.1',
    port: 8001,
    corsOrigins: ['https://wallet.example'],
    requestsPerMinute: 60,
    trustProxy: ['127.0.0.1', 'fd00::/8'],
    lookupsPerMinute: 7,
    lookupsPerSecond: 3,
    wallet: false,
  },
  intakeThreads: 2,
  log: { level: 'debug' },
  benchmarkOnly: { injectedDelayMs: 25 },
};

test('a config is read, with paths from where it stands', t => {
  const config = parseConfig(JSON.stringify(good), '/banks/configs/a.json');
  t.deepEqual(config, {
    ...good,
    file: '/banks/configs/a.json',
    dataFolder: '/banks/data/jp_norgan',
    networkFile: '/banks/configs/network.json',
  } as typeof config);
});

test('a console listens where it is told, with its token in the data folder unless elsewhere; without one there is none', t => {
  const read = (console: object | undefined) =>
    parseConfig(JSON.stringify({ ...good, console }), '/banks/configs/a.json').console;
  t.is(read(undefined), undefined);
  t.deepEqual(read({ listen: '127.0.0.1:8101' }), {
    host: '127.0.0.1',
    port: 8101,
    tokenFile: '/banks/data/jp_norgan/console-token',
  });
  t.deepEqual(read({ listen: '[::1]:0', tokenFile: 'secret' }), {
    host: '::1',
    port: 0,
    tokenFile: '/banks/configs/secret',
  });
});

test('what may be left out has a cautious default', t => {
  const { dataFolder, networkFile, listen } = good;
  const config = parseConfig(JSON.stringify({ dataFolder, networkFile, listen, gateway: { port: 0 } }), '/a.json');
  t.deepEqual(config.gateway, {
    host: '127.0.0.1',
    port: 0,
    corsOrigins: [],
    requestsPerMinute: 6_000,
    trustProxy: [],
    lookupsPerMinute: 120,
    lookupsPerSecond: 50,
    wallet: true,
  });
  t.deepEqual(config.benchmarkOnly, { injectedDelayMs: 0 });
  t.deepEqual([config.known, config.mdns, config.log.level, config.name], [[], false, 'info', undefined]);
  t.is(config.intakeThreads, 1);
});

const without = (field: string) => Object.fromEntries(Object.entries(good).filter(([name]) => name !== field));
const cases: [string, unknown, string, RegExp][] = [
  ['no object', [], 'the file itself', /JSON object/],
  ['no data folder', without('dataFolder'), 'dataFolder', /path/],
  ['a path of no characters', { ...good, networkFile: '' }, 'networkFile', /path/],
  ['a name with a space', { ...good, name: 'jp norgan' }, 'name', /letters/],
  ['no gateway', without('gateway'), 'gateway', /object/],
  ['a port as text', { ...good, gateway: { port: '8001' } }, 'gateway.port', /whole number/],
  ['a port too large', { ...good, gateway: { port: 65_536 } }, 'gateway.port', /65535/],
  ['no port', { ...good, gateway: { host: '127.0.0.1' } }, 'gateway.port', /whole number/],
  ['a host with a slash', { ...good, gateway: { port: 1, host: 'http://a' } }, 'gateway.host', /host name/],
  [
    'no requests at all',
    { ...good, gateway: { port: 1, requestsPerMinute: 0 } },
    'gateway.requestsPerMinute',
    /minute/,
  ],
  [
    'a part of a look-up',
    { ...good, gateway: { port: 1, lookupsPerMinute: 0.5 } },
    'gateway.lookupsPerMinute',
    /minute/,
  ],
  ['a wallet that is no yes or no', { ...good, gateway: { port: 1, wallet: 'no' } }, 'gateway.wallet', /true or false/],
  ['no look-up', { ...good, gateway: { port: 1, lookupsPerSecond: 0 } }, 'gateway.lookupsPerSecond', /second/],
  ['a proxy by name', { ...good, gateway: { port: 1, trustProxy: ['proxy'] } }, 'gateway.trustProxy[0]', /10\.0\.0\.0/],
  ['every proxy', { ...good, gateway: { port: 1, trustProxy: true } }, 'gateway.trustProxy', /list/],
  ['every origin', { ...good, gateway: { port: 1, corsOrigins: ['*'] } }, 'gateway.corsOrigins[0]', /https/],
  ['nowhere to listen', { ...good, listen: [] }, 'listen', /at least one/],
  ['an address that is none', { ...good, listen: ['/ip4/127.0.0.1/tcp/4001', 'localhost:1'] }, 'listen[1]', /tcp/],
  ['an address without a port', { ...good, known: ['/ip4/127.0.0.1'] }, 'known[0]', /tcp/],
  ['a console without a port', { ...good, console: { listen: '127.0.0.1' } }, 'console.listen', /port/],
  ['a console at a port too large', { ...good, console: { listen: '127.0.0.1:65536' } }, 'console.listen', /port/],
  ['a token in the config itself', { ...good, console: { listen: 'a:1', token: 'x' } }, 'console.token', /tokenFile/],
  ['mdns as text', { ...good, mdns: 'yes' }, 'mdns', /true or false/],
  ['a level that is none', { ...good, log: { level: 'loud' } }, 'log.level', /one of/],
  ['threads as text', { ...good, intakeThreads: '1' }, 'intakeThreads', /from 0/],
  ['too many threads', { ...good, intakeThreads: 17 }, 'intakeThreads', /to 16/],
  ['a mistyped field', { ...good, listn: [] }, 'listn', /dataFolder, networkFile/],
  ['no request at all', { ...good, gateway: { port: 1, requestsPerMinute: 0 } }, 'gateway.requestsPerMinute', /from 1/],
  [
    'a delay of a minute',
    { ...good, benchmarkOnly: { injectedDelayMs: 60_000 } },
    'benchmarkOnly.injectedDelayMs',
    /to 1000/,
  ],
  ['a mistyped delay', { ...good, benchmarkOnly: { delayMs: 1 } }, 'benchmarkOnly.delayMs', /injectedDelayMs/],
  ['a mistyped field inside', { ...good, gateway: { port: 1, cors: [] } }, 'gateway.cors', /corsOrigins/],
];

for (const [what, content, field, wanted] of cases) {
  test(`${what} is refused, naming the file, the field and what was expected`, t => {
    const error = t.throws(() => parseConfig(JSON.stringify(content), 'some/bank.json'), { instanceOf: CovaultError });
    t.is(error.code, 'BAD_CONFIG');
    t.is(error.facts.file, 'some/bank.json');
    t.is(error.facts.field, field);
    t.regex(String(error.facts.expected), wanted);
    for (const part of ['some/bank.json', field, String(error.facts.expected)]) t.true(error.message.includes(part));
  });
}

test('a file that is not there or is no JSON is refused by name', async t => {
  const folder = temporaryFolder();
  const missing = await t.throwsAsync(readConfig(join(folder, 'none.json')), { instanceOf: CovaultError });
  t.is(missing.code, 'BAD_CONFIG');
  const file = join(folder, 'cut.json');
  await writeFile(file, JSON.stringify(good).slice(0, -5));
  const cut = await t.throwsAsync(readConfig(file), { instanceOf: CovaultError });
  t.is(cut.code, 'BAD_CONFIG');
  t.is(cut.facts.file, file);
});
