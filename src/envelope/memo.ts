/**
 * The memo of a transfer: what tells its payee, and nobody else, that it was paid, how much, and what for.
 *
 *     plaintext   seed (16) | theta (u8) | amount (u64) | length of the text (u8) | text, UTF-8, filled up with 0
 *     memo        enc (32) | AES-128-GCM of it                HPKE base mode to the payee's memo key
 *     associated data    H("covault/memo", core)              of the envelope's core, 0 where the memo stands
 *
 * Every transfer carries one, of one length, in its header, so the id binds it and all banks have it. A transfer that tells
 * nobody anything carries a blank one: a public key whose secret nobody keeps, and random bytes, which is what a memo looks like
 * to everybody but its payee. So neither length nor presence tells anything.
 *
 * Key-private: nothing in a memo depends on whom it is for but what looks random to everybody else. enc is a fresh X25519 key,
 * drawn alike for every payee. What follows is a one-time encryption under a key that is a hash of the shared secret, as in
 * DHIES: to whoever holds neither secret it is the same for any two payees, as long as the gap Diffie-Hellman problem is hard
 * and SHA-256 is a random oracle. The payee finds its memos by trying to open all of its page: the banks learn nothing from a
 * search that they do not take part in.
 *
 * What theta gives away. With theta the payee reads the verdict of this one transfer from the public pi: what was paid, and
 * also, if it looks, that a payment was tried and cancelled, so that the payer had less than the amount. That is what telling
 * means, it is told to this payee alone, and a payer who does not want it sends no memo. theta masks nothing else: it is drawn
 * for one transfer, and the masks of balance, amount and slots are other elements of the input.
 *
 * A memo may lie. What it says counts only if the record's receipt agrees (`operations/receipt.ts`): `receiptMask` makes
 * the mask of the receipt from seed and text, so the receipt vouches for theta, amount and payee, and for this very text.
 *
 * It opens in its own envelope alone: the core holds pages, expiry and every H(k_i), which no bank takes twice before that
 * expiry. Else whoever guesses theta, amount and payee of somebody's transfer would have its mask from the receipt, and could send
 * the memo again under a payment of the same amount: the payee would take it for the first payer's, and what it
 * does then would tell whether the guess was right.
 *
 * Source: HPKE base mode is RFC 9180, section 5.1.1; DHIES: Abdalla, Bellare, Rogaway, CT-RSA 2001; key privacy: Bellare,
 * Boldyreva, Desai, Pointcheval, ASIACRYPT 2001; the verdict v = pi XOR theta: protocol.md, section 7.
 */
import { Reader, Writer } from '../codec/index.js';
import { concatBytes, hash, openSealed, sealTo, utf8, x25519 } from '../crypto/index.js';
import { assert, CovaultError, isCode } from '../errors.js';
import { maskToField } from '../field/index.js';
import { memoBytes, memoTextBytesMax } from '../limits.js';
import type { Randomness } from '../ports.js';
import { type Core, encodeCore } from './header.js';

export interface MemoContent {
  /** 16 random bytes, for this transfer alone. */
  readonly seed: Uint8Array;
  /** 0n or 1n: verdict = pi XOR theta. */
  readonly theta: bigint;
  readonly amount: bigint;
  /** At most memoTextBytesMax bytes of UTF-8. */
  readonly text: string;
}

export const memoSeedBytes = 16;
const encBytes = 32;
const info = utf8('covault/memo');

/** Throws OVERSIZED. */
export function checkMemoText(text: string): string {
  if (utf8(text).length <= memoTextBytesMax && !/[\ud800-\udfff]/u.test(text)) return text;
  throw new CovaultError('OVERSIZED', `a memo has at most ${memoTextBytesMax} bytes of text`, { memoTextBytesMax });
}

/** What a transfer that tells nobody anything carries. */
export function blankMemo(random: Randomness): Uint8Array {
  return concatBytes(x25519.publicKey(random.bytes(32)), random.bytes(memoBytes - encBytes));
}

/** `core`: of the transfer, whatever stands for its memo yet. `key`: the payee's memo key, 32 bytes. */
export function sealMemo(core: Core, key: Uint8Array, content: MemoContent, random: Randomness): Uint8Array {
  const { seed, theta, amount, text } = content;
  const told = utf8(text);
  assert(told.length <= memoTextBytesMax && seed.length === memoSeedBytes, 'the content of a memo');
  const w = new Writer(memoBytes).fixed(seed).u8(Number(theta)).big64(amount).u8(told.length);
  const plaintext = w
    .fixed(told)
    .fixed(new Uint8Array(memoTextBytesMax - told.length))
    .done();
  const memo = sealTo(key, plaintext, contextOf(core), info, random);
  plaintext.fill(0);
  assert(memo.length === memoBytes, 'a memo has its length');
  return memo;
}

/** Of a transfer. Nothing where it is another's, or blank, or no memo inside. `secret`: 32 bytes. Cost: two X25519 and an HKDF. */
export function openMemo(core: Core, secret: Uint8Array): MemoContent | undefined {
  const { arguments: a } = core;
  assert(a.kind === 'transfer', 'transfers carry memos');
  try {
    return readContent(openSealed(secret, a.memo, contextOf(core), info));
  } catch (error) {
    if (isCode(error, 'PACKET_UNREADABLE', 'MALFORMED', 'OVERSIZED')) return undefined;
    throw error;
  }
}

function contextOf(core: Core): Uint8Array {
  const { arguments: a } = core;
  assert(a.kind === 'transfer', 'transfers carry memos');
  return hash('covault/memo', encodeCore({ ...core, arguments: { ...a, memo: new Uint8Array(memoBytes) } }));
}

function readContent(plaintext: Uint8Array): MemoContent {
  const r = new Reader(plaintext, 'memo');
  const seed = r.fixed(memoSeedBytes);
  const theta = r.bool() ? 1n : 0n;
  const amount = r.big64();
  const length = r.u8();
  if (length > memoTextBytesMax) throw r.malformed('a text that does not fit');
  const told = r.fixed(length);
  if (r.fixed(memoTextBytesMax - length).some(byte => byte !== 0)) throw r.malformed('something behind the text');
  r.end();
  return { seed, theta, amount, text: textOf(told, r) };
}

function textOf(bytes: Uint8Array, r: Reader): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw r.malformed('no UTF-8');
  }
}

/** The mask of the receipt: uniform to whoever does not know the seed. */
export function receiptMask({ seed, text }: Pick<MemoContent, 'seed' | 'text'>): bigint {
  return maskToField(hash('covault/receipt-mask', seed, utf8(text)).slice(0, 8))[0];
}
