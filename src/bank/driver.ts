/**
 * Drives the agreement machine: its inputs one after the other, its outputs executed strictly in order, so that a store is on
 * the disk before anything after it happens. Computations run beside it, and answer as inputs.
 *
 *     input --> Agreement (pure) --> outputs --> store: one transaction of the log, the balances and what the desk forgets
 *                                            --> send, timers, look-ups
 *                                            --> run: compute(), which may rest on a block that is not committed yet
 *                                            --> what concerns the rest of the bank: `DriverEvents`
 *
 * Source: protocol.md, sections 9 and 10; `agreement/machine.ts` says how its outputs must be treated.
 */
import type { Agreement, Blame, Ground, Input, Output, RunBlock, StoreOutput } from '../agreement/index.js';
import { equalBytes } from '../crypto/index.js';
import { assert } from '../errors.js';
import { commitOps, putPrepared } from '../ledger/ledger-store.js';
import { type LedgerRecord, recordHash } from '../ledger/log.js';
import type { Prepared } from '../ledger/prepared.js';
import type { LedgerState } from '../ledger/state.js';
import { agreementInputsHigh, awaitedMs, wantWaitMs } from '../limits.js';
import type { Channel, Clock, Randomness, Store } from '../ports.js';
import type { CommitQueue } from './commit-queue.js';
import { type Computed, compute } from './computation.js';
import type { EntryMaker } from './entry-maker.js';
import type { EnvelopeDesk } from './envelope-desk.js';
import type { MemoLog } from './memo-log.js';
import { heightOf } from './public-log.js';
import { Rest } from './rest.js';
import type { Session } from './session.js';
import type { Upkeep } from './upkeep.js';

export interface DriverOptions {
  readonly agreement: Agreement;
  readonly state: LedgerState;
  /** By attempt: signed at the height that is not committed yet. */
  readonly prepared: Map<number, Prepared>;
  readonly entries: EntryMaker;
  readonly desk: EnvelopeDesk;
  readonly store: Store;
  readonly commits: CommitQueue;
  readonly upkeep: Upkeep;
  readonly memos: MemoLog;
  readonly clock: Clock;
  readonly random: Randomness;
  /** In place of every computation. */
  readonly rekey?: (channel: Channel, ground: Ground, block: RunBlock) => Promise<Computed>;
}

/** What becomes of a machine's outputs outside. None may throw. */
export interface DriverEvents {
  send(to: number, session: Uint8Array, bytes: Uint8Array): void;
  committed(record: LedgerRecord): void;
  final(height: number, signatures: readonly Uint8Array[] | undefined): void;
  endSession(why: string): void;
  halted(accuser: number | undefined, blame: Blame): void;
  /** A run of this session ended in an error. */
  runFailed(session: Session, ground: Ground, error: unknown): void;
  /** The disk is under new keys, and this bank in memory under the old: it is over. */
  rekeyed(): void;
  /** This bank's own trouble. */
  broken(error: unknown): void;
}

export class Driver {
  readonly #o: DriverOptions;
  readonly #events: DriverEvents;
  #session: Session | undefined;
  readonly #inputs: Input[] = [];
  #isPoolChangeWaiting = false;
  #working: Promise<void> | undefined;
  #waitingForRoom: (() => void)[] = [];
  /** The ids of the attempt that runs are on the disk. */
  #marked: Promise<void> = Promise.resolve();
  /** By height: what the computation that was begun beside it waits for. */
  readonly #rests = new Map<number, Rest>();
  readonly #timers = new Map<string, () => void>();
  #stopped = false;
  /** When the machine last did anything, by the bank's clock. */
  #actedAt: number;
  readonly counters = { voids: 0, messages: 0, bytesSent: 0 };

  constructor(options: DriverOptions, events: DriverEvents) {
    this.#o = options;
    this.#events = events;
    this.#actedAt = options.clock.now();
  }

  /** Banks that the machine waits for, if it has done nothing for a while. */
  get awaited(): readonly number[] {
    const { agreement, clock } = this.#o;
    return clock.now() - this.#actedAt < awaitedMs ? [] : agreement.awaited;
  }

  input(input: Input): void {
    this.#inputs.push(input);
    this.#working ??= this.#work();
  }

  /** Many envelopes become ready together: the machine looks once. */
  poolChanged(): void {
    if (this.#isPoolChangeWaiting) return;
    this.#isPoolChangeWaiting = true;
    this.input({ type: 'pool-changed' });
  }

  /** Resolves while few inputs wait: links are slowed down meanwhile. */
  async room(): Promise<void> {
    if (this.#inputs.length < agreementInputsHigh) return;
    await new Promise<void>(resolve => this.#waitingForRoom.push(resolve));
  }

  sessionFormed(session: Session): void {
    this.#session = session;
    this.input({ type: 'session', id: session.id });
  }

  sessionLost(): void {
    this.#session = undefined;
    for (const rest of this.#rests.values()) rest.void();
    this.#rests.clear();
    this.input({ type: 'session-lost' });
  }

  /** From now on nothing is executed. */
  cease(): void {
    this.#stopped = true;
  }

  /** Nothing more happens once it resolves. */
  async stop(): Promise<void> {
    this.cease();
    for (const cancel of this.#timers.values()) cancel();
    await this.#working;
  }

  async #work(): Promise<void> {
    await Promise.resolve(); // `#working` is set before anything happens
    try {
      for (let input = this.#inputs.shift(); input && !this.#stopped; input = this.#inputs.shift()) {
        if (input.type === 'pool-changed') this.#isPoolChangeWaiting = false;
        for (const output of this.#o.agreement.handle(input)) {
          if (this.#stopped) break;
          await this.#execute(output);
        }
        if (this.#inputs.length < agreementInputsHigh) for (const go of this.#waitingForRoom.splice(0)) go();
      }
    } catch (error) {
      this.#events.broken(error);
    }
    for (const go of this.#waitingForRoom.splice(0)) go();
    this.#working = undefined;
  }

  async #execute(output: Output): Promise<void> {
    const { desk, store, clock } = this.#o;
    this.#actedAt = clock.now();
    switch (output.type) {
      case 'store':
        return this.#store(output);
      case 'send':
        if (this.#session) this.#events.send(output.to, this.#session.prefix, output.bytes);
        return;
      case 'look-up': {
        const { query, ids } = output;
        const found = [];
        for (const id of ids) if ((await heightOf(store, id)) !== undefined) found.push(id);
        return this.input({ type: 'looked-up', query, found });
      }
      case 'run':
        void this.#run(output, output.block);
        return;
      case 'abort':
        return this.#abort(output);
      case 'missing':
        // most are on their way: what has not come after a while is asked for
        clock.after(wantWaitMs, () => {
          if (!this.#stopped) desk.ask(output.announcements);
        });
        return;
      case 'committed':
        return this.#committed(output.record);
      case 'final':
        return this.#events.final(output.height, output.signatures);
      case 'timer':
        return this.#timer(output.name, output.ms);
      case 'cancel':
        this.#timers.get(output.name)?.();
        this.#timers.delete(output.name);
        return;
      case 'end-session':
        return this.#events.endSession(output.why);
      case 'halt':
        return this.#events.halted(output.accuser, output.blame);
    }
  }

  async #store({ ops, marks, prepare, apply, forgotten }: StoreOutput): Promise<void> {
    const { state, prepared, entries, desk, commits, upkeep, memos } = this.#o;
    const all = [...ops];
    if (prepare) {
      const signed = prepared.get(prepare.attempt);
      assert(signed !== undefined, 'what was signed is prepared');
      all.push(putPrepared(signed));
    }
    const applied = apply && prepared.get(apply.attempt);
    if (apply) {
      assert(applied !== undefined && applied.height === apply.height, 'what is committed was prepared');
      state.apply(applied);
      all.push(...commitOps(state, applied, prepared.keys()), ...desk.rekeyed(applied.rekeys.map(({ page }) => page)));
      const settled = apply.entries.flatMap(({ id, status }) => (status.kind === 'settled' ? [id] : []));
      all.push(...memos.keep({ height: apply.height, receipts: applied.receipts, headers: desk.headers(settled) }));
      prepared.clear();
      entries.committed(applied);
    }
    all.push(...desk.sweep(forgotten));
    const { stateHash } = state;
    const stored = commits.commit(all);
    if (marks) this.#marked = stored;
    else await stored;
    if (applied?.newMacs) {
      this.cease();
      this.#events.rekeyed();
    } else if (applied) upkeep.committed(applied, stateHash);
  }

  #timer(name: string, ms: number): void {
    this.#timers.get(name)?.();
    this.#timers.set(
      name,
      this.#o.clock.after(ms, () => {
        this.#timers.delete(name);
        this.input({ type: 'timer', name: name as 'propose' });
      }),
    );
  }

  async #run({ height, attempt, base }: Ground, block: RunBlock): Promise<void> {
    const session = this.#session;
    if (!session || !equalBytes(session.id, block.session)) return;
    const ground = { height, attempt, base };
    const rest = block.previous ? undefined : new Rest();
    if (rest) this.#rests.set(height - 1, rest);
    const { state, random, prepared, entries, desk } = this.#o;
    try {
      const { rekey: asRekeying } = this.#o;
      const done = asRekeying
        ? await asRekeying(session.computation(ground, this.#marked), ground, block)
        : await compute(state, session, random, id => desk.admitted(id), ground, block, {
            marked: this.#marked,
            proved: () => this.input({ type: 'proved', ...ground }),
            previous: async () => block.previous ?? (await (rest as Rest).committed),
            entry: changes => entries.make(changes),
          });
      this.counters.messages += done.traffic.messages;
      this.counters.bytesSent += done.traffic.bytesSent;
      prepared.set(attempt, done.prepared);
      this.input({ type: 'computed', ...ground, record: done.record, entry: done.entry });
    } catch (error) {
      this.#events.runFailed(session, ground, error);
    }
  }

  #abort(output: Extract<Output, { type: 'abort' }>): void {
    this.counters.voids++;
    if (!this.#session || !equalBytes(this.#session.id, output.session)) return;
    this.#session.abort(output);
    this.#rests.get(output.height - 1)?.void();
  }

  #committed(record: LedgerRecord): void {
    const { height } = record;
    this.#session?.forget(height);
    this.#rests.get(height)?.commit(recordHash(record));
    this.#rests.delete(height);
    this.#events.committed(record);
  }
}
