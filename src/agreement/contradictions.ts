/**
 * What the lists of one round's proposals say differently of one sponsor's envelopes: two ids under one number, or two numbers
 * for one id. Both announcements are in the lists, so either the sponsor has signed both, which is proof against it, or a bank
 * has listed what nobody signed. Without this a sponsor that numbers one envelope differently towards two banks would have them
 * make empty blocks, as fast as they can, until it expires.
 *
 * Cost: lists ascend by sponsor and number, so that any two are walked together; only what they do not share is looked up by id.
 *
 * Source: protocol.md, section 5.
 */
import { equalBytes, toHex } from '../crypto/index.js';
import type { Announcement } from './announcement.js';

export interface Listed {
  /** Whose proposal lists it. */
  readonly bank: number;
  readonly announcement: Announcement;
}

/** By bank: its ready list, ascending by sponsor and number. */
export function contradictions(lists: readonly (readonly Announcement[])[]): (readonly [Listed, Listed])[] {
  return lists.flatMap((a, i) => lists.slice(i + 1).flatMap((b, k) => between(a, b, i, i + 1 + k)));
}

function between(a: readonly Announcement[], b: readonly Announcement[], i: number, j: number) {
  const found: (readonly [Listed, Listed])[] = [];
  const add = (x: Announcement, y: Announcement) =>
    found.push([
      { bank: i, announcement: x },
      { bank: j, announcement: y },
    ]);
  /** Of `a`, under numbers that `b` does not list. */
  const alone = new Map<string, Announcement>();
  const others: Announcement[] = [];
  for (let x = 0, y = 0; x < a.length || y < b.length; ) {
    const order = x === a.length ? 1 : y === b.length ? -1 : compare(a[x], b[y]);
    if (order < 0) alone.set(nameOf(a[x]), a[x++]);
    else if (order > 0) others.push(b[y++]);
    else if (equalBytes(a[x++].id, b[y++].id)) continue;
    else add(a[x - 1], b[y - 1]);
  }
  if (alone.size === 0) return found;
  for (const other of others) {
    const same = alone.get(nameOf(other));
    if (same) add(same, other);
  }
  return found;
}

const compare = (a: Announcement, b: Announcement): number => a.sponsor - b.sponsor || a.sequence - b.sequence;

const nameOf = ({ sponsor, id }: Announcement): string => `${sponsor}/${toHex(id)}`;
