/** Honest banks as real machines, and a cheat at the last place of the roster that says whatever a test wants. */
import { type Certified, convicted, decodeEvidence, encodeEvidence } from '../../../src/agreement/index.js';
import { decodeMessage, encodeMessage, type Message, type Proposal } from '../../../src/agreement/messages.js';
import { type RootVoid, type Signed, type Void, voidStatement } from '../../../src/agreement/statements.js';
import { equalBytes } from '../../../src/crypto/index.js';
import { type LedgerRecord, recordHash, recordStatement } from '../../../src/ledger/log.js';
import { entryHash } from '../../../src/ledger/recovery-entry.js';
import { idOf, makeBanks } from '../ledger/records.js';
import { Bank, cheapSign, cheapVerify, entryOf } from './cluster.js';
import { announce } from './envelopes.js';

/** n - 1 honest banks in one session with a cheat, everything between honest banks arriving at once and in order. */
export class World {
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

  bytes(message: Message): Uint8Array {
    return encodeMessage(message);
  }

  /** The cheat to one bank. */
  tell(to: number, message: Message): void {
    const { cheat } = this;
    // the entry that a signature commits to comes before it
    if (message.kind === 'signed' && message.signed.bank === cheat) {
      this.tell(to, { kind: 'entry', bank: cheat, entry: entryOf(message.signed, cheat) });
    }
    // with a certificate come everybody's
    if (message.kind === 'certificate') {
      for (const bank of this.banks.seeds.keys()) {
        this.tell(to, { kind: 'entry', bank, entry: entryOf(message.record, bank) });
      }
    }
    this.tellAlone(to, message);
  }

  tellAlone(to: number, message: Message): void {
    this.honest[to].give({ type: 'message', from: this.cheat, bytes: encodeMessage(message) });
    this.pump();
  }

  /** The cheat stands where that bank does, and has told all that it has heard of it. */
  tellStatus(to: number): void {
    const { height, lastHash, standing } = this.honest[to].machine;
    this.tell(to, { kind: 'status', height, hash: lastHash, attempt: standing.attempt });
  }

  admit(name: string, sequence = 1): void {
    for (const bank of this.honest) bank.admit(name, 0, sequence);
    this.pump();
  }

  sign(statement: Uint8Array): Uint8Array {
    return cheapSign(this.banks, this.cheat)(statement);
  }

  proposal(names: string[], over: Partial<Proposal> = {}): Message {
    const ready = names.map((name, i) => announce(this.banks, 0, i + 1, name, cheapSign(this.banks, 0)));
    const at = { vole: 0, triples: 0, selections: 0 };
    const session = this.session.slice(0, 8);
    return {
      kind: 'proposal',
      session,
      height: 1,
      attempt: 1,
      base: (over.height ?? 1) > 1 ? 1 : 0,
      round: 1,
      ready,
      burned: [],
      at,
      ...over,
    };
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
    const commitment = entryHash(entryOf(record, this.cheat));
    return {
      ...at,
      bank: this.cheat,
      commitment,
      signature: this.sign(recordStatement(this.banks.network.id, at, this.cheat, commitment)),
    };
  }

  void(attempt: number, after?: RootVoid, height = 1): Void {
    const place = { height, attempt };
    const root = after && { bank: after.bank, signature: after.signature };
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

  /** The same for any record, whoever has signed it. */
  certifiedByAll(record: LedgerRecord): Certified {
    const at = { height: record.height, attempt: record.attempt, recordHash: recordHash(record) };
    const commitment = idOf('state');
    const certificate = this.banks.seeds.map((_, bank) => {
      const statement = recordStatement(this.banks.network.id, at, bank, commitment);
      return { commitment, signature: cheapSign(this.banks, bank)(statement) };
    });
    return { record, certificate };
  }

  /** Whom the proof a bank halted with convicts, after a journey over the wire. */
  convictedBy(index: number): number | undefined {
    const evidence = this.honest[index].halts[0]?.evidence;
    if (evidence?.kind !== 'proof') return undefined;
    const again = decodeEvidence(encodeEvidence(evidence), this.banks.seeds.length);
    return again.kind === 'proof' ? convicted(this.banks.network.id, cheapVerify(this.banks), again.proof) : undefined;
  }
}
