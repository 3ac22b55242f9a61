/**
 * Signatures under the record of an attempt: this bank's own, once and on the disk before anybody sees it, and the
 * others', which must be under the same record. When all n are there, `committing.ts` goes on.
 *
 * Source: protocol.md, sections 9 and 10.
 */
import { equalBytes } from '../crypto/index.js';
import { assert } from '../errors.js';
import { type LedgerRecord, recordHash, recordStatement } from '../ledger/log.js';
import { entryHash } from '../ledger/recovery-entry.js';
import type { Committing } from './committing.js';
import { putSigned } from './durable.js';
import type { Halting } from './halting.js';
import { type State, untried } from './state.js';
import { type Ground, type Signed, sameGround, samePlace, signedHolds } from './statements.js';

export class Signing {
  readonly #state: State;
  readonly #halting: Halting;
  readonly #committing: Committing;

  constructor(state: State, halting: Halting, committing: Committing) {
    this.#state = state;
    this.#halting = halting;
    this.#committing = committing;
  }

  onComputed(ground: Ground, record: LedgerRecord, entry: Uint8Array): undefined {
    const state = this.#state;
    if (state.phase !== 'running' || !sameGround(ground, state.ground)) return;
    this.#checkOwnRecord(record);
    const hash = recordHash(record);
    const commitment = entryHash(entry);
    const statement = recordStatement(state.network.id, { ...state.place, recordHash: hash }, state.self, commitment);
    const signed = { record, hash, commitment, signature: state.sign(statement), entry };
    state.attempts.set(state.attempt, { ...state.own(), signed });
    state.phase = 'signed';
    state.running = undefined;
    const burn = state.burnOps(record.burned);
    state.store({ ops: [putSigned(state.attempt, signed), ...burn], prepare: state.place });
    state.votes.addSigned(state.ownSigned(state.attempt));
    state.broadcastSigned(state.attempt);
    this.#compare();
  }

  #checkOwnRecord({ height, attempt, previous, networkId, entries, burned }: LedgerRecord): undefined {
    const { running, place, lastHash, network } = this.#state;
    assert(running !== undefined, 'a record comes from a run');
    const planned = running.plan.entries.map(({ id }) => id);
    assert(samePlace({ height, attempt }, place), 'the record is of this attempt');
    assert(equalBytes(previous, lastHash) && equalBytes(networkId, network.id), 'the record follows the last');
    assert(
      sameIds(
        entries.map(({ id }) => id),
        planned,
      ),
      'the record holds the planned envelopes',
    );
    assert(sameIds(burned, running.burned), 'the record lists what the proposals burned');
  }

  onSigned(from: number, signed: Signed): undefined {
    const state = this.#state;
    if (signed.bank !== from || !signedHolds(state.network.id, state.verify, signed)) {
      return this.#halting.accuse(from, 'a record signature that does not hold');
    }
    if (signed.height !== state.place.height) return;
    // it cannot be computed without this bank, which stores its mark before it takes part
    if (state.own(signed.attempt) === untried) return this.#halting.forgotten(from, signed);
    if (state.entries.contradicts(from, signed, from, signed.commitment)) {
      return this.#halting.accuse(from, 'a recovery entry that it has not signed');
    }
    // one without its recovery entry counts for nothing: the entry went with the last session, and this begins with both
    if (!state.entries.find(signed, from, signed.commitment)) return;
    const proof = state.votes.addSigned(signed);
    // with this signature the record may stand, whatever else its bank has signed: commit first, halt then
    this.#committing.commitIfCertified(signed.attempt);
    if (state.halted) return;
    if (proof) return this.#halting.haltWithProof(proof);
    if (samePlace(signed, state.place)) this.#compare();
  }

  /** The others' records against the own one, byte for byte; then commits if all have signed it. */
  #compare(): undefined {
    const { attempt, votes, count } = this.#state;
    const { signed } = this.#state.own();
    if (!signed) return;
    const other = votes.signed(attempt).find(({ recordHash: hash }) => !equalBytes(hash, signed.hash));
    // among three the digests tell that somebody lied, not who
    if (!other) return this.#committing.commitIfCertified(attempt);
    this.#halting.accuse(count === 2 ? other.bank : undefined, 'it signed another record of this attempt');
  }
}

function sameIds(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((id, i) => equalBytes(id, b[i]));
}
