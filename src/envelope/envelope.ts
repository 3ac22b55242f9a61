/**
 * An envelope: header, where its operation asks for one a signature over the id, and one sealed packet a bank.
 *
 * `sealEnvelope` is what a holder does, `openPacket` what one bank does with its own packet. Sealing is HPKE (RFC 9180),
 * to the bank's sealing key, with the envelope id as associated data: packets fit no other header. A packet is sealed alone,
 * or as a message of a submission session (`session.ts`); its length says which.
 *
 * Source: protocol.md, section 5.
 */
import { decodeAll, Reader, Writer } from '../codec/index.js';
import { equalBytes, openSealed, sealTo, setupReceiver, utf8 } from '../crypto/index.js';
import { assert, CovaultError } from '../errors.js';
import { inner, type Vec } from '../field/index.js';
import { banksMax, envelopeBytesMax, packetBytesMax, sessionMessagesMax } from '../limits.js';
import type { Network } from '../network/index.js';
import type { Randomness } from '../ports.js';
import {
  type Arguments,
  type Core,
  decodeHeader,
  encodeCore,
  encodeHeader,
  envelopeId,
  type Header,
  headerKind,
  type Kind,
} from './header.js';
import {
  decodePacket,
  encodePacket,
  expandRho,
  keyPartBytes,
  keyPartHash,
  type PacketContent,
  packetBytes,
  seedBytes,
  splitShares,
} from './packet.js';
import { encBytes, sequenceBytes, sessionInfo } from './session.js';
import type { SessionContexts } from './session-contexts.js';

export interface Envelope {
  readonly id: Uint8Array;
  readonly header: Header;
  /** Ed25519 over the id; absent where the operation asks for none. */
  readonly signature: Uint8Array | undefined;
  /** Sealed, by bank. */
  readonly packets: readonly Uint8Array[];
}

const packetInfo = utf8('covault/packet');
/** Before the header stands its length. */
const headerLengthBytes = 4;

export interface EnvelopeOrder {
  readonly arguments: Arguments;
  /** Of a transfer: what is put in place of the memo among the arguments, once the rest of the core is drawn. */
  readonly memo?: ((core: Core) => Uint8Array) | undefined;
  /** The last height it may stand in. */
  readonly expiry: number;
  /** The input vector, proof included; its tag mask x_0 is drawn already. */
  readonly x: Vec;
  /** Signs the id, where the operation asks for it. */
  readonly sign?: (id: Uint8Array) => Uint8Array;
}

/** Seals one packet to a bank, under the id. */
export type SealPacket = (bank: number, plaintext: Uint8Array, id: Uint8Array) => Uint8Array;

/**
 * Splits, tags and seals: every packet alone, or with `seal`, a submission session's. All randomness is fresh: two envelopes
 * never share a mask.
 */
export function sealEnvelope(
  network: Network,
  order: EnvelopeOrder,
  random: Randomness,
  seal: SealPacket = (bank, plaintext, id) => sealTo(network.banks[bank].sealingKey, plaintext, id, packetInfo, random),
): Envelope {
  const { banks } = network;
  const explicitBank = random.bytes(1)[0] % banks.length;
  const keyParts = banks.map(() => random.bytes(keyPartBytes));
  const seeds = banks.map(() => random.bytes(seedBytes));
  const drawn: Core = {
    networkId: network.id,
    rosterVersion: network.rosterVersion,
    arguments: order.arguments,
    expiry: order.expiry,
    nonce: random.bytes(16),
    explicitBank,
    keyHashes: keyParts.map(keyPartHash),
  };
  const core = withMemo(drawn, order.memo);
  const clientTag = inner(expandRho(keyParts, encodeCore(core), order.x.length), order.x);
  const header: Header = { ...core, clientTag };
  const id = envelopeId(header);
  const rest = splitShares(order.x, seeds, explicitBank);
  const packets = banks.map((_, i) => seal(i, encodePacket(keyParts[i], i === explicitBank ? rest : seeds[i]), id));
  return { id, header, signature: order.sign?.(id), packets };
}

function withMemo(core: Core, memo: EnvelopeOrder['memo']): Core {
  const { arguments: a } = core;
  if (!memo) return core;
  assert(a.kind === 'transfer', 'transfers carry memos');
  return { ...core, arguments: { ...a, memo: memo(core) } };
}

/** Whether every packet has the length that its bank, L elements and the one form of all give it. */
export function packetsFit({ header, packets }: Pick<Envelope, 'header' | 'packets'>, length: number): boolean {
  const surplus = (bank: number) => packets[bank].length - packetBytes(header.explicitBank === bank, length);
  const form = surplus(0);
  return (form === 0 || form === sequenceBytes) && packets.every((_, bank) => surplus(bank) === form);
}

/** Throws: MALFORMED where they do not fit. */
export function checkPacketLengths(envelope: Pick<Envelope, 'header' | 'packets'>, length: number): void {
  if (packetsFit(envelope, length)) return;
  throw new CovaultError('MALFORMED', 'a packet of another length than its operation asks for');
}

/**
 * One bank's key part and share of x, of `length` elements. `contexts`: what this bank remembers of submission sessions.
 * Throws: PACKET_UNREADABLE when it does not open under this id, has another length, or k_i does not fit H(k_i).
 */
export function openPacket(
  header: Header,
  id: Uint8Array,
  bank: number,
  sealingSecret: Uint8Array,
  packet: Uint8Array,
  length: number,
  contexts?: SessionContexts,
): PacketContent {
  const plaintext = openPlaintext(header, id, bank, sealingSecret, packet, length, contexts);
  return decodePacket(plaintext, header.explicitBank === bank, length);
}

/** What `openPacket` has checked, as `decodePacket` reads it: for whoever opens in one place and computes in another. */
export function openPlaintext(
  header: Header,
  id: Uint8Array,
  bank: number,
  sealingSecret: Uint8Array,
  packet: Uint8Array,
  length: number,
  contexts?: SessionContexts,
): Uint8Array {
  const isExplicit = header.explicitBank === bank;
  const isInSession = packet.length === packetBytes(isExplicit, length) + sequenceBytes;
  if (isInSession) return openInSession(header, id, bank, sealingSecret, packet, length, contexts);
  return checked(header, bank, openSealed(sealingSecret, packet, id, packetInfo), length);
}

/** As a message of a submission session; its context is remembered once a packet has stood up to every check. */
function openInSession(
  header: Header,
  id: Uint8Array,
  bank: number,
  sealingSecret: Uint8Array,
  packet: Uint8Array,
  length: number,
  contexts: SessionContexts | undefined,
): Uint8Array {
  const r = new Reader(packet, 'packet');
  const enc = r.fixed(encBytes);
  const sequence = r.u32();
  if (sequence >= sessionMessagesMax) throw new CovaultError('PACKET_UNREADABLE', 'a sequence number out of bounds');
  const info = sessionInfo(header.networkId, header.rosterVersion, bank);
  const known = contexts?.find(enc, info);
  const context = known ?? setupReceiver(sealingSecret, enc, info);
  const plaintext = checked(header, bank, context.openAt(sequence, id, r.fixed(r.remaining)), length);
  if (!known) contexts?.keep(enc, info, context);
  return plaintext;
}

function checked(header: Header, bank: number, plaintext: Uint8Array, length: number): Uint8Array {
  const { keyPart } = decodePacket(plaintext, header.explicitBank === bank, length);
  if (!equalBytes(keyPartHash(keyPart), header.keyHashes[bank])) {
    throw new CovaultError('PACKET_UNREADABLE', 'a key part does not fit its hash');
  }
  return plaintext;
}

export function encodeEnvelope(envelope: Envelope): Uint8Array {
  const { signature, packets } = envelope;
  assert(signature === undefined || signature.length === 64, 'an Ed25519 signature');
  return new Writer(4096)
    .bytes(encodeHeader(envelope.header))
    .bytes(signature ?? new Uint8Array(0))
    .list(packets, (w, packet) => w.bytes(packet))
    .done();
}

/**
 * The kind alone, at the price of one byte: who limits rates asks before anything is decoded. Nothing for bytes that are no
 * envelope; what says one kind here says the same in `decodeEnvelope`, or is refused there.
 */
export function envelopeKind(bytes: Uint8Array): Kind | undefined {
  return headerKind(bytes.subarray(headerLengthBytes));
}

/** Throws: MALFORMED, OVERSIZED. The id is computed, never read. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length > envelopeBytesMax) {
    throw new CovaultError('OVERSIZED', 'oversized envelope', { bytesMax: envelopeBytesMax });
  }
  return decodeAll(bytes, 'envelope', r => {
    const header = decodeHeader(r.bytes(1024));
    const signature = r.bytes(64);
    if (signature.length !== 0 && signature.length !== 64) throw r.malformed('a signature has 64 bytes');
    const packets = r.list(banksMax, reader => reader.bytes(packetBytesMax));
    if (packets.length !== header.keyHashes.length) throw r.malformed('one packet for each bank');
    return { id: envelopeId(header), header, signature: signature.length ? signature : undefined, packets };
  });
}
