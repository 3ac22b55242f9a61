/**
 * This bank as a sponsor: it numbers envelopes, signs their numbers, keeps them whole and passes their packets on.
 *
 *     a lone envelope          is stored at once, under a signature of its own
 *     what comes meanwhile     waits, and is numbered, signed and stored together: one signature a group, one transaction
 *
 * A number cannot be taken back: an id whose leaf is in a signed tree has that number before everybody who knows the id. So
 * whatever may be refused is refused before the group is made, and an id that has a number never gets another. Number,
 * signature and envelope are on the disk before any of them leaves.
 *
 *     bank/sponsored/id   announcement | the whole envelope      until the envelope is decided or expires
 *     bank/sequence       the last number given
 *
 * Source: protocol.md, section 5.
 */
import {
  type Announcement,
  alone,
  announceGroup,
  announcementBytes,
  type Planning,
  type Pool,
  readAnnouncement,
  writeAnnouncement,
} from '../agreement/index.js';
import { Reader, under, Writer } from '../codec/index.js';
import { concatBytes, fromHex, toHex, utf8 } from '../crypto/index.js';
import { decodeEnvelope, type Envelope, encodeHeader, type Header, type PacketContent } from '../envelope/index.js';
import { assert, CovaultError } from '../errors.js';
import type { LedgerState } from '../ledger/state.js';
import { announcementGroupMax, sponsoredTogetherMax } from '../limits.js';
import type { Store, StoreOp } from '../ports.js';
import { Forwarder } from './forwarder.js';
import type { Forwarded } from './transport.js';

export interface SponsoringOptions {
  readonly state: LedgerState;
  readonly pool: Pool;
  readonly store: Store;
  /** Under this bank's identity. */
  readonly sign: (message: Uint8Array) => Uint8Array;
  /** All of it or nothing, in the bank's own order of transactions. */
  readonly commit: (ops: readonly StoreOp[]) => Promise<void>;
  /** Resolves when there is room for more, or the link is gone. */
  readonly forward: (to: number, envelopes: readonly Forwarded[]) => Promise<void>;
  readonly planning: (header: Header) => Planning;
  /** Nothing changes any more. */
  readonly isStopped: () => boolean;
  /** Throws where this ledger does not admit it as it stands. */
  readonly admit: (envelope: Envelope) => void;
  /** Marks it seen; the ops store this bank's own packet. It is announced already, and no key part of its kind was seen. */
  readonly keep: (content: PacketContent, header: Header, id: Uint8Array, forwarded: Forwarded) => StoreOp[];
  /** Something became ready. */
  readonly ready: () => void;
}

/** An envelope that was admitted, its own packet opened. */
export interface Submission {
  readonly envelope: Envelope;
  /** At which it was admitted. */
  readonly height: number;
  /** As it came. */
  readonly bytes: Uint8Array;
  /** None if the id had been seen. */
  readonly content: PacketContent | undefined;
}

interface Queued extends Submission {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Sponsored {
  readonly announcement: Announcement;
  readonly envelope: Envelope;
  /** It may leave. */
  isStored: boolean;
}

export const sponsoredPrefix = utf8('bank/sponsored/');
const sequenceKey = utf8('bank/sequence');

export class Sponsoring {
  readonly #o: SponsoringOptions;
  readonly #others: readonly number[];
  /** By hex id. */
  readonly #sponsored = new Map<string, Sponsored>();
  readonly #forwarder: Forwarder;
  readonly #queue: Queued[] = [];
  #storing = false;
  /** The last number given. */
  #sequence = 0;

  constructor(options: SponsoringOptions) {
    const { state, forward } = options;
    const { self, count } = state.party;
    this.#o = options;
    this.#others = Array.from({ length: count }, (_, bank) => bank).filter(bank => bank !== self);
    const find = (to: number, name: string) => {
      const sponsored = this.#sponsored.get(name);
      return sponsored?.isStored ? forwardedOf(sponsored, to) : undefined;
    };
    this.#forwarder = new Forwarder(find, forward, count);
  }

  /** What the disk remembers of undecided envelopes. The pool is loaded already. */
  async load(): Promise<void> {
    const { store, state, pool, planning } = this.#o;
    const sequence = await store.get(sequenceKey);
    if (sequence) this.#sequence = new Reader(sequence, 'stored sequence').u64();
    for await (const [, value] of store.range(...under(sponsoredPrefix))) {
      const r = new Reader(value, 'stored envelope');
      const announcement = readAnnouncement(r, state.network.banks.length);
      const envelope = decodeEnvelope(r.fixed(r.remaining));
      if (!pool.has(announcement.id)) continue;
      this.#sponsored.set(toHex(announcement.id), { announcement, envelope, isStored: true });
      // the pool has stored whose announcement came first; this bank's own may have come later
      pool.announce(announcement, planning(envelope.header));
    }
  }

  /**
   * Stored, numbered and signed when it resolves, and on its way. One at a time for one id.
   * Throws SESSION_ENDED, and what `admit`, `Pool.checkRoom` and `Pool.refuseSeen` throw; it has no number then.
   */
  sponsor(submission: Submission): Promise<void> {
    const stored = new Promise<void>((resolve, reject) => this.#queue.push({ ...submission, resolve, reject }));
    if (!this.#storing) void this.#run();
    return stored;
  }

  async #run(): Promise<void> {
    this.#storing = true;
    await Promise.resolve(); // those of one turn go together
    while (this.#queue.length > 0) await this.#store();
    this.#storing = false;
  }

  /** What waits, as far as one transaction goes. */
  async #store(): Promise<void> {
    const stored: Queued[] = [];
    const ops: StoreOp[] = [];
    try {
      while (this.#queue.length > 0 && stored.length < sponsoredTogetherMax) {
        const group = this.#next();
        stored.push(...group);
        ops.push(...this.#announce(group));
      }
      if (stored.length === 0) return;
      await this.#o.commit([...ops, put(sequenceKey, new Writer(8).u64(this.#sequence).done())]);
      for (const { envelope } of stored) this.#stored(envelope);
      for (const { resolve } of stored) resolve();
      this.#o.ready();
    } catch (error) {
      for (const { reject } of stored) reject(error);
    }
  }

  /** A group, refused ones left out. Of two envelopes with one key part the second waits for what becomes of the first. */
  #next(): Queued[] {
    const { pool, state, commit, admit, isStopped } = this.#o;
    const { self } = state.party;
    const group: Queued[] = [];
    const keys = new Set<string>();
    while (group.length < announcementGroupMax && this.#queue.length > 0) {
      const [queued] = this.#queue;
      const { envelope, height, resolve, reject } = queued;
      const { id, header } = envelope;
      const key = toHex(header.keyHashes[self]);
      if (keys.has(key)) break;
      this.#queue.shift();
      if (pool.wasSeen(id) && !pool.has(id)) {
        commit([]).then(resolve, reject); // decided meanwhile; what decided it is on the disk then
        continue;
      }
      try {
        if (isStopped()) throw new CovaultError('SESSION_ENDED', 'the bank has stopped');
        if (height !== state.height) admit(envelope);
        if (!pool.wasSeen(id)) pool.refuseSeen(id, header.keyHashes[self]);
        if (!pool.announcement(id, self)) pool.checkRoom(id, self, header.expiry, group.length);
      } catch (error) {
        reject(error);
        continue;
      }
      keys.add(key);
      group.push(queued);
    }
    return group;
  }

  /** Numbers those that have none, in one go with `#next`: what that has found out still holds. */
  #announce(group: readonly Queued[]): StoreOp[] {
    const { state, sign, pool } = this.#o;
    const { network, party } = state;
    const { self } = party;
    const ids = group.map(({ envelope }) => envelope.id).filter(id => !pool.announcement(id, self));
    const fresh = ids.length > 0 ? announceGroup(network.id, self, this.#sequence + 1, ids, sign) : [];
    this.#sequence += fresh.length;
    const found = new Map(fresh.map(announcement => [toHex(announcement.id), alone(announcement)]));
    return group.flatMap(submission => {
      const { id } = submission.envelope;
      const announcement = found.get(toHex(id)) ?? pool.announcement(id, self);
      assert(announcement !== undefined, 'what is stored has a number');
      return this.#putSponsored(submission, announcement);
    });
  }

  /** With another's packet kept, which came first, this one is stored whole all the same: that one may be spoiled elsewhere. */
  #putSponsored({ envelope, bytes, content }: Submission, announcement: Announcement): StoreOp[] {
    const { pool, planning, keep, state } = this.#o;
    const { id, header } = envelope;
    const sponsored = { announcement, envelope, isStored: false };
    this.#sponsored.set(toHex(id), sponsored);
    const w = new Writer(announcementBytes(announcement) + bytes.length);
    const whole = put(concatBytes(sponsoredPrefix, id), writeAnnouncement(w, announcement).fixed(bytes).done());
    // what is ready already would be proposed under the new number at once: that waits until the number is on the disk
    if (!content || pool.wasSeen(id)) return [whole];
    pool.announce(announcement, planning(header), true);
    return [...keep(content, header, id, forwardedOf(sponsored, state.party.self)), whole];
  }

  #stored({ id, header }: Envelope): void {
    const { pool, planning } = this.#o;
    const name = toHex(id);
    const sponsored = this.#sponsored.get(name);
    if (!sponsored || !pool.has(id)) return;
    pool.announce(sponsored.announcement, planning(header), true);
    sponsored.isStored = true;
    pool.release(id);
    for (const to of this.#others) this.#forwarder.forward(to, name);
  }

  /** It is decided, or has expired: gone from memory at once, and with the op from the disk. */
  forget(name: string): StoreOp[] {
    return this.#sponsored.delete(name) ? [{ type: 'del', key: concatBytes(sponsoredPrefix, fromHex(name)) }] : [];
  }

  /** The link to that bank is new: it may have missed any of these. */
  forwardAll(to: number): void {
    this.forward(to, this.#sponsored.keys());
  }

  /** Hex ids; those this bank does not sponsor are passed over. */
  forward(to: number, names: Iterable<string>): void {
    for (const name of names) if (this.#sponsored.has(name)) this.#forwarder.forward(to, name);
  }
}

function forwardedOf({ announcement, envelope }: Pick<Sponsored, 'announcement' | 'envelope'>, to: number): Forwarded {
  const { header, signature, packets } = envelope;
  return { announcement, header: encodeHeader(header), signature, packet: packets[to] };
}

/** What begins a rebuilt bank's numbers under this roster version: it has forgotten which it has given. */
export function putSequence(rosterVersion: number): StoreOp {
  return put(sequenceKey, new Writer(8).u64(rosterVersion * numbersOfVersion).done());
}

const numbersOfVersion = 2 ** 32;

const put = (key: Uint8Array, value: Uint8Array): StoreOp => ({ type: 'put', key, value });
