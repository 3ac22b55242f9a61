/** Public records: encoding and what none may be. */
import test from 'ava';
import fc from 'fast-check';
import { isCode } from '../../../src/errors.js';
import { P } from '../../../src/field/index.js';
import {
  ChainVerifier,
  decodeRecord,
  encodeRecord,
  type LedgerRecord,
  recordHash,
  rejectReasons,
  type Status,
  verifyCertificate,
  verifyFinal,
} from '../../../src/ledger/log.js';
import { certify, idOf, makeBanks, makeChain, makeRecord, signCommitted } from './records.js';

const banks = makeBanks(3);
const { network } = banks;

const statuses: Status[] = [
  { kind: 'settled', pi: 0 },
  { kind: 'settled', pi: 1 },
  ...rejectReasons.map(reason => ({ kind: 'rejected', reason }) as const),
  { kind: 'revealed', y: P - 1n },
  { kind: 'opened', account: 3 },
  { kind: 'audited', sum: 100n },
];
const full = makeRecord(network, {
  entries: statuses.map((status, i) => ({ id: idOf(i), status })),
  burned: [idOf('x'), idOf('y')].sort(Buffer.compare),
});

const throws = (
  t: { true(value: boolean): void },
  code: 'MALFORMED' | 'OVERSIZED' | 'BAD_CERTIFICATE',
  f: () => void,
) => {
  try {
    f();
  } catch (error) {
    t.true(isCode(error, code));
    return;
  }
  t.true(false);
};

test('a record is decoded to itself', t => {
  t.deepEqual(decodeRecord(encodeRecord(full)), full);
});

test('the encoding of a record is fixed', t => {
  const record: LedgerRecord = {
    networkId: new Uint8Array(32).fill(10),
    rosterVersion: 2,
    height: 3,
    attempt: 4,
    previous: new Uint8Array(32).fill(5),
    entries: [
      { id: new Uint8Array(32).fill(6), status: { kind: 'settled', pi: 1 } },
      { id: new Uint8Array(32).fill(7), status: { kind: 'revealed', y: 258n } },
    ],
    burned: [new Uint8Array(32).fill(8)],
    digest: new Uint8Array(32).fill(9),
    receiptsHash: new Uint8Array(32).fill(11),
    supply: 1_000n,
    recoveryHashes: [],
  };
  t.is(
    Buffer.from(encodeRecord(record))
      .toString('hex')
      .replace(/(0[a56789b])\1{31}/g, '[$1]'),
    [
      '02',
      '[0a]',
      '02000000',
      '0300000000000000',
      '04000000',
      '[05]',
      '02000000',
      '[06]',
      '00',
      '01',
      '[07]',
      '02',
      '0201000000000000',
      '01000000',
      '[08]',
      '[09]',
      '[0b]',
      'e803000000000000',
      '00000000',
    ].join(''),
  );
});

test('no cut or changed byte string is a record with the same hash', t => {
  const bytes = encodeRecord(full);
  for (let count = 0; count < bytes.length; count += 7)
    throws(t, 'MALFORMED', () => decodeRecord(bytes.subarray(0, count)));
  throws(t, 'MALFORMED', () => decodeRecord(Uint8Array.of(...bytes, 0)));
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = bytes.slice();
      changed[at] ^= flip;
      try {
        t.notDeepEqual(recordHash(decodeRecord(changed)), recordHash(full));
      } catch (error) {
        t.true(isCode(error, 'MALFORMED', 'OVERSIZED'));
      }
    }),
  );
});

test('a record with an id twice, settled and burned, or burned out of order is malformed', t => {
  const settled = (name: string) => ({ id: idOf(name), status: { kind: 'settled', pi: 0 } as const });
  const [low, high] = [idOf('a'), idOf('b')].sort(Buffer.compare);
  const wrong: Partial<LedgerRecord>[] = [
    { entries: [settled('a'), settled('a')] },
    { entries: [settled('a')], burned: [idOf('a')] },
    { burned: [high, low] },
    { burned: [low, low] },
    { height: 0 },
    { attempt: 0 },
    { supply: 1n << 60n },
  ];
  for (const over of wrong) t.throws(() => encodeRecord(makeRecord(network, over)));
  // the same as bytes from outside
  const bytes = encodeRecord(makeRecord(network, { burned: [low, high] }));
  const at = bytes.length - 4 - 8 - 32 - 32 - 64;
  const swapped = bytes.slice();
  swapped.set(high, at);
  swapped.set(low, at + 32);
  throws(t, 'MALFORMED', () => decodeRecord(swapped));
});

test('a certificate holds only with every bank signing this record, place and commitment', t => {
  const certificate = certify(banks, full);
  verifyCertificate(network, full, certificate);
  throws(t, 'BAD_CERTIFICATE', () => verifyCertificate(network, full, certificate.slice(1)));
  throws(t, 'BAD_CERTIFICATE', () => verifyCertificate(network, full, [...certificate, certificate[0]]));
  throws(t, 'BAD_CERTIFICATE', () =>
    verifyCertificate(network, full, [certificate[1], certificate[0], certificate[2]]),
  );
  for (const over of [{ attempt: 2 }, { height: 2 }, { digest: idOf('else') }, { networkId: idOf('else') }]) {
    throws(t, 'BAD_CERTIFICATE', () => verifyCertificate(network, { ...full, ...over }, certificate));
  }
  for (let bank = 0; bank < 3; bank++) {
    const other = certificate.map((s, i) => (i === bank ? { ...s, commitment: idOf('else') } : s));
    throws(t, 'BAD_CERTIFICATE', () => verifyCertificate(network, full, other));
  }
});

test('finality needs all committed statements of this very record, or its certified successor', t => {
  const [first, second] = makeChain(banks, [{ entries: ['a'] }, {}]);
  const of = { height: 1, hash: recordHash(first) };
  const signatures = signCommitted(banks, first);
  verifyFinal(network, of, { kind: 'committed', signatures });
  verifyFinal(network, of, { kind: 'next', record: second, certificate: certify(banks, second) });
  const wrong = [signatures.slice(1), signCommitted(banks, second), certify(banks, first).map(s => s.signature)];
  for (const list of wrong)
    throws(t, 'BAD_CERTIFICATE', () => verifyFinal(network, of, { kind: 'committed', signatures: list }));
  const skipping = { ...second, previous: idOf('else') };
  for (const record of [skipping, { ...second, height: 3 }]) {
    throws(t, 'BAD_CERTIFICATE', () =>
      verifyFinal(network, of, { kind: 'next', record, certificate: certify(banks, record) }),
    );
  }
});

test('the chain is walked from genesis, and from any certified record', t => {
  const records = makeChain(banks, [{ entries: ['a', 'b'] }, { burned: ['c'] }, { entries: ['d'] }]);
  const walker = new ChainVerifier(network);
  for (const record of records) walker.accept(record, certify(banks, record));
  t.is(walker.head.height, 3);
  t.is(walker.finalHeight, 2);
  walker.acceptFinal({ kind: 'committed', signatures: signCommitted(banks, records[2]) });
  t.is(walker.finalHeight, 3);

  const later = new ChainVerifier(network, { height: 1, hash: recordHash(records[0]) });
  later.accept(records[1], certify(banks, records[1]));
  t.deepEqual(later.head.hash, recordHash(records[1]));
});

test('the chain refuses a gap, another parent, a roster of the past, a changed supply and a failed audit', t => {
  const [first, second, third] = makeChain(banks, [{}, {}, {}]);
  const audited = (sum: bigint) => ({ entries: [{ id: idOf('audit'), status: { kind: 'audited', sum } as const }] });
  const wrong = [
    third,
    first,
    { ...second, previous: network.id },
    { ...second, supply: 99n },
    { ...second, ...audited(99n) },
  ];
  const walker = new ChainVerifier(network);
  walker.accept(first, certify(banks, first));
  for (const record of wrong) throws(t, 'BAD_CERTIFICATE', () => walker.accept(record, certify(banks, record)));
  throws(t, 'BAD_CERTIFICATE', () => walker.accept(second, certify(makeBanks(3, 'others'), second)));
  t.is(walker.head.height, 1);
  const right = { ...second, ...audited(100n), rosterVersion: 1 };
  const past = { ...third, previous: recordHash(right) };
  walker.accept(right, certify(banks, right));
  throws(t, 'BAD_CERTIFICATE', () => walker.accept(past, certify(banks, past)));
});

test('the chain refuses an id with two fates', t => {
  const chains = [
    [{ entries: ['a'] }, { entries: ['a'] }],
    [{ entries: ['a'] }, { burned: ['a'] }],
    [{ burned: ['a'] }, { entries: ['a'] }],
  ];
  for (const contents of chains) {
    const [first, second] = makeChain(banks, contents);
    const walker = new ChainVerifier(network);
    walker.accept(first, certify(banks, first));
    throws(t, 'BAD_CERTIFICATE', () => walker.accept(second, certify(banks, second)));
  }
});
