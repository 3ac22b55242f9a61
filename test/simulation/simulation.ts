/**
 * A whole network in one process, from one seed: what holders want and what goes wrong are drawn, then everything happens in
 * the order of simulated time, and checkers that see only ports say what promise was broken.
 *
 *     seed --> setting, errands, faults --> banks on simulated ports --> the faults end --> a last payment --> quiet
 *
 * The same seed is the same run, event by event: `digest` tells.
 */
import type { Use } from '../../src/bank/index.js';
import { hash, seededRandom, toHex, utf8 } from '../../src/crypto/index.js';
import type { Verify } from '../../src/ledger/log.js';
import { rosterVerify } from '../../src/ledger/log.js';
import type { Network } from '../../src/network/index.js';
import type { Party } from '../../src/sharing/index.js';
import { BankProcess } from './bank-process.js';
import type { Bug } from './bug.js';
import { Channels } from './channels.js';
import { type CheckerName, Checkers } from './checkers/checkers.js';
import { Draws } from './draws.js';
import { drawFaults, type Fault, faultsEndMs } from './faults.js';
import { makeGenesis } from './genesis.js';
import { Holders } from './holders.js';
import { Injection } from './injection.js';
import type { Standing, Violation } from './observer.js';
import { isQuiet } from './observer.js';
import { Schedule } from './schedule.js';
import { Stocks } from './stock.js';
import type { Counts } from './tally.js';
import { Trace } from './trace.js';
import { busyMs, drawErrands, drawSetting, type Errand, type Setting } from './workload.js';

/** All that is drawn: what is printed of a run that failed. */
export interface Scenario {
  readonly seed: string;
  readonly setting: Setting;
  readonly errands: readonly Errand[];
  readonly faults: readonly Fault[];
}

export interface Outcome {
  readonly violations: readonly Violation[];
  readonly masksReused: number;
  readonly counts: Counts;
  /** Of every event, in order. */
  readonly digest: string;
}

export function drawScenario(seed: string): Scenario {
  const draws = new Draws(seed);
  const setting = drawSetting(draws.of('setting'));
  const errands = drawErrands(draws.of('errands'), setting);
  return { seed, setting, errands, faults: drawFaults(draws.of('faults'), setting.banks, errands) };
}

export function runScenario(scenario: Scenario, options: RunOptions = {}): Promise<Outcome> {
  return new Simulation(scenario, options).run();
}

export interface RunOptions {
  /** Switched on: a checker must find it. */
  readonly bug?: Bug;
  /** Only what this checker says ends the run; the first violation otherwise. */
  readonly heeds?: CheckerName;
  /** Sees every event as a line. */
  readonly trace?: (line: string) => void;
}

/** Once faults have stopped all is decided within this: a step's time-out, and an expiry with empty blocks. */
const patienceMs = 150_000;
/** An operator looks so often. */
const lookMs = 400;

class Simulation {
  readonly #scenario: Scenario;
  readonly #bug: Bug;
  readonly #draws: Draws;
  readonly #schedule = new Schedule();
  readonly #network: Network;
  readonly #processes: readonly BankProcess[];
  readonly #channels: Channels;
  readonly #stocks: Stocks;
  readonly #holders: Holders;
  readonly #checkers: Checkers;
  readonly #heeds: CheckerName | undefined;
  readonly #trace: Trace;
  readonly #injection: Injection;
  /** Banks that a full disk has stopped, or kept from starting. */
  readonly #stopped = new Set<number>();
  readonly #halted = new Set<number>();
  /** A bank runs on an old copy of its disk, which lacks so many heights. */
  #behind: number | undefined;
  #hasTakenBack = false;

  constructor(scenario: Scenario, { bug = {}, heeds, trace }: RunOptions) {
    const { seed, setting } = scenario;
    this.#scenario = scenario;
    this.#bug = bug;
    this.#heeds = heeds;
    this.#trace = new Trace(trace);
    this.#draws = new Draws(seed);
    const { network, identitySeeds, sealingSecrets, parties } = makeGenesis(seed, setting);
    this.#network = network;
    const schedule = this.#schedule;
    this.#holders = new Holders({
      schedule,
      draws: this.#draws.of('holders'),
      network,
      random: seededRandom(hash('simulation/holders', utf8(seed))),
      identitySeeds,
      bank: index => this.#processes[index].bank,
      acknowledged: (bank, id) => this.#checkers.tell('acknowledged', bank, id),
      told: told => this.#checkers.tell('told', bug.tells?.(told) ?? told),
      next: wallet => this.#checkers.wallets.next(wallet),
      read: (wallet, records) => this.#checkers.tell('read', wallet, records),
      version: account => this.#checkers.ledger.version(account),
      seals: bug.seals ?? (order => order),
    });
    this.#checkers = new Checkers({
      truth: { network, parties, sealingSecrets, sent: this.#holders.sent },
      balances: setting.balances,
      believed: bug.believes?.(network) ?? network,
      verify: remembered(rosterVerify(network)),
      nowMs: () => schedule.nowMs,
      isExcused: () => this.#behind !== undefined,
      hasTakenBack: () => this.#hasTakenBack,
    });
    this.#channels = new Channels({
      schedule,
      draws: this.#draws.of('channels'),
      banks: setting.banks,
      delayMs: setting.delayMs,
      arrived: (...frame) => this.#checkers.tell('arrived', ...frame),
      carries: bug.carries ?? ((_from, _to, _use, frame) => [frame]),
    });
    this.#stocks = new Stocks({
      schedule,
      draws: this.#draws.of('stock'),
      network,
      parties,
      reserved: (...lot) => this.#checkers.tell('reserved', ...lot),
      hands: bug.hands ?? ((_bank, lot) => lot),
    });
    this.#processes = parties.map(party => this.#process(party, identitySeeds, sealingSecrets));
    this.#injection = new Injection({
      schedule,
      processes: this.#processes,
      channels: this.#channels,
      stocks: this.#stocks,
      crashed: bank => this.#crashed(bank),
      restored: (...what) => this.#restored(...what),
      note: what => this.#note(what),
    });
  }

  #process(party: Party, identitySeeds: readonly Uint8Array[], sealingSecrets: readonly Uint8Array[]): BankProcess {
    const { self } = party;
    const bug = this.#bug;
    return new BankProcess({
      schedule: this.#schedule,
      draws: this.#draws.of(`bank ${self}`),
      seed: this.#scenario.seed,
      network: bug.believes?.(this.#network) ?? this.#network,
      party,
      identitySeed: identitySeeds[self],
      sealingSecret: sealingSecrets[self],
      channels: this.#channels,
      stocks: this.#stocks,
      landed: (ops, entries) => {
        this.#note(`bank ${self} stores ${ops.length}`);
        this.#checkers.tell('landed', self, ops, entries);
      },
      sent: (to, use, frame) => this.#sent(self, to, use, frame),
      ended: () => this.#injection.restart(self, lookMs),
      failed: why => this.#failed(self, why),
      takes: ops => bug.takes?.(self, ops) ?? ops,
    });
  }

  #sent(from: number, to: number, use: Use, frame: Uint8Array): void {
    this.#note(`bank ${from} sends ${to} ${use} ${frame.length}`);
    this.#checkers.tell('sent', from, to, use, frame);
  }

  async run(): Promise<Outcome> {
    const { errands, faults } = this.#scenario;
    for (const process of this.#processes) void process.start();
    this.#holders.begin(errands);
    this.#injection.begin(faults);
    this.#look();
    const busyUntilMs = Math.max(busyMs, faultsEndMs(faults)) + 1_000;
    await this.#until(busyUntilMs, () => false);
    this.#holders.begin(this.#lastErrands());
    await this.#until(busyUntilMs + 1_000, () => false);
    await this.#until(busyUntilMs + patienceMs, () => this.#holders.submitting === 0 && isQuiet(this.#standings()));
    this.#holders.lookAround();
    await this.#until(this.#schedule.nowMs + lookMs, () => false);
    return this.#end();
  }

  /** Until then, or a checker has spoken. */
  #until(atMs: number, done: () => boolean): Promise<void> {
    return this.#schedule.run(atMs, () => this.#isOver || done());
  }

  get #isOver(): boolean {
    const heeds = this.#heeds;
    return this.#checkers.violations.some(({ checker }) => heeds === undefined || checker === heeds);
  }

  /** The ledger still works: a payment, and an audit. */
  #lastErrands(): Errand[] {
    const atMs = this.#schedule.nowMs;
    const how = { atMs, heights: 100, inSession: false, sponsors: [{ bank: 0, afterMs: 0 }] };
    const { banks } = this.#scenario.setting;
    const transfer = { kind: 'transfer', from: 0, to: 1, amount: 1, flaw: undefined } as const;
    return [
      { order: transfer, ...how },
      { order: { kind: 'audit', bank: banks - 1 }, ...how },
    ];
  }

  #note(what: string): void {
    this.#trace.add(this.#schedule.nowMs, what);
  }

  #crashed(bank: number): void {
    this.#checkers.tally.add('crashes');
    this.#checkers.tell('crashed', bank);
    this.#stopped.delete(bank);
    this.#halted.delete(bank);
  }

  #restored(bank: number, behind: number, isLost: boolean): void {
    this.#behind = behind;
    this.#hasTakenBack ||= isLost;
    if (isLost) this.#checkers.tally.add('old copy took back a record');
    this.#checkers.tell('restored', bank, behind);
  }

  /** What an operator would see, looking again and again. */
  #look(): void {
    for (const [bank, process] of this.#processes.entries()) {
      const halted = process.bank?.status().halted;
      if (halted !== undefined && !this.#halted.has(bank)) {
        this.#halted.add(bank);
        this.#failed(bank, halted);
      }
      if (this.#stopped.has(bank) && !process.disk.full) {
        process.crash();
        this.#injection.restart(bank, 100);
      }
    }
    this.#schedule.after(lookMs, () => this.#look());
  }

  #failed(bank: number, why: string): void {
    this.#note(`bank ${bank}: ${why}`);
    if (why.includes('ENOSPC')) this.#stopped.add(bank);
    else this.#checkers.tell('halted', bank, why);
  }

  #standings(): Standing[] {
    return this.#processes.map((process, bank) => {
      const status = process.bank?.status();
      if (!status) return { bank, height: 0, finalHeight: 0, undecided: 0, phase: 'away' };
      const { height, finalHeight, pool, phase } = status;
      return { bank, height, finalHeight, undecided: pool.known, phase };
    });
  }

  #end(): Outcome {
    const standings = this.#standings();
    if (!this.#isOver) this.#checkers.tell('ended', standings);
    const { violations, masks, tally } = this.#checkers;
    if (this.#behind !== undefined) {
      const became = isQuiet(standings) ? 'went on' : 'halted';
      tally.add(`old copy, ${Math.min(2, this.#behind)} behind: ${became}`);
    }
    tally.add('masks', masks.used);
    tally.add('events', this.#schedule.events);
    tally.add('simulated ms', Math.round(this.#schedule.nowMs));
    return {
      violations,
      masksReused: masks.reused,
      counts: tally.counts,
      digest: this.#trace.digest,
    };
  }
}

/** Every signature is checked once. */
function remembered(verify: Verify): Verify {
  const known = new Map<string, boolean>();
  return (bank, message, signature) => {
    const key = `${bank} ${toHex(message)} ${toHex(signature)}`;
    const holds = known.get(key) ?? verify(bank, message, signature);
    known.set(key, holds);
    return holds;
  };
}
