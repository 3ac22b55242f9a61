/**
 * What a bank asks of whoever carries its frames (libp2p in production, memory in tests), and how frames are marked.
 *
 *     agreement       kind u8: hello | confirm | ahead | agreement message | computation    (the last two: session prefix)
 *     preprocessing   session prefix | frame
 *     envelopes       forward: by group of announcements, what is told of the group, then of each of these its envelope | want
 *
 * A link carries frames of each use in order and complete; when it is down, what was on the way may be lost. Whoever got a
 * frame owns it: what is inside is handed on without a copy.
 */

import {
  type Announcement,
  announcementBytes,
  byGroup,
  groupBytes,
  readAnnouncement,
  readByGroup,
  writeAnnouncement,
  writeGroup,
} from '../agreement/index.js';
import { decodeAll, type Reader, Writer } from '../codec/index.js';
import { forwardedMax, frameBytesMax, packetBytesMax, wantedIdsMax } from '../limits.js';
import type { FormationMessage } from './formation.js';

/** What a frame is for: frames of one use come in order. */
export type Use = 'envelopes' | 'agreement' | 'preprocessing';

/** Carries frames to the other banks. */
export interface Transport {
  /** Resolves when the queue to that bank has room. Throws SESSION_ENDED when the link is down. */
  send(to: number, use: Use, frame: Uint8Array): Promise<void>;
}

export const sessionPrefixBytes = 8;

export type AgreementFrame =
  | FormationMessage
  /** To a bank whose disk has been set back: a record it has signed, with all signatures. */
  | { readonly kind: 'ahead'; readonly certified: Uint8Array }
  | { readonly kind: 'message'; readonly session: Uint8Array; readonly bytes: Uint8Array }
  | {
      readonly kind: 'computation';
      readonly session: Uint8Array;
      readonly height: number;
      readonly attempt: number;
      /** The attempt at the height before on whose record it rests. */
      readonly base: number;
      readonly bytes: Uint8Array;
    };

export function encodeAgreementFrame(frame: AgreementFrame): Uint8Array {
  switch (frame.kind) {
    case 'hello':
      return new Writer(48).u8(0).fixed(frame.nonce).u64(frame.height).done();
    case 'confirm':
      return new Writer(40).u8(1).fixed(frame.id).done();
    case 'ahead':
      return new Writer(frame.certified.length + 1).u8(4).fixed(frame.certified).done();
    case 'message':
      return new Writer(frame.bytes.length + 1 + sessionPrefixBytes)
        .u8(2)
        .fixed(frame.session)
        .fixed(frame.bytes)
        .done();
    case 'computation': {
      const w = new Writer(frame.bytes.length + 17 + sessionPrefixBytes).u8(3).fixed(frame.session);
      return w.u64(frame.height).u32(frame.attempt).u32(frame.base).fixed(frame.bytes).done();
    }
  }
}

/** Throws: MALFORMED. */
export function decodeAgreementFrame(bytes: Uint8Array): AgreementFrame {
  return decodeAll(bytes, 'agreement frame', (r): AgreementFrame => {
    switch (r.u8()) {
      case 0:
        return { kind: 'hello', nonce: r.fixed(32), height: r.u64() };
      case 1:
        return { kind: 'confirm', id: r.fixed(32) };
      case 2:
        return { kind: 'message', session: r.fixed(sessionPrefixBytes), bytes: r.rest() };
      case 3:
        return {
          kind: 'computation',
          session: r.fixed(sessionPrefixBytes),
          height: r.u64(),
          attempt: r.u32(),
          base: r.u32(),
          bytes: r.rest(),
        };
      case 4:
        return { kind: 'ahead', certified: r.rest() };
      default:
        throw r.malformed('no such kind of frame');
    }
  });
}

/** An envelope on its way from its sponsor to one bank, with that bank's packet alone. */
export interface Forwarded {
  readonly announcement: Announcement;
  readonly header: Uint8Array;
  readonly signature: Uint8Array | undefined;
  readonly packet: Uint8Array;
}

export type EnvelopeFrame =
  /** At least one; together at most forwardBytesMax, unless it is one. */
  | { readonly kind: 'forward'; readonly envelopes: readonly Forwarded[] }
  /** Proposed by somebody, but no packet has arrived here. */
  | { readonly kind: 'want'; readonly ids: readonly Uint8Array[] };

/** What `writeForwarded` makes of it; in a frame, beside others of its group, it takes less. */
export function forwardedBytes(forwarded: Forwarded): number {
  return announcementBytes(forwarded.announcement) + contentBytes(forwarded);
}

/** By itself: as it is stored. */
export function writeForwarded(w: Writer, forwarded: Forwarded): Writer {
  return writeContent(writeAnnouncement(w, forwarded.announcement), forwarded);
}

export function readForwarded(r: Reader, banks: number): Forwarded {
  return readContent(r, readAnnouncement(r, banks));
}

function contentBytes({ header, signature, packet }: Forwarded): number {
  return 4 + header.length + 4 + (signature?.length ?? 0) + 4 + packet.length;
}

function writeContent(w: Writer, { header, signature, packet }: Forwarded): Writer {
  return w
    .bytes(header)
    .bytes(signature ?? new Uint8Array(0))
    .bytes(packet);
}

function readContent(r: Reader, announcement: Announcement): Forwarded {
  const header = r.bytes(1024);
  const signature = r.bytes(64);
  if (signature.length !== 0 && signature.length !== 64) throw r.malformed('a signature has 64 bytes');
  return { announcement, header, signature: signature.length ? signature : undefined, packet: r.bytes(packetBytesMax) };
}

export function encodeEnvelopeFrame(frame: EnvelopeFrame): Uint8Array {
  if (frame.kind === 'forward') return encodeForward(frame.envelopes);
  return new Writer(64)
    .u8(1)
    .list(frame.ids, (w, id) => w.fixed(id))
    .done();
}

function encodeForward(envelopes: readonly Forwarded[]): Uint8Array {
  const groups = byGroup(envelopes, ({ announcement }) => announcement);
  const bytes =
    groups.reduce((sum, { group }) => sum + groupBytes(group), 1 + 4) +
    envelopes.reduce((sum, forwarded) => sum + contentBytes(forwarded), 0);
  return new Writer(bytes)
    .u8(0)
    .list(groups, (w, { group, items }) => {
      writeGroup(w, group);
      for (const forwarded of items) writeContent(w, forwarded);
    })
    .done();
}

/** Throws: MALFORMED, OVERSIZED. */
export function decodeEnvelopeFrame(bytes: Uint8Array, banks: number): EnvelopeFrame {
  return decodeAll(bytes, 'envelope frame', (r): EnvelopeFrame => {
    const kind = r.u8();
    if (kind === 0) {
      const envelopes = readByGroup(r, banks, forwardedMax, announcement => readContent(r, announcement));
      if (envelopes.length === 0) throw r.malformed('nothing is forwarded');
      return { kind: 'forward', envelopes };
    }
    if (kind === 1) return { kind: 'want', ids: r.list(wantedIdsMax, from => from.fixed(32)) };
    throw r.malformed('no such kind of frame');
  });
}

/** session prefix | frame */
export function encodePreprocessingFrame(session: Uint8Array, frame: Uint8Array): Uint8Array {
  return new Writer(frame.length + sessionPrefixBytes).fixed(session).fixed(frame).done();
}

/** Throws: MALFORMED. */
export function decodePreprocessingFrame(bytes: Uint8Array): { session: Uint8Array; frame: Uint8Array } {
  return decodeAll(bytes, 'preprocessing frame', r => {
    const session = r.fixed(sessionPrefixBytes);
    if (r.remaining > frameBytesMax) throw r.malformed('it is too large');
    return { session, frame: r.rest() };
  });
}
