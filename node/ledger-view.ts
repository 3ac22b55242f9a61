/**
 * What one bank's data folder says about the accounts: its own shares, read while the bank does not run.
 *
 * For operators who want to see for themselves that a share is noise. One bank's shares alone say nothing of a balance;
 * all banks' together are the balances, so this prints nothing by itself and no log ever sees it.
 */
import { loadState } from '../src/ledger/ledger-store.js';
import { decodeNetworkFile } from '../src/network/index.js';
import { readConfig } from './config.js';
import { readTextFile } from './files.js';
import { findSelf, macKeys, readIdentity, storeFolder } from './keys.js';
import { openLevelStore } from './storage/index.js';

export interface BankLedgerView {
  readonly height: number;
  /** By account. */
  readonly balanceShares: BigUint64Array;
}

/** Throws what starting the bank would: STORE_LOCKED while it runs. */
export async function viewLedger(configFile: string): Promise<BankLedgerView> {
  const { dataFolder, networkFile } = await readConfig(configFile);
  const { network } = decodeNetworkFile(await readTextFile(networkFile, '`covault network create` writes it'));
  const self = findSelf(network, (await readIdentity(dataFolder)).identity);
  const store = await openLevelStore(storeFolder(dataFolder), { networkId: network.id });
  try {
    const deltas = await macKeys({ store, network, self, isFresh: false });
    const state = await loadState(store, network, { self, count: network.banks.length, deltas });
    return { height: state.height, balanceShares: state.balances.value };
  } finally {
    await store.close();
  }
}
