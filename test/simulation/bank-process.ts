/**
 * The processes of one bank, one after another, on one disk. Each gets ports of its own; once it has crashed nothing that
 * its code still does reaches anybody, and nothing it waits for comes.
 *
 * What others see of a process is the order of its operations on ports (frames, reads, transactions). To crash as one of
 * them begins, a transaction under way landed or not, is to crash at any await.
 */
import { Bank } from '../../src/bank/index.js';
import { hash, seededRandom, utf8 } from '../../src/crypto/index.js';
import { isCode } from '../../src/errors.js';
import type { Network } from '../../src/network/index.js';
import type { Clock, StoreOp } from '../../src/ports.js';
import { LinkStock } from '../../src/preprocessing/index.js';
import type { Party } from '../../src/sharing/index.js';
import { silent } from '../harness/network.js';
import type { Channels } from './channels.js';
import { Disk, type Entries, forever } from './disk.js';
import type { Draws } from './draws.js';
import type { CrashAtOperation } from './faults.js';
import { SimulatedIntake } from './intake.js';
import type { Schedule } from './schedule.js';
import type { Stocks } from './stock.js';

export interface ProcessOptions {
  readonly schedule: Schedule;
  readonly draws: Draws;
  readonly seed: string;
  readonly network: Network;
  readonly party: Party;
  readonly identitySeed: Uint8Array;
  readonly sealingSecret: Uint8Array;
  readonly channels: Channels;
  readonly stocks: Stocks;
  readonly landed: (ops: readonly StoreOp[], entries: Entries) => void;
  readonly sent: (to: number, use: 'envelopes' | 'agreement' | 'preprocessing', frame: Uint8Array) => void;
  /** It could not start now; another may. */
  readonly ended: () => void;
  /** It refuses to start, or something in it threw. */
  readonly failed: (why: string) => void;
  readonly takes: (ops: readonly StoreOp[]) => readonly StoreOp[];
}

type CrashPoint = Pick<CrashAtOperation, 'of' | 'count' | 'after'>;

export class BankProcess {
  readonly disk: Disk;
  readonly #o: ProcessOptions;
  readonly #clock: Clock;
  #bank: Bank | undefined;
  #intake: SimulatedIntake | undefined;
  /** Numbers processes; odd while one runs. */
  #life = 0;
  #crashIn: { of: CrashPoint['of']; left: number; after: number; readonly crashed: () => void } | undefined;

  constructor(options: ProcessOptions) {
    const { schedule, draws, takes } = options;
    this.#o = options;
    this.#clock = skewed(schedule, draws);
    this.disk = new Disk({
      schedule,
      draws,
      takes,
      events: {
        operation: of => this.#operation(of),
        landed: ops => options.landed(ops, this.disk.entries),
      },
    });
  }

  /** What runs, once it has read its disk. */
  get bank(): Bank | undefined {
    return this.#bank;
  }

  get isRunning(): boolean {
    return this.#life % 2 === 1;
  }

  async start(): Promise<void> {
    if (this.isRunning) return;
    const life = ++this.#life;
    const isAlive = () => this.#life === life;
    try {
      const bank = await Bank.open(this.#ports(life, isAlive));
      if (!isAlive()) return;
      this.#bank = bank;
      this.#attach(bank);
    } catch (error) {
      if (!isAlive()) return;
      if (isCode(error, 'WORKER_LOST')) this.#end();
      else this.#o.failed(error instanceof Error ? error.message : 'unknown');
    }
  }

  #ports(life: number, isAlive: () => boolean): Parameters<typeof Bank.open>[0] {
    const { schedule, draws, seed, network, party, identitySeed, sealingSecret, channels, stocks } = this.#o;
    const { self } = party;
    const intake = new SimulatedIntake(schedule, draws, party, sealingSecret);
    this.#intake = intake;
    return {
      network,
      party,
      identitySeed,
      intake,
      reservedLinks: async () => new Uint8Array(0),
      // no seed draws a pardon
      rekeying: { links: new LinkStock(this.disk.store(isAlive), utf8('links/')) },
      rekeyed: () => {},
      store: this.disk.store(isAlive),
      clock: {
        now: () => this.#clock.now(),
        after: (ms, call) => this.#clock.after(ms, () => isAlive() && call()),
      },
      random: seededRandom(hash('simulation/bank', utf8(`${seed}/${self}/${life}`))),
      log: silent,
      transport: {
        send: async (to, use, frame) => {
          if (!isAlive() || !this.#operation('operation')) await forever();
          this.#o.sent(to, use, frame);
          try {
            await channels.send(self, to, use, frame);
          } finally {
            if (!isAlive()) await forever();
          }
        },
      },
      openStock: id => stocks.open(self, id),
    };
  }

  #attach(bank: Bank): void {
    const failed = (error: unknown) => this.#o.failed(String(error));
    this.#o.channels.attach(this.#o.party.self, {
      linkUp: other => bank.linkUp(other),
      linkDown: (other, why) => bank.linkDown(other, why),
      frame: (from, use, frame) => bank.frame(from, use, frame).catch(failed),
    });
  }

  /** It gives up: whoever watches over it starts another. */
  #end(): void {
    this.crash();
    this.#o.ended();
  }

  crash(): void {
    if (!this.isRunning) return;
    this.#life++;
    this.#bank = undefined;
    this.#crashIn = undefined;
    this.disk.crash();
    this.#o.channels.detach(this.#o.party.self);
  }

  /** Packets that are being opened are not. */
  loseIntake(): void {
    this.#intake?.fail();
  }

  /** As an operation begins, counted from now; tells when. The returned function takes it back. */
  crashAt({ of, count, after }: CrashPoint, crashed: () => void): () => void {
    const crashIn = { of, left: count, after, crashed };
    this.#crashIn = crashIn;
    return () => {
      if (this.#crashIn === crashIn) this.#crashIn = undefined;
    };
  }

  /** False if the process crashes over it. */
  #operation(of: CrashPoint['of']): boolean {
    const crashIn = this.#crashIn;
    if (!crashIn) return true;
    if (crashIn.left > 0) {
      if (crashIn.of === 'operation' || crashIn.of === of) crashIn.left--;
      if (crashIn.left > 0 || crashIn.after > 0) return true;
    } else if (--crashIn.after > 0) return true;
    this.crash();
    crashIn.crashed();
    return false;
  }
}

/** Clocks start anywhere and go a little wrong. */
function skewed(schedule: Schedule, draws: Draws): Clock {
  const [startMs, rate] = [draws.between(0, 1e6), draws.between(0.97, 1.03)];
  return {
    now: () => startMs + rate * schedule.nowMs,
    after: (ms, call) => schedule.after(ms / rate, call),
  };
}
