/**
 * One play: banks started from the stage's disks, a story, and one bank that cheats in it once. What came of it is read from
 * the honest banks' status, from their disks (`judge.ts`), and from what they said (`openings.ts`).
 *
 *     named       an honest bank halts, and names the cheater on its own evidence
 *     stopped     an honest bank halts, and names nobody
 *     restarted   nobody halts; an attempt was void or a session ended, and the network went on
 *     refused     nobody halts; not everything that was handed in is settled, and the network goes on
 *     unmoved     all is settled as if nothing had been
 *     waits       nobody halts, and nothing goes on: the honest banks wait for the cheater
 */
import type { Use } from '../../src/bank/index.js';
import { equalBytes, hash, seededRandom, toHex, utf8 } from '../../src/crypto/index.js';
import { type Envelope, encodeEnvelope } from '../../src/envelope/index.js';
import { CovaultError } from '../../src/errors.js';
import { decodeRecord } from '../../src/ledger/log.js';
import { auditEnvelope, type HolderWorld, revealEnvelope, transferEnvelope } from '../../test/harness/banks.js';
import { NetworkWorld } from '../../test/harness/network.js';
import { Cheat } from './cheat.js';
import type { Deviation } from './deviations.js';
import { type Sent, type Standing, standingOf } from './judge.js';
import { Openings } from './openings.js';
import { type Stage, worldOptions } from './stage.js';
import type { Misfortune, Story } from './stories.js';
import { Ticker } from './ticker.js';
import { VirtualClock } from './virtual-clock.js';

export const outcomes = ['named', 'stopped', 'restarted', 'refused', 'unmoved', 'waits'] as const;
export type Outcome = (typeof outcomes)[number];

export interface Result {
  readonly outcome: Outcome;
  /** Frames that were changed: 0 where the deviation did not apply. */
  readonly done: number;
  /** A wrong result, or something said that the protocol would not have: what must never be. */
  readonly faults: readonly string[];
  /** Honest banks that name an honest bank. */
  readonly wronglyNamed: readonly string[];
  /** Which bank noticed first, and what it says. */
  readonly noticed: string;
  readonly standing: Standing;
  readonly said: Cheat['said'];
}

/** Blocks after which nothing new is to be expected. */
const blocksMax = 5;
const patienceMs = 200_000;

/** `seed`: of all that the banks draw in it. */
export async function play(
  stage: Stage,
  story: Story,
  cheater: number,
  deviation: Deviation | undefined,
  seed = 'play',
): Promise<Result> {
  const p = new Play(stage, story, cheater, deviation, seed);
  try {
    return await p.run();
  } finally {
    await p.stop();
  }
}

class Play {
  readonly #stage: Stage;
  readonly #story: Story;
  readonly #cheater: number;
  readonly #deviation: Deviation | undefined;
  readonly #honest: readonly number[];
  readonly #world: NetworkWorld;
  readonly #ticker: Ticker;
  readonly #cheat: Cheat;
  readonly #openings: Openings;
  readonly #holder: HolderWorld;
  readonly #sent: Sent[] = [];
  readonly #victim: number;
  #sessions = 0;
  #fault: unknown;
  #noticed = '';

  constructor(stage: Stage, story: Story, cheater: number, deviation: Deviation | undefined, seed: string) {
    const { banks, pageSize, stock } = stage;
    this.#stage = stage;
    this.#story = story;
    this.#cheater = cheater;
    this.#deviation = deviation;
    this.#victim = (cheater + 1) % banks;
    this.#honest = stage.disks.map((_, bank) => bank).filter(bank => bank !== cheater);
    const clock = new VirtualClock();
    const ticker = new Ticker(clock);
    this.#ticker = ticker;
    this.#openings = new Openings(banks, cheater, stage.shapes);
    const misfortune = story.misfortune?.(cheater, this.#victim);
    this.#world = new NetworkWorld({
      ...worldOptions(banks, pageSize, stock, seed),
      clock,
      stores: stage.disks.map(disk => disk.fork()),
      log: {
        info: event => {
          if (event === 'session formed') this.#sessions++;
        },
        warn: (event, facts) => {
          if (event === 'halted' && facts?.toldBy === undefined) this.#noticed ||= `${facts?.why}`;
        },
      },
      onFrame: (from, to, use, frame) => {
        ticker.moved();
        try {
          return this.#passed(from, to, use, frame, misfortune);
        } catch (error) {
          this.#fault ??= error; // of this harness: a bank would take it for a lost link
          return undefined;
        }
      },
    });
    this.#cheat = new Cheat({ world: this.#world, clock, cheater, victim: this.#victim }, deviation);
    this.#holder = {
      network: this.#world.network,
      random: seededRandom(hash('cheater/holder', utf8(seed))),
      height: 0,
    };
  }

  #passed(
    from: number,
    to: number,
    use: Use,
    frame: Uint8Array,
    misfortune: Misfortune | undefined,
  ): readonly Uint8Array[] {
    this.#openings.leaves(from, to, use, frame, this.#world.banks[from]?.status().phase === 'halted');
    if (this.#cheat.isArmed && misfortune && !misfortune(from, to, use, frame)) return [];
    const frames = from === this.#cheater ? this.#cheat.pass(to, use, frame) : [frame];
    for (const each of frames) this.#openings.arrives(from, to, use, each);
    return frames;
  }

  async run(): Promise<Result> {
    const { armed } = this.#story;
    this.#cheat.isArmed = armed === 'start';
    await this.#world.startAll();
    if (armed === 'block') await this.#ticker.run(patienceMs, () => this.#isIdle());
    if (this.#needsEarlier) {
      await this.#handIn(10n, false);
      await this.#ticker.run(patienceMs, () => this.#isSettled());
    }
    this.#cheat.isArmed = true;
    await this.#handIn(30n, this.#story.spoiledPacket === true);
    const end = this.#height + (this.#story.spoiledPacket ? 2 : blocksMax);
    const isOver = async () => !this.#story.spoiledPacket && (await this.#isSettled());
    const isDone = await this.#ticker.run(
      patienceMs,
      async () => this.#haveHalted || this.#height >= end || (await isOver()),
    );
    return this.#result(isDone);
  }

  /** A block before, from which something is taken. */
  get #needsEarlier(): boolean {
    return this.#story.armed === 'block' && this.#deviation?.change === 'of an earlier block';
  }

  stop(): Promise<void> {
    return this.#world.stopAll();
  }

  get #height(): number {
    return Math.max(...this.#honest.map(bank => this.#world.bank(bank).status().height));
  }

  get #haveHalted(): boolean {
    return this.#honest.every(bank => this.#world.bank(bank).status().phase === 'halted');
  }

  #isIdle(): boolean {
    return this.#honest.every(bank => this.#world.bank(bank).status().phase === 'idle');
  }

  async #isSettled(): Promise<boolean> {
    for (const bank of this.#honest) {
      for (const { id } of this.#sent) {
        const { state } = await this.#world.bank(bank).envelope(id);
        if (state !== 'final' && !(state === 'unknown' && (await this.#isBurned(bank, id)))) return false;
      }
    }
    return true;
  }

  async #isBurned(bank: number, id: Uint8Array): Promise<boolean> {
    const records = await this.#world.bank(bank).records(1, 1000);
    return records.some(({ record }) => decodeRecord(record).burned.some(burned => equalBytes(burned, id)));
  }

  /** A transfer, a reveal, an audit. */
  async #handIn(amount: bigint, isSpoiled: boolean): Promise<void> {
    const [from, to, account] = [0, 4, 2];
    const transfer = transferEnvelope(this.#holder, from, to, amount);
    const { envelope: reveal, outputMask } = revealEnvelope(this.#holder, account);
    const audit = auditEnvelope(this.#holder, this.#world.identitySeeds[0]);
    const sponsor = this.#story.sponsor === 'cheater' ? this.#cheater : this.#victim;
    if (isSpoiled) {
      const packets = transfer.envelope.packets.map((packet, bank) =>
        bank === sponsor ? packet : packet.map(byte => byte ^ 1),
      );
      await this.#submit(sponsor, { ...transfer.envelope, packets });
      return;
    }
    this.#sent.push({ kind: 'transfer', id: transfer.envelope.id, from, to, amount, theta: transfer.theta });
    this.#sent.push({ kind: 'reveal', id: reveal.id, account, outputMask }, { kind: 'audit', id: audit.id });
    // together: they come into one block
    await Promise.all([transfer.envelope, reveal, audit].map(envelope => this.#submit(sponsor, envelope)));
  }

  async #submit(bank: number, envelope: Envelope): Promise<void> {
    try {
      await this.#world.bank(bank).submit(encodeEnvelope(envelope));
    } catch (error) {
      if (!(error instanceof CovaultError)) throw error; // it has halted already
    }
  }

  async #result(isDone: boolean): Promise<Result> {
    if (this.#fault) throw this.#fault;
    const standing = await standingOf(this.#world, this.#cheater, this.#sent);
    const halts = this.#honest.flatMap(bank => this.#world.bank(bank).status().halted ?? []);
    const named = halts.flatMap(why => why.match(/\(bank (bank-\d+)\)$/)?.[1] ?? []);
    const broken = halts.filter(why => why.startsWith('internal error')).map(why => `a bank breaks: ${why}`);
    return {
      outcome: this.#outcome(isDone, halts, named, standing),
      done: this.#cheat.done,
      faults: [...standing.faults, ...this.#openings.faults, ...broken],
      wronglyNamed: named.filter(name => name !== `bank-${this.#cheater}`),
      noticed: halts.length > 0 ? this.#noticed : '',
      standing,
      said: this.#cheat.said,
    };
  }

  #outcome(
    isDone: boolean,
    halts: readonly string[],
    named: readonly string[],
    { statuses, isRetried }: Standing,
  ): Outcome {
    if (named.length > 0) return 'named';
    if (halts.length > 0) return 'stopped';
    if (!isDone) return 'waits';
    const all = this.#sent.map(({ id }) => statuses.get(toHex(id)));
    if (isRetried || all.includes('burned') || this.#sessions > this.#stage.banks) return 'restarted';
    const isSettled = all.every(status => status !== undefined && status !== 'rejected');
    return isSettled ? 'unmoved' : 'refused';
  }
}
