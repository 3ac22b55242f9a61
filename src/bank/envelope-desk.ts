/**
 * How envelopes reach this bank: from holders, as their sponsor, and from other sponsors, one packet each.
 *
 *     submit      check, open the own packet; `sponsoring.ts` does the rest
 *     forwarded   check, open the own packet, store it: many at a time, in one transaction
 *     want        another bank proposes without its packet, or its link is new: forward again
 *
 * Everything is on the disk before it is proposed or acknowledged. What this ledger does not admit yet (it may lag a
 * block behind the sponsor) is kept aside and tried again after every block.
 *
 *     bank/packet/id      forwarded bytes: announcement, header, signature, own packet    until it is decided or expires
 *
 * Source: protocol.md, section 5.
 */
import { type Announcement, alone, type Planning, type Pool, type SponsorProof } from '../agreement/index.js';
import { Reader, under, Writer } from '../codec/index.js';
import { concatBytes, equalBytes, fromHex, toHex, utf8 } from '../crypto/index.js';
import {
  checkPacketLengths,
  decodeEnvelope,
  decodeHeader,
  type Envelope,
  envelopeId,
  type Header,
  openPacket,
  type PacketContent,
  SessionContexts,
} from '../envelope/index.js';
import { CovaultError, isCode } from '../errors.js';
import { checkAdmission } from '../ledger/admission.js';
import { type Admitted, stockFor } from '../ledger/settle.js';
import type { LedgerState } from '../ledger/state.js';
import { deferredEnvelopesMax, wantedIdsMax } from '../limits.js';
import { inputLength } from '../operations/index.js';
import type { Log, Store, StoreOp } from '../ports.js';
import { Sponsoring } from './sponsoring.js';
import { type Forwarded, forwardedBytes, readForwarded, writeForwarded } from './transport.js';

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
  /** Resolves when there is room for more, or the link is gone. */
  readonly forward: (to: number, envelopes: readonly Forwarded[]) => Promise<void>;
  readonly want: (sponsor: number, ids: readonly Uint8Array[]) => void;
  /** Something became ready. */
  readonly ready: () => void;
  /** A sponsor contradicted itself. */
  readonly proof: (proof: SponsorProof) => void;
}

const packetPrefix = utf8('bank/packet/');

interface Opened extends PacketContent {
  readonly header: Header;
}

export class EnvelopeDesk {
  readonly #o: DeskOptions;
  readonly #opened = new Map<string, Opened>();
  readonly #sponsoring: Sponsoring;
  readonly #submitting = new Map<string, Promise<Uint8Array>>();
  /** Forwarded, not admitted yet: by sender, then by id. */
  readonly #deferred: readonly Map<string, Forwarded>[];
  #swept: string[] = [];
  /** Sponsor and id asked for in this session. */
  readonly #asked = new Set<string>();
  /** Of submission sessions, by the bank that sends the packets: none pushes out what another's use. */
  readonly #contexts: readonly SessionContexts[];

  constructor(options: DeskOptions) {
    this.#o = options;
    this.#contexts = options.state.network.banks.map(() => new SessionContexts());
    this.#deferred = options.state.network.banks.map(() => new Map<string, Forwarded>());
    this.#sponsoring = new Sponsoring({
      ...options,
      planning: header => this.#planning(header),
      admit: ({ header, id, signature }) => checkAdmission(options.state, header, id, signature),
      keep: (...kept) => this.#keep(...kept),
    });
  }

  /** What the disk remembers of undecided envelopes. The pool is loaded already. */
  async load(): Promise<void> {
    const { store, state, pool } = this.#o;
    const banks = state.network.banks.length;
    for await (const [, value] of store.range(...under(packetPrefix))) {
      const { announcement, header, packet } = readForwarded(new Reader(value, 'stored packet'), banks);
      const decoded = decodeHeader(header);
      const id = envelopeId(decoded);
      if (!pool.has(id)) continue;
      this.#opened.set(toHex(id), { header: decoded, ...this.#open(decoded, id, packet, announcement.sponsor) });
    }
    await this.#sponsoring.load();
  }

  /** What the computation needs of one envelope; the pool called it ready, so it is here. */
  admitted(id: Uint8Array): Admitted | undefined {
    const opened = this.#opened.get(toHex(id));
    return opened && { id, header: opened.header, keyPart: opened.keyPart, share: opened.share() };
  }

  /**
   * A holder's envelope, with this bank as its sponsor: stored when it resolves. The same envelope again is no error; if
   * another bank sponsors it already, this one does too.
   * Throws: MALFORMED, OVERSIZED, PACKET_UNREADABLE, POOL_FULL, what `checkAdmission` and `Pool` throw.
   */
  async submit(bytes: Uint8Array): Promise<Uint8Array> {
    const envelope = decodeEnvelope(bytes);
    const name = toHex(envelope.id);
    // one at a time for one id: it gets one number
    const running = this.#submitting.get(name);
    if (running) return running;
    const submitting = this.#submit(envelope, bytes).finally(() => this.#submitting.delete(name));
    this.#submitting.set(name, submitting);
    return submitting;
  }

  async #submit(envelope: Envelope, bytes: Uint8Array): Promise<Uint8Array> {
    const { pool, state, commit } = this.#o;
    const { id, header, signature, packets } = envelope;
    const self = state.party.self;
    const isKnown = pool.wasSeen(id);
    if (isKnown && !pool.has(id)) {
      await commit([]); // what came before it is on the disk
      return id;
    }
    const { height } = state;
    checkAdmission(state, header, id, signature);
    checkPacketLengths(envelope, inputLength(state.network, header.arguments.kind));
    const content = isKnown ? undefined : this.#open(header, id, packets[self], self);
    await this.#sponsoring.sponsor({ envelope, height, bytes, content });
    return id;
  }

  /** Marks it seen; the ops store the packet in the same transaction. It is ready once they are on the disk. */
  #keep(content: PacketContent, header: Header, id: Uint8Array, forwarded: Forwarded): StoreOp[] {
    const { pool, state } = this.#o;
    const ops = pool.open(id, header.keyHashes[state.party.self]);
    this.#opened.set(toHex(id), { header, ...content });
    return [
      ...ops,
      put(concatBytes(packetPrefix, id), writeForwarded(new Writer(forwardedBytes(forwarded)), forwarded).done()),
    ];
  }

  /**
   * A packet from a sponsor, or from whoever passes it on. Checked and opened when it is called, on the disk when it
   * resolves. Throws: MALFORMED (a header that is no header).
   * All else that is wrong with it is the holder's doing or the sponsor's, changes nothing, and is noted.
   */
  async receive(from: number, forwarded: Forwarded): Promise<void> {
    const { pool, state, commit, ready, proof, log } = this.#o;
    const { announcement, signature, packet } = forwarded;
    const header = decodeHeader(forwarded.header);
    const id = envelopeId(header);
    if (!equalBytes(id, announcement.id)) throw new CovaultError('MALFORMED', 'an announcement of another envelope');
    // sent twice: nothing is checked twice
    if (pool.wasSeen(id) && pool.announcement(id, announcement.sponsor)?.sequence === announcement.sequence) return;
    try {
      checkAdmission(state, header, id, signature);
      // a packet that does not open takes no place in the pool
      const content = pool.wasSeen(id) ? undefined : this.#open(header, id, packet, from);
      if (content) pool.refuseSeen(id, header.keyHashes[state.party.self]);
      const contradiction = pool.announce(announcement, this.#planning(header));
      if (contradiction) return proof(contradiction);
      if (!content) return;
      await commit(this.#keep(content, header, id, forwarded));
      pool.release(id);
      ready();
    } catch (error) {
      if (!(error instanceof CovaultError)) throw error;
      if (isCode(error, 'SLOT_CLOSED') && header.expiry > state.height) this.#defer(from, id, forwarded);
      else log.info('envelope refused', { id: toHex(id), from, code: error.code });
    }
  }

  /** Bounded by sender, and by envelope and sender: nobody takes another's place. */
  #defer(from: number, id: Uint8Array, forwarded: Forwarded): void {
    const waiting = this.#deferred[from];
    if (waiting.size >= deferredEnvelopesMax) return;
    waiting.set(toHex(id), { ...forwarded, announcement: alone(forwarded.announcement) });
  }

  /** A block has been applied: what waited for it may be admitted now. */
  async retry(): Promise<void> {
    this.#asked.clear();
    for (const [from, waiting] of this.#deferred.entries()) {
      const all = [...waiting.values()];
      waiting.clear();
      await Promise.all(all.map(forwarded => this.receive(from, forwarded)));
    }
  }

  /** Ops that forget all that the pool has done with: decided, burned, expired, overtaken. Gone from memory at once. */
  sweep(): StoreOp[] {
    const { pool } = this.#o;
    const names = pool.takeForgotten();
    this.#swept.push(...names);
    const ops: StoreOp[] = [];
    for (const name of names) {
      const id = fromHex(name);
      if (pool.has(id)) continue; // forgotten unopened, and announced again since
      if (this.#opened.delete(name)) ops.push({ type: 'del', key: concatBytes(packetPrefix, id) });
      ops.push(...this.#sponsoring.forget(name));
    }
    return ops;
  }

  /** Hex ids that were swept since somebody asked last: there is news of them. */
  takeSwept(): readonly string[] {
    return this.#swept.splice(0);
  }

  /** The link to that bank is new: it may have missed any of these. */
  async forwardAll(to: number): Promise<void> {
    await this.#sponsoring.forwardAll(to);
  }

  async answer(from: number, ids: readonly Uint8Array[]): Promise<void> {
    await this.#sponsoring.forward(from, [...new Set(ids.map(toHex))]);
  }

  /** A new session: every sponsor may be asked again, once until the next block, for every packet. */
  startSession(): void {
    this.#asked.clear();
  }

  /** Proposed by others, not opened here yet: asks their sponsors. */
  ask(announcements: readonly Announcement[]): void {
    for (const sponsor of this.#others()) {
      const fresh = announcements.filter(
        a => a.sponsor === sponsor && !this.#o.pool.wasSeen(a.id) && !this.#asked.has(`${sponsor}/${toHex(a.id)}`),
      );
      const ids = fresh.slice(0, wantedIdsMax).map(({ id }) => id);
      for (const id of ids) this.#asked.add(`${sponsor}/${toHex(id)}`);
      if (ids.length > 0) this.#o.want(sponsor, ids);
    }
  }

  #others(): number[] {
    const { self, count } = this.#o.state.party;
    return Array.from({ length: count }, (_, i) => i).filter(i => i !== self);
  }

  #open(header: Header, id: Uint8Array, packet: Uint8Array, from: number): PacketContent {
    const { state, sealingSecret } = this.#o;
    const length = inputLength(state.network, header.arguments.kind);
    return openPacket(header, id, state.party.self, sealingSecret, packet, length, this.#contexts[from]);
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
