/** A bank that was rebuilt with a signature whose record no other bank has: it contradicts nothing, and the attempt ends. */
import test from 'ava';
import { putSigned } from '../../../src/agreement/durable.js';
import { entryHash } from '../../../src/ledger/recovery-entry.js';
import { entryOf } from './cluster.js';
import { World } from './world.js';

/** Bank 0 has signed, and comes back without the record; the other honest banks have started again with a mark. */
function rebuilt(count: number) {
  const w = new World(count);
  w.admit('a');
  w.propose(['a']);
  const record = w.compute([0]);
  const [{ signed }] = w.said(0, 'signed');
  for (const bank of w.honest) bank.crash();
  const { store } = w.honest[0];
  for (const key of store.entries.keys()) {
    if (key.startsWith(Buffer.from('agreement/').toString('hex'))) store.entries.delete(key);
  }
  const { recordHash: hash, signature } = signed;
  const entry = entryOf(record, 0);
  store.commit([putSigned(1, { record: undefined, hash, commitment: entryHash(entry), signature, entry })]);
  for (const bank of w.honest) bank.start();
  w.heard.length = 0;
  w.startSession('session 2');
  return { w, record, signed };
}

test('it repeats its signature, those that are held void, and its own void follows theirs', t => {
  const { w, signed } = rebuilt(4);
  t.deepEqual(
    w.honest.map(({ machine }) => machine.standing.phase),
    ['signed', 'held', 'held'],
  );
  t.deepEqual(w.said(0, 'signed')[0].signed, signed);
  for (const { index } of w.honest) w.tellStatus(index);
  for (const index of [1, 2]) t.is(w.said(index, 'void')[0].void.bank, index);
  const [own] = w.said(0, 'void');
  t.true([1, 2].includes(own.void.root?.bank ?? -1), `${own.void.root?.bank}`);
  const root = w.said(1, 'void')[0].void;
  for (const { index } of w.honest) w.tell(index, { kind: 'void', void: w.void(1, root) });
  for (const { machine, halts } of w.honest) {
    t.like(machine.standing, { height: 1, attempt: 2, phase: 'proposing' });
    t.deepEqual(halts, []);
  }
});

test('all signatures without the record commit nothing; a certificate brings it', t => {
  const { w, record } = rebuilt(2);
  const [bank] = w.honest;
  w.tell(0, { kind: 'signed', signed: w.signed(record) });
  t.like(bank.machine.standing, { height: 1, phase: 'signed' });
  w.tell(0, { kind: 'certificate', ...w.certified(record) });
  t.is(bank.machine.height, 1);
  t.deepEqual(bank.applied, [record]);
  t.deepEqual(bank.halts, []);
});
