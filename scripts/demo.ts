/**
 * The story of the notebook, told by real banks: two processes, ten accounts of 100 in one page, 100 from account 0 to 1
 * submitted to one bank, then the same again submitted to the other.
 *
 * Everything happens in a temporary folder that is gone afterwards; nothing is left running. With --stay the banks go on
 * until they are interrupted, with a second page of ten accounts that nobody has opened, for whoever wants to try the pages.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readConfig } from '../node/config.js';
import { type BankLedgerView, viewLedger } from '../node/ledger-view.js';
import { fromHex, toHex } from '../src/crypto/index.js';
import { decodeRecord, hashRecordBytes } from '../src/ledger/log.js';
import { decodeNetworkFile, type Gateways, type Network } from '../src/network/index.js';
import {
  decodeClaim,
  formatAmount,
  type Progress,
  parseAmount,
  Wallet,
  type WalletStore,
} from '../src/wallet/index.js';

const names = ['jp_norgan', 'ubz'];
const accounts = 10;
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const asJson = process.argv.includes('--json');
const stays = process.argv.includes('--stay');
const started = performance.now();

function say(text = ''): void {
  const line = text === '' ? '' : `${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s  ${text}`;
  (asJson ? process.stderr : process.stdout).write(`${line}\n`);
}

/** A wallet that lives as long as this program. */
function inMemory(): WalletStore {
  let text: string | undefined;
  return {
    load: async () => text,
    save: async next => {
      text = next;
    },
  };
}

/** Says once in a while whom a call waits for. */
function watch(what: string): (progress: Progress) => void {
  let last = performance.now();
  return progress => {
    if (progress.kind !== 'waiting' || performance.now() - last < 2000) return;
    last = performance.now();
    const { waitingFor, bank } = progress;
    say(`  ... ${what}: asked ${bank}, which waits for ${waitingFor.length ? waitingFor.join(', ') : 'the block'}`);
  };
}

interface Running {
  readonly name: string;
  readonly child: ChildProcess;
  readonly log: string[];
}

function startBank(folder: string, name: string): Running {
  const config = join(folder, 'configs', `${name}.json`);
  const child = spawn(process.execPath, [join(root, 'build/node/main.js'), 'bank', 'start', '--config', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const log: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => log.push(text));
  return { name, child, log };
}

async function stopBank({ child }: Running): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>(done => child.once('exit', () => done()));
  child.kill('SIGTERM');
  const impatient = setTimeout(() => child.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(impatient);
}

/** Until every bank has linked, agreed on a session and made its first correlations. */
async function waitUntilReady(banks: readonly Running[], gateways: Gateways): Promise<void> {
  let told = '';
  for (const end = Date.now() + 60_000; Date.now() < end; await new Promise(next => setTimeout(next, 100))) {
    const dead = banks.find(({ child }) => child.exitCode !== null);
    if (dead) throw new Error(`${dead.name} has stopped:\n${dead.log.join('')}`);
    const phases = await Promise.all(names.map(name => phaseOf(gateways[name])));
    if (phases.every(phase => phase === 'idle')) return;
    const now = names.map((name, i) => `${name} is ${phases[i]}`).join(', ');
    if (now !== told) say(`  waiting: ${now}`);
    told = now;
  }
  throw new Error('the banks are not ready after a minute');
}

async function phaseOf(gateway: string): Promise<string> {
  try {
    const answer = await fetch(`${gateway}/v1/status`);
    return ((await answer.json()) as { phase: string }).phase;
  } catch {
    return 'starting';
  }
}

async function openWallets(folder: string, network: Network, gateways: Gateways): Promise<Wallet[]> {
  const cost = { N: 2 ** 10, r: 8, p: 1 }; // these wallets never reach a disk
  return Promise.all(
    Array.from({ length: accounts }, async (_, account) => {
      const claim = decodeClaim(await readFile(join(folder, 'claims', `${account}.json`), 'utf8'));
      const options = { store: inMemory(), passphrase: 'demo', network, gateways, cost, bank: names[account % 2] };
      const wallet = await Wallet.create(options);
      await wallet.openAccount({ claim, onProgress: watch(`opening account ${account}`) });
      return wallet;
    }),
  );
}

async function consented(wallets: readonly Wallet[]): Promise<number[]> {
  const balances = await Promise.all(wallets.map((wallet, account) => wallet.balance(account)));
  return balances.map(({ balance }) => Number(formatAmount(balance, wallets[0].network.scale)));
}

async function pay(wallets: readonly Wallet[], reference: string, bank: string): Promise<string> {
  const amount = parseAmount('100', wallets[0].network);
  const { verdict } = await wallets[0].transfer({
    from: 0,
    to: 1,
    amount,
    reference,
    bank,
    onProgress: watch('the payment'),
  });
  return verdict;
}

async function showRecord(gateway: string, network: Network): Promise<number> {
  const answer = await fetch(`${gateway}/v1/records?from=1&count=1000`);
  const { records } = (await answer.json()) as { records: { height: number; record: string }[] };
  const last = records.at(-1);
  if (!last) throw new Error('there is no record');
  const transfer = records
    .map(({ record }) => decodeRecord(fromHex(record)))
    .find(r => r.entries.some(e => e.status.kind === 'settled'));
  const entry = transfer?.entries.find(({ status }) => status.kind === 'settled');
  if (transfer && entry?.status.kind === 'settled') {
    const bytes = records[transfer.height - 1].record;
    say(`The record of the first payment, signed by ${network.banks.map(({ name }) => name).join(' and ')}:`);
    say(`  height ${transfer.height}, hash ${toHex(hashRecordBytes(fromHex(bytes))).slice(0, 32)}...`);
    say(`  envelope ${toHex(entry.id).slice(0, 32)}...: settled, pi = ${entry.status.pi}`);
    say('  pi is a coin to everybody but the payer, who alone knows the bit that turns it into paid or cancelled');
  }
  return last.height;
}

/** What is on a bank's disk about an account, beside what its holder sees. */
async function showShares(folder: string, balances: readonly number[]): Promise<void> {
  const views: BankLedgerView[] = [];
  for (const name of names) views.push(await viewLedger(join(folder, 'configs', `${name}.json`)));
  say('What each bank has on its disk about an account (its share: noise), and what the holder sees:');
  for (const account of [0, 1, 2]) {
    const shares = views.map(({ balanceShares }, i) => `${names[i]} ${String(balanceShares[account]).padStart(19)}`);
    say(`  account ${account}:  ${shares.join('   ')}   holder ${balances[account]}`);
  }
}

/** Ctrl-C: from here on nothing more is started. */
const interrupted = new AbortController();

/** The process that makes the network has ended: it writes to the folder no more. */
let networkMade: Promise<unknown> | undefined;

async function makeNetwork(folder: string): Promise<void> {
  const count = stays ? 2 * accounts : accounts;
  const sizes = ['--accounts', `${count}`, '--page-size', `${accounts}`, '--fund-all', '100'];
  const args = ['--folder', folder, '--banks', names.join(), ...sizes];
  const making = promisify(execFile)(join(root, 'scripts/new-network'), args, { signal: interrupted.signal });
  networkMade = new Promise(done => making.child.once('close', done));
  await making;
}

async function tellStory(folder: string, banks: Running[]): Promise<void> {
  say(`A network of ${names.join(' and ')}, ten accounts of 100 in one page, in a temporary folder`);
  await makeNetwork(folder);
  const { network, gateways } = decodeNetworkFile(await readFile(join(folder, 'network.json'), 'utf8'));
  say(`  network ${toHex(network.id).slice(0, 32)}...`);
  interrupted.signal.throwIfAborted();
  for (const name of names) banks.push(startBank(folder, name));
  say('Each bank starts as a process of its own; they find each other, agree on a session, make correlations');
  await waitUntilReady(banks, gateways);
  say('Ten holders open their accounts with their claim files');
  const wallets = await openWallets(folder, network, gateways);
  const balances: number[][] = [];
  const verdicts: string[] = [];
  for (const [i, bank] of names.entries()) {
    say(i === 0 ? `100 from account 0 to 1, submitted to ${bank}` : `The same again, submitted to ${bank}`);
    const verdict = await pay(wallets, `payment ${i + 1}`, bank);
    verdicts.push(verdict);
    say(`  the payer reads: ${verdict}${verdict === 'cancelled' ? ' (it would overdraw; no bank can tell)' : ''}`);
    balances.push(await consented(wallets));
    say(`  consented balances: [${balances[i].join(', ')}]`);
  }
  const heights = await showRecord(gateways[names[0]], network);
  await Promise.all(banks.map(stopBank));
  await showShares(folder, balances[1]);
  say();
  if (stays) await openDoors(folder, banks, gateways);
  else say('By hand: ./scripts/new-network --help, then covault --help; the README has a screenful of it');
  if (asJson) process.stdout.write(`${JSON.stringify({ balances, verdicts, banks: names, heights })}\n`);
}

/** The banks again, and where people find them. */
async function openDoors(folder: string, banks: Running[], gateways: Gateways): Promise<void> {
  interrupted.signal.throwIfAborted();
  banks.splice(0, banks.length, ...names.map(name => startBank(folder, name)));
  await waitUntilReady(banks, gateways);
  say(
    `The banks stay until Ctrl-C. Claim files of accounts ${accounts} to ${2 * accounts - 1}: ${join(folder, 'claims')}`,
  );
  for (const name of names) say(`  wallet, served by ${name}: ${gateways[name]}/wallet/`);
  for (const name of names) await showConsole(folder, name);
}

/** Where this bank's operators look, and how they get in: the token itself is for their eyes, not for a log. */
async function showConsole(folder: string, name: string): Promise<void> {
  const config = await readConfig(join(folder, 'configs', `${name}.json`));
  if (!config.console) return;
  const { host, port, tokenFile } = config.console;
  say(`  console of ${name}: http://${host}:${port}/  token: cat ${tokenFile}`);
}

async function main(): Promise<void> {
  const interruption = new Promise<void>(done => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => done(interrupted.abort()));
  });
  const folder = await mkdtemp(join(tmpdir(), 'covault-demo-'));
  const banks: Running[] = [];
  try {
    await Promise.race([tellStory(folder, banks), interruption]);
    if (stays) await interruption;
  } catch (error) {
    // Ctrl-C in a terminal reaches the banks too: that they have stopped is then no news
    if (interrupted.signal.aborted) return;
    for (const { name, log } of banks) process.stderr.write(`--- ${name}\n${log.slice(-20).join('')}`);
    throw error;
  } finally {
    await Promise.all([networkMade, ...banks.map(stopBank)]);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

await main();
if (interrupted.signal.aborted) process.exit(130);
