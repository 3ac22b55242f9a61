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
import { asDamage, storeDamaged } from '../errors.js';
import { type LoadedLedger, loadLedger, loadPrepared, type PreparedAttempt } from '../ledger/ledger-store.js';
import { rosterVerify } from '../ledger/log.js';
import type { Network } from '../network/index.js';
import type { Store } from '../ports.js';
import type { Party } from '../sharing/index.js';
import { endsWith } from './public-log.js';

export interface LoadedBank {
  readonly ledger: LoadedLedger;
  readonly pool: Pool;
  readonly agreement: Agreement;
  /** By attempt. */
  readonly prepared: Map<number, PreparedAttempt>;
  readonly sealing: Sealing;
}

/** Throws: STORE_DAMAGED; STORE_FOREIGN where the store is another network's. */
export async function loadBank(from: BankDisk): Promise<LoadedBank> {
  try {
    return await load(from);
  } catch (error) {
    throw asDamage(error);
  }
}

interface BankDisk {
  readonly network: Network;
  readonly party: Party;
  readonly store: Store;
  /** Ed25519 seed, 32 bytes. */
  readonly identitySeed: Uint8Array;
}

async function load({ network, party, store, identitySeed }: BankDisk): Promise<LoadedBank> {
  const ledger = await loadLedger(store, network, party);
  const durable = loadDurable(await entriesUnder(store, durablePrefix), network.banks.length);
  const { height } = ledger.state;
  if ((durable.last?.record.height ?? 0) !== height) {
    throw storeDamaged('log and balances stand at different heights');
  }
  if (durable.last && !(await endsWith(store, durable.last)))
    throw storeDamaged('the log does not end where it should');
  const pool = new Pool(network, rosterVerify(network));
  pool.load(await entriesUnder(store, poolPrefix), height + 1);
  const agreement = new Agreement({ network, self: party.self, sign: identitySigner(identitySeed), durable, pool });
  const prepared = await loadPrepared(store, network, party);
  return { ledger, pool, agreement, prepared, sealing: await Sealing.open(store) };
}

async function entriesUnder(store: Store, prefix: Uint8Array): Promise<(readonly [Uint8Array, Uint8Array])[]> {
  const found: (readonly [Uint8Array, Uint8Array])[] = [];
  for await (const entry of store.range(...under(prefix))) found.push(entry);
  return found;
}
