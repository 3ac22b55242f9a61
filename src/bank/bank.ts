/**
 * One bank: links, store, clock and randomness in; records out. Everything it does to the outside goes through the ports
 * it is given, so that n of them run in one process as well as in n.
 *
 *     transport --> links and nonces --> Formation --> a Session: channels and stock
 *               --> envelopes -------> EnvelopeDesk --> Pool
 *               --> messages --------> Agreement: a pure machine. Its outputs are executed here, strictly in order:
 *                                      a store is on the disk before anything after it happens
 *               --> computation -----> compute(): one run for an attempt, beside the machine
 *
 * Source: protocol.md, sections 4, 5, 9, 10.
 */
import {
  Agreement,
  durablePrefix,
  type Ground,
  type Input,
  identitySigner,
  loadDurable,
  type Output,
  Pool,
  poolPrefix,
  type RunBlock,
  Sealing,
} from '../agreement/index.js';
import { under } from '../codec/index.js';
import { ed25519, equalBytes, toHex } from '../crypto/index.js';
import { type Envelope, encodeEnvelope, sealEnvelope } from '../envelope/index.js';
import { assert, CovaultError, isCode } from '../errors.js';
import { Folding } from '../ledger/folding.js';
import {
  commitOps,
  type LoadedLedger,
  loadLedger,
  loadPrepared,
  type PreparedAttempt,
  putPrepared,
} from '../ledger/ledger-store.js';
import { type LedgerRecord, recordHash, rosterVerify } from '../ledger/log.js';
import type { LedgerState } from '../ledger/state.js';
import { agreementInputsHigh, expiryHeightsDefault, finalGraceMs, storingEnvelopesMax, wantWaitMs } from '../limits.js';
import type { Network } from '../network/index.js';
import { buildAudit } from '../operations/index.js';
import type { Channel, Clock, Log, Randomness, Store } from '../ports.js';
import type { Party } from '../sharing/index.js';
import type { BankService, BankStatus, EnvelopeState, RecordBytes } from './api.js';
import { CommitQueue } from './commit-queue.js';
import { compute } from './computation.js';
import { EarlyFrames } from './early-frames.js';
import { EnvelopeDesk } from './envelope-desk.js';
import { Formation } from './formation.js';
import { InFlight } from './in-flight.js';
import type { Intake } from './intake.js';
import { Outcomes } from './outcomes.js';
import { type CommittedSignatures, flagged, heightOf, readRecords } from './public-log.js';
import { Rest } from './rest.js';
import { type LiveStock, Session } from './session.js';
import {
  type AgreementFrame,
  decodeAgreementFrame,
  decodeEnvelopeFrame,
  decodePreprocessingFrame,
  encodeAgreementFrame,
  encodeEnvelopeFrame,
  type Transport,
  type Use,
} from './transport.js';
import { Upkeep } from './upkeep.js';
import { Watchers } from './watchers.js';

export interface BankPorts {
  readonly network: Network;
  /** Roster index and MAC keys. */
  readonly party: Party;
  /** Ed25519 seed, 32 bytes: one array for the process's life. */
  readonly identitySeed: Uint8Array;
  /** Opens what is sealed to this bank. */
  readonly intake: Intake;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Randomness;
  readonly log: Log;
  readonly transport: Transport;
  /**
   * Makes the stock of one session over its preprocessing channel. `mayStartFresh`: this bank's log holds no record.
   * `deviated` is called at once with whatever names a bank, even while the session ends for another reason.
   */
  readonly openStock: (
    sessionId: Uint8Array,
    channel: Channel,
    mayStartFresh: boolean,
    deviated: (error: CovaultError) => void,
  ) => Promise<LiveStock>;
}

/** What `Bank.open` has read. */
interface Loaded {
  readonly ledger: LoadedLedger;
  readonly pool: Pool;
  readonly agreement: Agreement;
  readonly prepared: Map<number, PreparedAttempt>;
  readonly sealing: Sealing;
}
/** Packets are opened so many at a time: milliseconds, for which nothing else is heard. */
const envelopesAtOnce = 8;

type Halt = { readonly why: string; readonly culprit: number | undefined };

export class Bank implements BankService {
  readonly #p: BankPorts;
  readonly #state: LedgerState;
  readonly #pool: Pool;
  readonly #agreement: Agreement;
  readonly #desk: EnvelopeDesk;
  readonly #formation: Formation;
  /** By height: what the computation that was begun beside it waits for. */
  readonly #rests = new Map<number, Rest>();
  readonly #prepared: Map<number, PreparedAttempt>;
  #session: Session | undefined;
  #stockReady = false;
  readonly #early = new EarlyFrames();
  readonly #inputs: Input[] = [];
  #isPoolChangeWaiting = false;
  #working: Promise<void> | undefined;
  #waitingForRoom: (() => void)[] = [];
  #stopped = false;
  #halt: Halt | undefined;
  readonly #commits: CommitQueue;
  readonly #upkeep: Upkeep;
  /** The ids of the attempt that runs are on the disk. */
  #marked: Promise<void> = Promise.resolve();
  readonly #timers = new Map<string, () => void>();
  readonly #watchers: Watchers;
  readonly #outcomes = new Outcomes();
  readonly #links: { connected: boolean; since: number }[];
  /** Signatures that make the last height final. */
  #committedSignatures: CommittedSignatures | undefined;
  /** Envelopes of other banks on their way to the disk. */
  readonly #storing = new InFlight(storingEnvelopesMax, (from, error) => this.#frameFailed(from, 'envelopes', error));
  readonly #counters = { blocks: 0, settled: 0, rejected: 0, voids: 0, failedChecks: 0, messages: 0, bytesSent: 0 };

  /**
   * Loads everything from the store.
   * Throws: STORE_DAMAGED; STORE_FOREIGN where the store is another network's.
   */
  static async open(ports: BankPorts): Promise<Bank> {
    const { network, party, store } = ports;
    const ledger = await loadLedger(store, network, party);
    const { state } = ledger;
    const entries = async (prefix: Uint8Array) => {
      const found: (readonly [Uint8Array, Uint8Array])[] = [];
      for await (const entry of store.range(...under(prefix))) found.push(entry);
      return found;
    };
    const durable = loadDurable(await entries(durablePrefix), network.banks.length);
    if ((durable.last?.record.height ?? 0) !== state.height) {
      throw new CovaultError(
        'STORE_DAMAGED',
        'the data folder is damaged: log and balances stand at different heights',
      );
    }
    const pool = new Pool(network, rosterVerify(network));
    pool.load(await entries(poolPrefix), state.height + 1);
    const sign = identitySigner(ports.identitySeed);
    const agreement = new Agreement({ network, self: party.self, sign, durable, pool });
    const prepared = await loadPrepared(store, network, party);
    const bank = new Bank(ports, { ledger, pool, agreement, prepared, sealing: await Sealing.open(store) });
    await bank.#desk.load();
    bank.#upkeep.start();
    bank.#input({ type: 'restart' });
    return bank;
  }

  private constructor(ports: BankPorts, { ledger, pool, agreement, prepared, sealing }: Loaded) {
    const { network, party, store, log, random, clock, identitySeed, intake } = ports;
    const { state } = ledger;
    this.#p = ports;
    this.#state = state;
    this.#pool = pool;
    this.#agreement = agreement;
    this.#prepared = prepared;
    this.#commits = new CommitQueue(store, error => this.#broken(error));
    this.#upkeep = new Upkeep(
      {
        folding: new Folding(store, ledger),
        sealing,
        commit: ops => this.#commits.commit(ops),
        failed: error => this.#broken(error),
      },
      state.height,
    );
    this.#watchers = new Watchers(clock);
    this.#links = network.banks.map(() => ({ connected: false, since: clock.now() }));
    if (agreement.halted) this.#halt = { why: 'halted before it was stopped', culprit: undefined };
    this.#desk = new EnvelopeDesk({
      state,
      pool,
      store,
      log,
      intake,
      isStopped: () => this.#stopped,
      sign: message => ed25519.sign(identitySeed, message),
      commit: ops => this.#commits.commit(ops),
      forward: (to, envelopes) => this.#send(to, 'envelopes', encodeEnvelopeFrame({ kind: 'forward', envelopes })),
      want: (to, ids) => void this.#send(to, 'envelopes', encodeEnvelopeFrame({ kind: 'want', ids })),
      ready: () => this.#poolChanged(),
      proof: ({ first, second }) => this.#input({ type: 'proof', proof: { kind: 'two-announcements', first, second } }),
    });
    this.#formation = new Formation(network, party.self, random, {
      send: (to, message) => void this.#send(to, 'agreement', encodeAgreementFrame(message)),
      formed: id => this.#formed(id),
      ended: why => this.#ended(why),
    });
  }

  // links and frames

  linkUp(bank: number): void {
    this.#links[bank] = { connected: true, since: this.#p.clock.now() };
    this.#p.log.info('link up', { bank: this.#name(bank) });
    this.#formation.linkUp(bank);
    void this.#desk.forwardAll(bank);
  }

  linkDown(bank: number, why: string): void {
    this.#links[bank] = { connected: false, since: this.#p.clock.now() };
    this.#p.log.warn('link down', { bank: this.#name(bank), why });
    this.#formation.linkDown(bank, `the link to ${this.#name(bank)} is lost`);
  }

  /** One frame of another bank. While the promise is open its sender may be slowed down. */
  async frame(from: number, use: Use, frame: Uint8Array): Promise<void> {
    if (this.#stopped) return;
    try {
      if (use === 'agreement') await this.#agreementFrame(from, frame);
      else if (use === 'preprocessing') await this.#preprocessingFrame(from, frame);
      else await this.#envelopeFrame(from, frame);
    } catch (error) {
      this.#frameFailed(from, use, error);
    }
  }

  #frameFailed(from: number, use: Use, error: unknown): void {
    if (isCode(error, 'MALFORMED', 'OVERSIZED')) this.#accuse(from, `a malformed frame (${use})`);
    else if (isCode(error, 'DEVIATION')) this.#accuse(error.culprit, error.message);
    else this.#broken(error);
  }

  async #agreementFrame(from: number, bytes: Uint8Array): Promise<void> {
    const frame = decodeAgreementFrame(bytes);
    switch (frame.kind) {
      case 'hello':
      case 'confirm':
        this.#formation.receive(from, frame);
        break;
      case 'message':
        if (!this.#session?.owns(frame.session)) return this.#early.keep(from, 'agreement', bytes);
        this.#input({ type: 'message', from, bytes: frame.bytes });
        return this.#room();
      case 'computation':
        this.#computationFrame(from, frame, bytes);
    }
  }

  #computationFrame(from: number, frame: Extract<AgreementFrame, { kind: 'computation' }>, bytes: Uint8Array): void {
    if (this.#session?.owns(frame.session)) this.#session.computationFrame(from, frame, frame.bytes);
    else this.#early.keep(from, 'agreement', bytes);
  }

  async #preprocessingFrame(from: number, bytes: Uint8Array): Promise<void> {
    const { session, frame } = decodePreprocessingFrame(bytes);
    if (!this.#session?.owns(session)) return this.#early.keep(from, 'preprocessing', bytes);
    if (!(await this.#session.preprocessingFrame(from, frame))) {
      this.#accuse(from, 'preprocessing frames beyond every bound');
    }
  }

  async #envelopeFrame(from: number, bytes: Uint8Array): Promise<void> {
    const frame = decodeEnvelopeFrame(bytes, this.#p.network.banks.length);
    if (frame.kind === 'want') return this.#desk.answer(from, frame.ids);
    for (const [i, forwarded] of frame.envelopes.entries()) {
      if (i > 0 && i % envelopesAtOnce === 0) await this.#pause();
      if (this.#stopped) return;
      this.#storing.add(from, this.#desk.receive(from, forwarded));
    }
    await this.#storing.room(from);
  }

  /** Others have their turn. */
  #pause(): Promise<void> {
    return new Promise(resolve => this.#p.clock.after(0, resolve));
  }

  /** Never rejects: a link that is down says so by itself, and what matters is sent again when it is up. */
  async #send(to: number, use: Use, frame: Uint8Array): Promise<void> {
    try {
      await this.#p.transport.send(to, use, frame);
    } catch (error) {
      if (isCode(error, 'SESSION_ENDED') || this.#stopped) return;
      const why = error instanceof Error ? error.message : 'unknown';
      this.#p.log.warn('a frame could not be sent', { bank: this.#name(to), why });
      this.#formation.end('a frame could not be sent');
    }
  }

  // sessions

  #formed(id: Uint8Array): void {
    if (this.#stopped) return;
    const { network, party, transport, clock, openStock, log } = this.#p;
    log.info('session formed', { session: toHex(id.subarray(0, 8)) });
    const session = new Session({
      id,
      self: party.self,
      count: network.banks.length,
      transport,
      clock,
      // a halted bank tells why, and runs nothing under its keys any more
      openStock: this.#halt
        ? () => Promise.reject(new CovaultError('SESSION_ENDED', 'this bank has halted'))
        : channel =>
            openStock(id, channel, this.#agreement.height === 0, error => this.#accuse(error.culprit, error.message)),
      standing: () => this.#agreement.standing,
    });
    this.#session = session;
    this.#stockReady = false;
    this.#desk.startSession();
    session.stock.then(
      stock => {
        if (this.#session === session) this.#stockReady = true;
        void stock.ended.then(error => this.#runFailed(session, undefined, error));
      },
      error => this.#runFailed(session, undefined, error),
    );
    this.#input({ type: 'session', id });
    for (const { from, use, frame } of this.#early.take()) void this.frame(from, use, frame);
  }

  #ended(why: string): void {
    this.#p.log.warn('session ended', { why });
    this.#session?.close(why);
    this.#session = undefined;
    for (const rest of this.#rests.values()) rest.void();
    this.#rests.clear();
    this.#input({ type: 'session-lost' });
  }

  // the machine and its outputs

  #input(input: Input): void {
    this.#inputs.push(input);
    this.#working ??= this.#work();
  }

  /** Many envelopes become ready together: the machine looks once. */
  #poolChanged(): void {
    if (this.#isPoolChangeWaiting) return;
    this.#isPoolChangeWaiting = true;
    this.#input({ type: 'pool-changed' });
  }

  async #work(): Promise<void> {
    await Promise.resolve(); // `#working` is set before anything happens
    try {
      for (let input = this.#inputs.shift(); input && !this.#stopped; input = this.#inputs.shift()) {
        if (input.type === 'pool-changed') this.#isPoolChangeWaiting = false;
        for (const output of this.#agreement.handle(input)) {
          if (this.#stopped) break;
          await this.#execute(output);
        }
        if (this.#inputs.length < agreementInputsHigh) for (const go of this.#waitingForRoom.splice(0)) go();
      }
    } catch (error) {
      this.#broken(error);
    }
    for (const go of this.#waitingForRoom.splice(0)) go();
    this.#working = undefined;
  }

  /** Slows links down while too many inputs wait. */
  async #room(): Promise<void> {
    if (this.#inputs.length < agreementInputsHigh) return;
    await new Promise<void>(resolve => this.#waitingForRoom.push(resolve));
  }

  async #execute(output: Output): Promise<void> {
    switch (output.type) {
      case 'store':
        return this.#store(output);
      case 'send': {
        const session = this.#session?.prefix;
        if (session)
          void this.#send(
            output.to,
            'agreement',
            encodeAgreementFrame({ kind: 'message', session, bytes: output.bytes }),
          );
        return;
      }
      case 'look-up': {
        const { query, ids } = output;
        const found = [];
        for (const id of ids) if ((await heightOf(this.#p.store, id)) !== undefined) found.push(id);
        this.#input({ type: 'looked-up', query, found });
        return;
      }
      case 'run':
        void this.#run(output, output.block);
        return;
      case 'abort':
        this.#counters.voids++;
        if (!this.#session || !equalBytes(this.#session.id, output.session)) return;
        this.#session.abort(output);
        this.#rests.get(output.height - 1)?.void();
        return;
      case 'missing':
        // most are on their way: what has not come after a while is asked for
        this.#p.clock.after(wantWaitMs, () => {
          if (!this.#stopped) this.#desk.ask(output.announcements);
        });
        return;
      case 'committed':
        return this.#committed(output.record);
      case 'final':
        return this.#final(output.height, output.signatures);
      case 'timer':
        return this.#timer(output.name, output.ms);
      case 'cancel':
        this.#timers.get(output.name)?.();
        this.#timers.delete(output.name);
        return;
      case 'end-session':
        return this.#formation.end(output.why);
      case 'halt':
        return this.#halted(output.why, output.culprit);
    }
  }

  async #store({ ops, marks, prepare, apply }: Extract<Output, { type: 'store' }>): Promise<void> {
    // what the machine has decided in the pool goes in the same transaction
    const all = [...ops, ...this.#desk.sweep()];
    if (prepare) {
      const prepared = this.#prepared.get(prepare.attempt);
      assert(prepared !== undefined, 'what was signed is prepared');
      all.push(putPrepared(prepared));
    }
    const applied = apply && this.#prepared.get(apply.attempt)?.prepared;
    if (apply) {
      assert(applied !== undefined && applied.height === apply.height, 'what is committed was prepared');
      this.#state.apply(applied);
      all.push(...commitOps(this.#state, applied, this.#prepared.keys()));
      this.#prepared.clear();
    }
    const { stateHash } = this.#state;
    const stored = this.#commits.commit(all);
    if (marks) this.#marked = stored;
    else await stored;
    if (applied) this.#upkeep.committed(applied, stateHash);
  }

  #timer(name: string, ms: number): void {
    this.#timers.get(name)?.();
    this.#timers.set(
      name,
      this.#p.clock.after(ms, () => {
        this.#timers.delete(name);
        this.#input({ type: 'timer', name: name as 'propose' });
      }),
    );
  }

  // computations

  async #run({ height, attempt, base }: Ground, block: RunBlock): Promise<void> {
    const session = this.#session;
    if (!session || !equalBytes(session.id, block.session)) return;
    const ground = { height, attempt, base };
    const rest = block.previous ? undefined : new Rest();
    if (rest) this.#rests.set(height - 1, rest);
    try {
      const admitted = (id: Uint8Array) => this.#desk.admitted(id);
      const done = await compute(this.#state, session, this.#p.random, admitted, ground, block, {
        marked: this.#marked,
        proved: () => this.#input({ type: 'proved', ...ground }),
        previous: async () => block.previous ?? (await (rest as Rest).committed),
      });
      this.#counters.messages += done.traffic.messages;
      this.#counters.bytesSent += done.traffic.bytesSent;
      this.#prepared.set(attempt, done.prepared);
      this.#input({ type: 'computed', ...ground, record: done.record, commitment: done.commitment });
    } catch (error) {
      this.#runFailed(session, ground, error);
    }
  }

  /** What a computation or the preprocessing ended in, by code. */
  #runFailed(session: Session, ground: Ground | undefined, error: unknown): void {
    if (this.#stopped || isCode(error, 'SESSION_ENDED', 'ATTEMPT_VOID')) return;
    // who deviated is named whatever has become of the session: a failed bet on a key must not be free
    if (isCode(error, 'DEVIATION', 'EQUIVOCATION')) {
      this.#accuse(error.culprit, error.message);
      return;
    }
    if (this.#session !== session) return;
    if (isCode(error, 'STOCK_CHECK_FAILED')) {
      this.#counters.failedChecks++;
      this.#p.log.warn('a check of the preprocessing failed', { why: error.message });
      this.#formation.end('a check of the preprocessing failed');
    } else if (isCode(error, 'WORKER_LOST')) {
      this.#p.log.warn('the preprocessing has ended', { why: error.message });
      this.#formation.end('the preprocessing thread has ended');
    } else if (isCode(error, 'TIMED_OUT')) {
      this.#p.log.warn('a step took too long', { why: error.message });
      if (ground) this.#input({ type: 'failed', ...ground });
      else this.#formation.end('the preprocessing took too long');
    } else if (
      isCode(error, 'DIGEST_MISMATCH', 'IMPOSSIBLE_VERDICT', 'AUDIT_FAILED', 'LINK_STOCK_EMPTY', 'PAIR_BURNED')
    ) {
      this.#accuse(error.culprit, error.message);
    } else this.#broken(error); // our own trouble is not the others'
  }

  // what became of a block

  async #committed(record: LedgerRecord): Promise<void> {
    const { height, entries } = record;
    this.#session?.forget(height);
    this.#rests.get(height)?.commit(recordHash(record));
    this.#rests.delete(height);
    this.#counters.blocks++;
    for (const { status } of entries) {
      if (status.kind === 'rejected') this.#counters.rejected++;
      else this.#counters.settled++;
    }
    const ids = entries.map(({ id }) => toHex(id));
    this.#outcomes.recorded(height, ids);
    // those it settles, and those that expired with it or can stand in no block any more
    for (const id of new Set([...ids, ...this.#desk.takeSwept()])) this.#watchers.wake(id);
    this.#p.log.info('committed', { height, envelopes: entries.length });
    void this.#desk.retry().catch(error => this.#broken(error));
  }

  #final(height: number, signatures: readonly Uint8Array[] | undefined): void {
    if (signatures) this.#committedSignatures = { height, signatures };
    const ids = this.#outcomes.final(height);
    if (ids) for (const id of ids) this.#watchers.wake(id);
    else this.#watchers.wakeAll();
  }

  // the end

  #accuse(culprit: number | undefined, why: string): void {
    this.#input({ type: 'accuse', culprit, why });
  }

  #halted(why: string, culprit: number | undefined): void {
    this.#halt = { why, culprit };
    this.#p.log.warn('halted', { why, ...(culprit === undefined ? {} : { culprit: this.#name(culprit) }) });
    this.#session?.close('the bank has halted');
  }

  /** Our own mistake, or a disk that failed: nothing is done any more that could make it worse. */
  #broken(error: unknown): void {
    if (this.#stopped) return;
    const why = error instanceof Error ? error.message : 'unknown';
    this.#halt = { why: `internal error: ${why}`, culprit: undefined };
    this.#p.log.warn('internal error', { why, where: error instanceof Error ? (error.stack ?? '') : '' });
    this.#stopped = true;
    this.#session?.close('the bank has stopped');
  }

  /** Ends everything; nothing more reaches the store once it resolves. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#session?.close('the bank is stopping');
    for (const cancel of this.#timers.values()) cancel();
    this.#watchers.wakeAll();
    await this.#working;
    await this.#upkeep.stop();
    await this.#commits.idle();
  }

  // for the gateway

  async submit(envelope: Uint8Array): Promise<Uint8Array> {
    if (this.#halt || this.#stopped) throw new CovaultError('NOT_READY', 'this bank has halted');
    return this.#desk.submit(envelope);
  }

  async envelope(id: Uint8Array): Promise<EnvelopeState> {
    // no record holds what is undecided
    if (this.#pool.has(id)) return { state: 'pending' };
    const height = this.#outcomes.heightOf(toHex(id)) ?? (await heightOf(this.#p.store, id));
    if (height === undefined) return { state: 'unknown' };
    return { state: height <= this.#agreement.finalHeight ? 'final' : 'recorded', height };
  }

  async envelopeChange(
    id: Uint8Array,
    known: EnvelopeState['state'],
    ms: number,
    signal: AbortSignal,
  ): Promise<EnvelopeState> {
    const { clock } = this.#p;
    let until = clock.now() + ms;
    let from = known;
    for (;;) {
      const left = until - clock.now();
      const woken = left > 0 ? this.#watchers.wait(toHex(id), left, signal) : undefined;
      const now = await this.envelope(id);
      if (now.state === 'recorded' && from === 'pending') {
        // final in a moment, if all banks are there: one answer instead of two
        until = Math.min(until, clock.now() + finalGraceMs);
        from = 'recorded';
        woken?.cancel();
        continue;
      }
      if (now.state !== from || left <= 0 || signal.aborted || this.#stopped) {
        woken?.cancel();
        return now;
      }
      await woken?.done;
    }
  }

  records(from: number, count: number): Promise<readonly RecordBytes[]> {
    return readRecords(this.#p.store, from, count, this.#committedSignatures);
  }

  openAccounts(from: number, count: number): readonly number[] {
    return flagged(this.#state.open, from, count);
  }

  async audit(): Promise<Uint8Array> {
    const { network, party, identitySeed, random } = this.#p;
    const envelope: Envelope = sealEnvelope(
      network,
      {
        arguments: { kind: 'audit', bank: party.self },
        expiry: this.#agreement.height + expiryHeightsDefault,
        x: buildAudit(network, random),
        sign: id => ed25519.sign(identitySeed, id),
      },
      random,
    );
    return this.submit(encodeEnvelope(envelope));
  }

  status(): BankStatus {
    const { network, party, clock } = this.#p;
    const { height, finalHeight, standing } = this.#agreement;
    const missing = this.#formation.missing();
    const computing = this.#session?.waitingFor(!this.#stockReady || standing.phase === 'running') ?? [];
    const halted = this.#halt;
    return {
      name: network.banks[party.self].name,
      networkId: toHex(network.id),
      height,
      finalHeight,
      attempt: standing.attempt,
      phase: this.#phase(standing.phase !== 'proposing'),
      halted:
        halted && (halted.culprit === undefined ? halted.why : `${halted.why} (bank ${this.#name(halted.culprit)})`),
      waitingFor: (missing.length > 0 ? missing : computing).map(bank => this.#name(bank)),
      peers: network.banks.flatMap(({ name }, bank) =>
        bank === party.self
          ? []
          : [
              {
                name,
                connected: this.#links[bank].connected,
                sinceMs: Math.round(clock.now() - this.#links[bank].since),
              },
            ],
      ),
      pool: this.#pool.counts(),
      stock: this.#session?.levels ?? { vole: none, triples: none, selections: none },
      ...this.#preprocessing(),
      counters: { ...this.#counters },
    };
  }

  #phase(busy: boolean): BankStatus['phase'] {
    if (this.#halt) return 'halted';
    if (!this.#session) return 'connecting';
    if (!this.#stockReady) return 'preparing';
    return busy ? 'settling' : 'idle';
  }

  #preprocessing(): Pick<BankStatus, 'preprocessing'> {
    const work = this.#session?.work;
    if (!work) return {};
    const { self } = this.#p.party;
    const peers = work.peers.flatMap((bytes, bank) => (bank === self ? [] : [{ name: this.#name(bank), ...bytes }]));
    return { preprocessing: { ...work, peers } };
  }

  #name(bank: number): string {
    return this.#p.network.banks[bank].name;
  }
}

const none = { made: 0, used: 0 } as const;
