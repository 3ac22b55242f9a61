/**
 * One attempt's computation at this bank: from what the proposals made to the record it will sign.
 *
 *     envelopes (opened packets) + stock --> settle --> statuses, digest, prepared state
 *                                                   --> the record; the recovery entry of the state it leads to
 *
 * Source: protocol.md, section 9, messages 2 to 6.
 */
import type { Ground, RunBlock } from '../agreement/index.js';
import { Writer } from '../codec/index.js';
import { assert } from '../errors.js';
import { hashReceipts, type LedgerRecord } from '../ledger/log.js';
import type { Prepared } from '../ledger/prepared.js';
import { type Admitted, type Settled, settle } from '../ledger/settle.js';
import type { LedgerState } from '../ledger/state.js';
import type { Randomness } from '../ports.js';
import type { Session } from './session.js';

export interface Computed {
  readonly record: LedgerRecord;
  /** Its hash is this bank's commitment to its new state. */
  readonly entry: Uint8Array;
  readonly prepared: Prepared;
  readonly traffic: Settled['traffic'];
}

/**
 * Throws what `settle` throws; nothing has changed then. `admitted` gives what the pool called ready; `previous` resolves with
 * the hash of the record before, once that is committed here: a block that was begun beside it waits there for its balances.
 * The first message is made while its ids go to the disk, and leaves when they are `marked` there.
 */
export async function compute(
  state: LedgerState,
  session: Session,
  random: Randomness,
  admitted: (id: Uint8Array) => Admitted | undefined,
  ground: Ground,
  block: RunBlock,
  hooks: {
    readonly marked: Promise<void>;
    readonly proved: () => void;
    readonly previous: () => Promise<Uint8Array>;
    readonly entry: (prepared: Prepared) => Promise<Uint8Array>;
  },
): Promise<Computed> {
  const { height, attempt, base } = ground;
  const { entries, waves, at, proposalsDigest, burned } = block;
  const envelopes = entries.map(({ id }) => {
    const envelope = admitted(id);
    assert(envelope !== undefined, 'what is proposed is held');
    return envelope;
  });
  const context = new Writer(64).fixed(block.session).u64(height).u32(attempt).u32(base).done();
  const balances = async () => {
    hooks.proved();
    await hooks.previous();
  };
  const run = { height, attempt, context, proposalsDigest, envelopes, waves, at, balances };
  const stock = { positions: () => at, reserve: lazily(session) };
  const settled = await settle(state, stock, session.computation(ground, hooks.marked), random, run);
  const previous = await hooks.previous();
  const entry = await hooks.entry(settled.prepared);
  const { network, supply } = state;
  const record: LedgerRecord = {
    networkId: network.id,
    rosterVersion: network.rosterVersion,
    height,
    attempt,
    previous,
    entries: entries.map(({ id }, e) => ({ id, status: settled.statuses[e] })),
    burned,
    digest: settled.digest,
    receiptsHash: hashReceipts(settled.prepared.receipts),
    supply,
    recoveryHashes: [],
  };
  return { record, entry, prepared: settled.prepared, traffic: settled.traffic };
}

/** The stock of a session that may still be opening. */
function lazily(session: Session): Awaited<Session['stock']>['reserve'] {
  return async (at, counts) => (await session.stock).reserve(at, counts);
}
