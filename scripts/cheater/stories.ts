/**
 * What happens in a network while one bank cheats in one message: enough of them that every kind of message is said by the
 * cheater. A story has its own misfortune, if it needs one, in the honest run as well.
 */
import { decodeMessage, type Message } from '../../src/agreement/messages.js';
import { decodeAgreementFrame, decodeEnvelopeFrame, encodeEnvelopeFrame, type Use } from '../../src/bank/transport.js';
import type { StockKind } from './stage.js';
import { computationSteps } from './wire.js';
import { takeRoundsApart } from './wire-rounds.js';

/** Sees every frame before the cheat does; false: it is lost. Changed in place: it arrives so. */
export type Misfortune = (from: number, to: number, use: Use, frame: Uint8Array) => boolean;

export interface Story {
  readonly name: string;
  readonly pageSize: number;
  readonly stock: StockKind;
  /** From the first message, or once two blocks' worth of envelopes have been settled by an honest cheater. */
  readonly armed: 'start' | 'block';
  /** Which messages of the cheater are changed in it. */
  readonly covers: (kind: string) => boolean;
  /** Who hands in the transfer: the cheater, or an honest bank. */
  readonly sponsor: 'cheater' | 'honest';
  /** Nobody else can open this envelope's packet for the victim. */
  readonly spoiledPacket?: boolean;
  readonly misfortune?: (cheater: number, victim: number) => Misfortune;
}

const only =
  (...kinds: readonly string[]) =>
  (kind: string) =>
    kinds.includes(kind);
const plain = { pageSize: 3, stock: 'dealt', armed: 'block', sponsor: 'honest' } as const;

export const stories: readonly Story[] = [
  { ...plain, name: 'a session forms', armed: 'start', covers: only('hello', 'confirm', 'message/status') },
  {
    ...plain,
    name: 'a block',
    covers: kind => only('message/proposal', 'message/signed', 'message/committed')(kind) || isBlock(kind),
  },
  { ...plain, name: 'a block of an envelope by the cheater', sponsor: 'cheater', covers: only('message/proposal') },
  { ...plain, name: 'an empty block', spoiledPacket: true, covers: only('computation/agree') },
  { ...plain, name: 'an envelope by the cheater', pageSize: 1, sponsor: 'cheater', covers: only('forward') },
  { ...plain, name: 'a packet that is spoiled', covers: only('want'), misfortune: packetSpoiled },
  { ...plain, name: 'the cheater waits in vain', covers: only('message/void'), misfortune: auditLost },
  { ...plain, name: 'the others wait in vain', covers: only('message/void'), misfortune: (c, v) => auditLost(v, c) },
  { ...plain, name: 'a signature that is lost', covers: only('message/certificate'), misfortune: signatureLost },
  { ...plain, name: 'a recovery entry', covers: only('message/entry') },
  { ...plain, name: 'a recovery entry that is lost', covers: only('message/entry'), misfortune: entryLost },
  { ...plain, name: 'the cheater accuses', covers: only('message/accusation'), misfortune: openingSpoiled },
  {
    ...plain,
    name: 'base OTs',
    pageSize: 1,
    stock: 'made',
    armed: 'start',
    covers: only('preprocessing/baseOtSender', 'preprocessing/baseOtReceiver', 'preprocessing/puncturedTrees'),
  },
  {
    ...plain,
    name: 'a pair is made ready',
    pageSize: 1,
    stock: 'made over a toy group',
    armed: 'start',
    covers: kind => kind.startsWith('preprocessing/') && !/baseOt|puncturedTrees|product|rounds/.test(kind),
  },
  {
    ...plain,
    name: 'products are made',
    stock: 'made over a toy group',
    armed: 'start',
    covers: kind => /^preprocessing.(product|rounds)/.test(kind),
  },
];

function isBlock(kind: string): boolean {
  return kind.startsWith('computation/') && kind !== 'computation/agree';
}

/** The first frame for which it holds. */
function once(
  holds: (from: number, to: number, use: Use, frame: Uint8Array) => boolean,
  then: (frame: Uint8Array) => boolean,
): Misfortune {
  let left = 1;
  return (from, to, use, frame) => {
    if (left === 0 || !holds(from, to, use, frame)) return true;
    left--;
    return then(frame);
  };
}

const lost = () => false;

/** On its way to the cheater, which has to ask for it again. */
function packetSpoiled(cheater: number): Misfortune {
  const forwarded = (frame: Uint8Array) => {
    const content = decodeEnvelopeFrame(frame, 7);
    return content.kind === 'forward' ? content : undefined;
  };
  const holds = (_: number, to: number, use: Use, frame: Uint8Array) =>
    to === cheater && use === 'envelopes' && forwarded(frame) !== undefined;
  return once(holds, frame => {
    const [first, ...others] = forwarded(frame)?.envelopes ?? [];
    const packet = first.packet.map((byte, k) => (k === 0 ? byte ^ 1 : byte));
    frame.set(encodeEnvelopeFrame({ kind: 'forward', envelopes: [{ ...first, packet }, ...others] }));
    return true;
  });
}

/** The last message of a block, from `speaking` to `waiting`: all others sign. */
function auditLost(waiting: number, speaking: number): Misfortune {
  const last = computationSteps(plain.pageSize).length - 1;
  return once(
    (from, to, use, frame) => from === speaking && to === waiting && use === 'agreement' && stepOf(frame) === last,
    lost,
  );
}

function openingSpoiled(cheater: number, victim: number): Misfortune {
  const holds = (from: number, to: number, use: Use, frame: Uint8Array) =>
    from === victim && to === cheater && use === 'agreement' && stepOf(frame) === 2;
  return once(holds, frame => {
    frame[frame.length - 1] ^= 1; // of the hash of the tags
    return true;
  });
}

/** The cheater's, to the victim: it has to ask for the certificate. */
function signatureLost(cheater: number, victim: number): Misfortune {
  return once(
    (from, to, use, frame) => from === cheater && to === victim && use === 'agreement' && isMessage(frame, 'signed'),
    lost,
  );
}

/** The cheater's, to the victim, which asks only the cheater for it again: what counts is what then comes with the certificate. */
function entryLost(cheater: number, victim: number): Misfortune {
  const first = once(
    (from, to, use, frame) => from === cheater && to === victim && use === 'agreement' && isMessage(frame, 'entry'),
    lost,
  );
  return (from, to, use, frame) => {
    const asksAnother = from === victim && to !== cheater && use === 'agreement' && isMessage(frame, 'status');
    return !asksAnother && first(from, to, use, frame);
  };
}

function isMessage(frame: Uint8Array, kind: Message['kind']): boolean {
  const decoded = decodeAgreementFrame(frame);
  return decoded.kind === 'message' && decodeMessage(decoded.bytes, 7).kind === kind;
}

function stepOf(frame: Uint8Array): number | undefined {
  const decoded = decodeAgreementFrame(frame);
  return decoded.kind === 'computation' ? takeRoundsApart(decoded.bytes).step : undefined;
}
