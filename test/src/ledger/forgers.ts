/**
 * What a holder does who does not keep to its operation: changes the input vector, mends everything that follows from the
 * change, proves what can be proved, and seals it properly. So an envelope fails at the one claim that is meant to fail.
 */
import { sealTo, utf8 } from '../../../src/crypto/index.js';
import {
  type Arguments,
  blankMemo,
  type Envelope,
  encodeCore,
  envelopeId,
  expandRho,
} from '../../../src/envelope/index.js';
import { encodePacket, keyPartHash, splitShares } from '../../../src/envelope/packet.js';
import { fp, inner, type Vec } from '../../../src/field/index.js';
import { locate } from '../../../src/network/index.js';
import { buildRekey, buildReveal, buildTransfer, rekeyLayout, transferLayout } from '../../../src/operations/index.js';
import { revealLayout } from '../../../src/operations/reveal.js';
import { randomElements } from '../../../src/operations/shape.js';
import type { Randomness } from '../../../src/ports.js';
import { evaluateForms } from '../../../src/proof/circuit.js';
import { type Circuit, prove } from '../../../src/proof/index.js';
import { accountKeys, envelopeOf, type HolderWorld } from '../../harness/banks.js';

/** Gates whose result is an element of its own; the others say that a bit is a bit. */
export function productGates(circuit: Circuit): number[] {
  return Array.from({ length: circuit.gates }, (_, g) => g).filter(g => circuit.x[g] !== circuit.z[g]);
}

export function bitGates(circuit: Circuit): number[] {
  return Array.from({ length: circuit.gates }, (_, g) => g).filter(g => circuit.x[g] === circuit.z[g]);
}

/** The element of x that gate g gives. */
export const resultOf = (circuit: Circuit, g: number): number => circuit.forms[circuit.z[g]][0].index;

/** Gates that do not hold. */
export function failingGates(circuit: Circuit, x: Vec): number[] {
  const values = evaluateForms(circuit, x);
  const holds = (g: number) => fp.mul(values[circuit.x[g]], values[circuit.y[g]]) === values[circuit.z[g]];
  return Array.from({ length: circuit.gates }, (_, g) => g).filter(g => !holds(g));
}

/** Sets every product to what its factors are now, in the order of the gates; that of gate `wrong` to one more. */
export function mend(circuit: Circuit, x: Vec, wrong?: number): void {
  for (const g of productGates(circuit)) {
    const form = (which: number) =>
      circuit.forms[which].reduce((sum, term) => fp.add(sum, fp.mul(term.coefficient, x[term.index])), 0n);
    const product = fp.mul(form(circuit.x[g]), form(circuit.y[g]));
    x[resultOf(circuit, g)] = g === wrong ? fp.add(product, 1n) : product;
  }
}

export interface Forgery {
  /** Changes x before the products are mended. */
  readonly change?: (x: Vec) => void;
  /** A gate whose product is made wrong, and what follows from it is mended. */
  readonly wrong?: number;
  /** Changes x after it was proved. */
  readonly after?: (x: Vec) => void;
  /** Added to the client tag. */
  readonly tag?: bigint;
}

/** A transfer of which `forgery` changed the input; signed where that is asked for. */
export function forgedTransfer(
  world: HolderWorld,
  [from, to, amount]: readonly [number, number, bigint],
  forgery: Forgery,
): Envelope {
  const { network, random } = world;
  const [payer, payee] = [locate(network, from), locate(network, to)];
  const spendingKey = accountKeys(from).spending;
  const secrets = { amount, payerSlot: payer.slot, payeeSlot: payee.slot, spendingKey };
  const { x } = buildTransfer(network, secrets, random);
  const { circuit } = transferLayout(network);
  const args = { kind: 'transfer', payerPage: payer.page, payeePage: payee.page, memo: blankMemo(random) } as const;
  return sealForged(world, args, circuit, x, forgery);
}

/** K > 1: a reveal of which `forgery` changed the input. */
export function forgedReveal(world: HolderWorld, account: number, forgery: Forgery): Envelope {
  const { page, slot } = locate(world.network, account);
  const { x } = buildReveal(world.network, { slot, viewingKey: accountKeys(account).viewing }, world.random);
  return sealForged(world, { kind: 'reveal', page }, revealLayout(world.network).circuit, x, forgery);
}

/** K > 1: new keys for an account whose own were never replaced, the input changed by `forgery`. */
export function forgedRekey(world: HolderWorld, account: number, forgery: Forgery): Envelope {
  const { page, slot } = locate(world.network, account);
  const secrets = { slot, before: accountKeys(account), after: accountKeys(account, 1) };
  const x = buildRekey(world.network, secrets, world.random);
  const args = { kind: 'rekey', page, publicKeys: undefined } as const;
  return sealForged(world, args, rekeyLayout(world.network).circuit, x, forgery);
}

function sealForged(world: HolderWorld, args: Arguments, circuit: Circuit, x: Vec, forgery: Forgery): Envelope {
  const { change, wrong, after, tag } = forgery;
  if (change || wrong !== undefined) {
    change?.(x);
    mend(circuit, x, wrong);
    prove(circuit, x, randomElements(world.random, 4));
  }
  after?.(x);
  return tag === undefined ? envelopeOf(world, args, x) : sealWithTag(world, args, x, tag);
}

/** `sealEnvelope` with another tag in the header; the packets open under its id. */
function sealWithTag({ network, random, height }: HolderWorld, args: Arguments, x: Vec, shift: bigint): Envelope {
  const { banks } = network;
  const keyParts = banks.map(() => random.bytes(16));
  const core = {
    networkId: network.id,
    rosterVersion: network.rosterVersion,
    arguments: args,
    expiry: height + 100,
    nonce: random.bytes(16),
    explicitBank: 0,
    keyHashes: keyParts.map(keyPartHash),
  };
  const clientTag = fp.add(inner(expandRho(keyParts, encodeCore(core), x.length), x), shift);
  const header = { ...core, clientTag };
  const id = envelopeId(header);
  const seeds = banks.map(() => random.bytes(16));
  const rest = splitShares(x, seeds, 0);
  const packets = banks.map((bank, i) =>
    sealTo(bank.sealingKey, encodePacket(keyParts[i], i === 0 ? rest : seeds[i]), id, utf8('covault/packet'), random),
  );
  return { id, header, signature: undefined, packets };
}

/** The holder's bits r_0 .. r_60 and sigma as given; all else random. */
export function withMask(random: Randomness, r: bigint, sigma: 0 | 1): Randomness {
  const chosen = Uint8Array.from({ length: 9 }, (_, i) => (i === 8 ? sigma : Number((r >> BigInt(8 * i)) & 255n)));
  // the comparison draws its nine bytes in one go, and nothing else is nine bytes long
  return { bytes: count => (count === 9 ? chosen : random.bytes(count)) };
}
