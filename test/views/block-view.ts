/**
 * The view of n-1 banks over the computation of three blocks: keys, packets, correlations, randomness, every frame that
 * reaches them, what they would store, and how the blocks end. Everything is drawn anew for every run, from its seed.
 *
 * Between the banks stand memory channels, and the test dealer deals the correlations (its ideal functionality: the real
 * preprocessing has no secret of a holder in it). What the agreement says around a block is in `bank-view.ts`.
 */
import { Writer } from '../../src/codec/index.js';
import { concatBytes } from '../../src/crypto/index.js';
import { type Envelope, encodeEnvelope } from '../../src/envelope/index.js';
import { addVec, bytesOf, concatVec, decodeVec, encodeVec, type Vec, vec, zeros } from '../../src/field/index.js';
import { encodePrepared } from '../../src/ledger/prepared.js';
import type { Settled } from '../../src/ledger/settle.js';
import type { Channel, Randomness } from '../../src/ports.js';
import type { Reserved, Stock } from '../../src/preprocessing/index.js';
import { rowsOf, type Shares } from '../../src/sharing/index.js';
import {
  auditEnvelope,
  applied as isApplied,
  makeWorld,
  openEnvelope,
  type RunOptions,
  revealEnvelope,
  runBlock,
  type SentTransfer,
  transferEnvelope,
  type World,
} from '../harness/banks.js';
import type { Drawn } from '../harness/dealer.js';
import { readFrame, results } from '../src/ledger/cheaters.js';
import { accountCount, type Class, funded, type Payment, secretsOf } from './stories.js';
import { Recorder, type View } from './view.js';

export interface Configuration {
  readonly banks: number;
  readonly pageSize: number;
  /** All others are the coalition. */
  readonly honest: number;
  /** Whose packet holds its share in full: packets have two lengths, so it is the same in all runs. */
  readonly explicit: number;
}

/** A build with one mask taken away. */
export interface Flaw {
  readonly spoil?: (drawn: Drawn, pageSize: number) => void;
  readonly holder?: (random: Randomness) => Randomness;
  /** What of a frame is seen on the wire. */
  readonly wire?: (frame: Uint8Array, story: Class) => Uint8Array;
}

/** One run of a story. Throws where a verdict is not the story's. */
export async function blockView(c: Configuration, story: Class, seed: string, flaw: Flaw = {}): Promise<View> {
  const run = new Run(c, story, seed, flaw);
  await run.play();
  return run.recorder.done();
}

class Run {
  readonly recorder = new Recorder();
  readonly #c: Configuration;
  readonly #story: Class;
  readonly #flaw: Flaw;
  readonly #world: World;
  readonly #coalition: readonly number[];
  /** What the banks open together in this block, by message. */
  readonly #opened = new Map<number, Vec>();
  /** The honest bank's towards the first of the coalition, of this block's inputs. */
  #corrections: Vec = zeros(0);

  constructor(c: Configuration, story: Class, seed: string, flaw: Flaw) {
    const balances = Array.from({ length: accountCount(c.pageSize) }, () => funded);
    const spoil = (drawn: Drawn) => flaw.spoil?.(drawn, c.pageSize);
    const world = makeWorld({ banks: c.banks, pageSize: c.pageSize, balances, seed, spoil });
    this.#world = { ...world, random: alwaysExplicit(world.random, c.explicit) };
    this.#c = c;
    this.#story = story;
    this.#flaw = flaw;
    this.#coalition = world.parties.map(({ self }) => self).filter(bank => bank !== c.honest);
    this.#world.stocks = world.stocks.map((stock, bank) => (bank === c.honest ? stock : this.#watched(stock)));
  }

  async play(): Promise<void> {
    const world = this.#world;
    for (const bank of this.#coalition) {
      const { deltas } = world.parties[bank];
      this.recorder.add('MAC keys', encodeVec(vec(deltas)));
      this.recorder.add('identity and sealing key', concatBytes(world.identitySeeds[bank], world.sealingSecrets[bank]));
    }
    const accounts = [...world.network.funded.keys()];
    await this.#block(accounts.map(account => openEnvelope(world, account)));
    const { first, second, applied, lookedUp } = secretsOf(this.#c.pageSize, this.#story);
    await this.#pay([first], true, []);
    await this.#pay(second, applied, [revealEnvelope(world, lookedUp).envelope, auditEnvelope(world)]);
  }

  async #pay(payments: readonly Payment[], applied: boolean, others: readonly Envelope[]): Promise<void> {
    const holder = { ...this.#world, random: this.#flaw.holder?.(this.#world.random) ?? this.#world.random };
    const sent: SentTransfer[] = payments.map(p => transferEnvelope(holder, p.from, p.to, p.amount));
    const settled = await this.#block([...sent.map(({ envelope }) => envelope), ...others]);
    sent.forEach(({ theta }, e) => {
      if (isApplied(settled, e, theta) !== applied) throw new Error('a verdict that the story does not have');
    });
  }

  async #block(envelopes: readonly Envelope[]): Promise<Settled> {
    const world = this.#world;
    this.#opened.clear();
    for (const envelope of envelopes) this.recorder.add('envelope', encodeEnvelope(envelope));
    const known: Vec[] = envelopes.map(() => zeros(0));
    const options: RunOptions = {
      channel: (channel, bank) => this.#channel(channel, bank),
      admitted: (admitted, bank, e) => {
        if (bank === this.#c.honest) return admitted;
        const { keyPart, share } = admitted;
        this.recorder.add('packet', concatBytes(keyPart, encodeVec(share)));
        known[e] = known[e].length > 0 ? addVec(known[e], share) : share.slice();
        return admitted;
      },
      seeded: (seed, bank) => void (bank !== this.#c.honest && this.recorder.add('randomness', seed)),
    };
    const settled = results(await runBlock(world, envelopes, options));
    this.#derive(concatVec(...known));
    world.states.forEach((state, bank) => {
      state.apply(settled[bank].prepared);
      if (bank !== this.#c.honest) this.recorder.add('prepared state', encodePrepared(settled[bank].prepared));
    });
    world.height++;
    this.recorder.add('public outcome', outcomeBytes(settled[0]));
    return settled[0];
  }

  /** The inputs as far as corrections and own shares tell them, and all that was opened. */
  #derive(known: Vec): void {
    // behind the corrections of the inputs stands that of the honest bank's part of a mask
    const inputs = addVec(this.#corrections.subarray(0, known.length), known);
    this.recorder.block(inputs, concatVec(...this.#opened.values()));
  }

  #channel(channel: Channel, bank: number): Channel {
    if (bank === this.#c.honest) return channel;
    const isFirst = bank === this.#coalition[0];
    const said = new Set<number>();
    return {
      self: channel.self,
      count: channel.count,
      send: (to, frame) => {
        const { step, shares } = readFrame(frame);
        if (isFirst && !said.has(step)) this.#open(step, shares);
        said.add(step);
        return channel.send(to, frame);
      },
      receive: async from => {
        const frame = await channel.receive(from);
        this.recorder.add(`frame from ${from} to ${bank}`, this.#flaw.wire?.(frame, this.#story) ?? frame);
        const { step, shares, own } = readFrame(frame);
        if (isFirst) this.#open(step, shares);
        if (isFirst && from === this.#c.honest && own.length > 0) this.#corrections = decodeVec(own);
        return frame;
      },
    };
  }

  #open(step: number, shares: Uint8Array): void {
    const more = decodeVec(shares);
    const before = this.#opened.get(step);
    this.#opened.set(step, before ? addVec(before, more) : more);
  }

  /** A coalition's stock: what it draws is part of the view. */
  #watched(stock: Stock): Stock {
    return {
      positions: () => stock.positions(),
      reserve: async (at, counts) => {
        const reserved = await stock.reserve(at, counts);
        this.recorder.add('correlations', correlationBytes(reserved));
        return reserved;
      },
    };
  }
}

const sharesBytes = (shares: Shares): Uint8Array => concatBytes(...rowsOf(shares).map(bytesOf));

function correlationBytes({ sharer, verifier, triples, selections }: Reserved): Uint8Array {
  const { u, masks, products } = selections;
  const sharings = [triples.alpha, triples.beta, triples.product, u, ...masks, ...products];
  return concatBytes(
    ...sharer.flatMap(row => [bytesOf(row.u), bytesOf(row.tag)]),
    ...verifier.map(bytesOf),
    ...sharings.map(sharesBytes),
  );
}

/** Statuses and digest, as a record lists them. */
function outcomeBytes({ statuses, digest }: Settled): Uint8Array {
  const w = new Writer(256).fixed(digest);
  for (const status of statuses) {
    w.text(status.kind);
    if (status.kind === 'settled') w.u8(status.pi);
    if (status.kind === 'revealed') w.big64(status.y);
    if (status.kind === 'audited') w.big64(status.sum);
  }
  return w.done();
}

/** Packets of two lengths: the holder's choice among the banks, which is public, is made for it. */
export function alwaysExplicit(random: Randomness, bank: number): Randomness {
  return { bytes: count => (count === 1 ? Uint8Array.of(bank) : random.bytes(count)) };
}
