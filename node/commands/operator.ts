/**
 * The commands of those who run a bank: bank init, start, status, audit; network create; log verify.
 *
 * Not here: what they do (`new-network.ts`, `run-bank.ts`, `verify-log.ts`), how a bank without its disk comes back
 * (`recovery.ts`), the holder's commands (`holder.ts`).
 */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { CovaultError } from '../../src/errors.js';
import { type Verified, verifyLog } from '../../src/ledger/log.js';
import { amountBitsDefault, scaleDefault } from '../../src/limits.js';
import { decodeNetworkFile, type Network } from '../../src/network/index.js';
import { formatAmount } from '../../src/wallet/index.js';
import { readConfig } from '../config.js';
import { exists, readTextFile } from '../files.js';
import { auditToken, createIdentity, encodeIdentity, storeFolder } from '../keys.js';
import { askGateway } from './gateway-client.js';
import { gatewayOf } from './gateway-of.js';
import { createNetwork, describeNetwork, type NewNetworkOptions } from './new-network.js';
import { type Output, processOutput } from './output.js';
import { print } from './print.js';
import { registerRecoveryCommands } from './recovery.js';
import { runBank } from './run-bank.js';
import { describeStatus } from './status-text.js';
import { gatewayLog, storedLog } from './verify-log.js';

export function registerOperatorCommands(program: Command, to: Output = processOutput): void {
  const bank = program.command('bank').description('make, start and look at a bank');
  addInit(bank, to);
  addStart(bank, to);
  addStatus(bank, to);
  addAudit(bank, to);
  const network = program.command('network').description('make the network that banks share, and change its roster');
  addNetworkCreate(network, to);
  registerRecoveryCommands(bank, network, to);
  addLogVerify(program.command('log').description('check the public log of records'), to);
}

function addInit(bank: Command, to: Output): void {
  bank
    .command('init')
    .description('make the keys of a new bank; prints its public identity, to be given to the other banks')
    .requiredOption('--data <folder>', "the bank's data folder")
    .requiredOption('--name <name>', 'name in the network: letters, digits, ".", "_", "-"')
    .option('--recovery-key <file>', 'where the recovery key goes (default: beside the data folder)')
    .option('--json', 'print the public identity on one line')
    .addHelpText(
      'after',
      `
The data folder holds the bank's secrets: nobody else may read it. Take the recovery key offline: with it, and what the
other banks keep, the bank can be rebuilt after it has lost its disk.

Example:
  $ covault bank init --data data/ubz --name ubz --recovery-key /media/offline/ubz.json > ubz.public.json`,
    )
    .action(async (options: { data: string; name: string; recoveryKey?: string; json?: true }) => {
      const dataFolder = resolve(options.data);
      const recoveryFile = resolve(options.recoveryKey ?? `${dataFolder}.recovery-key.json`);
      const identity = await createIdentity({ dataFolder, name: options.name, recoveryFile });
      to.note(`the keys of ${identity.name} are in ${dataFolder}; take ${recoveryFile} offline`);
      const text = encodeIdentity(identity).trimEnd();
      print(to, options.json, JSON.parse(text), [text]);
    });
}

function addStart(bank: Command, to: Output): void {
  bank
    .command('start')
    .description('run a bank until SIGINT or SIGTERM; logs JSON lines on standard error')
    .requiredOption('--config <file>', 'config of the bank')
    .option('--json', 'print one JSON object on standard output when it serves')
    .addHelpText(
      'after',
      `
Started again after a stop or a crash, it rejoins the others by itself.

Example:
  $ covault bank start --config configs/jp-norgan.json`,
    )
    .action(async (options: { config: string; json?: true }) => runBank(await readConfig(options.config), options, to));
}

function addStatus(bank: Command, to: Output): void {
  bank
    .command('status')
    .description('what a bank does, and whom it waits for')
    .option('--gateway <url>', 'its gateway')
    .option('--config <file>', 'or its config')
    .option('--json', 'print the whole status as JSON')
    .addHelpText('after', '\nExample:\n  $ covault bank status --gateway http://127.0.0.1:8001')
    .action(async (options: { gateway?: string; config?: string; json?: true }) => {
      const status = await askGateway(await gatewayOf(options), '/v1/status');
      print(to, options.json, status, describeStatus(status));
    });
}

function addAudit(bank: Command, to: Output): void {
  bank
    .command('audit')
    .description('have the banks open the sum of all balances, which must equal the supply; prints the id')
    .requiredOption('--config <file>', 'config of the bank, on whose machine this runs')
    .option('--gateway <url>', 'its gateway, if the config leaves the port open')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ covault bank audit --config configs/jp-norgan.json')
    .action(async (options: { gateway?: string; config: string; json?: true }) => {
      const { dataFolder } = await readConfig(options.config);
      const headers = { authorization: `Bearer ${await auditToken(dataFolder)}` };
      const { id } = await askGateway(await gatewayOf(options), '/v1/audits', { method: 'POST', headers });
      print(to, options.json, { id }, [`audit ${id}; a network whose audit fails halts`]);
    });
}

function addNetworkCreate(network: Command, to: Output): void {
  const list = (value: string, before: string[] = []) => [...before, value];
  network
    .command('create')
    .description(
      'make the network file from the public identities of 2 to 7 banks, and one claim file a funded account',
    )
    .requiredOption('--bank <file>', 'public identity, as `covault bank init` prints it; once for every bank', list)
    .requiredOption('--accounts <count>', 'accounts of the ledger, a multiple of the page size', whole)
    .requiredOption('--page-size <count>', 'accounts among which a transfer hides: 1 to 256', whole)
    .option('--amount-bits <bits>', `amounts are below 2^bits (default: ${amountBitsDefault})`, whole)
    .option('--scale <places>', `decimal places of amounts (default: ${scaleDefault})`, whole)
    .option('--fund <account=amount>', 'starting balance of an account; repeatable', list)
    .option('--fund-all <amount>', 'starting balance of every account not named by --fund')
    .option('--gateway <name=url>', "where wallets find a bank's gateway; repeatable; no part of the network id", list)
    .requiredOption('--out <file>', 'the network file')
    .requiredOption('--claims <folder>', 'where the claim files go')
    .option('--json', 'print what was made as JSON')
    .addHelpText(
      'after',
      `
A claim file is the right to open a funded account: hand it over like money.

Example:
  $ covault network create --bank jp_norgan.public.json --bank ubz.public.json --accounts 10 --page-size 10 \\
      --fund-all 100 --gateway jp_norgan=http://127.0.0.1:8001 --gateway ubz=http://127.0.0.1:8002 \\
      --out network.json --claims claims`,
    )
    .action(async (options: NewNetworkOptions & { json?: true }) => {
      const made = describeNetwork(await createNetwork(options));
      print(to, options.json, made, [
        `network ${made.id} in ${options.out}`,
        `banks: ${made.banks.join(', ')}`,
        `accounts: ${made.accounts}, ${made.pageSize} in a page; supply ${formatAmount(BigInt(made.supply), made.scale)}`,
        `claim files in ${options.claims}: ${made.claims.length}`,
      ]);
    });
}

interface VerifyOptions {
  readonly gateway?: string;
  readonly data?: string;
  readonly config?: string;
  readonly network?: string;
  readonly json?: true;
}

function addLogVerify(log: Command, to: Output): void {
  log
    .command('verify')
    .description('check the hash chain and all signatures of the log, from genesis on; needs no secret')
    .option('--gateway <url>', 'read it from a gateway')
    .option('--data <folder>', 'or from the data folder of a bank that does not run')
    .option('--config <file>', 'or from the data folder that a config names')
    .option(
      '--network <file>',
      'the network file; without it a gateway is asked, and its word taken for who the banks are',
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Exits with 1 when the log is broken.

Examples:
  $ covault log verify --gateway http://127.0.0.1:8001 --network network.json
  $ covault log verify --data data/ubz --network network.json`,
    )
    .action(async (options: VerifyOptions) => {
      const verified = await verifyFrom(options, to);
      print(to, options.json, verified, [
        `network ${verified.networkId}`,
        `the log holds: ${verified.height} records, final up to ${verified.finalHeight}`,
        `envelopes: ${verified.envelopes}, burned: ${verified.burned}`,
        `head ${verified.head}`,
      ]);
    });
}

async function verifyFrom(options: VerifyOptions, to: Output): Promise<Verified> {
  const sources = [options.gateway, options.data, options.config].filter(source => source !== undefined);
  if (sources.length !== 1) throw usage('gateway', 'one of --gateway, --data and --config');
  const config = options.config === undefined ? undefined : await readConfig(options.config);
  const networkFile = options.network ?? config?.networkFile;
  if (options.gateway !== undefined) {
    const network = await networkFrom(options.gateway, networkFile, to);
    return verifyLog(network, gatewayLog(options.gateway));
  }
  if (networkFile === undefined) throw usage('network', 'the network file, beside --data');
  const network = await readNetwork(networkFile);
  const folder = storeFolder(config?.dataFolder ?? options.data ?? '');
  if (!(await exists(folder))) {
    throw new CovaultError('FILE_MISSING', `there is no ledger in ${folder}`, { file: folder });
  }
  // loaded when needed: most commands open no store
  const { openLevelStore } = await import('../storage/index.js');
  const store = await openLevelStore(folder, { networkId: network.id });
  try {
    return await verifyLog(network, storedLog(store));
  } finally {
    await store.close();
  }
}

async function networkFrom(gateway: string, file: string | undefined, to: Output): Promise<Network> {
  if (file !== undefined) return readNetwork(file);
  to.note('the network file is the one that this gateway shows; give yours with --network to trust it in nothing');
  return decodeNetworkFile(JSON.stringify(await askGateway(gateway, '/v1/network'))).network;
}

async function readNetwork(file: string): Promise<Network> {
  return decodeNetworkFile(await readTextFile(file, 'the network file that `covault network create` writes')).network;
}

function whole(value: string): number {
  if (!/^[0-9]{1,9}$/.test(value)) throw new InvalidArgumentError('expected a whole number.');
  return Number(value);
}

function usage(field: string, expected: string): CovaultError {
  return new CovaultError('BAD_CONFIG', `--${field}: expected ${expected}`, { field, expected });
}
