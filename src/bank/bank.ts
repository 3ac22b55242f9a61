/**
 * One bank: links, store, clock and randomness in; records out. Everything it does to the outside goes through the ports
 * it is given, so that n of them run in one process as well as in n.
 *
 *     Frames --> links and nonces --> Sessions: channels and stock
 *            --> envelopes -------> EnvelopeDesk --> Pool
 *            --> messages --------> Driver: the agreement machine, the store, and the computations beside it
 *
 * Source: protocol.md, sections 4, 5, 9, 10.
 */
import {
  type Agreement,
  type Blame,
  encodeCertified,
  type Ground,
  type Pool,
  type RunBlock,
} from '../agreement/index.js';
import { ed25519, toHex } from '../crypto/index.js';
import { encodeEnvelope } from '../envelope/index.js';
import { CovaultError, isCode } from '../errors.js';
import { Folding } from '../ledger/folding.js';
import type { LedgerRecord } from '../ledger/log.js';
import { encodeSecrets } from '../ledger/recovery-secrets.js';
import type { LedgerState } from '../ledger/state.js';
import { preprocessingFramesMax } from '../limits.js';
import { liftsOf } from '../network/index.js';
import type { Channel } from '../ports.js';
import type { BankService, BankStatus, EnvelopeState, RecordBytes, RecoveryStatus } from './api.js';
import { sealAudit } from './audit.js';
import type { BankPorts } from './bank-ports.js';
import { CommitQueue } from './commit-queue.js';
import { copyOf } from './copy.js';
import { Driver } from './driver.js';
import { EntryMaker } from './entry-maker.js';
import { EnvelopeDesk } from './envelope-desk.js';
import { EnvelopeNews } from './envelope-news.js';
import { Frames } from './frames.js';
import { type LoadedBank, loadBank } from './load.js';
import type { FoundMemos, MemoLog } from './memo-log.js';
import { type CommittedSignatures, flagged, readRecords } from './public-log.js';
import { type RekeyBlockOptions, rekey } from './rekeying.js';
import { Sessions } from './sessions.js';
import { bankStatus, type Halt, type LinkState } from './status.js';
import { encodeAgreementFrame, encodeEnvelopeFrame, type Use } from './transport.js';
import { Upkeep } from './upkeep.js';

export class Bank implements BankService {
  readonly #p: BankPorts;
  readonly #state: LedgerState;
  readonly #pool: Pool;
  readonly #agreement: Agreement;
  readonly #desk: EnvelopeDesk;
  readonly #sessions: Sessions;
  readonly #frames: Frames;
  readonly #driver: Driver;
  readonly #entries: EntryMaker;
  #stopped = false;
  #halt: Halt | undefined;
  /** All that it does: no stock is made and no envelope taken before. */
  readonly #isRekeying: boolean;
  readonly #recovery: RecoveryStatus | undefined;
  readonly #commits: CommitQueue;
  readonly #memos: MemoLog;
  readonly #upkeep: Upkeep;
  readonly #news: EnvelopeNews;
  readonly #links: LinkState[];
  /** As far as records are final and on the disk: the machine knows a moment before the disk has it. */
  #finalHeight: number;
  /** Signatures that make the last height final. */
  #committedSignatures: CommittedSignatures | undefined;
  readonly #counters = { blocks: 0, settled: 0, rejected: 0 };

  /**
   * Loads everything from the store.
   * Throws: STORE_DAMAGED; STORE_FOREIGN where the store is another network's.
   */
  static async open(ports: BankPorts): Promise<Bank> {
    const bank = new Bank(ports, await loadBank(ports));
    await bank.#desk.load();
    // steps of it would be of the ledger under the old keys
    if (bank.#isRekeying) await bank.#upkeep.stop();
    else bank.#upkeep.start();
    bank.#driver.input({ type: 'restart' });
    return bank;
  }

  private constructor(
    ports: BankPorts,
    { ledger, pool, agreement, prepared, sweep, sealing, memos, lift, isRekeying, recovery }: LoadedBank,
  ) {
    const { network, party, store, log, random, clock, identitySeed, intake } = ports;
    const { state } = ledger;
    this.#p = ports;
    this.#memos = memos;
    this.#state = state;
    this.#pool = pool;
    this.#agreement = agreement;
    this.#finalHeight = agreement.finalHeight;
    this.#isRekeying = isRekeying;
    this.#recovery = recovery;
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
      finalHeight: () => this.#finalHeight,
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
      encodeSecrets({ identitySeed, lift, deltas: party.deltas, links: await ports.reservedLinks() });
    this.#entries = new EntryMaker(state, sweep, secrets, random);
    const parts = { desk: this.#desk, commits: this.#commits, upkeep: this.#upkeep, entries: this.#entries, memos };
    this.#driver = new Driver(
      { agreement, state, prepared, store, clock, random, ...parts, ...(isRekeying && { rekey: this.#rekey }) },
      {
        send: (to, session, bytes) =>
          void this.#send(to, 'agreement', encodeAgreementFrame({ kind: 'message', session, bytes })),
        committed: record => this.#committed(record),
        final: (height, signatures) => this.#final(height, signatures),
        endSession: why => this.#sessions.formation.end(why),
        halted: (accuser, blame) => this.#halted(accuser, blame),
        runFailed: (session, ground, error) => this.#sessions.runFailed(session, ground, error),
        rekeyed: () => this.#rekeyed(),
        broken: error => this.#broken(error),
      },
    );
    this.#sessions = new Sessions({
      ports,
      agreement,
      driver: this.#driver,
      // a halted bank tells why, and runs nothing under its keys any more; nor does one under keys that may be burned
      makesStock: () => !this.#halt && !isRekeying,
      ...(isRekeying && { framesMax: preprocessingFramesMax }),
      isStopped: () => this.#stopped,
      send: (to, message) => void this.#send(to, 'agreement', encodeAgreementFrame(message)),
      behind: bank => this.#behind(bank),
      begun: () => this.#desk.startSession(),
      receiveEarly: () => this.#frames.receiveEarly(),
      stocked: () => {
        this.#entries.secretsChanged();
        this.#nameRoster();
      },
      accuse: (culprit, why) => this.#accuse(culprit, why),
      broken: error => this.#broken(error),
    });
    this.#frames = new Frames({
      banks: network.banks.length,
      clock,
      formation: this.#sessions.formation,
      driver: this.#driver,
      desk: this.#desk,
      session: () => this.#sessions.current,
      takesEnvelopes: !isRekeying,
      isStopped: () => this.#stopped,
      accuse: (culprit, why) => this.#accuse(culprit, why),
      broken: error => this.#broken(error),
    });
  }

  // links and frames

  /** The link to that bank, by roster index, stands: frames may be sent and will come. `version`: of its software, as it says. */
  linkUp(bank: number, version?: string): void {
    const told = version === undefined ? {} : { version };
    this.#links[bank] = { connected: true, since: this.#p.clock.now(), ...told };
    this.#p.log.info('link up', { bank: this.#name(bank), ...told });
    this.#sessions.formation.linkUp(bank);
    this.#desk.forwardAll(bank);
  }

  /** It is gone, with what was on the way. `why` goes into the log. */
  linkDown(bank: number, why: string): void {
    this.#links[bank] = { ...this.#links[bank], connected: false, since: this.#p.clock.now() };
    this.#p.log.warn('link down', { bank: this.#name(bank), why });
    this.#sessions.formation.linkDown(bank, `the link to ${this.#name(bank)} is lost`);
  }

  /** One frame of another bank. While the promise is open its sender may be slowed down. */
  frame(from: number, use: Use, frame: Uint8Array): Promise<void> {
    return this.#frames.receive(from, use, frame);
  }

  /** Its disk has been set back. It learns so from a record that it has signed itself. */
  #behind(bank: number): void {
    const { last } = this.#agreement;
    this.#p.log.warn('a bank runs on an old copy of its disk: not obeyed', { bank: this.#name(bank) });
    if (last)
      void this.#send(bank, 'agreement', encodeAgreementFrame({ kind: 'ahead', certified: encodeCertified(last) }));
  }

  /** Never rejects: a link that is down says so by itself, and what matters is sent again when it is up. */
  async #send(to: number, use: Use, frame: Uint8Array): Promise<void> {
    try {
      await this.#p.transport.send(to, use, frame);
    } catch (error) {
      if (isCode(error, 'SESSION_ENDED') || this.#stopped) return;
      const why = error instanceof Error ? error.message : 'unknown';
      this.#p.log.warn('a frame could not be sent', { bank: this.#name(to), why });
      this.#sessions.formation.end('a frame could not be sent');
    }
  }

  // what the machine comes to

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

  /** Envelopes of the roster before are dead once a final record names this one: an audit makes it, if nothing else does. */
  #nameRoster(): void {
    const { network, party, log } = this.#p;
    const named = this.#agreement.last?.record.rosterVersion ?? network.rosterVersion;
    if (party.self !== 0 || named === network.rosterVersion || this.#halt) return;
    this.audit().catch(error =>
      log.warn('no audit names the new roster yet', { code: error instanceof CovaultError ? error.code : 'unknown' }),
    );
  }

  #final(height: number, signatures: readonly Uint8Array[] | undefined): void {
    this.#finalHeight = height;
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
    this.#sessions.current?.close('the bank has halted');
  }

  /** A block of this bank while it re-keys. */
  readonly #rekey = (channel: Channel, ground: Ground, block: RunBlock) => {
    const { store, random, network, identitySeed, rekeying } = this.#p;
    const under = { ...rekeying, lift: liftsOf(network), state: this.#state, store, random };
    const entry: RekeyBlockOptions['entry'] = (prepared, pages, secrets) =>
      this.#entries.makeUnderNewMacs(prepared, pages, encodeSecrets({ identitySeed, ...secrets }));
    return rekey({ ...under, channel, ground, block, entry });
  };

  #rekeyed(): void {
    this.#halt = { why: 'its MAC keys are new: it starts again' };
    this.#p.log.info('re-keyed', { height: this.#state.height, lift: liftsOf(this.#p.network) });
    this.#stopped = true;
    this.#sessions.current?.close('the bank starts again under new keys');
    this.#p.rekeyed();
  }

  /** Our own mistake, or a disk that failed: nothing is done any more that could make it worse. */
  #broken(error: unknown): void {
    if (this.#stopped) return;
    const why = error instanceof Error ? error.message : 'unknown';
    this.#halt = { why: `internal error: ${why}` };
    this.#p.log.warn('internal error', { why, where: error instanceof Error ? (error.stack ?? '') : '' });
    this.#stopped = true;
    this.#driver.cease();
    this.#sessions.current?.close('the bank has stopped');
  }

  /** Ends everything; nothing more reaches the store once it resolves. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#sessions.current?.close('the bank is stopping');
    this.#news.stop();
    await this.#driver.stop();
    await this.#upkeep.stop();
    await this.#commits.idle();
  }

  // for the gateway

  async submit(envelope: Uint8Array): Promise<Uint8Array> {
    if (this.#isRekeying) throw new CovaultError('NOT_READY', 'the banks are drawing new MAC keys');
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

  /** As far as it is final. */
  memos(from: number, page: number | undefined): Promise<FoundMemos> {
    return this.#memos.find(from, this.#finalHeight + 1, page);
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
      session: this.#sessions.current,
      isStockReady: this.#sessions.isStockReady,
      halted: this.#halt,
      missing: this.#sessions.formation.missing(),
      awaited: this.#driver.awaited,
      links: this.#links,
      ...(this.#recovery && { recovery: this.#recovery }),
      pool: this.#pool.counts(),
      counters: { ...this.#counters, ...this.#sessions.counters, ...this.#driver.counters },
    });
  }

  #name(bank: number): string {
    return this.#p.network.banks[bank].name;
  }
}
