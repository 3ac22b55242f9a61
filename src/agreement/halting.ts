/**
 * How the agreement ends: with evidence, which is stored, told to the other banks, told again in every later session, and
 * handed to the operator. Proof convicts before anybody; an accusation convinces only the bank that saw what it is about.
 *
 * Not here: what is proof (`convicted` in `statements.ts`), and what is worth an accusation (the part that sees it).
 */
import { assert } from '../errors.js';
import { putHalted } from './durable.js';
import type { State } from './state.js';
import { convicted, type Evidence, type Place, type Proof } from './statements.js';

const setBackReason =
  'the data folder is an older copy: it lacks what this bank has signed since. Do not start this bank from it: have it rebuilt (`covault bank recover`)';

export class Halting {
  readonly #state: State;
  /** By its own old disk: nothing that the others should hear. */
  #isSetBack = false;

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

  /**
   * This bank has signed what its disk does not hold: the disk is an old copy. Nothing is told or stored as evidence: nobody
   * has cheated, and what an old disk says of itself is worth nothing.
   */
  setBack(signed: Place): undefined {
    const { height, attempt } = signed;
    this.#isSetBack = true;
    this.haltUnseen(undefined, `${setBackReason} (height ${height}, attempt ${attempt})`);
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
    const { outbox, halted, self, count } = this.#state;
    outbox.session = session;
    for (let bank = 0; bank < count; bank++) if (bank !== self) this.#state.answerWithCertificate(bank);
    if (halted && !this.#isSetBack) outbox.broadcast({ kind: 'accusation', evidence: halted });
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
