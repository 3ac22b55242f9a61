/**
 * Bank-made products: selection tuples and triples, that no bank knows and every bank has checked.
 *
 *     selection tuple    [u] in F^K;  for every column c < C:  [M_c] in F^K and [<u, M_c>]
 *     triple             K = C = 1:   [alpha] = [u], [beta] = [M_0], [alpha*beta]
 *
 * u is the selector, M_c the payload. One more payload column, M^, serves the check and is thrown away. A lot of tuples is
 * made at once; every bank i draws TAU copies u_i,h of its share of the selectors and its share of all columns.
 *
 *   pairs      all cross products u_i,h * M_j, both ways (`cross-products.ts`); VOLE for the inputs
 *   coin       commitments, one message, then shares, the next: r in F^TAU for every selector
 *   combine    u = sum_h r_h*u_h,   u*M = sum_h r_h*(u_h*M):   ONE output, the copies are thrown away
 *   inputs     every bank inputs its shares of u, M_c, M^, all <u, M> and a mask;  commitments of the second coin
 *   coin       s in F^C, chi for every input element
 *   rho        open   rho = sum_c s_c*M_c - M^            and   <chi, inputs> + mask
 *   sigma      open   sum_c s_c*<u, M_c> - <u, M^> - <u, rho>     must be 0
 *   digest     one empty message: everybody saw the same rho, mask and sigma. Only now is anything returned.
 *
 * Opens: rho is masked by M^, which serves once; the combination by its mask; sigma is 0 or the lot is destroyed.
 *
 * Soundness. A tuple with an error e_c in a product passes if sum_c s_c*e_c = e^ for s drawn after the errors are fixed:
 * 2^-61 a lot. (A bank that did not use one M towards all, or another u than it input, makes such errors; so errors in
 * selectors and payloads need no check of their own.) Inputs that differ between verifiers pass <chi, .> with 2^-61.
 * A cheat may make the error depend on bits of another bank's copies: it learns s bits if it passes, with 2^-s. One public
 * random combination of TAU = 3 copies, 183 bits, onto 61 is a universal hash: distance 2^-((183 - s - 61)/2), times 2^-s:
 * at most 2^-61 (leftover hash). A selector nobody bet on is exactly uniform, and every further bet halves the chance to pass,
 * so this does not add up over the selectors of a session. A second output from the same copies would have none of it.
 * The payload stays fully unknown: its side of the OTs is the sender's, whose part only leaves masked by G.
 * A failure names nobody: it ends the session. No MAC key entered these OTs, none is burned.
 *
 * Cost: seven messages to all; to each peer TAU*61*(8 + 8*(C+1)) bytes a selector: 5.9 KB for C = 2, and about 500 bytes of
 * VOLE for every element input.
 *
 * Source: MASCOT (ePrint 2016/505), figures 6 and 7, the sacrifice turned to the payload; protocol.md, section 4, step 6.
 */
import { prgVec } from '../crypto/index.js';
import { assert, CovaultError, isCode } from '../errors.js';
import {
  addScaledInto,
  addVec,
  concatVec,
  encodeVec,
  equalVec,
  maskToField,
  matVec,
  mulVec,
  type Vec,
  zeros,
} from '../field/index.js';
import type { Channel, Randomness } from '../ports.js';
import { CoinToss, Rounds } from '../session/index.js';
import {
  addShares,
  concatShares,
  correction,
  type InputVole,
  innerPublic,
  inputKey,
  inputShares,
  mulPublic,
  type Party,
  type Shares,
  scaleShares,
  sliceShares,
  subShares,
} from '../sharing/index.js';
import { Conversation } from './conversation.js';
import { crossProducts } from './cross-products.js';
import type { Pair } from './pair.js';
import { voleWith } from './vole-both.js';

/** Copies of every selector. */
export const TAU = 3;

/** What products need of a pair of banks. */
export type ProductPair = Pick<Pair, 'otSender' | 'otReceiver' | 'sharer' | 'verifier'>;

export interface ProductOptions {
  readonly party: Party;
  /** For what is said between two. */
  readonly channel: Channel;
  /** For what all banks say to all, where that is marked apart; otherwise the same. */
  readonly toAll?: Channel;
  /** By bank; nothing at the own place. */
  readonly pairs: readonly (ProductPair | undefined)[];
  readonly random: Randomness;
}

export interface ProductShape {
  readonly tuples: number;
  /** Selectors of a tuple, K. */
  readonly selectors: number;
  /** Payload columns of a tuple, C, the sacrificed one not counted. */
  readonly columns: number;
}

export interface Products {
  /** tuples*K elements. */
  readonly u: Shares;
  /** C columns of tuples*K elements. */
  readonly payload: readonly Shares[];
  /** C columns of `tuples` elements: <u, M_c>. */
  readonly products: readonly Shares[];
}

/** A lot while it is checked: the last column of payload and products is the one to sacrifice. */
interface CutInputs {
  readonly u: Shares;
  readonly payload: readonly Shares[];
  readonly products: readonly Shares[];
}

/** One lot. Used once. */
export class ProductLot {
  readonly #o: ProductOptions;
  readonly #shape: ProductShape;
  readonly #rounds: Rounds;

  /** @param context session, lot, kind: the same at all banks, never used before. */
  constructor(o: ProductOptions, shape: ProductShape, context: Uint8Array) {
    assert(shape.tuples > 0 && shape.selectors > 0 && shape.columns > 0, 'a lot has tuples');
    this.#o = o;
    this.#shape = shape;

    this.#rounds = new Rounds(o.party, o.toAll ?? o.channel, context);
  }

  /**
   * Throws: DEVIATION naming a bank, STOCK_CHECK_FAILED naming nobody, DIGEST_MISMATCH, SESSION_ENDED: with any of them the
   * session's preprocessing is over.
   */
  async make(): Promise<Products> {
    const { random, party } = this.#o;
    const { tuples, selectors, columns } = this.#shape;
    const rows = tuples * selectors;
    const copies = draw(random, TAU * rows);
    const payload = draw(random, (columns + 1) * rows);
    const inputLength = rows * (columns + 2) + tuples * (columns + 1) + 1;
    const { cross, vole } = await this.#withPeers(copies, payload, inputLength);
    const r = prgVec(await this.#coin('copies'), TAU * rows);
    const u = combined(r, copies);
    const products = this.#products(r, u, payload, cross);
    const value = this.authenticated(concatVec(u, payload, products, draw(random, 1)));
    copies.fill(0n);
    cross.fill(0n);
    const { inputs, seed } = await this.#input(value, vole);
    const tuple = this.#cut(inputs);
    await this.#check(party, tuple, inputs, seed);
    return {
      u: tuple.u,
      payload: tuple.payload.slice(0, columns),
      products: tuple.products.slice(0, columns),
    };
  }

  /** Seam for tests of cheats: what this bank inputs. */
  protected authenticated(value: Vec): Vec {
    return value;
  }

  /** Seam for the tests' canary. */
  protected holds(sigma: Vec): boolean {
    return equalVec(sigma, zeros(sigma.length));
  }

  /** All that is said between two: every cross product, and raw VOLE. */
  async #withPeers(copies: Vec, payload: Vec, inputLength: number): Promise<{ cross: Vec; vole: InputVole }> {
    const { party, channel, pairs } = this.#o;
    const columns = this.#shape.columns + 1;
    const none: Vec = zeros(0);
    const sharer = Array.from({ length: party.count }, () => ({ u: none, tag: none }));
    const verifier = Array.from({ length: party.count }, () => none);
    const cross = zeros(columns * copies.length);
    const withPeer = async (pair: ProductPair, peer: number) => {
      const end = { talk: new Conversation(channel, peer), otSender: pair.otSender, otReceiver: pair.otReceiver };
      const part = await crossProducts(end, copies, payload, columns);
      addScaledInto(cross, part, 1n);
      part.fill(0n);
      [sharer[peer], verifier[peer]] = await voleWith(party.self, peer, pair, inputLength);
    };
    await Promise.all(
      pairs.flatMap((pair, peer) => (pair === undefined || peer === party.self ? [] : [withPeer(pair, peer)])),
    );
    return { cross, vole: { sharer, verifier } };
  }

  /** Two messages. */
  async #coin(use: string): Promise<Uint8Array> {
    const toss = this.#toss();
    const { broadcasts } = await this.#rounds.step(`${use}: commit`, { broadcast: toss.commitment });
    return this.#reveal(use, toss, broadcasts);
  }

  #toss(): CoinToss {
    return new CoinToss(this.#rounds.digest, this.#o.party.self, this.#o.random);
  }

  async #reveal(use: string, toss: CoinToss, commitments: readonly Uint8Array[]): Promise<Uint8Array> {
    const { broadcasts } = await this.#rounds.step(`${use}: reveal`, { broadcast: toss.reveal() });
    return toss.finish(use, commitments, broadcasts);
  }

  /** This bank's shares of <u, M_c>, column by column. */
  #products(r: Vec, u: Vec, payload: Vec, cross: Vec): Vec {
    const { selectors, columns } = this.#shape;
    const ones = zeros(selectors).fill(1n);
    const column = (c: number) => {
      const own = mulVec(u, part(payload, c, u.length));
      return matVec(addVec(own, combined(r, part(cross, c, r.length))), selectors, ones);
    };
    return concatVec(...Array.from({ length: columns + 1 }, (_, c) => column(c)));
  }

  /** One message, with the commitments of the coin that the next one reveals. */
  async #input(value: Vec, vole: InputVole): Promise<{ inputs: Shares; seed: Uint8Array }> {
    const toss = this.#toss();
    const { broadcasts, fromEach } = await this.#rounds.step('inputs', {
      broadcast: toss.commitment,
      toEach: to => encodeVec(correction(vole, value, to)),
    });
    const self = this.#o.party.self;
    const keys = fromEach.map((bytes, from) =>
      from === self
        ? zeros(0)
        : inputKey(this.#o.party, vole, from, this.#rounds.parseVec(from, 'inputs', bytes, value.length)),
    );
    const inputs = inputShares(this.#o.party, vole, value, keys);
    return { inputs, seed: await this.#reveal('check', toss, broadcasts) };
  }

  /** The inputs by what they are; the mask stays at the end. */
  #cut(inputs: Shares): CutInputs {
    const { tuples, selectors, columns } = this.#shape;
    let at = 0;
    const next = (length: number) => {
      at += length;
      return sliceShares(inputs, at - length, at);
    };
    const u = next(tuples * selectors);
    const payload = Array.from({ length: columns + 1 }, () => next(tuples * selectors));
    const products = Array.from({ length: columns + 1 }, () => next(tuples));
    return { u, payload, products };
  }

  async #check(party: Party, tuple: CutInputs, inputs: Shares, seed: Uint8Array): Promise<void> {
    const { tuples, selectors, columns } = this.#shape;
    const random = prgVec(seed, columns + inputs.length - 1);
    const s = random.subarray(0, columns);
    const chi = concatVec(random.subarray(columns), zeros(1).fill(1n));
    const combination = innerPublic(chi, inputs);
    const { opened } = await this.#rounds.step('rho', {
      open: concatShares(party, [sacrificed(s, tuple.payload), combination]),
    });
    const rho = opened.subarray(0, tuples * selectors);
    const crossed = mapTuples(mulPublic(tuple.u, rho), tuples, selectors);
    const sigma = subShares(sacrificed(s, tuple.products), crossed);
    // From here on a digest that differs is the consistency opening failing: somebody's inputs, or what it says of them.
    const all = await consistent(() => this.#rounds.step('sigma', { open: sigma }));
    await consistent(() => this.#rounds.step('digest', {}));
    if (!this.holds(all.opened)) throw failed('sacrifice');
  }
}

/** sum_c s_c*[x_c] - [x^], the last column being x^. */
function sacrificed(s: Vec, columns: readonly Shares[]): Shares {
  const last = columns.length - 1;
  const sum = columns.slice(0, last).map((column, c) => scaleShares(column, s[c]));
  return subShares(sum.reduce(addShares), columns[last]);
}

/** The sum of every tuple's elements. */
function mapTuples(s: Shares, tuples: number, selectors: number): Shares {
  const ones = zeros(selectors).fill(1n);
  const sums = (row: Vec) => (row.length === 0 ? row : matVec(row, selectors, ones));
  return { length: tuples, value: sums(s.value), tags: s.tags.map(sums), keys: s.keys.map(sums) };
}

/** sum_h r_h*v_h. Shapes: TAU copies of equal length, one after the other. */
function combined(r: Vec, v: Vec): Vec {
  const weighted = mulVec(r, v);
  const length = v.length / TAU;
  const sum = weighted.slice(0, length);
  for (let h = 1; h < TAU; h++) addScaledInto(sum, part(weighted, h, length), 1n);
  return sum;
}

function part(v: Vec, index: number, length: number): Vec {
  return v.subarray(index * length, (index + 1) * length);
}

function draw(random: Randomness, length: number): Vec {
  return maskToField(random.bytes(8 * length));
}

async function consistent<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (isCode(error, 'DIGEST_MISMATCH')) throw failed('consistency');
    throw error;
  }
}

function failed(check: string): CovaultError {
  return new CovaultError('STOCK_CHECK_FAILED', 'bank-made products do not hold', { check });
}
