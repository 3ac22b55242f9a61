/**
 * Attempts that end without a record, and the step into the next: attempt k + 1 once all n banks have voided k.
 *
 * A root void says "I have not signed, and never shall"; any other void carries the root it follows. What these
 * statements are, and why n voids exclude a certificate, is `statements.ts`.
 *
 * A disk that was copied between mark and signature and put back says "not signed", too. So a bank that starts with a mark
 * says nothing of its own before every other bank has told it what it has heard of it: a signature its disk does not know
 * makes it refuse itself (`Halting.setBack`). All n are needed for every step in any case, each tells at the start of every
 * session without waiting for anybody, and what has been told stays told: so nobody waits for this in a circle. What they have
 * heard they know since they started, in memory: if all who heard it have started again since, only what they said themselves, and
 * could not have said without this bank's part, finds an old copy out (`Halting.forgotten`).
 *
 * Source: protocol.md, section 10.
 */
import { assert } from '../errors.js';
import { putVoid } from './durable.js';
import type { Halting } from './halting.js';
import type { Proposing } from './proposing.js';
import type { Starting } from './starting.js';
import type { State } from './state.js';
import { type RootVoid, rootOf, type Void, voidHolds, voidStatement } from './statements.js';

export class Voiding {
  readonly #state: State;
  readonly #halting: Halting;
  readonly #proposing: Proposing;
  readonly #starting: Starting;
  /** Since the start: who has told. */
  readonly #told = new Set<number>();

  constructor(state: State, halting: Halting, proposing: Proposing, starting: Starting) {
    this.#state = state;
    this.#halting = halting;
    this.#proposing = proposing;
    this.#starting = starting;
  }

  onVoid(from: number, v: Void): undefined {
    const { network, verify, height, place, attempt, votes } = this.#state;
    if (v.bank !== from || !voidHolds(network.id, verify, v)) {
      return this.#halting.accuse(from, 'a void that does not hold');
    }
    if (v.height === height) return this.#onVoidOfCommitted(from, v);
    if (v.height !== place.height) return;
    // an attempt begins with all voids of the one before
    if (v.attempt > 1 && !this.#state.own(v.attempt - 1).void) return this.#halting.forgotten(from, v);
    const proof = votes.addVoid(v);
    if (proof) return this.#halting.haltWithProof(proof);
    if (v.attempt === attempt) this.#voidAfter(v);
  }

  /** A bank that has committed answers with the certificate; a root void beside it is proof. */
  #onVoidOfCommitted(from: number, v: Void): undefined {
    const { last, lastHash } = this.#state;
    if (!last) return;
    this.#state.answerWithCertificate(from);
    const { bank, signature: voidSignature } = rootOf(v);
    if (v.attempt !== last.record.attempt) return;
    const signed = {
      height: v.height,
      attempt: v.attempt,
      bank,
      recordHash: lastHash,
      ...last.certificate[bank],
    };
    this.#halting.haltWithProof({ kind: 'sign-and-void', signed, voidSignature });
  }

  /** Bank `from` has told all that it has heard of this bank, in this session or one before: while it is held it says nothing new. */
  onTold(from: number): undefined {
    const { phase, count } = this.#state;
    if (phase !== 'held') return;
    this.#told.add(from);
    if (this.#told.size === count - 1) this.rootVoid(false);
  }

  /** Banks that have not told; see `onTold`. */
  get untold(): number[] {
    const { network, self } = this.#state;
    return network.banks.map((_, bank) => bank).filter(bank => bank !== self && !this.#told.has(bank));
  }

  /** Only if this bank has not signed the record; from here on it never will. */
  rootVoid(running: boolean): undefined {
    const own = this.#state.own();
    assert(own.signed === undefined && own.void === undefined, 'a root void contradicts nothing');
    this.#voidAttempt(undefined, running);
  }

  /** Another bank has voided: so does this one, signed or not, and its void carries the reason. */
  #voidAfter(v: Void): undefined {
    const { self, phase } = this.#state;
    if (!this.#state.own().void) {
      const root = rootOf(v);
      if (root.bank === self) {
        return this.#halting.setBack(v);
      }
      this.#voidAttempt(root, phase === 'running');
    } else this.#next();
  }

  #voidAttempt(root: RootVoid | undefined, running: boolean): undefined {
    const state = this.#state;
    if (running) state.abort();
    const signature = state.sign(voidStatement(state.network.id, state.place, state.self, root));
    const own: Void = { ...state.place, bank: state.self, root, signature };
    const early = state.dropEarly();
    const burn = state.own().marked ?? [];
    state.attempts.set(state.attempt, { ...state.own(), void: own });
    state.phase = 'voided';
    state.running = undefined;
    state.store({ ops: [putVoid(own), ...state.burnOps(burn), ...early] });
    // back from what was begun beside it: a bank that has all voids already proposes for the next attempt here
    this.#proposing.enter(state.ground);
    state.votes.addVoid(own);
    state.outbox.broadcast({ kind: 'void', void: own });
    this.#next();
  }

  /** Attempt k + 1 starts with all n voids of attempt k. */
  #next(): undefined {
    const { votes, attempt } = this.#state;
    if (votes.allVoid(attempt)) this.enter(attempt + 1);
  }

  /** Begins an attempt, of this height or of the one after a commit. A void that came early ends it at once. */
  enter(attempt: number): undefined {
    const state = this.#state;
    state.attempt = attempt;
    // not of the attempt before: a signature may be on its way after its entry
    state.entries.forget(k => k < attempt - 1 && state.own(k).signed === undefined, state.place.height);
    state.phase = 'proposing';
    state.running = undefined;
    this.#proposing.enter(state.ground);
    this.#goOn();
  }

  /** After a commit: what was begun beside that block goes on in its place, or a first attempt begins. */
  enterHeight(): undefined {
    const state = this.#state;
    const { early } = state;
    if (!early) return this.enter(1);
    state.early = undefined;
    state.attempt = 1;
    state.phase = early.phase === 'failed' ? 'running' : early.phase;
    state.running = early.running;
    if (early.phase === 'failed') return this.rootVoid(false);
    this.#goOn();
    if (early.proved) this.#starting.onProved(state.ground);
  }

  #goOn(): undefined {
    const voided = this.#state.votes.anyVoid(this.#state.attempt);
    if (voided) this.#voidAfter(voided);
    else this.#starting.propose();
  }
}
