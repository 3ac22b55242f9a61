/**
 * The commands by which a bank without its disk comes back: bank copy, bank recover; network sign, network amend.
 *
 * Not here: what they do (`recover-bank.ts`, `amend-network.ts`).
 */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readConfig } from '../config.js';
import { encodeIdentity } from '../keys.js';
import { amendNetwork, signAmendment } from './amend-network.js';
import { gatewayOf } from './gateway-of.js';
import type { Output } from './output.js';
import { print } from './print.js';

const list = (value: string, before: string[] = []) => [...before, value];

export function registerRecoveryCommands(bank: Command, network: Command, to: Output): void {
  addCopy(bank, to);
  addRecover(bank, to);
  addSign(network, to);
  addAmend(network, to);
}

function addCopy(bank: Command, to: Output): void {
  bank
    .command('copy')
    .description('write what this bank keeps of another that has lost its disk into a file for that bank')
    .requiredOption('--of <name>', 'the bank that is to be rebuilt')
    .requiredOption('--config <file>', 'config of this bank, which runs on this machine')
    .option('--gateway <url>', 'its gateway, if the config leaves the port open')
    .requiredOption('--out <file>', 'the file')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
What is secret in the file is sealed to the recovery key of that bank. It needs such a file of every other bank.

Example:
  $ covault bank copy --of ubz --config configs/jp-norgan.json --out ubz-by-jp-norgan.copy`,
    )
    .action(async (options: { of: string; config: string; gateway?: string; out: string; json?: true }) => {
      const { copyBank } = await import('./recover-bank.js');
      const out = resolve(options.out);
      await copyBank(await readConfig(options.config), options.of, await gatewayOf(options), out);
      print(to, options.json, { of: options.of, out }, [`copy of ${options.of} in ${out}`]);
    });
}

function addRecover(bank: Command, to: Output): void {
  bank
    .command('recover')
    .description('rebuild the data folder of a bank from the copies of all other banks; prints its public identity')
    .requiredOption('--config <file>', 'config of the bank; its data folder must not exist')
    .requiredOption('--recovery-key <file>', 'its offline recovery key')
    .requiredOption('--copy <file>', 'copy that `covault bank copy` made; once for every other bank', list)
    .option('--json', 'print the public identity on one line')
    .addHelpText(
      'after',
      `
For a disk that is lost, damaged, or an old copy: move the old data folder away first. The bank comes back under a new sealing
key, which all banks must sign: give them the identity that this prints (\`covault network sign\`, \`covault network amend\`).

Example:
  $ covault bank recover --config configs/ubz.json --recovery-key /media/offline/ubz.json \\
      --copy ubz-by-jp-norgan.copy > ubz.public.json`,
    )
    .action(async (options: { config: string; recoveryKey: string; copy: string[]; json?: true }) => {
      const { recoverBank } = await import('./recover-bank.js');
      const config = await readConfig(options.config);
      const { identity, height } = await recoverBank(config, options);
      to.note(
        `${identity.name} is rebuilt up to height ${height} in ${config.dataFolder}; all banks must sign its new key`,
      );
      const text = encodeIdentity(identity).trimEnd();
      print(to, options.json, JSON.parse(text), [text]);
    });
}

interface ChangeOptions {
  readonly network: string;
  readonly bank: string;
  readonly json?: true;
}

function change(network: Command, name: string): Command {
  return network
    .command(name)
    .requiredOption('--network <file>', 'the network file as it is now')
    .requiredOption('--bank <file>', 'public identity of the bank that changes, as `covault bank recover` prints it')
    .option('--json', 'print JSON');
}

function addSign(network: Command, to: Output): void {
  change(network, 'sign')
    .description("sign the next roster version, in which one bank has a new sealing key: every bank's operator")
    .requiredOption('--config <file>', 'config of the bank that signs')
    .addHelpText(
      'after',
      `
Compare the new key with its operator over another channel first. A bank signs one change for each roster version.

Example:
  $ covault network sign --network network.json --bank ubz.public.json --config jp-norgan.json > jp-norgan.signature.json`,
    )
    .action(async (options: ChangeOptions & { config: string }) => {
      const { dataFolder } = await readConfig(options.config);
      const signed = await signAmendment(dataFolder, options);
      print(to, options.json, signed, [JSON.stringify(signed, undefined, 2)]);
    });
}

function addAmend(network: Command, to: Output): void {
  change(network, 'amend')
    .description('make the next network file from the signatures of all banks')
    .requiredOption('--signature <file>', 'what `covault network sign` printed; once for every bank', list)
    .requiredOption('--out <file>', 'the new network file')
    .addHelpText(
      'after',
      `
The network id stays as it is. Start every bank again with the new file, and hand it to holders: envelopes under the old one are
refused.

Example:
  $ covault network amend --network network.json --bank ubz.public.json --signature jp-norgan.signature.json \\
      --signature ubz.signature.json --out network-1.json`,
    )
    .action(async (options: ChangeOptions & { signature: string[]; out: string }) => {
      const { rosterVersion, banks } = await amendNetwork(options);
      const out = resolve(options.out);
      const made = { rosterVersion, banks: banks.map(({ name }) => name), out };
      print(to, options.json, made, [`roster version ${rosterVersion} in ${out}: start every bank again with it`]);
    });
}
