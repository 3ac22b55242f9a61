/**
 * A sponsor's word that an envelope is its next one, and the proof when it gave two.
 *
 *     announcement = signature over H('covault/announce', network id, id, sponsor u8, sequence u64)
 *
 * Two ids under one number, or two numbers for one id, are proof against the sponsor: anybody can check it.
 * A sponsor makes its next number durable before it signs it.
 *
 * Source: protocol.md, section 5.
 */
import { type Reader, Writer } from '../codec/index.js';
import { equalBytes, hash } from '../crypto/index.js';
import type { Verify } from '../ledger/log.js';

export interface Announcement {
  readonly id: Uint8Array;
  /** Roster index. */
  readonly sponsor: number;
  /** The sponsor's count of its envelopes: its own order. */
  readonly sequence: number;
  readonly signature: Uint8Array;
}

export function announcementStatement(
  networkId: Uint8Array,
  { id, sponsor, sequence }: Pick<Announcement, 'id' | 'sponsor' | 'sequence'>,
): Uint8Array {
  return hash('covault/announce', networkId, id, new Writer(9).u8(sponsor).u64(sequence).done());
}

export function announcementHolds(networkId: Uint8Array, verify: Verify, announcement: Announcement): boolean {
  return verify(announcement.sponsor, announcementStatement(networkId, announcement), announcement.signature);
}

/** Of one sponsor, both properly signed (the caller has checked): do they contradict each other? */
export function contradictory(a: Announcement, b: Announcement): boolean {
  return a.sponsor === b.sponsor && equalBytes(a.id, b.id) !== (a.sequence === b.sequence);
}

/** What `writeAnnouncement` makes of one. */
export const announcementBytes = 32 + 1 + 8 + 64;

export function writeAnnouncement(w: Writer, { id, sponsor, sequence, signature }: Announcement): Writer {
  return w.fixed(id).u8(sponsor).u64(sequence).fixed(signature);
}

export function readAnnouncement(r: Reader, banks: number): Announcement {
  const announcement = { id: r.fixed(32), sponsor: r.u8(), sequence: r.u64(), signature: r.fixed(64) };
  if (announcement.sponsor >= banks) throw r.malformed('no such sponsor');
  return announcement;
}
