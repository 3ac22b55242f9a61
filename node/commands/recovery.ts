/**
 * The commands by which a bank without its disk comes back: bank copy, bank recover; network sign, network amend; and banks that
 * are apart come together: network adopt; and a network that halted goes on: bank pardon.
 *
 * Not here: what they do (`recover-bank.ts`, `amend-network.ts`, `adopt-record.ts`, `sign-pardon.ts`).
 */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { CovaultError } from '../../src/errors.js';
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
  addAdopt(network, to);
  addPardon(bank, to);
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
  readonly bank?: string;
  readonly json?: true;
}

function change(network: Command, name: string): Command {
  return network
    .command(name)
    .requiredOption('--network <file>', 'the network file as it is now')
    .option('--json', 'print JSON');
}

const bankOption = [
  '--bank <file>',
  'public identity of the bank that changes, as `covault bank recover` prints it',
] as const;

function addSign(network: Command, to: Output): void {
  change(network, 'sign')
    .requiredOption(...bankOption)
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
    .option(...bankOption)
    .option('--pardon', 'or no bank changes: all have signed `covault bank pardon`')
    .description('make the next network file from the signatures of all banks')
    .requiredOption(
      '--signature <file>',
      'what `covault network sign` or `covault bank pardon` printed; once for every bank',
      list,
    )
    .requiredOption('--out <file>', 'the new network file')
    .addHelpText(
      'after',
      `
The network id stays as it is. Start every bank again with the new file, and hand it to holders: envelopes under the old one are
refused.

Examples:
  $ covault network amend --network network.json --bank ubz.public.json --signature jp-norgan.signature.json \\
      --signature ubz.signature.json --out network-1.json
  $ covault network amend --network network.json --pardon --signature jp-norgan.pardon.json \\
      --signature ubz.pardon.json --out network-1.json`,
    )
    .action(async (options: ChangeOptions & { pardon?: true; signature: string[]; out: string }) => {
      if ((options.bank === undefined) !== (options.pardon === true)) {
        const expected = 'one of --bank and --pardon';
        throw new CovaultError('BAD_CONFIG', `--bank: expected ${expected}`, { field: 'bank', expected });
      }
      const { rosterVersion, banks } = await amendNetwork(options);
      const out = resolve(options.out);
      const made = { rosterVersion, banks: banks.map(({ name }) => name), out };
      print(to, options.json, made, [`roster version ${rosterVersion} in ${out}: start every bank again with it`]);
    });
}

function addAdopt(network: Command, to: Output): void {
  network
    .command('adopt')
    .description('sign which record stands at a height, where a proven cheat has brought banks apart: every operator')
    .requiredOption('--config <file>', 'config of the bank, which does not run')
    .option('--of <file>', 'what other banks printed; none at the bank that has committed the record', list, [])
    .option('--json', 'print what others are given on one line')
    .addHelpText(
      'after',
      `
Only after a halt with proof, when \`covault bank status\` shows banks at different heights. The bank that is ahead begins. A bank
signs for one record of a height, ever. Once a bank that is behind is given the words of all, its next start commits the record.
The evidence stays: the network is one again, and halted.

Example:
  $ covault network adopt --config jp-norgan.json > jp-norgan.adopt.json
  $ covault network adopt --config ubz.json --of jp-norgan.adopt.json > ubz.adopt.json
  $ covault network adopt --config bnq.json --of jp-norgan.adopt.json --of ubz.adopt.json > bnq.adopt.json
  $ covault network adopt --config ubz.json --of ubz.adopt.json --of bnq.adopt.json`,
    )
    .action(async (options: { config: string; of: string[]; json?: true }) => {
      const { adoptRecord } = await import('./adopt-record.js');
      const { file, state } = await adoptRecord(await readConfig(options.config), options.of);
      const notes = {
        committed: `${file.bank} has committed attempt ${file.attempt} at height ${file.height}`,
        waits: `${file.bank} adopts attempt ${file.attempt} at height ${file.height}; give it the words of all banks`,
        stored: `${file.bank} has the words of all banks: its next start commits attempt ${file.attempt} at height ${file.height}`,
      };
      to.note(notes[state]);
      print(to, options.json, file, [JSON.stringify(file, undefined, 2)]);
    });
}

function addPardon(bank: Command, to: Output): void {
  change(bank, 'pardon')
    .description("sign a pardon: accusations are lifted, and all MAC keys are drawn anew: every bank's operator")
    .requiredOption('--config <file>', 'config of the bank that signs')
    .addHelpText(
      'after',
      `
After a halt, once the operators know that it came from a mistake. With the signatures of all, \`covault network amend --pardon\`
makes the next network file. Started with it, the banks bring the whole ledger under new keys before they settle anything; a bank
that tries to change something on the way is named. At most 8 times in the life of a network.

Stop the bank first: all of the ledger must fit in one block, and a ledger in use cannot be looked at. Once banks have started with
the next network file there is no way back.

Example:
  $ covault bank pardon --network network.json --config jp-norgan.json > jp-norgan.pardon.json`,
    )
    .action(async (options: { network: string; config: string; json?: true }) => {
      const { signPardon } = await import('./sign-pardon.js');
      const { signed, notLookedAt } = await signPardon((await readConfig(options.config)).dataFolder, options.network);
      if (notLookedAt) {
        to.note(`signed without a look at the ledger, which may be too large for a pardon: ${notLookedAt}`);
      }
      print(to, options.json, signed, [JSON.stringify(signed, undefined, 2)]);
    });
}
