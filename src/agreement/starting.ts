/**
 * From proposals to a run: the first half of an attempt.
 *
 *     proposing -> (looking: does a record hold what somebody lists as burned?) -> running
 *
 * When to propose, and what n proposals make, is `proposing.ts`. Nothing is signed here.
 *
 * Source: protocol.md, section 9 (messages 1 and 2).
 */
import { toHex } from '../crypto/index.js';
import { assert } from '../errors.js';
import { putMarked } from './durable.js';
import type { Halting } from './halting.js';
import { type Proposal, proposalsDigest } from './messages.js';
import type { Plan } from './plan.js';
import { type Proposing, unionOfBurned } from './proposing.js';
import { type State, untried } from './state.js';

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

  /** Proposes if it is time, and starts the block when everybody has. */
  propose(): undefined {
    if (this.#state.phase !== 'proposing') return;
    const proposals = this.#proposing.propose();
    if (!proposals) return;
    const burned = unionOfBurned(proposals);
    if (burned.length === 0) return this.#decide(proposals, burned);
    this.#state.phase = 'looking';
    this.#state.outbox.push({ type: 'look-up', query: ++this.#query, ids: burned });
  }

  onProposal(from: number, proposal: Proposal): undefined {
    if (!this.#proposing.add(from, proposal)) return this.#halting.accuse(from, 'two proposals for one round');
    this.propose();
  }

  onLookedUp(query: number, found: readonly Uint8Array[]): undefined {
    const proposals = this.#proposing.all();
    if (this.#state.phase !== 'looking' || query !== this.#query || !proposals) return;
    this.#state.phase = 'proposing';
    if (found.length === 0) return this.#decide(proposals, unionOfBurned(proposals));
    const settled = new Set(found.map(toHex));
    const culprit = proposals.findIndex(({ burned }) => burned.some(id => settled.has(toHex(id))));
    this.#halting.accuse(culprit, 'it lists a settled envelope as burned');
  }

  #decide(proposals: readonly Proposal[], burned: readonly Uint8Array[]): undefined {
    const plan = this.#proposing.decide(proposals);
    if (plan) this.#start(proposals, plan, burned);
    else this.propose();
  }

  /** The ids of the attempt are durable before message 2 leaves. */
  #start(proposals: readonly Proposal[], plan: Plan, burned: readonly Uint8Array[]): undefined {
    const state = this.#state;
    const { session } = state.outbox;
    assert(session !== undefined && state.own() === untried, 'an attempt starts once');
    const liar = this.#proposing.misannounced(proposals, plan);
    if (liar !== undefined) {
      return this.#halting.accuse(liar, 'it proposed under an announcement that nobody signed');
    }
    const at = this.#proposing.takeStock(proposals, plan);
    if (!at) {
      state.outbox.push({ type: 'end-session', why: 'stock positions are too far apart' });
      return;
    }
    const marked = plan.entries.map(({ id }) => id);
    state.attempts.set(state.attempt, { ...untried, marked });
    state.phase = 'running';
    state.running = { plan, burned };
    state.outbox.push({ type: 'store', ops: [putMarked(state.attempt, marked)], marks: state.place });
    const digest = proposalsDigest(proposals);
    const block = { session, previous: state.lastHash, ...plan, burned, proposalsDigest: digest, at };
    state.outbox.push({ type: 'run', ...state.place, block });
  }
}
