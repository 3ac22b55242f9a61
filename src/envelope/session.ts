/**
 * A submission session: packets of many envelopes as consecutive messages of one HPKE context a bank, for a submitter
 * that would otherwise pay n key agreements an envelope, and make the banks pay them.
 *
 *     context i   SetupBaseS(pk_i, info_i), once a session and bank (RFC 9180, section 5.1.1)
 *     info_i      H("covault/session-packet", network id, roster version (u32), roster index i (u8))
 *     packet      enc_i | seq (u32, < sessionMessagesMax) | AES-GCM(key_i, base_nonce_i XOR seq, AD = envelope id, k_i | share)
 *
 * seq is little endian, as everywhere; the nonce is RFC 9180's. Against the lone form, `enc | ct` with info
 * "covault/packet", a packet is 4 bytes longer, and which form it has its length says: an operation's input vector has one
 * length, so a packet has one of two. The packets of one envelope all have one form. Nothing else of the envelope differs.
 *
 * Self-contained. A packet carries its enc, so it opens alone: out of order, twice, through another sponsor, at a bank
 * that was restarted or has dropped the context. There is no set-up message to lose and nothing about a session to store;
 * a context is a function of enc and the bank's sealing key, and banks keep it to save time only (`session-contexts.ts`).
 * So a session has no id either: what binds a packet to its envelope is what binds a lone one, the id as associated data
 * and k_i, which nobody but the holder knows, against H(k_i) in the header. A common id over all enc_i would bind
 * packets to each other that no rule relates, at the price of a message that must have arrived.
 *
 * One number, one plaintext. Two plaintexts under one number would show their difference and AES-GCM's authentication key.
 * The number is counted inside the context, which lives in memory alone: never stored, never resumed. A wallet that starts
 * again sends what it had stored in identical bytes, and seals whatever is new in a new session.
 *
 * Trust. A second packet under a number that was used, with another id, is another message: banks do not compare numbers,
 * and need not. It takes the context's key to make one, so the holder made it, or a bank its own, or somebody to whom the
 * holder gave the key by using a number twice. Such a forger still lacks k_i, so it can only change a share under an id
 * that stands: the client tag catches it like a bank that changes its share (probability 1/p), and the holder has hurt
 * nobody but itself. A sponsor can drop, repeat, mix and delay packets as it can lone ones. Opening under a wrong enc, seq
 * or id fails as a whole.
 *
 * What it shows: envelopes with one enc come from one submitter, to every bank, and seq counts them. Who does not want that
 * uses the lone form; a wallet does for every single payment.
 *
 * Source: protocol.md, section 5; RFC 9180, section 5.2.
 */
import { Writer } from '../codec/index.js';
import { concatBytes, hash, type SealContext, setupSender } from '../crypto/index.js';
import { CovaultError } from '../errors.js';
import { sessionMessagesMax } from '../limits.js';
import type { Network } from '../network/index.js';
import type { Randomness } from '../ports.js';

export const encBytes = 32;
export const sequenceBytes = 4;

/** info_i: a context of one network, roster version and bank opens nothing in another's place. */
export function sessionInfo(networkId: Uint8Array, rosterVersion: number, bank: number): Uint8Array {
  return hash('covault/session-packet', networkId, new Writer(8).u32(rosterVersion).done(), Uint8Array.of(bank));
}

/** The submitter's side. Lives in one process; `seal` is what `sealEnvelope` takes. */
export class SubmissionSession {
  readonly #contexts: readonly SealContext[];

  constructor(network: Network, random: Randomness) {
    this.#contexts = network.banks.map(({ sealingKey }, bank) =>
      setupSender(sealingKey, sessionInfo(network.id, network.rosterVersion, bank), random),
    );
  }

  /** Whether it takes one more envelope. */
  get isFull(): boolean {
    return this.#contexts.some(({ sequence }) => sequence >= sessionMessagesMax);
  }

  readonly seal = (bank: number, plaintext: Uint8Array, id: Uint8Array): Uint8Array => {
    const context = this.#contexts[bank];
    const { enc, sequence } = context;
    if (sequence >= sessionMessagesMax) throw new CovaultError('SESSION_ENDED', 'a submission session is full');
    return concatBytes(enc, new Writer(sequenceBytes).u32(sequence).done(), context.seal(id, plaintext));
  };
}
