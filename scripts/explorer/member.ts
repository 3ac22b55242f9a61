/**
 * One bank of the model: the real machine and pool, a disk, and what a driver does. Whole outputs of an input happen at once,
 * or up to the crash that cuts them: what a bank sends may wait on its link, so nothing is lost by that.
 *
 * The computation is a stand-in. A run speaks once (that is message 2: from then on its envelopes' masks are used), and may
 * end once all banks have spoken in it; with `overlap` it says `proved` first, and its end waits for the block before.
 */
import { keptKey } from '../../src/agreement/entries.js';
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
  Pool,
  poolPrefix,
  type RunBlock,
} from '../../src/agreement/index.js';
import { decodeMessage, type Message } from '../../src/agreement/messages.js';
import { convicted, type Evidence, sameGround } from '../../src/agreement/statements.js';
import { hash, toHex, utf8 } from '../../src/crypto/index.js';
import { type LedgerRecord, recordHash } from '../../src/ledger/log.js';
import { cheapSign, cheapVerify, entryOf } from '../../test/src/agreement/cluster.js';
import { announce, transferOf } from '../../test/src/agreement/envelopes.js';
import { type Banks, idOf, makeRecord } from '../../test/src/ledger/records.js';
import { copy, History, share } from './copy.js';
import { Disk } from './disk.js';
import { ownerOf, type Statement, statementName } from './statement.js';

export interface Run extends Ground {
  readonly block: RunBlock;
  proved: boolean;
}

export type Event =
  | { readonly type: 'start' }
  | { readonly type: 'arrive'; readonly envelope: number }
  | { readonly type: 'found' }
  | { readonly type: 'prove' | 'fail'; readonly ground: Ground }
  /** `split`: in another record than at the other banks. */
  | { readonly type: 'compute'; readonly ground: Ground; readonly split: boolean }
  /** One after the other, from one bank, with nothing in between. */
  | { readonly type: 'messages'; readonly from: number; readonly all: readonly Uint8Array[] }
  | Exclude<Input, { type: 'restart' | 'computed' | 'failed' | 'proved' | 'looked-up' | 'pool-changed' }>;

export interface Sent {
  readonly to: number;
  readonly bytes: Uint8Array;
}

export interface Halt {
  /** None where nobody is named. */
  readonly culprit: number | undefined;
  /** On whose word alone. */
  readonly toldBy: number | undefined;
  /** It holds after a restart. */
  readonly isStored: boolean;
}

/** What a bank did that no protocol may let it do. */
export class Violation extends Error {}

export function runName({ height, attempt, base }: Ground, session: Uint8Array): string {
  return `${toHex(session.subarray(0, 4))}/${height}/${attempt}/${base}`;
}

const voids = utf8('agreement/void/');
const haltedKey = utf8('agreement/halted');
const preparedKey = (attempt: number) => utf8(`prepared/${attempt}`);
export const shortHash = (record: LedgerRecord) => toHex(recordHash(record)).slice(0, 8);

export class Member {
  readonly index: number;
  store = new Disk();
  readonly #copiedBefore: 'mark' | 'signature' | undefined;
  /** The disk before its last mark or signature, while that height is undecided; none where no disk is ever put back. */
  copied: Disk | undefined;
  /** Such a copy was put back, so that it may have said what its disk does not know; 'over': it had voided that attempt since. */
  old: 'undecided' | 'over' | undefined;
  machine: Agreement | undefined;
  pool: Pool | undefined;
  session: Uint8Array | undefined;
  runs: Run[] = [];
  /** Digest of the proposals by run: what it has said in this session's computations. */
  spoken = new Map<string, string>();
  timers = new Set<'propose' | 'certificate'>();
  found: Extract<Input, { type: 'looked-up' }>[] = [];
  /** Of every statement that left it: 'signed/h/k/hash', 'root/h/k', 'void/h/k', 'committed/h/hash'. */
  readonly said = new History<string, true>();
  /** The run that has used an envelope's masks, by hex id. */
  readonly used = new History<string, string>();
  /** Names of the records it has applied, and what they hold. */
  readonly applied: { readonly hash: string; readonly settled: string[]; readonly burned: string[] }[] = [];
  /** What it has let out, by name: to one bank, and so to all that anybody can know. */
  readonly told = new History<string, Statement>();
  /** The records it has computed, by name. */
  readonly records = new History<string, LedgerRecord>();
  /** The last height that it called final. */
  final = 0;
  halted: Halt | undefined;

  /** `copiedBefore`: its disk may be put back to that. */
  constructor(index: number, copiedBefore: 'mark' | 'signature' | undefined) {
    this.index = index;
    this.#copiedBefore = copiedBefore;
  }

  /** For a trace: where it stands. */
  tell(): string {
    const { machine, index, applied, halted } = this;
    if (!machine) return `bank ${index} is down`;
    const { height, attempt, round, phase } = machine.standing;
    const why = halted && `halted, ${halted.culprit === undefined ? 'naming nobody' : `naming bank ${halted.culprit}`}`;
    const where = phase === 'proposing' ? `proposing, round ${round}` : phase;
    const stands = applied.map(({ hash: of }, i) => ` ${i + 1}:${of}`).join('');
    return `bank ${index} at ${height}/${attempt}: ${why ?? where}${stands && `; has applied${stands}`}`;
  }

  /**
   * What its name depends on: all that it holds. Once it has halted it says nothing but its last certificate and why, and with
   * evidence on its disk it never does anything else; a restart for which an operator is needed finds the disk.
   */
  get whole(): unknown {
    const { index, session, halted, said, told, records, applied, final, store, used, old } = this;
    if (!this.isUp || !halted) return this;
    const left = halted.isStored ? [] : [store, used];
    return [index, session, halted, said, told, records, applied, final, old, ...left];
  }

  get isUp(): boolean {
    return this.machine !== undefined;
  }

  crash(): void {
    this.machine = undefined;
    this.pool = undefined;
    this.timers = new Set();
    this.found = [];
    this.loseSession();
  }

  /**
   * Down, and on the copy of its disk. Without its mark it may begin with the same envelopes again; what a run opens takes all
   * banks, and those whose disks are whole would have to use them twice as well.
   */
  putBack(): void {
    const before = this.store.under(voids).length;
    this.crash();
    this.halted = undefined;
    this.store = this.copied ?? this.store;
    this.copied = undefined;
    if (this.#copiedBefore === 'mark') this.used.clear();
    this.old = this.store.under(voids).length < before ? 'over' : 'undecided';
  }

  /** It has let an old copy of its disk be told what it has said since, and refuses it. */
  get isRefused(): boolean {
    return (
      this.old !== undefined &&
      this.halted?.isStored === false &&
      (this.halted.culprit ?? this.halted.toldBy) === undefined
    );
  }

  loseSession(): void {
    this.session = undefined;
    this.runs = [];
    this.spoken = new Map();
  }

  /**
   * Answers with what it sent. `cut`: it crashes before the output of that index. Throws Violation, and ASSERTION where the
   * code itself finds that something cannot be.
   */
  act(banks: Banks, event: Event, cut = Number.POSITIVE_INFINITY): { readonly sent: Sent[]; readonly outputs: number } {
    const outputs = this.#outputs(banks, event);
    const sent: Sent[] = [];
    for (const output of outputs.slice(0, cut)) this.#execute(banks, output, sent);
    if (cut < outputs.length) this.crash();
    return { sent, outputs: outputs.length };
  }

  #outputs(banks: Banks, event: Event): Output[] {
    if (event.type === 'start') this.#start(banks);
    const { machine } = this;
    if (!machine) throw new Violation('an event at a bank that is down');
    switch (event.type) {
      case 'start':
        return machine.handle({ type: 'restart' });
      case 'arrive':
        this.#admit(banks, event.envelope);
        return machine.handle({ type: 'pool-changed' });
      case 'found': {
        const [answer] = this.found.splice(0, 1);
        return machine.handle(answer);
      }
      case 'prove':
        for (const run of this.runs) if (sameGround(run, event.ground)) run.proved = true;
        return machine.handle({ ...event.ground, type: 'proved' });
      case 'fail':
        this.runs = this.runs.filter(run => !sameGround(run, event.ground));
        return machine.handle({ ...event.ground, type: 'failed' });
      case 'compute':
        return this.#compute(banks, machine, event);
      case 'messages':
        return event.all.flatMap(bytes => machine.handle({ type: 'message', from: event.from, bytes }));
      case 'session':
        this.session = event.id;
        return machine.handle(event);
      case 'session-lost':
        this.loseSession();
        return machine.handle(event);
      case 'timer':
        this.timers.delete(event.name);
        return machine.handle(event);
      default:
        return machine.handle(event);
    }
  }

  #start(banks: Banks): void {
    const { network } = banks;
    const verify = cheapVerify(banks);
    const culpritOf = (evidence: Evidence) =>
      evidence.kind === 'proof' ? convicted(network.id, verify, evidence.proof) : evidence.culprit;
    const durable = loadDurable(this.store.under(durablePrefix), network.banks.length);
    this.pool = new Pool(network, verify, new BurnedIds(durable.burned));
    this.pool.load(this.store.under(poolPrefix), (durable.last?.record.height ?? 0) + 1);
    const sign = cheapSign(banks, this.index);
    const height = durable.last?.record.height ?? 0;
    const kept = {
      last: network.banks.map((_, bank) => this.store.get(keptKey(bank, height))),
      oldest: network.banks.map(() => height + 1),
    };
    this.machine = new Agreement({ network, self: this.index, sign, verify, durable, pool: this.pool, kept });
    this.halted = durable.halted && { culprit: culpritOf(durable.halted), toldBy: undefined, isStored: true };
  }

  #admit(banks: Banks, envelope: number): void {
    const { pool } = this;
    const id = idOf(`e${envelope}`);
    if (!pool || pool.wasSeen(id)) return;
    const sponsor = envelope % banks.seeds.length;
    pool.announce(announce(banks, sponsor, envelope + 1, id, cheapSign(banks, sponsor)), transferOf(0));
    this.store.commit(pool.open(id, hash('test/key', id)));
    pool.release(id);
  }

  #compute({ network }: Banks, machine: Agreement, { ground, split }: Extract<Event, { type: 'compute' }>): Output[] {
    const run = this.runs.find(other => sameGround(other, ground));
    if (!run) throw new Violation('a computation ends that did not begin');
    this.runs = this.runs.filter(other => other !== run);
    const { height, attempt, base, block } = run;
    const record = makeRecord(network, {
      height,
      attempt,
      previous: machine.lastHash,
      entries: block.entries.map(({ id }) => ({ id, status: { kind: 'settled', pi: 1 } })),
      burned: block.burned,
      // of what was broadcast: the same for all that computed together, and nobody computes with other proposals
      digest: hash('explore/digest', Uint8Array.of(split ? this.index + 1 : 0)),
    });
    this.records.set(shortHash(record), share(record));
    return machine.handle({ type: 'computed', height, attempt, base, record, entry: entryOf(record, this.index) });
  }

  #execute({ network }: Banks, output: Output, sent: Sent[]): void {
    switch (output.type) {
      case 'store':
        this.#commit(output);
        return;
      case 'send':
        this.#say(output.bytes, network.banks.length);
        sent.push(output);
        return;
      case 'look-up': {
        const found = output.ids.filter(id => this.store.get(logIdKey(id)) !== undefined);
        this.found.push({ type: 'looked-up', query: output.query, found });
        return;
      }
      case 'run':
        this.#run({ ...output, proved: false });
        return;
      case 'abort':
        this.runs = this.runs.filter(run => !sameGround(run, output));
        return;
      case 'timer':
        this.timers.add(output.name);
        return;
      case 'cancel':
        this.timers.delete(output.name);
        return;
      case 'halt':
        this.halted = {
          culprit: output.blame.culprit,
          toldBy: output.accuser === this.index ? undefined : output.accuser,
          isStored: this.store.get(haltedKey) !== undefined,
        };
        return;
      case 'final':
        this.final = Math.max(this.final, output.height);
        return;
      case 'committed':
      case 'missing':
      case 'end-session':
        return;
    }
  }

  #run(run: Run): void {
    const name = runName(run, run.block.session);
    this.runs = [...this.runs.filter(({ height }) => height !== run.height), run];
    this.spoken.set(name, toHex(run.block.proposalsDigest).slice(0, 8));
    for (const { id } of run.block.entries) {
      const before = this.used.get(toHex(id));
      if (before !== undefined && before !== name) throw new Violation(`masks used twice: in ${before} and ${name}`);
      this.used.set(toHex(id), name);
    }
  }

  #say(bytes: Uint8Array, count: number): void {
    const message = decodeMessage(bytes, count);
    if (ownerOf(message, this.index) !== this.index) return; // another's statement, which goes back to it
    this.#tell(message);
    // what nobody has heard nobody can tell an old disk: it may say another thing, and whoever has both halts and names it
    if (this.old) return;
    if (message.kind === 'signed') {
      const { height, attempt, recordHash: of } = message.signed;
      if (this.said.has(`void/${height}/${attempt}`) || this.said.has(`root/${height}/${attempt}`)) {
        throw new Violation(`bank ${this.index} signed the record of ${height}/${attempt} after its void`);
      }
      this.said.set(`signed/${height}/${attempt}/${toHex(of).slice(0, 8)}`, true);
      for (const other of this.said.keys()) {
        const isOther = other.startsWith(`signed/${height}/${attempt}/`) && !other.endsWith(toHex(of).slice(0, 8));
        if (isOther) throw new Violation(`bank ${this.index} signed two records of ${height}/${attempt}`);
      }
    } else if (message.kind === 'void') {
      const { height, attempt, root } = message.void;
      this.said.set(`${root ? 'void' : 'root'}/${height}/${attempt}`, true);
    } else if (message.kind === 'committed') {
      this.said.set(`committed/${message.committed.height}/${toHex(message.committed.hash).slice(0, 8)}`, true);
    }
    for (const statement of this.said.keys()) {
      const [kind, height, attempt] = statement.split('/');
      if (kind === 'root' && [...this.said.keys()].some(other => other.startsWith(`signed/${height}/${attempt}/`))) {
        throw new Violation(`bank ${this.index} signed the record and a root void of ${height}/${attempt}`);
      }
    }
  }

  #tell(message: Message): void {
    if (message.kind !== 'signed' && message.kind !== 'void' && message.kind !== 'committed') return;
    const key = statementName(message);
    if (!this.told.has(key)) this.told.set(key, share(message));
  }

  #commit(store: Extract<Output, { type: 'store' }>): void {
    const { prepare, apply, marks } = store;
    const what = prepare ? 'signature' : marks && 'mark';
    if (what !== undefined && what === this.#copiedBefore) this.copied = copy(this.store);
    if (apply) this.copied = undefined;
    this.store.commit(store.ops);
    if (prepare)
      this.store.commit([{ type: 'put', key: preparedKey(prepare.attempt), value: Uint8Array.of(prepare.attempt) }]);
    if (!apply) return;
    if (!this.store.get(preparedKey(apply.attempt))) throw new Violation('applied what was not prepared');
    this.store.commit(this.store.under(utf8('prepared/')).map(([key]) => ({ type: 'del' as const, key })));
    const entry = this.store.get(logKey(apply.height));
    if (!entry) throw new Violation('applied what is not in the log');
    const { record } = decodeCertified(entry);
    if (record.height !== this.applied.length + 1) throw new Violation('heights are applied in order, each once');
    const settled = record.entries.map(({ id }) => toHex(id));
    const burned = record.burned.map(toHex);
    for (const { settled: earlier } of this.applied) {
      if (settled.some(id => earlier.includes(id))) throw new Violation('an envelope is settled twice');
    }
    this.applied.push({ hash: shortHash(record), settled, burned });
  }
}
