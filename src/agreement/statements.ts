/**
 * What a bank may never contradict about an attempt, and what proves that it did.
 *
 *     record    src/ledger/certificate.ts: "the record of (h, k) is this"
 *     root void H('covault/void', network id, h, k, bank): "I have not signed the record of (h, k), and never shall"
 *     void      H('covault/void-after', network id, h, k, bank, root bank, root's signature): "another bank has voided it"
 *
 * Every void that is no root carries a root, by another bank: whoever has signed the record can void the attempt only
 * so. If n voids exist, one is a root, and its bank has not signed: there is no certificate, or there is proof.
 *
 * Proof, which anybody can check with the network file alone:
 *     a record signature and a root void of one (h, k) by one bank
 *     signatures by one bank under two records of one (h, k)
 *     "committed" of two records of one height by one bank
 *     two contradictory announcements by one sponsor
 *
 * Source: protocol.md, sections 5, 10, 11.
 */
import { decodeAll, type Reader, Writer } from '../codec/index.js';
import { equalBytes, hash } from '../crypto/index.js';
import { committedStatement, type RecordSignature, recordStatement, type Verify } from '../ledger/log.js';
import {
  type Announcement,
  announcementHolds,
  contradictory,
  readAnnouncement,
  writeAnnouncement,
} from './announcement.js';

export interface Place {
  readonly height: number;
  readonly attempt: number;
}

/** A place and what it rests on: proposals and computations of one place on two grounds have nothing to do with each other. */
export interface Ground extends Place {
  /** The attempt whose record stands at the height before; 0 at height 1. */
  readonly base: number;
}

export function samePlace(a: Place, b: Place): boolean {
  return a.height === b.height && a.attempt === b.attempt;
}

export function sameGround(a: Ground, b: Ground): boolean {
  return samePlace(a, b) && a.base === b.base;
}

/** Does `a` lie behind `b`: can nobody who has come to `b` have any more use for it? */
export function isBehind(a: Ground, b: Ground): boolean {
  if (a.height !== b.height) return a.height < b.height || (a.height === b.height + 1 && a.base < b.attempt);
  return a.base < b.base || (a.base === b.base && a.attempt < b.attempt);
}

export interface RootVoid {
  readonly bank: number;
  readonly signature: Uint8Array;
}

export interface Void extends Place {
  readonly bank: number;
  /** The void that came first; none if this is it. */
  readonly root: RootVoid | undefined;
  readonly signature: Uint8Array;
}

/** One bank's word that the record of a place has this hash. */
export interface Signed extends Place, RecordSignature {
  readonly bank: number;
  readonly recordHash: Uint8Array;
}

export interface CommittedWord {
  readonly height: number;
  readonly hash: Uint8Array;
  readonly signature: Uint8Array;
}

function placeOf({ height, attempt }: Place, bank: number): Uint8Array {
  return new Writer(16).u64(height).u32(attempt).u8(bank).done();
}

export function rootVoidStatement(networkId: Uint8Array, place: Place, bank: number): Uint8Array {
  return hash('covault/void', networkId, placeOf(place, bank));
}

/** What `bank` signs to void `place`, on its own or after `root`. */
export function voidStatement(
  networkId: Uint8Array,
  place: Place,
  bank: number,
  root: RootVoid | undefined,
): Uint8Array {
  if (root === undefined) return rootVoidStatement(networkId, place, bank);
  return hash('covault/void-after', networkId, placeOf(place, bank), Uint8Array.of(root.bank), root.signature);
}

/** Both signatures, and that the root is another bank's. */
export function voidHolds(networkId: Uint8Array, verify: Verify, v: Void): boolean {
  if (!verify(v.bank, voidStatement(networkId, v, v.bank, v.root), v.signature)) return false;
  const { root } = v;
  if (root === undefined) return true;
  return root.bank !== v.bank && verify(root.bank, rootVoidStatement(networkId, v, root.bank), root.signature);
}

/** The root a void rests on: itself or the one it carries. */
export function rootOf(v: Void): RootVoid {
  return v.root ?? { bank: v.bank, signature: v.signature };
}

export function signedHolds(networkId: Uint8Array, verify: Verify, s: Signed): boolean {
  return verify(s.bank, recordStatement(networkId, s, s.bank, s.commitment), s.signature);
}

export type Proof =
  | { readonly kind: 'sign-and-void'; readonly signed: Signed; readonly voidSignature: Uint8Array }
  | { readonly kind: 'two-records'; readonly first: Signed; readonly second: Signed }
  | {
      readonly kind: 'two-committed';
      readonly bank: number;
      readonly first: CommittedWord;
      readonly second: CommittedWord;
    }
  | { readonly kind: 'two-announcements'; readonly first: Announcement; readonly second: Announcement };

/** What a bank halts with, keeps, and tells the others. */
export type Evidence =
  | { readonly kind: 'proof'; readonly proof: Proof }
  /** Convinces only the bank that saw it. `culprit` is none where the protocol names nobody. */
  | { readonly kind: 'accusation'; readonly culprit: number | undefined; readonly why: string };

/** Who is to blame, as far as the evidence says, and why. */
export interface Blame {
  readonly kind: Evidence['kind'];
  /** Roster index. */
  readonly culprit: number | undefined;
  readonly why: string;
}

export function blameOf(networkId: Uint8Array, verify: Verify, evidence: Evidence): Blame {
  if (evidence.kind === 'accusation') return evidence;
  const { kind, proof } = evidence;
  return { kind, culprit: convicted(networkId, verify, proof), why: proof.kind };
}

/** The bank a proof convicts; none if it proves nothing. */
export function convicted(networkId: Uint8Array, verify: Verify, proof: Proof): number | undefined {
  switch (proof.kind) {
    case 'sign-and-void': {
      const { signed, voidSignature } = proof;
      const voided = verify(signed.bank, rootVoidStatement(networkId, signed, signed.bank), voidSignature);
      return voided && signedHolds(networkId, verify, signed) ? signed.bank : undefined;
    }
    case 'two-records': {
      const { first, second } = proof;
      const same = first.bank === second.bank && first.height === second.height && first.attempt === second.attempt;
      const differ = !equalBytes(first.recordHash, second.recordHash);
      const both = signedHolds(networkId, verify, first) && signedHolds(networkId, verify, second);
      return same && differ && both ? first.bank : undefined;
    }
    case 'two-committed': {
      const { bank, first, second } = proof;
      const differ = first.height === second.height && !equalBytes(first.hash, second.hash);
      const said = (word: CommittedWord) =>
        verify(bank, committedStatement(networkId, word.height, word.hash), word.signature);
      return differ && said(first) && said(second) ? bank : undefined;
    }
    case 'two-announcements': {
      const { first, second } = proof;
      const both = announcementHolds(networkId, verify, first) && announcementHolds(networkId, verify, second);
      return contradictory(first, second) && both ? first.sponsor : undefined;
    }
  }
}

const whyBytesMax = 512;
const proofKinds = [
  'sign-and-void',
  'two-records',
  'two-committed',
  'two-announcements',
] as const satisfies Proof['kind'][];

export function encodeEvidence(evidence: Evidence): Uint8Array {
  const w = new Writer(512);
  if (evidence.kind === 'accusation') {
    return w
      .u8(0)
      .u8(evidence.culprit ?? 255)
      .text(evidence.why.slice(0, whyBytesMax / 4))
      .done();
  }
  const { proof } = evidence;
  w.u8(1 + proofKinds.indexOf(proof.kind));
  switch (proof.kind) {
    case 'sign-and-void':
      writeSigned(w, proof.signed).fixed(proof.voidSignature);
      break;
    case 'two-records':
      writeSigned(writeSigned(w, proof.first), proof.second);
      break;
    case 'two-committed':
      writeCommitted(writeCommitted(w.u8(proof.bank), proof.first), proof.second);
      break;
    case 'two-announcements':
      writeAnnouncement(writeAnnouncement(w, proof.first), proof.second);
      break;
  }
  return w.done();
}

/** Throws MALFORMED. Whether a proof proves anything is the question of `convicted`. */
export function decodeEvidence(bytes: Uint8Array, banks: number): Evidence {
  return decodeAll(bytes, 'evidence', r => {
    const which = r.u8();
    if (which === 0) {
      const culprit = r.u8();
      if (culprit >= banks && culprit !== 255) throw r.malformed('no such bank');
      return { kind: 'accusation', culprit: culprit === 255 ? undefined : culprit, why: r.text(whyBytesMax) };
    }
    return { kind: 'proof', proof: readProof(r, proofKinds[which - 1], banks) };
  });
}

function readProof(r: Reader, kind: Proof['kind'] | undefined, banks: number): Proof {
  switch (kind) {
    case 'sign-and-void':
      return { kind, signed: readSigned(r, banks), voidSignature: r.fixed(64) };
    case 'two-records':
      return { kind, first: readSigned(r, banks), second: readSigned(r, banks) };
    case 'two-committed':
      return { kind, bank: readBank(r, banks), first: readCommitted(r), second: readCommitted(r) };
    case 'two-announcements':
      return { kind, first: readAnnouncement(r, banks), second: readAnnouncement(r, banks) };
    default:
      throw r.malformed('no such proof');
  }
}

export function readBank(r: Reader, banks: number): number {
  const bank = r.u8();
  if (bank >= banks) throw r.malformed('no such bank');
  return bank;
}

export function writePlace(w: Writer, { height, attempt }: Place): Writer {
  return w.u64(height).u32(attempt);
}

export function readPlace(r: Reader): Place {
  const place = { height: r.u64(), attempt: r.u32() };
  if (place.height < 1 || place.attempt < 1) throw r.malformed('heights and attempts count from 1');
  return place;
}

export function writeGround(w: Writer, ground: Ground): Writer {
  return writePlace(w, ground).u32(ground.base);
}

export function readGround(r: Reader): Ground {
  const ground = { ...readPlace(r), base: r.u32() };
  if ((ground.height === 1) !== (ground.base === 0))
    throw r.malformed('every height but the first rests on an attempt');
  return ground;
}

export function writeSigned(w: Writer, s: Signed): Writer {
  return writePlace(w, s).u8(s.bank).fixed(s.recordHash).fixed(s.commitment).fixed(s.signature);
}

export function readSigned(r: Reader, banks: number): Signed {
  return {
    ...readPlace(r),
    bank: readBank(r, banks),
    recordHash: r.fixed(32),
    commitment: r.fixed(32),
    signature: r.fixed(64),
  };
}

export function writeVoid(w: Writer, v: Void): Writer {
  writePlace(w, v).u8(v.bank).fixed(v.signature);
  return v.root === undefined ? w.u8(0) : w.u8(1).u8(v.root.bank).fixed(v.root.signature);
}

export function readVoid(r: Reader, banks: number): Void {
  return {
    ...readPlace(r),
    bank: readBank(r, banks),
    signature: r.fixed(64),
    root: r.bool() ? { bank: readBank(r, banks), signature: r.fixed(64) } : undefined,
  };
}

export function writeCommitted(w: Writer, word: CommittedWord): Writer {
  return w.u64(word.height).fixed(word.hash).fixed(word.signature);
}

export function readCommitted(r: Reader): CommittedWord {
  return { height: r.u64(), hash: r.fixed(32), signature: r.fixed(64) };
}
