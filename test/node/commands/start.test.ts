/** `covault bank start` as a process: it serves, and ends as it should. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { exitCodes } from '../../../node/commands/exit.js';
import { createIdentity } from '../../../node/keys.js';
import { type BankIdentity, encodeNetworkFile, makeNetwork } from '../../../src/network/index.js';
import { temporaryFolder } from '../../harness/temporary-folder.js';

/** `node/main.ts`, or what the build has made of it. */
const isBuilt = import.meta.url.endsWith('.js');
const main = fileURLToPath(new URL(`../../../node/main.${isBuilt ? 'js' : 'ts'}`, import.meta.url));

interface Process {
  readonly child: ChildProcess;
  /** The first line on standard output. */
  readonly line: Promise<string>;
  readonly ended: Promise<{ code: number | null; out: string; err: string }>;
}

function covault(t: ExecutionContext, ...args: string[]): Process {
  const child = spawn(process.execPath, [...(isBuilt ? [] : ['--import=tsx']), main, ...args]);
  t.teardown(() => child.kill('SIGKILL'));
  let [out, err] = ['', ''];
  const ended = new Promise<{ code: number | null; out: string; err: string }>(done => {
    child.on('close', code => done({ code, out, err }));
  });
  const line = new Promise<string>((done, failed) => {
    child.stdout.setEncoding('utf8').on('data', text => {
      out += text;
      if (out.includes('\n')) done(out.slice(0, out.indexOf('\n')));
    });
    ended.then(({ code }) => failed(new Error(`ended with ${code}: ${err}`)));
  });
  line.catch(() => {});
  child.stderr.setEncoding('utf8').on('data', text => {
    err += text;
  });
  return { child, line, ended };
}

const networkText = (banks: readonly BankIdentity[], salt: number) => {
  const sizes = { accounts: 2, pageSize: 1, amountBits: 40, scale: 2, funded: [] };
  return encodeNetworkFile(makeNetwork({ salt: new Uint8Array(32).fill(salt), rosterVersion: 0, banks, ...sizes }), {});
};

async function world() {
  const folder = temporaryFolder();
  const make = (name: string) =>
    createIdentity({ dataFolder: join(folder, name), name, recoveryFile: join(folder, `${name}.recovery`) });
  const banks = [await make('jp_norgan'), await make('ubz')];
  await writeFile(join(folder, 'network.json'), networkText(banks, 1));
  await writeFile(join(folder, 'other.json'), networkText(banks, 2));
  const config = async (name: string, over: object = {}) => {
    const file = join(folder, `${Object.keys(over).join()}-${name}.config.json`);
    const usual = { name, dataFolder: name, networkFile: 'network.json', listen: ['/ip4/127.0.0.1/tcp/0'] };
    await writeFile(file, JSON.stringify({ ...usual, gateway: { port: 0 }, ...over }));
    return file;
  };
  return { folder, config };
}

test('a bank started alone serves, says whom it waits for, and stops in order', async t => {
  const { config, folder } = await world();
  const file = await config('ubz', { console: { listen: '127.0.0.1:0' } });
  const bank = covault(t, 'bank', 'start', '--config', file, '--json');
  const { ready, name, gateway, console: operators } = JSON.parse(await bank.line);
  t.deepEqual([ready, name], [true, 'ubz']);
  t.is((await fetch(`${operators}/v1/state`)).status, 401);
  const token = (await readFile(join(folder, 'ubz', 'console-token'), 'utf8')).trim();
  const state = await fetch(`${operators}/v1/state`, { headers: { authorization: `Bearer ${token}` } });
  t.is(((await state.json()) as { alerts: { code: string }[] }).alerts[0].code, 'bank-away');
  const answer = await fetch(`${gateway}/v1/ready`);
  t.is(answer.status, 503);
  t.deepEqual(((await answer.json()) as { waitingFor: string[] }).waitingFor, ['jp_norgan']);

  const twice = covault(t, 'bank', 'start', '--config', file, '--json');
  const refused = await twice.ended;
  t.is(refused.code, exitCodes.caller);
  t.is(JSON.parse(refused.out).error.code, 'STORE_LOCKED');

  bank.child.kill('SIGTERM');
  const { code, err } = await bank.ended;
  t.is(code, exitCodes.done);
  const lines = err.trim().split('\n');
  t.is(JSON.parse(lines.at(-1) ?? '').msg, 'stopped');
  for (const each of lines) t.notThrows(() => JSON.parse(each));

  const foreign = await config('ubz', { networkFile: join(folder, 'other.json') });
  const other = await covault(t, 'bank', 'start', '--config', foreign, '--json').ended;
  t.is(other.code, exitCodes.failed);
  t.is(JSON.parse(other.out).error.code, 'STORE_FOREIGN');
});

test('a bank whose gateway has no port ends at once and names the address', async t => {
  const { config } = await world();
  const server = createServer();
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  t.teardown(() => server.close());
  const { port } = server.address() as { port: number };
  const file = await config('jp_norgan', { gateway: { port } });
  const { code, out } = await covault(t, 'bank', 'start', '--config', file, '--json').ended;
  t.is(code, exitCodes.caller);
  const { error } = JSON.parse(out);
  t.is(error.code, 'PORT_IN_USE');
  t.is(error.facts.address, `127.0.0.1:${port}`);
});

test('a config with a wrong field ends the command, and help does not', async t => {
  const { config } = await world();
  const wrong = covault(t, 'bank', 'start', '--config', await config('ubz', { mdns: 'yes' }));
  const help = covault(t, '--help');
  const { code, out, err } = await wrong.ended;
  t.deepEqual([code, out], [exitCodes.caller, '']);
  t.regex(err, /BAD_CONFIG/);
  t.is((await help.ended).code, exitCodes.done);
});

test('the program says the version of its package', async t => {
  const { out } = await covault(t, '--version').ended;
  const text = await readFile(new URL(`${isBuilt ? '../' : ''}../../../package.json`, import.meta.url), 'utf8');
  t.is(out.trim(), (JSON.parse(text) as { version: string }).version);
});
