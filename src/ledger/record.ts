/**
 * The public record of a block: all that anybody may know of what the banks did at one height.
 *
 *     record = network id, roster version, height (the first is 1), attempt, previous record's hash (first: network id),
 *              entries (id, status) in block order, ids burned (ascending), digest of everything broadcast, hash of the receipts,
 *              supply, a list that is empty: recovery entries are hashed into the certificate
 *
 * An id stands in at most one place of a record: once among the entries, or once among the burned.
 *
 * Canonical: one record, one byte string. Not here: signatures (`certificate.ts`), the chain (`chain.ts`).
 * Source: protocol.md, section 9, message 6.
 */
import { decodeAll, type Reader, Writer } from '../codec/index.js';
import { hash, toHex } from '../crypto/index.js';
import { assert, CovaultError } from '../errors.js';
import { P } from '../field/index.js';
import { accountsMax, balanceBits, banksMax, blockEnvelopesMax, burnedListMax } from '../limits.js';

/** In the order of protocol.md section 6: the first check that failed is the reason. */
export const rejectReasons = ['integrity', 'proof', 'linear', 'authority'] as const;
/** Which check an envelope has failed. */
export type RejectReason = (typeof rejectReasons)[number];

/** What became of one envelope. */
export type Status =
  | { readonly kind: 'settled'; readonly pi: 0 | 1 }
  | { readonly kind: 'rejected'; readonly reason: RejectReason }
  /** y = b + s: the holder subtracts its mask s. */
  | { readonly kind: 'revealed'; readonly y: bigint }
  | { readonly kind: 'opened'; readonly account: number }
  | { readonly kind: 'audited'; readonly sum: bigint }
  /** An account of this page has new keys from the next height on. */
  | { readonly kind: 'rekeyed'; readonly page: number };

/** An envelope in a record: its id, 32 bytes, and what became of it. */
export interface Entry {
  readonly id: Uint8Array;
  readonly status: Status;
}

/** The public record of one block. Hashes, ids and digests are 32 bytes. */
export interface LedgerRecord {
  readonly networkId: Uint8Array;
  readonly rosterVersion: number;
  readonly height: number;
  readonly attempt: number;
  /** Hash of the record before it; the network id for the first. */
  readonly previous: Uint8Array;
  /** In block order. */
  readonly entries: readonly Entry[];
  /** Ascending. The union of the proposals' burned lists. */
  readonly burned: readonly Uint8Array[];
  /** Of everything broadcast in the block. */
  readonly digest: Uint8Array;
  /** Of the receipts of its transfers (`receipts.ts`). */
  readonly receiptsHash: Uint8Array;
  /** In the smallest unit, after this block. */
  readonly supply: bigint;
  /** Empty: each bank's signature commits to its own recovery entry (`RecordSignature.commitment`). */
  readonly recoveryHashes: readonly Uint8Array[];
}

const statusKinds = [
  'settled',
  'rejected',
  'revealed',
  'opened',
  'audited',
  'rekeyed',
] as const satisfies Status['kind'][];
const version = 2;

export function encodeRecord(record: LedgerRecord): Uint8Array {
  const fault = recordFault(record);
  assert(fault === undefined, `a record: ${fault}`);
  const w = new Writer(256 + 48 * record.entries.length).u8(version);
  w.fixed(record.networkId).u32(record.rosterVersion).u64(record.height).u32(record.attempt).fixed(record.previous);
  w.list(record.entries, (to, { id, status }) => writeStatus(to.fixed(id), status));
  w.list(record.burned, (to, id) => to.fixed(id));
  w.fixed(record.digest).fixed(record.receiptsHash).big64(record.supply);
  return w.list(record.recoveryHashes, (to, recoveryHash) => to.fixed(recoveryHash)).done();
}

/** Throws MALFORMED or OVERSIZED. Whether it belongs to a chain is `ChainVerifier`'s question. */
export function decodeRecord(bytes: Uint8Array): LedgerRecord {
  return decodeAll(bytes, 'record', r => {
    if (r.u8() !== version) throw r.malformed('another version');
    const record: LedgerRecord = {
      networkId: r.fixed(32),
      rosterVersion: r.u32(),
      height: r.u64(),
      attempt: r.u32(),
      previous: r.fixed(32),
      entries: r.list(blockEnvelopesMax, entry => ({ id: entry.fixed(32), status: readStatus(entry) })),
      burned: r.list(banksMax * burnedListMax, id => id.fixed(32)),
      digest: r.fixed(32),
      receiptsHash: r.fixed(32),
      supply: r.big64(),
      recoveryHashes: r.list(banksMax, recoveryHash => recoveryHash.fixed(32)),
    };
    const fault = recordFault(record);
    if (fault !== undefined) throw r.malformed(fault);
    return record;
  });
}

export function recordHash(record: LedgerRecord): Uint8Array {
  return hashRecordBytes(encodeRecord(record));
}

export function hashRecordBytes(bytes: Uint8Array): Uint8Array {
  return hash('covault/record', bytes);
}

/** What no record may be, whoever made it. */
export function recordFault(record: LedgerRecord): string | undefined {
  if (record.height < 1 || record.attempt < 1) return 'heights and attempts count from 1';
  if (record.entries.length > blockEnvelopesMax) return 'too many entries';
  if (record.supply >= 1n << BigInt(balanceBits)) return 'the supply is out of bounds';
  const places = new Set(record.entries.map(({ id }) => toHex(id)));
  if (places.size !== record.entries.length) return 'an id stands twice';
  let before = '';
  for (const id of record.burned) {
    const name = toHex(id);
    if (name <= before) return 'burned ids ascend';
    if (places.has(name)) return 'an id is settled and burned';
    before = name;
  }
  return undefined;
}

export function writeStatus(w: Writer, status: Status): Writer {
  w.u8(statusKinds.indexOf(status.kind));
  switch (status.kind) {
    case 'settled':
      w.u8(status.pi);
      break;
    case 'rejected':
      w.u8(rejectReasons.indexOf(status.reason));
      break;
    case 'revealed':
      w.big64(status.y);
      break;
    case 'opened':
      w.u32(status.account);
      break;
    case 'audited':
      w.big64(status.sum);
      break;
    case 'rekeyed':
      w.u32(status.page);
      break;
  }
  return w;
}

/** Throws MALFORMED. */
export function readStatus(r: Reader): Status {
  const kind = statusKinds[r.u8()];
  switch (kind) {
    case 'settled':
      return { kind, pi: r.bool() ? 1 : 0 };
    case 'rejected': {
      const reason = rejectReasons[r.u8()];
      if (reason === undefined) throw r.malformed('no such reason');
      return { kind, reason };
    }
    case 'revealed':
      return { kind, y: element(r) };
    case 'opened': {
      const account = r.u32();
      if (account >= accountsMax) throw r.malformed('no such account');
      return { kind, account };
    }
    case 'audited':
      return { kind, sum: element(r) };
    case 'rekeyed': {
      const page = r.u32();
      if (page >= accountsMax) throw r.malformed('no such page');
      return { kind, page };
    }
    default:
      throw r.malformed('no such status');
  }
}

function element(r: Reader): bigint {
  const value = r.big64();
  if (value >= P) throw r.malformed('no field element');
  return value;
}

/** For whoever meets a record that does not belong where it was found. */
export function badCertificate(why: string, height: number): CovaultError {
  return new CovaultError('BAD_CERTIFICATE', `height ${height}: ${why}`, { height, why });
}
