/**
 * Attacks on sponsors' signed groups: against the code, and with that one defence taken away, where they succeed. An honest
 * sponsor is convicted by what anybody can check, or a cheating one goes free.
 */
import test from 'ava';
import {
  type Announcement,
  alone,
  announcementsOf,
  groupStatement,
  isOfItsGroup,
} from '../../src/agreement/announcement.js';
import { IdTree } from '../../src/agreement/id-tree.js';
import { convicted } from '../../src/agreement/index.js';
import { VerifiedGroups } from '../../src/agreement/verified-groups.js';
import { equalBytes, toHex } from '../../src/crypto/index.js';
import { rosterVerify, type Verify } from '../../src/ledger/log.js';
import { announcementGroupMax } from '../../src/limits.js';
import { announce, announceAll } from '../src/agreement/envelopes.js';
import { idOf, makeBanks } from '../src/ledger/records.js';

const banks = makeBanks(3);
const { network } = banks;
const verify = rosterVerify(network);
const proof = (first: Announcement, second: Announcement) => ({ kind: 'two-announcements', first, second }) as const;

/** As if the statement did not say the size: whatever it says, the sponsor's signature over this root and first number counts. */
function withoutSize(signed: Announcement): Verify {
  const { group } = signed;
  const { sponsor, first } = group;
  const { root } = group.tree;
  const sized = (size: number) => ({ size, root }) as IdTree;
  const statements = Array.from({ length: announcementGroupMax }, (_, i) =>
    groupStatement(network.id, { sponsor, first, tree: sized(i + 1) }),
  );
  const signedStatement = groupStatement(network.id, group);
  return (bank, statement, signature) =>
    verify(bank, statements.some(each => equalBytes(each, statement)) ? signedStatement : statement, signature);
}

test('a root shown with another size convicts nobody; without the size in the signature, its honest sponsor', t => {
  const third = alone(announceAll(banks, 1, 1, ['a', 'b', 'c'])[2]);
  // the root of three is that of two whose first is a node
  const tree = new IdTree(2, [1], [third.id], third.group.tree.hashes);
  const [asSecond] = announcementsOf({ ...third.group, tree });
  t.deepEqual(asSecond.group.tree.root, third.group.tree.root);
  t.deepEqual([third.sequence, asSecond.sequence], [3, 2]);
  t.is(convicted(network.id, verify, proof(third, asSecond)), undefined);
  t.is(convicted(network.id, withoutSize(third), proof(third, asSecond)), 1);
});

test('a node shown as an id convicts nobody, not even where the signature says no size', t => {
  const [first] = announceAll(banks, 1, 1, ['a', 'b', 'c', 'd']);
  const { tree } = first.group;
  // the two nodes below the root as the ids of a group of two
  const nodes = [tree.path(2).subarray(0, 32), tree.path(0).subarray(0, 32)];
  for (const [index, node] of nodes.entries()) {
    const asTwo = new IdTree(2, [index], [node], nodes[1 - index]);
    const [announcement] = announcementsOf({ ...first.group, tree: asTwo });
    t.true(isOfItsGroup(announcement));
    t.false(withoutSize(first)(1, groupStatement(network.id, announcement.group), first.group.signature));
    t.is(convicted(network.id, withoutSize(first), proof(first, announcement)), undefined);
  }
});

/** As if a group, once verified, were known by what it says alone. */
class ByStatement extends VerifiedGroups {
  readonly #signatures = new Map<string, Uint8Array>();

  override holds(announcement: Announcement): boolean {
    const { group } = announcement;
    const name = toHex(groupStatement(network.id, group));
    const signature = this.#signatures.get(name);
    if (signature) return super.holds({ ...announcement, group: { ...group, signature } });
    if (!super.holds(announcement)) return false;
    this.#signatures.set(name, group.signature);
    return true;
  }
}

test('another signature beside a verified root is refused; known by its words alone it is kept, and convicts nobody', t => {
  const right = announce(banks, 1, 7, 'x');
  const spoiled = announcementsOf({ ...right.group, signature: right.group.signature.map(byte => byte ^ 1) })[0];
  const second = announce(banks, 1, 8, 'x');
  const kept = (groups: VerifiedGroups) => {
    t.true(groups.holds(right));
    return groups.holds(spoiled) ? spoiled : right;
  };
  t.is(convicted(network.id, verify, proof(kept(new VerifiedGroups(network, verify)), second)), 1);
  // and whoever tells a proof that proves nothing is accused of it
  t.is(convicted(network.id, verify, proof(kept(new ByStatement(network, verify)), second)), undefined);
});

test('an envelope that was numbered before it was refused convicts its honest sponsor when it comes again', t => {
  const [ready, refused] = [idOf('ready'), idOf('refused')];
  // the right order: refused first, numbered when it is taken
  const [first] = announceAll(banks, 1, 1, [ready]);
  const [later] = announceAll(banks, 1, 2, [refused]);
  t.is(convicted(network.id, verify, proof(first, later)), undefined);
  // the other: both are in the signed tree, the one refused is told to nobody; the other's path is enough to show it
  const group = announceAll(banks, 1, 1, [ready, refused]);
  const told = alone(group[0]);
  const [again] = announceAll(banks, 1, 3, [refused]);
  const tree = new IdTree(2, [1], [refused], new IdTree(1, [0], [ready], new Uint8Array(0)).root);
  const [shown] = announcementsOf({ ...told.group, tree });
  t.is(shown.sequence, 2);
  t.is(convicted(network.id, verify, proof(shown, again)), 1);
});
