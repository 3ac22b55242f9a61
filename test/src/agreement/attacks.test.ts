/**
 * The attacks of protocol.md section 12 that concern the agreement: honest banks are real machines, the last bank of the
 * roster is a cheat that says whatever the test wants, with its real key.
 */
import test from 'ava';
import { emptyDurable, logIdKey, type Proof } from '../../../src/agreement/index.js';
import { encodeMessage, type Message, type Proposal } from '../../../src/agreement/messages.js';
import { rootOf, type Signed } from '../../../src/agreement/statements.js';
import { toHex } from '../../../src/crypto/index.js';
import { ChainVerifier, type LedgerRecord } from '../../../src/ledger/log.js';
import { idOf } from '../ledger/records.js';
import { cheapVerify } from './cluster.js';
import { announce } from './envelopes.js';

import { World } from './world.js';

const entryIds = (record: LedgerRecord) => record.entries.map(({ id }) => toHex(id));
const x = toHex(idOf('x'));

test('sign then void: both together are proof that anybody can check', t => {
  for (const voidFirst of [false, true]) {
    const w = new World(3);
    w.admit('x');
    w.propose(['x']);
    const record = w.compute([0]); // bank 1 is slow: nobody can commit
    const say: Message[] = [
      { kind: 'signed', signed: w.signed(record) },
      { kind: 'void', void: w.void(1) },
    ];
    for (const message of voidFirst ? say.reverse() : say) w.tell(0, message);
    t.is(w.convictedBy(0), w.cheat);
    t.is(w.convictedBy(1), w.cheat); // bank 0 told it
    t.deepEqual(
      w.honest.map(b => b.applied.length),
      [0, 0],
    );
  }
});

test('sign then void: an honest bank that has signed voids neither after a lost session nor after a restart', t => {
  const w = new World(3);
  w.admit('x');
  w.propose(['x']);
  w.compute();
  w.loseSession();
  w.honest[1].crash();
  w.honest[1].start();
  w.startSession('session 2');
  for (const { index } of w.honest) {
    t.is(w.said(index, 'void').length, 0);
    t.is(w.said(index, 'signed').length, 2); // sent again
  }
  t.deepEqual(w.said(1, 'signed')[0], w.said(1, 'signed')[1]);
});

test('sign then void: a bank that has signed voids after another, and only with that void inside', t => {
  const w = new World(3);
  w.admit('x');
  w.propose(['x']);
  w.compute();
  w.tell(0, { kind: 'void', void: w.void(1) });
  const voids = [0, 1].map(index => w.said(index, 'void')[0].void);
  for (const v of voids) t.deepEqual(v.root, { bank: w.cheat, signature: w.void(1).signature });
  // what carries no other bank's void is none
  for (const root of [
    { bank: 0, signature: w.void(1).signature },
    { bank: w.cheat, signature: w.void(1).signature },
  ]) {
    const forged = new World(3);
    forged.tell(0, { kind: 'void', void: forged.void(1, root) });
    t.is(forged.honest[0].halts[0].blame.culprit, forged.cheat);
  }
});

test('certificate shown to one bank only: the other asks for it, and gets it', t => {
  const w = new World(3);
  w.admit('x');
  w.propose(['x']);
  const record = w.compute();
  w.tell(0, { kind: 'signed', signed: w.signed(record) });
  t.deepEqual(
    w.honest.map(b => b.applied.length),
    [1, 0],
  );
  t.true(w.honest[1].timers.has('certificate'));
  w.honest[1].give({ type: 'timer', name: 'certificate' });
  w.pump();
  t.deepEqual(
    w.honest.map(b => b.applied.length),
    [1, 1],
  );
  t.deepEqual(
    w.honest.map(b => b.halts.length),
    [0, 0],
  );
});

test('certificate shown to one bank only, a void to the other: both end with the record, and with proof', t => {
  const w = new World(3);
  w.admit('x');
  w.propose(['x']);
  const record = w.compute();
  w.tell(0, { kind: 'signed', signed: w.signed(record) });
  w.tell(1, { kind: 'void', void: w.void(1) });
  for (const bank of w.honest) {
    t.deepEqual(bank.applied.map(entryIds), [[x]]);
    t.false(bank.burned.has(x)); // bank 1 had burned it with its void
    t.is(w.convictedBy(bank.index), w.cheat);
  }
  t.is(w.said(1, 'void').length, 1);
});

test('a void set shown to a wallet whose envelope then settles: only the chain of records tells a fate', t => {
  const w = new World(2);
  w.admit('x');
  w.propose(['x']);
  const record = w.compute();
  w.tell(0, { kind: 'void', void: w.void(1) });
  t.deepEqual(rootOf(w.said(0, 'void')[0].void).bank, w.cheat); // all n voids are there
  t.true(w.honest[0].burned.has(x));
  w.tell(0, { kind: 'certificate', ...w.certified(record) });
  // the record stands, the burning is undone, no record will list x as burned, and the cheat is convicted
  t.deepEqual(w.honest[0].applied.map(entryIds), [[x]]);
  t.false(w.honest[0].burned.has(x));
  t.is(w.convictedBy(0), w.cheat);
  const wallet = new ChainVerifier(w.banks.network, undefined, cheapVerify(w.banks));
  wallet.accept(record, w.certified(record).certificate);
  t.is(wallet.head.height, 1);
});

test('the last signature after the void set: the record stands, and the proof with it', t => {
  const w = new World(2);
  w.admit('x');
  w.propose(['x']);
  const record = w.compute();
  w.tell(0, { kind: 'void', void: w.void(1) });
  w.tell(0, { kind: 'signed', signed: w.signed(record) });
  t.deepEqual(w.honest[0].applied.map(entryIds), [[x]]);
  t.is(w.convictedBy(0), w.cheat);
});

test('a certificate is refused by a bank that has signed a later attempt, and convicts the root of the voids', t => {
  const w = new World(2);
  w.admit('x');
  w.admit('y', 2);
  w.propose(['x']);
  const first = w.compute();
  w.tell(0, { kind: 'void', void: w.void(1) });
  w.propose(['y'], { attempt: 2, ready: (w.proposal(['x', 'y']) as Proposal).ready.slice(1) });
  w.honest[0].give({ type: 'timer', name: 'propose' });
  w.pump();
  t.deepEqual(entryIds(w.compute()), [toHex(idOf('y'))]);
  w.tell(0, { kind: 'certificate', ...w.certified(first) });
  t.is(w.honest[0].applied.length, 0);
  t.is(w.convictedBy(0), w.cheat);
});

test('burned lists told differently: the proposals’ digests part, and no record gets all signatures', t => {
  const w = new World(3);
  w.admit('x');
  w.tell(0, w.proposal(['x'], { burned: [idOf('x')] }));
  w.tell(1, w.proposal(['x']));
  const [a, b] = w.honest.map(bank => bank.run?.block);
  t.deepEqual(a?.entries, []);
  t.is(b?.entries.length, 1);
  t.notDeepEqual(a?.proposalsDigest, b?.proposalsDigest); // the first message of the computation carries it
  // and if the computation let it pass, the signatures would not fit
  const record = w.compute();
  for (const index of [0, 1]) w.tell(index, { kind: 'signed', signed: w.signed(record) });
  t.deepEqual(
    w.honest.map(bank => bank.applied.length),
    [0, 0],
  );
  t.deepEqual(
    w.honest.map(bank => bank.halts.length),
    [1, 1],
  );
});

test('an id both ready and burned: it is left out, burned by all, and never runs again', t => {
  const w = new World(3);
  w.admit('x');
  w.propose(['x'], { burned: [idOf('x')] });
  const record = w.compute();
  t.deepEqual(entryIds(record), []);
  t.deepEqual(record.burned, [idOf('x')]);
  // burned in the transaction that stores the signature, not with the certificate
  for (const bank of w.honest) t.true(bank.burned.has(x));
  for (const index of [0, 1]) w.tell(index, { kind: 'signed', signed: w.signed(record) });
  w.propose(['x'], { height: 2 });
  for (const bank of w.honest) {
    t.deepEqual(bank.applied.length, 1);
    t.is(bank.pool.ready(2).length, 0);
    t.is(bank.run, undefined);
  }
});

test('a burned id is not taken, when its envelope arrives only later, nor after a restart', t => {
  const w = new World(3);
  w.admit('y', 2);
  w.propose([], { burned: [idOf('x')] });
  const record = w.compute();
  for (const index of [0, 1]) w.tell(index, { kind: 'signed', signed: w.signed(record) });
  t.is(w.honest[0].applied.length, 1);
  w.admit('x');
  w.honest[0].give({ type: 'timer', name: 'propose' });
  w.pump();
  const lists = w.said(0, 'proposal').filter(({ height }) => height === 2);
  t.true(lists.length > 0);
  for (const { ready } of lists) t.false(ready.some(({ id }) => toHex(id) === x));
  for (const bank of w.honest) {
    t.false(bank.pool.has(idOf('x')));
    bank.crash();
    bank.start();
    t.true(bank.pool.wasSeen(idOf('x')));
  }
});

test('an id that stands in a record is not listed as burned: whoever lists it is accused, and nothing is signed', t => {
  const w = new World(2);
  w.admit('x');
  w.propose(['x']);
  w.tell(0, { kind: 'signed', signed: w.signed(w.compute()) });
  t.not(w.honest[0].store.get(logIdKey(idOf('x'))), undefined);
  w.admit('y', 2);
  w.propose([], { height: 2, burned: [idOf('x')] });
  t.is(w.honest[0].halts[0].blame.culprit, w.cheat);
  t.is(w.said(0, 'signed').length, 1);
});

test('a message of an attempt sent after its void: an honest bank sends none', t => {
  const w = new World(3);
  w.admit('x');
  w.propose(['x']);
  const [a, b] = w.honest;
  const run = a.run;
  t.truthy(run);
  a.give({ type: 'failed', height: 1, attempt: 1, base: 0 });
  w.pump();
  t.is(b.run, undefined); // aborted by the void of bank 0
  if (run) a.compute(run); // a computation that ends all the same
  w.pump();
  for (const { index } of w.honest) {
    t.is(w.said(index, 'void').length, 1);
    t.is(w.said(index, 'signed').length, 0);
  }
  w.startSession('session 2');
  t.is(w.said(0, 'void').length, 2);
  t.is(w.said(0, 'signed').length, 0);
});

test('a message of an attempt sent after its void: `abort` comes before the void leaves', t => {
  const w = new World(3);
  w.admit('x');
  w.propose(['x']);
  const outputs = w.honest[0].machine.handle({
    type: 'message',
    from: w.cheat,
    bytes: encodeMessage({ kind: 'void', void: w.void(1) }),
  });
  t.deepEqual(
    outputs.map(({ type }) => type),
    ['abort', 'store', 'send', 'send'],
  );
});

test('a bank that signs two records of one attempt is convicted', t => {
  const w = new World(3);
  w.admit('x');
  w.propose(['x']);
  const record = w.compute([0]);
  w.tell(0, { kind: 'signed', signed: w.signed(record) });
  w.tell(0, { kind: 'signed', signed: w.signed({ ...record, digest: idOf('else') }) });
  t.is(w.convictedBy(0), w.cheat);
});

test('a proof that proves nothing accuses whoever tells it', t => {
  const w = new World(3);
  const proof: Proof = {
    kind: 'two-committed',
    bank: 1,
    first: { height: 1, hash: idOf('a'), signature: new Uint8Array(64) },
    second: { height: 1, hash: idOf('b'), signature: new Uint8Array(64) },
  };
  w.tell(0, { kind: 'accusation', evidence: { kind: 'proof', proof } });
  t.is(w.honest[0].halts[0].blame.culprit, w.cheat);
});

test('an accusation halts whoever is told, and the accuser also after a restart', t => {
  const w = new World(3);
  w.admit('x');
  w.propose(['x']);
  w.honest[0].give({ type: 'accuse', culprit: w.cheat, why: 'a tag did not match' });
  w.pump();
  t.deepEqual(
    w.honest.map(b => b.halts[0].blame.culprit),
    [w.cheat, w.cheat],
  );
  for (const bank of w.honest) {
    bank.crash();
    bank.start();
  }
  t.not(w.honest[0].machine.halted, undefined);
  w.startSession('session 2');
  t.is(w.honest[1].halts.length, 2); // told again
  t.is(w.honest[0].run, undefined);
});

test('malformed bytes, forged statements and a second proposal for one round are accusations', t => {
  const send = (bytes: (w: World) => Uint8Array) => {
    const w = new World(3);
    w.admit('x');
    w.honest[0].give({ type: 'message', from: w.cheat, bytes: bytes(w) });
    w.pump();
    t.is(w.honest[0].halts[0]?.blame.culprit, w.cheat);
  };
  const record = new World(3);
  record.admit('x');
  record.propose(['x']);
  const { digest } = record.compute();
  send(() => new Uint8Array());
  send(() => Uint8Array.of(99));
  send(w => encodeMessage({ kind: 'void', void: { ...w.void(1), bank: 1 } }));
  send(w => encodeMessage({ kind: 'void', void: { ...w.void(1), attempt: 2 } }));
  send(() =>
    encodeMessage({ kind: 'committed', committed: { height: 1, hash: digest, signature: new Uint8Array(64) } }),
  );
  send(w => {
    w.tell(0, w.proposal([], { round: 2 }));
    return encodeMessage(w.proposal(['x'], { round: 2 }));
  });
  send(w => {
    const signed: Signed = { ...w.void(1), recordHash: digest, commitment: digest, signature: new Uint8Array(64) };
    return encodeMessage({ kind: 'signed', signed });
  });
});

test('a proposal under an announcement that its sponsor never signed is an accusation', t => {
  const w = new World(3);
  w.admit('x');
  const forged = (sequence: number) => announce(w.banks, 0, sequence, 'x', () => new Uint8Array(64));
  w.propose([], { ready: [forged(9)] }); // another number than the sponsor's
  t.deepEqual(
    w.honest.map(b => b.halts[0]?.blame.culprit),
    [w.cheat, w.cheat],
  );
  const v = new World(3);
  for (const bank of v.honest) bank.admit('x', 1, 5);
  v.pump();
  v.propose([], { ready: [forged(1)] });
  t.is(v.honest[0].halts[0].blame.culprit, v.cheat);
});

test('a sponsor that gives one envelope two numbers, or two envelopes one, is convicted by the proposals of those it told', t => {
  for (const [names, numbers] of [
    [
      ['x', 'x'],
      [1, 2],
    ],
    [
      ['x', 'y'],
      [1, 1],
    ],
  ] as const) {
    const w = new World(3);
    for (const bank of w.honest) bank.admit(names[bank.index], w.cheat, numbers[bank.index]);
    w.pump();
    for (const { index } of w.honest) {
      w.tell(
        index,
        w.proposal([], {
          ready: [announce(w.banks, w.cheat, numbers[index], names[index], statement => w.sign(statement))],
        }),
      );
      w.honest[index].give({ type: 'timer', name: 'propose' });
      w.pump();
    }
    for (const { index } of w.honest) t.is(w.convictedBy(index), w.cheat);
    t.is(w.honest[0].run, undefined);
  }
});

test('what another bank tells is its word: who hears of an accusation halts, stores nothing and blames nobody itself', t => {
  const w = new World(3);
  w.tell(0, { kind: 'accusation', evidence: { kind: 'accusation', culprit: 1, why: 'a lie' } });
  t.like(w.honest[0].halts[0], { accuser: w.cheat, blame: { culprit: 1 } });
  w.heard.length = 0;
  w.startSession('session 2');
  t.false(
    w.heard.some(({ message }) => message.kind === 'accusation'),
    'nor does it tell it on, as if it were its own',
  );
  w.honest[0].crash();
  w.honest[0].start();
  t.is(w.honest[0].machine.halted, undefined);
  w.honest[1].give({ type: 'accuse', culprit: w.cheat, why: 'a tag did not match' });
  w.pump();
  t.like(w.honest[1].halts[0], { accuser: 1, blame: { culprit: w.cheat } });
});

test('nothing durable is needed to start: a new bank stands at height 0', t => {
  t.is(emptyDurable.last, undefined);
  const [bank] = new World(2).honest;
  t.is(bank.machine.height, 0);
  t.deepEqual(bank.machine.lastHash, bank.banks.network.id);
});
