/**
 * No one-time mask is used twice. Every frame of a computation that leaves a bank is read; with what the dealer handed out
 * and what the holders sealed, its masks are known by their values, and each may serve one run of one bank, whatever
 * positions, heights and ids the bank says they have.
 *
 *     message       opened or sent                   masks
 *     0 commit      d = x_i - u to each bank         u of every input; the input itself: what was marked is burned
 *                   E = e - u, key column - M        selectors, key-column masks
 *     1 coin        k_i, eps                         the envelope's key part; alpha
 *     2 prove       f, g, h, <rho, x>                the holder's, once in the life of an envelope
 *     3 and on      balance column - M, c, ...       balance-column masks, the holder's for the comparison
 *
 * A bank on an old copy of its disk has forgotten what it marked. It may input an envelope again, under new masks, if no other
 * bank has marked it; then it got no further than message 0 before, and all else holds for it too.
 *
 * A run is (session, height, attempt, what it rests on). Within one, a bank says the same to everybody in each message and
 * says it once; which place of a message stands under which mask of its run is the code's, and has tests of its own.
 */
import type { Use } from '../../../src/bank/index.js';
import { type AgreementFrame, decodeAgreementFrame } from '../../../src/bank/transport.js';
import { Reader } from '../../../src/codec/index.js';
import { equalBytes, hash, toHex } from '../../../src/crypto/index.js';
import { decodeEnvelope, openPacket } from '../../../src/envelope/index.js';
import { decodeVec, fp, type Vec } from '../../../src/field/index.js';
import { frameBytesMax } from '../../../src/limits.js';
import { inputLength } from '../../../src/operations/index.js';
import type { Reserved } from '../../../src/preprocessing/index.js';
import type { Sent } from '../holders.js';
import type { Observer, Report, Truth } from '../observer.js';

const inputKind = 'input';

/** The masks of what a stock handed out, this bank's shares of them: the run writes over its own. */
interface Lot {
  /** By verifier. */
  readonly u: readonly Vec[];
  readonly selectors: Vec;
  readonly keyMasks: Vec;
  readonly balanceMasks: Vec;
  readonly alphas: Vec;
}

/** What one run of one bank draws on, known from its first message. */
interface Run {
  readonly name: string;
  readonly lot: Lot;
  readonly ids: readonly string[];
  /** Hash of what everybody hears, by message; and of what one bank hears, by message and bank. */
  readonly said: Map<string, Uint8Array>;
}

interface Input {
  readonly id: string;
  readonly length: number;
}

export class MasksOnce implements Observer {
  /** Masks in use, and masks that were used by a second run. */
  used = 0;
  reused = 0;
  readonly #truth: Truth;
  readonly #report: Report;
  /** By bank and session prefix: handed out, not seen in a run yet. */
  readonly #lots = new Map<string, Lot[]>();
  readonly #runs = new Map<string, Run>();
  /** By bank and kind: which run used a mask. */
  readonly #masks = new Map<string, Map<bigint | string, string>>();
  /** By bank: envelopes by the first element of the bank's share of x. */
  readonly #inputs: Map<bigint, Input>[];
  readonly #indexed = new Set<string>();

  constructor(truth: Truth, report: Report) {
    this.#truth = truth;
    this.#report = report;
    this.#inputs = truth.parties.map(() => new Map());
  }

  reserved(bank: number, session: string, { sharer, selections, triples }: Reserved): void {
    const key = `${bank}/${session.slice(0, 16)}`;
    const lot: Lot = {
      u: sharer.map(({ u }) => u.slice()),
      selectors: selections.u.value.slice(),
      keyMasks: selections.masks[1].value.slice(),
      balanceMasks: selections.masks[0].value.slice(),
      alphas: triples.alpha.value.slice(),
    };
    this.#lots.set(key, [...(this.#lots.get(key) ?? []), lot]);
  }

  /** It has forgotten its marks. */
  restored(bank: number): void {
    this.#masks.delete(`${bank} ${inputKind}`);
  }

  sent(from: number, to: number, use: Use, bytes: Uint8Array): void {
    if (use !== 'agreement') return;
    const frame = decodeAgreementFrame(bytes);
    if (frame.kind === 'computation') this.#computation(from, to, frame);
  }

  #computation(bank: number, to: number, frame: Extract<AgreementFrame, { kind: 'computation' }>): void {
    const session = toHex(frame.session);
    const name = `${bank}/${session}/${frame.height}/${frame.attempt}/${frame.base}`;
    const { number, broadcast, own, shares } = readMessage(frame.bytes);
    if (number === 0 && own.length > 0 && !this.#runs.has(name)) this.#begin(bank, to, session, name, own);
    const run = this.#runs.get(name);
    if (!run) return; // an empty block
    this.#says(run, `${number}`, [broadcast, shares]);
    this.#says(run, `${number}/${to}`, [own]);
    this.#spend(bank, to, number, run);
  }

  /** Which envelopes it computes on, by taking the dealer's masks off what it sends. */
  #begin(bank: number, to: number, session: string, name: string, own: Uint8Array): void {
    const lots = this.#lots.get(`${bank}/${session}`) ?? [];
    const corrections = decodeVec(own);
    for (const [i, lot] of lots.entries()) {
      const u = lot.u[to];
      if (u.length !== corrections.length) continue;
      const ids = this.#identify(bank, corrections.length - 1, at => fp.add(corrections[at], u[at]));
      if (!ids) continue;
      lots.splice(i, 1);
      this.#runs.set(name, { name, lot, ids, said: new Map() });
      return;
    }
    this.#report(`bank ${bank} sends what no stock and no envelope explains`);
  }

  #identify(bank: number, length: number, x: (at: number) => bigint): string[] | undefined {
    const ids: string[] = [];
    for (let at = 0; at < length; ) {
      const input = this.#input(bank, x(at));
      if (!input) return undefined;
      ids.push(input.id);
      at += input.length;
    }
    return ids;
  }

  #input(bank: number, first: bigint): Input | undefined {
    for (const sent of this.#truth.sent.values()) if (!this.#indexed.has(sent.id)) this.#index(sent);
    return this.#inputs[bank].get(first);
  }

  #index({ id, bytes, order }: Sent): void {
    const { network, sealingSecrets } = this.#truth;
    const envelope = decodeEnvelope(bytes);
    const length = inputLength(network, envelope.header.arguments.kind);
    this.#indexed.add(id);
    for (const [bank, packet] of envelope.packets.entries()) {
      const isSpoiled = order.kind === 'transfer' && order.flaw === 'packet' && bank === envelope.header.explicitBank;
      if (isSpoiled) continue;
      const { share } = openPacket(envelope.header, envelope.id, bank, sealingSecrets[bank], packet, length);
      this.#inputs[bank].set(share()[0], { id, length });
    }
  }

  #says(run: Run, place: string, parts: readonly Uint8Array[]): void {
    const now = hash('simulation/said', ...parts);
    const before = run.said.get(place);
    if (before && !equalBytes(before, now)) this.#report(`run ${run.name} says two things in message ${place}`);
    run.said.set(place, now);
  }

  #spend(bank: number, to: number, number: number, { name, lot, ids }: Run): void {
    const use = (kind: string, masks: Iterable<bigint | string>) => this.#use(`${bank} ${kind}`, masks, name);
    if (number === 0) {
      use(`vole ${to}`, lot.u[to]);
      use('selector', lot.selectors);
      use('key mask', lot.keyMasks);
      use(inputKind, ids);
    } else if (number === 1) {
      use('alpha', lot.alphas);
      use('key part', ids);
    } else if (number === 2) use('proof', ids);
    else if (number === 3) {
      use('balance mask', lot.balanceMasks);
      use('comparison', ids);
    }
  }

  #use(kind: string, masks: Iterable<bigint | string>, run: string): void {
    const known = this.#masks.get(kind) ?? new Map<bigint | string, string>();
    this.#masks.set(kind, known);
    for (const mask of masks) {
      const before = known.get(mask);
      if (before === run) continue;
      known.set(mask, run);
      this.used++;
      if (before === undefined) continue;
      this.reused++;
      this.#report(`a mask (bank ${kind}) of run ${before} is used by run ${run}`);
    }
  }
}

/** The parts of one message (`session/rounds.ts`). */
function readMessage(bytes: Uint8Array) {
  const r = new Reader(bytes, 'message');
  r.fixed(32); // context
  const number = r.u16();
  r.fixed(32); // digest
  return { number, broadcast: r.view(frameBytesMax), own: r.view(frameBytesMax), shares: r.view(frameBytesMax) };
}
