/** Encodings of the agreement's messages. */
import test from 'ava';
import fc from 'fast-check';
import { alone, announcementHolds, type Numbered } from '../../../src/agreement/announcement.js';
import { convicted, decodeEvidence, type Evidence, encodeEvidence, type Proof } from '../../../src/agreement/index.js';
import {
  decodeMessage,
  encodeMessage,
  type Message,
  type Proposal,
  proposalsDigest,
} from '../../../src/agreement/messages.js';
import { type Signed, type Void, voidHolds, voidStatement } from '../../../src/agreement/statements.js';
import { toHex } from '../../../src/crypto/index.js';
import { type ErrorCode, isCode } from '../../../src/errors.js';
import { committedStatement, recordHash, recordStatement, rosterVerify } from '../../../src/ledger/log.js';
import { burnedListMax } from '../../../src/limits.js';
import { certify, idOf, makeBanks, makeRecord } from '../ledger/records.js';
import { cheapSign, cheapVerify } from './cluster.js';
import { announce, announceAll } from './envelopes.js';

const banks = makeBanks(3);
const { network } = banks;
const verify = cheapVerify(banks);
const verifyReal = rosterVerify(network);
const sign = (bank: number, statement: Uint8Array) => cheapSign(banks, bank)(statement);

const signedBy = (bank: number, name: string, attempt = 1): Signed => {
  const at = { height: 1, attempt, recordHash: idOf(name) };
  const commitment = idOf('state');
  return { ...at, bank, commitment, signature: sign(bank, recordStatement(network.id, at, bank, commitment)) };
};
const rootVoid = (bank: number, attempt = 1): Void => {
  const place = { height: 1, attempt };
  return { ...place, bank, root: undefined, signature: sign(bank, voidStatement(network.id, place, bank, undefined)) };
};
const voidAfter = (bank: number, { bank: root, signature, ...place }: Void): Void => {
  const cause = { bank: root, signature };
  const at = { height: place.height, attempt: place.attempt };
  return { ...at, bank, root: cause, signature: sign(bank, voidStatement(network.id, at, bank, cause)) };
};
const committedBy = (bank: number, name: string, height = 1) => ({
  height,
  hash: idOf(name),
  signature: sign(bank, committedStatement(network.id, height, idOf(name))),
});

const proposal: Proposal = {
  session: idOf('session').slice(0, 8),
  height: 7,
  attempt: 2,
  base: 1,
  round: 3,
  ready: [announce(banks, 0, 4, 'a'), announce(banks, 0, 5, 'b'), announce(banks, 2, 1, 'c')],
  burned: [idOf('x'), idOf('y')].sort(Buffer.compare),
  at: { vole: 70_000, triples: 5, selections: 0 },
};
const record = makeRecord(network, { entries: [{ id: idOf('a'), status: { kind: 'settled', pi: 1 } }] });
const proofs: Proof[] = [
  { kind: 'sign-and-void', signed: signedBy(1, 'r'), voidSignature: rootVoid(1).signature },
  { kind: 'two-records', first: signedBy(1, 'r'), second: signedBy(1, 's') },
  { kind: 'two-committed', bank: 2, first: committedBy(2, 'r'), second: committedBy(2, 's') },
];
const messages: Message[] = [
  { kind: 'status', height: 3, hash: idOf('hash'), attempt: 2 },
  { kind: 'proposal', ...proposal },
  { kind: 'signed', signed: signedBy(1, 'r') },
  { kind: 'void', void: rootVoid(1) },
  { kind: 'void', void: voidAfter(2, rootVoid(1)) },
  { kind: 'committed', committed: committedBy(0, 'r') },
  { kind: 'certificate', record, certificate: certify(banks, record) },
  { kind: 'accusation', evidence: { kind: 'accusation', culprit: 1, why: 'a tag did not match' } },
  { kind: 'accusation', evidence: { kind: 'accusation', culprit: undefined, why: '' } },
  ...proofs.map(proof => ({ kind: 'accusation', evidence: { kind: 'proof', proof } }) as const),
];

const refusal = (bytes: Uint8Array): ErrorCode | undefined => {
  try {
    decodeMessage(bytes, 3);
  } catch (error) {
    return isCode(error, 'MALFORMED', 'OVERSIZED') ? error.code : undefined;
  }
  return undefined;
};

test('every message is decoded to itself', t => {
  for (const message of messages) t.deepEqual(decodeMessage(encodeMessage(message), 3), message);
});

test('a message that is cut, too long or of no kind is malformed', t => {
  for (const message of messages) {
    const bytes = encodeMessage(message);
    for (let count = 0; count < bytes.length; count += 5) t.is(refusal(bytes.subarray(0, count)), 'MALFORMED');
    t.is(refusal(Uint8Array.of(...bytes, 0)), 'MALFORMED');
  }
  t.is(refusal(Uint8Array.of(77)), 'MALFORMED');
});

test('whatever the bytes, a message is decoded canonically or refused with a code', t => {
  const noise = fc.tuple(fc.constantFrom(...messages), fc.nat(), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(noise, ([message, at, flip]) => {
      const bytes = encodeMessage(message);
      bytes[at % bytes.length] ^= flip;
      const code = refusal(bytes);
      if (code === undefined) t.deepEqual(encodeMessage(decodeMessage(bytes, 3)), bytes);
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      if (refusal(bytes) === undefined) t.deepEqual(encodeMessage(decodeMessage(bytes, 3)), bytes);
    }),
  );
});

test('a proposal lists each id once, in order, of sponsors that exist, and no more than the bound', t => {
  const [a] = proposal.ready;
  const wrong: Partial<Proposal>[] = [
    { ready: [a, announce(banks, 0, 4, 'd')] }, // one number
    { ready: [a, announce(banks, 2, 1, 'a')] }, // one id
    { ready: [a, announce(banks, 1, 4, 'a')] },
    { ready: [announce(makeBanks(4), 3, 1, 'a')] },
    { burned: [...proposal.burned].reverse() },
    { burned: [proposal.burned[0], proposal.burned[0]] },
    { round: 0 },
    { height: 0 },
    { attempt: 0 },
  ];
  for (const over of wrong) t.is(refusal(encodeMessage({ kind: 'proposal', ...proposal, ...over })), 'MALFORMED');
  const many = Array.from({ length: burnedListMax + 1 }, (_, i) => idOf(i)).sort(Buffer.compare);
  t.is(refusal(encodeMessage({ kind: 'proposal', ...proposal, burned: many })), 'OVERSIZED');
});

test('a proposal tells announcements of one group together, whatever the order of the groups', t => {
  const full = announceAll(
    banks,
    1,
    1,
    Array.from({ length: 64 }, (_, i) => idOf(i)),
  );
  const few = announceAll(banks, 0, 1, ['a', 'b', 'c', 'd']).filter((_, i) => i !== 1);
  // of groups that overlap, which no honest sponsor makes, each tells what the other does not
  const overlapping = announceAll(banks, 2, 1, ['p', 'q', 'r', 's']);
  const [, between] = announceAll(banks, 2, 1, ['x', 'y', 'z', 'w']);
  const ready = [...few, ...full, overlapping[0], between, overlapping[2]];
  const bytes = encodeMessage({ kind: 'proposal', ...proposal, ready: ready.map(alone) });
  const again = decodeMessage(bytes, 3);
  const numbers = (list: readonly Numbered[]) => list.map(({ id, sponsor, sequence }) => ({ id, sponsor, sequence }));
  t.true(again.kind === 'proposal' && again.ready.every(a => announcementHolds(network.id, verifyReal, a)));
  t.deepEqual(again.kind === 'proposal' ? numbers(again.ready) : [], numbers(ready));
  t.deepEqual(again.kind === 'proposal' ? encodeMessage({ ...again }) : undefined, bytes);
  const empty = encodeMessage({ kind: 'proposal', ...proposal, ready: [] }).length;
  const listed = encodeMessage({ kind: 'proposal', ...proposal, ready: full.map(alone) }).length;
  t.is(listed - empty, 64 * 32 + 82);
});

test('the digest of the proposals changes with each of them', t => {
  const base = toHex(proposalsDigest([proposal, proposal]));
  const changes: Partial<Proposal>[] = [
    { burned: [] },
    { ready: [] },
    { round: 4 },
    { session: new Uint8Array(8) },
    { at: { vole: 0, triples: 5, selections: 0 } },
  ];
  for (const over of changes) {
    t.not(toHex(proposalsDigest([{ ...proposal, ...over }, proposal])), base);
    t.not(toHex(proposalsDigest([proposal, { ...proposal, ...over }])), base);
  }
});

test('a void holds for its bank, place and root alone', t => {
  const root = rootVoid(1);
  const after = voidAfter(2, root);
  const holds = (v: Void) => voidHolds(network.id, verify, v);
  t.true(holds(root) && holds(after));
  const wrong: Void[] = [
    { ...root, bank: 2 },
    { ...root, attempt: 2 },
    { ...root, height: 2 },
    { ...after, root: undefined },
    { ...after, root: { bank: 0, signature: root.signature } },
    { ...after, attempt: 2 },
    { ...root, root: { bank: 2, signature: rootVoid(2).signature } },
    voidAfter(1, root), // by the root itself
    voidAfter(2, rootVoid(1, 2)), // a root of another attempt is one of that attempt
  ];
  for (const v of wrong.slice(0, -1)) t.false(holds(v));
  t.true(holds(wrong[wrong.length - 1]));
  t.is(wrong[wrong.length - 1].attempt, 2);
  t.false(voidHolds(idOf('another network'), verify, root));
});

test('each proof convicts its bank, and nothing less is a proof', t => {
  const guilty = (proof: Proof) => convicted(network.id, verify, proof);
  t.deepEqual(proofs.map(guilty), [1, 1, 2]);
  const voidOf = (v: Void) => v.signature;
  const none: Proof[] = [
    { kind: 'sign-and-void', signed: signedBy(1, 'r'), voidSignature: voidOf(rootVoid(2)) },
    { kind: 'sign-and-void', signed: signedBy(1, 'r', 2), voidSignature: voidOf(rootVoid(1)) },
    // to sign and then to void after another bank is what the rules ask for
    { kind: 'sign-and-void', signed: signedBy(1, 'r'), voidSignature: voidOf(voidAfter(1, rootVoid(2))) },
    {
      kind: 'sign-and-void',
      signed: { ...signedBy(1, 'r'), commitment: idOf('x') },
      voidSignature: voidOf(rootVoid(1)),
    },
    { kind: 'two-records', first: signedBy(1, 'r'), second: signedBy(1, 'r') },
    { kind: 'two-records', first: signedBy(1, 'r'), second: signedBy(2, 's') },
    { kind: 'two-records', first: signedBy(1, 'r'), second: signedBy(1, 's', 2) },
    { kind: 'two-records', first: signedBy(1, 'r'), second: { ...signedBy(1, 's'), signature: new Uint8Array(64) } },
    { kind: 'two-committed', bank: 2, first: committedBy(2, 'r'), second: committedBy(2, 'r') },
    { kind: 'two-committed', bank: 2, first: committedBy(2, 'r'), second: committedBy(2, 's', 2) },
    { kind: 'two-committed', bank: 2, first: committedBy(2, 'r'), second: committedBy(1, 's') },
  ];
  for (const proof of none) t.is(guilty(proof), undefined);
});

test('a sponsor’s contradiction is a proof, with its real signatures', t => {
  const proof: Proof = {
    kind: 'two-announcements',
    first: announce(banks, 1, 4, 'a'),
    second: announce(banks, 1, 4, 'b'),
  };
  t.is(convicted(network.id, verifyReal, proof), 1);
  t.is(convicted(network.id, verifyReal, { ...proof, second: announce(banks, 1, 5, 'b') }), undefined);
  const evidence: Evidence = { kind: 'proof', proof };
  t.deepEqual(decodeEvidence(encodeEvidence(evidence), 3), evidence);
});

test('a record is not signed by what signs another bank, place or commitment', t => {
  const at = { height: 1, attempt: 1, recordHash: recordHash(record) };
  const statements = [
    recordStatement(network.id, at, 0, idOf('c')),
    recordStatement(network.id, at, 1, idOf('c')),
    recordStatement(network.id, { ...at, attempt: 2 }, 0, idOf('c')),
    recordStatement(network.id, { ...at, height: 2 }, 0, idOf('c')),
    recordStatement(network.id, at, 0, idOf('d')),
    recordStatement(idOf('n'), at, 0, idOf('c')),
  ];
  t.is(new Set(statements.map(toHex)).size, statements.length);
});
