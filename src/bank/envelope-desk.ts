/**
 * How envelopes reach this bank: from holders, as their sponsor, and from other sponsors, one packet each.
 *
 *     submit      check, have the own packet opened; `sponsoring.ts` does the rest
 *     forwarded   check, have the own packet opened, store it: many at a time, in one transaction
 *     want        another bank lacks what is proposed, or its link is new: forward again
 *
 * Packets are opened elsewhere (`intake.ts`): until the answer comes the ledger may move, and another copy of the envelope
 * may come first. So what the ledger says is asked again then, and only from there on, in one go, anything changes here.
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
  encodeHeader,
  envelopeId,
  type Header,
  type PacketContent,
  packetsFit,
} from '../envelope/index.js';
import { CovaultError, isCode } from '../errors.js';
import { checkAdmission, checkPublicPart, checkSignature, type Signed } from '../ledger/admission.js';
import { type Admitted, stockFor } from '../ledger/settle.js';
import type { LedgerState } from '../ledger/state.js';
import { deferredEnvelopesMax, intakeStartTriesMax } from '../limits.js';
import { inputLength } from '../operations/index.js';
import type { Log, Store, StoreOp } from '../ports.js';
import type { Intake, Unopened } from './intake.js';
import { MissingPackets } from './missing-packets.js';
import { Sponsoring } from './sponsoring.js';
import { type Forwarded, forwardedBytes, readForwarded, writeForwarded } from './transport.js';

export interface DeskOptions {
  readonly state: LedgerState;
  readonly pool: Pool;
  readonly store: Store;
  readonly log: Log;
  readonly intake: Intake;
  /** Nothing changes any more. */
  readonly isStopped: () => boolean;
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

export const packetPrefix = utf8('bank/packet/');

interface Opened extends PacketContent {
  readonly header: Header;
}

/** What was found out about an envelope while the ledger may have moved: `#take` asks it again. */
interface Checked {
  readonly signed: Signed | undefined;
  /** Nothing where the envelope was seen before. */
  readonly content: PacketContent | undefined;
}

/** Of what was decided before it came. */
const unchecked: Checked = { signed: undefined, content: undefined };

export class EnvelopeDesk {
  readonly #o: DeskOptions;
  readonly #opened = new Map<string, Opened>();
  readonly #sponsoring: Sponsoring;
  readonly #submitting = new Map<string, Promise<Uint8Array>>();
  /** Forwarded, not admitted yet: by sender, then by id. */
  readonly #deferred: readonly Map<string, Forwarded>[];
  /** Hex ids of what is swept: until somebody takes them, what decided them may be on its way to the disk. */
  #swept = new Set<string>();
  readonly #missing: MissingPackets;

  constructor(options: DeskOptions) {
    this.#o = options;
    const { banks } = options.state.network;
    this.#deferred = banks.map(() => new Map<string, Forwarded>());
    this.#missing = new MissingPackets(banks.length);
    this.#sponsoring = new Sponsoring({
      ...options,
      planning: header => this.#planning(header),
      admit: ({ header, id, signature }) => checkAdmission(options.state, header, id, signature),
      keep: (...kept) => this.#keep(...kept),
    });
  }

  /**
   * What the disk remembers of undecided envelopes. The pool is loaded already.
   * Throws WORKER_LOST when threads are lost over them again and again: nothing has changed, and the next start tries anew.
   */
  async load(): Promise<void> {
    const { store, state, pool } = this.#o;
    const banks = state.network.banks.length;
    const stored: [from: number, Unopened][] = [];
    for await (const [, value] of store.range(...under(packetPrefix))) {
      const { announcement, header: encoded, packet } = readForwarded(new Reader(value, 'stored packet'), banks);
      const header = decodeHeader(encoded);
      const id = envelopeId(header);
      if (pool.has(id)) stored.push([announcement.sponsor, this.#unopened(header, id, undefined, packet)]);
    }
    const opening = stored.map(async ([from, unopened]) => {
      const content = await this.#openStored(from, unopened);
      if (content) this.#opened.set(toHex(unopened.id), { header: unopened.header, ...content });
    });
    await Promise.all(opening);
    await this.#sponsoring.load();
  }

  /** An envelope that it owns is no reason for a bank not to start: a lost thread is replaced, and asked again. */
  async #openStored(from: number, unopened: Unopened): Promise<PacketContent | undefined> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#o.intake.open(from, unopened);
      } catch (error) {
        if (!isCode(error, 'WORKER_LOST') || tries >= intakeStartTriesMax) throw error;
        this.#o.log.warn('a stored envelope is opened again', { why: error.message, tries });
      }
    }
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
    const checked = await this.#checkSubmitted(envelope);
    const name = toHex(envelope.id);
    // one at a time for one id: it gets one number. No copy waits for another that may be refused
    const running = this.#submitting.get(name);
    if (running) return running;
    const submitting = this.#submit(envelope, bytes, checked).finally(() => this.#submitting.delete(name));
    this.#submitting.set(name, submitting);
    return submitting;
  }

  async #checkSubmitted(envelope: Envelope): Promise<Checked> {
    const { pool, state } = this.#o;
    const { id, header, signature, packets } = envelope;
    if (this.#isDecided(id)) return unchecked;
    const length = inputLength(state.network, header.arguments.kind);
    const packet = packetsFit(envelope, length) && !pool.wasSeen(id) ? packets[state.party.self] : undefined;
    const checked = await this.#check(state.party.self, header, id, signature, packet);
    checkPacketLengths(envelope, length);
    return checked;
  }

  #isDecided(id: Uint8Array): boolean {
    const { pool } = this.#o;
    return pool.wasSeen(id) && !pool.has(id);
  }

  async #submit(envelope: Envelope, bytes: Uint8Array, checked: Checked): Promise<Uint8Array> {
    const { state, commit } = this.#o;
    const { id, header, signature } = envelope;
    if (this.#isDecided(id)) {
      await commit([]); // what came before it is on the disk
      return id;
    }
    const content = this.#take(checked, header, id, signature);
    await this.#sponsoring.sponsor({ envelope, height: state.height, bytes, content });
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
   * A packet from a sponsor, or from whoever passes it on: on the disk when it resolves.
   * Throws: MALFORMED (a header that is no header). All else that is wrong with it is the holder's doing or the sponsor's, changes
   * nothing, and is noted.
   */
  async receive(from: number, forwarded: Forwarded): Promise<void> {
    const { pool, state, commit, ready, proof, log } = this.#o;
    const { announcement, signature, packet } = forwarded;
    const header = decodeHeader(forwarded.header);
    const id = envelopeId(header);
    if (!equalBytes(id, announcement.id)) throw new CovaultError('MALFORMED', 'an announcement of another envelope');
    if (announcement.sponsor === from) this.#missing.arrived(announcement);
    // sent twice: nothing is checked twice
    if (pool.wasSeen(id) && pool.announcement(id, announcement.sponsor)?.sequence === announcement.sequence) return;
    try {
      // a packet that does not open takes no place in the pool
      const checked = await this.#check(from, header, id, signature, pool.wasSeen(id) ? undefined : packet);
      const content = this.#take(checked, header, id, signature);
      if (content) pool.refuseSeen(id, header.keyHashes[state.party.self]);
      const contradiction = pool.announce(announcement, this.#planning(header));
      if (contradiction) return proof(contradiction);
      if (!content) return;
      await commit(this.#keep(content, header, id, forwarded));
      pool.release(id);
      ready();
    } catch (error) {
      if (!(error instanceof CovaultError)) throw error;
      if (isCode(error, 'SESSION_ENDED')) return;
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
    this.#missing.blockApplied();
    for (const [from, waiting] of this.#deferred.entries()) {
      const all = [...waiting.values()];
      waiting.clear();
      await Promise.all(all.map(forwarded => this.receive(from, forwarded)));
    }
  }

  /** Encoded, of what stands in a record that is being committed. */
  headers(ids: readonly Uint8Array[]): Uint8Array[] {
    return ids.flatMap(id => {
      const opened = this.#opened.get(toHex(id));
      return opened ? [encodeHeader(opened.header)] : [];
    });
  }

  /**
   * The ledger has just got these new keys: what came in under the old ones while the block was on its way here is done with.
   * In one go with the ledger's change, so that nothing slips in between.
   */
  rekeyed(pages: readonly number[]): StoreOp[] {
    const { pool } = this.#o;
    const ops = pool.overtaken(new Set(), new Set(pages));
    return [...ops, ...this.sweep(pool.takeForgotten())];
  }

  /** Ops that forget what the pool has done with, in hex: decided, burned, expired, overtaken. Gone from memory at once. */
  sweep(names: readonly string[]): StoreOp[] {
    const { pool } = this.#o;
    pool.left(names);
    for (const name of names) this.#swept.add(name);
    const ops: StoreOp[] = [];
    for (const name of names) {
      const id = fromHex(name);
      if (pool.has(id)) continue; // forgotten unopened, and announced again since
      if (this.#opened.delete(name)) ops.push({ type: 'del', key: concatBytes(packetPrefix, id) });
      ops.push(...this.#sponsoring.forget(name));
    }
    return ops;
  }

  /** Undecided, or decided a moment ago: the record, or the burning, may not be on the disk yet. */
  isPending(id: Uint8Array): boolean {
    const { pool } = this.#o;
    return pool.has(id) || pool.isLeaving(id) || this.#swept.has(toHex(id));
  }

  /** Hex ids that were swept since somebody asked last: there is news of them. */
  takeSwept(): readonly string[] {
    const swept = [...this.#swept];
    this.#swept.clear();
    return swept;
  }

  /** The link to that bank is new: each may have missed any of the other's. */
  forwardAll(to: number): void {
    this.#missing.linkUp(to);
    this.#sponsoring.forwardAll(to);
  }

  answer(from: number, ids: readonly Uint8Array[]): void {
    this.#sponsoring.forward(from, ids.map(toHex));
  }

  /** A new session: every sponsor may be asked again, once until the next block, for every packet. */
  startSession(): void {
    this.#missing.startSession();
  }

  /** Proposed by others, not opened here yet: asks their sponsors. */
  ask(announcements: readonly Announcement[]): void {
    for (const sponsor of this.#others()) {
      const ids = this.#missing.due(announcements.filter(a => a.sponsor === sponsor && !this.#o.pool.wasSeen(a.id)));
      if (ids.length > 0) this.#o.want(sponsor, ids);
    }
  }

  #others(): number[] {
    const { self, count } = this.#o.state.party;
    return Array.from({ length: count }, (_, i) => i).filter(i => i !== self);
  }

  /** Throws: what `checkAdmission` throws, PACKET_UNREADABLE, WORKER_LOST, SESSION_ENDED; nothing has changed then. */
  async #check(
    from: number,
    header: Header,
    id: Uint8Array,
    signature: Uint8Array | undefined,
    packet: Uint8Array | undefined,
  ): Promise<Checked> {
    const signed = checkPublicPart(this.#o.state, header, signature);
    return { signed, content: await this.#o.intake.open(from, this.#unopened(header, id, signed, packet)) };
  }

  /**
   * What was opened, in one go with whatever changes by it; nothing if another copy has come first. Asks the ledger again.
   * Throws: what `checkAdmission` throws; EXPIRED where what was seen before is forgotten since; SESSION_ENDED.
   */
  #take({ signed, content }: Checked, header: Header, id: Uint8Array, signature: Uint8Array | undefined) {
    const { pool, state, isStopped } = this.#o;
    if (isStopped()) throw new CovaultError('SESSION_ENDED', 'the bank has stopped');
    const now = checkPublicPart(state, header, signature);
    if (now && !(signed && equalBytes(now.key, signed.key))) checkSignature(now, id);
    if (pool.wasSeen(id)) return undefined;
    if (!content) throw new CovaultError('EXPIRED', 'the envelope has expired');
    return content;
  }

  #unopened(header: Header, id: Uint8Array, signed: Signed | undefined, packet: Uint8Array | undefined): Unopened {
    return { header, id, length: inputLength(this.#o.state.network, header.arguments.kind), signed, packet };
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
      rekeys: a.kind === 'rekey' ? a.page : undefined,
      signedBy: network.pageSize === 1 ? signingAccount(a) : undefined,
      expiry: header.expiry,
      // the block's own mask comes on top
      stock: { ...stock, vole: length },
    };
  }
}

/** K = 1: whose keys admit it. */
function signingAccount(a: Header['arguments']): number | undefined {
  if (a.kind === 'transfer') return a.payerPage;
  return a.kind === 'reveal' || a.kind === 'rekey' ? a.page : undefined;
}

const put = (key: Uint8Array, value: Uint8Array): StoreOp => ({ type: 'put', key, value });
