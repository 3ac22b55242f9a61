/**
 * How the agreement ends: with evidence, which is stored, told to the other banks, told again in every later session, and
 * handed to the operator. Proof convicts before anybody; an accusation convinces only the bank that saw what it is about.
 *
 * Not here: what is proof (`convicted` in `statements.ts`), and what is worth an accusation (the part that sees it).
 */
import { assert } from '../errors.js';
import { putHalted } from './durable.js';
import type { State } from './state.js';
import { blameOf, convicted, type Evidence, type Place, type Proof } from './statements.js';

const setBackReason =
  'the data folder is an older copy: it lacks what this bank has signed since. Do not start this bank from it: have it rebuilt (`covault bank recover`)';

export class Halting {
  readonly #state: State;
  /** Whose word it is. What is on the disk is this bank's own; nobody's is what an old disk says of itself. */
  #accuser: number | undefined;

  constructor(state: State) {
    this.#state = state;
    this.#accuser = state.self;
  }

  accuse(culprit: number | undefined, why: string): undefined {
    this.#halt({ kind: 'accusation', culprit, why });
  }

  /**
   * This bank has signed what its disk does not hold: the disk is an old copy. Nothing is told or stored as evidence: nobody
   * has cheated, and what an old disk says of itself is worth nothing.
   */
  setBack({ height, attempt }: Place): undefined {
    this.#haltQuietly(`${setBackReason} (height ${height}, attempt ${attempt})`);
  }

  /**
   * Another bank's statement follows on a step of this bank that it does not know to have taken. If its memory reaches back to a
   * place at which all banks stood, that is a lie. Otherwise nothing here tells whether it is, or the disk is an old copy; a commit
   * is no such place, for an old copy may commit again.
   */
  forgotten(from: number, { height, attempt }: Place): undefined {
    const what = `of height ${height}, attempt ${attempt}, of which this bank knows nothing`;
    if (this.#state.isWitness) return this.accuse(from, `it shows a statement ${what}`);
    this.#haltQuietly(
      `${this.#state.network.banks[from].name} shows a statement ${what}. Unless that bank lies, ${setBackReason}`,
    );
  }

  /** It has signed to adopt that attempt: until all banks have, it signs and accepts nothing else. */
  awaitAdoption({ height, attempt }: Place): undefined {
    this.#haltQuietly(
      `it has signed to adopt attempt ${attempt} at height ${height}, and waits until all banks have (\`covault network adopt\`)`,
    );
  }

  #haltQuietly(why: string): undefined {
    this.#accuser = undefined;
    this.#halt({ kind: 'accusation', culprit: undefined, why });
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
    // again in every session until a pardon of all banks lifts it (`bank/load.ts`)
    this.#accuser = from;
    this.#halt(evidence);
  }

  /**
   * All that a halted bank still says. Its certificate first: a bank that lacks it commits what stands, and then halts. Its own
   * evidence alone: who was told would be taken for an accuser.
   */
  tell(session: Uint8Array): undefined {
    const { outbox, halted, self, count } = this.#state;
    outbox.session = session;
    for (let bank = 0; bank < count; bank++) if (bank !== self) this.#state.answerWithCertificate(bank);
    if (halted && this.#accuser === self) outbox.broadcast({ kind: 'accusation', evidence: halted });
  }

  #halt(evidence: Evidence): undefined {
    const { network, self, verify, outbox, phase } = this.#state;
    const accuser = this.#accuser;
    if (phase === 'running') this.#state.abort();
    const early = this.#state.dropEarly();
    outbox.stopTimers();
    if (accuser === self) {
      this.#state.store({ ops: [putHalted(evidence), ...early] });
      outbox.broadcast({ kind: 'accusation', evidence });
    }
    this.#state.halted = evidence;
    outbox.push({ type: 'halt', accuser, blame: blameOf(network.id, verify, evidence), evidence });
  }
}
