/**
 * One attempt's computation at this bank: from what the proposals made to the record it will sign.
 *
 *     envelopes (opened packets) + stock --> settle --> statuses, digest, prepared state
 *                                                   --> the record; a commitment to the state it leads to
 *
 * Source: protocol.md, section 9, messages 2 to 6.
 */
import type { Ground, RunBlock } from '../agreement/index.js';
import { Writer } from '../codec/index.js';
import { commit } from '../crypto/index.js';
import { assert } from '../errors.js';
import type { PreparedAttempt } from '../ledger/ledger-store.js';
import { hashReceipts, type LedgerRecord } from '../ledger/log.js';
import { type Admitted, type Settled, settle } from '../ledger/settle.js';
import type { LedgerState } from '../ledger/state.js';
import type { Randomness } from '../ports.js';
import type { Session } from './session.js';

export interface Computed {
  readonly record: LedgerRecord;
  /** To the bank's new state. */
  readonly commitment: Uint8Array;
  readonly prepared: PreparedAttempt;
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
  const next = state.nextHash(settled.prepared);
  const { commitment, opening } = commit('covault/state-commitment', context, next, random);
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
  return { record, commitment, prepared: { prepared: settled.prepared, opening }, traffic: settled.traffic };
}

/** The stock of a session that may still be opening. */
function lazily(session: Session): Awaited<Session['stock']>['reserve'] {
  return async (at, counts) => (await session.stock).reserve(at, counts);
}
