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
 *     mark before message 2                  #start          the ids of (h, k) are durable before `run`
 *     sign once, stored with the state       #onComputed     one store: statement, prepared state, ids listed as burned
 *     root void only if not signed           #rootVoid       after link loss, restart, or a run that failed
 *     after signing only on another's void   #voidAfter      which the own void carries
 *     nothing after a void                   #voidAttempt    `abort` comes first; `computed` of a void attempt is ignored
 *     burning                                #voidAttempt, #commit: in the transaction that voids or commits
 *     attempt k + 1 with all n voids         #next
 *     certificate unless signed later        #onCertificate
 *     record signature and root void         `Votes`         is proof: the bank halts with it
 *
 * The driver executes outputs strictly in order; a `store` is on the disk before anything after it happens, and a crash
 * in between loses what follows (`committed`, too: after a restart the log tells). It gives `restart` first, `session`
 * before any message of that session, and `session-lost` when one ends. It merges its own ops into a store that says
 * `prepare` (the prepared state) or `apply`. After `abort` it sends nothing more of that attempt.
 *
 * Methods that end in another's step return `undefined`, so that the last step can be written as `return this.#step()`.
 *
 * Proposing is `proposing.ts`, what was heard `votes.ts`, finality `finality.ts`, the disk `durable.ts`.
 *
 * Not here yet: `adopt` (banks apart after a proof stay halted until it is built); blocks that overlap (a second place
 * would stand beside `#place`); lifting an accusation (an operator removes it from the store).
 */
import { ed25519, equalBytes, toHex } from '../crypto/index.js';
import { assert, isCode } from '../errors.js';
import {
  committedStatement,
  type LedgerRecord,
  recordHash,
  recordStatement,
  rosterVerify,
  type Verify,
  verifyCertificate,
} from '../ledger/log.js';
import { certificateWaitMs } from '../limits.js';
import type { Network } from '../network/index.js';
import type { StoreOp } from '../ports.js';
import { BurnedIds } from './burned-ids.js';
import {
  type Attempt,
  type Certified,
  type Durable,
  delAttempt,
  putCertified,
  putHalted,
  putMarked,
  putSigned,
  putVoid,
} from './durable.js';
import { Finality } from './finality.js';
import type { Input, Output } from './io.js';
import { decodeMessage, type Message, type Proposal, proposalsDigest } from './messages.js';
import { Outbox } from './outbox.js';
import type { Plan } from './plan.js';
import type { Pool } from './pool.js';
import { samePlace } from './proposals.js';
import { Proposing, unionOfBurned } from './proposing.js';
import {
  type CommittedWord,
  convicted,
  type Evidence,
  type Place,
  type Proof,
  type RootVoid,
  rootOf,
  type Signed,
  signedHolds,
  type Void,
  voidHolds,
  voidStatement,
} from './statements.js';
import { Votes } from './votes.js';

export interface AgreementOptions {
  readonly network: Network;
  readonly self: number;
  /** Of this bank's identity. */
  readonly sign: (message: Uint8Array) => Uint8Array;
  readonly verify?: Verify;
  readonly durable: Durable;
  /** Owned by the machine from here on as far as `finish` and `advance` go; the driver announces and opens. */
  readonly pool: Pool;
}

type Phase = 'proposing' | 'looking' | 'running' | 'signed' | 'voided';

const untried: Attempt = { marked: undefined, signed: undefined, void: undefined };

export function identitySigner(seed: Uint8Array): (message: Uint8Array) => Uint8Array {
  return message => ed25519.sign(seed, message);
}

export class Agreement {
  readonly #network: Network;
  readonly #self: number;
  readonly #sign: (message: Uint8Array) => Uint8Array;
  readonly #verify: Verify;
  readonly #pool: Pool;
  readonly #outbox: Outbox;

  // durable, as on the disk after the last store
  #last: Certified | undefined;
  #lastHash: Uint8Array;
  readonly #attempts: Map<number, Attempt>;
  readonly #burned: BurnedIds;
  #halted: Evidence | undefined;

  // of this height
  #attempt = 1;
  #phase: Phase = 'proposing';
  #votes: Votes;
  #running: { readonly plan: Plan; readonly burned: readonly Uint8Array[] } | undefined;
  readonly #proposing: Proposing;
  readonly #finality: Finality;
  /** Numbers look-ups: only the last one's answer counts. */
  #query = 0;

  constructor({ network, self, sign, verify = rosterVerify(network), durable, pool }: AgreementOptions) {
    this.#network = network;
    this.#self = self;
    this.#sign = sign;
    this.#verify = verify;
    this.#pool = pool;
    this.#last = durable.last;
    this.#lastHash = durable.last ? recordHash(durable.last.record) : network.id;
    this.#attempts = new Map(durable.attempts);
    this.#burned = new BurnedIds(durable.burned);
    this.#halted = durable.halted;
    const banks = network.banks.length;
    this.#votes = new Votes(banks);
    this.#outbox = new Outbox(self, banks);
    this.#finality = new Finality(banks, this.#outbox);
    this.#proposing = new Proposing({ network, self, verify, pool, burned: this.#burned, outbox: this.#outbox });
  }

  /** Last committed height; 0 before the first. */
  get height(): number {
    return this.#last?.record.height ?? 0;
  }

  /** Its record's hash; the network id before the first. */
  get lastHash(): Uint8Array {
    return this.#lastHash;
  }

  get finalHeight(): number {
    return this.#finality.height;
  }

  get halted(): Evidence | undefined {
    return this.#halted;
  }

  /** For operators: where this bank stands. */
  get standing(): Place & { readonly phase: Phase; readonly round: number } {
    return { ...this.#place, phase: this.#phase, round: this.#proposing.round };
  }

  get #place(): Place {
    return { height: this.height + 1, attempt: this.#attempt };
  }

  get #count(): number {
    return this.#network.banks.length;
  }

  #own(attempt = this.#attempt): Attempt {
    return this.#attempts.get(attempt) ?? untried;
  }

  handle(input: Input): Output[] {
    if (!this.#halted) this.#dispatch(input);
    else if (input.type === 'session') this.#tellHalted(input.id);
    return this.#outbox.take();
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
        return this.#propose();
      case 'looked-up':
        return this.#onLookedUp(input.query, input.found);
      case 'computed':
        return this.#onComputed(input, input.record, input.commitment);
      case 'failed':
        if (this.#phase === 'running' && samePlace(input, this.#place)) this.#rootVoid(false);
        return;
      case 'accuse':
        return this.#halt({ kind: 'accusation', culprit: input.culprit, why: input.why });
      case 'proof':
        return this.#haltWithProof(input.proof);
      case 'timer':
        if (!this.#outbox.fired(input.name)) return;
        if (input.name === 'certificate') return this.#askForCertificate();
        this.#proposing.timeIsUp();
        return this.#propose();
    }
  }

  // restart and sessions

  #onRestart(): undefined {
    this.#attempt = Math.max(1, ...this.#attempts.keys());
    for (const [attempt, { signed, void: voided }] of this.#attempts) {
      if (signed) this.#votes.addSigned(this.#ownSigned(attempt));
      if (voided) this.#votes.addVoid(voided);
    }
    const { marked, signed, void: voided } = this.#own();
    if (voided) this.#phase = 'voided';
    else if (signed) this.#phase = 'signed';
    else if (marked) this.#rootVoid(false);
    this.#sayCommitted();
  }

  #onSession(id: Uint8Array): undefined {
    if (this.#outbox.session) this.#onSessionLost();
    this.#outbox.session = id;
    this.#proposing.startSession(this.#place);
    this.#outbox.broadcast(this.#status());
    const committed = this.#finality.of(this.#self);
    if (committed) this.#outbox.broadcast({ kind: 'committed', committed });
    // nobody can be more than one attempt behind: attempt k + 1 takes this bank's void of k
    for (const attempt of [this.#attempt - 1, this.#attempt]) {
      const { signed, void: voided } = this.#own(attempt);
      if (voided) this.#outbox.broadcast({ kind: 'void', void: voided });
      else if (signed) this.#outbox.broadcast({ kind: 'signed', signed: this.#ownSigned(attempt) });
    }
    this.#propose();
  }

  #onSessionLost(): undefined {
    this.#outbox.session = undefined;
    this.#outbox.stopTimers();
    if (this.#phase === 'looking') this.#phase = 'proposing';
    // its correlations are gone: the attempt cannot be finished
    if (this.#phase === 'running') this.#rootVoid(true);
  }

  #status(): Message {
    return { kind: 'status', height: this.height, hash: this.#lastHash, attempt: this.#attempt };
  }

  #tellHalted(session: Uint8Array): undefined {
    this.#outbox.session = session;
    // its certificate first: a bank that lacks it, and has not halted yet, commits what stands
    if (this.#last) this.#outbox.broadcast({ kind: 'certificate', ...this.#last });
    if (this.#halted) this.#outbox.broadcast({ kind: 'accusation', evidence: this.#halted });
  }

  // messages

  #onMessage(from: number, bytes: Uint8Array): undefined {
    assert(from !== this.#self && from < this.#count, 'a message is from another bank');
    let message: Message;
    try {
      message = decodeMessage(bytes, this.#count);
    } catch (error) {
      if (!isCode(error, 'MALFORMED', 'OVERSIZED')) throw error;
      return this.#accuse(from, 'a malformed message of the agreement');
    }
    switch (message.kind) {
      case 'status':
        return this.#onStatus(from, message.height, message.hash);
      case 'proposal':
        return this.#onProposal(from, message);
      case 'signed':
        return this.#onSigned(from, message.signed);
      case 'void':
        return this.#onVoid(from, message.void);
      case 'committed':
        return this.#onCommitted(from, message.committed);
      case 'certificate':
        return this.#onCertificate(from, message);
      case 'accusation':
        return this.#onAccusation(from, message.evidence);
    }
  }

  #onStatus(from: number, height: number, hash: Uint8Array): undefined {
    if (height === this.height - 1) return this.#answerWithCertificate(from);
    if (height === this.height && !equalBytes(hash, this.#lastHash))
      return this.#accuse(undefined, 'two records stand at one height');
    // no honest bank starts without the state of the last height it signed
    if (Math.abs(height - this.height) <= 1) return;
    const why = 'a bank is heights apart: its disk was set back';
    this.#halt({ kind: 'accusation', culprit: undefined, why }, false);
  }

  #answerWithCertificate(to: number): undefined {
    if (this.#last) this.#outbox.send(to, { kind: 'certificate', ...this.#last });
  }

  #onAccusation(from: number, evidence: Evidence): undefined {
    if (evidence.kind === 'proof') return this.#haltWithProof(evidence.proof, from);
    // told, not seen: the accuser keeps the evidence, and tells again in every session until its operator lifts it
    this.#halt({ ...evidence, why: `told by bank ${from}: ${evidence.why}` }, false);
  }

  // proposing

  /** Proposes if it is time, and starts the block when everybody has. */
  #propose(): undefined {
    if (this.#phase !== 'proposing') return;
    const proposals = this.#proposing.propose();
    if (!proposals) return;
    const burned = unionOfBurned(proposals);
    if (burned.length === 0) return this.#decide(proposals, burned);
    this.#phase = 'looking';
    this.#outbox.push({ type: 'look-up', query: ++this.#query, ids: burned });
  }

  #onProposal(from: number, proposal: Proposal): undefined {
    if (!this.#proposing.add(from, proposal)) return this.#accuse(from, 'two proposals for one round');
    this.#propose();
  }

  #onLookedUp(query: number, found: readonly Uint8Array[]): undefined {
    const proposals = this.#proposing.all();
    if (this.#phase !== 'looking' || query !== this.#query || !proposals) return;
    this.#phase = 'proposing';
    if (found.length === 0) return this.#decide(proposals, unionOfBurned(proposals));
    const settled = new Set(found.map(toHex));
    const culprit = proposals.findIndex(({ burned }) => burned.some(id => settled.has(toHex(id))));
    this.#accuse(culprit, 'it lists a settled envelope as burned');
  }

  #decide(proposals: readonly Proposal[], burned: readonly Uint8Array[]): undefined {
    const plan = this.#proposing.decide(proposals);
    if (plan) this.#start(proposals, plan, burned);
    else this.#propose();
  }

  /** The ids of the attempt are durable before message 2 leaves. */
  #start(proposals: readonly Proposal[], plan: Plan, burned: readonly Uint8Array[]): undefined {
    const { session } = this.#outbox;
    assert(session !== undefined && this.#own() === untried, 'an attempt starts once');
    const liar = this.#proposing.misannounced(proposals, plan);
    if (liar !== undefined) return this.#accuse(liar, 'it proposed under an announcement that nobody signed');
    const at = this.#proposing.takeStock(proposals, plan);
    if (!at) {
      this.#outbox.push({ type: 'end-session', why: 'stock positions are too far apart' });
      return;
    }
    const marked = plan.entries.map(({ id }) => id);
    this.#attempts.set(this.#attempt, { ...untried, marked });
    this.#phase = 'running';
    this.#running = { plan, burned };
    this.#outbox.push({ type: 'store', ops: [putMarked(this.#attempt, marked)] });
    const digest = proposalsDigest(proposals);
    const block = { session, previous: this.#lastHash, ...plan, burned, proposalsDigest: digest, at };
    this.#outbox.push({ type: 'run', ...this.#place, block });
  }

  // signing

  #onComputed(place: Place, record: LedgerRecord, commitment: Uint8Array): undefined {
    if (this.#phase !== 'running' || !samePlace(place, this.#place)) return;
    this.#checkOwnRecord(record);
    const hash = recordHash(record);
    const statement = recordStatement(this.#network.id, { ...place, recordHash: hash }, this.#self, commitment);
    const signed = { record, hash, commitment, signature: this.#sign(statement) };
    this.#attempts.set(this.#attempt, { ...this.#own(), signed });
    this.#phase = 'signed';
    this.#running = undefined;
    const burn = this.#burnOps(record.burned);
    this.#outbox.push({
      type: 'store',
      ops: [putSigned(this.#attempt, signed), ...burn],
      prepare: this.#place,
      burn: record.burned,
    });
    const own = this.#ownSigned(this.#attempt);
    this.#votes.addSigned(own);
    this.#outbox.broadcast({ kind: 'signed', signed: own });
    this.#compare();
  }

  #checkOwnRecord({ height, attempt, previous, networkId, entries, burned }: LedgerRecord): undefined {
    const running = this.#running;
    assert(running !== undefined, 'a record comes from a run');
    const planned = running.plan.entries.map(({ id }) => id);
    assert(samePlace({ height, attempt }, this.#place), 'the record is of this attempt');
    assert(
      equalBytes(previous, this.#lastHash) && equalBytes(networkId, this.#network.id),
      'the record follows the last',
    );
    assert(
      sameIds(
        entries.map(({ id }) => id),
        planned,
      ),
      'the record holds the planned envelopes',
    );
    assert(sameIds(burned, running.burned), 'the record lists what the proposals burned');
  }

  #ownSigned(attempt: number): Signed {
    const { signed } = this.#own(attempt);
    assert(signed !== undefined, 'there is an own signature');
    const { hash, commitment, signature } = signed;
    return { height: signed.record.height, attempt, bank: this.#self, recordHash: hash, commitment, signature };
  }

  #onSigned(from: number, signed: Signed): undefined {
    if (signed.bank !== from || !signedHolds(this.#network.id, this.#verify, signed)) {
      return this.#accuse(from, 'a record signature that does not hold');
    }
    if (signed.height !== this.#place.height || signed.attempt > this.#attempt + 1) return;
    const proof = this.#votes.addSigned(signed);
    // with this signature the record may stand, whatever else its bank has signed: commit first, halt then
    this.#commitIfCertified(signed.attempt);
    if (this.#halted) return;
    if (proof) return this.#haltWithProof(proof);
    if (samePlace(signed, this.#place)) this.#compare();
  }

  /** The others' records against the own one, byte for byte; then commits if all have signed it. */
  #compare(): undefined {
    const { signed } = this.#own();
    if (!signed) return;
    const other = this.#votes.signed(this.#attempt).find(({ recordHash: hash }) => !equalBytes(hash, signed.hash));
    // among three the digests tell that somebody lied, not who
    if (other) this.#accuse(this.#count === 2 ? other.bank : undefined, 'it signed another record of this attempt');
    else this.#commitIfCertified(this.#attempt);
  }

  #signedLater(attempt: number): boolean {
    return [...this.#attempts].some(([later, { signed }]) => later > attempt && signed !== undefined);
  }

  #commitIfCertified(attempt: number): undefined {
    const { signed } = this.#own(attempt);
    const certificate = signed && this.#votes.certificate(attempt, signed.hash);
    if (certificate && !this.#signedLater(attempt)) this.#commit({ record: signed.record, certificate });
  }

  #onCertificate(from: number, { record, certificate }: Certified): undefined {
    if (record.height !== this.#place.height) return;
    try {
      verifyCertificate(this.#network, record, certificate, this.#verify);
    } catch (error) {
      if (!isCode(error, 'BAD_CERTIFICATE')) throw error;
      return this.#accuse(from, 'a certificate that does not hold');
    }
    const { signed } = this.#own(record.attempt);
    if (!signed || !equalBytes(signed.hash, recordHash(record))) {
      return this.#accuse(undefined, 'a certificate holds a signature of this bank that its disk does not');
    }
    if (!this.#signedLater(record.attempt)) return this.#commit({ record, certificate });
    const proof = this.#proofFrom({ record, certificate });
    if (proof) this.#haltWithProof(proof);
  }

  /** What the signatures of a certificate prove together with what was heard about its attempt. */
  #proofFrom({ record, certificate }: Certified): Proof | undefined {
    const { height, attempt } = record;
    for (const [bank, { commitment, signature }] of certificate.entries()) {
      const signed = { height, attempt, bank, recordHash: recordHash(record), commitment, signature };
      const proof = this.#votes.addSigned(signed);
      if (proof) return proof;
    }
    return undefined;
  }

  #commit(certified: Certified): undefined {
    const { record } = certified;
    const place = { height: record.height, attempt: record.attempt };
    if (this.#phase === 'running') this.#abort();
    const proof = this.#proofFrom(certified);
    const settled = new Set(record.entries.map(({ id }) => toHex(id)));
    const abandoned = [...this.#attempts].flatMap(([attempt, { marked }]) =>
      attempt === record.attempt ? [] : (marked ?? []).filter(id => !settled.has(toHex(id))),
    );
    const { ops: expiryOps, expired } = this.#pool.advance(record.height + 1);
    const ops = [
      ...putCertified(certified),
      ...this.#burnOps(abandoned),
      ...this.#burned.list(record.burned),
      ...this.#burned.unburn(record.entries.map(({ id }) => id)),
      ...[...this.#attempts.keys()].flatMap(delAttempt),
      ...this.#pool.finish(record.entries.map(({ id }) => id)),
      ...this.#pool.overtaken(openedAccounts(record)),
      ...expiryOps,
    ];
    this.#outbox.push({ type: 'store', ops, apply: place, burn: abandoned, expired });
    this.#outbox.push({ type: 'committed', ...certified });
    this.#last = certified;
    this.#lastHash = recordHash(record);
    this.#attempts.clear();
    this.#votes = new Votes(this.#count);
    const committed = this.#sayCommitted();
    assert(committed !== undefined, 'a record was committed');
    this.#outbox.broadcast({ kind: 'committed', committed });
    this.#outbox.cancel('certificate');
    if (proof) return this.#haltWithProof(proof);
    this.#compareCommitted();
    if (!this.#halted) this.#enter(1);
  }

  // committed and final

  #sayCommitted(): CommittedWord | undefined {
    if (this.height === 0) return undefined;
    const statement = committedStatement(this.#network.id, this.height, this.#lastHash);
    const word = { height: this.height, hash: this.#lastHash, signature: this.#sign(statement) };
    this.#finality.add(this.#self, word);
    return word;
  }

  #onCommitted(from: number, word: CommittedWord): undefined {
    if (!this.#verify(from, committedStatement(this.#network.id, word.height, word.hash), word.signature)) {
      return this.#accuse(from, 'a committed statement that does not hold');
    }
    const proof = this.#finality.add(from, word);
    if (proof) return this.#haltWithProof(proof);
    if (word.height === this.height + 1) this.#outbox.arm('certificate', certificateWaitMs);
    this.#compareCommitted();
  }

  #compareCommitted(): undefined {
    if (!this.#finality.compare(this.height, this.#lastHash)) {
      this.#accuse(undefined, 'two records stand at one height');
    }
  }

  /** Another bank has what this one lacks: a signature was shown to it alone. It answers a status with the certificate. */
  #askForCertificate(): undefined {
    for (const bank of this.#finality.banksAt(this.height + 1)) this.#outbox.send(bank, this.#status());
  }

  // voids

  #onVoid(from: number, v: Void): undefined {
    if (v.bank !== from || !voidHolds(this.#network.id, this.#verify, v)) {
      return this.#accuse(from, 'a void that does not hold');
    }
    if (v.height === this.height) return this.#onVoidOfCommitted(from, v);
    if (v.height !== this.#place.height || v.attempt > this.#attempt + 1) return;
    const proof = this.#votes.addVoid(v);
    if (proof) return this.#haltWithProof(proof);
    if (v.attempt === this.#attempt) this.#voidAfter(v);
  }

  /** A bank that has committed answers with the certificate; a root void beside it is proof. */
  #onVoidOfCommitted(from: number, v: Void): undefined {
    const last = this.#last;
    if (!last) return;
    this.#answerWithCertificate(from);
    const { bank, signature: voidSignature } = rootOf(v);
    if (v.attempt !== last.record.attempt) return;
    const signed = {
      height: v.height,
      attempt: v.attempt,
      bank,
      recordHash: this.#lastHash,
      ...last.certificate[bank],
    };
    this.#haltWithProof({ kind: 'sign-and-void', signed, voidSignature });
  }

  /** Only if this bank has not signed the record; from here on it never will. */
  #rootVoid(running: boolean): undefined {
    assert(this.#own().signed === undefined && this.#own().void === undefined, 'a root void contradicts nothing');
    this.#voidAttempt(undefined, running);
  }

  /** Another bank has voided: so does this one, signed or not, and its void carries the reason. */
  #voidAfter(v: Void): undefined {
    if (!this.#own().void) {
      const root = rootOf(v);
      if (root.bank === this.#self) return this.#accuse(undefined, 'a void of this bank that its disk does not hold');
      this.#voidAttempt(root, this.#phase === 'running');
    } else this.#next();
  }

  #voidAttempt(root: RootVoid | undefined, running: boolean): undefined {
    if (running) this.#abort();
    const signature = this.#sign(voidStatement(this.#network.id, this.#place, this.#self, root));
    const own: Void = { ...this.#place, bank: this.#self, root, signature };
    const burn = this.#own().marked ?? [];
    this.#attempts.set(this.#attempt, { ...this.#own(), void: own });
    this.#phase = 'voided';
    this.#running = undefined;
    this.#outbox.push({ type: 'store', ops: [putVoid(own), ...this.#burnOps(burn)], burn });
    this.#outbox.cancel('propose');
    this.#votes.addVoid(own);
    this.#outbox.broadcast({ kind: 'void', void: own });
    this.#next();
  }

  #abort(): undefined {
    this.#outbox.push({ type: 'abort', ...this.#place });
    this.#running = undefined;
    this.#phase = 'proposing';
  }

  /** Attempt k + 1 starts with all n voids of attempt k. */
  #next(): undefined {
    if (this.#votes.allVoid(this.#attempt)) this.#enter(this.#attempt + 1);
  }

  #enter(attempt: number): undefined {
    this.#attempt = attempt;
    this.#phase = 'proposing';
    this.#running = undefined;
    this.#proposing.enter(this.#place);
    const early = this.#votes.anyVoid(attempt);
    if (early) this.#voidAfter(early);
    else this.#propose();
  }

  /** Never used again, and no longer ready. */
  #burnOps(ids: readonly Uint8Array[]): StoreOp[] {
    return [...this.#burned.burn(ids), ...this.#pool.finish(ids)];
  }

  // the end

  #accuse(culprit: number | undefined, why: string): undefined {
    this.#halt({ kind: 'accusation', culprit, why });
  }

  /** `teller`: who sent the proof, if a bank did; a proof that proves nothing accuses its teller. */
  #haltWithProof(proof: Proof, teller?: number): undefined {
    const culprit = convicted(this.#network.id, this.#verify, proof);
    if (culprit !== undefined) return this.#halt({ kind: 'proof', proof });
    assert(teller !== undefined, 'an own proof proves something');
    this.#accuse(teller, 'a proof that proves nothing');
  }

  #halt(evidence: Evidence, seen = true): undefined {
    if (this.#phase === 'running') this.#abort();
    this.#outbox.stopTimers();
    if (seen) {
      this.#outbox.push({ type: 'store', ops: [putHalted(evidence)] });
      this.#outbox.broadcast({ kind: 'accusation', evidence });
    }
    this.#halted = evidence;
    const { culprit, why } =
      evidence.kind === 'accusation'
        ? evidence
        : { culprit: convicted(this.#network.id, this.#verify, evidence.proof), why: evidence.proof.kind };
    this.#outbox.push({ type: 'halt', culprit, why, evidence });
  }
}

function openedAccounts({ entries }: LedgerRecord): Set<number> {
  return new Set(entries.flatMap(({ status }) => (status.kind === 'opened' ? [status.account] : [])));
}

function sameIds(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((id, i) => equalBytes(id, b[i]));
}
