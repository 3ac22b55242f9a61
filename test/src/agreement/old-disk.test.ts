/** A bank on an old copy of its disk: it learns so from its own signatures, halts alone, and nobody obeys it. */
import test from 'ava';
import { encodeCertified } from '../../../src/agreement/index.js';
import { idOf, makeRecord } from '../ledger/records.js';
import type { Bank } from './cluster.js';
import { World } from './world.js';

/** Two banks settle a block; the first is then put back to the disk it had before. */
function settled(w: World, name: string, sequence = 1): void {
  w.admit(name, sequence);
  w.propose([name]);
  const record = w.compute();
  for (const { index } of w.honest) w.tell(index, { kind: 'signed', signed: w.signed(record) });
}

const copyOf = ({ store }: Bank) => new Map(store.entries);

function setBack(bank: Bank, copy: ReturnType<typeof copyOf>): void {
  bank.crash();
  bank.store.entries.clear();
  for (const [key, value] of copy) bank.store.entries.set(key, value);
  bank.start();
}

const isSetBack = (t: { like: (a: unknown, b: object) => void; regex: (a: string, b: RegExp) => void }, bank: Bank) => {
  t.like(bank.halts[0], { accuser: undefined, blame: { culprit: undefined } });
  t.regex(bank.halts[0].blame.why, /older copy/);
};

test('one height behind: the certificate holds a signature that the old disk does not', t => {
  const w = new World(3);
  const [old, other] = w.honest;
  const copy = copyOf(old);
  settled(w, 'a');
  t.is(other.machine.height, 1);
  setBack(old, copy);
  w.startSession('session 2');
  isSetBack(t, old);
  t.deepEqual(other.halts, [], 'nobody else halts');
  w.startSession('session 3');
  t.deepEqual(other.halts, [], 'nor in a later session');
  t.false([...old.store.entries.keys()].some(key => key.includes(Buffer.from('halted').toString('hex'))));
});

test('heights behind: outside a session a record is shown that it has signed', t => {
  const w = new World(2);
  const [old] = w.honest;
  const records = [1, 2].map(height => makeRecord(w.banks.network, { height, entries: [], burned: [] }));
  const certified = encodeCertified(w.certifiedByAll(records[1]));
  t.deepEqual(old.give({ type: 'ahead', from: 1, certified: encodeCertified(w.certifiedByAll(records[0])) }), []);
  old.give({ type: 'ahead', from: 1, certified });
  w.pump();
  isSetBack(t, old);
  const forged = new World(2);
  forged.honest[0].give({
    type: 'ahead',
    from: 1,
    certified: certified.map((byte, k) => (k === 60 ? byte ^ 1 : byte)),
  });
  forged.pump();
  t.is(forged.honest[0].halts[0].blame.culprit, 1, 'a certificate that does not hold names who shows it');
});

test('of the same height: the others tell it what it has signed and voided since', t => {
  const signed = new World(3);
  const copy = copyOf(signed.honest[0]);
  signed.admit('a');
  signed.propose(['a']);
  signed.compute();
  t.is(signed.said(0, 'signed').length, 1);
  setBack(signed.honest[0], copy);
  signed.startSession('session 2');
  isSetBack(t, signed.honest[0]);
  t.deepEqual(signed.honest[1].halts, []);
  t.is(signed.honest[1].machine.standing.phase, 'signed', 'it waits');

  const voided = new World(3);
  const before = copyOf(voided.honest[0]);
  voided.admit('a');
  voided.propose(['a']);
  voided.honest[0].give({ type: 'failed', height: 1, attempt: 1, base: 0 });
  voided.pump();
  setBack(voided.honest[0], before);
  voided.startSession('session 2');
  isSetBack(t, voided.honest[0]);
});

test('what comes back of its own and is on its disk changes nothing; what it has not said names who shows it', t => {
  const w = new World(3);
  w.admit('a');
  w.propose(['a']);
  w.compute();
  const [own] = w.said(0, 'signed');
  w.tell(0, own);
  t.deepEqual(w.honest[0].halts, []);
  w.tell(0, { kind: 'signed', signed: { ...own.signed, recordHash: idOf('another') } });
  t.is(w.honest[0].halts[0].blame.culprit, 2);
});
