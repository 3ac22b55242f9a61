/**
 * How envelopes reach this bank: from holders, as their sponsor, and from other sponsors, one packet each.
 *
 *     submit      check, open the own packet, number and sign it, store all of it, forward every other packet
 *     forwarded   check, open the own packet, store it
 *     want        another bank proposes without its packet, or its link is new: forward again
 *
 * Everything is on the disk before it is proposed or acknowledged. What this ledger does not admit yet (it may lag a
 * block behind the sponsor) is kept aside and tried again after every block.
 *
 *     bank/packet/id      forwarded bytes: header, signature, own packet       until the envelope is decided or expires
 *     bank/sponsored/id   the whole envelope and its number                    likewise
 *     bank/sequence       the last number given
 *
 * Source: protocol.md, section 5.
 */
import {
  type Announcement,
  announcementStatement,
  type Planning,
  type Pool,
  readAnnouncement,
  type SponsorProof,
  writeAnnouncement,
} from '../agreement/index.js';
import { Reader, Writer } from '../codec/index.js';
import { concatBytes, equalBytes, toHex, utf8 } from '../crypto/index.js';
import {
  decodeEnvelope,
  decodeHeader,
  type Envelope,
  encodeHeader,
  envelopeId,
  type Header,
  openPacket,
} from '../envelope/index.js';
import { CovaultError, isCode } from '../errors.js';
import { checkAdmission } from '../ledger/admission.js';
import { type Admitted, stockFor } from '../ledger/settle.js';
import type { LedgerState } from '../ledger/state.js';
import { deferredEnvelopesMax, poolEnvelopesMax, wantedIdsMax } from '../limits.js';
import { inputLength } from '../operations/index.js';
import type { Log, Store, StoreOp } from '../ports.js';
import { type Forwarded, readForwarded, writeForwarded } from './transport.js';

export interface DeskOptions {
  readonly state: LedgerState;
  readonly pool: Pool;
  readonly store: Store;
  readonly log: Log;
  readonly sealingSecret: Uint8Array;
  /** Under this bank's identity. */
  readonly sign: (message: Uint8Array) => Uint8Array;
  /** All of it or nothing, in the bank's own order of transactions. */
  readonly commit: (ops: readonly StoreOp[]) => Promise<void>;
  readonly forward: (to: number, forwarded: Forwarded) => void;
  readonly want: (sponsor: number, ids: readonly Uint8Array[]) => void;
  /** Something became ready. */
  readonly ready: () => void;
  /** A sponsor contradicted itself. */
  readonly proof: (proof: SponsorProof) => void;
}

const packetPrefix = utf8('bank/packet/');
const sponsoredPrefix = utf8('bank/sponsored/');
const sequenceKey = utf8('bank/sequence');

interface Sponsored {
  readonly announcement: Announcement;
  readonly envelope: Envelope;
}

export class EnvelopeDesk {
  readonly #o: DeskOptions;
  readonly #admitted = new Map<string, Admitted>();
  readonly #sponsored = new Map<string, Sponsored>();
  /** Forwarded, not admitted yet: by id, with who sent it. */
  readonly #deferred = new Map<string, { readonly from: number; readonly forwarded: Forwarded }>();
  #sequence = 0;

  constructor(options: DeskOptions) {
    this.#o = options;
  }

  /** What the disk remembers of undecided envelopes. The pool is loaded already. */
  async load(): Promise<void> {
    const { store, state } = this.#o;
    const banks = state.network.banks.length;
    const sequence = await store.get(sequenceKey);
    // a number may have been told in a proposal before it was on the disk: those are passed over, never given twice
    if (sequence) this.#sequence = new Reader(sequence, 'stored sequence').u64() + poolEnvelopesMax;
    for await (const [, value] of store.range(packetPrefix, after(packetPrefix))) {
      const { header, packet } = readForwarded(new Reader(value, 'stored packet'), banks);
      const decoded = decodeHeader(header);
      const id = envelopeId(decoded);
      this.#admitted.set(toHex(id), this.#open(decoded, id, packet));
    }
    for await (const [, value] of store.range(sponsoredPrefix, after(sponsoredPrefix))) {
      const r = new Reader(value, 'stored envelope');
      const announcement = readAnnouncement(r, banks);
      this.#sponsored.set(toHex(announcement.id), { announcement, envelope: decodeEnvelope(r.fixed(r.remaining)) });
    }
  }

  /** What the computation needs of one envelope; the pool called it ready, so it is here. */
  admitted(id: Uint8Array): Admitted | undefined {
    return this.#admitted.get(toHex(id));
  }

  /**
   * A holder's envelope, with this bank as its sponsor. The same envelope again is no error.
   * Throws: MALFORMED, OVERSIZED, PACKET_UNREADABLE, POOL_FULL, what `checkAdmission` and `Pool` throw.
   */
  async submit(bytes: Uint8Array): Promise<Uint8Array> {
    const { pool, state, sign, commit, ready } = this.#o;
    const envelope = decodeEnvelope(bytes);
    const { id, header, signature } = envelope;
    if (pool.wasSeen(id)) return id;
    checkAdmission(state, header, id, signature);
    const self = state.party.self;
    const admitted = this.#open(header, id, envelope.packets[self]);
    // before it is announced: what is refused takes no place in the pool
    pool.refuseSeen(id, header.keyHashes[self]);
    // taken even if what follows throws: a number stands for one envelope only
    this.#sequence += 1;
    const sequence = this.#sequence;
    const unsigned = { id, sponsor: self, sequence };
    const announcement = { ...unsigned, signature: sign(announcementStatement(state.network.id, unsigned)) };
    pool.announce(announcement, this.#planning(header));
    const poolOps = pool.open(id, header.keyHashes[self]);
    this.#admitted.set(toHex(id), admitted);
    this.#sponsored.set(toHex(id), { announcement, envelope });
    await commit([
      ...poolOps,
      putPacket(id, this.#forwarded({ announcement, envelope }, self)),
      put(sequenceKey, new Writer(8).u64(sequence).done()),
      put(concatBytes(sponsoredPrefix, id), writeAnnouncement(new Writer(4096), announcement).fixed(bytes).done()),
    ]);
    for (const to of this.#others()) this.#forward(to, id);
    ready();
    return id;
  }

  /**
   * A packet from a sponsor, or from whoever passes it on. Throws: MALFORMED (a header that is no header).
   * All else that is wrong with it is the holder's doing or the sponsor's, changes nothing, and is noted.
   */
  async receive(from: number, forwarded: Forwarded): Promise<void> {
    const { pool, state, commit, ready, proof, log } = this.#o;
    const { announcement, signature, packet } = forwarded;
    const header = decodeHeader(forwarded.header);
    const id = envelopeId(header);
    if (!equalBytes(id, announcement.id)) throw new CovaultError('MALFORMED', 'an announcement of another envelope');
    try {
      checkAdmission(state, header, id, signature);
      const contradiction = pool.announce(announcement, this.#planning(header));
      if (contradiction) return proof(contradiction);
      if (pool.wasSeen(id)) return;
      const admitted = this.#open(header, id, packet);
      const poolOps = pool.open(id, header.keyHashes[state.party.self]);
      this.#admitted.set(toHex(id), admitted);
      await commit([...poolOps, putPacket(id, forwarded)]);
      ready();
    } catch (error) {
      if (!(error instanceof CovaultError)) throw error;
      if (isCode(error, 'SLOT_CLOSED', 'SLOT_OPEN')) this.#defer(from, id, forwarded);
      else log.info('envelope refused', { id: toHex(id), from, code: error.code });
    }
  }

  #defer(from: number, id: Uint8Array, forwarded: Forwarded): void {
    if (this.#deferred.size < deferredEnvelopesMax) this.#deferred.set(toHex(id), { from, forwarded });
  }

  /** A block has been applied: what waited for it may be admitted now. */
  async retry(): Promise<void> {
    const waiting = [...this.#deferred.values()];
    this.#deferred.clear();
    for (const { from, forwarded } of waiting) await this.receive(from, forwarded);
  }

  /** Ops that forget these, decided or expired; gone from memory at once. */
  forget(ids: readonly Uint8Array[]): StoreOp[] {
    return ids.flatMap(id => {
      const ops: StoreOp[] = [];
      const del = (prefix: Uint8Array) => ops.push({ type: 'del', key: concatBytes(prefix, id) });
      if (this.#admitted.delete(toHex(id))) del(packetPrefix);
      if (this.#sponsored.delete(toHex(id))) del(sponsoredPrefix);
      return ops;
    });
  }

  /** The link to that bank is new: it may have missed any of these. */
  forwardAll(to: number): void {
    for (const { announcement } of this.#sponsored.values()) this.#forward(to, announcement.id);
  }

  answer(from: number, ids: readonly Uint8Array[]): void {
    for (const id of ids) this.#forward(from, id);
  }

  /** Proposed by others, unknown here: asks their sponsors. */
  ask(announcements: readonly Announcement[]): void {
    for (const sponsor of this.#others()) {
      const ids = announcements.filter(a => a.sponsor === sponsor && !this.#deferred.has(toHex(a.id))).map(a => a.id);
      if (ids.length > 0) this.#o.want(sponsor, ids.slice(0, wantedIdsMax));
    }
  }

  #others(): number[] {
    const { self, count } = this.#o.state.party;
    return Array.from({ length: count }, (_, i) => i).filter(i => i !== self);
  }

  #forward(to: number, id: Uint8Array): void {
    const sponsored = this.#sponsored.get(toHex(id));
    if (sponsored) this.#o.forward(to, this.#forwarded(sponsored, to));
  }

  #forwarded({ announcement, envelope }: Sponsored, to: number): Forwarded {
    const { header, signature, packets } = envelope;
    return { announcement, header: encodeHeader(header), signature, packet: packets[to] };
  }

  #open(header: Header, id: Uint8Array, packet: Uint8Array): Admitted {
    const { state, sealingSecret } = this.#o;
    const length = inputLength(state.network, header.arguments.kind);
    const { keyPart, share } = openPacket(header, id, state.party.self, sealingSecret, packet, length);
    return { id, header, keyPart, share };
  }

  #planning(header: Header): Planning {
    const { network } = this.#o.state;
    const a = header.arguments;
    const length = inputLength(network, a.kind);
    const stock = stockFor(network, [{ header, length }]);
    return {
      kind: a.kind,
      debits: a.kind === 'transfer' ? a.payerPage : undefined,
      opens: a.kind === 'open' ? a.account : undefined,
      expiry: header.expiry,
      // the block's own mask comes on top
      stock: { ...stock, vole: length },
    };
  }
}

const put = (key: Uint8Array, value: Uint8Array): StoreOp => ({ type: 'put', key, value });

function putPacket(id: Uint8Array, forwarded: Forwarded): StoreOp {
  return put(concatBytes(packetPrefix, id), writeForwarded(new Writer(1024), forwarded).done());
}

/** The first key that does not start with the prefix. */
function after(prefix: Uint8Array): Uint8Array {
  const below = prefix.slice();
  below[below.length - 1]++;
  return below;
}
