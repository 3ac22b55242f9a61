/**
 * A bank that has lost its disk, rebuilt from what the other banks keep of it, with its offline recovery key.
 *
 *     copies     of every other bank (`copy.ts`): only all of them together have heard all that this bank has said
 *     records    walked from genesis with all signatures, in each copy: one chain, and the longest of them counts
 *     entries    each fits the commitment that this bank has signed in the certificate of its height and attempt
 *     state      genesis, and the entries from `keepFrom` of the last on: page after page as the last of them leaves it
 *     attempts   at the next height: what it has signed is taken up with its entry; whatever else is not void yet is voided by
 *                this bank, so that it contradicts nothing it may have forgotten
 *
 * A copy that lies about records is found out; one that holds back entries is made good by another. What all hold back, nobody
 * can bring: then the bank is not rebuilt. Nothing is written before everything has been checked, but for the public log.
 *
 * Not here: files and their names; the new sealing key and roster version, under which alone it may come back.
 *
 * Source: protocol.md, section 10.
 */
import { type Certified, type OpenAttempt, putBurned, putCertified } from '../agreement/index.js';
import { equalBytes } from '../crypto/index.js';
import { ChainVerifier, recordHash, rosterVerify, type Verify } from '../ledger/log.js';
import { entryHash, entryHead } from '../ledger/recovery-entry.js';
import type { RecoverySecrets } from '../ledger/recovery-secrets.js';
import type { Network } from '../network/index.js';
import type { Store, StoreOp } from '../ports.js';
import { type CopyHeader, readCopy } from './copy.js';
import { putRoster } from './load.js';
import { putMemosSince } from './memo-log.js';
import { attemptOps } from './rebuilt-attempts.js';
import { cannotRebuild, rebuildState } from './rebuilt-state.js';
import { putSequence } from './sponsoring.js';

/** A copy that can be read from its start as often as it takes. */
export type CopySource = () => AsyncIterable<Uint8Array>;

export interface Rebuilt {
  readonly height: number;
  /** Of the last roster under which the others ran. */
  readonly rosterVersion: number;
  readonly secrets: RecoverySecrets;
}

export interface RebuildOptions {
  readonly network: Network;
  readonly self: number;
  readonly recoverySecret: Uint8Array;
  readonly copies: readonly CopySource[];
  /** Empty. */
  readonly store: Store;
  readonly verify?: Verify;
}

/** What one copy was found to hold. */
export interface ReadCopy {
  readonly source: CopySource;
  readonly header: CopyHeader;
  /** Hashes of its records, by height, from that of height 1 on. */
  readonly hashes: readonly Uint8Array[];
  readonly last: Certified | undefined;
  readonly attempts: readonly OpenAttempt[];
  /** By height; each fits the certificate of its height. */
  readonly entries: ReadonlyMap<number, Uint8Array>;
}

/** Records written in one transaction. */
const recordsAtOnce = 64;

/**
 * Writes the bank's store. Throws CANNOT_REBUILD: a copy is missing, copies contradict each other, or entries are missing;
 * BAD_CERTIFICATE, MALFORMED, OVERSIZED: what was given is no copy; PACKET_UNREADABLE: the recovery key is another.
 */
export async function rebuild(options: RebuildOptions): Promise<Rebuilt> {
  const { network, self, recoverySecret, copies, store, verify = rosterVerify(network) } = options;
  const reads: ReadCopy[] = [];
  for (const source of copies) reads.push(await read(source, network, self, verify));
  const best = longest(reads, network, self);
  if (!best.last) throw cannotRebuild('there is no record yet, so nothing is lost: the banks make a new network');
  const { height, supply } = best.last.record;
  const entries = (at: number) => reads.map(each => each.entries.get(at)).find(entry => entry !== undefined);
  const state = rebuildState({ network, self, recoverySecret, height, entries });
  await writeLog(store, best, network);
  const attempts = attemptOps({ network, verify, recoverySecret, reads, state });
  const rosterVersion = Math.max(...reads.map(({ header }) => header.rosterVersion));
  // only under a later roster: it has forgotten which k_i it revealed, and which numbers it gave
  const next = [putRoster(rosterVersion + 1), putSequence(rosterVersion + 1), putMemosSince(height + 1)];
  await store.commit([...state.ops(supply), ...attempts, ...next]);
  return { height, rosterVersion, secrets: state.secrets };
}

async function read(source: CopySource, network: Network, self: number, verify: Verify): Promise<ReadCopy> {
  const chain = new ChainVerifier(network, undefined, verify);
  const hashes: Uint8Array[] = [];
  const attempts: OpenAttempt[] = [];
  const entries = new Map<number, Uint8Array>();
  let header: CopyHeader | undefined;
  let last: Certified | undefined;
  for await (const item of readCopy(source(), network)) {
    if (item.kind === 'header') header = checkHeader(item, network, self);
    else if (item.kind === 'attempt') attempts.push(item.attempt);
    else if (item.kind === 'entry') entries.set(entryHead(item.entry).height, item.entry);
    else if (item.kind === 'record') {
      last = item.certified;
      hashes.push(chain.accept(last.record, last.certificate).hash);
      const entry = entries.get(last.record.height);
      // held back or changed: perhaps another bank has it
      if (entry && !fits(entry, last, self)) entries.delete(last.record.height);
    }
  }
  if (!header) throw cannotRebuild('a copy has no head');
  for (const height of entries.keys()) if (height > hashes.length) entries.delete(height);
  return { source, header, hashes, last, attempts, entries };
}

function checkHeader(header: CopyHeader, network: Network, self: number): CopyHeader {
  if (!equalBytes(header.networkId, network.id)) throw cannotRebuild('a copy is of another network');
  if (header.of !== self) throw cannotRebuild(`a copy is of ${network.banks[header.of].name}`);
  return header;
}

/** What the bank has signed with that record is this entry, and no other of its own. */
function fits(entry: Uint8Array, { record, certificate }: Certified, self: number): boolean {
  return entryHead(entry).attempt === record.attempt && equalBytes(entryHash(entry), certificate[self].commitment);
}

/** Of copies by all other banks; they hold one chain, some more of it than others. */
function longest(reads: readonly ReadCopy[], network: Network, self: number): ReadCopy {
  const missing = network.banks.filter((_, bank) => bank !== self && !reads.some(({ header }) => header.by === bank));
  if (missing.length > 0) throw cannotRebuild(`a copy is missing, of ${missing.map(({ name }) => name).join(', ')}`);
  const best = reads.reduce((a, b) => (b.hashes.length > a.hashes.length ? b : a));
  const isOfIt = ({ hashes }: ReadCopy) => {
    const at = hashes.length - 1;
    return at < 0 || equalBytes(hashes[at], best.hashes[at]);
  };
  if (!reads.every(isOfIt)) throw cannotRebuild('the copies hold different records: the network is divided');
  return best;
}

async function writeLog(store: Store, { source, hashes }: ReadCopy, network: Network): Promise<void> {
  let ops: StoreOp[] = [];
  for await (const item of readCopy(source(), network)) {
    if (item.kind !== 'record') continue;
    const { record } = item.certified;
    if (!equalBytes(recordHash(record), hashes[record.height - 1])) throw cannotRebuild('a copy has changed meanwhile');
    ops.push(...putCertified(item.certified), ...record.burned.map(id => putBurned(id, true)));
    if (record.height % recordsAtOnce !== 0) continue;
    await store.commit(ops);
    ops = [];
  }
  await store.commit(ops);
}
