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
 *     sign once, stored with the state       #computed       one store: statement, prepared state, ids listed as burned
 *     root void only if not signed           #rootVoid       after link loss, restart, or a run that failed
 *     after signing only on another's void   #voidAfter      which the own void carries
 *     nothing after a void                   #voidAttempt    `abort` comes first; `computed` of a void attempt is ignored
 *     burning                                #voidAttempt, #commit: in the transaction that voids or commits
 *     attempt k + 1 with all n voids         #next
 *     certificate unless signed later        #onCertificate
 *     record signature and root void         `Votes`         is proof: the bank halts with it
 *
 * The driver executes outputs strictly in order; a `store` is on the disk before anything after it happens, and a crash
 * in between loses what follows. It gives `restart` first, `session` before any message of that session, and
 * `session-lost` when one ends. It merges its own ops into a store that says `prepare` (the prepared state) or `apply`.
 * After `abort` it sends nothing more of that attempt.
 *
 * Not here yet: `adopt` (banks apart after a proof stay halted until it is built); blocks that overlap (a second place
 * would stand beside `#place`); lifting an accusation (an operator removes it from the store).
 */
import { ed25519, equalBytes, fromHex, toHex } from '../crypto/index.js';
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
import { burnedListMax, certificateWaitMs, emptyBlockMs, positionLeapMax } from '../limits.js';
import type { Network } from '../network/index.js';
import type { StoreOp } from '../ports.js';
import type { Positions } from '../preprocessing/index.js';
import { type Announcement, announcementHolds } from './announcement.js';
import {
  type Attempt,
  type Certified,
  type Durable,
  delAttempt,
  delBurned,
  putBurned,
  putCertified,
  putHalted,
  putMarked,
  putSigned,
  putVoid,
} from './durable.js';
import {
  decodeMessage,
  encodeMessage,
  type Message,
  type Proposal,
  proposalsDigest,
  sessionPrefixBytes,
} from './messages.js';
import { largest, type Plan, type Planned, type Planning, planBlock, positionKinds, stockOfPlan } from './plan.js';
import type { Pool } from './pool.js';
import { Proposals, samePlace } from './proposals.js';
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

/** What the computation of an attempt gets. */
export interface RunBlock {
  /** Session id. */
  readonly session: Uint8Array;
  readonly previous: Uint8Array;
  readonly entries: readonly Planned[];
  readonly waves: readonly (readonly number[])[];
  /** Ascending: what the record lists as burned. */
  readonly burned: readonly Uint8Array[];
  readonly proposalsDigest: Uint8Array;
  /** Where the block's correlations start. */
  readonly at: Positions;
}

export type TimerName = 'propose' | 'certificate';

export type Input =
  /** Once, first. */
  | { readonly type: 'restart' }
  /** All n banks have formed it. Its id: 32 bytes. */
  | { readonly type: 'session'; readonly id: Uint8Array }
  | { readonly type: 'session-lost' }
  | { readonly type: 'message'; readonly from: number; readonly bytes: Uint8Array }
  /** An envelope became ready. */
  | { readonly type: 'pool-changed' }
  /** Answers `look-up`: which of those ids stand in a record. */
  | { readonly type: 'looked-up'; readonly query: number; readonly found: readonly Uint8Array[] }
  | ({ readonly type: 'computed'; readonly record: LedgerRecord; readonly commitment: Uint8Array } & Place)
  /** The run ended, or took longer than stepTimeoutMs for a step, and nobody is to blame. */
  | ({ readonly type: 'failed' } & Place)
  /** A check outside failed: in the computation, in preprocessing. */
  | { readonly type: 'accuse'; readonly culprit: number | undefined; readonly why: string }
  | { readonly type: 'proof'; readonly proof: Proof }
  | { readonly type: 'timer'; readonly name: TimerName };

export type Output =
  | {
      readonly type: 'store';
      readonly ops: readonly StoreOp[];
      /** Add the prepared state of this attempt, under its attempt: it is kept until the height is committed. */
      readonly prepare?: Place;
      /** Apply the prepared state of this attempt, and drop the others of its height. */
      readonly apply?: Place;
      /** Their packets are of no more use. */
      readonly burn?: readonly Uint8Array[];
      readonly expired?: readonly Uint8Array[];
    }
  | { readonly type: 'send'; readonly to: number; readonly bytes: Uint8Array }
  | { readonly type: 'look-up'; readonly query: number; readonly ids: readonly Uint8Array[] }
  | ({ readonly type: 'run'; readonly block: RunBlock } & Place)
  | ({ readonly type: 'abort' } & Place)
  /** Proposed by another bank, unknown here: ask their sponsors. */
  | { readonly type: 'missing'; readonly announcements: readonly Announcement[] }
  | ({ readonly type: 'committed' } & Certified)
  /** All later than that follow from `committed` of the next height. */
  | { readonly type: 'final'; readonly height: number; readonly signatures: readonly Uint8Array[] | undefined }
  | { readonly type: 'timer'; readonly name: TimerName; readonly ms: number }
  | { readonly type: 'cancel'; readonly name: TimerName }
  /** Give up the session and form another. */
  | { readonly type: 'end-session'; readonly why: string }
  | { readonly type: 'halt'; readonly culprit: number | undefined; readonly why: string; readonly evidence: Evidence };

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
const zeroPositions: Positions = { vole: 0, triples: 0, selections: 0 };

export function identitySigner(seed: Uint8Array): (message: Uint8Array) => Uint8Array {
  return message => ed25519.sign(seed, message);
}

export class Agreement {
  readonly #network: Network;
  readonly #self: number;
  readonly #sign: (message: Uint8Array) => Uint8Array;
  readonly #verify: Verify;
  readonly #pool: Pool;
  #out: Output[] = [];

  // durable, as on the disk after the last store
  #last: Certified | undefined;
  #lastHash: Uint8Array;
  readonly #attempts: Map<number, Attempt>;
  readonly #burned: Map<string, boolean>;
  #halted: Evidence | undefined;

  // of this height
  #attempt = 1;
  #phase: Phase = 'proposing';
  #votes: Votes;
  #running: { readonly plan: Plan; readonly burned: readonly Uint8Array[] } | undefined;
  readonly #committedWords: (CommittedWord | undefined)[];
  #finalHeight = 0;

  // of this session
  #session: Uint8Array | undefined;
  #positions = zeroPositions;
  #proposals: Proposals;
  /** What this bank's own proposals listed, by hex id: the pool may forget it meanwhile. */
  #listed = new Map<string, Planning>();
  #round = 1;
  /** Nobody listed anything in the round before. */
  #idle = true;
  #timeToPropose = false;
  readonly #timers = new Set<TimerName>();
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
    this.#burned = new Map(durable.burned);
    this.#halted = durable.halted;
    this.#votes = new Votes(network.banks.length);
    this.#proposals = new Proposals(network.banks.length);
    this.#committedWords = network.banks.map(() => undefined);
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
    return this.#finalHeight;
  }

  get halted(): Evidence | undefined {
    return this.#halted;
  }

  /** For operators: where this bank stands. */
  get standing(): Place & { readonly phase: Phase; readonly round: number } {
    return { ...this.#place, phase: this.#phase, round: this.#round };
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
    this.#out = [];
    if (!this.#halted) this.#dispatch(input);
    else if (input.type === 'session') this.#tellHalted(input.id);
    return this.#out;
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
        if (!this.#timers.delete(input.name)) return;
        return input.name === 'propose' ? this.#onProposeTimer() : this.#onCertificateTimer();
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
    this.#committedWords[this.#self] = this.#ownCommitted();
  }

  #onSession(id: Uint8Array): undefined {
    if (this.#session) this.#onSessionLost();
    this.#session = id;
    this.#positions = zeroPositions;
    this.#proposals = new Proposals(this.#count);
    this.#listed = new Map();
    this.#newRound(1, true);
    this.#broadcast(this.#status());
    const committed = this.#committedWords[this.#self];
    if (committed) this.#broadcast({ kind: 'committed', committed });
    // nobody can be more than one attempt behind: attempt k + 1 takes this bank's void of k
    for (const attempt of [this.#attempt - 1, this.#attempt]) {
      const { signed, void: voided } = this.#own(attempt);
      if (voided) this.#broadcast({ kind: 'void', void: voided });
      else if (signed) this.#broadcast({ kind: 'signed', signed: this.#ownSigned(attempt) });
    }
    this.#propose();
  }

  #onSessionLost(): undefined {
    this.#session = undefined;
    this.#stopTimers();
    if (this.#phase === 'looking') this.#phase = 'proposing';
    // its correlations are gone: the attempt cannot be finished
    if (this.#phase === 'running') this.#rootVoid(true);
  }

  #status(): Message {
    return { kind: 'status', height: this.height, hash: this.#lastHash, attempt: this.#attempt };
  }

  #tellHalted(session: Uint8Array): undefined {
    this.#session = session;
    if (this.#halted) this.#broadcast({ kind: 'accusation', evidence: this.#halted });
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
    if (Math.abs(height - this.height) > 1) this.#accuse(undefined, 'a bank is heights apart: its disk was set back');
  }

  #answerWithCertificate(to: number): undefined {
    if (this.#last) this.#send(to, { kind: 'certificate', ...this.#last });
  }

  #onAccusation(from: number, evidence: Evidence): undefined {
    if (evidence.kind === 'proof') return this.#haltWithProof(evidence.proof, from);
    // told, not seen: the accuser keeps the evidence, and tells again in every session until its operator lifts it
    this.#halt({ ...evidence, why: `told by bank ${from}: ${evidence.why}` }, false);
  }

  // proposing

  #newRound(round: number, idle: boolean): undefined {
    this.#round = round;
    this.#idle = idle;
    this.#timeToPropose = false;
    this.#proposals.advance(this.#place, round);
    this.#cancel('propose');
  }

  #onProposeTimer(): undefined {
    this.#timeToPropose = true;
    this.#propose();
  }

  /** Proposes if it is time; then plans if everybody has. */
  #propose(): undefined {
    if (!this.#session || this.#phase !== 'proposing') return;
    if (!this.#proposals.of(this.#self, this.#place, this.#round)) {
      const ready = this.#pool.ready(this.#place.height).filter(({ id }) => !this.#burned.has(toHex(id)));
      const burned = [...this.#burned].filter(([, listed]) => !listed).map(([id]) => id);
      if (!this.#isTime(ready, burned.length > 0)) return;
      this.#sendProposal(ready, burned.sort().slice(0, burnedListMax).map(fromHex));
    }
    this.#plan();
  }

  /** With work at once; with others' work when there is something in common, or when emptyBlockMs have passed. */
  #isTime(ready: readonly Announcement[], burned: boolean): boolean {
    const work = ready.length > 0 || burned;
    if (this.#timeToPropose || (this.#idle && work)) return true;
    if (
      this.#proposals.common(
        this.#self,
        this.#place,
        ready.map(({ id }) => id),
      )
    )
      return true;
    const heard = this.#network.banks.some((_, bank) => this.#proposals.of(bank, this.#place, this.#round));
    if (heard || work || !this.#idle) this.#arm('propose', emptyBlockMs);
    return false;
  }

  #sendProposal(ready: readonly Announcement[], burned: readonly Uint8Array[]): undefined {
    assert(this.#session !== undefined, 'proposals belong to a session');
    const session = this.#session.slice(0, sessionPrefixBytes);
    const proposal: Proposal = { session, ...this.#place, round: this.#round, ready, burned, at: this.#positions };
    for (const { id } of ready) {
      const planning = this.#pool.planning(toHex(id));
      if (planning) this.#listed.set(toHex(id), planning);
    }
    this.#proposals.add(this.#self, proposal);
    this.#cancel('propose');
    this.#broadcast({ kind: 'proposal', ...proposal });
  }

  #onProposal(from: number, proposal: Proposal): undefined {
    if (!this.#session || !equalBytes(proposal.session, this.#session.subarray(0, sessionPrefixBytes))) return;
    const { height, attempt } = this.#place;
    if (proposal.height < height || (proposal.height === height && proposal.attempt < attempt)) return;
    if (!this.#proposals.add(from, proposal)) return this.#accuse(from, 'two proposals for one round');
    const unknown = ({ id }: Announcement) =>
      !this.#pool.has(id) && !this.#pool.wasSeen(id) && !this.#burned.has(toHex(id));
    const announcements = proposal.ready.filter(unknown);
    if (announcements.length > 0) this.#out.push({ type: 'missing', announcements });
    this.#propose();
  }

  /** When all n proposals of the round are here. */
  #plan(): undefined {
    const proposals = this.#proposals.all(this.#place, this.#round);
    if (!proposals) return;
    const burned = unionOfBurned(proposals);
    if (burned.length === 0) return this.#decide(proposals, burned);
    this.#phase = 'looking';
    this.#out.push({ type: 'look-up', query: ++this.#query, ids: burned });
  }

  #onLookedUp(query: number, found: readonly Uint8Array[]): undefined {
    const proposals = this.#proposals.all(this.#place, this.#round);
    if (this.#phase !== 'looking' || query !== this.#query || !proposals) return;
    this.#phase = 'proposing';
    if (found.length > 0) {
      const settled = new Set(found.map(toHex));
      const culprit = proposals.findIndex(({ burned }) => burned.some(id => settled.has(toHex(id))));
      return this.#accuse(culprit, 'it lists a settled envelope as burned');
    }
    this.#decide(proposals, unionOfBurned(proposals));
  }

  /** A block; or another round, because there is nothing in common yet. */
  #decide(proposals: readonly Proposal[], burned: readonly Uint8Array[]): undefined {
    const plan = planBlock({
      height: this.#place.height,
      ready: proposals.map(({ ready }) => ready),
      burned: proposals.map(list => list.burned),
      planning: id => this.#listed.get(id),
    });
    const undecided = burned.length > 0 || proposals.some(({ ready }) => ready.length > 0);
    const worth = plan.entries.length > 0 || burned.length > 0 || (this.#round > 1 && undecided);
    if (worth) return this.#start(proposals, plan, burned);
    this.#newRound(this.#round + 1, !undecided);
    this.#propose();
  }

  #start(proposals: readonly Proposal[], plan: Plan, burned: readonly Uint8Array[]): undefined {
    assert(this.#session !== undefined && this.#own() === untried, 'an attempt starts once');
    const liar = this.#misannounced(proposals, plan);
    if (liar !== undefined) return this.#accuse(liar, 'it proposed under an announcement that nobody signed');
    const at = largest(proposals.map(p => p.at));
    if (positionKinds.some(kind => at[kind] > this.#positions[kind] + positionLeapMax)) {
      this.#out.push({ type: 'end-session', why: 'stock positions are too far apart' });
      return;
    }
    const stock = stockOfPlan(plan);
    this.#positions = {
      vole: at.vole + stock.vole,
      triples: at.triples + stock.triples,
      selections: at.selections + stock.selections,
    };
    const marked = plan.entries.map(({ id }) => id);
    this.#attempts.set(this.#attempt, { ...untried, marked });
    this.#phase = 'running';
    this.#running = { plan, burned };
    this.#out.push({ type: 'store', ops: [putMarked(this.#attempt, marked)] });
    const block: RunBlock = {
      session: this.#session,
      previous: this.#lastHash,
      ...plan,
      burned,
      proposalsDigest: proposalsDigest(proposals),
      at,
    };
    this.#out.push({ type: 'run', ...this.#place, block });
  }

  /** A bank that named a sponsor and number which this bank does not know, and which the sponsor did not sign. */
  #misannounced(proposals: readonly Proposal[], { entries }: Plan): number | undefined {
    const chosen = new Set(entries.map(({ id }) => toHex(id)));
    const wrong = ({ ready }: Proposal) =>
      ready.some(a => {
        if (!chosen.has(toHex(a.id))) return false;
        if (this.#pool.announcement(a.id, a.sponsor)?.sequence === a.sequence) return false;
        return !announcementHolds(this.#network.id, this.#verify, a);
      });
    const liar = proposals.findIndex(wrong);
    return liar < 0 ? undefined : liar;
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
    this.#out.push({
      type: 'store',
      ops: [putSigned(this.#attempt, signed), ...burn],
      prepare: this.#place,
      burn: record.burned,
    });
    const own = this.#ownSigned(this.#attempt);
    this.#votes.addSigned(own);
    this.#broadcast({ kind: 'signed', signed: own });
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
      ...this.#listOps(record.burned),
      ...this.#unburnOps(record.entries.map(({ id }) => id)),
      ...[...this.#attempts.keys()].flatMap(delAttempt),
      ...this.#pool.finish(record.entries.map(({ id }) => id)),
      ...this.#pool.overtaken(openedAccounts(record)),
      ...expiryOps,
    ];
    this.#out.push({ type: 'store', ops, apply: place, burn: abandoned, expired });
    this.#out.push({ type: 'committed', ...certified });
    this.#last = certified;
    this.#lastHash = recordHash(record);
    this.#attempts.clear();
    this.#votes = new Votes(this.#count);
    this.#listed = new Map();
    const committed = this.#ownCommitted();
    assert(committed !== undefined, 'a record was committed');
    this.#committedWords[this.#self] = committed;
    this.#broadcast({ kind: 'committed', committed });
    this.#cancel('certificate');
    if (this.#finalHeight < record.height - 1) this.#final(record.height - 1, undefined);
    if (proof) return this.#haltWithProof(proof);
    this.#compareCommitted();
    if (!this.#halted) this.#enter(1);
  }

  // committed and final

  #ownCommitted(): CommittedWord | undefined {
    if (this.height === 0) return undefined;
    const statement = committedStatement(this.#network.id, this.height, this.#lastHash);
    return { height: this.height, hash: this.#lastHash, signature: this.#sign(statement) };
  }

  #onCommitted(from: number, word: CommittedWord): undefined {
    if (!this.#verify(from, committedStatement(this.#network.id, word.height, word.hash), word.signature)) {
      return this.#accuse(from, 'a committed statement that does not hold');
    }
    const before = this.#committedWords[from];
    if (before && before.height > word.height) return;
    if (before && before.height === word.height && !equalBytes(before.hash, word.hash)) {
      return this.#haltWithProof({ kind: 'two-committed', bank: from, first: before, second: word });
    }
    this.#committedWords[from] = word;
    if (word.height === this.height + 1) this.#arm('certificate', certificateWaitMs);
    this.#compareCommitted();
  }

  #compareCommitted(): undefined {
    const words = this.#committedWords.filter(word => word?.height === this.height) as CommittedWord[];
    if (words.some(({ hash }) => !equalBytes(hash, this.#lastHash))) {
      return this.#accuse(undefined, 'two records stand at one height');
    }
    if (this.height > 0 && this.#finalHeight < this.height && words.length === this.#count) {
      this.#final(
        this.height,
        words.map(({ signature }) => signature),
      );
    }
  }

  #final(height: number, signatures: readonly Uint8Array[] | undefined): undefined {
    this.#finalHeight = height;
    this.#out.push({ type: 'final', height, signatures });
  }

  /** Another bank has what this one lacks: a signature was shown to it alone. It answers a status with the certificate. */
  #onCertificateTimer(): undefined {
    this.#committedWords.forEach((word, bank) => {
      if (word?.height === this.height + 1) this.#send(bank, this.#status());
    });
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
    this.#out.push({ type: 'store', ops: [putVoid(own), ...this.#burnOps(burn)], burn });
    this.#cancel('propose');
    this.#votes.addVoid(own);
    this.#broadcast({ kind: 'void', void: own });
    this.#next();
  }

  #abort(): undefined {
    this.#out.push({ type: 'abort', ...this.#place });
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
    this.#newRound(1, true);
    const early = this.#votes.anyVoid(attempt);
    if (early) this.#voidAfter(early);
    else this.#propose();
  }

  // burning

  /** Never used again. What is burned already stays as it is. */
  #burnOps(ids: readonly Uint8Array[]): StoreOp[] {
    const fresh = ids.filter(id => !this.#burned.has(toHex(id)));
    for (const id of fresh) this.#burned.set(toHex(id), false);
    return [...fresh.map(id => putBurned(id, false)), ...this.#pool.finish(fresh)];
  }

  /** A record lists them. */
  #listOps(ids: readonly Uint8Array[]): StoreOp[] {
    for (const id of ids) this.#burned.set(toHex(id), true);
    return ids.map(id => putBurned(id, true));
  }

  /** Settled after all: this bank had voided the attempt, and then saw its certificate. */
  #unburnOps(ids: readonly Uint8Array[]): StoreOp[] {
    return ids.filter(id => this.#burned.delete(toHex(id))).map(delBurned);
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
    this.#stopTimers();
    if (seen) {
      this.#out.push({ type: 'store', ops: [putHalted(evidence)] });
      this.#broadcast({ kind: 'accusation', evidence });
    }
    this.#halted = evidence;
    const { culprit, why } =
      evidence.kind === 'accusation'
        ? evidence
        : { culprit: convicted(this.#network.id, this.#verify, evidence.proof), why: evidence.proof.kind };
    this.#out.push({ type: 'halt', culprit, why, evidence });
  }

  // timers and sending

  /** One that runs goes on running. */
  #arm(name: TimerName, ms: number): undefined {
    if (this.#timers.has(name)) return;
    this.#timers.add(name);
    this.#out.push({ type: 'timer', name, ms });
  }

  #cancel(name: TimerName): undefined {
    if (this.#timers.delete(name)) this.#out.push({ type: 'cancel', name });
  }

  #stopTimers(): undefined {
    this.#cancel('propose');
    this.#cancel('certificate');
  }

  #broadcast(message: Message): undefined {
    for (let bank = 0; bank < this.#count; bank++) if (bank !== this.#self) this.#send(bank, message);
  }

  /** Nothing without a session: what must not be lost is sent again at the start of the next. */
  #send(to: number, message: Message): undefined {
    if (this.#session) this.#out.push({ type: 'send', to, bytes: encodeMessage(message) });
  }
}

function openedAccounts({ entries }: LedgerRecord): Set<number> {
  return new Set(entries.flatMap(({ status }) => (status.kind === 'opened' ? [status.account] : [])));
}

function unionOfBurned(proposals: readonly Proposal[]): Uint8Array[] {
  return [...new Set(proposals.flatMap(({ burned }) => burned.map(toHex)))].sort().map(fromHex);
}

function sameIds(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((id, i) => equalBytes(id, b[i]));
}
