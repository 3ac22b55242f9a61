/**
 * One bank: links, store, clock and randomness in; records out. Everything it does to the outside goes through the ports
 * it is given, so that n of them run in one process as well as in n.
 *
 *     transport --> links and nonces --> Formation --> a Session: channels and stock
 *               --> envelopes -------> EnvelopeDesk --> Pool
 *               --> messages --------> Driver: the agreement machine, the store, and the computations beside it
 *
 * Source: protocol.md, sections 4, 5, 9, 10.
 */
import { type Agreement, type Blame, encodeCertified, type Ground, type Pool } from '../agreement/index.js';
import { ed25519, toHex } from '../crypto/index.js';
import { encodeEnvelope } from '../envelope/index.js';
import { CovaultError, isCode } from '../errors.js';
import { Folding } from '../ledger/folding.js';
import type { LedgerRecord } from '../ledger/log.js';
import { encodeSecrets } from '../ledger/recovery-secrets.js';
import type { LedgerState } from '../ledger/state.js';
import { storingEnvelopesMax } from '../limits.js';
import type { BankService, BankStatus, EnvelopeState, RecordBytes } from './api.js';
import { sealAudit } from './audit.js';
import type { BankPorts } from './bank-ports.js';
import { CommitQueue } from './commit-queue.js';
import { copyOf } from './copy.js';
import { Driver } from './driver.js';
import { EarlyFrames } from './early-frames.js';
import { EntryMaker } from './entry-maker.js';
import { EnvelopeDesk } from './envelope-desk.js';
import { EnvelopeNews } from './envelope-news.js';
import { Formation } from './formation.js';
import { InFlight } from './in-flight.js';
import { type LoadedBank, loadBank } from './load.js';
import type { FoundMemos, MemoLog } from './memo-log.js';
import { type CommittedSignatures, flagged, readRecords } from './public-log.js';
import { endOf } from './run-end.js';
import { Session } from './session.js';
import { bankStatus, type Halt, type LinkState } from './status.js';
import {
  type AgreementFrame,
  decodeAgreementFrame,
  decodeEnvelopeFrame,
  decodePreprocessingFrame,
  encodeAgreementFrame,
  encodeEnvelopeFrame,
  type Use,
} from './transport.js';
import { Upkeep } from './upkeep.js';

/** Packets are opened so many at a time: milliseconds, for which nothing else is heard. */
const envelopesAtOnce = 8;

export class Bank implements BankService {
  readonly #p: BankPorts;
  readonly #state: LedgerState;
  readonly #pool: Pool;
  readonly #agreement: Agreement;
  readonly #desk: EnvelopeDesk;
  readonly #formation: Formation;
  readonly #driver: Driver;
  readonly #entries: EntryMaker;
  #session: Session | undefined;
  #stockReady = false;
  readonly #early = new EarlyFrames();
  #stopped = false;
  #halt: Halt | undefined;
  readonly #commits: CommitQueue;
  readonly #memos: MemoLog;
  readonly #upkeep: Upkeep;
  readonly #news: EnvelopeNews;
  readonly #links: LinkState[];
  /** Signatures that make the last height final. */
  #committedSignatures: CommittedSignatures | undefined;
  /** Envelopes of other banks on their way to the disk. */
  readonly #storing = new InFlight(storingEnvelopesMax, (from, error) => this.#frameFailed(from, 'envelopes', error));
  readonly #counters = { blocks: 0, settled: 0, rejected: 0, failedChecks: 0, stalls: 0 };

  /**
   * Loads everything from the store.
   * Throws: STORE_DAMAGED; STORE_FOREIGN where the store is another network's.
   */
  static async open(ports: BankPorts): Promise<Bank> {
    const bank = new Bank(ports, await loadBank(ports));
    await bank.#desk.load();
    bank.#upkeep.start();
    bank.#driver.input({ type: 'restart' });
    return bank;
  }

  private constructor(ports: BankPorts, { ledger, pool, agreement, prepared, sweep, sealing, memos }: LoadedBank) {
    const { network, party, store, log, random, clock, identitySeed, intake } = ports;
    const { state } = ledger;
    this.#p = ports;
    this.#memos = memos;
    this.#state = state;
    this.#pool = pool;
    this.#agreement = agreement;
    this.#commits = new CommitQueue(store, error => this.#broken(error));
    this.#upkeep = new Upkeep(
      {
        folding: new Folding(store, ledger),
        sealing,
        memos,
        commit: ops => this.#commits.commit(ops),
        failed: error => this.#broken(error),
      },
      state.height,
    );
    this.#news = new EnvelopeNews({
      store,
      clock,
      isPending: id => this.#desk.isPending(id),
      finalHeight: () => agreement.finalHeight,
    });
    this.#links = network.banks.map(() => ({ connected: false, since: clock.now() }));
    // only its own evidence is on the disk
    if (agreement.blame) this.#halt = { ...agreement.blame, accuser: party.self };
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
      ready: () => this.#driver.poolChanged(),
      proof: ({ first, second }) =>
        this.#driver.input({ type: 'proof', proof: { kind: 'two-announcements', first, second } }),
    });
    const secrets = async () =>
      encodeSecrets({ identitySeed, deltas: party.deltas, links: await ports.reservedLinks() });
    this.#entries = new EntryMaker(state, sweep, secrets, random);
    const parts = { desk: this.#desk, commits: this.#commits, upkeep: this.#upkeep, entries: this.#entries, memos };
    this.#driver = new Driver(
      { agreement, state, prepared, store, clock, random, ...parts },
      {
        send: (to, session, bytes) =>
          void this.#send(to, 'agreement', encodeAgreementFrame({ kind: 'message', session, bytes })),
        committed: record => this.#committed(record),
        final: (height, signatures) => this.#final(height, signatures),
        endSession: why => this.#formation.end(why),
        halted: (accuser, blame) => this.#halted(accuser, blame),
        runFailed: (session, ground, error) => this.#runFailed(session, ground, error),
        broken: error => this.#broken(error),
      },
    );
    this.#formation = new Formation(network, party.self, random, {
      send: (to, message) => void this.#send(to, 'agreement', encodeAgreementFrame(message)),
      formed: id => this.#formed(id),
      ended: why => this.#ended(why),
      height: () => agreement.height,
      behind: bank => this.#behind(bank),
    });
  }

  // links and frames

  /** The link to that bank, by roster index, stands: frames may be sent and will come. */
  linkUp(bank: number): void {
    this.#links[bank] = { connected: true, since: this.#p.clock.now() };
    this.#p.log.info('link up', { bank: this.#name(bank) });
    this.#formation.linkUp(bank);
    void this.#desk.forwardAll(bank);
  }

  /** It is gone, with what was on the way. `why` goes into the log. */
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
      case 'ahead':
        this.#driver.input({ type: 'ahead', from, certified: frame.certified });
        return this.#driver.room();
      case 'message':
        if (!this.#session?.owns(frame.session)) return this.#early.keep(from, 'agreement', bytes);
        this.#driver.input({ type: 'message', from, bytes: frame.bytes });
        return this.#driver.room();
      case 'computation':
        this.#computationFrame(from, frame, bytes);
    }
  }

  #computationFrame(from: number, frame: Extract<AgreementFrame, { kind: 'computation' }>, bytes: Uint8Array): void {
    if (this.#session?.owns(frame.session)) this.#session.computationFrame(from, frame, frame.bytes);
    else this.#early.keep(from, 'agreement', bytes);
  }

  /** Its disk has been set back. It learns so from a record that it has signed itself. */
  #behind(bank: number): void {
    const { last } = this.#agreement;
    this.#p.log.warn('a bank runs on an old copy of its disk: not obeyed', { bank: this.#name(bank) });
    if (last)
      void this.#send(bank, 'agreement', encodeAgreementFrame({ kind: 'ahead', certified: encodeCertified(last) }));
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
      if (i > 0 && i % envelopesAtOnce === 0) await new Promise<void>(resolve => this.#p.clock.after(0, resolve));
      if (this.#stopped) return;
      this.#storing.add(from, this.#desk.receive(from, forwarded));
    }
    await this.#storing.room(from);
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
        this.#entries.secretsChanged();
        this.#nameRoster();
        void stock.ended.then(error => this.#runFailed(session, undefined, error));
      },
      error => this.#runFailed(session, undefined, error),
    );
    this.#driver.sessionFormed(session);
    for (const { from, use, frame } of this.#early.take()) void this.frame(from, use, frame);
  }

  /** Envelopes of the roster before are dead once a final record names this one: an audit makes it, if nothing else does. */
  #nameRoster(): void {
    const { network, party, log } = this.#p;
    const named = this.#agreement.last?.record.rosterVersion ?? network.rosterVersion;
    if (party.self !== 0 || named === network.rosterVersion || this.#halt) return;
    this.audit().catch(error =>
      log.warn('no audit names the new roster yet', { code: error instanceof CovaultError ? error.code : 'unknown' }),
    );
  }

  #ended(why: string): void {
    this.#p.log.warn('session ended', { why });
    this.#session?.close(why);
    this.#session = undefined;
    this.#driver.sessionLost();
  }

  // what the machine and its computations come to

  /** What a computation or the preprocessing ended in, by code. */
  #runFailed(session: Session, ground: Ground | undefined, error: unknown): void {
    if (this.#stopped || isCode(error, 'SESSION_ENDED', 'ATTEMPT_VOID')) return;
    // who deviated is named whatever has become of the session: a failed bet on a key must not be free
    if (isCode(error, 'DEVIATION', 'EQUIVOCATION')) {
      this.#accuse(error.culprit, error.message);
      return;
    }
    if (this.#session !== session) return;
    const end = endOf(error);
    if (!end) {
      this.#broken(error); // our own trouble is not the others'
    } else if (end.kind === 'accuse') {
      this.#accuse(end.culprit, end.why);
    } else {
      if (end.kind === 'check-failed') this.#counters.failedChecks++;
      if (end.kind === 'timed-out' && !ground) this.#counters.stalls++;
      this.#p.log.warn(end.note, { why: end.why });
      if (end.kind === 'timed-out' && ground) this.#driver.input({ type: 'failed', ...ground });
      else this.#formation.end(end.note);
    }
  }

  #committed({ height, entries }: LedgerRecord): void {
    this.#counters.blocks++;
    for (const { status } of entries) {
      this.#counters[status.kind === 'rejected' ? 'rejected' : 'settled']++;
    }
    this.#news.recorded(
      height,
      entries.map(({ id }) => toHex(id)),
      this.#desk.takeSwept(),
    );
    this.#p.log.info('committed', { height, envelopes: entries.length });
    void this.#desk.retry().catch(error => this.#broken(error));
  }

  #final(height: number, signatures: readonly Uint8Array[] | undefined): void {
    if (signatures) this.#committedSignatures = { height, signatures };
    this.#news.final(height);
  }

  // the end

  #accuse(culprit: number | undefined, why: string): void {
    this.#driver.input({ type: 'accuse', culprit, why });
  }

  #halted(accuser: number | undefined, blame: Blame): void {
    const { why, culprit } = blame;
    const isOwn = accuser === this.#p.party.self;
    this.#halt = accuser === undefined ? { why } : { ...blame, accuser };
    this.#p.log.warn('halted', {
      why,
      ...(culprit === undefined ? {} : { [isOwn ? 'culprit' : 'accused']: this.#name(culprit) }),
      ...(isOwn || accuser === undefined ? {} : { toldBy: this.#name(accuser) }),
    });
    this.#session?.close('the bank has halted');
  }

  /** Our own mistake, or a disk that failed: nothing is done any more that could make it worse. */
  #broken(error: unknown): void {
    if (this.#stopped) return;
    const why = error instanceof Error ? error.message : 'unknown';
    this.#halt = { why: `internal error: ${why}` };
    this.#p.log.warn('internal error', { why, where: error instanceof Error ? (error.stack ?? '') : '' });
    this.#stopped = true;
    this.#driver.cease();
    this.#session?.close('the bank has stopped');
  }

  /** Ends everything; nothing more reaches the store once it resolves. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#session?.close('the bank is stopping');
    this.#news.stop();
    await this.#driver.stop();
    await this.#upkeep.stop();
    await this.#commits.idle();
  }

  // for the gateway

  async submit(envelope: Uint8Array): Promise<Uint8Array> {
    if (this.#halt || this.#stopped) throw new CovaultError('NOT_READY', 'this bank has halted');
    return this.#desk.submit(envelope);
  }

  /** Where an envelope stands, by its id of 32 bytes. */
  envelope(id: Uint8Array): Promise<EnvelopeState> {
    return this.#news.state(id);
  }

  envelopeChange(
    id: Uint8Array,
    known: EnvelopeState['state'],
    ms: number,
    signal: AbortSignal,
  ): Promise<EnvelopeState> {
    return this.#news.change(id, known, ms, signal);
  }

  /** As far as it is final: that is on the disk. */
  memos(from: number, page: number | undefined): Promise<FoundMemos> {
    return this.#memos.find(from, this.#agreement.finalHeight + 1, page);
  }

  records(from: number, count: number): Promise<readonly RecordBytes[]> {
    return readRecords(this.#p.store, from, count, this.#committedSignatures);
  }

  openAccounts(from: number, count: number): readonly number[] {
    return flagged(this.#state.open, from, count);
  }

  async audit(): Promise<Uint8Array> {
    const { network, party, identitySeed, random } = this.#p;
    const envelope = sealAudit(network, party.self, identitySeed, this.#agreement.height, random);
    return this.submit(encodeEnvelope(envelope));
  }

  copyOf(name: string): AsyncIterable<Uint8Array> | undefined {
    const { network, party, store } = this.#p;
    const bank = network.banks.findIndex(each => each.name === name);
    if (bank < 0 || bank === party.self) return undefined;
    return copyOf(bank, { network, by: party.self, store, agreement: this.#agreement });
  }

  /** As it is now. */
  status(): BankStatus {
    const { network, party, clock } = this.#p;
    return bankStatus({
      network,
      self: party.self,
      now: clock.now(),
      agreement: this.#agreement,
      session: this.#session,
      isStockReady: this.#stockReady,
      halted: this.#halt,
      missing: this.#formation.missing(),
      links: this.#links,
      pool: this.#pool.counts(),
      counters: { ...this.#counters, ...this.#driver.counters },
    });
  }

  #name(bank: number): string {
    return this.#p.network.banks[bank].name;
  }
}
