/**
 * The agreement of n banks on one block after another: a pure state machine. A message, a timer, a session or a restart
 * goes in; messages, stores and decisions come out. It has no clock, no promise and no randomness, so that a scheduler can
 * drive it through any order of events and any crash.
 *
 *     height h, attempt k
 *     proposing -> running -> signed -> committed: next height
 *         \___________\__________\____ voided -> all n voids: attempt k + 1
 *
 * Rules (protocol.md, sections 9 and 10), and where they stand:
 *     mark before message 2                  Starting #start         the ids of (h, k) are durable before a run's message
 *     sign once, stored with the state       Signing onComputed      one store: statement, prepared state, burned ids
 *     root void only if not signed           Voiding rootVoid        after link loss, restart, or a run that failed
 *     after a restart only when all have     Voiding onTold          what an old copy of a disk has forgotten to have signed,
 *     told what they heard of this bank                              the others know: `#tellOwn`, `#onOwn`
 *     after signing only on another's void   Voiding #voidAfter      which the own void carries
 *     nothing after a void                   Voiding #voidAttempt    `abort` comes first; Signing onComputed ignores
 *                                                                    the record of a void attempt
 *     burning                                Voiding #voidAttempt, Committing #store: in the transaction that voids or
 *                                            commits
 *     attempt k + 1 with all n voids         Voiding #next
 *     certificate unless signed later        Committing onCertificate, commitIfCertified
 *     record signature and root void         `Votes`                 is proof: the bank halts with it
 *
 * The driver executes outputs strictly in order; a `store` is on the disk before anything after it happens, and a crash
 * in between loses what follows (`committed`, too: after a restart the log tells). Only for a store that says `marks` it
 * need not wait: stores reach the disk in order, and the run's first message waits for it. It gives `restart` first, `session`
 * before any message of that session, and `session-lost` when one ends. It merges its own ops into a store that says
 * `prepare` (the prepared state) or `apply`. After `abort` it sends nothing more of that attempt.
 *
 * Here: which part an input goes to, restart, and sessions. The parts stand one above the other, and each calls only
 * those above it:
 *     State        state.ts         what they share
 *     Halting      halting.ts       accusations, proof, the end
 *     Starting     starting.ts      from proposals to a run; when to propose is `proposing.ts`
 *     Voiding      voiding.ts       voids, and the next attempt
 *     Committing   committing.ts    certificates, "committed"; what is final is `finality.ts`
 *     Signing      signing.ts       signatures under a record
 * What was heard is `votes.ts`, the disk `durable.ts`, what leaves `outbox.ts`.
 *
 * Methods that end in another's step return `undefined`, so that the last step can be written as `return this.#step()`.
 *
 * Overlap (protocol.md, section 9): once the running block needs the balances (`proved`), the first attempt at the next height
 * begins beside it, `State.early`: proposed, marked and run up to its own need of balances, which waits until the block before
 * it is committed. It rests on that very attempt (`Ground.base`), says nothing that is signed, and ends with it: voids, a lost
 * session and a restart burn its ids in the transaction in which they drop it.
 *
 * Lifting an accusation is not a matter of the machine: a pardon deletes the evidence before it starts (`bank/load.ts`), and orders a
 * re-keying (`bank/rekeying.ts`).
 */
import { ed25519, equalBytes } from '../crypto/index.js';
import { assert, isCode } from '../errors.js';
import { rosterVerify, type Verify } from '../ledger/log.js';
import type { Network } from '../network/index.js';
import type { Certified } from './certified.js';
import { Committing } from './committing.js';
import type { Durable } from './durable.js';
import { type Kept, nothingKept } from './entries.js';
import { Halting } from './halting.js';
import type { Input, Output } from './io.js';
import { decodeMessage, type Message } from './messages.js';
import type { OpenAttempt } from './open-attempt.js';
import type { Pool } from './pool.js';
import { Proposing } from './proposing.js';
import { Signing } from './signing.js';
import { Starting } from './starting.js';
import { type Phase, State } from './state.js';
import {
  type Blame,
  blameOf,
  type Evidence,
  type Ground,
  rootOf,
  type Signed,
  sameGround,
  signedHolds,
  type Void,
  voidHolds,
} from './statements.js';
import { Voiding } from './voiding.js';

export interface AgreementOptions {
  readonly network: Network;
  readonly self: number;
  /** Of this bank's identity. */
  readonly sign: (message: Uint8Array) => Uint8Array;
  readonly verify?: Verify;
  readonly durable: Durable;
  /** Owned by the machine from here on as far as `finish` and `advance` go; the driver announces and opens. */
  readonly pool: Pool;
  /** Nothing, if it is left out. */
  readonly kept?: Kept;
  /** Every block is a re-keying: it is due without envelopes. */
  readonly isRekeying?: boolean;
}

export function identitySigner(seed: Uint8Array): (message: Uint8Array) => Uint8Array {
  return message => ed25519.sign(seed, message);
}

export class Agreement {
  readonly #state: State;
  readonly #proposing: Proposing;
  readonly #halting: Halting;
  readonly #starting: Starting;
  readonly #voiding: Voiding;
  readonly #committing: Committing;
  readonly #signing: Signing;
  readonly #kept = new Map<string, { readonly from: number; readonly message: Message }>();

  constructor(options: AgreementOptions) {
    const { network, self, verify = rosterVerify(network), durable, pool } = options;
    const { kept = nothingKept(network.banks.length, durable.last?.record.height ?? 0) } = options;
    const state = new State({ ...options, verify, kept });
    const { outbox } = state;
    this.#state = state;
    this.#proposing = new Proposing({ network, self, pool, outbox, isDue: options.isRekeying ?? false });
    this.#halting = new Halting(state);
    this.#starting = new Starting(state, this.#halting, this.#proposing);
    this.#voiding = new Voiding(state, this.#halting, this.#proposing, this.#starting);
    this.#committing = new Committing(state, this.#halting, this.#voiding);
    this.#signing = new Signing(state, this.#halting, this.#committing);
  }

  /** Last committed height; 0 before the first. */
  get height(): number {
    return this.#state.height;
  }

  /** Its record's hash; the network id before the first. */
  get lastHash(): Uint8Array {
    return this.#state.lastHash;
  }

  /** The last committed record. */
  get last(): Certified | undefined {
    return this.#state.last;
  }

  get finalHeight(): number {
    return this.#committing.finalHeight;
  }

  /** With what is on the disk, or was told since the start. */
  get halted(): Evidence | undefined {
    return this.#state.halted;
  }

  /** The same, judged. */
  get blame(): Blame | undefined {
    const { network, verify, halted } = this.#state;
    return halted && blameOf(network.id, verify, halted);
  }

  /** Of the next height: what has become of its attempts, and what that bank has said in them. */
  openAttempts(bank: number): OpenAttempt[] {
    const { attempts, votes, entries, place } = this.#state;
    const signatures = votes.signedBy(bank);
    const known = new Set([...attempts.keys(), ...votes.attempts, this.#state.attempt]);
    return [...known]
      .sort((a, b) => a - b)
      .map(attempt => {
        const own = this.#state.own(attempt);
        const voided = votes.anyVoid(attempt);
        const signed = signatures.find(each => each.attempt === attempt);
        const entry = signed && entries.find({ height: place.height, attempt }, bank, signed.commitment);
        return {
          attempt,
          record: own.signed?.record,
          root: voided && rootOf(voided),
          signed: signed && entry && { signed, entry },
        };
      });
  }

  /** For operators: where this bank stands. */
  get standing(): Ground & { readonly phase: Phase; readonly round: number } {
    return { ...this.#state.ground, phase: this.#state.phase, round: this.#proposing.round };
  }

  /** For operators: without whose word this bank does not go on. A run waits by itself. */
  get awaited(): number[] {
    const { phase, attempt, votes, halted } = this.#state;
    if (halted) return [];
    if (phase === 'proposing') return this.#proposing.unanswered();
    if (phase === 'signed') return votes.silentOn(attempt, 'signed');
    if (phase === 'voided') return votes.silentOn(attempt, 'voids');
    return phase === 'held' ? this.#voiding.untold : [];
  }

  handle(input: Input): Output[] {
    if (input.type === 'restart') this.#committing.adopt();
    const { height } = this.#state;
    if (!this.#state.halted) {
      this.#dispatch(input);
      if (this.#state.height > height) this.#replay();
    } else if (input.type === 'session') this.#halting.tell(input.id);
    return this.#state.outbox.take();
  }

  #dispatch(input: Input): undefined {
    switch (input.type) {
      case 'restart':
        return this.#onRestart();
      case 'session':
        return this.#onSession(input.id);
      case 'session-lost':
        return this.#onSessionLost();
      case 'message':
        return this.#onMessage(input.from, input.bytes);
      case 'pool-changed':
        return this.#starting.propose();
      case 'looked-up':
        return this.#starting.onLookedUp(input.query, input.found);
      case 'computed':
        return this.#signing.onComputed(input, input.record, input.entry);
      case 'failed':
        return this.#onFailed(input);
      case 'proved':
        return this.#starting.onProved(input);
      case 'ahead':
        return this.#committing.onAhead(input.from, input.certified);
      case 'accuse':
        return this.#halting.accuse(input.culprit, input.why);
      case 'proof':
        return this.#halting.haltWithProof(input.proof);
      case 'timer':
        if (!this.#state.outbox.fired(input.name)) return;
        if (input.name === 'certificate') return this.#committing.askForCertificate();
        this.#proposing.timeIsUp();
        return this.#starting.propose();
    }
  }

  /** A run ended, and nobody is to blame. One of the next height can be given up only when its height has come. */
  #onFailed(ground: Ground): undefined {
    const { early, phase } = this.#state;
    if (early?.phase === 'running' && sameGround(ground, early.ground)) early.phase = 'failed';
    else if (phase === 'running' && sameGround(ground, this.#state.ground)) this.#voiding.rootVoid(false);
  }

  // restart and sessions

  #onRestart(): undefined {
    const state = this.#state;
    if (state.adopted) return this.#halting.awaitAdoption(state.adopted);
    state.attempt = Math.max(1, ...state.attempts.keys());
    for (const [attempt, { signed, void: voided }] of state.attempts) {
      if (signed) state.votes.addSigned(state.ownSigned(attempt));
      if (voided) state.votes.addVoid(voided);
    }
    const { marked, signed, void: voided } = state.own();
    if (voided) state.phase = 'voided';
    else if (signed) state.phase = 'signed';
    else if (marked) state.phase = 'held'; // until it knows that its disk is no old copy
    this.#dropEarly(); // nothing of it is left in memory; a void has dropped it already
    this.#committing.sayCommitted();
  }

  #onSession(id: Uint8Array): undefined {
    const state = this.#state;
    const { outbox } = state;
    if (outbox.session) this.#onSessionLost();
    outbox.session = id;
    this.#proposing.startSession(state.ground);
    const committed = this.#committing.ownWord;
    if (committed) outbox.broadcast({ kind: 'committed', committed });
    // nobody can be more than one attempt behind: attempt k + 1 takes this bank's void of k
    for (const attempt of [state.attempt - 1, state.attempt]) {
      const { signed, void: voided } = state.own(attempt);
      if (voided) outbox.broadcast({ kind: 'void', void: voided });
      else if (signed) state.broadcastSigned(attempt);
    }
    for (let bank = 0; bank < state.count; bank++) if (bank !== state.self) this.#tellOwn(bank);
    // after all that: whoever hears it has been told everything
    outbox.broadcast(state.status());
    this.#starting.propose();
  }

  /** What it has said of this height, as heard here: should its disk not know, it is an old copy. */
  #tellOwn(bank: number): undefined {
    const { outbox, votes, place } = this.#state;
    for (const signed of votes.signedBy(bank)) outbox.send(bank, { kind: 'signed', signed });
    for (const { attempt, signature } of votes.rootsBy(bank)) {
      outbox.send(bank, { kind: 'void', void: { height: place.height, attempt, bank, root: undefined, signature } });
    }
  }

  /** A statement of this bank's own comes back. */
  #onOwn(from: number, statement: Signed | Void): undefined {
    const { network, verify, place } = this.#state;
    const { signed, void: voided } = this.#state.own(statement.attempt);
    const holds =
      'recordHash' in statement
        ? signedHolds(network.id, verify, statement)
        : statement.root === undefined && voidHolds(network.id, verify, statement);
    if (!holds) return this.#halting.accuse(from, 'a statement of this bank that does not hold');
    if (statement.height < place.height) return;
    const own = 'recordHash' in statement ? signed && equalBytes(signed.hash, statement.recordHash) : voided;
    if (statement.height > place.height || !own) this.#halting.setBack(statement);
  }

  #onSessionLost(): undefined {
    const state = this.#state;
    state.outbox.session = undefined;
    this.#kept.clear();
    state.outbox.stopTimers();
    if (state.phase === 'looking') state.phase = 'proposing';
    // its correlations are gone: the attempt cannot be finished
    if (state.phase === 'running') this.#voiding.rootVoid(true);
    this.#dropEarly();
  }

  #dropEarly(): undefined {
    const ops = this.#state.dropEarly();
    if (ops.length > 0) this.#state.store({ ops });
  }

  // messages

  /**
   * A bank that has committed this height may have signed or given up, at the next, what was begun beside it here. Kept until
   * this height is committed here too; one of each kind for every bank.
   */
  #keep(from: number, message: Message): boolean {
    if (message.kind !== 'signed' && message.kind !== 'void') return false;
    const { height, attempt, bank } = message.kind === 'signed' ? message.signed : message.void;
    if (bank === this.#state.self) return false;
    if (height !== this.#state.place.height + 1 || attempt !== 1) return false;
    this.#kept.set(`${from}/${message.kind}`, { from, message });
    return true;
  }

  #replay(): undefined {
    const kept = [...this.#kept.values()];
    this.#kept.clear();
    for (const { from, message } of kept) if (!this.#state.halted) this.#take(from, message);
  }

  #onMessage(from: number, bytes: Uint8Array): undefined {
    const { self, count } = this.#state;
    assert(from !== self && from < count, 'a message is from another bank');
    let message: Message;
    try {
      message = decodeMessage(bytes, count);
    } catch (error) {
      if (!isCode(error, 'MALFORMED', 'OVERSIZED')) throw error;
      return this.#halting.accuse(from, 'a malformed message of the agreement');
    }
    if (!this.#keep(from, message)) this.#take(from, message);
  }

  #take(from: number, message: Message): undefined {
    switch (message.kind) {
      case 'status':
        return this.#onStatus(from, message.height, message.hash);
      case 'proposal':
        return this.#starting.onProposal(from, message);
      case 'signed':
        if (message.signed.bank === this.#state.self) return this.#onOwn(from, message.signed);
        return this.#signing.onSigned(from, message.signed);
      case 'void':
        if (message.void.bank === this.#state.self) return this.#onOwn(from, message.void);
        return this.#voiding.onVoid(from, message.void);
      case 'committed':
        return this.#committing.onCommitted(from, message.committed);
      case 'certificate':
        return this.#committing.onCertificate(from, message);
      case 'accusation':
        return this.#halting.onAccusation(from, message.evidence);
      case 'entry':
        return this.#onEntry(from, message.bank, message.entry);
    }
  }

  #onEntry(from: number, bank: number, entry: Uint8Array): undefined {
    try {
      const isOne = this.#state.entries.add(from, bank, entry, this.#state.place);
      if (!isOne) this.#halting.accuse(from, 'two recovery entries for one attempt');
    } catch (error) {
      if (!isCode(error, 'MALFORMED')) throw error;
      this.#halting.accuse(from, 'a malformed recovery entry');
    }
  }

  #onStatus(from: number, height: number, hash: Uint8Array): undefined {
    const state = this.#state;
    if (height === state.height - 1) state.answerWithCertificate(from);
    if (height === state.height && !equalBytes(hash, state.lastHash)) {
      return this.#halting.accuse(undefined, 'two records stand at one height');
    }
    // who stands further back is in no session
    if (Math.abs(height - state.height) > 1)
      return this.#halting.accuse(from, 'it says another height than when the session formed');
    // of one that is ahead the certificate tells; one that is behind heard nothing of this height in sessions before
    if (height <= state.height) this.#voiding.onTold(from);
  }
}
