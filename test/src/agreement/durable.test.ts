/** What a damaged disk may hold under the agreement's keys: refused with a typed error, never taken, never an assertion. */
import test from 'ava';
import {
  durablePrefix,
  putBurned,
  putCertified,
  putMarked,
  putSigned,
  putVoid,
} from '../../../src/agreement/durable.js';
import { announceGroup, loadDurable } from '../../../src/agreement/index.js';
import { decodeSeen, putSeen, type SeenEntry, seenKey } from '../../../src/agreement/seen-entry.js';
import { decodeSegment, encodeSegment } from '../../../src/agreement/segment.js';
import { concatBytes, utf8 } from '../../../src/crypto/index.js';
import { type ErrorCode, isCode } from '../../../src/errors.js';
import { recordHash } from '../../../src/ledger/log.js';
import { entryHash } from '../../../src/ledger/recovery-entry.js';
import type { StoreOp } from '../../../src/ports.js';
import { certify, idOf, makeBanks, makeChain } from '../ledger/records.js';
import { entryOf as recoveryEntry } from './cluster.js';

const banks = makeBanks(3);
const chain = makeChain(banks, [{ entries: ['a'] }, { entries: ['b'] }, { entries: ['c'] }]).map(record => ({
  record,
  certificate: certify(banks, record),
}));
const last = putCertified(chain[0])[0];

type Entry = readonly [key: Uint8Array, value: Uint8Array];
const entryOf = (op: StoreOp): Entry => [op.key, op.type === 'put' ? op.value : new Uint8Array()];
const load = (...ops: (StoreOp | Entry)[]) =>
  loadDurable(
    [last, ...ops].map(op => ('type' in op ? entryOf(op) : op)),
    3,
  );
const refused = (t: { true(value: boolean, what?: string): void }, code: ErrorCode, call: () => unknown) => {
  try {
    call();
    t.true(false, 'it was taken');
  } catch (error) {
    t.true(isCode(error, code), error instanceof Error ? error.stack : '');
  }
};

const signed = ({ record, certificate }: (typeof chain)[number]) => ({
  record,
  hash: recordHash(record),
  entry: utf8('entry'),
  ...certificate[0],
});
const voidOf = (height: number, attempt: number) =>
  putVoid({ height, attempt, bank: 1, root: undefined, signature: new Uint8Array(64) });

test('what was signed and voided of the next height is loaded, of any other it means damage', t => {
  const found = load(putSigned(1, signed(chain[1])), voidOf(2, 2), putBurned(idOf('x'), true));
  t.is(found.attempts.get(1)?.signed?.record?.height, 2);
  t.is(found.attempts.get(2)?.void?.height, 2);
  t.deepEqual([...found.burned.values()], [true]);
  refused(t, 'STORE_DAMAGED', () => load(putSigned(1, signed(chain[2]))));
  refused(t, 'STORE_DAMAGED', () => load(voidOf(3, 1)));
});

test('what was signed and voided stands under its own attempt', t => {
  refused(t, 'STORE_DAMAGED', () => load(putSigned(2, signed(chain[1]))));
  const [, value] = entryOf(voidOf(2, 1));
  refused(t, 'STORE_DAMAGED', () => load([entryOf(voidOf(2, 3))[0], value]));
});

test('a signature whose record is not known stands by its hash, and under the height and attempt of its entry', t => {
  const alone = (attempt: number, height = 2) => {
    const entry = recoveryEntry({ height, attempt }, 0);
    return { ...signed(chain[1]), record: undefined, entry, commitment: entryHash(entry) };
  };
  t.deepEqual(load(putSigned(3, alone(3))).attempts.get(3)?.signed, alone(3));
  refused(t, 'STORE_DAMAGED', () => load(putSigned(3, alone(2))));
  refused(t, 'STORE_DAMAGED', () => load(putSigned(3, alone(3, 1))));
  refused(t, 'MALFORMED', () => load(putSigned(3, { ...alone(3), entry: utf8('entry') })));
});

test('a key whose end is no attempt is refused', t => {
  const [key, value] = entryOf(putMarked(1, [idOf('a')]));
  t.is(load([key, value]).attempts.size, 1);
  for (const wrong of [
    key.slice(0, -1),
    key.slice(0, -3),
    concatBytes(key, Uint8Array.of(0)),
    key.map((b, i) => (i === key.length - 1 ? 0 : b)),
  ]) {
    refused(t, 'MALFORMED', () => load([wrong, value]));
  }
  refused(t, 'STORE_DAMAGED', () => load([concatBytes(durablePrefix, utf8('marked/')), value]));
});

test('a burned id is one, and is listed or is not', t => {
  const [key] = entryOf(putBurned(idOf('x'), true));
  for (const value of [[], [2], [255], [1, 0]]) refused(t, 'MALFORMED', () => load([key, Uint8Array.from(value)]));
  refused(t, 'MALFORMED', () => load([key.slice(0, -1), Uint8Array.of(1)]));
});

test('a segment whose heights end beyond all numbers is refused', t => {
  const bytes = encodeSegment(chain);
  const first = (height: number) => {
    const changed = bytes.slice();
    new DataView(changed.buffer).setBigUint64(1, BigInt(height), true);
    return changed;
  };
  t.is(decodeSegment(first(1)).length, 3);
  for (const height of [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1]) {
    refused(t, 'MALFORMED', () => decodeSegment(first(height)));
  }
});

const id = idOf('seen');
const entry = (over: Partial<SeenEntry> = {}, planning: Partial<SeenEntry['planning']> = {}): SeenEntry => ({
  planning: {
    kind: 'transfer',
    debits: 3,
    opens: undefined,
    rekeys: undefined,
    signedBy: 3,
    expiry: 9,
    stock: { vole: 1, triples: 0, selections: 0 },
    ...planning,
  },
  keyHash: idOf('key'),
  done: false,
  announcements: [announced(id, 0)],
  ...over,
});
function announced(of: Uint8Array, sponsor: number) {
  return announceGroup(banks.network.id, sponsor, 1, [of], () => new Uint8Array(64))[0];
}
const bytesOfEntry = (of: SeenEntry) => entryOf(putSeen(id, of))[1];

test('an entry of the pool that no bank has written is refused', t => {
  t.deepEqual(decodeSeen(seenKey(id), bytesOfEntry(entry()), 3), { id, ...entry() });
  const wrong: SeenEntry[] = [
    entry({ keyHash: new Uint8Array(31) }),
    entry({ done: true }),
    entry({ announcements: [] }),
    entry({ announcements: [announced(id, 0), announced(id, 0)] }),
    entry({ announcements: [announced(idOf('other'), 0)] }),
    entry({}, { debits: undefined }),
    entry({}, { opens: 3 }),
    entry({}, { debits: 2 ** 32 - 1 }),
    entry({}, { kind: 'reveal' }),
    entry({}, { kind: 'open', debits: undefined }),
    entry({}, { kind: 'open', debits: undefined, opens: 3 }),
    entry({}, { kind: 'audit', debits: undefined }),
    entry({}, { rekeys: 3 }),
    entry({}, { signedBy: 4 }),
    entry({}, { kind: 'rekey', debits: undefined }),
    entry({}, { kind: 'rekey', debits: undefined, rekeys: 4 }),
  ];
  const right = [
    entry({}, { signedBy: undefined }),
    entry({}, { kind: 'reveal', debits: undefined, signedBy: 3 }),
    entry({}, { kind: 'rekey', debits: undefined, rekeys: 3 }),
    entry({}, { kind: 'rekey', debits: undefined, rekeys: 3, signedBy: undefined }),
    entry({}, { kind: 'audit', debits: undefined, signedBy: undefined }),
  ];
  for (const each of right) t.deepEqual(decodeSeen(seenKey(id), bytesOfEntry(each), 3), { id, ...each });
  for (const each of wrong) refused(t, 'MALFORMED', () => decodeSeen(seenKey(id), bytesOfEntry(each), 3));
  refused(t, 'MALFORMED', () => decodeSeen(seenKey(id).slice(0, -1), bytesOfEntry(entry()), 3));
  const [kind, absent] = [bytesOfEntry(entry()), bytesOfEntry(entry())];
  kind[0] = 5;
  absent[1] = 0; // the page of a debit that is not there
  for (const bytes of [kind, absent]) refused(t, 'MALFORMED', () => decodeSeen(seenKey(id), bytes, 3));
});
