/**
 * What the agreement keeps on the disk, and the store ops that write it.
 *
 *     agreement/last           the last committed record with its certificate
 *     agreement/marked/k       ids of attempt k at the next height: written before message 2 of that attempt leaves
 *     agreement/early          likewise of the first attempt at the height after, begun beside an attempt at the next
 *     agreement/signed/k       this bank's signature, the record it is under (of a rebuilt bank perhaps its hash alone), and its
 *                              recovery entry
 *     agreement/void/k         this bank's void
 *     agreement/burned/id      1 if a record lists it as burned
 *     agreement/adopt          the attempt at the next height that this bank has signed to adopt (`adopting.ts`)
 *     agreement/adoption       the same with all banks' words: it is committed at the next start
 *     agreement/halted         evidence: this bank computes no more until all banks have pardoned (`bank/load.ts`)
 *     log/h                    record and certificate of every height
 *     log-id/id                the height whose record has that id as an entry
 *
 * Heights and attempts in keys are big endian, so that ranges are in order. All marks, signatures and voids go when the
 * height is committed. Burned ids stay: their envelopes may arrive for the first time much later.
 */
import { decodeAll, numberedKey, Reader, Writer } from '../codec/index.js';
import { concatBytes, equalBytes, toHex, utf8 } from '../crypto/index.js';
import { storeDamaged } from '../errors.js';
import { decodeRecord, encodeRecord, type LedgerRecord, recordHash } from '../ledger/log.js';
import { entryHash, entryHead } from '../ledger/recovery-entry.js';
import { blockEnvelopesMax } from '../limits.js';
import type { StoreOp } from '../ports.js';
import { type Adopted, type Adoption, decodeAdoption, encodeAdoption, readAdopted, writeAdopted } from './adopting.js';
import { type Certified, decodeCertified, encodeCertified } from './certified.js';
import { decodeEvidence, type Evidence, encodeEvidence, readVoid, type Void, writeVoid } from './statements.js';

/** This bank's part in one attempt at the next height. */
export interface Attempt {
  /** Once message 2 may have left. */
  readonly marked: readonly Uint8Array[] | undefined;
  readonly signed: OwnSigned | undefined;
  readonly void: Void | undefined;
}

export interface OwnSigned {
  /** None where this bank was rebuilt and nobody else has signed it: then it comes, if ever, in a certificate. */
  readonly record: LedgerRecord | undefined;
  readonly hash: Uint8Array;
  /** Its hash: `RecordSignature`. */
  readonly commitment: Uint8Array;
  readonly signature: Uint8Array;
  /** The recovery entry that goes with it. */
  readonly entry: Uint8Array;
}

export interface Durable {
  readonly last: Certified | undefined;
  readonly attempts: ReadonlyMap<number, Attempt>;
  /** Ids marked for the height after the next. */
  readonly early: readonly Uint8Array[] | undefined;
  /** By hex id: does a record list it? */
  readonly burned: ReadonlyMap<string, boolean>;
  readonly halted: Evidence | undefined;
  readonly adopted: Adopted | undefined;
  readonly adoption: Adoption | undefined;
}

const prefix = 'agreement/';
export const durablePrefix = utf8(prefix);
export const emptyDurable: Durable = {
  last: undefined,
  attempts: new Map(),
  early: undefined,
  burned: new Map(),
  halted: undefined,
  adopted: undefined,
  adoption: undefined,
};

type PerAttempt = 'marked' | 'signed' | 'void';

const lastKey = utf8(`${prefix}last`);
const haltedKey = utf8(`${prefix}halted`);
const adoptedKey = utf8(`${prefix}adopt`);
const adoptionKey = utf8(`${prefix}adoption`);
const earlyKey = utf8(`${prefix}early`);
const burnedPrefix = utf8(`${prefix}burned/`);
const attemptPrefix = {
  marked: utf8(`${prefix}marked/`),
  signed: utf8(`${prefix}signed/`),
  void: utf8(`${prefix}void/`),
};

function u32Key(head: Uint8Array, value: number): Uint8Array {
  const key = concatBytes(head, new Uint8Array(4));
  new DataView(key.buffer, key.byteOffset).setUint32(head.length, value);
  return key;
}

const logPrefix = utf8('log/');

export const logKey = (height: number): Uint8Array => numberedKey(logPrefix, height);

/** Of an id that stands in a record: its height, u64. What the driver looks up for `look-up`. */
export function logIdKey(id: Uint8Array): Uint8Array {
  return concatBytes(utf8('log-id/'), id);
}

const put = (key: Uint8Array, value: Uint8Array): StoreOp => ({ type: 'put', key, value });
const del = (key: Uint8Array): StoreOp => ({ type: 'del', key });

export function putMarked(attempt: number, ids: readonly Uint8Array[]): StoreOp {
  return put(u32Key(attemptPrefix.marked, attempt), encodeIds(ids));
}

export function putEarly(ids: readonly Uint8Array[]): StoreOp {
  return put(earlyKey, encodeIds(ids));
}

export const delEarly: StoreOp = { type: 'del', key: earlyKey };

function encodeIds(ids: readonly Uint8Array[]): Uint8Array {
  return new Writer().list(ids, (to, id) => to.fixed(id)).done();
}

function decodeIds(bytes: Uint8Array): Uint8Array[] {
  return decodeAll(bytes, 'mark', r => r.list(blockEnvelopesMax, from => from.fixed(32)));
}

export function putSigned(attempt: number, { record, hash, signature, entry }: OwnSigned): StoreOp {
  const w = new Writer(1024 + entry.length).fixed(signature).u8(record ? 1 : 0);
  if (record) w.bytes(encodeRecord(record));
  else w.fixed(hash);
  return put(u32Key(attemptPrefix.signed, attempt), w.fixed(entry).done());
}

export function putVoid(v: Void): StoreOp {
  return put(u32Key(attemptPrefix.void, v.attempt), writeVoid(new Writer(), v).done());
}

export function delAttempt(attempt: number): StoreOp[] {
  return (['marked', 'signed', 'void'] satisfies PerAttempt[]).map(of => del(u32Key(attemptPrefix[of], attempt)));
}

export function putBurned(id: Uint8Array, listed: boolean): StoreOp {
  return put(concatBytes(burnedPrefix, id), Uint8Array.of(listed ? 1 : 0));
}

export function delBurned(id: Uint8Array): StoreOp {
  return del(concatBytes(burnedPrefix, id));
}

export function putHalted(evidence: Evidence): StoreOp {
  return put(haltedKey, encodeEvidence(evidence));
}

export function putAdopted(adopted: Adopted): StoreOp {
  return put(adoptedKey, writeAdopted(new Writer(64), adopted).done());
}

export function putAdoption(adoption: Adoption): StoreOp {
  return put(adoptionKey, encodeAdoption(adoption));
}

export const delAdoption: readonly StoreOp[] = [del(adoptedKey), del(adoptionKey)];

export const delHalted: StoreOp = { type: 'del', key: haltedKey };

/** The log entry, its index, and the head. */
export function putCertified(certified: Certified): StoreOp[] {
  const { height, entries } = certified.record;
  const value = encodeCertified(certified);
  const at = new Writer(8).u64(height).done();
  return [put(lastKey, value), put(logKey(height), value), ...entries.map(({ id }) => put(logIdKey(id), at))];
}

/** From all entries whose key starts with `durablePrefix`. Throws STORE_DAMAGED, MALFORMED, OVERSIZED: all mean damage. */
export function loadDurable(entries: Iterable<readonly [Uint8Array, Uint8Array]>, banks: number): Durable {
  let last: Certified | undefined;
  let halted: Evidence | undefined;
  let early: readonly Uint8Array[] | undefined;
  let adopted: Adopted | undefined;
  let adoption: Adoption | undefined;
  const burned = new Map<string, boolean>();
  const attempts = new Map<number, Attempt>();
  for (const [key, value] of entries) {
    const rest = (head: Uint8Array) =>
      key.length > head.length && equalBytes(key.subarray(0, head.length), head) ? key.slice(head.length) : undefined;
    const of = (['marked', 'signed', 'void'] satisfies PerAttempt[]).find(name => rest(attemptPrefix[name]));
    const id = rest(burnedPrefix);
    if (equalBytes(key, lastKey)) last = decodeCertified(value);
    else if (equalBytes(key, haltedKey)) halted = decodeEvidence(value, banks);
    else if (equalBytes(key, adoptedKey)) adopted = decodeAll(value, 'adopted attempt', readAdopted);
    else if (equalBytes(key, adoptionKey)) adoption = decodeAdoption(value);
    else if (equalBytes(key, earlyKey)) early = decodeIds(value);
    else if (id)
      burned.set(
        toHex(decodeAll(id, 'burned id', r => r.fixed(32))),
        decodeAll(value, 'burned id', r => r.bool()),
      );
    else if (of) {
      const attempt = attemptOf(key, attemptPrefix[of]);
      const known = attempts.get(attempt) ?? { marked: undefined, signed: undefined, void: undefined };
      attempts.set(attempt, { ...known, [of]: decodeOf[of](value, banks) });
    } else throw storeDamaged('an unknown entry of the agreement');
  }
  const height = (last?.record.height ?? 0) + 1;
  for (const [attempt, { signed, void: voided }] of attempts) {
    const places = [...(signed ? [signed.record ?? entryHead(signed.entry)] : []), ...(voided ? [voided] : [])];
    if (places.some(place => place.height !== height || place.attempt !== attempt)) {
      throw storeDamaged('what was signed last is of another height or attempt', {
        height,
        attempt,
      });
    }
  }
  const adopting = [...(adopted ? [adopted] : []), ...(adoption ? [adoption.certified.record] : [])];
  if (adopting.some(place => place.height !== height)) throw storeDamaged('what is adopted is of another height');
  return { last, attempts, early, burned, halted, adopted, adoption };
}

/** The attempt of a key under that head. Throws MALFORMED. */
function attemptOf(key: Uint8Array, head: Uint8Array): number {
  if (key.length !== head.length + 4) throw new Reader(key, 'key of the agreement').malformed('its end is no attempt');
  const attempt = new DataView(key.buffer, key.byteOffset).getUint32(head.length);
  if (attempt === 0) throw new Reader(key, 'key of the agreement').malformed('attempts count from 1');
  return attempt;
}

const decodeOf: Record<PerAttempt, (value: Uint8Array, banks: number) => unknown> = {
  marked: decodeIds,
  void: (value, banks) => decodeAll(value, 'void', r => readVoid(r, banks)),
  signed: value =>
    decodeAll(value, 'signed record', r => {
      const signature = r.fixed(64);
      const record = r.bool() ? decodeRecord(r.bytes(value.length)) : undefined;
      const hash = record ? recordHash(record) : r.fixed(32);
      const entry = r.fixed(r.remaining);
      return { record, hash, commitment: entryHash(entry), signature, entry };
    }),
};
