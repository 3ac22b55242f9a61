/** The checker of one history: which signatures count, and for how long. */
import test from 'ava';
import { encodeCertified } from '../../src/agreement/index.js';
import { encodeMessage } from '../../src/agreement/messages.js';
import { encodeAgreementFrame } from '../../src/bank/transport.js';
import { concatBytes } from '../../src/crypto/index.js';
import { type LedgerRecord, recordHash, rosterVerify } from '../../src/ledger/log.js';
import { certify, makeBanks, makeRecord } from '../src/ledger/records.js';
import { History } from './checkers/history.js';
import { logPrefix } from './checkers/keys.js';

const banks = makeBanks(2);
const { network } = banks;
const [first, second] = [1, 2].map(attempt => makeRecord(network, { attempt }));

/** Two banks, and a checker that has seen nothing yet. */
function watched() {
  const reports: string[] = [];
  const history = new History(network, rosterVerify(network), what => reports.push(what));
  const signs = (bank: number, record: LedgerRecord, arrives: boolean) => {
    const { height, attempt } = record;
    const signed = { height, attempt, bank, recordHash: recordHash(record), ...certify(banks, record)[bank] };
    const bytes = encodeMessage({ kind: 'signed', signed });
    const frame = encodeAgreementFrame({ kind: 'message', session: new Uint8Array(8), bytes });
    history.sent(bank, 1 - bank, 'agreement', frame);
    if (arrives) history.arrived(bank, 1 - bank, 'agreement', frame);
  };
  const bothSign = (record: LedgerRecord, arrives = true) => {
    for (const bank of [0, 1]) signs(bank, record, arrives);
  };
  const lands = (bank: number, record: LedgerRecord) => {
    const value = encodeCertified({ record, certificate: certify(banks, record) });
    history.landed(bank, [{ type: 'put', key: concatBytes(logPrefix, Uint8Array.of(record.height)), value }]);
  };
  return { history, reports, bothSign, lands };
}

test('two records that both banks have signed are reported, whoever has crashed: signers remember', t => {
  const { history, reports, bothSign } = watched();
  bothSign(first, false);
  for (const bank of [0, 1]) history.crashed(bank);
  t.deepEqual(reports, []);
  bothSign(second);
  t.deepEqual([...new Set(reports)], ['two records of height 1 have all signatures']);
});

test('a signature that its bank has forgotten counts while another bank has it', t => {
  const { history, reports, bothSign } = watched();
  bothSign(first);
  history.crashed(0);
  history.restored(0, 0);
  bothSign(second);
  t.true(reports.length > 0);
});

test('a signature that never arrived, or only where a crash has taken it, is gone with the disk of its bank', t => {
  for (const arrives of [false, true]) {
    const { history, reports, bothSign } = watched();
    bothSign(first, arrives);
    for (const bank of [0, 1]) history.crashed(bank);
    history.restored(0, 0);
    bothSign(second);
    t.deepEqual(reports, []);
  }
});

test('what a disk holds is all signatures, until that disk is set back to before it', t => {
  for (const [behind, by, isReported] of [
    [0, 0, true],
    [1, 1, true],
    [1, 0, false],
  ] as const) {
    const { history, reports, bothSign, lands } = watched();
    bothSign(first, false);
    lands(0, first);
    if (by === 1) lands(1, first);
    for (const bank of [0, 1]) history.crashed(bank);
    history.restored(0, behind);
    lands(1, second);
    t.is(reports.length > 0, isReported, `${behind}, ${by}`);
  }
});

test('a record without a true certificate, or on another than the one before, is reported', t => {
  const forged = watched();
  const record = makeRecord(network, { attempt: 1 });
  const value = encodeCertified({ record, certificate: certify(banks, second) });
  forged.history.landed(0, [{ type: 'put', key: concatBytes(logPrefix, Uint8Array.of(1)), value }]);
  t.is(forged.reports.length, 1);
  t.regex(forged.reports[0], /is not certified/);
  const elsewhere = watched();
  elsewhere.lands(0, first);
  elsewhere.lands(0, makeRecord(network, { height: 2, previous: recordHash(second) }));
  t.deepEqual(elsewhere.reports, ['the record of height 2 follows no other']);
});
