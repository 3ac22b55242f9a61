/** Banks apart after a proof: what all have signed to adopt stands, and nothing else does meanwhile. */
import test from 'ava';
import { putAdopted, putAdoption } from '../../../src/agreement/durable.js';
import { keptKey } from '../../../src/agreement/entries.js';
import {
  type Adoption,
  adoptedBy,
  adoptStatement,
  checkAdoption,
  decodeAdoption,
  durablePrefix,
  encodeAdoption,
  isWhole,
  loadDurable,
} from '../../../src/agreement/index.js';
import type { Message } from '../../../src/agreement/messages.js';
import { toHex } from '../../../src/crypto/index.js';
import { recordHash, recordStatement } from '../../../src/ledger/log.js';
import { entryHash } from '../../../src/ledger/recovery-entry.js';
import { idOf } from '../ledger/records.js';
import { cheapSign, cheapVerify, entryOf } from './cluster.js';
import { World } from './world.js';

/** The honest bank has signed attempts 1 and 2; somebody has committed the first. */
function apart() {
  const w = new World(2);
  w.admit('x');
  w.admit('y', 2);
  w.propose(['x']);
  const first = w.compute();
  w.tell(0, { kind: 'void', void: w.void(1) });
  const { ready } = w.proposal(['x', 'y']) as Extract<Message, { kind: 'proposal' }>;
  w.propose(['y'], { attempt: 2, ready: ready.slice(1) });
  w.honest[0].give({ type: 'timer', name: 'propose' });
  w.pump();
  const second = w.compute();
  const adoptionOf = (record: typeof first): Adoption => {
    const unsigned = { certified: w.certified(record), entries: [0, 1].map(bank => entryOf(record, bank)) };
    const statement = adoptStatement(w.banks.network.id, adoptedBy(unsigned));
    return { ...unsigned, signatures: [0, 1].map(bank => cheapSign(w.banks, bank)(statement)) };
  };
  return { w, bank: w.honest[0], first, second, adoptionOf };
}

const durableOf = ({ bank }: ReturnType<typeof apart>) => loadDurable(bank.store.under(durablePrefix), 2);

test('what all banks have adopted is committed at the next start, though a later attempt is signed, halted or not', t => {
  for (const isHalted of [true, false]) {
    const a = apart();
    const { w, bank, first, adoptionOf } = a;
    if (isHalted) w.tell(0, { kind: 'certificate', ...w.certified(first) });
    t.is(bank.machine.height, 0);
    t.is(bank.machine.halted !== undefined, isHalted, 'the certificate alone is refused, and proof');
    const adoption = adoptionOf(first);
    bank.store.commit([putAdopted(adoptedBy(adoption)), putAdoption(adoption)]);
    bank.crash();
    bank.start();
    w.pump();
    t.is(bank.machine.height, 1);
    t.deepEqual(
      bank.applied.map(({ attempt }) => attempt),
      [1],
    );
    t.deepEqual(bank.store.get(keptKey(1, 1)), entryOf(first, 1));
    t.false(bank.burned.has(toHex(idOf('x'))), 'it was burned with the void, and stands now');
    t.true(bank.burned.has(toHex(idOf('y'))), 'the later attempt is given up');
    const { adopted, attempts, halted } = durableOf(a);
    t.deepEqual(
      [adopted, attempts.size, halted !== undefined],
      [undefined, 0, isHalted],
      'evidence is not lifted by it',
    );
    bank.crash();
    bank.start();
    t.is(bank.machine.height, 1);
  }
});

test('a bank that has signed to adopt an attempt signs and accepts nothing else', t => {
  const { w, bank, first, second } = apart();
  bank.store.commit([putAdopted(adoptedBy({ certified: w.certified(first) }))]);
  bank.crash();
  bank.start();
  w.pump();
  w.startSession('session 2');
  t.deepEqual(bank.halts.at(-1)?.accuser, undefined);
  t.regex(bank.halts.at(-1)?.blame.why ?? '', /waits until all banks have/);
  const heard = w.heard.length;
  w.tell(0, { kind: 'signed', signed: w.signed(second) });
  w.tell(0, { kind: 'certificate', ...w.certified(second) });
  w.tell(0, { kind: 'void', void: w.void(2) });
  t.is(bank.machine.height, 0);
  t.is(w.heard.length, heard, 'and says nothing');
  t.is(loadDurable(bank.store.under(durablePrefix), 2).halted, undefined, 'nobody is accused of it');
});

test('canary: without the word to adopt, the same bank commits the later attempt', t => {
  const { w, bank, second } = apart();
  bank.crash();
  bank.start();
  w.startSession('session 2');
  w.tell(0, { kind: 'signed', signed: w.signed(second) });
  t.is(bank.machine.height, 1);
});

test('an adoption holds with the certificate, its entries and true words only', t => {
  const { w, first, second, adoptionOf } = apart();
  const { network } = w.banks;
  const check = (adoption: Adoption) => () =>
    checkAdoption(network, cheapVerify(w.banks), decodeAdoption(encodeAdoption(adoption)));
  const whole = adoptionOf(first);
  t.notThrows(check(whole));
  t.true(isWhole(whole));
  const [own, other] = whole.signatures;
  const partly = { ...whole, signatures: [own, undefined] };
  t.notThrows(check(partly));
  t.false(isWhole(partly));
  const refused = { code: 'BAD_CERTIFICATE' };
  t.throws(check({ ...whole, signatures: [other, own] }), refused);
  t.throws(check({ ...whole, signatures: [own] }), refused);
  t.throws(check({ ...whole, signatures: adoptionOf(second).signatures }), refused, 'words for another attempt');
  t.throws(check({ ...whole, entries: [whole.entries[1], whole.entries[0]] }), refused);
  t.throws(check({ ...whole, entries: [] }), refused);
  const junk = Uint8Array.of(7);
  t.throws(check({ ...whole, entries: [whole.entries[0], junk] }), refused, 'what is no entry at all');
  const commitment = entryHash(junk);
  const at = { ...adoptedBy(whole), recordHash: recordHash(first) };
  const signature = cheapSign(w.banks, 1)(recordStatement(network.id, at, 1, commitment));
  const certified = { record: first, certificate: [whole.certified.certificate[0], { commitment, signature }] };
  t.throws(check({ ...whole, certified, entries: [whole.entries[0], junk] }), refused, 'nor if its bank has signed it');
  t.throws(check({ ...whole, certified: { ...whole.certified, record: second } }), refused);
});
