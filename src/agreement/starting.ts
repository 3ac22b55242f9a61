/**
 * From proposals to a run: the first half of an attempt.
 *
 *     proposing -> (looking: does a record hold what somebody lists as burned?) -> running
 *
 * The attempt in front is the one at this height or, once that needs the balances, the first at the next height beside it:
 * it is proposed and computed up to its proofs alike, and its ids are marked alike.
 *
 * When to propose, and what n proposals make, is `proposing.ts`. Nothing is signed here.
 *
 * Source: protocol.md, section 9 (messages 1 and 2).
 */
import { toHex } from '../crypto/index.js';
import { assert } from '../errors.js';
import { putEarly, putMarked } from './durable.js';
import type { Halting } from './halting.js';
import { type Proposal, proposalsDigest } from './messages.js';
import type { Plan } from './plan.js';
import { type Proposing, unionOfBurned } from './proposing.js';
import { type Early, type State, untried } from './state.js';
import { type Ground, sameGround } from './statements.js';

export class Starting {
  readonly #state: State;
  readonly #halting: Halting;
  readonly #proposing: Proposing;
  /** Numbers look-ups: only the last one's answer counts. */
  #query = 0;

  constructor(state: State, halting: Halting, proposing: Proposing) {
    this.#state = state;
    this.#halting = halting;
    this.#proposing = proposing;
  }

  get #front(): State | Early {
    return this.#state.early ?? this.#state;
  }

  /**
   * The running block has come to the balances: the next may begin beside it. Not if it opens accounts or replaces
   * keys: the next one's messages show whether they fit the slots and keys as they stand at its start, and what is signed under
   * replaced keys must not be proposed.
   */
  onProved(ground: Ground): undefined {
    const { early } = this.#state;
    if (early && sameGround(ground, early.ground)) early.proved = true;
    else if (!early && sameGround(ground, this.#state.ground)) this.#beginBeside();
  }

  #beginBeside(): undefined {
    const state = this.#state;
    const { running, place } = state;
    if (state.phase !== 'running' || !running) return;
    const { entries } = running.plan;
    if (entries.some(({ planning: { kind } }) => kind === 'open' || kind === 'rekey')) return;
    const beside = new Set(entries.map(({ id }) => toHex(id)));
    const ground = { height: place.height + 1, attempt: 1, base: place.attempt };
    state.early = { ground, phase: 'proposing', running: undefined, marked: undefined, proved: false, beside };
    this.#proposing.enter(ground, new Set([...beside, ...running.burned.map(toHex)]));
    this.propose();
  }

  /** Proposes if it is time, and starts the block when everybody has. */
  propose(): undefined {
    const front = this.#front;
    if (front.phase !== 'proposing') return;
    const proposals = this.#proposing.propose();
    if (!proposals) return;
    const burned = unionOfBurned(proposals);
    if (burned.length === 0) return this.#decide(proposals, burned);
    front.phase = 'looking';
    this.#state.outbox.push({ type: 'look-up', query: ++this.#query, ids: burned });
  }

  onProposal(from: number, proposal: Proposal): undefined {
    if (!this.#proposing.add(from, proposal)) return this.#halting.accuse(from, 'two proposals for one round');
    this.propose();
  }

  onLookedUp(query: number, found: readonly Uint8Array[]): undefined {
    const front = this.#front;
    const proposals = this.#proposing.all();
    if (front.phase !== 'looking' || query !== this.#query || !proposals) return;
    front.phase = 'proposing';
    const burned = unionOfBurned(proposals);
    // what the block beside it holds is as good as settled: if that block is void, so is this one. The last record may have
    // come after the look-up
    const { early, last } = this.#state;
    const beside = early?.beside ?? new Set(last?.record.entries.map(({ id }) => toHex(id)));
    const settled = new Set([...found.map(toHex), ...burned.map(toHex).filter(id => beside.has(id))]);
    if (settled.size === 0) return this.#decide(proposals, burned);
    const culprit = proposals.findIndex(({ burned }) => burned.some(id => settled.has(toHex(id))));
    this.#halting.accuse(culprit, 'it lists a settled envelope as burned');
  }

  #decide(proposals: readonly Proposal[], burned: readonly Uint8Array[]): undefined {
    const contradiction = this.#proposing.contradiction(proposals);
    if (contradiction && 'proof' in contradiction) return this.#halting.haltWithProof(contradiction.proof);
    if (contradiction) {
      return this.#halting.accuse(contradiction.liar, 'it proposed under an announcement that nobody signed');
    }
    const plan = this.#proposing.decide(proposals);
    if (plan) this.#start(proposals, plan, burned);
    else this.propose();
  }

  /** The ids of the attempt are durable before message 2 leaves. */
  #start(proposals: readonly Proposal[], plan: Plan, burned: readonly Uint8Array[]): undefined {
    const state = this.#state;
    const { session } = state.outbox;
    const { early } = state;
    assert(session !== undefined && (early !== undefined || state.own() === untried), 'an attempt starts once');
    const liar = this.#proposing.misannounced(proposals, plan);
    if (liar !== undefined) {
      return this.#halting.accuse(liar, 'it proposed under an announcement that nobody signed');
    }
    const at = this.#proposing.takeStock(proposals, plan);
    if (!at) {
      state.outbox.push({ type: 'end-session', why: 'stock positions are too far apart' });
      return;
    }
    state.isWitness = true;
    const marked = plan.entries.map(({ id }) => id);
    if (early) early.marked = marked;
    else state.attempts.set(state.attempt, { ...untried, marked });
    this.#front.phase = 'running';
    state.runIn = session;
    this.#front.running = { plan, burned };
    const place = early?.ground ?? state.ground;
    state.store({ ops: [early ? putEarly(marked) : putMarked(state.attempt, marked)], marks: place });
    const previous = early ? undefined : state.lastHash;
    const block = { session, previous, ...plan, burned, proposalsDigest: proposalsDigest(proposals), at };
    state.outbox.push({ type: 'run', ...place, block });
  }
}
