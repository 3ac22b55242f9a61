/**
 * `covault bank pardon`: this bank's signature, after a look at its ledger: the banks bring all of it under new MAC keys in one
 * block, and once they have started with the next network file there is no way back.
 *
 * Not here: what is signed, and that a bank signs one change for each roster version (`amend-network.ts`).
 */
import { checkRekeyable } from '../../src/bank/index.js';
import { isCode } from '../../src/errors.js';
import { exists } from '../files.js';
import { storeFolder } from '../keys.js';
import { openLevelStore } from '../storage/index.js';
import { type AmendmentSignature, readNetworkFile, signAmendment } from './amend-network.js';

export interface SignedPardon {
  readonly signed: AmendmentSignature;
  /** Why the ledger was not looked at, if it was not. */
  readonly notLookedAt: string | undefined;
}

/** Throws OVERSIZED: the ledger is too large, and nothing is signed; BAD_CONFIG; what opening the store throws, if it is not in use. */
export async function signPardon(dataFolder: string, networkFile: string): Promise<SignedPardon> {
  const notLookedAt = await lookAt(dataFolder, networkFile);
  return { signed: await signAmendment(dataFolder, { network: networkFile }), notLookedAt };
}

async function lookAt(dataFolder: string, networkFile: string): Promise<string | undefined> {
  const { network } = await readNetworkFile(networkFile);
  const folder = storeFolder(dataFolder);
  if (!(await exists(folder))) return `there is no ledger in ${folder}`;
  try {
    const store = await openLevelStore(folder, { networkId: network.id });
    try {
      await checkRekeyable(network, store);
    } finally {
      await store.close();
    }
    return undefined;
  } catch (error) {
    if (!isCode(error, 'STORE_LOCKED')) throw error;
    return 'the bank runs';
  }
}
