/**
 * The envelopes this bank knows: announced by a sponsor, ready once its own packet has opened, done once a record or a
 * burning has spoken, forgotten when their expiry has passed.
 *
 *     announce   header and sponsor's signature are here: may be proposed when ready. Bounded per sponsor.
 *     open       the packet opened and k_i matched: id and H(k_i) are seen, and refused a second time until expiry
 *     release    that is on the disk: it may be proposed
 *     finish     settled, rejected or burned: never ready again
 *     advance    a height passed: what has expired is forgotten
 *
 * Only `open` and what follows leaves a trace on the disk: garbage under somebody's id leaves none. The store ops go into
 * the transaction of whoever calls; the driver adds the packet to the same one.
 *
 * Nothing here takes time in proportion to all envelopes known, but for what an opened account makes impossible.
 *
 * Not here: packets, headers, signatures of holders; whether a slot is open. Source: protocol.md, section 5.
 */

import { fromHex, toHex } from '../crypto/index.js';
import { CovaultError } from '../errors.js';
import type { Verify } from '../ledger/log.js';
import { blockEnvelopesMax, expiryHeightsMax, poolEnvelopesMax, staleHeights, wavesMax } from '../limits.js';
import type { Network } from '../network/index.js';
import type { StoreOp } from '../ports.js';
import { type Announcement, alone, contradictory } from './announcement.js';
import type { BurnedIds } from './burned-ids.js';
import type { Planning } from './plan.js';
import { ReadyList } from './ready-list.js';
import { decodeSeen, putSeen, seenKey } from './seen-entry.js';
import { VerifiedGroups } from './verified-groups.js';

/** Two announcements of one sponsor that contradict each other. */
export interface SponsorProof {
  readonly first: Announcement;
  readonly second: Announcement;
}

interface Waiting {
  readonly id: Uint8Array;
  /** The id in hex. */
  readonly name: string;
  readonly planning: Planning;
  /** By sponsor: at least one. */
  readonly announcements: Map<number, Announcement>;
  /** The height at which it was released; before that it is not ready. */
  readyAt: number | undefined;
  /** The sponsor in whose list it stands ready: its lowest. */
  listedBy: number | undefined;
  keyHash: Uint8Array | undefined;
}

export class Pool {
  /** Seen too, known here or not: a holder may hand in what other banks have burned. */
  readonly burned: BurnedIds;
  readonly #network: Network;
  readonly #groups: VerifiedGroups;
  /** Known and undecided, by hex id. */
  readonly #waiting = new Map<string, Waiting>();
  /** H(k_i) by id, both hex: opened once, decided or not. */
  readonly #seen = new Map<string, string>();
  readonly #seenKeys = new Set<string>();
  /** Seen ids by expiry: a ledger in full use remembers a million. */
  readonly #seenUntil = new Map<number, string[]>();
  /** By sponsor: announcement by sequence number, as long as its envelope is known. */
  readonly #numbers: Map<number, Announcement>[];
  /** By sponsor. */
  readonly #ready: ReadyList<Waiting>[];
  #readyCount = 0;
  /** Known envelopes by expiry. */
  readonly #knownUntil = new Map<number, Set<Waiting>>();
  /** Hex ids that are not known any more, since somebody asked last, */
  readonly #forgotten = new Set<string>();
  /** and those of which the transaction that forgets them is on its way. */
  readonly #leaving = new Set<string>();
  /** The height the next block has. */
  #height = 1;

  constructor(network: Network, verify: Verify, burned: BurnedIds) {
    this.burned = burned;
    this.#network = network;
    this.#groups = new VerifiedGroups(network, verify);
    this.#numbers = network.banks.map(() => new Map<number, Announcement>());
    this.#ready = network.banks.map(() => new ReadyList());
  }

  /** From the entries under `poolPrefix`, before anything else. Throws MALFORMED, OVERSIZED: the store is damaged. */
  load(entries: Iterable<readonly [Uint8Array, Uint8Array]>, nextHeight: number): void {
    this.#height = nextHeight;
    for (const [key, value] of entries) {
      const { id, planning, keyHash, done, announcements } = decodeSeen(key, value, this.#network.banks.length);
      this.#see(toHex(id), planning.expiry, keyHash);
      if (done || this.burned.has(toHex(id))) continue;
      const waiting = this.#know(id, toHex(id), planning);
      waiting.keyHash = keyHash;
      for (const announcement of announcements) this.#number(waiting, announcement);
      this.release(id);
    }
  }

  #know(id: Uint8Array, name: string, planning: Planning): Waiting {
    const waiting: Waiting = {
      id,
      name,
      planning,
      announcements: new Map(),
      readyAt: undefined,
      listedBy: undefined,
      keyHash: undefined,
    };
    this.#waiting.set(name, waiting);
    const together = this.#knownUntil.get(planning.expiry);
    if (together) together.add(waiting);
    else this.#knownUntil.set(planning.expiry, new Set([waiting]));
    return waiting;
  }

  #see(name: string, expiry: number, keyHash: Uint8Array): void {
    const keyName = toHex(keyHash);
    this.#seen.set(name, keyName);
    this.#seenKeys.add(keyName);
    const together = this.#seenUntil.get(expiry);
    if (together) together.push(name);
    else this.#seenUntil.set(expiry, [name]);
  }

  #number(waiting: Waiting, announcement: Announcement): void {
    waiting.announcements.set(announcement.sponsor, announcement);
    this.#numbers[announcement.sponsor].set(announcement.sequence, announcement);
    if (waiting.readyAt !== undefined) this.#list(waiting);
  }

  /** Into the list of its lowest sponsor. */
  #list(waiting: Waiting): void {
    const sponsor = Math.min(...waiting.announcements.keys());
    if (waiting.listedBy === sponsor) return;
    this.#unlist(waiting);
    const announcement = waiting.announcements.get(sponsor);
    if (!announcement) return;
    this.#ready[sponsor].set(announcement.sequence, waiting);
    waiting.listedBy = sponsor;
  }

  #unlist(waiting: Waiting): void {
    const { listedBy, announcements } = waiting;
    const announcement = listedBy === undefined ? undefined : announcements.get(listedBy);
    if (announcement) this.#ready[announcement.sponsor].delete(announcement.sequence);
    waiting.listedBy = undefined;
  }

  /**
   * A sponsor's announcement with what its header says. Answers with proof if the sponsor contradicts itself. `isOwn`: this
   * bank has signed it a moment ago.
   * Throws BAD_SIGNATURE, EXPIRED, EXPIRY_TOO_FAR, SEEN_BEFORE (decided already), POOL_FULL; nothing has changed then.
   */
  announce(announcement: Announcement, planning: Planning, isOwn = false): SponsorProof | undefined {
    const { id, sponsor, sequence } = announcement;
    const name = toHex(id);
    const known = this.#waiting.get(name);
    const same = known?.announcements.get(sponsor);
    if (same && same.sequence === sequence) return undefined;
    if (!isOwn && !this.holds(announcement)) {
      throw new CovaultError('BAD_SIGNATURE', 'an announcement is not signed by its sponsor', { sponsor }, sponsor);
    }
    const first = same ?? this.#numbers[sponsor].get(sequence);
    if (first && contradictory(first, announcement)) return { first, second: alone(announcement) };
    this.checkRoom(id, sponsor, planning.expiry);
    this.#number(known ?? this.#know(id, name, planning), alone(announcement));
    return undefined;
  }

  /** Has its sponsor signed it? */
  holds(announcement: Announcement): boolean {
    return this.#groups.holds(announcement);
  }

  /**
   * For a sponsor, before it gives a number that it could not take back; `before`: numbers it is about to give to others.
   * Throws what `announce` would: EXPIRED, EXPIRY_TOO_FAR, SEEN_BEFORE, POOL_FULL.
   */
  checkRoom(id: Uint8Array, sponsor: number, expiry: number, before = 0): void {
    checkExpiry(expiry, this.#height);
    if (this.wasSeen(id) && !this.has(id)) throw new CovaultError('SEEN_BEFORE', 'this envelope was decided');
    if (this.count(sponsor) + before >= poolEnvelopesMax) {
      throw new CovaultError('POOL_FULL', 'the sponsor has too many envelopes waiting', { sponsor });
    }
  }

  /**
   * This bank's packet has opened under that id, and k_i matched. The ops belong in the transaction that stores the
   * packet. Throws UNKNOWN_ENVELOPE (not announced), SEEN_BEFORE, EXPIRED; nothing has changed then.
   */
  open(id: Uint8Array, keyHash: Uint8Array): StoreOp[] {
    const waiting = this.#waiting.get(toHex(id));
    this.refuseSeen(id, keyHash);
    if (!waiting) throw new CovaultError('UNKNOWN_ENVELOPE', 'no sponsor has announced this envelope');
    checkExpiry(waiting.planning.expiry, this.#height);
    waiting.keyHash = keyHash;
    this.#see(waiting.name, waiting.planning.expiry, keyHash);
    const { planning, announcements } = waiting;
    return [putSeen(id, { planning, keyHash, announcements: [...announcements.values()], done: false })];
  }

  /** For who must know before it announces. Throws SEEN_BEFORE. */
  refuseSeen(id: Uint8Array, keyHash: Uint8Array): void {
    if (this.wasSeen(id) || this.#seenKeys.has(toHex(keyHash))) {
      throw new CovaultError('SEEN_BEFORE', 'this envelope, or its key part, was here before');
    }
  }

  /** What `open` answered with is on the disk. */
  release(id: Uint8Array): void {
    const waiting = this.#waiting.get(toHex(id));
    if (!waiting?.keyHash || waiting.readyAt !== undefined) return;
    waiting.readyAt = this.#height;
    this.#readyCount++;
    this.#list(waiting);
  }

  /** Envelopes of one sponsor that are known and undecided. */
  count(sponsor: number): number {
    return this.#numbers[sponsor].size;
  }

  /** For operators. */
  counts(): { readonly known: number; readonly ready: number } {
    return { known: this.#waiting.size, ready: this.#readyCount };
  }

  has(id: Uint8Array): boolean {
    return this.#waiting.has(toHex(id));
  }

  /** Opened here, decided or not, or burned. */
  wasSeen(id: Uint8Array): boolean {
    const name = toHex(id);
    return this.#seen.has(name) || this.burned.has(name);
  }

  planning(id: string): Planning | undefined {
    return this.#waiting.get(id)?.planning;
  }

  announcement(id: Uint8Array, sponsor: number): Announcement | undefined {
    return this.#waiting.get(toHex(id))?.announcements.get(sponsor);
  }

  /**
   * What may stand in the block of `height`: under its lowest sponsor, by sponsor, in the sponsor's order, of each twice
   * the places it has in a block, so that a few that other banks have not block nobody. First come those that find a place
   * among the debits or rekeys of their page or the opens of their slot, so that one page's do not keep all others out; last what
   * other banks have not made ready for staleHeights: envelopes that never open at one bank.
   */
  ready(height: number): Announcement[] {
    return this.#ready.flatMap((list, sponsor) => this.#readyOf(list, sponsor, height));
  }

  #readyOf(list: ReadyList<Waiting>, sponsor: number, height: number): Announcement[] {
    const banks = this.#network.banks.length;
    const countMax = 2 * Math.floor(blockEnvelopesMax / banks);
    const debitsMax = 2 * Math.floor(wavesMax / banks);
    const crowd = new Map<string, number>();
    const [first, crowded, stale]: Announcement[][] = [[], [], []];
    for (const { readyAt, planning, announcements } of list.ascending()) {
      const announcement = announcements.get(sponsor);
      if (!announcement || planning.expiry < height || planning.expiry > height + expiryHeightsMax) continue;
      if (height - (readyAt ?? height) > staleHeights) {
        stale.push(announcement);
        continue;
      }
      const place = placeOf(planning);
      const before = place === undefined ? 0 : (crowd.get(place) ?? 0);
      if (place !== undefined) crowd.set(place, before + 1);
      if (before >= (planning.debits === undefined ? alikeMax : debitsMax)) crowded.push(announcement);
      else if (first.push(announcement) === countMax) return first;
    }
    if (crowded.length + stale.length === 0) return first;
    return [...first, ...crowded, ...stale].slice(0, countMax).sort((a, b) => a.sequence - b.sequence);
  }

  /** Decided: never ready again. Ids this bank does not know are passed over. */
  finish(ids: readonly Uint8Array[]): StoreOp[] {
    return ids.flatMap(id => {
      const waiting = this.#waiting.get(toHex(id));
      if (!waiting) return [];
      this.#forget(waiting);
      const { keyHash, planning } = waiting;
      return keyHash ? [putSeen(id, { planning, keyHash, announcements: [], done: true })] : [];
    });
  }

  /**
   * Accounts were opened, or, K = 1, have new keys: whatever else would open them, or is signed under the old keys, can stand in
   * no block any more.
   */
  overtaken(opened: ReadonlySet<number>, rekeyed: ReadonlySet<number>): StoreOp[] {
    if (opened.size + rekeyed.size === 0) return [];
    const late = [...this.#waiting.values()].filter(
      ({ planning: { opens, signedBy } }) =>
        (opens !== undefined && opened.has(opens)) || (signedBy !== undefined && rekeyed.has(signedBy)),
    );
    return this.finish(late.map(({ id }) => id));
  }

  #forget(waiting: Waiting): void {
    const { name, planning, announcements, readyAt } = waiting;
    this.#unlist(waiting);
    this.#waiting.delete(name);
    this.#knownUntil.get(planning.expiry)?.delete(waiting);
    if (readyAt !== undefined) this.#readyCount--;
    for (const { sponsor, sequence } of announcements.values()) this.#numbers[sponsor].delete(sequence);
    this.#forgotten.add(name);
  }

  /** Known until a moment ago; what is kept of it elsewhere has not gone yet. */
  isLeaving(id: Uint8Array): boolean {
    const name = toHex(id);
    return this.#forgotten.has(name) || this.#leaving.has(name);
  }

  /**
   * Hex ids that were known and are not any more, each once. What is kept of them elsewhere is of use until the transaction
   * that decides them, and goes with it: `left`.
   */
  takeForgotten(): readonly string[] {
    const names = [...this.#forgotten];
    this.#forgotten.clear();
    for (const name of names) this.#leaving.add(name);
    return names;
  }

  left(names: readonly string[]): void {
    for (const name of names) this.#leaving.delete(name);
  }

  /** A block was committed: forgets what can stand in no block from `nextHeight` on. */
  advance(nextHeight: number): StoreOp[] {
    this.#height = nextHeight;
    const ops: StoreOp[] = [];
    for (const [expiry, together] of this.#knownUntil) {
      if (expiry >= nextHeight && together.size > 0) continue;
      this.#knownUntil.delete(expiry);
      for (const waiting of together) this.#forget(waiting);
    }
    for (const [expiry, names] of this.#seenUntil) {
      if (expiry >= nextHeight) continue;
      this.#seenUntil.delete(expiry);
      for (const name of names) {
        this.#seenKeys.delete(this.#seen.get(name) ?? '');
        this.#seen.delete(name);
        ops.push({ type: 'del', key: seenKey(fromHex(name)) });
      }
    }
    return ops;
  }
}

/** Twice what a block takes of the opens of a slot, and of the rekeys of a page. */
const alikeMax = 2;

/** Where a block has few places for envelopes of that kind. */
function placeOf({ debits, opens, rekeys }: Planning): string | undefined {
  if (debits !== undefined) return `debit ${debits}`;
  if (opens !== undefined) return `open ${opens}`;
  return rekeys === undefined ? undefined : `rekey ${rekeys}`;
}

/** h <= expiry <= h + expiryHeightsMax. Throws EXPIRED, EXPIRY_TOO_FAR. */
export function checkExpiry(expiry: number, height: number): void {
  if (expiry < height) throw new CovaultError('EXPIRED', 'the envelope has expired', { expiry, height });
  if (expiry > height + expiryHeightsMax) {
    throw new CovaultError('EXPIRY_TOO_FAR', 'the envelope expires too late', { expiry, height });
  }
}
