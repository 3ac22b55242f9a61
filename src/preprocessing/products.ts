/**
 * Bank-made products: selection tuples and triples, that no bank knows and every bank has checked.
 *
 *     selection tuple    [u] in F^K;  for every column c < C:  [M_c] in F^K and [<u, M_c>]
 *     triple             K = C = 1:   [alpha] = [u], [beta] = [M_0], [alpha*beta]
 *
 * u is the selector, M_c the payload. One more payload column, M^, serves the check and is thrown away. A lot of tuples is
 * made at once, from raw ones of K + TAU - 1 elements, of which every bank draws its share: selectors v, and all columns m_c.
 *
 *   pairs      all cross products v_k * m_c,k, both ways (`cross-products.ts`); VOLE for the inputs
 *   inputs     every bank inputs its shares of v, m_c, m^, all <v, m> and a mask;  commitments of the coin
 *   coin       R for every tuple, s in F^C, chi for every input element
 *   extract    [u] = R applied to [v]: ONE output a tuple, v is thrown away (`extraction.ts`);  [M_c] = heads of [m_c]
 *   rho        open   delta_c,   rho = sum_c s_c*M_c - M^   and   <chi, inputs> + mask;   [<u, M_c>] follows from delta_c
 *   sigma      open   sum_c s_c*<u, M_c> - <u, M^> - <u, rho>     must be 0
 *   digest     one empty message: everybody saw the same delta, rho, mask and sigma. Only now is anything returned.
 *
 * Opens: delta is masked by the payload's tails, rho by M^, each serving once; the combination by its mask; sigma is 0 or the
 * lot is destroyed.
 *
 * Soundness. A tuple with an error e_c in a product passes if sum_c s_c*e_c = e^ for s drawn after the errors are fixed:
 * 2^-61 a lot. (A bank that did not use one m towards all, or another v than it input, makes such errors; so errors in
 * selectors and payloads need no check of their own.) Inputs that differ between verifiers pass <chi, .> with 2^-61.
 * A cheat may make the error depend on bits of another bank's v: it learns s bits if it passes, with 2^-s. R is drawn when
 * that bet, and all it depends on, stands: a universal hash onto 122 bits less, at most 2^-61 from uniform in all (leftover
 * hash). A tuple nobody bet on is exactly uniform, and every further bet halves the chance to pass, so this does not add up
 * over the tuples of a session. A second output from the same raw tuple would have none of it.
 * The payload stays fully unknown: its side of the OTs is the sender's, whose part only leaves masked by G.
 * A failure names nobody: it ends the session. No MAC key entered these OTs, none is burned.
 *
 * Cost: five messages to all; to each peer 61*(8 + 8*(C+1)) bytes a raw selector: 2.2 KB for each of the 16 of a tuple with
 * C = 2, 5.9 KB for a triple; and 8 bytes and 0.8 of VOLE for every element input.
 *
 * Source: MASCOT (ePrint 2016/505), figures 6 and 7, the sacrifice turned to the payload; protocol.md, section 4, step 6.
 */
import { prgVec } from '../crypto/index.js';
import { assert, CovaultError, isCode } from '../errors.js';
import {
  addScaledInto,
  concatVec,
  encodeVec,
  equalVec,
  maskToField,
  mulAddInto,
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
  type Party,
  type Shares,
  scaleShares,
  sliceShares,
  subShares,
} from '../sharing/index.js';
import { Conversation } from './conversation.js';
import { crossProducts } from './cross-products.js';
import {
  extracted,
  headsOf,
  matrixLength,
  rawLength,
  rawSums,
  shifted,
  shiftLength,
  shiftOf,
  type TupleShape,
  tupleSums,
} from './extraction.js';
import type { Pair } from './pair.js';
import { voleWith } from './vole-both.js';

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

export interface ProductShape extends TupleShape {
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

/** What was input, raw: the last column of payload and products is the one to sacrifice. */
interface RawProducts {
  readonly selectors: Shares;
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
    const { random } = this.#o;
    const { tuples, columns } = this.#shape;
    const raw = rawLength(this.#shape);
    const selectors = draw(random, raw);
    const payload = draw(random, (columns + 1) * raw);
    const inputLength = raw * (columns + 2) + tuples * (columns + 1) + 1;
    const { cross, vole } = await this.#withPeers(selectors, payload, inputLength);
    const products = this.#products(selectors, payload, cross);
    const value = this.authenticated(concatVec(selectors, payload, products, draw(random, 1)));
    cross.fill(0n);
    const { inputs, seed } = await this.#input(value, vole);
    return this.#checked(this.#cut(inputs), inputs, seed);
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
  async #withPeers(selectors: Vec, payload: Vec, inputLength: number): Promise<{ cross: Vec; vole: InputVole }> {
    const { party, channel, pairs } = this.#o;
    const columns = this.#shape.columns + 1;
    const none: Vec = zeros(0);
    const sharer = Array.from({ length: party.count }, () => ({ u: none, tag: none }));
    const verifier = Array.from({ length: party.count }, () => none);
    const cross = zeros(payload.length);
    const withPeer = async (pair: ProductPair, peer: number) => {
      const end = { talk: new Conversation(channel, peer), otSender: pair.otSender, otReceiver: pair.otReceiver };
      const part = await crossProducts(end, selectors, payload, columns);
      addScaledInto(cross, part, 1n);
      part.fill(0n);
      [sharer[peer], verifier[peer]] = await voleWith(party.self, peer, pair, inputLength);
    };
    await Promise.all(
      pairs.flatMap((pair, peer) => (pair === undefined || peer === party.self ? [] : [withPeer(pair, peer)])),
    );
    return { cross, vole: { sharer, verifier } };
  }

  /** This bank's shares of <v, m_c>, column by column. Overwrites `cross`. */
  #products(selectors: Vec, payload: Vec, cross: Vec): Vec {
    const column = (c: number) => {
      const all = part(cross, c, selectors.length);
      mulAddInto(all, selectors, part(payload, c, selectors.length));
      return rawSums(all, this.#shape);
    };
    return concatVec(...Array.from({ length: this.#shape.columns + 1 }, (_, c) => column(c)));
  }

  /** Two messages: the inputs with commitments of the coin, and the coin. */
  async #input(value: Vec, vole: InputVole): Promise<{ inputs: Shares; seed: Uint8Array }> {
    const { party, random } = this.#o;
    const toss = new CoinToss(this.#rounds.digest, party.self, random);
    const { broadcasts, fromEach } = await this.#rounds.step('inputs', {
      broadcast: toss.commitment,
      toEach: to => encodeVec(correction(vole, value, to)),
    });
    const keys = fromEach.map((bytes, from) =>
      from === party.self
        ? zeros(0)
        : inputKey(party, vole, from, this.#rounds.parseVec(from, 'inputs', bytes, value.length)),
    );
    const inputs = inputShares(party, vole, value, keys);
    const revealed = await this.#rounds.step('reveal', { broadcast: toss.reveal() });
    return { inputs, seed: toss.finish('check', broadcasts, revealed.broadcasts) };
  }

  /** The inputs by what they are; the mask stays at the end. */
  #cut(inputs: Shares): RawProducts {
    const raw = rawLength(this.#shape);
    let at = 0;
    const next = (length: number) => {
      at += length;
      return sliceShares(inputs, at - length, at);
    };
    const columns = { length: this.#shape.columns + 1 };
    const selectors = next(raw);
    const payload = Array.from(columns, () => next(raw));
    const products = Array.from(columns, () => next(this.#shape.tuples));
    return { selectors, payload, products };
  }

  async #checked(raw: RawProducts, inputs: Shares, seed: Uint8Array): Promise<Products> {
    const { party } = this.#o;
    const shape = this.#shape;
    const { columns } = shape;
    const random = prgVec(seed, matrixLength(shape) + columns + inputs.length - 1);
    const R = random.subarray(0, matrixLength(shape));
    const s = random.subarray(R.length, R.length + columns);
    const chi = concatVec(random.subarray(R.length + columns), zeros(1).fill(1n));
    const u = extracted(raw.selectors, shape, R);
    const payload = raw.payload.map(column => headsOf(column, shape));
    const shifts = raw.payload.map(column => shiftOf(column, shape, R));
    const combination = innerPublic(chi, inputs);
    const { opened } = await this.#rounds.step('rho', {
      open: concatShares(party, [sacrificed(s, payload), ...shifts, combination]),
    });
    const rho = opened.subarray(0, u.length);
    const deltas = opened.subarray(u.length);
    const products = raw.products.map((product, c) =>
      shifted(product, raw.selectors, part(deltas, c, shiftLength(shape)), shape),
    );
    const sigma = subShares(sacrificed(s, products), tupleSums(u, rho, shape));
    // From here on a digest that differs is the consistency opening failing: somebody's inputs, or what it says of them.
    const all = await consistent(() => this.#rounds.step('sigma', { open: sigma }));
    await consistent(() => this.#rounds.step('digest', {}));
    if (!this.holds(all.opened)) throw failed('sacrifice');
    return { u, payload: payload.slice(0, columns), products: products.slice(0, columns) };
  }
}

/** sum_c s_c*[x_c] - [x^], the last column being x^. */
function sacrificed(s: Vec, columns: readonly Shares[]): Shares {
  const last = columns.length - 1;
  const sum = columns.slice(0, last).map((column, c) => scaleShares(column, s[c]));
  return subShares(sum.reduce(addShares), columns[last]);
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
