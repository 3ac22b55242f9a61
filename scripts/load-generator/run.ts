/**
 * One run, from nothing to nothing:
 *
 *     banks start, and the first transfer settles --> accounts open --> a short run says how many envelopes to make
 *         --> they are made --> warm-up --> the clock runs --> what is under way settles --> checks
 */
import { systemRandom } from '../../src/crypto/index.js';
import { assert } from '../../src/errors.js';
import { expiryHeightsMax } from '../../src/limits.js';
import type { Claim } from '../../src/wallet/index.js';
import type { Intent } from '../../src/wallet/state.js';
import { type Sample, Sampler, sample } from './bank-figures.js';
import type { BankProcesses } from './bank-processes.js';
import { auditedSum, followRecords, type PlainResult, verifyWholeLog } from './checks.js';
import { EnvelopeMaker, type Made } from './envelope-maker.js';
import { Lookups } from './lookups.js';
import { closedLoop, type Loop, loneLoop, openLoop } from './loops.js';
import { type LoadOptions, patienceMs } from './options.js';
import { holderAccounts, Payments, startingBalance } from './payments.js';
import { RecordWatch } from './record-watch.js';
import { SessionSubmitter } from './session-submitter.js';
import { Gateways, HttpSubmitter, type Submitter } from './submitter.js';
import { type Sent, Traffic } from './traffic.js';

export interface Checked extends PlainResult {
  readonly conserved: boolean;
  readonly recordsVerified: number;
}

export interface RunResult {
  readonly options: LoadOptions;
  readonly submitter: string;
  readonly refusals: number;
  readonly resent: number;
  readonly turnedAway: number;
  /** When the clock started and stopped: performance.now(), and CLOCK_MONOTONIC in microseconds. */
  readonly window: readonly [number, number];
  readonly monotonicUs: [number, number];
  readonly before: Sample;
  readonly after: Sample;
  /** Once a second, of the whole loaded time. */
  readonly samples: readonly Sample[];
  readonly transfers: readonly Sent[];
  readonly lookups: { readonly sent: readonly Sent[]; readonly refusals: number; readonly turnedAway: number };
  /** Seconds from spawning the first bank: to all of them idle, with their first correlations in stock. */
  readonly startSeconds: number;
  /** To the first transfer final, between two accounts that were opened on the way. */
  readonly firstSettledSeconds: number;
  readonly madeAhead: number;
  readonly madeMeanwhile: number;
  readonly cpuMsPerEnvelope: number | undefined;
  readonly generatorCpuSeconds: number;
  readonly checked: Checked;
}

const calibrationMs = 2_000;
const calibrationMsMax = 10_000;
const calibrationTurns = 3;
/** Its pauses alone take a tenth of a second. */
const lonePerSecondMax = 10;
/** The short run makes envelopes meanwhile: without that the banks are faster. */
const aheadFactor = 1.4;
/** Envelopes wait in memory. */
const aheadBytesMax = 4 * 2 ** 30;
const bytesPerPacket = 4_500;
const makerThreads = 2;
/** Envelopes that wait while they are made as the clock runs. */
const makeAtOnce = 128;
const revealed = 8;
const deathMs = 500;
/** Between two looks at the log. */
const watchMs = 10;
const watchLoneMs = 3;
/** Where the banks tell outcomes: the records are for the checks. */
const watchLateMs = 200;
/** Every holder who waits for a balance holds one. */
const loneConnections = 128;
/** Between two looks whether a gateway is there. */
const knockMs = 10;

const now = () => performance.now();
const monotonicUs = () => Number(process.hrtime.bigint() / 1000n);

export class Run {
  readonly #o: LoadOptions;
  readonly #banks: BankProcesses;
  readonly #say: (text: string) => void;
  readonly #gateways: Gateways;
  readonly #loneGateways: Gateways;
  readonly #submitter: Submitter;
  readonly #loneSubmitter: Submitter;
  readonly #traffic: Traffic;
  /** The first transfer, and balances: each by itself, over HTTP. */
  readonly #lone: Traffic;
  readonly #lookups: Lookups | undefined;
  readonly #watch: RecordWatch;
  readonly #maker: EnvelopeMaker;
  readonly #payments: Payments;
  #failure: unknown;
  #death: Error | undefined;
  #tellFailure: (error: unknown) => void = () => {};

  /** The network is made, and no bank runs yet. */
  constructor(options: LoadOptions, banks: BankProcesses, say: (text: string) => void) {
    this.#o = options;
    this.#banks = banks;
    this.#say = say;
    this.#gateways = new Gateways(banks.urls);
    this.#loneGateways = new Gateways(banks.urls, loneConnections);
    const isSession = options.submit === 'session';
    this.#submitter = isSession
      ? new SessionSubmitter(banks.urls, options.submitters)
      : new HttpSubmitter(this.#gateways);
    this.#loneSubmitter = new HttpSubmitter(this.#loneGateways, true);
    this.#traffic = new Traffic(this.#submitter);
    this.#lone = new Traffic(this.#loneSubmitter);
    const everyMs = options.lone ? watchLoneMs : this.#submitter.hears ? watchLateMs : watchMs;
    this.#watch = new RecordWatch(this.#gateways, everyMs, record => {
      this.#setExpiry(record.height);
      for (const traffic of this.#all) traffic.hear(record);
    });
    this.#payments = new Payments(options, options.overdraw, options.seed);
    const settings = { networkText: banks.networkText, walletSeed: systemRandom.bytes(64) };
    const next = (): Intent => ({ kind: 'transfer', ...this.#payments.next() });
    const atOnce = options.prepared ? 0 : makeAtOnce;
    this.#maker = new EnvelopeMaker(settings, makerThreads, atOnce, next, isSession ? options.submitters : 0);
    this.#lookups = options.lookups > 0 ? new Lookups(options, options.lookups, settings) : undefined;
    this.#setExpiry(0);
  }

  get #all(): readonly Traffic[] {
    return [this.#traffic, this.#lone];
  }

  #sent(kind: Intent['kind']): Sent[] {
    return this.#all.flatMap(({ sent }) => [...sent.values()]).filter(({ intent }) => intent.kind === kind);
  }

  /** As far ahead as banks let an envelope's expiry lie. */
  #setExpiry(height: number): void {
    this.#maker.expiry = height + expiryHeightsMax;
    if (this.#lookups) this.#lookups.expiry = height + expiryHeightsMax;
  }

  /** Starts the banks. Rejects as soon as one ends, halts or refuses what it should take. */
  async go(): Promise<RunResult> {
    const failure = new Promise<never>((_, reject) => {
      this.#tellFailure = reject;
    });
    failure.catch(() => {});
    this.#banks.died = why => {
      this.#death ??= new Error(why);
      this.#fail(this.#death);
    };
    try {
      return await Promise.race([this.#run(), failure]);
    } catch (error) {
      // connections break before the process is known to have ended: why it has is the better news
      await new Promise(next => setTimeout(next, deathMs));
      throw this.#death ?? error;
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    this.#fail(new Error('the run is over'));
    this.#submitter.close();
    await this.#watch.stop();
    await Promise.all([this.#maker, this.#lookups, this.#gateways, this.#loneGateways].map(each => each?.close()));
  }

  readonly #fail = (error: unknown): void => {
    this.#failure ??= error;
    for (const traffic of this.#all) traffic.fail(error);
    this.#tellFailure(error);
  };

  async #run(): Promise<RunResult> {
    const { seconds, warmup } = this.#o;
    const times = await this.#start();
    await this.#openAccounts();
    const { madeAhead, cpuMsPerEnvelope } = await this.#prepare();

    this.#say(`${warmup} s of warm-up, then the clock runs for ${seconds} s`);
    const sampler = new Sampler(this.#gateways, this.#fail);
    const loop = this.#loop();
    this.#lookups?.start(this.#lone, this.#fail);
    await this.#wait(1000 * warmup);
    const meanwhileBefore = this.#maker.meanwhile;
    const [before, start, startUs, cpu] = [await sample(this.#gateways), now(), monotonicUs(), process.cpuUsage()];
    await this.#wait(1000 * seconds);
    const [end, endUs, { user, system }] = [now(), monotonicUs(), process.cpuUsage(cpu)];
    const after = await sample(this.#gateways);
    const madeMeanwhile = this.#maker.meanwhile - meanwhileBefore;
    await this.#drain(loop);
    await sampler.stop();
    const { name, refusals, resent } = this.#submitter;
    return {
      options: this.#o,
      submitter: name,
      refusals,
      resent,
      turnedAway: loop.turnedAway,
      window: [start, end],
      monotonicUs: [startUs, endUs],
      before,
      after,
      samples: sampler.samples,
      transfers: this.#sent('transfer'),
      lookups: {
        sent: this.#sent('reveal'),
        refusals: this.#loneSubmitter.refusals,
        turnedAway: this.#lookups?.turnedAway ?? 0,
      },
      ...times,
      madeAhead,
      madeMeanwhile,
      cpuMsPerEnvelope,
      generatorCpuSeconds: (user + system) / 1e6,
      checked: await this.#check(),
    };
  }

  #loop(): Loop {
    const { rate, outstanding, lone } = this.#o;
    if (lone) return loneLoop(this.#traffic, this.#maker, this.#fail);
    if (rate !== undefined) return openLoop(this.#traffic, this.#maker, rate, this.#payments, this.#fail);
    return closedLoop(this.#traffic, this.#maker, outstanding, this.#fail);
  }

  /** Banks from nothing, and a first transfer as soon as they take it. Its holders have made its envelopes before. */
  async #start(): Promise<Pick<RunResult, 'startSeconds' | 'firstSettledSeconds'>> {
    const [from, to] = holderAccounts(this.#o);
    const opens = await this.#maker.make(await this.#openings([from, to]));
    const transfers = await this.#maker.make([{ kind: 'transfer', from, to, amount: 1n }]);
    const start = now();
    const [startSeconds, firstSettledSeconds] = await Promise.all([
      this.#banks.start().then(() => (now() - start) / 1000),
      this.#firstTransfer(opens, transfers).then(() => (now() - start) / 1000),
    ]);
    this.#watch.start(() => this.#all.some(({ underway, unread }) => underway + unread > 0), this.#fail);
    await this.#readAll();
    const statuses = [...this.#lone.sent.values()].map(({ status }) => status?.kind);
    assert(`${statuses}` === 'opened,opened,settled', 'the first transfer settles');
    this.#say(
      `the banks are linked and have their first correlations after ${startSeconds.toFixed(1)} s; ` +
        `the first transfer is final after ${firstSettledSeconds.toFixed(1)} s`,
    );
    return { startSeconds, firstSettledSeconds };
  }

  async #firstTransfer(opens: readonly Made[], transfers: readonly Made[]): Promise<void> {
    for (let bank = 0; bank < this.#loneGateways.count; bank++) {
      const isThere = () => this.#loneGateways.get(bank, '/v1/health').then(Boolean, () => false);
      while (!(await isThere())) await this.#wait(knockMs);
    }
    await Promise.all(opens.map(made => this.#lone.send(made)));
    await Promise.all(transfers.map(made => this.#lone.send(made)));
  }

  async #openings(accounts: readonly number[]): Promise<Intent[]> {
    const claims: Claim[] = [];
    for (const account of accounts) claims.push(await this.#banks.claim(account));
    return claims.map(({ account, secret }) => ({ kind: 'open', account, claim: secret }));
  }

  /** All but the first two, who have opened theirs. */
  async #openAccounts(): Promise<void> {
    const intents = await this.#openings(holderAccounts(this.#o).slice(2));
    const start = now();
    const opened = await Promise.all((await this.#maker.make(intents)).map(made => this.#traffic.send(made)));
    await this.#readAll();
    assert(
      opened.every(({ status }) => status?.kind === 'opened'),
      'every account opens',
    );
    this.#say(
      `${opened.length + 2} accounts opened; the last ${opened.length} in ${((now() - start) / 1000).toFixed(1)} s`,
    );
  }

  /** Makes what the clock will use up, as far as memory goes. */
  async #prepare(): Promise<{ madeAhead: number; cpuMsPerEnvelope: number | undefined }> {
    const { prepared, seconds, warmup, rate, outstanding, lone, banks } = this.#o;
    const perSecond = prepared && this.#o.ahead === undefined ? await this.#calibrate() : 0;
    const wanted = this.#o.ahead ?? Math.ceil(perSecond * (seconds + warmup) * aheadFactor + (lone ? 0 : outstanding));
    if (!prepared) {
      await this.#maker.ahead(0);
      await this.#lookups?.prepare();
      return { madeAhead: 0, cpuMsPerEnvelope: undefined };
    }
    const count = Math.min(wanted, Math.floor(aheadBytesMax / (bytesPerPacket + 1024 * banks)));
    const [start, cpu] = [now(), process.cpuUsage()];
    const already = this.#maker.waiting;
    this.#say(`making ${count} envelopes ahead${rate === undefined ? '' : ` for ${rate} a second`}`);
    await this.#maker.ahead(count);
    const { user, system } = process.cpuUsage(cpu);
    const made = this.#maker.waiting - already;
    const cpuMsPerEnvelope = made > 0 ? (user + system) / 1000 / made : undefined;
    this.#say(
      `  made in ${((now() - start) / 1000).toFixed(1)} s, ${cpuMsPerEnvelope?.toFixed(2) ?? '-'} ms of CPU each`,
    );
    await this.#lookups?.prepare();
    return { madeAhead: this.#maker.waiting, cpuMsPerEnvelope };
  }

  /** Envelopes a second, from a short run of the same kind. */
  async #calibrate(): Promise<number> {
    if (this.#o.rate !== undefined) return this.#o.rate;
    if (this.#o.lone) return lonePerSecondMax;
    await this.#maker.ahead(2 * this.#o.outstanding);
    const start = now();
    const before = this.#traffic.sent.size;
    const settled = () => this.#traffic.sent.size - this.#traffic.underway - before;
    const loop = this.#loop();
    // some blocks: what is under way fills the first of them
    const enough = calibrationTurns * this.#o.outstanding;
    do await this.#wait(calibrationMs);
    while (settled() < enough && now() - start < calibrationMsMax);
    const perSecond = (settled() / (now() - start)) * 1000;
    await this.#drain(loop);
    this.#say(`a short run settles ${perSecond.toFixed(0)} a second`);
    return perSecond;
  }

  async #check(): Promise<Checked> {
    this.#say('checking: verdicts, some balances, the audit, the whole log');
    const accounts = holderAccounts(this.#o);
    const some = Array.from({ length: Math.min(revealed, accounts.length) }, (_, i) => accounts[i]);
    const intents = some.map((account): Intent => ({ kind: 'reveal', account }));
    await Promise.all((await this.#maker.make(intents)).map(made => this.#lone.send(made)));
    await this.#readAll();
    const sum = await this.#audit();
    const start = new Map(accounts.map(account => [account, startingBalance(this.#o)]));
    const sent = new Map(this.#all.flatMap(traffic => [...traffic.sent]));
    return {
      ...followRecords(this.#watch.records, sent, start, this.#o.pageSize),
      conserved: sum === this.#banks.network.supply,
      recordsVerified: await verifyWholeLog(this.#banks.network, this.#banks.urls[0]),
    };
  }

  /** As the operator of the first bank asks for it. */
  async #audit(): Promise<bigint> {
    const authorization = `Bearer ${await this.#banks.auditToken()}`;
    const { status, text } = await this.#gateways.post(0, '/v1/audits', undefined, { authorization });
    if (status !== 202) throw new Error(`the audit is refused with ${status}`);
    const { id } = JSON.parse(text) as { id: string };
    for (const end = now() + patienceMs; now() < end; await this.#wait(20)) {
      await this.#watch.poll(0);
      const sum = auditedSum(this.#watch.records, id);
      if (sum !== undefined) return sum;
    }
    throw new Error('the audit has no outcome');
  }

  async #drain(loop: Loop): Promise<void> {
    const late = setTimeout(() => this.#fail(new Error('what is under way does not settle')), patienceMs);
    await Promise.all([loop.stop(), this.#lookups?.stop()]);
    await this.#readAll();
    clearTimeout(late);
    if (this.#failure) throw this.#failure;
  }

  /** Whatever banks have said to be final stands in a record. */
  async #readAll(): Promise<void> {
    for (const end = now() + patienceMs; this.#all.some(({ unread }) => unread > 0); await this.#wait(watchMs)) {
      if (now() > end) throw new Error('no record holds what a bank has said to be final');
    }
  }

  async #wait(ms: number): Promise<void> {
    await new Promise(next => setTimeout(next, ms));
    if (this.#failure) throw this.#failure;
  }
}
