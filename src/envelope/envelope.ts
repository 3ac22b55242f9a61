/**
 * An envelope: header, where its operation asks for one a signature over the id, and one sealed packet a bank.
 *
 * `sealEnvelope` is what a holder does, `openPacket` what one bank does with its own packet. Sealing is HPKE (RFC 9180),
 * to the bank's sealing key, with the envelope id as associated data: packets fit no other header.
 *
 * Source: protocol.md, section 5.
 */
import { decodeAll, Writer } from '../codec/index.js';
import { equalBytes, openSealed, sealTo, utf8 } from '../crypto/index.js';
import { assert, CovaultError } from '../errors.js';
import { inner, type Vec } from '../field/index.js';
import { banksMax, envelopeBytesMax, packetBytesMax } from '../limits.js';
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

export interface Envelope {
  readonly id: Uint8Array;
  readonly header: Header;
  /** Ed25519 over the id; absent where the operation asks for none. */
  readonly signature: Uint8Array | undefined;
  /** Sealed, by bank. */
  readonly packets: readonly Uint8Array[];
}

const packetInfo = utf8('covault/packet');

export interface EnvelopeOrder {
  readonly arguments: Arguments;
  /** The last height it may stand in. */
  readonly expiry: number;
  /** The input vector, proof included; its tag mask x_0 is drawn already. */
  readonly x: Vec;
  /** Signs the id, where the operation asks for it. */
  readonly sign?: (id: Uint8Array) => Uint8Array;
}

/** Splits, tags and seals. All randomness is fresh: two envelopes never share a mask. */
export function sealEnvelope(network: Network, order: EnvelopeOrder, random: Randomness): Envelope {
  const { banks } = network;
  const explicitBank = random.bytes(1)[0] % banks.length;
  const keyParts = banks.map(() => random.bytes(keyPartBytes));
  const seeds = banks.map(() => random.bytes(seedBytes));
  const core: Core = {
    networkId: network.id,
    rosterVersion: network.rosterVersion,
    arguments: order.arguments,
    expiry: order.expiry,
    nonce: random.bytes(16),
    explicitBank,
    keyHashes: keyParts.map(keyPartHash),
  };
  const clientTag = inner(expandRho(keyParts, encodeCore(core), order.x.length), order.x);
  const header: Header = { ...core, clientTag };
  const id = envelopeId(header);
  const rest = splitShares(order.x, seeds, explicitBank);
  const packets = banks.map((bank, i) => {
    const plaintext = encodePacket(keyParts[i], i === explicitBank ? rest : seeds[i]);
    return sealTo(bank.sealingKey, plaintext, id, packetInfo, random);
  });
  return { id, header, signature: order.sign?.(id), packets };
}

/** Every packet has the one length that its bank and L elements give it. Throws: MALFORMED. */
export function checkPacketLengths({ header, packets }: Pick<Envelope, 'header' | 'packets'>, length: number): void {
  const fits = packets.every((packet, bank) => packet.length === packetBytes(header.explicitBank === bank, length));
  if (!fits) throw new CovaultError('MALFORMED', 'a packet of another length than its operation asks for');
}

/**
 * One bank's key part and share of x, of `length` elements.
 * Throws: PACKET_UNREADABLE when it does not open under this id, has another length, or k_i does not fit H(k_i).
 */
export function openPacket(
  header: Header,
  id: Uint8Array,
  bank: number,
  sealingSecret: Uint8Array,
  packet: Uint8Array,
  length: number,
): PacketContent {
  const plaintext = openSealed(sealingSecret, packet, id, packetInfo);
  const content = decodePacket(plaintext, header.explicitBank === bank, length);
  if (!equalBytes(keyPartHash(content.keyPart), header.keyHashes[bank])) {
    throw new CovaultError('PACKET_UNREADABLE', 'a key part does not fit its hash');
  }
  return content;
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
