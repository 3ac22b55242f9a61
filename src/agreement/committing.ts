/**
 * Certificates: a record that all n banks have signed is committed, here from the signatures heard or from another bank's
 * certificate, and then said to be committed; n such words make a height final (`finality.ts`).
 *
 * Source: protocol.md, sections 9 and 10.
 */
import { equalBytes } from '../crypto/index.js';
import { assert, isCode } from '../errors.js';
import { committedStatement, type LedgerRecord, recordHash, verifyCertificate } from '../ledger/log.js';
import { certificateWaitMs } from '../limits.js';
import { type Certified, decodeCertified } from './certified.js';
import { delAdoption, delAttempt, delEarly, putCertified, putMarked } from './durable.js';
import { Finality } from './finality.js';
import type { Halting } from './halting.js';
import { type State, untried } from './state.js';
import type { CommittedWord, Proof } from './statements.js';
import type { Voiding } from './voiding.js';
import { Votes } from './votes.js';

export class Committing {
  readonly #state: State;
  readonly #halting: Halting;
  readonly #voiding: Voiding;
  readonly #finality: Finality;

  constructor(state: State, halting: Halting, voiding: Voiding) {
    this.#state = state;
    this.#halting = halting;
    this.#voiding = voiding;
    this.#finality = new Finality(state.count, state.outbox, state.height);
  }

  get finalHeight(): number {
    return this.#finality.height;
  }

  /** What this bank has said last. */
  get ownWord(): CommittedWord | undefined {
    return this.#finality.of(this.#state.self);
  }

  commitIfCertified(attempt: number): undefined {
    const { signed } = this.#state.own(attempt);
    if (!signed?.record) return; // whoever has the record has all signatures, too, and shows its certificate
    const certificate = this.#state.votes.certificate(attempt, signed.hash);
    if (!certificate || this.#state.signedLater(attempt)) return;
    const entries = this.#state.entries.all(signed.record, certificate, signed.entry);
    assert(entries !== undefined, 'a signature counts with its entry');
    this.#commit({ record: signed.record, certificate }, entries);
  }

  onCertificate(from: number, { record, certificate }: Certified): undefined {
    const state = this.#state;
    if (record.height !== state.place.height) return;
    try {
      verifyCertificate(state.network, record, certificate, state.verify);
    } catch (error) {
      if (!isCode(error, 'BAD_CERTIFICATE')) throw error;
      return this.#halting.accuse(from, 'a certificate that does not hold');
    }
    const { signed } = state.own(record.attempt);
    if (!signed || !equalBytes(signed.hash, recordHash(record))) {
      return this.#halting.setBack(record);
    }
    if (certificate.some(({ commitment }, bank) => state.entries.contradicts(from, record, bank, commitment))) {
      return this.#halting.accuse(from, 'a recovery entry that does not belong to its certificate');
    }
    const entries = state.entries.all(record, certificate, signed.entry);
    if (!entries) return; // as a signature without its own
    if (!state.signedLater(record.attempt)) return this.#commit({ record, certificate }, entries);
    const proof = this.#proofFrom({ record, certificate });
    if (proof) this.#halting.haltWithProof(proof);
  }

  /** No honest bank is so far ahead of a disk that has not been set back: all n have signed that record, this one too. */
  onAhead(from: number, bytes: Uint8Array): undefined {
    const { network, verify, place } = this.#state;
    try {
      const { record, certificate } = decodeCertified(bytes);
      verifyCertificate(network, record, certificate, verify);
      if (record.height > place.height) this.#halting.setBack(record);
    } catch (error) {
      if (!isCode(error, 'BAD_CERTIFICATE', 'MALFORMED', 'OVERSIZED')) throw error;
      this.#halting.accuse(from, 'a certificate that does not hold');
    }
  }

  /** What the signatures of a certificate prove together with what was heard about its attempt. */
  #proofFrom({ record, certificate }: Certified): Proof | undefined {
    const { height, attempt } = record;
    for (const [bank, { commitment, signature }] of certificate.entries()) {
      const signed = { height, attempt, bank, recordHash: recordHash(record), commitment, signature };
      const proof = this.#state.votes.addSigned(signed);
      if (proof) return proof;
    }
    return undefined;
  }

  /** At the start: what all banks have signed to adopt is committed, whatever else this bank has signed at that height. */
  adopt(): undefined {
    const { adoption } = this.#state;
    if (!adoption) return;
    this.#stand(adoption.certified, adoption.entries);
    this.#state.adopted = undefined;
    this.#state.adoption = undefined;
  }

  /** The record stands: on the disk, and here. */
  #stand(certified: Certified, entries: readonly Uint8Array[]): CommittedWord {
    const state = this.#state;
    this.#store(certified, entries);
    state.outbox.push({ type: 'committed', ...certified });
    state.last = certified;
    state.lastHash = recordHash(certified.record);
    state.attempts.clear();
    const marked = state.early?.marked;
    if (marked) state.attempts.set(1, { ...untried, marked });
    state.votes = new Votes(state.count);
    const committed = this.sayCommitted();
    assert(committed !== undefined, 'a record was committed');
    return committed;
  }

  #commit(certified: Certified, entries: readonly Uint8Array[]): undefined {
    const state = this.#state;
    const { outbox } = state;
    if (state.phase === 'running') state.abort();
    const proof = this.#proofFrom(certified);
    const committed = this.#stand(certified, entries);
    outbox.broadcast({ kind: 'committed', committed });
    outbox.cancel('certificate');
    if (proof) return this.#halting.haltWithProof(proof);
    this.#compareCommitted();
    if (!state.halted) this.#voiding.enterHeight();
  }

  /** One transaction: the record, the state it leads to, everybody's recovery entries, and what it burns, settles and makes impossible. */
  #store(certified: Certified, entries: readonly Uint8Array[]): undefined {
    const { record } = certified;
    const { attempts, burned, pool } = this.#state;
    const abandoned = this.#state.abandonedBy(record);
    const expiryOps = pool.advance(record.height + 1);
    const ids = record.entries.map(({ id }) => id);
    // what was begun beside another attempt than the one that stands is void with it
    const early = this.#state.early?.ground.base === record.attempt ? undefined : this.#state.dropEarly();
    const marked = this.#state.early?.marked;
    const ops = [
      ...putCertified(certified),
      ...this.#state.entries.commit(entries, record.height),
      ...this.#state.burnOps(abandoned),
      ...burned.list(record.burned),
      ...burned.unburn(ids),
      ...[...attempts.keys()].flatMap(delAttempt),
      ...(early ?? []),
      ...(marked ? [delEarly, putMarked(1, marked)] : []),
      ...(this.#state.adoption ? delAdoption : []),
      ...pool.finish(ids),
      ...pool.overtaken(openedAccounts(record), rekeyedPages(record)),
      ...expiryOps,
    ];
    this.#state.store({ ops, apply: record });
  }

  // committed and final

  sayCommitted(): CommittedWord | undefined {
    const { height, lastHash, network, self } = this.#state;
    if (height === 0) return undefined;
    const word = {
      height,
      hash: lastHash,
      signature: this.#state.sign(committedStatement(network.id, height, lastHash)),
    };
    this.#finality.add(self, word);
    return word;
  }

  onCommitted(from: number, word: CommittedWord): undefined {
    const { network, verify, height, outbox } = this.#state;
    if (!verify(from, committedStatement(network.id, word.height, word.hash), word.signature)) {
      return this.#halting.accuse(from, 'a committed statement that does not hold');
    }
    const proof = this.#finality.add(from, word);
    if (proof) return this.#halting.haltWithProof(proof);
    if (word.height === height + 1) outbox.arm('certificate', certificateWaitMs);
    this.#compareCommitted();
  }

  #compareCommitted(): undefined {
    const { height, lastHash } = this.#state;
    if (!this.#finality.compare(height, lastHash)) {
      this.#halting.accuse(undefined, 'two records stand at one height');
    }
  }

  /** Another bank has what this one lacks: a signature was shown to it alone. It answers a status with the certificate. */
  askForCertificate(): undefined {
    const { outbox, height } = this.#state;
    for (const bank of this.#finality.banksAt(height + 1)) outbox.send(bank, this.#state.status());
  }
}

/** Of pages of one slot the numbers are those of accounts; of others nothing is signed under a key of an account. */
function rekeyedPages({ entries }: LedgerRecord): Set<number> {
  return new Set(entries.flatMap(({ status }) => (status.kind === 'rekeyed' ? [status.page] : [])));
}

function openedAccounts({ entries }: LedgerRecord): Set<number> {
  return new Set(entries.flatMap(({ status }) => (status.kind === 'opened' ? [status.account] : [])));
}
