/** Trees of ids: every part of one shows the root of the whole, and has one encoding. */
import test from 'ava';
import fc from 'fast-check';
import { IdTree } from '../../../src/agreement/id-tree.js';
import { decodeAll, Writer } from '../../../src/codec/index.js';
import { concatBytes, hash, toHex } from '../../../src/crypto/index.js';
import { isCode } from '../../../src/errors.js';
import { announcementGroupMax } from '../../../src/limits.js';

const idsOf = (count: number) => Array.from({ length: count }, (_, i) => new Uint8Array(32).fill(i));
const encode = (tree: IdTree) => tree.write(new Writer()).done();
const decode = (bytes: Uint8Array) => decodeAll(bytes, 'tree', r => IdTree.read(r));
const some = (tree: IdTree, indices: readonly number[]) => IdTree.joined(indices.map(index => ({ index, tree })));

/** RFC 9162, section 2.1.1, word by word. */
function slowRoot(ids: readonly Uint8Array[]): Uint8Array {
  if (ids.length === 1) return hash('covault/announce-leaf', ids[0]);
  let k = 1;
  while (2 * k < ids.length) k *= 2;
  return hash('covault/announce-node', slowRoot(ids.slice(0, k)), slowRoot(ids.slice(k)));
}

/** RFC 9162, section 2.1.3.2: from the leaf up, with a path that begins at the leaf. */
function slowRootOfPath(
  id: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Uint8Array | undefined {
  let [fn, sn] = [index, size - 1];
  let r = hash('covault/announce-leaf', id);
  for (const p of path) {
    if (sn === 0) return undefined;
    if (fn % 2 === 1 || fn === sn) {
      r = hash('covault/announce-node', p, r);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else r = hash('covault/announce-node', r, p);
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  return sn === 0 ? r : undefined;
}

const hashesOf = (path: Uint8Array) =>
  Array.from({ length: path.length / 32 }, (_, i) => path.slice(32 * i, 32 * (i + 1)));

const anyPart = fc.integer({ min: 1, max: announcementGroupMax }).chain(size =>
  fc.record({
    size: fc.constant(size),
    members: fc.uniqueArray(fc.nat(size - 1), { minLength: 1, maxLength: size }),
  }),
);

test('roots are those that anybody computes from the text', t => {
  const roots = {
    1: '0a1348a7d50a371143bff457cfbde2bbf639d92e583d59a24922674c518b4198',
    2: '3c8be2002c8d3b40ec290af9a6910bfe1190b758852d4045723e2222c2a5eeaf',
    5: '2abd959d8e90877979f564a5fffe8d6b122671fa47e69b2b565bcd6714d84987',
    64: '26bee3197d54b679b70beb778f1798950806e3805b1478ebb012340e14ea69fe',
  };
  for (const [count, root] of Object.entries(roots)) t.is(toHex(IdTree.of(idsOf(Number(count))).root), root);
  for (let count = 1; count <= announcementGroupMax; count++) {
    t.deepEqual(IdTree.of(idsOf(count)).root, slowRoot(idsOf(count)));
  }
});

test('the path of every leaf of every size is the one of the text', t => {
  for (let size = 1; size <= announcementGroupMax; size++) {
    const tree = IdTree.of(idsOf(size));
    for (let index = 0; index < size; index++) {
      const path = hashesOf(tree.path(index));
      t.true(path.length <= 6);
      t.deepEqual(slowRootOfPath(tree.ids[index], index, size, path.reverse()), tree.root);
    }
  }
});

test('any members of a tree, from wherever they come, show its root, and are decoded to themselves', t => {
  fc.assert(
    fc.property(anyPart, ({ size, members }) => {
      const whole = IdTree.of(idsOf(size));
      const sorted = [...members].sort((a, b) => a - b);
      const part = some(whole, members);
      t.deepEqual(part.members, sorted);
      t.deepEqual(part.root, whole.root);
      for (const index of members) {
        t.deepEqual(part.path(index), whole.path(index));
        t.deepEqual(part.id(index), whole.ids[index]);
        t.deepEqual(encode(part.only(index)), encode(whole.only(index)));
      }
      const bytes = encode(part);
      t.is(bytes.length, part.bytes);
      const again = decode(bytes);
      t.deepEqual(again.root, whole.root);
      t.deepEqual(encode(again), bytes);
      // of members that came alone, and of members that came in two parts
      const alone = IdTree.joined(members.map(index => ({ index, tree: whole.only(index) })));
      t.deepEqual(encode(alone), bytes);
      const half = Math.ceil(members.length / 2);
      const halves = members.map((index, k) => {
        return { index, tree: some(whole, k < half ? members.slice(0, half) : members.slice(half)) };
      });
      t.deepEqual(encode(IdTree.joined(halves)), bytes);
    }),
    { numRuns: 150 },
  );
});

test('a lone leaf carries no hash, a full tree none, one of 64 six', t => {
  const full = IdTree.of(idsOf(64));
  t.is(encode(IdTree.of(idsOf(1))).length, 1 + 1 + 32);
  t.is(encode(full).length, 1 + 8 + 64 * 32);
  t.is(encode(full.only(37)).length, 1 + 8 + 32 + 6 * 32);
  t.is(full.id(64), undefined);
  t.is(full.only(3).id(4), undefined);
});

test('a tree that is cut, too long, too large, or has members beyond its size or none, is refused', t => {
  const bytes = encode(some(IdTree.of(idsOf(11)), [2, 3, 10]));
  const wrong = [
    ...Array.from(bytes, (_, cut) => bytes.slice(0, cut)),
    concatBytes(bytes, new Uint8Array(1)),
    concatBytes(bytes, new Uint8Array(32)),
    Uint8Array.of(0, ...bytes.subarray(1)),
    new Uint8Array(4000).fill(255).fill(announcementGroupMax + 1, 0, 1),
    Uint8Array.of(11, 0, 0, ...new Uint8Array(400)),
    Uint8Array.of(11, 0, 1 << 3, ...new Uint8Array(32 * 20)),
  ];
  for (const each of wrong)
    t.true(
      isCode(
        t.throws(() => decode(each)),
        'MALFORMED',
      ),
    );
});

test('a changed id, hash or member is another root', t => {
  const whole = IdTree.of(idsOf(13));
  const bytes = encode(some(whole, [0, 4, 5, 12]));
  for (let at = 1; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at] ^= 1 << (at % 8);
    try {
      t.notDeepEqual(decode(changed).root, whole.root);
    } catch (error) {
      t.true(isCode(error, 'MALFORMED'));
    }
  }
});

test('a node is no leaf, and a leaf no node', t => {
  const ids = idsOf(4);
  const { root } = IdTree.of(ids);
  const inner = IdTree.of(ids.slice(0, 2)).root;
  const other = IdTree.of(ids.slice(2)).root;
  // the two nodes below the root, given out as ids or as the leaves of ids
  t.notDeepEqual(IdTree.of([inner, other]).root, root);
  t.notDeepEqual(new IdTree(2, [0], [inner], other).root, root);
  // and what is hashed for a node, given out as an id
  t.notDeepEqual(IdTree.of([concatBytes(inner, other)]).root, root);
});

test('a root does not tell the size: what signs it must', t => {
  const three = IdTree.of(idsOf(3));
  const asTwo = new IdTree(2, [1], [three.ids[2]], three.only(2).hashes);
  t.deepEqual(asTwo.root, three.root);
});
