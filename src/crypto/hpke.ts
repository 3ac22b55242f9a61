/**
 * Sealing to a public key: HPKE, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM.
 *
 *     enc = pkE                                    the ephemeral key, from 32 random bytes by DeriveKeyPair
 *     shared_secret = KDF(DH(skE, pkR), enc, pkR)
 *     (key, base_nonce) = KeySchedule(shared_secret, info)
 *     ct_seq = AES-128-GCM(key, base_nonce XOR seq, aad, pt)
 *
 * Not here: the other modes and suites, and the exporter. Nothing tells who sealed.
 *
 * Source: RFC 9180, sections 4 to 6; names are the RFC's.
 */
import { assert, CovaultError, isCode } from '../errors.js';
import type { Randomness } from '../ports.js';
import { checkLength, concatBytes, equalBytes, utf8 } from './bytes.js';
import { x25519 } from './curves.js';
import { labelBytes } from './hash.js';
import { hkdfExpand, hkdfExtract } from './keys.js';
import { primitives } from './primitives-node.js';

const encBytes = 32;
const tagBytes = 16;
const keyBytes = 16;
const nonceBytes = 12;

const empty = new Uint8Array(0);
const version = utf8('HPKE-v1');
/** "KEM" and kem_id; "HPKE" and the ids of KEM, KDF and AEAD, big endian. */
const kemSuite = concatBytes(utf8('KEM'), Uint8Array.of(0x00, 0x20));
const suite = concatBytes(utf8('HPKE'), Uint8Array.of(0x00, 0x20, 0x00, 0x01, 0x00, 0x01));
const modeBase = Uint8Array.of(0);

export interface KeyPair {
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

export interface SealContext {
  readonly enc: Uint8Array;
  /** Of the next message. Never given, only read: a number used for two plaintexts would show their difference. */
  readonly sequence: number;
  /** The next message. */
  seal(aad: Uint8Array, plaintext: Uint8Array): Uint8Array;
}

export interface OpenContext {
  /** The next message; one that does not open leaves the context as it was. Throws PACKET_UNREADABLE. */
  open(aad: Uint8Array, ciphertext: Uint8Array): Uint8Array;
  /** The message of this number, in whatever order they come, as often as they come. Throws PACKET_UNREADABLE. */
  openAt(sequence: number, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array;
  /** Nothing opens afterwards. */
  wipe(): void;
}

/** enc, then the ciphertext: 48 bytes more than the plaintext. Throws MALFORMED for a key nobody can have. */
export function sealTo(
  recipient: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
  info: Uint8Array,
  random: Randomness,
): Uint8Array {
  const context = setupSender(recipient, info, random);
  return concatBytes(context.enc, context.seal(aad, plaintext));
}

/** Throws PACKET_UNREADABLE: sealed to another key, under other associated data, or not by HPKE at all. */
export function openSealed(secretKey: Uint8Array, sealed: Uint8Array, aad: Uint8Array, info: Uint8Array): Uint8Array {
  if (sealed.length < encBytes + tagBytes) throw unreadable(sealed.length);
  return setupReceiver(secretKey, sealed.subarray(0, encBytes), info).open(aad, sealed.subarray(encBytes));
}

/** SetupBaseS. */
export function setupSender(recipient: Uint8Array, info: Uint8Array, random: Randomness): SealContext {
  checkLength(recipient, encBytes, 'X25519 public key');
  const ikm = random.bytes(32);
  checkLength(ikm, 32, 'randomness');
  const ephemeral = deriveKeyPair(ikm);
  const dh = x25519.shared(ephemeral.secretKey, recipient);
  const enc = ephemeral.publicKey;
  const { key, nonceAt } = keySchedule(kemSecret(dh, enc, recipient), info);
  for (const secret of [ikm, dh, ephemeral.secretKey]) secret.fill(0);
  let sequence = 0;
  return {
    enc,
    get sequence() {
      return sequence;
    },
    seal: (aad, plaintext) => primitives.gcmSeal(key, nonceAt(sequence++), plaintext, aad),
  };
}

/** SetupBaseR. Throws PACKET_UNREADABLE for an enc of small order. */
export function setupReceiver(secretKey: Uint8Array, enc: Uint8Array, info: Uint8Array): OpenContext {
  checkLength(secretKey, 32, 'X25519 secret key');
  const dh = sharedOrUnreadable(secretKey, enc);
  const { key, nonceAt } = keySchedule(kemSecret(dh, enc, x25519.publicKey(secretKey)), info);
  dh.fill(0);
  let sequence = 0;
  const openAt = (at: number, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array => {
    const plaintext = primitives.gcmOpen(key, nonceAt(at), ciphertext, aad);
    if (plaintext === undefined) throw unreadable(ciphertext.length);
    return plaintext;
  };
  return {
    open(aad, ciphertext) {
      const plaintext = openAt(sequence, aad, ciphertext);
      sequence++;
      return plaintext;
    },
    openAt,
    wipe: () => void key.fill(0),
  };
}

/** DeriveKeyPair, section 7.1.3: the same pair again for the same 32 or more bytes. */
export function deriveKeyPair(ikm: Uint8Array): KeyPair {
  assert(ikm.length >= 32, 'a key pair is derived from at least 32 bytes');
  const secretKey = labeledExpand(kemSuite, labeledExtract(kemSuite, empty, 'dkp_prk', ikm), 'sk', empty, 32);
  return { secretKey, publicKey: x25519.publicKey(secretKey) };
}

/** ExtractAndExpand, section 4.1. */
function kemSecret(dh: Uint8Array, enc: Uint8Array, recipient: Uint8Array): Uint8Array {
  const prk = labeledExtract(kemSuite, empty, 'eae_prk', dh);
  return labeledExpand(kemSuite, prk, 'shared_secret', concatBytes(enc, recipient), 32);
}

/** KeySchedule, section 5.1, without a PSK and without the exporter. */
function keySchedule(sharedSecret: Uint8Array, info: Uint8Array) {
  const context = contextOf(info);
  const secret = labeledExtract(suite, sharedSecret, 'secret', empty);
  const key = labeledExpand(suite, secret, 'key', context, keyBytes);
  const baseNonce = labeledExpand(suite, secret, 'base_nonce', context, nonceBytes);
  sharedSecret.fill(0);
  secret.fill(0);
  return { key, nonceAt: (sequence: number) => nonce(baseNonce, sequence) };
}

/** key_schedule_context depends on `info` alone, which is a constant of the program: hashed once for each. */
const contexts = new WeakMap<Uint8Array, { readonly info: Uint8Array; readonly context: Uint8Array }>();

function contextOf(info: Uint8Array): Uint8Array {
  const known = contexts.get(info);
  if (known && equalBytes(known.info, info)) return known.context;
  const context = concatBytes(modeBase, pskIdHash, labeledExtract(suite, empty, 'info_hash', info));
  contexts.set(info, { info: info.slice(), context });
  return context;
}

/** ComputeNonce: base_nonce XOR the sequence number, big endian, which never wraps. */
function nonce(baseNonce: Uint8Array, sequence: number): Uint8Array {
  assert(Number.isSafeInteger(sequence), 'an HPKE context ends before its nonces repeat');
  const bytes = baseNonce.slice();
  const view = new DataView(bytes.buffer);
  view.setBigUint64(nonceBytes - 8, view.getBigUint64(nonceBytes - 8) ^ BigInt(sequence));
  return bytes;
}

function labeledExtract(suiteId: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array {
  return hkdfExtract(salt, concatBytes(version, suiteId, labelBytes(label), ikm));
}

function labeledExpand(suiteId: Uint8Array, prk: Uint8Array, label: string, info: Uint8Array, count: number) {
  const length = Uint8Array.of(count >>> 8, count);
  return hkdfExpand(prk, concatBytes(length, version, suiteId, labelBytes(label), info), count);
}

const pskIdHash = labeledExtract(suite, empty, 'psk_id_hash', empty);

function sharedOrUnreadable(secretKey: Uint8Array, enc: Uint8Array): Uint8Array {
  try {
    return x25519.shared(secretKey, enc);
  } catch (error) {
    if (isCode(error, 'MALFORMED')) throw unreadable(enc.length);
    throw error;
  }
}

function unreadable(count: number): CovaultError {
  return new CovaultError('PACKET_UNREADABLE', 'the packet does not open', { count });
}
