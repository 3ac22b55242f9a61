/**
 * VOLE at scale, by a pseudorandom correlation generator: T = Q + D*u for about 570,000 elements a round, for little traffic.
 *
 *     base     x, T_x, Q_x:  k VOLE elements    T_x = Q_x + D*x
 *     noise    e, w, v:      `single-point-vole.ts`    w = v + D*e
 *     rows     u = A*x + e     T = A*T_x + w     Q = A*Q_x + v          so that T = Q + D*u
 *
 * u looks uniform to the verifier: LPN (`lpn-parameters.ts`). The first k + t + 1 rows are what the next round begins with. The
 * first round of a session takes them from a first stage, one small round by the same construction, and that takes its own
 * from the base VOLE (`vole.ts`: 3.2 MB). Nothing begins before elements are first asked for.
 *
 * A round is held as its base and its leaves (sharer 7.1 MB, verifier 6.1 MB); rows are expanded when they are handed out, into
 * memory that is the caller's from then on. What is handed out is overwritten here: leaves of rows that are gone, the base when
 * the round is used up. Base, leaves and reserved rows lie in the same memory round after round, which nobody else sees;
 * `wipe`, and any failure, overwrites all of it, and nothing is handed out afterwards.
 *
 * Cost: 0.8 bytes of traffic an element, both ways together; three round trips and an OT extension a round.
 * Trust: what the single points and the base VOLE promise; nothing is sent here.
 *
 * Source: Wolverine (ePrint 2020/925), figure 7.
 */
import { Writer } from '../codec/index.js';
import { hash } from '../crypto/index.js';
import { assert, CovaultError } from '../errors.js';
import { borrowed, type Vec, zeros } from '../field/index.js';
import type { Randomness } from '../ports.js';
import type { Conversation } from './conversation.js';
import type { Forest } from './ggm-forest.js';
import { codeOf, type LpnParameters, lpnKernel, reservedCountOf, rowCountOf } from './lpn-parameters.js';
import type { OtReceiver, OtSender } from './ot.js';
import { PointSharer, type Points, PointVerifier } from './single-point-vole.js';
import type { VoleSharer, VoleVerifier } from './vole.js';

export interface LpnSetup {
  readonly talk: Conversation;
  /** Session and direction. */
  readonly context: Uint8Array;
  readonly random: Randomness;
  /** Equal at both ends. */
  readonly parameters: LpnParameters;
  /** One round, and all its rows are handed out: a first stage. */
  readonly once?: boolean;
}

/** Rows of one round that are left, and the number of the round. Equal at both ends. */
class RowsOfRounds {
  readonly parameters: LpnParameters;
  readonly #setup: LpnSetup;
  #number = 0;
  #next = 0;
  #ended = false;

  constructor(setup: LpnSetup) {
    this.#setup = setup;
    this.parameters = setup.parameters;
    const { base, blocks } = this.parameters;
    assert(rowCountOf(this.parameters) > reservedCountOf(this.parameters), 'a round makes more than it takes');
    assert(base > 0 && blocks > 0, 'parameters of a code');
  }

  /** Nothing is left: the first k + t + 1 rows are the next round's. */
  get isOver(): boolean {
    return this.#number === 0 || this.#next === rowCountOf(this.parameters);
  }

  /** Nothing is handed out any more. */
  end(): void {
    this.#ended = true;
  }

  /** Throws: SESSION_ENDED. */
  check(): void {
    if (this.#ended) throw new CovaultError('SESSION_ENDED', 'VOLE at scale has ended');
  }

  begin(): Forest {
    const { blocks, blockBits } = this.parameters;
    assert(this.#number === 0 || !this.#setup.once, 'a first stage has one round');
    this.#number++;
    this.#next = this.reserved;
    const context = hash('covault/lpn/round', this.#setup.context, new Writer(4).u32(this.#number).done());
    return { treeCount: blocks, depth: blockBits, kernel: lpnKernel, context };
  }

  /** Rows that the next round begins with. */
  get reserved(): number {
    return this.#setup.once ? 0 : reservedCountOf(this.parameters);
  }

  /** The next rows, at most `count`, of a round that is not over. */
  take(count: number): { first: number; size: number } {
    const first = this.#next;
    const size = Math.min(count, rowCountOf(this.parameters) - first);
    this.#next += size;
    return { first, size };
  }
}

/** u and T. */
interface Rows {
  readonly u: Vec;
  readonly tag: Vec;
}

export class LpnSharer implements VoleSharer {
  readonly #o: LpnSetup;
  readonly #ots: OtReceiver;
  #source: VoleSharer | undefined;
  readonly #rounds: RowsOfRounds;
  #x: Rows = { u: zeros(0), tag: zeros(0) };
  #w: Vec = zeros(0);
  #points: Points = { places: new Uint32Array(0), values: zeros(0), seed: new Uint8Array(16) };
  #reserved: Rows | undefined;

  /** `source`: for the first round. */
  constructor(setup: LpnSetup, ots: OtReceiver, source: VoleSharer) {
    this.#o = setup;
    this.#ots = ots;
    this.#source = source;
    this.#rounds = new RowsOfRounds(setup);
  }

  async extend(count: number): Promise<Rows> {
    const rows = { u: borrowed(count), tag: borrowed(count) };
    try {
      for (let done = 0; done < count; ) {
        this.#rounds.check();
        if (this.#rounds.isOver) await this.#begin();
        const { first, size } = this.#rounds.take(count - done);
        this.#expand(part(rows, done, done + size), first);
        done += size;
      }
    } catch (error) {
      wipe(rows.u, rows.tag);
      this.wipe();
      throw error;
    }
    return rows;
  }

  async #begin(): Promise<void> {
    const { base } = this.#rounds.parameters;
    this.#reserved ??= await this.#source?.extend(reservedCountOf(this.#rounds.parameters));
    assert(this.#reserved !== undefined, 'a round begins with what the one before has reserved');
    this.#source?.wipe();
    this.#source = undefined;
    const forest = this.#rounds.begin();
    if (this.#w.length === 0) {
      this.#w = zeros(rowCountOf(this.#rounds.parameters));
      this.#x = { u: zeros(base), tag: zeros(base) };
    }
    const sharer = new PointSharer({ ...this.#o, forest });
    wipePoints(this.#points);
    this.#points = await sharer.run(this.#ots, part(this.#reserved, base), this.#w);
    this.#rounds.check();
    this.#x.u.set(this.#reserved.u.subarray(0, base));
    this.#x.tag.set(this.#reserved.tag.subarray(0, base));
    wipe(this.#reserved.u, this.#reserved.tag);
    this.#expand(part(this.#reserved, 0, this.#rounds.reserved), 0);
  }

  /** Rows from `first` on, as many as `to` has; their leaves are gone afterwards. */
  #expand(to: Rows, first: number): void {
    const { places, values, seed } = this.#points;
    const leaves = this.#w.subarray(first, first + to.tag.length);
    lpnKernel.points(to.u, places, values, this.#rounds.parameters.blockBits, first);
    to.tag.set(leaves);
    wipe(leaves);
    lpnKernel.addRowPairs([to.u, to.tag], codeOf(seed), [this.#x.u, this.#x.tag], first);
  }

  wipe(): void {
    this.#rounds.end();
    const { u, tag } = this.#reserved ?? this.#x;
    wipe(u, tag, this.#x.u, this.#x.tag, this.#w);
    wipePoints(this.#points);
    this.#source?.wipe();
    lpnKernel.wipe();
  }
}

export class LpnVerifier implements VoleVerifier {
  readonly #o: LpnSetup;
  readonly #D: bigint;
  readonly #ots: OtSender;
  #source: VoleVerifier | undefined;
  readonly #rounds: RowsOfRounds;
  #x: Vec = zeros(0);
  #v: Vec = zeros(0);
  #seed: Uint8Array = new Uint8Array(16);
  #reserved: Vec | undefined;

  /** `source`: for the first round, under the same D. */
  constructor(setup: LpnSetup, D: bigint, ots: OtSender, source: VoleVerifier) {
    this.#o = setup;
    this.#D = D;
    this.#ots = ots;
    this.#source = source;
    this.#rounds = new RowsOfRounds(setup);
  }

  async extend(count: number): Promise<Vec> {
    const Q = borrowed(count);
    try {
      for (let done = 0; done < count; ) {
        this.#rounds.check();
        if (this.#rounds.isOver) await this.#begin();
        const { first, size } = this.#rounds.take(count - done);
        this.#expand(Q.subarray(done, done + size), first);
        done += size;
      }
    } catch (error) {
      wipe(Q);
      this.wipe();
      throw error;
    }
    return Q;
  }

  async #begin(): Promise<void> {
    const { base } = this.#rounds.parameters;
    this.#reserved ??= await this.#source?.extend(reservedCountOf(this.#rounds.parameters));
    assert(this.#reserved !== undefined, 'a round begins with what the one before has reserved');
    this.#source?.wipe();
    this.#source = undefined;
    const forest = this.#rounds.begin();
    if (this.#v.length === 0) {
      this.#v = zeros(rowCountOf(this.#rounds.parameters));
      this.#x = zeros(base);
    }
    const verifier = new PointVerifier({ ...this.#o, forest }, this.#D);
    this.#seed = await verifier.run(this.#ots, this.#reserved.subarray(base), this.#v);
    this.#rounds.check();
    this.#x.set(this.#reserved.subarray(0, base));
    wipe(this.#reserved);
    this.#expand(this.#reserved.subarray(0, this.#rounds.reserved), 0);
  }

  #expand(to: Vec, first: number): void {
    const leaves = this.#v.subarray(first, first + to.length);
    to.set(leaves);
    wipe(leaves);
    lpnKernel.addRows(to, codeOf(this.#seed), this.#x, first);
  }

  wipe(): void {
    this.#rounds.end();
    wipe(this.#x, this.#v, this.#reserved ?? zeros(0));
    this.#source?.wipe();
    lpnKernel.wipe();
  }
}

/** A part of both vectors, as views. */
function part({ u, tag }: Rows, from: number, to?: number): Rows {
  return { u: u.subarray(from, to), tag: tag.subarray(from, to) };
}

function wipePoints({ places, values }: Points): void {
  places.fill(0);
  values.fill(0n);
}

function wipe(...vectors: readonly Vec[]): void {
  for (const v of vectors) v.fill(0n);
}
