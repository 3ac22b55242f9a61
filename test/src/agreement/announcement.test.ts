/**
 * What a sponsor signs at once, and what each of it says alone: with real signatures, over the wire, and as evidence that
 * anybody can check.
 */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import {
  type Announcement,
  alone,
  announcementBytes,
  announcementHolds,
  announcementsOf,
  byGroup,
  contradictory,
  groupBytes,
  groupStatement,
  readAnnouncement,
  readByGroup,
  writeAnnouncement,
  writeGroup,
} from '../../../src/agreement/announcement.js';
import { IdTree } from '../../../src/agreement/id-tree.js';
import { convicted, decodeEvidence, encodeEvidence, type Proof } from '../../../src/agreement/index.js';
import { VerifiedGroups } from '../../../src/agreement/verified-groups.js';
import { decodeAll, Writer } from '../../../src/codec/index.js';
import { concatBytes, ed25519, toHex } from '../../../src/crypto/index.js';
import { type ErrorCode, isCode } from '../../../src/errors.js';
import { rosterVerify, type Verify } from '../../../src/ledger/log.js';
import { announcementGroupMax, verifiedGroupsMax } from '../../../src/limits.js';
import { idOf, makeBanks } from '../ledger/records.js';
import { announce, announceAll } from './envelopes.js';

const banks = makeBanks(3);
const { network } = banks;
const verify = rosterVerify(network);
const holds = (announcement: Announcement) => announcementHolds(network.id, verify, announcement);
const numbers = (list: readonly Announcement[]) =>
  list.map(({ id, sponsor, sequence }) => [toHex(id), sponsor, sequence]);

const encodeList = (list: readonly Announcement[]) =>
  new Writer()
    .list(
      byGroup(list, a => a),
      (w, { group }) => writeGroup(w, group),
    )
    .done();
const decodeList = (bytes: Uint8Array, countMax = 200) =>
  decodeAll(bytes, 'list', r => readByGroup(r, 3, countMax, a => a));
const encodeOne = (a: Announcement) => writeAnnouncement(new Writer(), a).done();
const decodeOne = (bytes: Uint8Array) => decodeAll(bytes, 'announcement', r => readAnnouncement(r, 3));
const refused = (t: ExecutionContext, code: ErrorCode, call: () => unknown) => t.true(isCode(t.throws(call), code));

const seven = announceAll(banks, 1, 10, ['a', 'b', 'c', 'd', 'e', 'f', 'g']);

test('what is signed is what anybody computes from the text', t => {
  const ids = Array.from({ length: 5 }, (_, i) => new Uint8Array(32).fill(i));
  const statement = groupStatement(new Uint8Array(32).fill(9), { sponsor: 2, first: 7, tree: IdTree.of(ids) });
  t.is(toHex(statement), '802951b50210d62ee539da59cff600468e0fce06d7ecc09c3f7c492c55c75635');
});

test('ids of a group have successive numbers, and each shows its own by itself', t => {
  t.deepEqual(
    seven.map(({ sequence }) => sequence),
    [10, 11, 12, 13, 14, 15, 16],
  );
  for (const announcement of seven) {
    t.true(holds(announcement));
    const single = decodeOne(encodeOne(announcement));
    t.true(holds(single));
    t.deepEqual(single, alone(announcement));
    t.deepEqual(numbers([single]), numbers([announcement]));
    t.is(single.group.tree.ids.length, 1, 'and nothing of the others');
    t.is(encodeOne(announcement).length, announcementBytes(announcement));
  }
  const lone = announce(banks, 0, 3, 'x');
  t.is(announcementBytes(lone), 107);
  t.is(alone(lone), lone);
});

test('nothing of an announcement can be changed: not its id, sponsor, number, place, size, path or network', t => {
  const right = alone(seven[2]);
  const { group } = right;
  const { tree } = group;
  const hashes = tree.hashes.map((byte, i) => (i === 40 ? byte ^ 1 : byte));
  const swapped = concatBytes(tree.hashes.subarray(32, 64), tree.hashes.subarray(0, 32), tree.hashes.subarray(64));
  const trees = [
    new IdTree(7, [3], [right.id], tree.hashes),
    new IdTree(8, [2], [right.id], tree.hashes),
    new IdTree(7, [2], [idOf('x')], tree.hashes),
    new IdTree(7, [2], [right.id], hashes),
    new IdTree(7, [2], [right.id], swapped),
  ];
  const forged: Announcement[] = [
    { ...right, id: idOf('x') },
    { ...right, sponsor: 0 },
    { ...right, sequence: 13 },
    ...trees.flatMap(tree => announcementsOf({ ...group, tree })),
    ...announcementsOf({ ...group, first: group.first + 1 }),
    ...announcementsOf({ ...group, sponsor: 0 }),
    ...announcementsOf({ ...group, signature: seven[0].group.signature.map((byte, i) => (i === 3 ? byte ^ 1 : byte)) }),
  ];
  t.true(holds(right));
  const verified = new VerifiedGroups(network, verify);
  t.true(verified.holds(right));
  for (const each of forged) {
    t.false(holds(each));
    t.false(verified.holds(each), 'neither after the right one was verified');
  }
  t.false(announcementHolds(idOf('another network'), verify, right));
});

test('a root that is also one of fewer leaves says nothing of them', t => {
  // the root of three is that of two whose first is a node: only the size that was signed counts
  const [, , third] = announceAll(banks, 1, 1, ['a', 'b', 'c']);
  const tree = new IdTree(2, [1], [third.id], third.group.tree.only(2).hashes);
  t.deepEqual(tree.root, third.group.tree.root);
  const [asSecond] = announcementsOf({ ...third.group, tree });
  t.is(asSecond.sequence, 2);
  t.false(holds(asSecond));
});

test('lists of any members of any groups are told once each, in one order, and come back as they were', t => {
  const groups = [
    seven,
    announceAll(banks, 0, 1, [0, 1, 2].map(idOf)),
    announceAll(
      banks,
      2,
      900,
      Array.from({ length: 64 }, (_, i) => idOf(100 + i)),
    ),
    announceAll(banks, 0, 4, [idOf('lone')]),
  ];
  const all = groups.flat();
  fc.assert(
    fc.property(fc.shuffledSubarray(all, { minLength: 1 }), fc.boolean(), (picked, isAlone) => {
      const list = isAlone ? picked.map(alone) : picked;
      const bytes = encodeList(list);
      t.is(
        byGroup(list, a => a).reduce((sum, { group }) => sum + groupBytes(group), 4),
        bytes.length,
      );
      const again = decodeList(bytes);
      t.deepEqual(encodeList(again), bytes);
      const order = (a: Announcement, b: Announcement) => a.sponsor - b.sponsor || a.sequence - b.sequence;
      t.deepEqual(numbers(again), numbers([...list].sort(order)));
      for (const { id } of again) t.true(list.some(a => toHex(a.id) === toHex(id)));
    }),
    { numRuns: 60 },
  );
  const again = decodeList(encodeList(all));
  t.true(again.every(holds));
  t.true(again.map(alone).every(holds));
});

test('a full group costs a list 32 bytes an id, and 82 for all of it', t => {
  const full = announceAll(
    banks,
    1,
    1,
    Array.from({ length: 64 }, (_, i) => idOf(i)),
  );
  t.is(encodeList(full.map(alone)).length, 4 + 82 + 64 * 32);
  // 48 of them: one hash for the 16 that are missing together
  t.is(encodeList(full.slice(0, 48).map(alone)).length, 4 + 82 + 48 * 32 + 32);
});

test('a list whose groups are twice or out of order, of another sponsor, or too long, is refused', t => {
  const [first, second] = [alone(seven[0]), alone(seven[4])];
  const lone = announce(banks, 1, 30, 'z');
  const raw = (...all: Announcement[]) => new Writer().list(all, (w, { group }) => writeGroup(w, group)).done();
  t.is(decodeList(raw(first, lone)).length, 2);
  for (const wrong of [raw(first, first), raw(first, second), raw(lone, first)]) {
    refused(t, 'MALFORMED', () => decodeList(wrong));
  }
  refused(t, 'MALFORMED', () => decodeList(raw(announce(makeBanks(4), 3, 1, 'a'))));
  refused(t, 'OVERSIZED', () => decodeList(encodeList(seven), 6));
  refused(t, 'OVERSIZED', () => decodeList(raw(first, lone), 1));
  t.is(decodeList(encodeList(seven), 7).length, 7);
  // of one announcement, and of two
  refused(t, 'MALFORMED', () =>
    decodeAll(writeGroup(new Writer(), seven[0].group).done(), 'one', r => readAnnouncement(r, 3)),
  );
});

test('numbers end where they can be told no more', t => {
  const last = announceAll(banks, 0, Number.MAX_SAFE_INTEGER - 1, ['a', 'b']);
  t.deepEqual(numbers(decodeList(encodeList(last))), numbers(last));
  const beyond = { ...last[0].group, first: Number.MAX_SAFE_INTEGER };
  refused(t, 'MALFORMED', () =>
    decodeAll(writeGroup(new Writer(), beyond).done(), 'group', r => readAnnouncement(r, 3)),
  );
  refused(t, 'MALFORMED', () => decodeList(new Writer().list([beyond], writeGroup).done()));
});

/** Over the wire, to somebody who has the network file alone. */
function guilty(first: Announcement, second: Announcement, check: Verify = verify): number | undefined {
  const proof: Proof = { kind: 'two-announcements', first, second };
  const evidence = decodeEvidence(encodeEvidence({ kind: 'proof', proof }), 3);
  return evidence.kind === 'proof' ? convicted(network.id, check, evidence.proof) : undefined;
}

test('each contradiction is proof by itself, in a small piece: within a group, between groups, and with a lone one', t => {
  const twice = announceAll(banks, 1, 1, ['a', 'b', 'a']);
  const overlapping = announceAll(banks, 1, 14, ['x', 'f', 'y']);
  const contradictions: [Announcement, Announcement][] = [
    [twice[0], twice[2]], // one id, two numbers, one group
    [seven[0], announce(banks, 1, 10, 'z')], // one number, two ids
    [seven[0], announce(banks, 1, 99, 'a')], // one id, two numbers
    [seven[4], overlapping[0]], // one number, two ids, two groups
    [seven[0], twice[0]], // one id, two numbers, two groups
  ];
  for (const [first, second] of contradictions) {
    t.true(contradictory(first, second));
    t.is(guilty(first, second), 1);
    t.is(guilty(alone(second), alone(first)), 1);
  }
  const full = Array.from({ length: 64 }, (_, i) => idOf(i));
  const [a, b] = [announceAll(banks, 1, 1, full), announceAll(banks, 1, 2, full)];
  t.is(guilty(a[20], b[20]), 1);
  const proof: Proof = { kind: 'two-announcements', first: a[20], second: b[20] };
  t.true(encodeEvidence({ kind: 'proof', proof }).length <= 1 + 2 * (82 + 32 + 6 * 32));
});

test('what does not contradict is no proof: groups that overlap and agree, other sponsors, other envelopes', t => {
  const agreeing = announceAll(banks, 1, 14, ['e', 'f', 'g', 'h']);
  const harmless: [Announcement, Announcement][] = [
    [seven[0], seven[0]],
    [seven[0], seven[1]],
    [seven[4], agreeing[0]],
    [seven[6], agreeing[2]],
    [seven[0], agreeing[3]],
    [seven[0], announce(banks, 2, 10, 'z')],
    [seven[0], announce(banks, 2, 99, 'a')],
  ];
  for (const [first, second] of harmless) {
    t.true(holds(first) && holds(second));
    t.false(contradictory(first, second));
    t.is(guilty(first, second), undefined);
  }
});

test('a contradiction that its sponsor did not sign convicts nobody', t => {
  const [first] = seven;
  const second = announce(banks, 1, 10, 'z', statement => ed25519.sign(banks.seeds[0], statement));
  t.true(contradictory(first, second));
  t.is(guilty(first, second), undefined);
  const { group } = alone(seven[1]);
  const moved = announcementsOf({ ...group, tree: new IdTree(7, [0], [seven[1].id], group.tree.hashes) })[0];
  t.true(contradictory(first, moved));
  t.is(guilty(first, moved), undefined);
});

/** How often signatures were looked at. */
function counting() {
  let count = 0;
  const check: Verify = (...args) => {
    count++;
    return verify(...args);
  };
  return { verified: new VerifiedGroups(network, check), count: () => count };
}

test('the signature of a group is verified once, however it comes', t => {
  const { verified, count } = counting();
  for (const part of [
    seven,
    seven.map(alone),
    decodeList(encodeList(seven)),
    decodeList(encodeList(seven.slice(2, 5))),
  ]) {
    for (const announcement of part) t.true(verified.holds(announcement));
  }
  t.is(count(), 1);
  t.true(verified.holds(announce(banks, 1, 1, 'other')));
  t.is(count(), 2);
});

test('nothing unverified is remembered, and no other signature rides along with one that was verified', t => {
  const { verified, count } = counting();
  const [right] = seven;
  const spoil = (at: number) => {
    const signature = right.group.signature.map((byte, i) => (i === at ? byte ^ 1 : byte));
    return announcementsOf({ ...right.group, signature })[0];
  };
  for (const wrong of [spoil(0), spoil(0), spoil(63)]) t.false(verified.holds(wrong));
  t.is(count(), 3);
  t.true(verified.holds(right));
  for (const wrong of [spoil(0), spoil(63)]) t.false(verified.holds(wrong));
  // the same words of another bank
  const other = announcementsOf({ ...right.group, sponsor: 0 })[0];
  t.false(verified.holds(other));
  t.is(count(), 7);
});

test('what is remembered is bounded, for each sponsor by itself', t => {
  const { verified, count } = counting();
  const ofAnother = announce(banks, 0, 1, 'first');
  t.true(verified.holds(ofAnother));
  const many = Array.from({ length: verifiedGroupsMax + 1 }, (_, i) => announce(banks, 1, 1 + i, `${i}`));
  for (const each of many) t.true(verified.holds(each));
  const before = count();
  const again = (a: Announcement) => verified.holds(decodeOne(encodeOne(a)));
  t.true(again(many[verifiedGroupsMax]) && again(many[1]) && again(ofAnother));
  t.is(count(), before);
  t.true(again(many[0]));
  t.is(count(), before + 1);
});

test('a group is as large as may be and no larger', t => {
  t.throws(() =>
    announceAll(
      banks,
      0,
      1,
      Array.from({ length: announcementGroupMax + 1 }, (_, i) => idOf(i)),
    ),
  );
  t.throws(() => announceAll(banks, 0, 1, []));
});
