/**
 * How the agreement ends: with evidence, which is stored, told to the other banks, told again in every later session, and
 * handed to the operator. Proof convicts before anybody; an accusation convinces only the bank that saw what it is about.
 *
 * Not here: what is proof (`convicted` in `statements.ts`), and what is worth an accusation (the part that sees it).
 */
import { assert } from '../errors.js';
import { putHalted } from './durable.js';
import type { State } from './state.js';
import { blameOf, convicted, type Evidence, type Proof } from './statements.js';

export class Halting {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  accuse(culprit: number | undefined, why: string): undefined {
    this.#halt({ kind: 'accusation', culprit, why });
  }

  /** Halts with what is no evidence of this bank's own: it is neither stored nor told. */
  haltUnseen(culprit: number | undefined, why: string): undefined {
    this.#halt({ kind: 'accusation', culprit, why }, false);
  }

  /** `teller`: who sent the proof, if a bank did; a proof that proves nothing accuses its teller. */
  haltWithProof(proof: Proof, teller?: number): undefined {
    const { network, verify } = this.#state;
    const culprit = convicted(network.id, verify, proof);
    if (culprit !== undefined) return this.#halt({ kind: 'proof', proof });
    assert(teller !== undefined, 'an own proof proves something');
    this.accuse(teller, 'a proof that proves nothing');
  }

  onAccusation(from: number, evidence: Evidence): undefined {
    if (evidence.kind === 'proof') return this.haltWithProof(evidence.proof, from);
    // told, not seen: the accuser keeps the evidence, and tells again in every session until its operator lifts it
    this.#halt({ ...evidence, why: `told by bank ${from}: ${evidence.why}` }, false, from);
  }

  /** All that a halted bank still says. Its certificate first: a bank that lacks it commits what stands, and then halts. */
  tell(session: Uint8Array): undefined {
    const { outbox, halted, last } = this.#state;
    outbox.session = session;
    if (last) outbox.broadcast({ kind: 'certificate', ...last });
    if (halted) outbox.broadcast({ kind: 'accusation', evidence: halted });
  }

  #halt(evidence: Evidence, seen = true, accuser = this.#state.self): undefined {
    const { network, verify, outbox, phase } = this.#state;
    if (phase === 'running') this.#state.abort();
    const early = this.#state.dropEarly();
    outbox.stopTimers();
    if (seen) {
      outbox.push({ type: 'store', ops: [putHalted(evidence), ...early.ops], burn: early.burn });
      outbox.broadcast({ kind: 'accusation', evidence });
    }
    this.#state.halted = evidence;
    outbox.push({ type: 'halt', accuser, blame: blameOf(network.id, verify, evidence), evidence });
  }
}
