/** A signature counts with its recovery entry alone, and what stands is kept with everybody's. */
import test from 'ava';
import { keptKey } from '../../../src/agreement/entries.js';
import { entryHash } from '../../../src/ledger/recovery-entry.js';
import { entryOf } from './cluster.js';
import { World } from './world.js';

function computed(count: number) {
  const w = new World(count);
  w.admit('a');
  w.propose(['a']);
  return { w, record: w.compute() };
}

test('a signature without its entry, or with one of another attempt, commits nothing; with its entry it does', t => {
  const { w, record } = computed(2);
  const [bank] = w.honest;
  const signed = { kind: 'signed', signed: w.signed(record) } as const;
  w.tellAlone(0, signed);
  t.is(bank.machine.height, 0);
  // of another attempt, though its hash is the one that was signed
  w.tellAlone(0, { kind: 'entry', bank: 1, entry: entryOf({ height: 1, attempt: 2 }, 1) });
  w.tellAlone(0, signed);
  t.is(bank.machine.height, 0);
  t.deepEqual(bank.halts, [], 'it went with the session, perhaps');
  w.tell(0, signed);
  t.is(bank.machine.height, 1);
  const entry = entryOf(record, 1);
  t.deepEqual(bank.store.get(keptKey(1, 1)), entry, 'and is kept from then on');
  t.deepEqual(signed.signed.commitment, entryHash(entry));
});

test('a certificate commits with the entries of all the others alone', t => {
  const { w, record } = computed(3);
  const [bank] = w.honest;
  const certificate = { kind: 'certificate', ...w.certified(record) } as const;
  // what bank 1 has said itself has come already; the cheat's is missing
  w.tellAlone(0, certificate);
  t.is(bank.machine.height, 0);
  t.deepEqual(bank.halts, []);
  w.tellAlone(0, { kind: 'entry', bank: 2, entry: entryOf(record, 2) });
  w.tellAlone(0, certificate);
  t.is(bank.machine.height, 1);
});

test('a bank that commits answers who lags behind with all that it takes', t => {
  const { w, record } = computed(2);
  w.tell(0, { kind: 'signed', signed: w.signed(record) });
  w.heard.length = 0;
  w.tell(0, { kind: 'status', height: 0, hash: w.banks.network.id, attempt: 1 });
  const kinds = w.heard.map(({ message }) => message.kind);
  t.deepEqual(kinds, ['entry', 'certificate'], 'its own entry, not that of the bank that asks');
});

test('an entry that is none names its sender', t => {
  for (const entry of [new Uint8Array(0), entryOf({ height: 1, attempt: 1 }, 1).fill(0, 13, 21)]) {
    const { w } = computed(2);
    w.tellAlone(0, { kind: 'entry', bank: 1, entry });
    t.is(w.honest[0].halts[0]?.blame.culprit, 1);
  }
});

test('an entry that its bank has not signed, and a second one for one attempt, name it', t => {
  const other = computed(3);
  other.w.tellAlone(0, { kind: 'entry', bank: 2, entry: entryOf(other.record, 0) });
  other.w.tellAlone(0, { kind: 'signed', signed: other.w.signed(other.record) });
  t.is(other.w.honest[0].halts[0]?.blame.culprit, 2);
  t.is(other.w.honest[0].machine.height, 0);

  // after the signature that counts: what it commits to must stay in hand
  const second = computed(3);
  second.w.tell(1, { kind: 'entry', bank: 2, entry: entryOf(second.record, 2) });
  second.w.tell(1, { kind: 'entry', bank: 2, entry: entryOf(second.record, 0) });
  t.is(second.w.honest[1].halts[0]?.blame.culprit, 2);
  t.regex(second.w.honest[1].halts[0].blame.why, /two recovery entries/);
});

test('who shows a certificate with an entry of another bank that does not belong to it is named, not that bank', t => {
  const { w, record } = computed(3);
  const [bank] = w.honest;
  w.tellAlone(0, { kind: 'entry', bank: 1, entry: entryOf(record, 0) });
  w.tellAlone(0, { kind: 'entry', bank: 2, entry: entryOf(record, 2) });
  w.tellAlone(0, { kind: 'certificate', ...w.certified(record) });
  t.is(bank.halts[0]?.blame.culprit, 2);
  t.is(bank.machine.height, 0);
});
