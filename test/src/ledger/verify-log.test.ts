/** A part of the log as a page checks it: every fault is found at its own height, and nothing forged is taken. */
import test from 'ava';
import { Writer } from '../../../src/codec/index.js';
import { toHex } from '../../../src/crypto/index.js';
import {
  checkEntries,
  decodeLogEntry,
  encodeRecord,
  type LedgerRecord,
  verifyLog,
  writeCertificate,
} from '../../../src/ledger/log.js';
import { certify, idOf, makeBanks, makeChain, makeRecord, signCommitted } from './records.js';

const banks = makeBanks(3);
const { network } = banks;
const chain = makeChain(
  banks,
  Array.from({ length: 7 }, (_, k) => ({ entries: [`${k}/0`, `${k}/1`] })),
);

const entryOf = (record: LedgerRecord, by = banks, committed = false) => ({
  height: record.height,
  record: toHex(encodeRecord(record)),
  certificate: toHex(writeCertificate(new Writer(1024), certify(by, record)).done()),
  committed: committed ? signCommitted(by, record).map(toHex) : null,
});
const good = chain.map((record, i) => entryOf(record, banks, i === chain.length - 1));
const faults = (entries: readonly unknown[], from = 1) =>
  checkEntries(network, from, entries).map(({ fault }) => fault !== undefined);
const flipped = (hex: string, at: number) => hex.slice(0, at) + (hex[at] === '0' ? '1' : '0') + hex.slice(at + 1);

test('a good log holds from any height, and all of it is final', t => {
  for (const from of [1, 2, 5]) {
    const checked = checkEntries(network, from, good.slice(from - 1));
    t.true(checked.every(({ fault, isFinal }) => fault === undefined && isFinal));
    t.deepEqual(
      checked.map(({ height }) => height),
      good.slice(from - 1).map(({ height }) => height),
    );
  }
  const [last] = checkEntries(network, 7, [entryOf(chain[6])]);
  t.false(last.isFinal, 'certified, and no word of its being final');
});

test('whatever is changed in one entry is found at its height, and at no other', t => {
  const spoil: Record<string, (entry: (typeof good)[number]) => unknown> = {
    signature: entry => ({ ...entry, certificate: flipped(entry.certificate, 100) }),
    record: entry => ({ ...entry, record: flipped(entry.record, entry.record.length - 20) }),
    'not hex': entry => ({ ...entry, record: 'xyz' }),
    nothing: () => null,
    'a part': entry => ({ ...entry, certificate: entry.certificate.slice(0, -2) }),
  };
  for (const [what, change] of Object.entries(spoil)) {
    const entries = good.map((entry, i) => (i === 3 ? change(entry) : entry));
    const found = faults(entries);
    t.true(found[3], what);
    t.notRegex(
      checkEntries(network, 1, entries)[3].fault ?? '',
      /^$|height 4/,
      'a reason, without the height it stands at',
    );
    t.false(found[2], what);
    t.false(found[5], what);
  }
});

test('a record that strangers signed, one of another height and one with another supply do not hold', t => {
  const strangers = makeBanks(3, 'strangers');
  const at = (record: LedgerRecord, by = banks) =>
    faults(good.map((entry, i) => (i === 3 ? entryOf(record, by) : entry)))[3];
  t.true(at(chain[3], { network, seeds: strangers.seeds }));
  t.true(at(chain[4]));
  t.true(at({ ...chain[3], supply: chain[3].supply + 1n }));
  t.true(at({ ...chain[3], previous: idOf('elsewhere') }));
  t.true(faults([entryOf(makeRecord(network, { previous: idOf('no genesis') }))])[0]);
});

test('committed signatures that are wrong make an entry not hold', t => {
  const last = good[6];
  const committed = (last.committed ?? []).map(hex => flipped(hex, 7));
  t.deepEqual(faults([...good.slice(0, 6), { ...last, committed }]).lastIndexOf(true), 6);
});

test('the whole log is verified from what entries decode to', async t => {
  async function* entries() {
    for (const [i, entry] of good.entries()) yield decodeLogEntry(entry, i + 1);
  }
  const { height, finalHeight, envelopes } = await verifyLog(network, entries());
  t.deepEqual([height, finalHeight, envelopes], [7, 7, 14]);
  t.throws(() => decodeLogEntry({ record: '00' }, 3), { code: 'BAD_CERTIFICATE' });
});
