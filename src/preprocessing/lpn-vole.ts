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
 * A round is held as its base and its leaves (sharer 7.1 MB, verifier 6.1 MB); rows are expanded when they are handed out. What
 * is handed out is overwritten here: leaves of rows that are gone, the base when the round is used up.
 *
 * Cost: 0.8 bytes of traffic an element, both ways together; three round trips and an OT extension a round.
 * Trust: what the single points and the base VOLE promise; nothing is sent here.
 *
 * Source: Wolverine (ePrint 2020/925), figure 7.
 */
import { Writer } from '../codec/index.js';
import { hash } from '../crypto/index.js';
import { assert } from '../errors.js';
import { concatVec, type Vec, zeros } from '../field/index.js';
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

  /** The next rows, at most `count`. */
  take(count: number): { first: number; size: number } {
    const first = this.#next;
    const size = Math.min(count, rowCountOf(this.parameters) - first);
    this.#next += size;
    return { first, size };
  }
}

export class LpnSharer implements VoleSharer {
  readonly #o: LpnSetup;
  readonly #ots: OtReceiver;
  #source: VoleSharer | undefined;
  readonly #rounds: RowsOfRounds;
  #x: { u: Vec; tag: Vec } = { u: zeros(0), tag: zeros(0) };
  #points: Points = { places: new Uint32Array(0), values: zeros(0), w: zeros(0), seed: new Uint8Array(16) };
  #reserved: { u: Vec; tag: Vec } | undefined;

  /** `source`: for the first round. */
  constructor(setup: LpnSetup, ots: OtReceiver, source: VoleSharer) {
    this.#o = setup;
    this.#ots = ots;
    this.#source = source;
    this.#rounds = new RowsOfRounds(setup);
  }

  async extend(count: number): Promise<{ u: Vec; tag: Vec }> {
    const parts: { u: Vec; tag: Vec }[] = [];
    for (let left = count; left > 0; ) {
      if (this.#rounds.isOver) await this.#begin();
      const { first, size } = this.#rounds.take(left);
      parts.push(this.#expand(first, size));
      left -= size;
    }
    return { u: concatVec(...parts.map(part => part.u)), tag: concatVec(...parts.map(part => part.tag)) };
  }

  async #begin(): Promise<void> {
    const { base } = this.#rounds.parameters;
    const reserved = this.#reserved ?? (await this.#source?.extend(reservedCountOf(this.#rounds.parameters)));
    assert(reserved !== undefined, 'a round begins with what the one before has reserved');
    this.#source = undefined;
    const forest = this.#rounds.begin();
    const forPoints = { u: reserved.u.subarray(base), tag: reserved.tag.subarray(base) };
    this.#points = await new PointSharer({ ...this.#o, forest }).run(this.#ots, forPoints);
    wipe(this.#x.u, this.#x.tag);
    this.#x = { u: reserved.u.slice(0, base), tag: reserved.tag.slice(0, base) };
    wipe(reserved.u, reserved.tag);
    this.#reserved = this.#expand(0, this.#rounds.reserved);
  }

  #expand(first: number, count: number): { u: Vec; tag: Vec } {
    const { places, values, w, seed } = this.#points;
    const noise = lpnKernel.points(places, values, this.#rounds.parameters.blockBits, first, count);
    const leaves = w.subarray(first, first + count);
    const [u, tag] = lpnKernel.rowPairs(codeOf(seed), [this.#x.u, this.#x.tag], [noise, leaves], first);
    wipe(noise, leaves);
    return { u, tag };
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
    const parts: Vec[] = [];
    for (let left = count; left > 0; ) {
      if (this.#rounds.isOver) await this.#begin();
      const { first, size } = this.#rounds.take(left);
      parts.push(this.#expand(first, size));
      left -= size;
    }
    return concatVec(...parts);
  }

  async #begin(): Promise<void> {
    const { base } = this.#rounds.parameters;
    const reserved = this.#reserved ?? (await this.#source?.extend(reservedCountOf(this.#rounds.parameters)));
    assert(reserved !== undefined, 'a round begins with what the one before has reserved');
    this.#source = undefined;
    const forest = this.#rounds.begin();
    const verifier = new PointVerifier({ ...this.#o, forest }, this.#D);
    ({ v: this.#v, seed: this.#seed } = await verifier.run(this.#ots, reserved.subarray(base)));
    wipe(this.#x);
    this.#x = reserved.slice(0, base);
    wipe(reserved);
    this.#reserved = this.#expand(0, this.#rounds.reserved);
  }

  #expand(first: number, count: number): Vec {
    const leaves = this.#v.subarray(first, first + count);
    const Q = lpnKernel.rows(codeOf(this.#seed), this.#x, leaves, first);
    wipe(leaves);
    return Q;
  }
}

function wipe(...vectors: readonly Vec[]): void {
  for (const v of vectors) v.fill(0n);
}
