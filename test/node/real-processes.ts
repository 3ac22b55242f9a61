/**
 * Real processes for tests: the `covault` command as it is built, banks that it starts, networks made by
 * scripts/new-network in temporary folders with free ports.
 *
 * Whatever was started is killed, and every folder removed, by `cleanUp`; should the test process end without it, its
 * end kills them all the same. `npm run build` comes first: nothing here is compiled on the way.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

// compiled tests stand in build/, and there is no build/package.json
const here = dirname(fileURLToPath(import.meta.url));
export const root = [resolve(here, '../..'), resolve(here, '../../..')].find(folder =>
  existsSync(join(folder, 'package.json')),
) as string;

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when standard output and error together hold this; rejects when the process ends without it. */
  said(what: RegExp): Promise<void>;
}

const running = new Set<ChildProcess>();
const folders = new Set<string>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export async function cleanUp(): Promise<void> {
  const ends = [...running].map(child => new Promise(done => child.once('close', done)));
  for (const child of running) child.kill('SIGKILL');
  await Promise.all(ends);
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'covault-processes-'));
  folders.add(folder);
  return folder;
}

/** Runs a file of build/ with nothing of this process's own settings but the path. */
export function start(script: string, args: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [join(root, 'build', script), ...args], {
    env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let [out, err, isOver] = ['', '', false];
  const listeners = new Set<() => void>();
  const hear = () => {
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on('data', text => {
    out += text;
    hear();
  });
  child.stderr.setEncoding('utf8').on('data', text => {
    err += text;
    hear();
  });
  const ended = new Promise<Ended>(done => {
    child.once('close', code => {
      running.delete(child);
      isOver = true;
      done({ code, out, err });
      hear();
    });
  });
  const said = (what: RegExp) =>
    new Promise<void>((done, failed) => {
      const look = () => {
        if (!what.test(out + err) && !isOver) return;
        listeners.delete(look);
        if (what.test(out + err)) done();
        else failed(new Error(`ended without ${what}:\n${out}${err}`));
      };
      listeners.add(look);
      look();
    });
  return { child, ended, said };
}

export const covault = (args: readonly string[], env: Record<string, string> = {}) =>
  start('node/main.js', args, env).ended;

export interface Net {
  readonly folder: string;
  readonly networkFile: string;
  configOf(name: string): string;
  claimOf(account: number): string;
  /** A config like the bank's, with other fields; gives its file. */
  altered(name: string, over: object): Promise<string>;
}

/** Its banks have no console. */
export const newNetwork = (...args: readonly string[]) => networkWithConsoles('--no-console', ...args);

/** A console is one more port that another process may have taken until the bank starts: for tests that look at it. */
export async function networkWithConsoles(...args: readonly string[]): Promise<Net> {
  const folder = join(await temporaryFolder(), 'net');
  const { code, err } = await start('scripts/new-network.js', ['--folder', folder, ...args]).ended;
  if (code !== 0) throw new Error(`new-network: ${err}`);
  const configOf = (name: string) => join(folder, 'configs', `${name}.json`);
  let count = 0;
  return {
    folder,
    networkFile: join(folder, 'network.json'),
    configOf,
    claimOf: account => join(folder, 'claims', `${account}.json`),
    altered: async (name, over) => {
      const file = join(folder, 'configs', `altered-${count++}.json`);
      await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(configOf(name), 'utf8')), ...over }));
      return file;
    },
  };
}

export interface RunningBank extends Running {
  readonly gateway: string;
  /** Where other banks dial it. */
  readonly address: string;
}

/** Resolves when it serves; throws what it said when it ends before. */
export async function startBank(config: string): Promise<RunningBank> {
  const bank = start('node/main.js', ['bank', 'start', '--config', config, '--json']);
  let out = '';
  bank.child.stdout?.on('data', text => {
    out += text;
  });
  await bank.said(/"ready":true.*\n/);
  const { gateway, addresses } = JSON.parse(out.split('\n')[0]);
  return { ...bank, gateway, address: addresses[0] };
}

/** Until the bank has a session with all the others. */
export async function untilReady(...banks: readonly RunningBank[]): Promise<void> {
  for (const { gateway, child } of banks) {
    while ((await fetch(`${gateway}/v1/ready`)).status !== 200) {
      if (child.exitCode !== null) throw new Error('the bank has stopped');
      await new Promise(next => setTimeout(next, 50));
    }
  }
}

/** A port with somebody else at it; `close` makes it one with nobody. */
export async function takenPort(): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer();
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { port, close: () => new Promise(done => server.close(() => done())) };
}
