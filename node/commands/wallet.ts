/**
 * `covault wallet create`, `covault wallet restore`.
 */
import { type Command, InvalidArgumentError } from 'commander';
import { toHex } from '../../src/crypto/index.js';
import { checkSeedPhrase, type WordCount } from '../../src/wallet/index.js';
import { readTextFile } from '../files.js';
import { printJson } from './output.js';
import { addHolderOptions, createWallet, type HolderHost, type HolderOptions } from './wallet-host.js';

export function registerWalletCreate(wallet: Command, host: HolderHost): void {
  addHolderOptions(wallet.command('create'))
    .description('make a new wallet and show its seed phrase, once')
    .option('--words <count>', 'words of the seed phrase: 12 or 24', readWordCount, 12)
    .action(async (options: HolderOptions & { words: WordCount }) => {
      const { wallet: made, file } = await createWallet(options, host, { words: options.words });
      const { seedPhrase, network } = made;
      host.output.note(`Wallet ${file}`);
      host.output.note('Write these words on paper. Whoever has them has the accounts; they are not shown again:');
      if (options.json) printJson(host.output, { wallet: file, network: toHex(network.id), seedPhrase });
      else host.output.data(seedPhrase);
    });
}

export function registerWalletRestore(wallet: Command, host: HolderHost): void {
  addHolderOptions(wallet.command('restore'))
    .description('make a wallet from a seed phrase; its accounts are added with "account add"')
    .option('--seed-file <file>', 'a file with the seed phrase (or a prompt, or standard input)')
    .action(async (options: HolderOptions & { seedFile?: string }) => {
      const { seedFile } = options;
      const text = seedFile ? await readTextFile(seedFile, 'the seed phrase') : await host.ask('Seed phrase: ');
      const { wallet: made, file } = await createWallet(options, host, { seedPhrase: checkSeedPhrase(text) });
      host.output.note(`Wallet ${file}`);
      if (options.json) printJson(host.output, { wallet: file, network: toHex(made.network.id) });
    });
}

function readWordCount(text: string): WordCount {
  if (text === '12') return 12;
  if (text === '24') return 24;
  throw new InvalidArgumentError('12 or 24.');
}
