/**
 * What banks say to each other about blocks: one byte of kind, then its fields. Strict and bounded: a byte string is one
 * message or none. Statements (signed, void, committed) carry their own signatures; the rest rests on the session, whose
 * links are authenticated.
 *
 *     status       where this bank stands: last committed height and hash, attempt
 *     proposal     for one round of (session, height, attempt, and the attempt it rests on): ready, burned, stock positions
 *     signed, void, committed, certificate, accusation
 *     entry        a bank's recovery entry: before the signature, or the certificate, that commits to it
 */
import { decodeAll, type Reader, Writer } from '../codec/index.js';
import { hash, toHex } from '../crypto/index.js';
import {
  type Certificate,
  decodeRecord,
  encodeRecord,
  type LedgerRecord,
  readCertificate,
  writeCertificate,
} from '../ledger/log.js';
import { banksMax, blockEnvelopesMax, burnedListMax, readyListMax } from '../limits.js';
import type { Positions } from '../preprocessing/index.js';
import { type Announcement, byGroup, groupBytes, type Numbered, readByGroup, writeGroup } from './announcement.js';
import {
  type CommittedWord,
  decodeEvidence,
  type Evidence,
  encodeEvidence,
  type Ground,
  readBank,
  readCommitted,
  readGround,
  readSigned,
  readVoid,
  type Signed,
  type Void,
  writeCommitted,
  writeGround,
  writeSigned,
  writeVoid,
} from './statements.js';

export interface Proposal extends Ground {
  /** The first bytes of the session's id. */
  readonly session: Uint8Array;
  /** Counted from 1 in each attempt: banks propose again while they have nothing in common. */
  readonly round: number;
  /** By sponsor, in its order. */
  readonly ready: readonly Announcement[];
  /** Ascending: ids this bank burned that no record lists as burned. */
  readonly burned: readonly Uint8Array[];
  readonly at: Positions;
}

export type Message =
  | { readonly kind: 'status'; readonly height: number; readonly hash: Uint8Array; readonly attempt: number }
  | ({ readonly kind: 'proposal' } & Proposal)
  | { readonly kind: 'signed'; readonly signed: Signed }
  | { readonly kind: 'void'; readonly void: Void }
  | { readonly kind: 'committed'; readonly committed: CommittedWord }
  | { readonly kind: 'certificate'; readonly record: LedgerRecord; readonly certificate: Certificate }
  | { readonly kind: 'accusation'; readonly evidence: Evidence }
  | { readonly kind: 'entry'; readonly bank: number; readonly entry: Uint8Array };

const kinds = [
  'status',
  'proposal',
  'signed',
  'void',
  'committed',
  'certificate',
  'accusation',
  'entry',
] as const satisfies Message['kind'][];

export const sessionPrefixBytes = 8;
/** Bytes of a record with everything in it at its bound. */
export const recordBytesMax = 512 + 48 * blockEnvelopesMax + 32 * banksMax * burnedListMax;
const evidenceBytesMax = 1024;
/** A proposal that lists nothing. */
const proposalHeadBytes = 1 + sessionPrefixBytes + 16 + 4 + 4 + 4 + 24;

export function encodeMessage(message: Message): Uint8Array {
  if (message.kind === 'proposal') return proposalBytes(message);
  const w = new Writer(message.kind === 'entry' ? 2 + message.entry.length : 512).u8(kinds.indexOf(message.kind));
  switch (message.kind) {
    case 'status':
      w.u64(message.height).fixed(message.hash).u32(message.attempt);
      break;
    case 'signed':
      writeSigned(w, message.signed);
      break;
    case 'void':
      writeVoid(w, message.void);
      break;
    case 'committed':
      writeCommitted(w, message.committed);
      break;
    case 'certificate':
      writeCertificate(w.bytes(encodeRecord(message.record)), message.certificate);
      break;
    case 'accusation':
      w.bytes(encodeEvidence(message.evidence));
      break;
    case 'entry':
      w.u8(message.bank).fixed(message.entry);
      break;
  }
  return w.done();
}

/** Proposals are sent, compared and hashed: encoded once, or kept as they came, since one proposal has one encoding. */
const encodedProposals = new WeakMap<Proposal, Uint8Array>();

/** The message, kind included. Whoever gets the bytes leaves them as they are. */
export function proposalBytes(proposal: Proposal): Uint8Array {
  const known = encodedProposals.get(proposal);
  if (known) return known;
  const { ready, burned, at } = proposal;
  const groups = byGroup(ready, announcement => announcement);
  const listBytes = groups.reduce((sum, { group }) => sum + groupBytes(group), 32 * burned.length);
  const w = new Writer(proposalHeadBytes + listBytes).u8(kinds.indexOf('proposal'));
  writeGround(w.fixed(proposal.session), proposal).u32(proposal.round);
  w.list(groups, (to, { group }) => writeGroup(to, group));
  w.list(burned, (to, id) => to.fixed(id));
  const bytes = w.u64(at.vole).u64(at.triples).u64(at.selections).done();
  encodedProposals.set(proposal, bytes);
  return bytes;
}

/** Throws MALFORMED or OVERSIZED. */
export function decodeMessage(bytes: Uint8Array, banks: number): Message {
  const message = decodeAny(bytes, banks);
  if (message.kind === 'proposal') encodedProposals.set(message, bytes.slice());
  return message;
}

function decodeAny(bytes: Uint8Array, banks: number): Message {
  return decodeAll(bytes, 'agreement message', r => {
    const kind = kinds[r.u8()];
    switch (kind) {
      case 'status':
        return { kind, height: r.u64(), hash: r.fixed(32), attempt: r.u32() };
      case 'proposal':
        return { kind, ...readProposal(r, banks) };
      case 'signed':
        return { kind, signed: readSigned(r, banks) };
      case 'void':
        return { kind, void: readVoid(r, banks) };
      case 'committed':
        return { kind, committed: readCommitted(r) };
      case 'certificate':
        return { kind, record: decodeRecord(r.bytes(recordBytesMax)), certificate: readCertificate(r) };
      case 'accusation':
        return { kind, evidence: decodeEvidence(r.bytes(evidenceBytesMax), banks) };
      case 'entry':
        return { kind, bank: readBank(r, banks), entry: r.rest() };
      default:
        throw r.malformed('no such kind');
    }
  });
}

function readProposal(r: Reader, banks: number): Proposal {
  const proposal: Proposal = {
    session: r.fixed(sessionPrefixBytes),
    ...readGround(r),
    round: r.u32(),
    // groups of a sponsor that overlap, which an honest one never makes, would stand out of order
    ready: readByGroup(r, banks, banks * readyListMax, announcement => announcement).sort(byNumber),
    burned: r.list(burnedListMax, from => from.fixed(32)),
    at: { vole: r.u64(), triples: r.u64(), selections: r.u64() },
  };
  const { ready, burned } = proposal;
  if (proposal.round < 1) throw r.malformed('rounds count from 1');
  if (!ready.every((a, i) => i === 0 || byNumber(ready[i - 1], a) < 0)) throw r.malformed('one number, two envelopes');
  if (new Set(ready.map(a => toHex(a.id))).size !== ready.length) throw r.malformed('an envelope is listed twice');
  if (!burned.every((id, i) => i === 0 || toHex(burned[i - 1]) < toHex(id))) throw r.malformed('burned ids ascend');
  return proposal;
}

function byNumber(a: Numbered, b: Numbered): number {
  return a.sponsor - b.sponsor || a.sequence - b.sequence;
}

/** Of the proposals as they were sent, in roster order: goes into the first message of the computation. */
export function proposalsDigest(proposals: readonly Proposal[]): Uint8Array {
  return hash('covault/proposals', ...proposals.map(proposalBytes));
}
