/**
 * Re-keying of a whole bank, as the computation of a block without envelopes: every ordered pair draws a new key and brings all
 * state under it; the block's prepared state is the ledger under the new keys.
 *
 *     ordered by        the network file: a pardon that all operators have signed (`network/amendment.ts`)
 *     agreed by         a record as any other: prepared before it is signed, certified by all n, applied in one transaction.
 *                       So every crash ends in one outcome for all, by the rules of section 10: the record stands and all
 *                       banks switch, or the attempt is void and new keys are drawn
 *     meanwhile         no stock is made under old keys, and no envelope is taken
 *     then              the bank starts again from its disk, under the new keys
 *
 * A failed check names the other end of the pair, as ever. What a bank re-keys is bounded by its recovery entry, which holds
 * all of it: a bank asks before it signs a pardon, and again before it takes one up, because then there is no way back.
 *
 * Source: protocol.md, section 11.
 */
import type { Ground, RunBlock } from '../agreement/index.js';
import { Writer } from '../codec/index.js';
import { hash } from '../crypto/index.js';
import { assert, CovaultError } from '../errors.js';
import type { Vec } from '../field/index.js';
import { storedPages } from '../ledger/ledger-store.js';
import { hashReceipts, type LedgerRecord, noReceipts } from '../ledger/log.js';
import { fitsRekeying, newMacsOps, pagesUnderNewMacs, sharesToRekey } from '../ledger/new-macs.js';
import type { Page } from '../ledger/pages.js';
import type { Prepared } from '../ledger/prepared.js';
import type { RecoverySecrets } from '../ledger/recovery-secrets.js';
import type { LedgerState } from '../ledger/state.js';
import type { Network } from '../network/index.js';
import type { Channel, Randomness, Store } from '../ports.js';
import { type LinkStock, type Rekeyed, type RekeyOptions, rekeyPair } from '../preprocessing/index.js';
import { drawKey } from '../sharing/index.js';
import type { Computed } from './computation.js';
import { putMacKeys } from './mac-keys.js';

/** What a bank needs to bring its ledger under new MAC keys. */
export interface Rekeying {
  readonly links: LinkStock;
  /** Of the base OTs: seam for tests. */
  readonly group?: RekeyOptions['group'];
}

export interface RekeyBlockOptions extends Rekeying {
  readonly state: LedgerState;
  readonly store: Store;
  readonly random: Randomness;
  /** That this leads to. */
  readonly lift: number;
  readonly channel: Channel;
  readonly ground: Ground;
  readonly block: RunBlock;
  /** Of the state under the new keys: its recovery entry. */
  readonly entry: (
    prepared: Prepared,
    pages: readonly (readonly [number, Page])[],
    secrets: Omit<RecoverySecrets, 'identitySeed'>,
  ) => Uint8Array;
}

/** Of the ledger in that store. Throws OVERSIZED: no pardon of it can be carried out, and nothing has happened yet. */
export async function checkRekeyable(network: Network, store: Store): Promise<void> {
  const pages = (await storedPages(store)).length;
  if (fitsRekeying(network, pages)) return;
  const why = `the ledger is too large for a pardon: its ${pages} pages would have to be re-keyed in one block`;
  throw new CovaultError('OVERSIZED', `${why}. Start with the network file from before the pardon`, { pages });
}

/** Throws: DEVIATION, LINK_STOCK_EMPTY, and what the channel throws. */
export async function rekey(o: RekeyBlockOptions): Promise<Computed> {
  const { state, store, random, lift, links, group, channel, ground, block } = o;
  assert(block.entries.length === 0 && block.previous !== undefined, 'a re-keying settles nothing, beside nothing');
  const { network, party, supply } = state;
  const { height, attempt } = ground;
  const stored = await sharesToRekey(store, state);
  assert(fitsRekeying(network, stored.pages.length), 'what is re-keyed was measured at the start, by every bank');
  const deltas = network.banks.map((_, peer) => (peer === party.self ? 0n : drawKey(random)));
  const pairs = await Promise.all(
    network.banks.map(async (_, peer): Promise<Rekeyed | undefined> => {
      if (peer === party.self) return undefined;
      const { value, tags, keys } = stored.shares;
      const [oldKey, newKey] = [party.deltas[peer], deltas[peer]];
      const sessionId = hash('covault/rekey-attempt', block.session, new Writer(16).u64(height).u32(attempt).done());
      const own = { peer, channel, sessionId, random, links, oldKey, newKey };
      return rekeyPair({ ...own, value, tag: tags[peer], key: keys[peer], ...(group && { group }) });
    }),
  );
  const none: Vec = new BigUint64Array(0);
  const row = (of: (pair: Rekeyed) => Vec) => pairs.map(pair => (pair ? of(pair) : none));
  const pages = pagesUnderNewMacs(
    state,
    stored,
    row(pair => pair.tag),
    row(pair => pair.key),
  );
  const { digest, ops } = await newMacsOps(store, pages);
  const all = [
    ...ops,
    putMacKeys({ lift, deltas }),
    ...pairs.flatMap((pair, peer) => (pair ? links.replaced(peer, pair) : [])),
  ];
  const newMacs = { digest, ops: all };
  const prepared: Prepared = { height, attempt, changes: [], opens: [], rekeys: [], receipts: noReceipts, newMacs };
  const secrets = {
    lift,
    deltas,
    links: links.backupOf(pairs.map(pair => ({ held: pair?.held, keys: pair?.keys, burned: false }))),
  };
  const record: LedgerRecord = {
    networkId: network.id,
    rosterVersion: network.rosterVersion,
    height,
    attempt,
    previous: block.previous as Uint8Array,
    entries: [],
    burned: block.burned,
    digest: hash('covault/rekeyed', block.session, block.proposalsDigest, new Writer(4).u32(lift).done()),
    receiptsHash: hashReceipts(noReceipts),
    supply,
    recoveryHashes: [],
  };
  return { record, entry: o.entry(prepared, pages, secrets), prepared, traffic: { messages: 0, bytesSent: 0 } };
}
