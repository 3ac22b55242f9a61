/**
 * A sponsor's word that an envelope is its next one, and the proof when it gave two. It signs what waits together at once:
 *
 *     group        1 to announcementGroupMax ids, of numbers first, first + 1, ...
 *     signature    over H('covault/announce', network id, sponsor u8 | first u64 | size u8, root of the tree of the ids)
 *     announcement an id, and as much of its group as leads from it to the root: checked by itself
 *
 * An id's number is first + its index. First, size and root are all signed, so that one number of one group is one id's.
 * Two ids under one number, or two numbers for one id, in one group or two, are proof against the sponsor: anybody can
 * check it. Groups that overlap and agree are none. A number is durable before a signature over it leaves its sponsor.
 *
 *     encoding     sponsor u8 | first u64 | signature | tree            of a group, with those announcements that are told
 *     list         groups ascending by sponsor, first, size and signature, each once, with all of it that the list tells
 *
 * Source: protocol.md, section 5; `id-tree.ts`.
 */
import { type Reader, Writer } from '../codec/index.js';
import { equalBytes, hash, toHex } from '../crypto/index.js';
import { CovaultError } from '../errors.js';
import type { Verify } from '../ledger/log.js';
import { IdTree } from './id-tree.js';

/** Where an id stands in its sponsor's order. */
export interface Numbered {
  readonly id: Uint8Array;
  /** Roster index. */
  readonly sponsor: number;
  /** The sponsor's count of its envelopes: its own order. */
  readonly sequence: number;
}

export interface SignedGroup {
  readonly sponsor: number;
  /** The number of its first id. */
  readonly first: number;
  /** As far as it is known here. */
  readonly tree: IdTree;
  readonly signature: Uint8Array;
}

export interface Announcement extends Numbered {
  /** It is a member of the tree. */
  readonly group: SignedGroup;
}

export function groupStatement(
  networkId: Uint8Array,
  { sponsor, first, tree }: Pick<SignedGroup, 'sponsor' | 'first' | 'tree'>,
): Uint8Array {
  const place = new Writer(10).u8(sponsor).u64(first).u8(tree.size).done();
  return hash('covault/announce', networkId, place, tree.root);
}

/** The numbers from `first` on for these ids, under one signature. The caller makes all of it durable before it is told. */
export function announceGroup(
  networkId: Uint8Array,
  sponsor: number,
  first: number,
  ids: readonly Uint8Array[],
  sign: (statement: Uint8Array) => Uint8Array,
): Announcement[] {
  const unsigned = { sponsor, first, tree: IdTree.of(ids) };
  return announcementsOf({ ...unsigned, signature: sign(groupStatement(networkId, unsigned)) });
}

export function announcementsOf(group: SignedGroup): Announcement[] {
  const { sponsor, first, tree } = group;
  return tree.members.map((index, k) => ({ id: tree.ids[k], sponsor, sequence: first + index, group }));
}

const indexOf = ({ sequence, group }: Announcement) => sequence - group.first;

/** Does its group say so, whoever has signed that? */
export function isOfItsGroup(announcement: Announcement): boolean {
  const id = announcement.group.tree.id(indexOf(announcement));
  return id !== undefined && equalBytes(id, announcement.id) && announcement.group.sponsor === announcement.sponsor;
}

export function announcementHolds(networkId: Uint8Array, verify: Verify, announcement: Announcement): boolean {
  const { group } = announcement;
  return isOfItsGroup(announcement) && verify(group.sponsor, groupStatement(networkId, group), group.signature);
}

/** Of one sponsor, both properly signed (the caller has checked): do they contradict each other? */
export function contradictory(a: Numbered, b: Numbered): boolean {
  return a.sponsor === b.sponsor && equalBytes(a.id, b.id) !== (a.sequence === b.sequence);
}

/** Without the others of its group: to be kept for long. */
export function alone(announcement: Announcement): Announcement {
  const { group } = announcement;
  const tree = group.tree.only(indexOf(announcement));
  return tree === group.tree ? announcement : { ...announcement, group: { ...group, tree } };
}

/** What `writeGroup` makes of it. */
export function groupBytes({ tree }: SignedGroup): number {
  return 1 + 8 + 64 + tree.bytes;
}

export function writeGroup(w: Writer, { sponsor, first, signature, tree }: SignedGroup): Writer {
  return tree.write(w.u8(sponsor).u64(first).fixed(signature));
}

function readGroup(r: Reader, banks: number): SignedGroup {
  const group = { sponsor: r.u8(), first: r.u64(), signature: r.fixed(64), tree: IdTree.read(r) };
  if (group.sponsor >= banks) throw r.malformed('no such sponsor');
  if (group.first > Number.MAX_SAFE_INTEGER - (group.tree.size - 1)) throw r.malformed('a number is too large');
  return group;
}

/** What `writeAnnouncement` makes of it. */
export function announcementBytes(announcement: Announcement): number {
  return groupBytes(alone(announcement).group);
}

/** One by itself. */
export function writeAnnouncement(w: Writer, announcement: Announcement): Writer {
  return writeGroup(w, alone(announcement).group);
}

/** Throws MALFORMED. Nothing is verified. */
export function readAnnouncement(r: Reader, banks: number): Announcement {
  const [announcement, another] = announcementsOf(readGroup(r, banks));
  if (another) throw r.malformed('one announcement');
  return announcement;
}

/** Announced things by group, in the order in which a list tells them. Each announcement holds; each stands there once. */
export function byGroup<T>(
  items: readonly T[],
  announcementOf: (item: T) => Announcement,
): { readonly group: SignedGroup; readonly items: readonly T[] }[] {
  const groups = new Map<string, { readonly announcement: Announcement; readonly item: T }[]>();
  for (const item of items) {
    const announcement = announcementOf(item);
    const { sponsor, first, tree, signature } = announcement.group;
    const name = `${sponsor}/${first}/${tree.size}/${toHex(signature)}`;
    const together = groups.get(name);
    if (together) together.push({ announcement, item });
    else groups.set(name, [{ announcement, item }]);
  }
  const found = [...groups.values()].map(together => {
    const [{ announcement, item }] = together;
    if (together.length === 1) return { group: alone(announcement).group, items: [item] };
    together.sort((a, b) => a.announcement.sequence - b.announcement.sequence);
    const parts = together.map(({ announcement: a }) => ({ index: indexOf(a), tree: a.group.tree }));
    return {
      group: { ...announcement.group, tree: IdTree.joined(parts) },
      items: together.map(({ item }) => item),
    };
  });
  return found.sort((a, b) => compare(a.group, b.group));
}

function compare(a: SignedGroup, b: SignedGroup): number {
  const before = a.sponsor - b.sponsor || a.first - b.first || a.tree.size - b.tree.size;
  if (before !== 0) return before;
  const [one, other] = [toHex(a.signature), toHex(b.signature)];
  return one < other ? -1 : one > other ? 1 : 0;
}

/**
 * A list of groups, each with what `read` finds of every announcement behind it; at most `countMax` announcements.
 * Throws MALFORMED, OVERSIZED. Nothing is verified, nothing is hashed.
 */
export function readByGroup<T>(
  r: Reader,
  banks: number,
  countMax: number,
  read: (announcement: Announcement) => T,
): T[] {
  const items: T[] = [];
  let last: SignedGroup | undefined;
  r.list(countMax, () => {
    const group = readGroup(r, banks);
    if (last && compare(last, group) >= 0) throw r.malformed('groups ascend');
    last = group;
    if (items.length + group.tree.members.length > countMax) {
      throw new CovaultError('OVERSIZED', 'oversized list of announcements', { countMax });
    }
    for (const announcement of announcementsOf(group)) items.push(read(announcement));
  });
  return items;
}
