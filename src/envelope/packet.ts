/**
 * What is sealed to one bank: its key part k_i and its additive share of the input vector x.
 *
 *     x = sum of all shares      n-1 banks hold a 16-byte seed, their share is PRG(seed); the explicit bank holds L elements
 *     rho = expand(H(k_1, ..., k_n, H(core))), rho_0 = 1          known to nobody but the holder before the k_i are revealed
 *     t = <rho, x>                                               the client tag, in the header
 *
 * A change of x made before k was known passes <rho, x> = t with probability 1/p. Source: protocol.md, sections 5 and 6.
 */
import { Reader, Writer } from '../codec/index.js';
import { hash, prg, prgVec } from '../crypto/index.js';
import { CovaultError } from '../errors.js';
import { decodeVec, encodeVec, maskRuns, subVec, type Vec } from '../field/index.js';

export const keyPartBytes = 16;
export const seedBytes = 16;

/** H(k_i), as the core lists it. */
export const keyPartHash = (keyPart: Uint8Array): Uint8Array => hash('covault/key-part', keyPart);

/** What rho is expanded from. */
export interface RhoSource {
  /** k_1 .. k_n in roster order. */
  readonly keyParts: readonly Uint8Array[];
  /** The encoded core. */
  readonly core: Uint8Array;
}

/** rho for the input vector of length L. `keyParts` are k_1 .. k_n in roster order. */
export function expandRho(keyParts: readonly Uint8Array[], coreBytes: Uint8Array, length: number): Vec {
  return expandRhos([{ keyParts, core: coreBytes }], length);
}

/** The rhos of many envelopes whose input vectors have one length, one behind the other; a borrowed vector. */
export function expandRhos(sources: readonly RhoSource[], length: number): Vec {
  const rhos = maskRuns(sources.length, length, k => {
    const { keyParts, core } = sources[k];
    return prg(hash('covault/rho', ...keyParts, hash('covault/core', core)), 8 * length);
  });
  sources.forEach((_, k) => {
    rhos[k * length] = 1n;
  });
  return rhos;
}

/** n-1 seeds and what is left of x for the explicit bank. `seeds[explicit]` is not used. */
export function splitShares(x: Vec, seeds: readonly Uint8Array[], explicit: number): Vec {
  return seeds.reduce((rest, seed, bank) => (bank === explicit ? rest : subVec(rest, prgVec(seed, x.length))), x);
}

/** HPKE adds the encapsulated key and a tag. */
const sealBytes = 32 + 16;

/** Bytes of a sealed packet. */
export const packetBytes = (explicit: boolean, length: number): number =>
  sealBytes + keyPartBytes + (explicit ? 8 * length : seedBytes);

export function encodePacket(keyPart: Uint8Array, share: Uint8Array | Vec): Uint8Array {
  const w = new Writer(64).fixed(keyPart);
  return w.fixed(share instanceof Uint8Array ? share : encodeVec(share)).done();
}

/** A bank's packet, opened. A seed is expanded when the share is asked for: many envelopes may wait. */
export interface PacketContent {
  readonly keyPart: Uint8Array;
  readonly share: () => Vec;
}

/**
 * The bank's key part and its share of x, of `length` elements.
 * Throws: PACKET_UNREADABLE when the length is another or an element is not below p.
 */
export function decodePacket(bytes: Uint8Array, explicit: boolean, length: number): PacketContent {
  try {
    const r = new Reader(bytes, 'packet');
    const keyPart = r.fixed(keyPartBytes);
    const rest = r.fixed(explicit ? 8 * length : seedBytes);
    r.end();
    if (!explicit) return { keyPart, share: () => prgVec(rest, length) };
    const share = decodeVec(rest);
    return { keyPart, share: () => share };
  } catch (error) {
    if (error instanceof CovaultError) throw new CovaultError('PACKET_UNREADABLE', 'a packet has another content');
    throw error;
  }
}
