/**
 * The attacks of protocol.md section 12 that concern the agreement: honest banks are real machines, the last bank of the
 * roster is a cheat that says whatever the test wants, with its real key.
 */
import test from 'ava';
import { announcementStatement } from '../../../src/agreement/announcement.js';
import {
  type Certified,
  convicted,
  decodeEvidence,
  emptyDurable,
  encodeEvidence,
  logIdKey,
  type Proof,
} from '../../../src/agreement/index.js';
import { decodeMessage, encodeMessage, type Message, type Proposal } from '../../../src/agreement/messages.js';
import { type RootVoid, rootOf, type Signed, type Void, voidStatement } from '../../../src/agreement/statements.js';
import { equalBytes, toHex } from '../../../src/crypto/index.js';
import { ChainVerifier, type LedgerRecord, recordHash, recordStatement } from '../../../src/ledger/log.js';
import { idOf, makeBanks } from '../ledger/records.js';
import { Bank, cheapSign, cheapVerify } from './cluster.js';

/** n - 1 honest banks in one session with a cheat, everything between honest banks arriving at once and in order. */
class World {
  readonly banks;
  readonly honest: Bank[];
  readonly cheat: number;
  readonly heard: { from: number; message: Message }[] = [];
  session = idOf('session 1');

  constructor(count: number) {
    this.banks = makeBanks(count);
    this.cheat = count - 1;
    this.honest = Array.from({ length: count - 1 }, (_, i) => new Bank(this.banks, i));
    this.startSession('session 1');
  }

  startSession(name: string): void {
    this.session = idOf(name);
    for (const bank of this.honest) {
      bank.session = name;
      bank.give({ type: 'session', id: this.session });
    }
    this.pump();
  }

  loseSession(): void {
    for (const bank of this.honest) bank.give({ type: 'session-lost' });
    this.pump();
  }

  /** Runs all queues dry. */
  pump(): void {
    while (this.honest.some(bank => bank.queue.length > 0)) {
      for (const bank of this.honest) {
        bank.drain((to, bytes) => {
          if (to === this.cheat)
            this.heard.push({ from: bank.index, message: decodeMessage(bytes, this.banks.seeds.length) });
          else this.honest[to].give({ type: 'message', from: bank.index, bytes });
        });
      }
    }
  }

  /** The cheat to one bank. */
  tell(to: number, message: Message): void {
    this.honest[to].give({ type: 'message', from: this.cheat, bytes: encodeMessage(message) });
    this.pump();
  }

  admit(name: string, sequence = 1): void {
    for (const bank of this.honest) bank.admit(name, 0, sequence);
    this.pump();
  }

  sign(statement: Uint8Array): Uint8Array {
    return cheapSign(this.banks, this.cheat)(statement);
  }

  proposal(names: string[], over: Partial<Proposal> = {}): Message {
    const ready = names.map((name, i) => {
      const announcement = { id: idOf(name), sponsor: 0, sequence: i + 1 };
      const signature = cheapSign(this.banks, 0)(announcementStatement(this.banks.network.id, announcement));
      return { ...announcement, signature };
    });
    const at = { vole: 0, triples: 0, selections: 0 };
    const session = this.session.slice(0, 8);
    return { kind: 'proposal', session, height: 1, attempt: 1, round: 1, ready, burned: [], at, ...over };
  }

  /** The same to everybody. */
  propose(names: string[], over: Partial<Proposal> = {}): void {
    for (const { index } of this.honest) this.tell(index, this.proposal(names, over));
  }

  /** The honest banks' computation ends; answers with the record. */
  compute(indices = this.honest.map(({ index }) => index)): LedgerRecord {
    const records = indices.map(index => {
      const { run } = this.honest[index];
      if (!run) throw new Error('nothing runs');
      const record = this.honest[index].record(run);
      this.honest[index].compute(run);
      return record;
    });
    this.pump();
    return records[0];
  }

  signed(record: LedgerRecord): Signed {
    const at = { height: record.height, attempt: record.attempt, recordHash: recordHash(record) };
    const commitment = idOf('cheat state');
    return {
      ...at,
      bank: this.cheat,
      commitment,
      signature: this.sign(recordStatement(this.banks.network.id, at, this.cheat, commitment)),
    };
  }

  void(attempt: number, root?: RootVoid, height = 1): Void {
    const place = { height, attempt };
    const signature = this.sign(voidStatement(this.banks.network.id, place, this.cheat, root));
    return { ...place, bank: this.cheat, root, signature };
  }

  /** What an honest bank has said to the cheat, of one kind. */
  said<K extends Message['kind']>(from: number, kind: K): Extract<Message, { kind: K }>[] {
    const messages = this.heard.filter(h => h.from === from).map(({ message }) => message);
    return messages.filter((m): m is Extract<Message, { kind: K }> => m.kind === kind);
  }

  /** All signatures under that record: what the cheat can put together. */
  certified(record: LedgerRecord): Certified {
    const all = [...this.honest.flatMap(b => this.said(b.index, 'signed').map(m => m.signed)), this.signed(record)];
    const of = all.filter(s => equalBytes(s.recordHash, recordHash(record))).sort((a, b) => a.bank - b.bank);
    return { record, certificate: of.map(({ commitment, signature }) => ({ commitment, signature })) };
  }

  /** Whom the proof a bank halted with convicts, after a journey over the wire. */
  convictedBy(index: number): number | undefined {
    const evidence = this.honest[index].halts[0]?.evidence;
    if (evidence?.kind !== 'proof') return undefined;
    const again = decodeEvidence(encodeEvidence(evidence), this.banks.seeds.length);
    return again.kind === 'proof' ? convicted(this.banks.network.id, cheapVerify(this.banks), again.proof) : undefined;
  }
}

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
    t.is(forged.honest[0].halts[0].culprit, forged.cheat);
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

test('a burned id is not proposed, when its envelope arrives only later', t => {
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
});

test('an id that stands in a record is not listed as burned: whoever lists it is accused, and nothing is signed', t => {
  const w = new World(2);
  w.admit('x');
  w.propose(['x']);
  w.tell(0, { kind: 'signed', signed: w.signed(w.compute()) });
  t.not(w.honest[0].store.get(logIdKey(idOf('x'))), undefined);
  w.admit('y', 2);
  w.propose([], { height: 2, burned: [idOf('x')] });
  t.is(w.honest[0].halts[0].culprit, w.cheat);
  t.is(w.said(0, 'signed').length, 1);
});

test('a message of an attempt sent after its void: an honest bank sends none', t => {
  const w = new World(3);
  w.admit('x');
  w.propose(['x']);
  const [a, b] = w.honest;
  const run = a.run;
  t.truthy(run);
  a.give({ type: 'failed', height: 1, attempt: 1 });
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
  t.is(w.honest[0].halts[0].culprit, w.cheat);
});

test('an accusation halts whoever is told, and the accuser also after a restart', t => {
  const w = new World(3);
  w.admit('x');
  w.propose(['x']);
  w.honest[0].give({ type: 'accuse', culprit: w.cheat, why: 'a tag did not match' });
  w.pump();
  t.deepEqual(
    w.honest.map(b => b.halts[0].culprit),
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
    t.is(w.honest[0].halts[0]?.culprit, w.cheat);
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
  const proposal = w.proposal(['x']) as Proposal;
  const ready = proposal.ready.map(a => ({ ...a, sponsor: 0, sequence: 9, signature: new Uint8Array(64) }));
  const elsewhere = proposal.ready.map(a => ({ ...a, sponsor: 1, signature: new Uint8Array(64) }));
  t.is(ready.length, 1);
  w.propose([], { ready }); // another number: the id waits
  t.deepEqual(
    w.honest.map(b => b.halts.length),
    [0, 0],
  );
  const v = new World(3);
  for (const bank of v.honest) bank.admit('x', 1, 5);
  v.pump();
  v.propose([], { ready: elsewhere.map(a => ({ ...a, sponsor: 0 })) });
  t.is(v.honest[0].halts[0].culprit, v.cheat);
});

test('nothing durable is needed to start: a new bank stands at height 0', t => {
  t.is(emptyDurable.last, undefined);
  const [bank] = new World(2).honest;
  t.is(bank.machine.height, 0);
  t.deepEqual(bank.machine.lastHash, bank.banks.network.id);
});
