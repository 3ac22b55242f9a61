/**
 * Message 1 of a block: when this bank proposes, and what the n proposals of a round make.
 *
 *     round 1    at once when this bank has work; otherwise after another's proposal, once they have something in common
 *                or emptyBlockMs have passed
 *     block      something in common, or ids to list as burned; from round 2 on also an empty one while anybody lists
 *                anything, so that expiry always comes
 *     otherwise  another round, with what has arrived meanwhile
 *
 * All banks decide alike, because they decide on the same n proposals; what they were told differently shows in the
 * computation's first message, which carries `proposalsDigest`.
 *
 * Source: protocol.md, sections 4 (positions), 5 (fairness), 9 (message 1).
 */
import { equalBytes, fromHex, toHex } from '../crypto/index.js';
import { assert } from '../errors.js';
import { emptyBlockMs, positionLeapMax } from '../limits.js';
import type { Network } from '../network/index.js';
import type { Positions } from '../preprocessing/index.js';
import type { Announcement } from './announcement.js';
import { contradictions } from './contradictions.js';
import { type Proposal, sessionPrefixBytes } from './messages.js';
import type { Outbox } from './outbox.js';
import { largest, type Plan, type Planning, planBlock, positionKinds, stockOfPlan } from './plan.js';
import type { Pool } from './pool.js';
import { Proposals } from './proposals.js';
import { type Ground, isBehind, type Proof } from './statements.js';

const none: ReadonlySet<string> = new Set();
const start: Positions = { vole: 0, triples: 0, selections: 0 };

export interface ProposingOptions {
  readonly network: Network;
  readonly self: number;
  readonly pool: Pool;
  readonly outbox: Outbox;
  /** An empty block is work, too: a re-keying. */
  readonly isDue?: boolean;
}

export class Proposing {
  readonly #with: ProposingOptions;
  #proposals: Proposals;
  #positions = start;
  /** What this bank's own proposals listed, by hex id: the pool may forget it meanwhile. */
  #listed = new Map<string, Planning>();
  #ground: Ground = { height: 1, attempt: 1, base: 0 };
  /** Of the block that is still computed beside this one, by hex: they are not proposed again. */
  #beside: ReadonlySet<string> = none;
  #round = 1;
  /** Nobody listed anything in the round before. */
  #idle = true;
  #timeIsUp = false;

  constructor(options: ProposingOptions) {
    this.#with = options;
    this.#proposals = new Proposals(options.network.banks.length);
  }

  get round(): number {
    return this.#round;
  }

  /** Stock and proposals are the session's. */
  startSession(ground: Ground): void {
    this.#positions = start;
    this.#proposals = new Proposals(this.#with.network.banks.length);
    this.enter(ground);
  }

  /** A new attempt, or a new height; `beside`: ids that the block before it, not committed yet, holds or lists as burned. */
  enter(ground: Ground, beside: ReadonlySet<string> = none): void {
    this.#ground = ground;
    this.#beside = beside;
    this.#listed = new Map();
    this.#newRound(1, true);
  }

  #newRound(round: number, idle: boolean): void {
    this.#round = round;
    this.#idle = idle;
    this.#timeIsUp = false;
    this.#proposals.advance(this.#ground, round);
    this.#with.outbox.cancel('propose');
  }

  timeIsUp(): void {
    this.#timeIsUp = true;
  }

  /** False if no honest bank sends that. What belongs to another session, or lies behind, is passed over. */
  add(from: number, proposal: Proposal): boolean {
    const { session } = this.#with.outbox;
    if (!session || !equalBytes(proposal.session, session.subarray(0, sessionPrefixBytes))) return true;
    if (isBehind(proposal, this.#ground)) return true;
    if (!this.#proposals.add(from, proposal)) return false;
    const { pool, outbox } = this.#with;
    const announcements = proposal.ready.filter(({ id }) => !pool.wasSeen(id));
    if (announcements.length > 0) outbox.push({ type: 'missing', announcements });
    return true;
  }

  /** Proposes if it is time. Answers with the round's n proposals when they are there. */
  propose(): readonly Proposal[] | undefined {
    const { self, pool, outbox } = this.#with;
    if (!outbox.session) return undefined;
    if (!this.#proposals.of(self, this.#ground, this.#round)) {
      const isFree = (id: Uint8Array) => !this.#beside.has(toHex(id));
      const ready = pool.ready(this.#ground.height).filter(({ id }) => isFree(id));
      const unlisted = pool.burned.unlisted().filter(isFree);
      if (!this.#isTime(ready, unlisted.length > 0)) return undefined;
      this.#send(outbox.session, ready, unlisted);
    }
    return this.all();
  }

  /** Banks that have not answered this one's proposal; none as long as it has made none. */
  unanswered(): number[] {
    const { self, network } = this.#with;
    const has = (bank: number) => this.#proposals.of(bank, this.#ground, this.#round) !== undefined;
    return has(self) ? network.banks.map((_, bank) => bank).filter(bank => !has(bank)) : [];
  }

  all(): readonly Proposal[] | undefined {
    return this.#proposals.all(this.#ground, this.#round);
  }

  #isTime(ready: readonly Announcement[], burned: boolean): boolean {
    const { self, network, outbox, isDue = false } = this.#with;
    const work = ready.length > 0 || burned || isDue;
    if (this.#timeIsUp || (this.#idle && work)) return true;
    const ids = ready.map(({ id }) => id);
    if (this.#proposals.common(self, this.#ground, ids)) return true;
    const heard = network.banks.some((_, bank) => this.#proposals.of(bank, this.#ground, this.#round));
    if (heard || work || !this.#idle) outbox.arm('propose', emptyBlockMs);
    return false;
  }

  #send(id: Uint8Array, ready: readonly Announcement[], burned: readonly Uint8Array[]): void {
    const { self, pool, outbox } = this.#with;
    const session = id.slice(0, sessionPrefixBytes);
    const round = this.#round;
    const at = this.#positions;
    const proposal = { kind: 'proposal' as const, session, ...this.#ground, round, ready, burned, at };
    for (const announcement of ready) {
      const planning = pool.planning(toHex(announcement.id));
      assert(planning !== undefined, 'what is ready is known');
      this.#listed.set(toHex(announcement.id), planning);
    }
    this.#proposals.add(self, proposal);
    outbox.cancel('propose');
    outbox.broadcast(proposal);
  }

  /** The block that these proposals make; none if it takes another round, which has begun then. */
  decide(proposals: readonly Proposal[]): Plan | undefined {
    const plan = planBlock({
      height: this.#ground.height,
      ready: proposals.map(({ ready }) => ready),
      burned: proposals.map(({ burned }) => burned),
      planning: id => this.#listed.get(id),
    });
    const burning = proposals.some(({ burned }) => burned.length > 0);
    const undecided = burning || proposals.some(({ ready }) => ready.length > 0);
    if (plan.entries.length > 0 || burning || this.#with.isDue || (this.#round > 1 && undecided)) return plan;
    this.#newRound(this.#round + 1, !undecided);
    return undefined;
  }

  /** Proof against a sponsor that numbers differently towards two banks; or a bank that lists what the sponsor did not sign. */
  contradiction(proposals: readonly Proposal[]): { readonly proof: Proof } | { readonly liar: number } | undefined {
    const { pool } = this.#with;
    const [pair] = contradictions(proposals.map(({ ready }) => ready));
    if (!pair) return undefined;
    const unsigned = pair.find(({ announcement }) => !pool.holds(announcement));
    if (unsigned) return { liar: unsigned.bank };
    const [first, second] = pair.map(({ announcement }) => announcement);
    return { proof: { kind: 'two-announcements', first, second } };
  }

  /** A bank that named a sponsor and number which this bank does not know, and which the sponsor did not sign. */
  misannounced(proposals: readonly Proposal[], { entries }: Plan): number | undefined {
    const { pool } = this.#with;
    const chosen = new Set(entries.map(({ id }) => toHex(id)));
    const wrong = (a: Announcement) =>
      chosen.has(toHex(a.id)) && pool.announcement(a.id, a.sponsor)?.sequence !== a.sequence && !pool.holds(a);
    const liar = proposals.findIndex(({ ready }) => ready.some(wrong));
    return liar < 0 ? undefined : liar;
  }

  /** Where the block's correlations start: the larger position wins. None if a bank claims to be absurdly far ahead. */
  takeStock(proposals: readonly Proposal[], plan: Plan): Positions | undefined {
    const at = largest(proposals.map(proposal => proposal.at));
    if (positionKinds.some(kind => at[kind] > this.#positions[kind] + positionLeapMax)) return undefined;
    const stock = stockOfPlan(plan);
    this.#positions = {
      vole: at.vole + stock.vole,
      triples: at.triples + stock.triples,
      selections: at.selections + stock.selections,
    };
    return at;
  }
}

/** Ascending. */
export function unionOfBurned(proposals: readonly Proposal[]): Uint8Array[] {
  return [...new Set(proposals.flatMap(({ burned }) => burned.map(toHex)))].sort().map(fromHex);
}
