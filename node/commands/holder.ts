/**
 * The commands of an account holder, for `cli.ts`:
 *
 *     wallet create | restore      account open | list | add      transfer      balance
 *     consent give | list | open | withdraw      history      statement
 */
import type { Command } from 'commander';
import { registerAccountAdd, registerAccountList, registerAccountOpen } from './account.js';
import { registerBalance } from './balance.js';
import { registerConsent } from './consent.js';
import { registerHistory, registerStatement } from './history.js';
import { registerTransfer } from './transfer.js';
import { registerWalletCreate, registerWalletRestore } from './wallet.js';
import { type HolderHost, processHost } from './wallet-host.js';

export function registerHolderCommands(program: Command, given: Partial<HolderHost> = {}): void {
  const host = { ...processHost, ...given };
  const wallet = program.command('wallet').description('make a wallet');
  registerWalletCreate(wallet, host);
  registerWalletRestore(wallet, host);
  const account = program.command('account').description('open and list accounts');
  registerAccountOpen(account, host);
  registerAccountList(account, host);
  registerAccountAdd(account, host);
  registerTransfer(program, host);
  registerBalance(program, host);
  registerConsent(program, host);
  registerHistory(program, host);
  registerStatement(program, host);
}
