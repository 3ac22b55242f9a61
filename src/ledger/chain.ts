/**
 * Walks the chain of records and checks all of it: order, hashes, signatures, that no id has two fates, and that the
 * supply is what the entries make of it. Used by wallets and by `covault log verify`; needs no secret.
 *
 * Start: genesis, or a certified record (height, hash) that the caller trusts. From there on ids are compared with those
 * of the records walked, not with earlier ones.
 *
 * Roster versions never fall. What changes with them are the keys that packets and recovery entries are sealed to, so that all
 * signatures are checked with whatever network file is at hand.
 *
 * Not here: statuses that change the supply (issue and redeem).
 */
import { equalBytes, toHex } from '../crypto/index.js';
import type { Network } from '../network/index.js';
import {
  type Certificate,
  type FinalityProof,
  rosterVerify,
  type Verify,
  verifyCertificate,
  verifyFinal,
} from './certificate.js';
import { badCertificate, type LedgerRecord, recordHash } from './record.js';

/** Where a chain stands: its last record. */
export interface ChainHead {
  /** 0 before the first record. */
  readonly height: number;
  /** The record's hash; the network id before the first. */
  readonly hash: Uint8Array;
}

/** A chain of records from genesis, or from one that is trusted, checked record by record. */
export class ChainVerifier {
  readonly #network: Network;
  readonly #verify: Verify;
  #head: ChainHead;
  #finalHeight: number;
  #rosterVersion: number;
  #supply: bigint;
  readonly #standing = new Set<string>();
  readonly #burned = new Set<string>();

  /** `from`: a certified record held before. */
  constructor(network: Network, from?: ChainHead, verify: Verify = rosterVerify(network)) {
    this.#network = network;
    this.#verify = verify;
    this.#head = from ?? { height: 0, hash: network.id };
    this.#finalHeight = 0;
    this.#rosterVersion = network.genesis.rosterVersion;
    this.#supply = network.supply;
  }

  /** The last record accepted. */
  get head(): ChainHead {
    return this.#head;
  }

  /** The last height proved final by what was walked: 0 for none. */
  get finalHeight(): number {
    return this.#finalHeight;
  }

  /** The next record. Throws BAD_CERTIFICATE, and then nothing has changed. */
  accept(record: LedgerRecord, certificate: Certificate): ChainHead {
    const { height, previous } = record;
    if (height !== this.#head.height + 1) throw badCertificate('not the next height', height);
    if (!equalBytes(previous, this.#head.hash)) throw badCertificate('it does not follow the record before', height);
    if (record.rosterVersion < this.#rosterVersion) throw badCertificate('a roster of the past', height);
    verifyCertificate(this.#network, record, certificate, this.#verify);
    this.#checkContents(record);
    for (const { id } of record.entries) this.#standing.add(toHex(id));
    for (const id of record.burned) this.#burned.add(toHex(id));
    this.#finalHeight = this.#head.height;
    this.#rosterVersion = record.rosterVersion;
    this.#head = { height, hash: recordHash(record) };
    return this.#head;
  }

  /** Proves the head final without a next record. Throws BAD_CERTIFICATE. */
  acceptFinal(proof: FinalityProof): void {
    verifyFinal(this.#network, this.#head, proof, this.#verify);
    this.#finalHeight = this.#head.height;
  }

  #checkContents(record: LedgerRecord): void {
    const { height, entries, burned, supply } = record;
    if (supply !== this.#supply) throw badCertificate('the supply changed', height);
    for (const { id, status } of entries) {
      const name = toHex(id);
      if (this.#standing.has(name)) throw badCertificate('an id stands in two records', height);
      if (this.#burned.has(name)) throw badCertificate('a burned id stands in a record', height);
      if (status.kind === 'audited' && status.sum !== supply) throw badCertificate('an audit failed', height);
    }
    if (burned.some(id => this.#standing.has(toHex(id)))) {
      throw badCertificate('an id is burned that stands in a record', height);
    }
  }
}
