/** A bank on an old copy of its disk: it learns so from its own signatures, halts alone, and nobody obeys it. */
import test from 'ava';
import { encodeCertified } from '../../../src/agreement/index.js';
import { toHex } from '../../../src/crypto/index.js';
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

/** An attempt runs, and the first bank's disk was copied after its mark; those banks have signed. */
function marked(...signers: number[]) {
  const w = new World(3);
  w.admit('a');
  w.propose(['a']);
  const copy = copyOf(w.honest[0]);
  if (signers.length > 0) w.compute(signers);
  return { w, copy };
}

test('copied between mark and signature: it voids nothing before the others have told it what it signed', t => {
  const { w, copy } = marked(0, 1);
  t.is(w.said(0, 'signed').length, 1);
  const [old, other] = w.honest;
  setBack(old, copy);
  w.startSession('session 2');
  isSetBack(t, old);
  w.tellStatus(0);
  t.is(w.said(0, 'void').length, 0);
  t.deepEqual([...old.burned], []);
  t.deepEqual(other.halts, [], 'nobody convicts it');
  t.is(other.machine.standing.phase, 'signed', 'it waits');
});

test('and the word of one is not enough: another may have heard more', t => {
  const { w, copy } = marked(0, 1);
  const [own] = w.said(0, 'signed');
  const [old, other] = w.honest;
  setBack(old, copy);
  // of the two that were told of its signature, one has forgotten it
  other.crash();
  other.start();
  w.startSession('session 2');
  t.is(old.machine.standing.phase, 'held');
  t.is(w.said(0, 'void').length, 0);
  w.tell(0, own);
  isSetBack(t, old);
  t.is(w.said(0, 'void').length, 0);
});

test('when all who heard it have started again: what another bank has signed takes a mark that the old disk lacks', t => {
  const w = new World(3);
  const [old, other] = w.honest;
  const copy = copyOf(old);
  w.admit('a');
  w.propose(['a']);
  w.compute();
  setBack(old, copy);
  other.crash();
  other.start();
  w.startSession('session 2');
  isSetBack(t, old);
  t.regex(old.halts[0].blame.why, /^bank1 shows .* height 1, attempt 1/);
  t.is(w.said(0, 'void').length, 0);
  t.deepEqual(other.halts, []);
  t.is(other.machine.standing.phase, 'signed', 'it waits');
});

test('and what another bank voids takes all voids of the attempt before', t => {
  const w = new World(3);
  w.tell(0, { kind: 'void', void: w.void(1) });
  w.tell(0, { kind: 'void', void: w.void(2) });
  t.deepEqual(w.honest[0].halts, [], 'it has voided the first');
  w.tell(1, { kind: 'void', void: w.void(3) });
  isSetBack(t, w.honest[1]);
});

test('a bank that has seen all others stand where it stands has forgotten nothing: who says so is named', t => {
  const begun = () => {
    const w = new World(2);
    settled(w, 'a');
    t.is(w.honest[0].machine.height, 1);
    return w;
  };
  const signs = begun();
  signs.tell(0, { kind: 'signed', signed: signs.signed(makeRecord(signs.banks.network, { height: 2 })) });
  t.is(signs.honest[0].halts[0].blame.culprit, signs.cheat);
  const runs = new World(2);
  runs.admit('a');
  runs.propose(['a']);
  runs.tell(0, { kind: 'signed', signed: runs.signed(makeRecord(runs.banks.network, { height: 1, attempt: 2 })) });
  t.is(runs.honest[0].halts[0].blame.culprit, runs.cheat);
  const voids = begun();
  voids.tell(0, { kind: 'void', void: voids.void(2, undefined, 2) });
  t.is(voids.honest[0].halts[0].blame.culprit, voids.cheat);
});

test('an old copy that commits again does not take its memory for that of the height: it names nobody', t => {
  const w = new World(2);
  const [old] = w.honest;
  w.admit('a');
  w.propose(['a']);
  const record = w.compute();
  const [copy, certified] = [copyOf(old), w.certified(record)];
  w.tell(0, { kind: 'signed', signed: w.signed(record) });
  t.is(old.machine.height, 1);
  setBack(old, copy);
  w.startSession('session 2');
  w.tell(0, { kind: 'certificate', ...certified });
  t.is(old.machine.height, 1);
  w.tell(0, { kind: 'signed', signed: w.signed(makeRecord(w.banks.network, { height: 2 })) });
  isSetBack(t, old);
});

test('a restart between mark and signature: once all have told it what they know, it voids, burns and goes on', t => {
  const { w } = marked(1);
  const [bank] = w.honest;
  bank.crash();
  bank.start();
  w.loseSession();
  t.is(bank.machine.standing.phase, 'held');
  w.startSession('session 2');
  t.is(bank.machine.standing.phase, 'held', 'one bank has not told yet');
  w.loseSession();
  w.startSession('session 3');
  t.deepEqual([...bank.burned], [], 'nor is anything burned');
  w.tellStatus(0);
  t.is(w.said(0, 'void').length, 1);
  t.like(w.said(0, 'void')[0].void, { height: 1, attempt: 1, root: undefined });
  t.deepEqual([...bank.burned], [toHex(idOf('a'))]);
  for (const { index } of w.honest) w.tell(index, { kind: 'void', void: w.void(1, w.said(0, 'void')[0].void) });
  for (const each of w.honest) {
    t.like(each.machine.standing, { height: 1, attempt: 2, phase: 'proposing' });
    t.deepEqual(each.halts, []);
  }
});

test('two restarts at once: neither waits for what the other does', t => {
  const { w } = marked();
  for (const bank of w.honest) bank.crash();
  for (const bank of w.honest) bank.start();
  w.startSession('session 2');
  for (const { index } of w.honest) w.tellStatus(index);
  for (const { index, machine } of w.honest) {
    t.is(machine.standing.phase, 'voided');
    t.is(w.said(index, 'void').length, 1);
  }
});

test('another bank’s void is followed at once: whoever has signed may do that, too', t => {
  const { w } = marked(1);
  const [bank] = w.honest;
  bank.crash();
  bank.start();
  w.startSession('session 2');
  t.is(bank.machine.standing.phase, 'held');
  w.tell(0, { kind: 'void', void: w.void(1) });
  t.like(w.said(0, 'void')[0].void, { attempt: 1, root: { bank: w.cheat } });
});

test('whom a bank waits for: who has not answered, not told, not voided, not signed', t => {
  const w = new World(3);
  const [bank] = w.honest;
  t.deepEqual(bank.machine.awaited, []);
  w.admit('a');
  t.deepEqual(bank.machine.awaited, [2]);
  w.propose(['a']);
  t.deepEqual(bank.machine.awaited, [], 'a run waits by itself');
  w.compute([1]);
  t.deepEqual(w.honest[1].machine.awaited, [0, 2]);
  bank.crash();
  bank.start();
  t.deepEqual(bank.machine.awaited, [1, 2]);
  w.startSession('session 2');
  t.deepEqual(bank.machine.awaited, [2]);
  w.tellStatus(0);
  t.deepEqual(bank.machine.awaited, [2], 'the void of the third');
  w.tell(0, { kind: 'void', void: w.void(1, w.said(0, 'void')[0].void) });
  t.deepEqual(bank.machine.awaited, [1, 2], 'their proposals of the next attempt');
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
