/**
 * What a bank reads from its disk when it starts.
 */
import {
  Agreement,
  BurnedIds,
  type Durable,
  delHalted,
  durablePrefix,
  identitySigner,
  loadDurable,
  loadKept,
  type Place,
  Pool,
  poolPrefix,
  Sealing,
} from '../agreement/index.js';
import { Reader, under, Writer } from '../codec/index.js';
import { utf8 } from '../crypto/index.js';
import { asDamage, CovaultError, storeDamaged } from '../errors.js';
import { type LoadedLedger, loadLedger, loadPrepared } from '../ledger/ledger-store.js';
import { rosterVerify } from '../ledger/log.js';
import type { Prepared } from '../ledger/prepared.js';
import { entryHead } from '../ledger/recovery-entry.js';
import { RecoverySweep } from '../ledger/recovery-sweep.js';
import { liftsOf, type Network } from '../network/index.js';
import type { Store, StoreOp } from '../ports.js';
import type { Party } from '../sharing/index.js';
import type { RecoveryStatus } from './api.js';
import { packetPrefix } from './envelope-desk.js';
import { loadMacKeys, pardonedLift, putPardoned } from './mac-keys.js';
import { MemoLog } from './memo-log.js';
import { endsWith } from './public-log.js';
import { checkRekeyable } from './rekeying.js';
import { sponsoredPrefix } from './sponsoring.js';

export interface LoadedBank {
  readonly ledger: LoadedLedger;
  readonly pool: Pool;
  readonly agreement: Agreement;
  /** By attempt. */
  readonly prepared: Map<number, Prepared>;
  readonly sweep: RecoverySweep;
  readonly sealing: Sealing;
  readonly memos: MemoLog;
  /** Of the MAC keys. */
  readonly lift: number;
  /** The network orders another: nothing is settled before. */
  readonly isRekeying: boolean;
  /** For operators; nothing where there is nothing. */
  readonly recovery: RecoveryStatus | undefined;
}

/**
 * Throws: STORE_DAMAGED; STORE_FOREIGN where the store is another network's; BAD_CONFIG: an older network file; OVERSIZED: the
 * network file orders a re-keying that the ledger is too large for. Then the disk is as it was.
 */
export async function loadBank(from: BankDisk): Promise<LoadedBank> {
  const lift = (await loadMacKeys(from.store))?.lift ?? 0;
  const isRekeying = lift < liftsOf(from.network);
  if (isRekeying) await checkRekeyable(from.network, from.store);
  try {
    return await load(from, lift, isRekeying);
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

async function load(
  { network, party, store, identitySeed }: BankDisk,
  lift: number,
  isRekeying: boolean,
): Promise<LoadedBank> {
  await checkRoster(store, network);
  if ((await pardonedLift(store)) < liftsOf(network)) await store.commit([delHalted, putPardoned(liftsOf(network))]);
  const ledger = await loadLedger(store, network, party);
  const durable = loadDurable(await entriesUnder(store, durablePrefix), network.banks.length);
  const { height } = ledger.state;
  if ((durable.last?.record.height ?? 0) !== height) {
    throw storeDamaged('log and balances stand at different heights');
  }
  if (durable.last && !(await endsWith(store, durable.last)))
    throw storeDamaged('the log does not end where it should');
  const pool = new Pool(network, rosterVerify(network), new BurnedIds(durable.burned));
  pool.load(await entriesUnder(store, poolPrefix), height + 1);
  const kept = await loadKept(store, network.banks.length, height);
  const sign = identitySigner(identitySeed);
  const agreement = new Agreement({ network, self: party.self, sign, durable, pool, kept, isRekeying });
  const own = kept.last[party.self];
  const sweep = new RecoverySweep(network, ledger.touched, own ? entryHead(own).keepFrom : 1);
  const prepared = await loadPrepared(store, network, party);
  const [sealing, memos] = [await Sealing.open(store), await MemoLog.open(store)];
  const recovery = recoveryOf(durable, isRekeying);
  return { ledger, pool, agreement, prepared, sweep, sealing, memos, lift, isRekeying, recovery };
}

/** What the disk says is under way, before this process changes it. */
function recoveryOf({ adopted, adoption }: Durable, isRekeying: boolean): RecoveryStatus | undefined {
  const place = ({ height, attempt }: Place) => ({ height, attempt });
  const state = {
    ...(isRekeying && { rekeying: true as const }),
    ...(adopted && !adoption && { adopting: place(adopted) }),
    ...(adoption && { adopted: place(adoption.certified.record) }),
  };
  return Object.keys(state).length === 0 ? undefined : state;
}

/**
 * A roster version never falls. Under a new one all undecided envelopes are void: their packets are sealed under the old, and no
 * block takes them any more. Throws BAD_CONFIG.
 */
async function checkRoster(store: Store, { rosterVersion }: Network): Promise<void> {
  const stored = await store.get(rosterKey);
  const before = stored ? new Reader(stored, 'stored roster version').u32() : 0;
  if (before > rosterVersion) {
    const expected = `a network file of roster version ${before} or later; this one is of version ${rosterVersion}`;
    throw new CovaultError('BAD_CONFIG', `networkFile: expected ${expected}`, { field: 'networkFile', expected });
  }
  if (before === rosterVersion) return;
  const ops: StoreOp[] = [putRoster(rosterVersion)];
  for (const prefix of [poolPrefix, packetPrefix, sponsoredPrefix]) {
    for (const [key] of await entriesUnder(store, prefix)) ops.push({ type: 'del', key });
  }
  await store.commit(ops);
}

const rosterKey = utf8('bank/roster-version');

export function putRoster(version: number): StoreOp {
  return { type: 'put', key: rosterKey, value: new Writer(4).u32(version).done() };
}

export async function entriesUnder(store: Store, prefix: Uint8Array): Promise<(readonly [Uint8Array, Uint8Array])[]> {
  const found: (readonly [Uint8Array, Uint8Array])[] = [];
  for await (const entry of store.range(...under(prefix))) found.push(entry);
  return found;
}
