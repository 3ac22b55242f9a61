/**
 * n agreement machines with their stores, driven one event at a time by a list of choices: any order of messages, timers
 * and outputs, crashes at any output, links lost. The computation is a stand-in of three messages that all banks must send,
 * the last once the block before is committed.
 *
 * `check()` is run after every event: no fork, nothing settled twice, nothing settled and burned, nothing applied that
 * was not prepared, nobody halted.
 */

import { keptKey } from '../../../src/agreement/entries.js';
import {
  Agreement,
  BurnedIds,
  decodeCertified,
  durablePrefix,
  type Ground,
  type Input,
  loadDurable,
  logIdKey,
  logKey,
  type Output,
  type Place,
  type Planning,
  Pool,
  poolPrefix,
  type RunBlock,
} from '../../../src/agreement/index.js';
import { sameGround } from '../../../src/agreement/statements.js';
import { Writer } from '../../../src/codec/index.js';
import { concatBytes, equalBytes, hash, toHex, utf8 } from '../../../src/crypto/index.js';
import { assert } from '../../../src/errors.js';
import { type LedgerRecord, recordHash, type Verify } from '../../../src/ledger/log.js';
import type { StoreOp } from '../../../src/ports.js';
import { type Banks, idOf, makeBanks, makeRecord } from '../ledger/records.js';
import { announce, transferOf } from './envelopes.js';

const groundOf = ({ height, attempt, base }: Ground): Ground => ({ height, attempt, base });
const placeOf = ({ height, attempt, base }: Ground) => `${height}/${attempt}/${base}`;

/** In Ed25519's place: a hash with the seed. Nobody forges it in a test, and it costs two microseconds. */
export function cheapSign(banks: Banks, bank: number): (message: Uint8Array) => Uint8Array {
  return message => {
    const half = hash('test/sign', banks.seeds[bank], message);
    return concatBytes(half, half);
  };
}

export function cheapVerify(banks: Banks): Verify {
  return (bank, message, signature) =>
    bank < banks.seeds.length && equalBytes(cheapSign(banks, bank)(message), signature);
}

export class MapStore {
  readonly entries = new Map<string, readonly [Uint8Array, Uint8Array]>();

  commit(ops: readonly StoreOp[]): void {
    for (const op of ops) {
      if (op.type === 'put') this.entries.set(toHex(op.key), [op.key, op.value]);
      else this.entries.delete(toHex(op.key));
    }
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.entries.get(toHex(key))?.[1];
  }

  under(prefix: Uint8Array): (readonly [Uint8Array, Uint8Array])[] {
    const head = toHex(prefix);
    return [...this.entries].filter(([key]) => key.startsWith(head)).map(([, entry]) => entry);
  }
}

/** As far as the agreement looks into it. */
export function entryOf({ height, attempt }: Place, bank: number): Uint8Array {
  return new Writer()
    .u8(1)
    .u64(height)
    .u32(attempt)
    .u64(1)
    .fixed(hash('test/state', Uint8Array.of(bank)))
    .done();
}

interface Run extends Ground {
  readonly block: RunBlock;
  stage: number;
}

const preparedKey = (attempt: number) => utf8(`prepared/${attempt}`);

/** One bank: machine, store, and what the driver does. */
export class Bank {
  readonly store = new MapStore();
  readonly queue: Output[] = [];
  /** What it sent and has not arrived, by receiver. */
  readonly timers = new Set<'propose' | 'certificate'>();
  readonly applied: LedgerRecord[] = [];
  readonly finals: number[] = [];
  readonly halts: Extract<Output, { type: 'halt' }>[] = [];
  machine!: Agreement;
  pool!: Pool;
  /** Of this height, and of the next beside it. */
  runs: Run[] = [];
  up = false;
  /** Answers of the disk that have not reached the machine. */
  found: Input[] = [];
  /** They take their time. */
  isSlow = false;
  /** The session it is in. */
  session: string | undefined;
  readonly banks: Banks;
  readonly index: number;

  constructor(banks: Banks, index: number) {
    this.banks = banks;
    this.index = index;
    this.start();
  }

  start(): void {
    const { network } = this.banks;
    const verify = cheapVerify(this.banks);
    const durable = loadDurable(this.store.under(durablePrefix), network.banks.length);
    this.pool = new Pool(network, verify, new BurnedIds(durable.burned));
    this.pool.load(this.store.under(poolPrefix), (durable.last?.record.height ?? 0) + 1);
    const { pool } = this;
    const sign = cheapSign(this.banks, this.index);
    const height = durable.last?.record.height ?? 0;
    const kept = {
      last: network.banks.map((_, bank) => this.store.get(keptKey(bank, height))),
      oldest: network.banks.map(() => height + 1),
    };
    this.machine = new Agreement({ network, self: this.index, sign, verify, durable, pool, kept });
    this.up = true;
    this.give({ type: 'restart' });
  }

  crash(): void {
    this.up = false;
    this.queue.length = 0;
    this.timers.clear();
    this.runs = [];
    this.found = [];
    this.session = undefined;
  }

  tellFound(): void {
    const answer = this.found.shift();
    if (answer) this.give(answer);
  }

  /** The first. */
  get run(): Run | undefined {
    return this.runs[0];
  }

  give(input: Input): Output[] {
    const outputs = this.machine.handle(input);
    this.queue.push(...outputs);
    return outputs;
  }

  /** Its own packet of an envelope has arrived and opened. */
  admit(name: string, sponsor: number, sequence: number, planning: Planning = transferOf(0)): void {
    const id = idOf(name);
    if (this.pool.wasSeen(id)) return;
    this.pool.announce(announce(this.banks, sponsor, sequence, id, cheapSign(this.banks, sponsor)), planning);
    this.store.commit(this.pool.open(id, hash('test/key', id)));
    this.pool.release(id);
    this.give({ type: 'pool-changed' });
  }

  /** Executes the first output in the queue; `send` is the network's. */
  step(send: (to: number, bytes: Uint8Array) => void): void {
    const output = this.queue.shift();
    if (!output) return;
    switch (output.type) {
      case 'store':
        this.#commit(output);
        break;
      case 'send':
        send(output.to, output.bytes);
        break;
      case 'look-up':
        // read now; the answer may come later
        this.found.push({
          type: 'looked-up',
          query: output.query,
          found: output.ids.filter(id => this.store.get(logIdKey(id)) !== undefined),
        });
        if (!this.isSlow) this.tellFound();
        break;
      case 'run':
        this.runs = [...this.runs.filter(({ height }) => height !== output.height), { ...output, stage: 0 }];
        break;
      case 'abort':
        this.runs = this.runs.filter(run => !sameGround(run, output));
        break;
      case 'timer':
        this.timers.add(output.name);
        break;
      case 'cancel':
        this.timers.delete(output.name);
        break;
      case 'final':
        this.finals.push(output.height);
        break;
      case 'halt':
        this.halts.push(output);
        break;
      case 'committed':
      case 'missing':
      case 'end-session':
        break;
    }
  }

  drain(send: (to: number, bytes: Uint8Array) => void): void {
    while (this.queue.length > 0) this.step(send);
  }

  #commit(store: Extract<Output, { type: 'store' }>): void {
    const own: StoreOp[] = [];
    const { prepare, apply } = store;
    if (prepare) own.push({ type: 'put', key: preparedKey(prepare.attempt), value: Uint8Array.of(1) });
    if (apply) {
      assert(this.store.get(preparedKey(apply.attempt)) !== undefined, 'what is applied was prepared');
      for (const [key] of this.store.under(utf8('prepared/'))) own.push({ type: 'del', key });
    }
    this.store.commit([...store.ops, ...own]);
    if (!apply) return;
    const entry = this.store.get(logKey(apply.height));
    assert(entry !== undefined, 'what is applied is in the log');
    this.applied.push(decodeCertified(entry).record);
  }

  /** The record of a run, as every bank computes it. */
  record({ height, attempt, block }: Run): LedgerRecord {
    return makeRecord(this.banks.network, {
      height,
      attempt,
      previous: block.previous ?? recordHash(this.applied[height - 2]),
      entries: block.entries.map(({ id }) => ({ id, status: { kind: 'settled', pi: 1 } })),
      burned: block.burned,
      digest: hash('test/digest', block.session, block.proposalsDigest),
    });
  }

  compute(run: Run): void {
    this.runs = this.runs.filter(other => other !== run);
    const { height, attempt, base } = run;
    this.give({ type: 'computed', height, attempt, base, record: this.record(run), entry: entryOf(run, this.index) });
  }

  /** Every id it has burned, by hex. */
  get burned(): Set<string> {
    return new Set(loadDurable(this.store.under(durablePrefix), this.banks.seeds.length).burned.keys());
  }
}

export class Cluster {
  readonly members: Bank[];
  readonly #banks: Banks;
  /** By 'from>to': in order. */
  readonly #links = new Map<string, { session: string; bytes: Uint8Array }[]>();
  /** How far each bank has spoken in an attempt's computation, by session and place. */
  readonly #spoken = new Map<string, (Uint8Array | undefined)[][]>();
  /** The attempt whose computation has used an envelope, by hex id. */
  readonly #usedIn = new Map<string, string>();
  #sessions = 0;
  #names = 0;
  /** Envelopes on their way, by bank. */
  readonly #arriving: { name: string; sponsor: number; sequence: number }[][];
  readonly names: string[] = [];

  constructor(count: number) {
    this.#banks = makeBanks(count);
    this.members = Array.from({ length: count }, (_, i) => new Bank(this.#banks, i));
    for (const bank of this.members) bank.isSlow = true;
    this.#arriving = this.members.map(() => []);
  }

  get #count(): number {
    return this.members.length;
  }

  submit(): void {
    const name = `e${this.#names}`;
    const envelope = { name, sponsor: this.#names % this.#count, sequence: this.#names++ };
    this.names.push(name);
    for (const list of this.#arriving) list.push(envelope);
  }

  endSession(): void {
    this.#links.clear();
    for (const bank of this.members) {
      if (bank.session === undefined) continue;
      bank.session = undefined;
      bank.runs = [];
      if (bank.up) bank.give({ type: 'session-lost' });
    }
  }

  /** A step took too long at one bank, wherever it stands. */
  timeOut(index: number): void {
    const bank = this.members[index];
    const [run] = bank.runs.slice(-1);
    if (bank.up && run) this.#fail(bank, run);
  }

  #fail(bank: Bank, run: Run): void {
    bank.runs = bank.runs.filter(other => other !== run);
    bank.give({ type: 'failed', ...groundOf(run) });
  }

  crash(index: number): void {
    this.members[index].crash();
    this.endSession();
  }

  #newSession(): void {
    const id = hash('test/session', Uint8Array.of(++this.#sessions));
    for (const bank of this.members) {
      bank.session = toHex(id);
      bank.give({ type: 'session', id });
    }
  }

  /** What could happen next, faults apart. */
  #possible(): (() => void)[] {
    const actions: (() => void)[] = [];
    if (this.members.some(bank => !bank.up)) {
      for (const bank of this.members) if (!bank.up) actions.push(() => bank.start());
    } else if (this.members.some(bank => bank.session === undefined)) {
      actions.push(() => this.#newSession());
    }
    for (const bank of this.members) if (bank.up) actions.push(...this.#possibleAt(bank));
    for (const [link, queue] of this.#links) {
      const to = this.members[Number(link.split('>')[1])];
      if (queue.length === 0 || !to.up || to.session !== queue[0].session) continue;
      actions.push(() => {
        const { bytes } = queue.shift() as { bytes: Uint8Array };
        to.give({ type: 'message', from: Number(link.split('>')[0]), bytes });
      });
    }
    return actions;
  }

  #possibleAt(bank: Bank): (() => void)[] {
    const actions: (() => void)[] = [];
    if (bank.queue.length > 0) actions.push(() => bank.step((to, bytes) => this.#send(bank, to, bytes)));
    for (const name of bank.timers) {
      actions.push(() => {
        bank.timers.delete(name);
        bank.give({ type: 'timer', name });
      });
    }
    if (bank.found.length > 0) actions.push(() => bank.tellFound());
    const arriving = this.#arriving[bank.index];
    if (arriving.length > 0) {
      actions.push(() => {
        const envelope = arriving.shift();
        if (envelope) bank.admit(envelope.name, envelope.sponsor, envelope.sequence);
      });
    }
    for (const run of bank.session === undefined ? [] : bank.runs) {
      if (this.#mayStep(bank, run)) actions.push(() => this.#stepRun(bank, run));
    }
    return actions;
  }

  #send(bank: Bank, to: number, bytes: Uint8Array): void {
    if (bank.session === undefined) return; // the session of that output is over
    const link = `${bank.index}>${to}`;
    const queue = this.#links.get(link) ?? [];
    this.#links.set(link, queue);
    queue.push({ session: bank.session, bytes });
  }

  #stages(run: Run): (Uint8Array | undefined)[][] {
    const name = `${toHex(run.block.session)}/${placeOf(run)}`;
    let stages = this.#spoken.get(name);
    if (!stages) {
      stages = [[], [], []];
      this.#spoken.set(name, stages);
    }
    return stages;
  }

  #mayStep(bank: Bank, run: Run): boolean {
    // the last message needs the balances that the block before leaves
    if (run.stage === 2 && bank.applied.length < run.height - 1) return false;
    if (run.stage === 0) return toHex(run.block.session) === bank.session;
    const spoken = this.#stages(run)[run.stage - 1];
    return this.members.every(({ index }) => spoken[index] !== undefined);
  }

  /** Speaks, or having heard everybody goes on; the first message carries the digest of the proposals. */
  #stepRun(bank: Bank, run: Run): void {
    const stages = this.#stages(run);
    if (run.stage > 0 && stages[run.stage - 1].some(d => d && !equalBytes(d, run.block.proposalsDigest))) {
      this.#fail(bank, run);
    } else if (run.stage === 3) bank.compute(run);
    else {
      for (const { id } of run.block.entries) {
        const place = placeOf(run);
        assert((this.#usedIn.get(toHex(id)) ?? place) === place, 'masks are used in one attempt only');
        this.#usedIn.set(toHex(id), place);
      }
      stages[run.stage++][bank.index] = run.block.proposalsDigest;
      if (run.stage === 2) bank.give({ type: 'proved', ...groundOf(run) });
    }
  }

  /** One event, chosen by number. False when nothing can happen. */
  step(choice: number): boolean {
    const actions = this.#possible();
    if (actions.length === 0) return false;
    actions[choice % actions.length]();
    this.check();
    return true;
  }

  /** No more faults: goes on until nothing is left to do. False if that takes too long. */
  settle(random: (below: number) => number, stepsMax = 4_000): boolean {
    for (let i = 0; i < stepsMax; i++) {
      if (!this.step(random(1 << 20))) return true;
    }
    return false;
  }

  check(): void {
    const byHeight = new Map<number, string>();
    for (const bank of this.members) {
      assert(bank.halts.length === 0, `bank ${bank.index} halted: ${bank.halts[0]?.blame.why}`);
      const standing = new Set<string>();
      const listed = new Set<string>();
      bank.applied.forEach((record, i) => {
        const name = toHex(recordHash(record));
        assert(record.height === i + 1, 'heights are applied in order, each once');
        assert((byHeight.get(record.height) ?? name) === name, 'there is one record at each height');
        byHeight.set(record.height, name);
        for (const { id } of record.entries) {
          assert(!standing.has(toHex(id)), 'an id is applied once');
          standing.add(toHex(id));
        }
        for (const id of record.burned) listed.add(toHex(id));
      });
      assert(![...listed].some(id => standing.has(id)), 'no id is settled and burned');
    }
  }

  /** At rest: no id that stands in a record is burned at any bank. */
  checkBurned(): void {
    const standing = new Set(this.members.flatMap(b => b.applied.flatMap(r => r.entries.map(({ id }) => toHex(id)))));
    for (const bank of this.members) {
      assert(![...bank.burned].some(id => standing.has(id)), 'no settled id is burned on a disk');
    }
  }

  /** What became of an envelope at a bank. */
  fate(bank: Bank, name: string): 'settled' | 'burned' | undefined {
    const id = toHex(idOf(name));
    if (bank.applied.some(record => record.entries.some(entry => toHex(entry.id) === id))) return 'settled';
    return bank.applied.some(record => record.burned.some(b => toHex(b) === id)) ? 'burned' : undefined;
  }
}
