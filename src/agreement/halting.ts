/**
 * How the agreement ends: with evidence, which is stored, told to the other banks, told again in every later session, and
 * handed to the operator. Proof convicts before anybody; an accusation convinces only the bank that saw what it is about.
 *
 * Not here: what is proof (`convicted` in `statements.ts`), and what is worth an accusation (the part that sees it).
 */
import { assert } from '../errors.js';
import { putHalted } from './durable.js';
import type { State } from './state.js';
import { convicted, type Evidence, type Proof } from './statements.js';

export class Halting {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  accuse(culprit: number | undefined, why: string): undefined {
    this.#halt({ kind: 'accusation', culprit, why });
  }

  /** Halts with what is no evidence of this bank's own: it is neither stored nor told. `toldBy`: whose word it is. */
  haltUnseen(culprit: number | undefined, why: string, toldBy?: number): undefined {
    this.#halt({ kind: 'accusation', culprit, why }, { toldBy });
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
    // told, not seen, and it may be a lie: the accuser's word, never this bank's own. The accuser keeps the evidence, and tells
    // again in every session until its operator lifts it
    this.haltUnseen(evidence.culprit, evidence.why, from);
  }

  /** All that a halted bank still says. Its certificate first: a bank that lacks it commits what stands, and then halts. */
  tell(session: Uint8Array): undefined {
    const { outbox, halted, last } = this.#state;
    outbox.session = session;
    if (last) outbox.broadcast({ kind: 'certificate', ...last });
    if (halted) outbox.broadcast({ kind: 'accusation', evidence: halted });
  }

  #halt(evidence: Evidence, unseen?: { readonly toldBy: number | undefined }): undefined {
    const { network, verify, outbox, phase } = this.#state;
    if (phase === 'running') this.#state.abort();
    const early = this.#state.dropEarly();
    outbox.stopTimers();
    if (!unseen) {
      outbox.push({ type: 'store', ops: [putHalted(evidence), ...early.ops], burn: early.burn });
      outbox.broadcast({ kind: 'accusation', evidence });
    }
    this.#state.halted = evidence;
    const { culprit, why } =
      evidence.kind === 'accusation'
        ? evidence
        : { culprit: convicted(network.id, verify, evidence.proof), why: evidence.proof.kind };
    outbox.push({ type: 'halt', culprit, why, evidence, toldBy: unseen?.toldBy });
  }
}
