/**
 * A network whose banks all run on this machine: for trying things out. In earnest every operator makes the bank's keys at
 * home (`covault bank init`), and the public identities meet at one place (`covault network create`).
 *
 *     <folder>/banks/<name>/               data folder; console-token in it, once the bank has started
 *     <folder>/recovery/<name>.json        recovery key: in earnest, offline
 *     <folder>/identities/<name>.json      public identity
 *     <folder>/network.json                the network file
 *     <folder>/claims/<account>.json       the right to open a funded account
 *     <folder>/configs/<name>.json         for `covault bank start --config`
 */
import { createServer, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { runProgram } from '../node/commands/exit.js';
import { createNetwork, describeNetwork } from '../node/commands/new-network.js';
import { processOutput } from '../node/commands/output.js';
import { print } from '../node/commands/print.js';
import { refuseExisting, writeNewFile } from '../node/files.js';
import { createIdentity, encodeIdentity } from '../node/keys.js';

interface Options {
  readonly folder: string;
  readonly banks: readonly string[];
  readonly accounts: number;
  readonly pageSize: number;
  readonly amountBits?: number;
  readonly scale?: number;
  readonly fund?: readonly string[];
  readonly fundAll?: string;
  readonly port?: number;
  readonly console: boolean;
  readonly json?: true;
}

interface Ports {
  readonly gateway: number;
  readonly peer: number;
  readonly console: number;
}

/** With --port: banks' own ports lie this far above those of their gateways. */
const peerPortOffset = 1_000;
/** And those of their consoles. */
const consolePortOffset = 100;

const whole = (value: string): number => {
  if (!/^[0-9]{1,9}$/.test(value)) throw new InvalidArgumentError('expected a whole number.');
  return Number(value);
};
const list = (value: string, before: string[] = []) => [...before, value];

const program = new Command('new-network')
  .description('make a network of banks on this machine: identities, network file, claim files, configs')
  .requiredOption('--folder <folder>', 'where everything goes')
  .requiredOption('--banks <names>', 'names of the banks, with commas: 2 to 7', names => names.split(','))
  .requiredOption('--accounts <count>', 'accounts of the ledger', whole)
  .requiredOption('--page-size <count>', 'accounts among which a transfer hides: 1 to 256', whole)
  .option('--amount-bits <bits>', 'amounts are below 2^bits', whole)
  .option('--scale <places>', 'decimal places of amounts', whole)
  .option('--fund <account=amount>', 'starting balance of an account; repeatable', list)
  .option('--fund-all <amount>', 'starting balance of every account not named by --fund')
  .option(
    '--port <port>',
    `first gateway's; consoles listen ${consolePortOffset} above theirs, banks ${peerPortOffset} (default: free ones)`,
    whole,
  )
  .option('--no-console', 'banks without a console for operators')
  .option('--json', 'print what was made as JSON')
  .addHelpText(
    'after',
    `
Example:
  $ ./scripts/new-network --folder /tmp/net --banks jp_norgan,ubz --accounts 10 --page-size 10 --fund-all 100
  $ node build/node/main.js bank start --config /tmp/net/configs/jp_norgan.json`,
  )
  .action(make);

async function make(options: Options): Promise<void> {
  const { banks: names, json } = options;
  const folder = resolve(options.folder);
  await refuseExisting(join(folder, 'network.json'));
  const ports = await choosePorts(names.length, options.port);
  const identities: string[] = [];
  for (const name of names) {
    const recoveryFile = join(folder, 'recovery', `${name}.json`);
    const identity = await createIdentity({ dataFolder: join(folder, 'banks', name), name, recoveryFile });
    const file = join(folder, 'identities', `${name}.json`);
    await writeNewFile(file, encodeIdentity(identity), 'public');
    identities.push(file);
  }
  const made = await createNetwork({
    ...options,
    bank: identities,
    gateway: names.map((name, i) => `${name}=http://127.0.0.1:${ports[i].gateway}`),
    out: join(folder, 'network.json'),
    claims: join(folder, 'claims'),
  });
  const configs = names.map(name => join(folder, 'configs', `${name}.json`));
  for (const [i, file] of configs.entries()) {
    await writeNewFile(file, configText(names[i], i, ports, options.console), 'public');
  }

  const { id, supply, claims } = describeNetwork(made);
  print(processOutput, json, { id, banks: names, supply, configs, claims }, [
    `network ${id} in ${folder}`,
    ...configs.map(file => `  covault bank start --config ${file}`),
  ]);
}

function configText(name: string, self: number, ports: readonly Ports[], withConsole: boolean): string {
  const listen = `127.0.0.1:${ports[self].console}`;
  const address = ({ peer }: Ports) => `/ip4/127.0.0.1/tcp/${peer}`;
  const config = {
    name,
    dataFolder: `../banks/${name}`,
    networkFile: '../network.json',
    listen: [address(ports[self])],
    known: ports.filter((_, i) => i !== self).map(address),
    mdns: false,
    gateway: { host: '127.0.0.1', port: ports[self].gateway },
    ...(withConsole && { console: { listen, tokenFile: `../banks/${name}/console-token` } }),
    log: { level: 'info' },
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

async function choosePorts(count: number, first: number | undefined): Promise<Ports[]> {
  if (first !== undefined) {
    return Array.from({ length: count }, (_, i) => ({
      gateway: first + i,
      peer: first + i + peerPortOffset,
      console: first + i + consolePortOffset,
    }));
  }
  // all held at once, so that they differ
  const held = await Promise.all(Array.from({ length: 3 * count }, () => holdPort()));
  await Promise.all(held.map(({ server }) => new Promise(done => server.close(done))));
  const ports = held.map(({ port }) => port);
  return Array.from({ length: count }, (_, i) => ({
    gateway: ports[3 * i],
    peer: ports[3 * i + 1],
    console: ports[3 * i + 2],
  }));
}

function holdPort(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      done({ server, port: typeof address === 'object' && address ? address.port : 0 });
    });
  });
}

process.exitCode = await runProgram(program, process.argv.slice(2), processOutput);
