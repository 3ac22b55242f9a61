/** A ledger of so many stored pages, as a disk holds it: at height 0, every page as at genesis. */
import { ledgerOps } from '../../src/ledger/ledger-store.js';
import { genesisPage } from '../../src/ledger/pages.js';
import { genesisHash } from '../../src/ledger/state.js';
import { recoveryEntryBytesMax } from '../../src/limits.js';
import type { Network } from '../../src/network/index.js';
import type { StoreOp } from '../../src/ports.js';
import type { Party } from '../../src/sharing/index.js';

export function ledgerOfPages(network: Network, party: Party, count: number): StoreOp[] {
  const pages = Array.from({ length: count }, (_, page) => [page, genesisPage(network, party, page)] as const);
  return ledgerOps({ height: 0, supply: network.supply, stateHash: genesisHash(network) }, pages);
}

/** Pages of 256 slots that three banks can still re-key: 5 rows of 8 bytes for balances and both keys, and one for openness. */
export const rekeyablePages = Math.floor(recoveryEntryBytesMax / 2 / (256 * (3 * 5 * 8 + 1)));
