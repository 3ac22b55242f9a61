/**
 * A Merkle tree over the ids of a group, as far as it is known: some of its leaves, its members here, and one hash for each
 * largest subtree without any of them.
 *
 *     leaf = H('covault/announce-leaf', id)
 *     node = H('covault/announce-node', left, right)        left: as many leaves as the largest power of two below all
 *
 *     encoding   size u8 | members: leaf i is bit i % 8 of byte i / 8 | their ids | hashes
 *     hashes     depth first, each at the node where its subtree parts from the members, before what is below: of one
 *                member they are its path, from the root down
 *
 * The root does not tell the size: whoever trusts a root must have the size from the same source. Then an index has one
 * place in the tree, and two ids at one index under one root are a collision of H.
 *
 * Not here: who has signed the root, and for what. Source: RFC 9162, section 2.1, with labels for its prefixes 0 and 1.
 */
import type { Reader, Writer } from '../codec/index.js';
import { concatBytes, hash } from '../crypto/index.js';
import { assert } from '../errors.js';
import { announcementGroupMax } from '../limits.js';

/** Of a hash, and of an id, which is one. */
const hashBytes = 32;
const leafOf = (id: Uint8Array) => hash('covault/announce-leaf', id);
const nodeOf = (left: Uint8Array, right: Uint8Array) => hash('covault/announce-node', left, right);
/** Leaves left of the root, for two or more. */
const leftOf = (size: number) => 2 ** (31 - Math.clz32(size - 1));
const none = new Uint8Array(0);
const maskBytes = (size: number) => Math.ceil(size / 8);

export class IdTree {
  readonly size: number;
  /** Indices, ascending: at least one. */
  readonly members: readonly number[];
  /** The members'. */
  readonly ids: readonly Uint8Array[];
  /** Joined. */
  readonly hashes: Uint8Array;
  #folded: { readonly root: Uint8Array; readonly paths: readonly (readonly Uint8Array[])[] } | undefined;

  constructor(size: number, members: readonly number[], ids: readonly Uint8Array[], hashes: Uint8Array) {
    assert(size >= 1 && size <= announcementGroupMax && members.length === ids.length, 'a tree of so many leaves');
    assert(
      members.every((index, k) => index < size && index > (members[k - 1] ?? -1)),
      'members ascend',
    );
    this.size = size;
    this.members = members;
    this.ids = ids;
    this.hashes = hashes;
  }

  /** Of all its ids: 1 to announcementGroupMax. */
  static of(ids: readonly Uint8Array[]): IdTree {
    return new IdTree(ids.length, [...ids.keys()], ids, none);
  }

  /** Of members of trees of one size and root: one tree that shows them all. */
  static joined(parts: readonly { readonly index: number; readonly tree: IdTree }[]): IdTree {
    const sorted = [...parts].sort((a, b) => a.index - b.index);
    const { size } = sorted[0].tree;
    const members = sorted.map(({ index }) => index);
    const hashes = missing(size, members).map(({ depth, beside }) => {
      const { index, tree } = sorted[beside];
      return tree.path(index).subarray(depth * hashBytes, (depth + 1) * hashBytes);
    });
    return new IdTree(
      size,
      members,
      sorted.map(({ index, tree }) => tree.ids[tree.#at(index)]),
      concatBytes(...hashes),
    );
  }

  get root(): Uint8Array {
    return this.#fold().root;
  }

  /** The id at an index; none where it is no member. */
  id(index: number): Uint8Array | undefined {
    return this.ids[this.members.indexOf(index)];
  }

  /** With this member alone: what shows it, and no more. */
  only(index: number): IdTree {
    if (this.members.length === 1 && this.members[0] === index) return this;
    return new IdTree(this.size, [index], [this.ids[this.#at(index)]], this.path(index));
  }

  /** The hashes beside a member's way, from the root down, joined. */
  path(index: number): Uint8Array {
    const at = this.#at(index);
    return this.members.length === 1 ? this.hashes : concatBytes(...this.#fold().paths[at]);
  }

  #at(index: number): number {
    const at = this.members.indexOf(index);
    assert(at >= 0, 'a member');
    return at;
  }

  /** Root and paths, once: two hashes a member where all are members. */
  #fold() {
    if (this.#folded) return this.#folded;
    const { members, ids, hashes } = this;
    const paths = members.map((): Uint8Array[] => []);
    let used = 0;
    const fold = (first: number, size: number, from: number, to: number, depth: number): Uint8Array => {
      if (size === 1) return leafOf(ids[from]);
      const half = leftOf(size);
      const middle = firstBeyond(members, first + half, from, to);
      // its place among the hashes is before those of what is below
      const other = middle === from || middle === to ? hashes.subarray(used, used + hashBytes) : none;
      used += other.length;
      const left = from < middle ? fold(first, half, from, middle, depth + 1) : other;
      const right = middle < to ? fold(first + half, size - half, middle, to, depth + 1) : other;
      for (let k = from; k < to; k++) paths[k][depth] = k < middle ? right : left;
      return nodeOf(left, right);
    };
    this.#folded = { root: fold(0, this.size, 0, members.length, 0), paths };
    return this.#folded;
  }

  /** What `write` makes of it. */
  get bytes(): number {
    return 1 + maskBytes(this.size) + hashBytes * this.ids.length + this.hashes.length;
  }

  write(w: Writer): Writer {
    const mask = new Uint8Array(maskBytes(this.size));
    for (const index of this.members) mask[index >> 3] |= 1 << (index & 7);
    w.u8(this.size).fixed(mask);
    for (const id of this.ids) w.fixed(id);
    return w.fixed(this.hashes);
  }

  /** Hashes nothing yet. Throws MALFORMED. */
  static read(r: Reader): IdTree {
    const size = r.u8();
    if (size < 1 || size > announcementGroupMax) throw r.malformed('a group of no size');
    const mask = r.fixed(maskBytes(size));
    const members = Array.from({ length: 8 * mask.length }, (_, i) => i).filter(i => mask[i >> 3] & (1 << (i & 7)));
    if (members.length === 0 || members[members.length - 1] >= size) throw r.malformed('members that are none');
    const ids = members.map(() => r.fixed(hashBytes));
    return new IdTree(size, members, ids, r.fixed(hashBytes * missing(size, members).length));
  }
}

/** Of sorted members[from..to): where those begin that are not below `index`. */
function firstBeyond(members: readonly number[], index: number, from: number, to: number): number {
  let at = from;
  while (at < to && members[at] < index) at++;
  return at;
}

/** The largest subtrees without a member, in the order of their hashes: how deep each hangs, and a member beside it. */
function missing(size: number, members: readonly number[]): { readonly depth: number; readonly beside: number }[] {
  const found: { depth: number; beside: number }[] = [];
  const visit = (first: number, size: number, from: number, to: number, depth: number) => {
    if (size === to - from) return; // all are members
    const half = leftOf(size);
    const middle = firstBeyond(members, first + half, from, to);
    if (middle === from || middle === to) found.push({ depth, beside: from });
    if (from < middle) visit(first, half, from, middle, depth + 1);
    if (middle < to) visit(first + half, size - half, middle, to, depth + 1);
  };
  visit(0, size, 0, members.length, 0);
  return found;
}
