/**
 * What a bank reads from its disk when it starts.
 */
import {
  Agreement,
  durablePrefix,
  identitySigner,
  loadDurable,
  Pool,
  poolPrefix,
  Sealing,
} from '../agreement/index.js';
import { under } from '../codec/index.js';
import { CovaultError } from '../errors.js';
import { type LoadedLedger, loadLedger, loadPrepared, type PreparedAttempt } from '../ledger/ledger-store.js';
import { rosterVerify } from '../ledger/log.js';
import type { Network } from '../network/index.js';
import type { Store } from '../ports.js';
import type { Party } from '../sharing/index.js';
import { MemoLog } from './memo-log.js';

export interface LoadedBank {
  readonly ledger: LoadedLedger;
  readonly pool: Pool;
  readonly agreement: Agreement;
  /** By attempt. */
  readonly prepared: Map<number, PreparedAttempt>;
  readonly sealing: Sealing;
  readonly memos: MemoLog;
}

/** Throws: STORE_DAMAGED; STORE_FOREIGN where the store is another network's. */
export async function loadBank({
  network,
  party,
  store,
  identitySeed,
}: {
  readonly network: Network;
  readonly party: Party;
  readonly store: Store;
  /** Ed25519 seed, 32 bytes. */
  readonly identitySeed: Uint8Array;
}): Promise<LoadedBank> {
  const ledger = await loadLedger(store, network, party);
  const durable = loadDurable(await entriesUnder(store, durablePrefix), network.banks.length);
  const { height } = ledger.state;
  if ((durable.last?.record.height ?? 0) !== height) {
    throw new CovaultError('STORE_DAMAGED', 'the data folder is damaged: log and balances stand at different heights');
  }
  const pool = new Pool(network, rosterVerify(network));
  pool.load(await entriesUnder(store, poolPrefix), height + 1);
  const agreement = new Agreement({ network, self: party.self, sign: identitySigner(identitySeed), durable, pool });
  const prepared = await loadPrepared(store, network, party);
  return { ledger, pool, agreement, prepared, sealing: await Sealing.open(store), memos: await MemoLog.open(store) };
}

async function entriesUnder(store: Store, prefix: Uint8Array): Promise<(readonly [Uint8Array, Uint8Array])[]> {
  const found: (readonly [Uint8Array, Uint8Array])[] = [];
  for await (const entry of store.range(...under(prefix))) found.push(entry);
  return found;
}
