/**
 * A network of real bank processes in a temporary folder: made by scripts/new-network, started by `covault bank start`.
 *
 * What is set otherwise than an operator's, in the configs of these banks alone: no limit of requests and look-ups (one
 * address sends all), no console, log from `warn` on, and the delay that was asked for. Whatever happens, `close` leaves no process
 * and no folder.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { auditToken } from '../../node/keys.js';
import { decodeNetworkFile, type Network } from '../../src/network/index.js';
import { type Claim, decodeClaim } from '../../src/wallet/index.js';

const build = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
/** A graceful stop, and the writing of a profile. */
const stopMs = 30_000;
const readyMs = 180_000;
/** For all requests of one address, and all look-ups; a config takes no more. */
const unlimited = 1_000_000_000;
const logLinesKept = 40;

/**
 * glibc's bounds as a bank's unit sets them: two arenas for all threads, and what is freed goes back to the system. Without them
 * a loaded bank keeps a fifth more memory than it uses; its speed is the same.
 */
export const deployed = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '1000000',
};

export interface NetworkOrder {
  readonly banks: number;
  readonly pageSize: number;
  readonly pages: number;
  readonly amountBits: number;
  readonly delayMs: number;
  readonly profile: boolean;
  /** Accounts that genesis funds, each with this. */
  readonly funded: readonly number[];
  readonly balance: bigint;
}

export class BankProcesses {
  readonly folder: string;
  network!: Network;
  /** The network file's text. */
  networkText = '';
  /** Of the gateways, in roster order. */
  urls: readonly string[] = [];
  readonly #order: NetworkOrder;
  readonly #children: ChildProcess[] = [];
  readonly #killed = new Set<ChildProcess>();
  readonly #logs: string[][] = [];
  readonly #abort = new AbortController();
  #making: Promise<unknown> | undefined;
  #stopping = false;
  /** Called when a bank's process ends by itself. */
  died: (why: string) => void = () => {};

  /** The folder is there when this returns, nothing else. */
  static async create(order: NetworkOrder): Promise<BankProcesses> {
    return new BankProcesses(await mkdtemp(join(tmpdir(), 'covault-load-')), order);
  }

  private constructor(folder: string, order: NetworkOrder) {
    this.folder = folder;
    this.#order = order;
  }

  get names(): string[] {
    return Array.from({ length: this.#order.banks }, (_, i) => `bank_${i + 1}`);
  }

  get pids(): number[] {
    return this.#children.flatMap(({ pid }) => pid ?? []);
  }

  /** Identities, network file, claims, configs. */
  async make(): Promise<void> {
    const { pages, pageSize, amountBits, funded, balance } = this.#order;
    const sizes = { accounts: pages * pageSize, 'page-size': pageSize, 'amount-bits': amountBits, scale: 0 };
    const all = funded.length === pages * pageSize;
    const fund = all ? ['--fund-all', `${balance}`] : funded.flatMap(account => ['--fund', `${account}=${balance}`]);
    const args = [
      join(build, 'scripts/new-network.js'),
      ...['--folder', join(this.folder, 'net'), '--banks', this.names.join(), '--no-console'],
      ...Object.entries(sizes).flatMap(([name, value]) => [`--${name}`, `${value}`]),
      ...fund,
    ];
    const making = promisify(execFile)(process.execPath, args, { signal: this.#abort.signal, maxBuffer: 2 ** 26 });
    this.#making = new Promise(done => making.child.once('close', done));
    await making;
    this.networkText = await readFile(join(this.folder, 'net/network.json'), 'utf8');
    const { network, gateways } = decodeNetworkFile(this.networkText);
    this.network = network;
    this.urls = this.names.map(name => gateways[name]);
    for (const name of this.names) await this.#alterConfig(name);
  }

  async #alterConfig(name: string): Promise<void> {
    const file = this.#config(name);
    const config = JSON.parse(await readFile(file, 'utf8'));
    for (const limit of ['requestsPerMinute', 'lookupsPerMinute', 'lookupsPerSecond'])
      config.gateway[limit] = unlimited;
    config.log.level = 'warn';
    if (this.#order.delayMs > 0) config.benchmarkOnly = { injectedDelayMs: this.#order.delayMs };
    await writeFile(file, JSON.stringify(config));
  }

  #config(name: string): string {
    return join(this.folder, 'net/configs', `${name}.json`);
  }

  async claim(account: number): Promise<Claim> {
    return decodeClaim(await readFile(join(this.folder, 'net/claims', `${account}.json`), 'utf8'));
  }

  /** What lets the operator of the first bank ask for an audit. */
  auditToken(): Promise<string> {
    return auditToken(join(this.folder, 'net/banks', this.names[0]));
  }

  get profileFolder(): string {
    return join(this.folder, 'profile');
  }

  /** Starts all, and waits until they have linked, agreed on a session and made their first correlations. */
  async start(): Promise<void> {
    if (this.#order.profile) await mkdir(this.profileFolder);
    for (const [i, name] of this.names.entries()) this.#spawn(i, name);
    const end = Date.now() + readyMs;
    while (!(await this.#allIdle())) {
      this.#abort.signal.throwIfAborted();
      if (Date.now() > end) throw new Error(`the banks are not ready after ${readyMs / 1000} s\n${this.logs()}`);
      await new Promise(next => setTimeout(next, 50));
    }
  }

  #spawn(index: number, name: string): void {
    this.#abort.signal.throwIfAborted();
    const profiled = this.#order.profile && index === 0;
    const flags = profiled ? ['--cpu-prof', `--cpu-prof-dir=${this.profileFolder}`] : [];
    const command = [join(build, 'node/main.js'), 'bank', 'start', '--config', this.#config(name)];
    // a group of their own: Ctrl-C in a terminal is for this process, which stops them in order
    const child = spawn(process.execPath, [...flags, ...command], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
      env: { ...deployed, ...process.env },
    });
    const log: string[] = [];
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log.push(text);
      if (log.length > logLinesKept) log.shift();
    });
    child.once('exit', code => {
      if (!this.#stopping && !this.#killed.has(child))
        this.died(`${name} has ended by itself with ${code}\n${log.join('')}`);
    });
    this.#children[index] = child;
    this.#logs[index] = log;
  }

  /** kill -9: gone when it resolves. */
  async kill(index: number): Promise<void> {
    const child = this.#children[index];
    this.#killed.add(child);
    const gone = new Promise<void>(done => child.once('exit', () => done()));
    child.kill('SIGKILL');
    await gone;
  }

  /** As whoever looks after a process would: at once, with the same command. */
  restart(index: number): void {
    this.#spawn(index, this.names[index]);
  }

  async #allIdle(): Promise<boolean> {
    const phases = await Promise.all(
      this.urls.map(async url => {
        try {
          return ((await (await fetch(`${url}/v1/status`)).json()) as { phase: string }).phase;
        } catch {
          return 'starting';
        }
      }),
    );
    return phases.every(phase => phase === 'idle');
  }

  /** The last that every bank has said. */
  logs(): string {
    return this.names.map((name, i) => `--- ${name}\n${(this.#logs[i] ?? []).join('')}`).join('\n');
  }

  /** In order; a profile is on the disk afterwards. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#children.map(stopChild));
  }

  /** Nothing is left: no process, no folder. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.#making;
    await this.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** For the end of this process, which waits for nothing. */
  killAll(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise<void>(done => child.once('exit', () => done()));
  child.kill('SIGTERM');
  const impatient = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await gone;
  clearTimeout(impatient);
}
