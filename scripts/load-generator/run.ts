/**
 * One run, from nothing to nothing:
 *
 *     network --> banks start --> accounts open --> a short run says how many envelopes to make --> they are made
 *             --> warm-up --> the clock runs --> what is under way settles --> checks --> banks stop
 */
import { systemRandom } from '../../src/crypto/index.js';
import { assert } from '../../src/errors.js';
import { expiryHeightsMax } from '../../src/limits.js';
import type { Claim } from '../../src/wallet/index.js';
import type { Intent } from '../../src/wallet/state.js';
import { type Sample, Sampler, sample } from './bank-figures.js';
import type { BankProcesses } from './bank-processes.js';
import { auditedSum, followRecords, type PlainResult, verifyWholeLog, wrongBalances } from './checks.js';
import { EnvelopeMaker } from './envelope-maker.js';
import { closedLoop, type Loop, loneLoop, openLoop } from './loops.js';
import { type LoadOptions, patienceMs } from './options.js';
import { holderAccounts, Payments, startingBalance } from './payments.js';
import { RecordWatch } from './record-watch.js';
import { Gateways, HttpSubmitter, type Submitter } from './submitter.js';
import { type Sent, Traffic } from './traffic.js';

export interface Checked extends PlainResult {
  readonly conserved: boolean;
  readonly balancesRevealed: number;
  readonly balancesWrong: number;
  readonly recordsVerified: number;
}

export interface RunResult {
  readonly options: LoadOptions;
  readonly submitter: string;
  readonly refusals: number;
  readonly turnedAway: number;
  /** When the clock started and stopped: performance.now(), and CLOCK_MONOTONIC in microseconds. */
  readonly window: readonly [number, number];
  readonly monotonicUs: [number, number];
  readonly before: Sample;
  readonly after: Sample;
  /** Once a second, of the whole loaded time. */
  readonly samples: readonly Sample[];
  readonly transfers: readonly Sent[];
  /** Seconds. */
  readonly startSeconds: number;
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

const now = () => performance.now();
const monotonicUs = () => Number(process.hrtime.bigint() / 1000n);

export class Run {
  readonly #o: LoadOptions;
  readonly #banks: BankProcesses;
  readonly #say: (text: string) => void;
  readonly #gateways: Gateways;
  readonly #submitter: Submitter;
  readonly #traffic: Traffic;
  readonly #watch: RecordWatch;
  readonly #maker: EnvelopeMaker;
  readonly #payments: Payments;
  #failure: unknown;
  #death: Error | undefined;
  #tellFailure: (error: unknown) => void = () => {};

  /** The banks run already. */
  constructor(options: LoadOptions, banks: BankProcesses, say: (text: string) => void) {
    this.#o = options;
    this.#banks = banks;
    this.#say = say;
    this.#gateways = new Gateways(banks.urls);
    this.#submitter = new HttpSubmitter(this.#gateways);
    this.#traffic = new Traffic(this.#submitter);
    this.#watch = new RecordWatch(this.#gateways, options.lone ? watchLoneMs : watchMs, record => {
      // as far ahead as banks let an envelope's expiry lie
      this.#maker.expiry = record.height + expiryHeightsMax;
      this.#traffic.hear(record);
    });
    this.#payments = new Payments(options, options.overdraw, options.seed);
    const settings = { networkText: banks.networkText, walletSeed: systemRandom.bytes(64) };
    const next = (): Intent => ({ kind: 'transfer', ...this.#payments.next() });
    this.#maker = new EnvelopeMaker(settings, makerThreads, options.prepared ? 0 : makeAtOnce, next);
    this.#maker.expiry = expiryHeightsMax;
  }

  /** Rejects as soon as a bank ends, halts or refuses what it should take. */
  async go(startSeconds: number): Promise<RunResult> {
    const failure = new Promise<never>((_, reject) => {
      this.#tellFailure = reject;
    });
    failure.catch(() => {});
    this.#banks.died = why => {
      this.#death ??= new Error(why);
      this.#fail(this.#death);
    };
    try {
      return await Promise.race([this.#run(startSeconds), failure]);
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
    await this.#watch.stop();
    await this.#maker.close();
    await this.#gateways.close();
  }

  readonly #fail = (error: unknown): void => {
    this.#failure ??= error;
    this.#traffic.fail(error);
    this.#tellFailure(error);
  };

  async #run(startSeconds: number): Promise<RunResult> {
    const { seconds, warmup } = this.#o;
    this.#watch.start(() => this.#traffic.underway > 0, this.#fail);
    await this.#openAccounts();
    const { madeAhead, cpuMsPerEnvelope } = await this.#prepare();

    this.#say(`${warmup} s of warm-up, then the clock runs for ${seconds} s`);
    const sampler = new Sampler(this.#gateways, this.#fail);
    const loop = this.#loop();
    await this.#wait(1000 * warmup);
    const meanwhileBefore = this.#maker.meanwhile;
    const [before, start, startUs, cpu] = [await sample(this.#gateways), now(), monotonicUs(), process.cpuUsage()];
    await this.#wait(1000 * seconds);
    const [end, endUs, { user, system }] = [now(), monotonicUs(), process.cpuUsage(cpu)];
    const after = await sample(this.#gateways);
    const madeMeanwhile = this.#maker.meanwhile - meanwhileBefore;
    await this.#drain(loop);
    await sampler.stop();
    const { name, refusals } = this.#submitter;
    return {
      options: this.#o,
      submitter: name,
      refusals,
      turnedAway: loop.turnedAway,
      window: [start, end],
      monotonicUs: [startUs, endUs],
      before,
      after,
      samples: sampler.samples,
      transfers: [...this.#traffic.sent.values()].filter(({ intent }) => intent.kind === 'transfer'),
      startSeconds,
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

  async #openAccounts(): Promise<void> {
    const accounts = holderAccounts(this.#o);
    const claims: Claim[] = [];
    for (const account of accounts) claims.push(await this.#banks.claim(account));
    const start = now();
    const intents = claims.map(({ account, secret }): Intent => ({ kind: 'open', account, claim: secret }));
    const opened = await Promise.all((await this.#maker.make(intents)).map(made => this.#traffic.send(made)));
    assert(
      opened.every(({ status }) => status?.kind === 'opened'),
      'every account opens',
    );
    this.#say(`${accounts.length} accounts opened in ${((now() - start) / 1000).toFixed(1)} s`);
  }

  /** Makes what the clock will use up, as far as memory goes. */
  async #prepare(): Promise<{ madeAhead: number; cpuMsPerEnvelope: number | undefined }> {
    const { prepared, seconds, warmup, rate, outstanding, lone, banks } = this.#o;
    const perSecond = prepared && this.#o.ahead === undefined ? await this.#calibrate() : 0;
    const wanted = this.#o.ahead ?? Math.ceil(perSecond * (seconds + warmup) * aheadFactor + (lone ? 0 : outstanding));
    if (!prepared) {
      await this.#maker.ahead(0);
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
    const reveals = await Promise.all((await this.#maker.make(intents)).map(made => this.#traffic.send(made)));
    const sum = await this.#audit();
    const start = new Map(accounts.map(account => [account, startingBalance(this.#o)]));
    const plain = followRecords(this.#watch.records, this.#traffic.sent, start, this.#o.pageSize);
    return {
      ...plain,
      conserved: sum === this.#banks.network.supply,
      balancesRevealed: reveals.length,
      balancesWrong: wrongBalances(reveals, plain.balances),
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
    await loop.stop();
    clearTimeout(late);
    if (this.#failure) throw this.#failure;
  }

  async #wait(ms: number): Promise<void> {
    await new Promise(next => setTimeout(next, ms));
    if (this.#failure) throw this.#failure;
  }
}
