/**
 * Base OT: a few oblivious transfers by public-key cryptography, from which all others are extended.
 *
 *     receiver, choice c    r_(1-c) uniform;  r_c = a*G - H_c(r_(1-c));   sends r_0, r_1
 *     sender                A = b*G, sent beforehand;  key_j = KDF(b*(r_j + H_j(r_(1-j))))     j = 0, 1
 *     receiver              key_c = KDF(a*A)
 *
 * since b*(r_c + H_c(r_(1-c))) = b*a*G. The message (r_0, r_1) is uniform whatever c is (the choice is hidden
 * statistically: all that shows is the bias of 64 bytes hashed to the group). H_j maps to elements of unknown logarithm, so
 * that a receiver can know the logarithm of one of the two sums only: the other key is as hard as CDH, in the random oracle
 * model.
 * Endemic: either side, cheating, may influence its own keys. The extension above asks for no more.
 *
 * A fresh b for every transfer. Context (session, direction), position, choice and both messages enter H and KDF.
 * One pass, no check: there is nothing to cheat about that the extension's checks do not cover.
 *
 * Source: Masny, Rindal: Endemic Oblivious Transfer, CCS 2019 (ePrint 2019/706), the Diffie-Hellman instance.
 */
import { concatBytes, hash } from '../crypto/index.js';
import { deviation } from '../errors.js';
import type { Randomness } from '../ports.js';
import { swapIf } from './bits.js';
import type { Conversation } from './conversation.js';
import { elementBytes, type Group, uniformBytes } from './group.js';
import { blockBytes } from './ot.js';

/**
 * Shapes: `count` keys of 16 bytes, one pair a transfer. Cost: 32*count bytes sent, about 0.6 ms a transfer.
 * Throws: DEVIATION when the peer's message holds something that is no group element.
 */
export async function sendBaseOts(
  talk: Conversation,
  context: Uint8Array,
  count: number,
  group: Group,
  random: Randomness,
): Promise<{ zero: Uint8Array[]; one: Uint8Array[] }> {
  const secrets = Array.from({ length: count }, () => group.scalar(random.bytes(uniformBytes)));
  const publics = secrets.map(b => group.multiplyBase(b));
  await talk.send('baseOtSender', concatBytes(...publics));
  const message = await talk.receive('baseOtReceiver', 2 * elementBytes * count);
  const zero: Uint8Array[] = [];
  const one: Uint8Array[] = [];
  for (let k = 0; k < count; k++) {
    const [r0, r1] = [elementAt(message, 2 * k), elementAt(message, 2 * k + 1)];
    const transcript = concatBytes(position(k), publics[k], r0, r1);
    const key = (choice: number, own: Uint8Array, other: Uint8Array) => {
      const sum = group.add(own, toElement(group, context, k, choice, other));
      return derive(context, choice, transcript, group.multiply(secrets[k], sum));
    };
    guarded(talk, () => {
      zero.push(key(0, r0, r1));
      one.push(key(1, r1, r0));
    });
    secrets[k].fill(0);
  }
  return { zero, one };
}

/**
 * Shapes: one byte, 0 or 1, a choice; one key of 16 bytes each. Cost: 64*count bytes sent, about 0.4 ms a transfer.
 * Throws: DEVIATION when the peer's message holds something that is no group element.
 */
export async function receiveBaseOts(
  talk: Conversation,
  context: Uint8Array,
  choices: Uint8Array,
  group: Group,
  random: Randomness,
): Promise<Uint8Array[]> {
  const message = await talk.receive('baseOtSender', elementBytes * choices.length);
  const sent: Uint8Array[] = [];
  const keys = Array.from(choices, (choice, k) => {
    const a = group.scalar(random.bytes(uniformBytes));
    const other = group.element(random.bytes(uniformBytes));
    const own = group.subtract(group.multiplyBase(a), toElement(group, context, k, choice, other));
    const [r0, r1] = swapIf(choice, own, other);
    sent.push(r0, r1);
    const A = elementAt(message, k);
    const transcript = concatBytes(position(k), A, r0, r1);
    const key = guarded(talk, () => derive(context, choice, transcript, group.multiply(a, A)));
    a.fill(0);
    return key;
  });
  await talk.send('baseOtReceiver', concatBytes(...sent));
  return keys;
}

/** H_choice(other): 64 hashed bytes, mapped to the group. */
function toElement(group: Group, context: Uint8Array, k: number, choice: number, other: Uint8Array): Uint8Array {
  const half = (part: number) =>
    hash('covault/base-ot/element', context, position(k), Uint8Array.of(choice, part), other);
  return group.element(concatBytes(half(0), half(1)));
}

function derive(context: Uint8Array, choice: number, transcript: Uint8Array, shared: Uint8Array): Uint8Array {
  const key = hash('covault/base-ot/key', context, Uint8Array.of(choice), transcript, shared).slice(0, blockBytes);
  shared.fill(0);
  return key;
}

/** The group throws at what is not an element, and at the identity as a product: no honest bank sends either. */
function guarded<T>(talk: Conversation, work: () => T): T {
  try {
    return work();
  } catch {
    throw deviation(talk.peer, 'base OT: not a group element');
  }
}

function elementAt(message: Uint8Array, index: number): Uint8Array {
  return message.slice(elementBytes * index, elementBytes * (index + 1));
}

function position(k: number): Uint8Array {
  return Uint8Array.of(k & 0xff, k >>> 8);
}
